"""What every story of a visit needs: its sealed part, its links and codes, and a line of it for a screen.

The surprising thing: the text of a visitor's QR code is nowhere stored. It follows from the visitor's own key, so it can be
drawn again for as long as the visit is kept, and nobody can draw it once that key is destroyed.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sealgate.domain.calendar import zone
from sealgate.domain.ids import CredentialId, GateId, LetterId, OperatorId, PersonId, SiteId, TenantId, VisitId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind, name_key
from sealgate.domain.sightings import Means
from sealgate.domain.visits import ALPHABET, CODE_LENGTH, OVER, Step, Turn, VisitState, erase_at, pass_times, turn
from sealgate.domain.visits_asking import VisitRules
from sealgate.domain.visits_letters import LetterKind
from sealgate.flows.edge_codes import code_record
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.passage_places import presence_place, profile_place
from sealgate.flows.signin import operator_contacts
from sealgate.ports import KeyKind, Token
from sealgate.store import directory, places, visits
from sealgate.store.engine import Reader, Tx
from sealgate.store.visits import VisitRow
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

TOPIC = "visit"
"""Of the outbox: something changed about a visit; `what` is a step or `asked`."""


@dataclass(frozen=True, slots=True)
class Host:
    """Whom somebody visits: a person enrolled, an operator, or a name that nobody here has (then `known` is False)."""

    name: str
    person: PersonId | None = None
    operator: OperatorId | None = None
    email: str = ""

    @property
    def known(self) -> bool:
        return self.person is not None or self.operator is not None


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit as a list shows it. Times are on the site's clocks. `answered_by`: whose turn an open question is."""

    visit: VisitId
    site: SiteId
    person: PersonId
    name: str
    company: str
    why: str
    host: str
    state: VisitState
    since: datetime
    until: datetime
    came_at: datetime | None
    left_at: datetime | None
    asked_at: datetime
    gates: tuple[str, ...]
    walk_up: bool
    flagged: bool
    turn: Turn | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What lines of one site share, read once."""

    tz: ZoneInfo
    site_name: str
    rules: VisitRules
    gates: Mapping[GateId, str]
    hosts: Mapping[str, Host]
    names: Mapping[PersonId, str] = field(default_factory=dict)


def detail_place(tenant: TenantId, visit: VisitId) -> Place:
    return Place(tenant, "visits", "detail", str(visit))


def detail_of(house: House, db: Reader, row: VisitRow) -> dict[str, Any]:
    """What is sealed of a visit; empty where its key is destroyed."""
    with suppress(KeyDestroyed):
        return unseal(house, detail_place(db.tenant, row.visit), row.detail)
    return {}


def seal_detail(house: House, tenant: TenantId, person: PersonId, visit: VisitId, detail: Mapping[str, Any]) -> Any:
    return seal(house, tenant, subject(person), detail_place(tenant, visit), dict(detail))


def pass_text(house: House, tenant: TenantId, person: PersonId, visit: VisitId) -> str:
    """What the visitor's QR code says. Raises `KeyDestroyed`."""
    raw = house.keyring.derive(tenant, KeyKind.SUBJECT, str(person), f"visit-pass/{visit}", 18)
    return "SG1." + base64.urlsafe_b64encode(raw).decode()


def new_code(house: House, db: Reader) -> tuple[str, Token]:
    """Six letters that no visit of the organisation has now, and the token that finds them."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        token = house.index.standing_token(db.tenant, "visit-code", code)
        if visits.visit_by(db, code=token) is None:
            return code, token


def give_pass(house: House, tx: Tx, row: VisitRow, now: datetime) -> None:
    """The QR code becomes a way in, for the gates and the time of the visit."""
    text = pass_text(house, tx.tenant, row.person, row.visit)
    credential = CredentialId(house.new_id())
    place, record = template_place(tx.tenant, credential), code_record(house, tx.tenant, Means.QR, text)
    valid = pass_times(row.since, row.until)
    directory.add_credential(
        tx,
        directory.CredentialRow(
            credential=credential,
            person=row.person,
            means=Means.QR,
            token=house.index.standing_token(tx.tenant, Means.QR.value, text),
            secret=seal(house, tx.tenant, subject(row.person), place, record),
            pack=None,
            site=row.site,
            since=valid.since,
            until=valid.until,
            created_at=now,
            ended_at=None,
            gates=tuple(str(gate) for gate in row.gates),
        ),
    )


def end_passes(house: House, tx: Tx, person: PersonId, now: datetime) -> None:
    """Nothing of the visitor's opens any more, in either direction."""
    for credential in directory.credentials_of(tx, person):
        if credential.ended_at is None:
            directory.end_credential(tx, credential.credential, now)
            directory.forget_secret(tx, credential.credential)
            if credential.means is Means.FACE and credential.site is not None:
                gallery = house.galleries.of(tx.tenant, credential.site)
                tx.after_commit(lambda gone=credential.credential, seen=gallery: seen.remove(gone))  # type: ignore[misc]


def gone(house: House, tx: Tx, row: VisitRow, rules: VisitRules, now: datetime) -> bool:
    """The visitor has left: the one place where a visit ends by somebody going. False: they were not inside."""
    times = _kept(house, tx, row, rules, now)
    if not visits.take_step(tx, row.visit, Step.LEAVE, left_at=now, remind_at=None, **times):
        return False
    told(house, tx, row, Step.LEAVE.value)
    return True


def _kept(house: House, tx: Tx, row: VisitRow, rules: VisitRules, left_at: datetime) -> dict[str, datetime | None]:
    kept = detail_of(house, tx, row).get("answers", {})
    return {"erase_at": erase_at(row.facts, rules.keep, left_at), "strip_at": next_strip(rules, kept, left_at)}


def next_strip(rules: VisitRules, kept: Iterable[str], over_at: datetime) -> datetime | None:
    """When the first of the answers that are kept has been kept long enough; None where none goes before the visit does."""
    days = [asked.days for name, asked in rules.fields.items() if name.value in set(kept) and asked.days < rules.keep_days]
    return over_at + timedelta(days=min(days)) if days else None


def put_outside(house: House, tx: Tx, row: VisitRow, now: datetime) -> None:
    """Whoever checks out is outside, as far as a roll call goes."""
    outside = next(line.zone for line in places.zones(tx, row.site) if line.outside)
    state = {"zone": str(outside), "since": now.isoformat(), "site": str(row.site)}
    place = presence_place(tx.tenant, row.person)
    directory.set_presence(tx, row.person, seal(house, tx.tenant, subject(row.person), place, state))


def told(house: House, tx: Tx, row: VisitRow, what: str) -> None:
    """Pages that show visits hear of it."""
    tx.publish(TOPIC, {"site": str(row.site), "visit": str(row.visit), "what": what})
    tx.after_commit(house.wake)


def write_to(house: House, tx: Tx, visit: VisitId, kind: LetterKind, due_at: datetime) -> bool:
    """A letter in the same transaction; False where nobody is written to."""
    if house.post is None or not house.address:
        return False
    visits.add_letter(tx, visits.LetterRow(LetterId(house.new_id()), visit, kind, due_at))
    return True


def host_named(house: House, db: Reader, name: str) -> Host:
    """Whoever of this organisation has that whole name: staff first, then operators. Visitors are no hosts."""
    token = house.index.standing_token(db.tenant, "name", name_key(name))
    staff = [row for row in directory.people_named(db, token) if row.kind is not PersonKind.VISITOR and not row.suspended]
    if len(staff) == 1:
        profile = unseal(house, profile_place(db.tenant, staff[0].person), staff[0].profile)
        return Host(str(profile["name"]), person=staff[0].person, email=str(profile["email"]))
    for operator, (operator_name, login) in operator_contacts(house, db).items():
        if name_key(operator_name) == name_key(name):
            return Host(operator_name, operator=operator, email=login)
    return Host(" ".join(name.split()))


def hosts_of(house: House, db: Reader, rows: Sequence[VisitRow]) -> dict[str, Host]:
    """The hosts of some visits by their id as text: one query for people, one for operators."""
    found: dict[str, Host] = {}
    people = sorted({row.host_person for row in rows if row.host_person is not None})
    for line in directory.people_by_id(db, people) if people else ():
        with suppress(KeyDestroyed):
            profile = unseal(house, profile_place(db.tenant, line.person), line.profile)
            found[str(line.person)] = Host(str(profile["name"]), person=line.person, email=str(profile["email"]))
    if any(row.host_operator is not None for row in rows):
        for operator, (name, login) in operator_contacts(house, db).items():
            found[str(operator)] = Host(name, operator=operator, email=login)
    return found


def host_of(row: VisitRow, hosts: Mapping[str, Host], detail: Mapping[str, Any]) -> Host:
    """The host, or the name that somebody typed."""
    return hosts.get(str(row.host_person or row.host_operator)) or Host(str(detail.get("host", "")))


def frame_of(house: House, db: Reader, site: SiteId, rows: Sequence[VisitRow]) -> Frame:
    here = places.site(db, site)
    return Frame(
        tz=zone(here.time_zone),
        site_name=here.name,
        rules=visits.latest_rules(db, site),
        gates={gate.gate: gate.name for gate in places.gates(db, site)},
        hosts=hosts_of(house, db, rows),
        names=_names(house, db, rows),
    )


def _names(house: House, db: Reader, rows: Sequence[VisitRow]) -> dict[PersonId, str]:
    names: dict[PersonId, str] = {}
    people = sorted({row.person for row in rows})
    for line in directory.people_by_id(db, people) if people else ():
        with suppress(KeyDestroyed):
            names[line.person] = str(unseal(house, profile_place(db.tenant, line.person), line.profile)["name"])
    return names


def line_of(house: House, db: Reader, frame: Frame, row: VisitRow, signed: Signed | None = None) -> VisitLine:
    detail = detail_of(house, db, row)
    now = house.clock.now()
    host = host_of(row, frame.hosts, detail)
    asks = whose_turn(row, frame.rules, host, now) if row.state is VisitState.AWAITING else None

    def local(at: datetime | None) -> datetime | None:
        return None if at is None else at.astimezone(frame.tz)

    return VisitLine(
        visit=row.visit,
        site=row.site,
        person=row.person,
        name=frame.names.get(row.person, ""),
        company=str(detail.get("answers", {}).get("company") or detail.get("company", "")),
        why=str(detail.get("why", "")),
        host=host.name,
        state=shown_state(row, now),
        since=row.since.astimezone(frame.tz),
        until=row.until.astimezone(frame.tz),
        came_at=local(row.came_at),
        left_at=local(row.left_at),
        asked_at=row.asked_at.astimezone(frame.tz),
        gates=tuple(frame.gates[gate] for gate in row.gates if gate in frame.gates),
        walk_up=row.walk_up,
        flagged=row.flagged,
        turn=asks,
        mine=signed is not None and is_host(signed, row, host),
    )


def shown_state(row: VisitRow, now: datetime) -> VisitState:
    """As it is, also in the minute before the worker has written it down."""
    if row.state is VisitState.INSIDE and row.until <= now:
        return VisitState.OVERSTAYED
    if row.state in {VisitState.INVITED, VisitState.EXPECTED} and row.until <= now:
        return VisitState.MISSED
    return row.state


def whose_turn(row: VisitRow, rules: VisitRules, host: Host, now: datetime) -> Turn:
    """A flagged visit is reception's, whoever is visited."""
    if row.flagged:
        return Turn.RECEPTION
    wait = timedelta(minutes=rules.wait_minutes)
    return turn(rules.absent, host_known=host.known, asked_at=row.asked_at, wait=wait, now=now)


def is_host(signed: Signed, row: VisitRow, host: Host) -> bool:
    """Whether the operator is the one visited: by their own id, or by the address that both records carry."""
    if row.host_operator is not None:
        return row.host_operator == signed.operator
    return bool(host.email) and name_key(host.email) == name_key(signed.login)


def may_see(signed: Signed, row: VisitRow, host: Host) -> bool:
    return signed.may(Permission.VISITS) or (signed.may(Permission.HOST) and is_host(signed, row, host))


def is_over(row: VisitRow) -> bool:
    return row.state in OVER
