"""Everything that is stored about one person, as a file that they can read: a page, the same as JSON, and the pictures.

It opens what the person's own page opens, and no more: other people stay out of it, templates too, for they are of use to
nobody but us. The caller has made sure that it is the person, or that an operator may.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from html import escape
from typing import IO, Any
from uuid import UUID

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import PersonId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.sightings import Means
from sealgate.flows import asking, hours, hours_records, leave, pay_slips, performance
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, unseal
from sealgate.flows.passage_places import picture_place, profile_place
from sealgate.flows.people import record_of
from sealgate.flows.traces import passages_of, tokens_of
from sealgate.ports import BlobStore
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store.blobs import NoSuchBlob
from sealgate.store.engine import Actor, Reader
from sealgate.store.passages import PassageView
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

LONGEST = timedelta(days=3660)
MOST_PICTURES = 20_000

CSS = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b2328}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-top:1px solid #ccd3d8}h2{margin-top:2.5rem}code{overflow-wrap:anywhere}"
)

TITLES = {
    "profile": "Who you are · 个人资料",
    "groups": "Groups · 组",
    "ways_in": "Ways in · 通行方式",
    "consents": "Consents · 同意",
    "requests": "What you asked · 您的请求",
    "passages": "Passages · 通行记录",
    "work_days": "Working days · 工作日",
    "corrections": "Corrections of working days · 工时更正",
    "leave": "Leave · 假期",
    "payslips": "Payslips · 工资单",
    "performance": "Performance · 绩效",
    "looks": "Who looked, and why · 查看记录",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """How much went into the file."""

    passages: int
    pictures: int
    looks: int


def export(house: House, tenant: TenantId, actor: Actor, person: PersonId, file: IO[bytes], purpose: str = "") -> Exported:
    """Write the zip into `file`. Raises `NotFound`; the journal says that it was made."""
    with house.store.read(tenant) as db:
        record = record_of(house, db, person)
        profile = unseal(house, profile_place(tenant, person), _row(db, person).profile)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        with house.store.read(tenant) as db:
            tokens = tokens_of(house, db, person)
            passed, pictures = _passages(house, db, passages_of(db, tokens), packed)
            looks = _looks(house, db, person)
            ways = _ways(house, db, person)
            asked = asking.asks_about(house, db, person)
        told: dict[str, Any] = {
            "profile": {**profile, "kind": record.line.kind, "created_at": record.created_at},
            "groups": list(record.line.groups),
            "ways_in": ways,
            "consents": [asdict(consent) for consent in record.consents],
            "requests": [_ask(line) for line in asked],
            "passages": passed,
            **_personnel(house, tenant, person, record.created_at.date()),
            "looks": looks,
        }
        packed.writestr("data.json", json.dumps(plain(told), ensure_ascii=False, indent=1))
        packed.writestr("index.html", page(profile["name"], plain(told)))
    with house.store.begin(tenant, actor) as tx:
        now, thing = house.clock.now(), f"person:{person}"
        journal.write(tx, house.keyring, now, "person.exported", about=person, object=thing, purpose=purpose)
    return Exported(len(passed), pictures, len(looks))


def _row(db: Reader, person: PersonId) -> directory.PersonRow:
    row = directory.person(db, person)
    if row is None:
        raise NotFound("person")
    return row


def _passages(
    house: House, db: Reader, views: Iterator[PassageView], packed: zipfile.ZipFile
) -> tuple[list[dict[str, Any]], int]:
    gates = {gate.gate: gate.name for gate in places.gates(db)}
    told, pictures = [], 0
    for view in views:
        row, detail = view.row, {}
        if row.detail is not None:
            with suppress(KeyDestroyed):
                detail = unseal(house, Place(db.tenant, "passages", "detail", str(row.passage)), row.detail)
        line = {"at": row.at, "gate": gates.get(row.gate, ""), "means": row.means, "opened": row.opens, "reason": row.reason}
        if detail.get("plate"):
            line["plate"] = detail["plate"]
        if detail.get("picture") and pictures < MOST_PICTURES:
            name = UUID(detail["picture"])
            jpeg = _picture(house, db.tenant, house.blobs, name)
            if jpeg is not None:
                shown = line["picture"] = f"pictures/{name.hex}.jpg"
                packed.writestr(zipfile.ZipInfo(shown, row.at.timetuple()[:6]), jpeg)
                pictures += 1
        told.append(line)
    return told, pictures


def _ask(line: asking.AskLine) -> dict[str, Any]:
    told = {"kind": line.kind, "state": line.state, "asked_at": line.asked_at, "words": line.words, "answer": line.answer}
    return {**told, "field": line.field, "value": line.value} if line.field else told


def _picture(house: House, tenant: TenantId, blobs: BlobStore, name: UUID) -> bytes | None:
    with suppress(NoSuchBlob, KeyDestroyed):
        return house.keyring.open(picture_place(tenant, name), blobs.get(name.hex))
    return None


def _ways(house: House, db: Reader, person: PersonId) -> list[dict[str, Any]]:
    """What opens a gate: a plate and a card in full, of a face and a code only that they are there."""
    found = []
    for row in directory.credentials_of(db, person):
        way: dict[str, Any] = {"means": row.means, "since": row.created_at, "until": row.until, "ended_at": row.ended_at}
        if row.means in {Means.PLATE, Means.CARD} and row.ended_at is None:
            way["value"] = unseal(house, template_place(db.tenant, row.credential), row.secret)["value"]
        found.append(way)
    return found


def _looks(house: House, db: Reader, person: PersonId) -> list[dict[str, Any]]:
    """All entries about the person. Who looked is told by what they are, not by name: that is theirs."""
    told: list[dict[str, Any]] = []
    before = None
    while entries := journal.entries_about(db, house.keyring, person, before=before, limit=500):
        told += [{"at": e.at, "by": e.actor_kind, "action": e.action, "purpose": e.purpose} for e in entries]
        before = entries[-1].seq
    return told


def _personnel(house: House, tenant: TenantId, person: PersonId, since: date) -> dict[str, Any]:
    """Whatever hours, leave, pay and reviews say; nothing of it for whoever has none."""
    today = house.clock.now().date()
    first = max(since, today - LONGEST)
    parts: dict[str, Any] = {}
    with suppress(Refused):
        days = hours.own_days(house, tenant, person, first, today)
        parts["work_days"] = [plain(day) for day in days if day.lines or day.presence]
    with suppress(Refused):
        parts["corrections"] = [plain(row) for row in hours_records.own_records(house, tenant, person, first, today)]
    with suppress(Refused):
        parts["leave"] = plain(leave.own_book(house, tenant, person, today))
    with suppress(Refused):
        parts["payslips"] = [plain(slip) for slip in pay_slips.payslips_of(house, tenant, person)]
    with suppress(Refused):
        parts["performance"] = plain(performance.about(house, tenant, person, first, today))
    return {name: part for name, part in parts.items() if part}


def plain(value: Any) -> Any:
    """Records as objects, instants and days as ISO 8601, money as its text: what JSON can say."""
    match value:
        case Money():
            return str(value)
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case str() | int() | float() | bool() | None:
            return value
        case Mapping():
            return {str(plain(key)): plain(one) for key, one in value.items()}
        case bytes():
            return value.hex()
        case _ if hasattr(value, "__dataclass_fields__"):
            return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__ if not name.startswith("_")}
        case Sequence() | set() | frozenset():
            return [plain(one) for one in value]
    return str(value)


def page(name: str, told: Mapping[str, Any]) -> str:
    """One page that needs nothing but itself and the folder of pictures."""
    parts = "".join(f"<h2>{TITLES.get(part, part)}</h2>{_shown(value)}" for part, value in told.items() if value)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(name)}</title>'
    return f'<!doctype html><html lang="en">{head}<style>{CSS}</style><h1>{escape(name)}</h1>{parts}</html>'


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        said = {key: one for key, one in value.items() if one not in (None, "")}
        rows = "".join(f"<tr><th>{_word(key)}</th><td>{_shown(one)}</td></tr>" for key, one in said.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        heads = list(dict.fromkeys(key for one in value for key in one))
        head = "".join(f"<th>{_word(key)}</th>" for key in heads)
        rows = "".join("<tr>" + "".join(f"<td>{_shown(one.get(key))}</td>" for key in heads) + "</tr>" for one in value)
        return f"<table><tr>{head}</tr>{rows}</table>"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, str) and value.startswith("pictures/"):
        return f'<a href="{escape(value)}"><img src="{escape(value)}" alt="" height="60" loading="lazy"></a>'
    return "" if value is None else escape(str(value))


def _word(key: str) -> str:
    return escape(key.replace("_", " "))
