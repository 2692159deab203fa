"""Edges as the centre knows them: enrolled by a code that is shown once, heard, and told what they need.

The surprising thing: what an edge did is heard as what it saw. The centre decides it once more, by the same rules and with
all it knows, as a car that is told late; and each fact has a number, so that hearing it twice is hearing it once.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic, time_ns
from uuid import UUID

from sealgate.domain.desk import GONE
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import CallId, EdgeId, GateId, PersonId, SiteId, StayId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import StayOver
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import OpenedBy
from sealgate.flows import assist, edge_copy, parking
from sealgate.flows.edge_copy import Part
from sealgate.flows.edge_holders import Holders
from sealgate.flows.edge_looks import Looks
from sealgate.flows.kit import House, Signed, fingerprint, new_secret, organisation, seal, unseal
from sealgate.flows.pricing import prices
from sealgate.flows.rules import INSTALLS, title
from sealgate.ports import Latch, LatchAnswer
from sealgate.privacy import journal
from sealgate.store import edges as rows
from sealgate.store import parking as parking_rows
from sealgate.store import places
from sealgate.store.engine import Actor, Tx
from sealgate.vault.envelope import Place
from sealgate.vault.link import link_keys

log = logging.getLogger("sealgate.edges")

AWAY = 15.0
"""Seconds after its last word from which an edge is taken to be cut off."""

NOTED, SILENT = timedelta(seconds=10), timedelta(seconds=45)
"""An edge that says the same is noted this often; one that was not noted for so long is silent."""

WANTS = timedelta(minutes=15)
"""So long after it pressed the button a car is taken to stand there still."""

LINK = Actor("system", "edge")
MOST_RELEASES = 20


@dataclass(frozen=True, slots=True)
class Edge:
    """One that has proved itself. `key` opens what it says."""

    tenant: TenantId
    edge: EdgeId
    site: SiteId
    name: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """What an edge saw and did; `sequence` is its own number for it, which never comes back. `picture` is a JPEG.

    `text`, `score` and `kind` are of a plate; without one it was a ticket, or a card or code of the `holder`. `rule` is the one
    by which it opened. `ticket` is the SHA-256 of the code of one that was drawn there. `asks`: nothing passed, and somebody
    there wants the desk.
    """

    sequence: int
    gate: GateId
    at: datetime
    text: PlateText | None
    score: float
    kind: str
    passed: bool
    stay: StayId | None = None
    picture: bytes | None = None
    means: Means = Means.PLATE
    holder: PersonId | None = None
    rule: OpenedBy | None = None
    ticket: bytes | None = None
    asks: CallReason | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What an edge says of itself: the digests of its copy's parts, the number of the last release that it carried out, and how
    many facts wait there, those that it tells now among them. `pictures` are of the lanes that it was asked for; None where it
    does not know that word."""

    has: Mapping[str, str]
    opened: int = 0
    waiting: int = 0
    pictures: Mapping[GateId, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A bar that the centre wants opened, by its desk or because somebody has paid."""

    number: int
    gate: GateId
    seconds: float


@dataclass(frozen=True, slots=True)
class Heard:
    """`done` are the facts that need not come again; `parts` what has changed of the edge's copy; `looks` the lanes at which
    somebody at the desk looks now, `calls` those of which a car's call is open."""

    done: tuple[int, ...]
    parts: tuple[Part, ...]
    releases: tuple[Release, ...]
    looks: tuple[GateId, ...] = ()
    calls: tuple[GateId, ...] = ()


def add_edge(house: House, signed: Signed, site: SiteId, name: str) -> str:
    """A new edge of a site; its code, which is shown once: with it the box joins."""
    signed.need(*INSTALLS)
    code, edge = new_secret(signed.tenant), EdgeId(house.new_id())
    keys = link_keys(code)
    sealed = seal(house, signed.tenant, organisation(), _key_place(signed.tenant, edge), {"key": keys.key.hex()})

    def write(tx: Tx) -> None:
        places.site(tx, site)
        row = rows.EdgeRow(edge, site, title(name), fingerprint(keys.shown), sealed, house.clock.now())
        rows.add_edge(tx, row)

    _journaled(house, signed, "edge.added", edge, write)
    return code


def end_edge(house: House, signed: Signed, edge: EdgeId) -> None:
    """It is known no more. Raises `NotFound`."""
    signed.need(*INSTALLS)

    def write(tx: Tx) -> None:
        if not rows.end_edge(tx, edge, house.clock.now()):
            raise NotFound("edge")

    _journaled(house, signed, "edge.ended", edge, write)
    if isinstance(house.latch, Releases):
        house.latch.forget(edge)


def edges(house: House, signed: Signed, site: SiteId | None = None) -> list[rows.EdgeRow]:
    """Those that have not been ended, by name."""
    signed.need(Permission.SEE_RULES, Permission.INSTALL)
    with house.store.read(signed.tenant) as db:
        return rows.edges(db, site)


def is_away(row: rows.EdgeRow, now: datetime) -> bool:
    """Whether it has been silent for so long that nobody should count on it."""
    return row.word is None or now - row.word.heard_at > SILENT


def edge_shown(house: House, tenant: TenantId, shown: str) -> Edge | None:
    """The edge that shows this; None for one that is unknown or was ended."""
    if all(known.tenant != tenant for known in house.store.tenants()):
        return None
    with house.store.read(tenant) as db:
        row = rows.edge_by(db, fingerprint(shown))
    if row is None:
        return None
    key = bytes.fromhex(unseal(house, _key_place(tenant, row.edge), row.link_key)["key"])
    return Edge(tenant, row.edge, row.site, row.name, key)


def exchange(house: House, edge: Edge, facts: Sequence[Fact], said: Said, releases: Releases) -> Heard:
    """Hear its facts in their order, and tell it what it lacks."""
    with house.store.read(edge.tenant) as db:
        gates = {row.gate for row in places.gates(db, edge.site)}
    releases.here(edge, gates, said.opened)
    releases.looks.heard(edge.tenant, edge.edge, gates, said.pictures)
    done = tuple(fact.sequence for fact in _heard(house, edge, facts, gates))
    with house.store.read(edge.tenant) as db:
        parts = (*edge_copy.parts(house, db, edge.site), releases.holders.part(house, db, edge.site))
        row = rows.edge(db, edge.edge)
        calls = tuple(sorted(gates & parking_rows.called_gates(db, set(CallReason) - GONE)))
    changed = tuple(part for part in parts if said.has.get(part.name) != part.digest)
    if row is not None:
        _note_word(house, edge, row, _word(house, row, said, len(done), behind=bool(changed)))
    return Heard(done, changed, releases.waiting(edge), releases.looks.wanted(edge.edge), calls)


def _word(house: House, row: rows.EdgeRow, said: Said, done: int, *, behind: bool) -> rows.Word:
    now, version = house.clock.now(), version_of(said.has)
    since = row.word.copied_at if row.word and row.word.version == version else now
    return rows.Word(now, max(said.waiting - done, 0), version, since if version else None, behind)


def version_of(has: Mapping[str, str]) -> str:
    """Eight digits that change with the copy; empty where there is none."""
    text = " ".join(f"{name}={digest}" for name, digest in sorted(has.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:8] if has else ""


def _note_word(house: House, edge: Edge, row: rows.EdgeRow, word: rows.Word) -> None:
    """For the page that lists edges: when it says something new, else now and then. It is no deed, so nobody journals it."""
    was = row.word
    said = (word.waiting, word.version, word.behind)
    if was and (was.waiting, was.version, was.behind) == said and timedelta(0) <= word.heard_at - was.heard_at < NOTED:
        return
    with house.store.begin(edge.tenant, LINK) as tx, tx.upkeep():
        rows.note_word(tx, edge.edge, word)


def _heard(house: House, edge: Edge, facts: Sequence[Fact], gates: set[GateId]) -> list[Fact]:
    """Those that need not come again. After one that could not be written down nothing is heard: their order matters."""
    done: list[Fact] = []
    price = prices(house, edge.tenant)
    for fact in sorted(facts, key=lambda fact: fact.sequence):
        try:
            if fact.gate not in gates:
                raise NotFound("gate")
            if fact.asks is None:
                parking.hear(house, edge.tenant, _told(edge, fact), price)
            else:
                _called(house, edge, fact)
        except StayOver:  # somebody was first: it is decided anew when it comes again
            break
        except Refused as refusal:
            log.warning("edge %s: fact %d is none of ours: %s", edge.name, fact.sequence, refusal.code)
        done.append(fact)
    return done


def _called(house: House, edge: Edge, fact: Fact) -> None:
    """Somebody there wants the desk; of long ago, and whoever it was has gone."""
    assert fact.asks is not None
    if house.clock.now() - fact.at <= WANTS:
        known = CallId(UUID(bytes=nonce_of(edge.edge, fact.sequence)))
        assist.call(house, edge.tenant, fact.gate, fact.asks, known=known, actor=LINK)


def _told(edge: Edge, fact: Fact) -> parking.Told:
    seen = None
    if fact.text is not None:
        seen = PlateSighting(fact.gate, fact.at, fact.text, fact.score, fact.kind, picture=fact.picture)
    return parking.Told(
        gate=fact.gate,
        at=fact.at,
        nonce=nonce_of(edge.edge, fact.sequence),
        passed=fact.passed,
        there=parking.OpenedThere(edge.name, fact.rule),
        stay=fact.stay,
        sighting=seen,
        holder=fact.holder,
        means=fact.means,
        ticket=fact.ticket,
    )


def nonce_of(edge: EdgeId, sequence: int) -> bytes:
    """16 bytes that no other fact has."""
    return hashlib.sha256(b"edge fact" + edge.bytes + sequence.to_bytes(8, "big")).digest()[:16]


class Releases:
    """Bars that edges are to open: a `ports.Latch` for their gates, any other gate's is the one `beside`. Any thread may ask.

    What every edge is told of cards is kept with it (`holders`), and what its lanes look like now (`looks`). Its numbers go on
    rising when the centre was started anew: the edge has carried out all up to the last one that it saw.
    """

    def __init__(self, beside: Latch) -> None:
        self._beside, self._lock = beside, Lock()
        self._edge_of: dict[GateId, EdgeId] = {}
        self._seen: dict[EdgeId, float] = {}
        self._waiting: dict[EdgeId, list[Release]] = {}
        self._number = time_ns()
        self.holders = Holders()
        self.looks = Looks()

    def know(self, edge: EdgeId, gates: set[GateId]) -> None:
        """These gates are that edge's, which has not spoken since we started."""
        with self._lock:
            self._edge_of |= dict.fromkeys(gates, edge)

    def here(self, edge: Edge, gates: set[GateId], opened: int) -> None:
        """An edge spoke: these gates are its own, and it has carried out all up to `opened`."""
        with self._lock:
            self._seen[edge.edge] = monotonic()
            self._edge_of |= dict.fromkeys(gates, edge.edge)
            left = [one for one in self._waiting.get(edge.edge, []) if one.number > opened]
            self._waiting[edge.edge] = left

    def forget(self, edge: EdgeId) -> None:
        """It was ended: its gates are ours again."""
        with self._lock:
            self._edge_of = {gate: of for gate, of in self._edge_of.items() if of != edge}
            self._waiting.pop(edge, None)
        self.looks.forget(edge)

    def shows(self, tenant: TenantId, gate: GateId) -> bool:
        """Whether this gate is of an edge that is there and can be asked what its camera sees."""
        with self._lock:
            edge = self._edge_of.get(gate)
            here = edge is not None and monotonic() - self._seen.get(edge, float("-inf")) <= AWAY
        return here and self.looks.can(tenant, gate)

    def picture(self, tenant: TenantId, gate: GateId) -> bytes | None:
        """What the camera of an edge's gate sees now, as JPEG; None until it came."""
        return self.looks.newest(tenant, gate) if self.shows(tenant, gate) else None

    def waiting(self, edge: Edge) -> tuple[Release, ...]:
        with self._lock:
            return tuple(self._waiting.get(edge.edge, ()))

    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer:
        with self._lock:
            edge = self._edge_of.get(gate)
            if edge is not None:
                if monotonic() - self._seen.get(edge, float("-inf")) > AWAY:
                    return LatchAnswer.UNREACHABLE
                self._number += 1
                waiting = self._waiting.setdefault(edge, [])
                waiting.append(Release(self._number, gate, open_for.total_seconds()))
                del waiting[:-MOST_RELEASES]
                return LatchAnswer.ACCEPTED
        return self._beside.release(gate, open_for)


def _journaled(house: House, signed: Signed, action: str, edge: EdgeId, write: Callable[[Tx], None]) -> None:
    with house.store.begin(signed.tenant, signed.actor) as tx:
        write(tx)
        journal.write(tx, house.keyring, house.clock.now(), action, object=f"edge:{edge}")


def _key_place(tenant: TenantId, edge: EdgeId) -> Place:
    return Place(tenant, "edges", "link_key", str(edge))
