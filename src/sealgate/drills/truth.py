"""What the drill knows and the attacker does not: every word, face and token of the site, taken out of the vault in memory.

Nothing here is written anywhere. All sealed columns are opened by the inventory, not by a list of favourites: what somebody
adds next year is among the words as soon as it is in the schema.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import LotId, SiteId, TenantId
from sealgate.domain.plates import BadPlate, normalise
from sealgate.domain.sightings import Means
from sealgate.flows.faces import space_seed
from sealgate.flows.kit import House
from sealgate.flows.parking_scene import masks_of, stay_token
from sealgate.ports import Vector
from sealgate.store.columns import SealedBytes
from sealgate.store.engine import Reader
from sealgate.store.schema import metadata
from sealgate.vault.envelope import Place
from sealgate.vision.matcher import rotation

KINDS = {
    "name": "name",
    "phone": "telephone",
    "email": "e-mail",
    "number": "number",
    "value": "card or plate",
    "plate": "plate",
    "account": "bank account",
    "login": "login",
    "guardian": "name",
    "id-number": "ID number",
    "company": "company",
}
"""What a sealed record's field is called in the report; a long text of any other field is `words`."""

_COMMON = 5
"""Texts that stand in so many sealed values are no one's own: `monthly`, a kind of leave."""

_DULL = re.compile(r"[0-9a-f-]{32,36}|\d{4}-\d\d(-\d\d.*)?|[a-z0-9:._-]+|[+-]?[\d.,:%]+")
_CJK = re.compile(r"[\u3400-\u9fff]")
_PUBLISHED = (("face_uses", "purpose"), ("face_uses", "necessity"))
"""What an organisation says on a sign at its door: no word of anybody, though a journal entry seals it again, cut short."""

_SKIPPED = {("work_months", "days"), ("operators", "password"), ("operators", "totp"), ("presence", "state")}
"""Derived figures, hashes and states: no words of anybody."""

_ROWS: dict[tuple[str, str], Callable[[Any], str]] = {
    ("pay_entries", "detail"): lambda row: f"{row.person_id}/{row.month:%Y-%m}",
    ("permit_plates", "plate"): lambda row: f"{row.permit_id}/{bytes(row.token).hex()}",
    ("pay_terms", "detail"): lambda row: f"{row.person_id}/{row.since}",
}
"""Where a place's row is not the key's parts in their order."""


@dataclass(frozen=True, slots=True)
class Face:
    """One stored template: `raw` as the model made it, `kept` as the site keeps it; both (128,) float32 of length 1."""

    person: UUID
    site: SiteId
    raw: Vector
    kept: Vector


@dataclass(eq=False)
class Truth:
    """`words` by their text: what kind each is. `standing` are tokens of plates that outlive a day only with a reason."""

    words: dict[str, str] = field(default_factory=dict)
    faces: list[Face] = field(default_factory=list)
    standing: dict[bytes, str] = field(default_factory=dict)
    secrets: dict[bytes, str] = field(default_factory=dict)
    """The root key and other secrets of the settings, with what the report calls them."""
    tenants: list[TenantId] = field(default_factory=list)
    sites: list[SiteId] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    opened: int = 0
    destroyed: int = 0
    left_out: int = 0
    """Words too short or too common to say anything."""

    def add(self, words: Mapping[str, str]) -> None:
        """Words that the vault does not know, with their kinds."""
        self.words |= words

    @property
    def plates(self) -> list[str]:
        return [text for text, kind in self.words.items() if kind == "plate"]


def taken_from(house: House, told: Callable[[str], None] = lambda _what: None) -> Truth:
    """Everything, out of a house whose vault is open."""
    truth, common = Truth(), Counter[str]()
    for tenant in house.store.tenants():
        truth.tenants.append(tenant.tenant)
        with house.store.read(tenant.tenant) as db:
            truth.sites += [SiteId(row[0]) for row in db.sql.execute(_all(db, "sites", "site_id"))]
            truth.days += [row[0] for row in db.sql.execute(sa.select(metadata.tables["passages"].c.day).distinct())]
            for table, column in _sealed_columns():
                told(f"{table}.{column}")
                for text, kind in _texts(house, db, table, column, truth):
                    _note(truth, common, text, kind)
            _published(db, truth)
            _standing(house, db, truth)
    _leave_out(truth, common)
    return truth


def words_of_file(text: str) -> dict[str, str]:
    """Words of somebody with their kinds: one in each line, or the `data.json` that was handed over to them before they were
    erased. Of JSON only what says who somebody is is taken, for gates and reasons are everybody's."""
    try:
        record = json.loads(text)
    except ValueError:
        found = [(line.strip(), _guessed(line.strip())) for line in text.splitlines()]
        return {word: "a word of the person" if kind == "words" else kind for word, kind in found if not _is_short(word)}
    if isinstance(record, dict) and isinstance(record.get("profile"), dict):
        record = [record["profile"], record.get("ways_in"), record.get("passages")]
    return {word: kind for word, kind in _walk(record, "") if kind != "words" and not _is_short(word)}


def _is_short(text: str) -> bool:
    """Such a one stands everywhere and proves nothing."""
    return len(text) < 2 if _CJK.search(text) else len(text) < (7 if text.isdigit() else 5)


def _all(db: Reader, table: str, *columns: str) -> sa.Select[Any]:
    source = metadata.tables[table]
    return sa.select(*(source.c[name] for name in columns)).where(db.mine(source))


def _sealed_columns() -> list[tuple[str, str]]:
    return [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, SealedBytes) and (table.name, column.name) not in _SKIPPED
    ]


def _texts(house: House, db: Reader, table: str, column: str, truth: Truth) -> Iterator[tuple[str, str]]:
    source = metadata.tables[table]
    keys = [key for key in source.primary_key if key.name != "tenant_id"]
    extra = [
        source.c[name]
        for name in ("means", "person_id", "site_id", "token", "space")
        if name in source.c and source.c[name] not in keys
    ]
    query = sa.select(*keys, *extra, source.c[column]).where(db.mine(source), source.c[column].is_not(None))
    row_of = _ROWS.get((table, column), lambda row: "/".join(str(part) for part in row[: len(keys)]))
    for row in db.sql.execute(query.execution_options(yield_per=1_000)):
        sealed = row[-1]
        if not sealed:
            continue
        place = Place(db.tenant, table, column, row_of(row))
        try:
            plain = house.keyring.open(place, sealed)
        except (Fault, Refused):
            truth.destroyed += 1
            continue
        truth.opened += 1
        if table == "credentials" and column == "secret" and row.means is Means.FACE:
            _face(house, db, row, plain, truth)
            continue
        yield from _leaves(plain)


def _face(house: House, db: Reader, row: Any, plain: bytes, truth: Truth) -> None:
    kept: Vector = np.frombuffer(plain, "<f4")
    if row.site_id is None or not len(kept):
        return
    seed = space_seed(house, db.tenant, SiteId(row.site_id), row.space or 1)
    raw: Vector = (rotation(seed, len(kept)).T @ kept).astype(np.float32)
    truth.faces.append(Face(row.person_id, SiteId(row.site_id), raw, kept))


def _leaves(plain: bytes) -> Iterator[tuple[str, str]]:
    """The texts of one opened value, each with what the report calls it."""
    try:
        record = json.loads(plain)
    except ValueError:
        try:
            text = plain.decode()
        except UnicodeDecodeError:
            return
        for line in (
            text.splitlines()[1:] if "," in text.partition("\n")[0] else [text]
        ):  # a file of people, or somebody's words
            for cell in line.split(","):
                yield cell.strip(), _guessed(cell.strip())
        return
    yield from _walk(record, "")


def _walk(record: object, name: str) -> Iterator[tuple[str, str]]:
    match record:
        case dict():
            for key, value in record.items():
                yield from _walk(value, str(key))
        case list():
            for value in record:
                yield from _walk(value, name)
        case str() if record:
            kind = KINDS.get(name, "")
            yield record, "plate" if kind == "card or plate" and _is_plate(record) else kind or _guessed(record)


def _guessed(text: str) -> str:
    if _is_plate(text):
        return "plate"
    if re.fullmatch(r"1[3-9]\d{9}|\+\d{8,15}", text):
        return "telephone"
    if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        return "e-mail"
    return "words"


def _is_plate(text: str) -> bool:
    return bool(re.fullmatch(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,5}[A-Z0-9挂学警港澳]", text))


def _note(truth: Truth, common: Counter[str], text: str, kind: str) -> None:
    text = text.strip()
    if kind == "words":
        if _DULL.fullmatch(text) or (text.isascii() and (len(text) < 12 or " " not in text)):
            return
        common[text] += 1
    if truth.words.get(text, "words") == "words":
        truth.words[text] = kind


def _published(db: Reader, truth: Truth) -> None:
    for table, column in _PUBLISHED:
        for (text,) in db.sql.execute(_all(db, table, column)):
            for word in [
                w for w, kind in truth.words.items() if kind == "words" and text and text.startswith(w) and len(w) > 40
            ]:
                del truth.words[word]
                truth.left_out += 1


def _leave_out(truth: Truth, common: Counter[str]) -> None:
    """A digit or two, a syllable, or what everybody has, would be found everywhere and prove nothing."""
    for text in list(truth.words):
        dull = truth.words[text] == "words" and common[text] >= _COMMON
        if dull or _is_short(text):
            del truth.words[text]
            truth.left_out += 1


def _standing(house: House, db: Reader, truth: Truth) -> None:
    """By what a plate's stay is found while it is open. `remnants` says whether it is found afterwards too."""
    lots = [LotId(row[0]) for row in db.sql.execute(_all(db, "lots", "lot_id"))]
    for plate in truth.plates:
        try:
            text = normalise(plate)
        except BadPlate:
            continue
        truth.standing[stay_token(house, db.tenant, text)] = "the standing token of a plate"
        for lot in lots:
            truth.standing |= dict.fromkeys(masks_of(house, db.tenant, lot, [text]), "a masked token of a plate")
