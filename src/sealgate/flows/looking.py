"""Watching and searching passages, and opening pictures: nothing is opened without somebody saying why.

The tokens by which a passage is found change every day, so a search over thirty days asks for thirty
tokens; a copy of the database cannot do that, for it lacks the days' keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sealgate.domain.access import Reason
from sealgate.domain.calendar import DAY, day_number, local_day, zone
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import GateId, PassageId, PersonId, SiteId
from sealgate.domain.operators import Permission
from sealgate.domain.people import name_key
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means
from sealgate.domain.stays_passing import OpenedBy
from sealgate.flows import showing
from sealgate.flows.kit import House, Signed, unseal
from sealgate.flows.passage_places import picture_place, who_place
from sealgate.flows.people import checked_purpose, names_of, whereabouts
from sealgate.ports import LatchAnswer, Token
from sealgate.privacy import journal
from sealgate.store import directory, passages, places, visits
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

LONGEST_SEARCH = timedelta(days=31)
TICKET = timedelta(seconds=60)


class SearchTooLong(Invalid):
    code = "search.too-long"


@dataclass(frozen=True, slots=True)
class PassageLine:
    """One passage as a screen shows it. `name` is None for strangers and where the key is destroyed (`gone`).

    `by` is the operator who opened by hand, and `why` the words. `edge` has decided it by itself; `rule` is by what it opened.
    """

    passage: PassageId
    at: datetime
    local: datetime
    gate: GateId
    gate_name: str
    means: Means | None
    opens: bool
    reason: Reason
    name: str | None
    person: PersonId | None
    plate: str | None
    plate_kind: str
    latch: LatchAnswer | None
    has_picture: bool
    score: float | None
    why: str = ""
    by: str = ""
    gone: bool = False
    edge: str = ""
    rule: OpenedBy | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """`inside` counts who is enrolled, `visitors` whoever visits: the two are never one figure."""

    lines: tuple[PassageLine, ...]
    inside: int
    visitors: int
    people: int
    passages_today: int
    refused_today: int
    by_reason: dict[Reason, int]
    gates: int
    gates_blocked: tuple[str, ...]
    lockdown: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class PassageQuery:
    """`since` and `until` are aware; `name` and `plate` are searched by equality."""

    since: datetime
    until: datetime
    gate: GateId | None = None
    name: str = ""
    plate: str = ""
    before: PassageId | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class PassagePage:
    lines: tuple[PassageLine, ...]
    next: PassageId | None


def watch(house: House, signed: Signed, site: SiteId, limit: int = 50) -> Watch:
    signed.need(Permission.WATCH)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        seen = _tally(house, tx, site)
        rows = passages.page(tx, site=site, limit=limit)
        lines = tuple(lines_of(house, tx, zone(places.site(tx, site).time_zone), rows))
        journal.write(tx, house.keyring, house.clock.now(), "live.watched", object=f"site:{site}")
    return replace(seen, lines=lines)


def tally(house: House, signed: Signed, site: SiteId) -> Watch:
    """The figures alone, without a line: for a live page that is being watched already."""
    signed.need(Permission.WATCH)
    with house.store.read(signed.tenant) as db:
        return _tally(house, db, site)


def _tally(house: House, db: Reader, site: SiteId) -> Watch:
    now = house.clock.now()
    row = places.site(db, site)
    local = now.astimezone(zone(row.time_zone))
    counts = passages.counts(db, site, local.replace(hour=0, minute=0, second=0, microsecond=0))
    gates = places.gates(db, site)
    inside, visiting = whereabouts(house, db), {row.person for row in visits.here(db)}
    return Watch(
        lines=(),
        inside=len(inside.keys() - visiting),
        visitors=len(visiting),
        people=directory.count_people(db),
        passages_today=sum(counts.values()),
        refused_today=sum(n for reason, n in counts.items() if reason not in {Reason.ALLOWED, Reason.FORCED}),
        by_reason={Reason(reason): n for reason, n in counts.items()},
        gates=len(gates),
        gates_blocked=tuple(gate.name for gate in gates if gate.blocked),
        lockdown=row.lockdown,
        now=local,
    )


def line(house: House, signed: Signed, passage: PassageId) -> PassageLine | None:
    """One new row for a live page that is being watched already (`live.watched` was journaled when it was opened)."""
    signed.need(Permission.WATCH)
    with house.store.read(signed.tenant) as db:
        row = passages.passage(db, passage)
        if row is None or signed.site not in {None, row.row.site}:  # erased since it was told of, or another site's
            return None
        return lines_of(house, db, zone(places.site(db, row.row.site).time_zone), [row])[0]


def search(house: House, signed: Signed, site: SiteId, purpose: str, query: PassageQuery) -> PassagePage:
    signed.need(Permission.SEARCH_PASSAGES)
    why = checked_purpose(purpose)
    if not timedelta(0) < query.until - query.since <= LONGEST_SEARCH:
        raise SearchTooLong("a search spans up to 31 days", field="until", hint="Choose a shorter time")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        tz = zone(places.site(tx, site).time_zone)
        asked = bool(query.name.strip() or query.plate.strip())
        people, tokens = _tokens(house, tx, site, tz, query)
        rows = passages.page(
            tx,
            site=site,
            gate=query.gate,
            since=query.since,
            until=query.until,
            tokens=tokens if asked else None,
            before_id=query.before,
            limit=query.limit + 1,
        )
        lines = lines_of(house, tx, tz, rows[: query.limit])
        now = house.clock.now()
        about: list[PersonId | None] = [*people] or [None]
        for person in about:
            journal.write(tx, house.keyring, now, "passages.searched", about=person, object=f"site:{site}", purpose=why)
    return PassagePage(tuple(lines), lines[-1].passage if len(rows) > query.limit else None)


def _tokens(
    house: House, db: Reader, site: SiteId, tz: ZoneInfo, query: PassageQuery
) -> tuple[list[PersonId], list[tuple[int, Token]]]:
    """The people meant, and a token of each, and of the plate, for each local day in the time."""
    people: list[PersonId] = []
    plate = normalise(query.plate) if query.plate.strip() else None
    if query.name.strip():
        named = directory.people_named(db, house.index.standing_token(db.tenant, "name", name_key(query.name)))
        people += [row.person for row in named]
    if plate:
        row = directory.credential_by_token(db, Means.PLATE, house.index.standing_token(db.tenant, Means.PLATE.value, plate))
        people += [row.person] if row else []
    tokens = []
    day, last = local_day(query.since, tz), local_day(query.until, tz)
    while day <= last:
        asked = [("person", str(person)) for person in people] + ([(Means.PLATE.value, plate)] if plate else [])
        for kind, value in asked:
            token = house.index.find_day_token(db.tenant, site, day, kind, value)
            if token is not None:
                tokens.append((day_number(day), token))
        day += DAY
    return people, tokens


def ask_picture(house: House, signed: Signed, passage: PassageId, purpose: str) -> str:
    """A ticket for one picture: this session, this purpose, sixty seconds."""
    signed.need(Permission.SEE_PICTURES)
    why = checked_purpose(purpose)
    return showing.ticket(house, signed, "picture", (passage, why), TICKET)


def open_picture(house: House, signed: Signed, ticket: str) -> bytes:
    """The JPEG. Each showing is in the journal before the bytes leave. Raises `TicketOver`, `NotFound`."""
    signed.need(Permission.SEE_PICTURES)
    number, why = showing.meant(house, signed, "picture", ticket)
    passage = PassageId(number)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = passages.passage(tx, passage)
        if row is not None:
            signed.keep_to(row.row.site, "picture")
        detail = _detail(house, tx, row) if row else None
        if row is None or not detail or "picture" not in detail:
            raise NotFound("picture")
        picture = UUID(detail["picture"])
        jpeg = house.keyring.open(picture_place(tx.tenant, picture), house.blobs.get(picture.hex))
        person = _who(house, tx, row)
        journal.write(
            tx, house.keyring, house.clock.now(), "picture.opened", about=person, object=f"passage:{passage}", purpose=why
        )
    return jpeg


def lines_of(house: House, db: Reader, tz: ZoneInfo, rows: Sequence[passages.PassageView]) -> list[PassageLine]:
    """Rows as lines, in their order. The caller has journaled that somebody looks."""
    gates = {gate.gate: gate.name for gate in places.gates(db)}
    who = {view.row.passage: _who(house, db, view) for view in rows}
    names = names_of(house, db, [person for person in who.values() if person])
    return [_line(house, db, tz, view, gates, who[view.row.passage], names) for view in rows]


def _line(
    house: House,
    db: Reader,
    tz: ZoneInfo,
    view: passages.PassageView,
    gates: dict[GateId, str],
    person: PersonId | None,
    names: dict[PersonId, str],
) -> PassageLine:
    row = view.row
    detail = _detail(house, db, view)
    shown = detail or {}
    return PassageLine(
        passage=row.passage,
        at=row.at,
        local=row.at.astimezone(tz),
        gate=row.gate,
        gate_name=gates.get(row.gate, ""),
        means=row.means,
        opens=row.opens,
        reason=row.reason,
        name=names.get(person) if person else None,
        person=person if person in names else None,
        plate=shown.get("plate"),
        plate_kind=str(shown.get("kind", "plain")),
        latch=view.latch,
        has_picture="picture" in shown,
        score=shown.get("score"),
        why=str(shown.get("why", "")),
        by=str(shown.get("by", "")),
        gone=detail is None and row.detail is not None,
        edge=str(shown.get("edge", "")),
        rule=OpenedBy(shown["rule"]) if "rule" in shown else None,
    )


def _who(house: House, db: Reader, view: passages.PassageView) -> PersonId | None:
    row = view.row
    if row.who is None:
        return None
    try:
        opened = unseal(house, who_place(db.tenant, row.passage), row.who)
    except KeyDestroyed:
        return None
    return PersonId(UUID(opened["person"]))


def _detail(house: House, db: Reader, view: passages.PassageView) -> dict[str, Any] | None:
    """What is sealed of a passage; None where its key is destroyed."""
    if view.row.detail is None:
        return {}
    try:
        return unseal(house, Place(db.tenant, "passages", "detail", str(view.row.passage)), view.row.detail)
    except KeyDestroyed:
        return None
