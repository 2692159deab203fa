"""The journal for whoever answers for it: searched by person, operator, kind and day, proven line by line, taken along.

The surprising thing: looking into the journal is an entry of it, about the person who was searched for. Days are found by
halving: entries have no gaps, so the first one of a day is twenty looks away, in a journal of millions too.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sealgate.domain.calendar import zone
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import OperatorId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed
from sealgate.flows.signin import operator_names
from sealgate.flows.witnessing import audited
from sealgate.privacy import journal
from sealgate.privacy.audit import Audit
from sealgate.privacy.checkpoints import inclusion, signer_of
from sealgate.store import checkpoints as marks
from sealgate.store import journal as rows
from sealgate.store import places
from sealgate.store.checkpoints import CheckpointRow, WitnessRow
from sealgate.store.engine import Reader

AT_A_TIME = 100
MOST_EXPORTED = 10_000
KINDS = (
    *("ask", "consent", "credential", "face", "gate", "hold", "hours", "journal", "leave", "operator", "own", "passages"),
    *("pay", "person", "picture", "retention", "session", "site", "visit"),
)
"""The first words of actions that a page offers; any other is found by typing it."""


class NoSuchEntry(Refused):
    """No checkpoint covers an entry of that number yet."""

    code = "journal.no-such-entry"
    status = 404


@dataclass(frozen=True, slots=True)
class JournalQuery:
    """Local days of the first site, both included; `kind` is an action or its first word; `before` the page's border."""

    first: date
    last: date
    person: PersonId | None = None
    operator: OperatorId | None = None
    kind: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """`who` is an operator's name or the kind of actor; `local` is on the clocks of the first site."""

    seq: int
    local: datetime
    who: str
    action: str
    object: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`entries` there are; the newest checkpoint, None before the first; what each witness outside has."""

    entries: int
    newest: CheckpointRow | None
    witnesses: tuple[WitnessRow, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That entry `entry` is under the checkpoint `note`: see docs/journal.md. Hashes in base64."""

    entry: int
    hash: str
    proof: tuple[str, ...]
    note: str
    key: str


def search(house: House, signed: Signed, query: JournalQuery) -> tuple[list[JournalEntry], int | None]:
    """Newest first, and from where the next page goes on."""
    signed.need(Permission.SEE_JOURNAL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _found(house, tx, query, AT_A_TIME + 1)
        told = f"kind:{query.kind or '*'}:{query.first}:{query.last}:operator:{query.operator or '*'}"
        journal.write(tx, house.keyring, house.clock.now(), "journal.searched", about=query.person, object=told)
    return found[:AT_A_TIME], found[AT_A_TIME - 1].seq if len(found) > AT_A_TIME else None


def taken_along(house: House, signed: Signed, query: JournalQuery) -> tuple[list[JournalEntry], bool]:
    """The newest MOST_EXPORTED entries, for a file, and whether there are older ones; that it was taken is an entry."""
    signed.need(Permission.SEE_JOURNAL)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = _found(house, tx, query, MOST_EXPORTED + 1)
        told = f"entries:{min(len(found), MOST_EXPORTED)}:{query.first}:{query.last}"
        journal.write(tx, house.keyring, house.clock.now(), "journal.exported", about=query.person, object=told)
    return found[:MOST_EXPORTED], len(found) > MOST_EXPORTED


def standing(house: House, signed: Signed) -> Standing:
    signed.need(Permission.SEE_JOURNAL)
    with house.store.read(signed.tenant) as db:
        witnesses = tuple(sorted(marks.witnesses(db).values(), key=lambda row: row.name))
        newest, head = marks.newest(db), rows.head(db)
    return Standing(head.seq, newest, witnesses, str(signer_of(house.keyring, signed.tenant).verifier))


def check(house: House, signed: Signed) -> Audit:
    """Walk all of it, and compare it with every checkpoint of ours and of witnesses outside."""
    signed.need(Permission.SEE_JOURNAL)
    found = audited(house, signed.tenant, None, [])
    with house.store.begin(signed.tenant, signed.actor) as tx:
        told = f"entries:{found.verdict.entries}:{found.verdict.flaw or 'whole'}"
        journal.write(tx, house.keyring, house.clock.now(), "journal.checked", object=told)
    return found


def prove_for(house: House, signed: Signed, entry: int) -> Proof:
    signed.need(Permission.SEE_JOURNAL)
    return prove(house, signed.tenant, entry)


def prove(house: House, tenant: TenantId, entry: int) -> Proof:
    """Raises `NoSuchEntry`."""
    with house.store.read(tenant) as db:
        newest = marks.newest(db)
        if newest is None or not 1 <= entry <= newest.size:
            raise NoSuchEntry(f"no checkpoint covers entry {entry}", hint="Run `sealgate journal checkpoint`")
        leaf, steps = rows.entry(db, entry).hash, inclusion(db, entry, newest.size)
    encoded = tuple(base64.b64encode(step).decode() for step in steps)
    key = str(signer_of(house.keyring, tenant).verifier)
    return Proof(entry, base64.b64encode(leaf).decode(), encoded, newest.note, key)


def _found(house: House, db: Reader, query: JournalQuery, limit: int) -> list[JournalEntry]:
    sites = places.sites(db)
    tz = zone(sites[0].time_zone if sites else "UTC")
    begin = datetime.combine(query.first, time(), tz)
    end = datetime.combine(query.last + timedelta(days=1), time(), tz)
    last = rows.head(db).seq
    low, high = _first_from(db, begin, last), _first_from(db, end, last)
    names = operator_names(house, db)
    if query.operator is not None and str(query.operator) not in names:
        raise NotFound("operator")
    entries = journal.entries(
        db,
        house.keyring,
        before=min(high, query.before or high),
        since=low,
        limit=limit,
        person=query.person,
        actor=str(query.operator or ""),
        kind=query.kind,
    )
    return [
        JournalEntry(e.seq, e.at.astimezone(tz), names.get(e.actor_id, e.actor_kind), e.action, e.object, e.purpose)
        for e in entries
    ]


def _first_from(db: Reader, at: datetime, last: int) -> int:
    """The number of the first entry at or after that instant; one more than the last where there is none."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        if rows.entry(db, middle).at < at:
            low = middle + 1
        else:
            high = middle
    return low
