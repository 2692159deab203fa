"""A garage's books in memory: what the decisions of `domain/stays_*` say, carried out as the flows do it, against the truth.

The laws of pairing are tested on it, and `sealgate bench pairing` counts with it: hundreds of thousands of bills are too
many for a database. The surprising thing: it knows which visit every pass really was, and asks nobody about it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sealgate.domain.ids import CallId, GateId, LotId, SiteId, StayId
from sealgate.domain.lots import Doubt, GateRole, Lane, Lot
from sealgate.domain.plates import PlateText
from sealgate.domain.stays import Cause, Stay, StayState, disputed, gone, lost, paid, settled
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import LINGERS, Open, Paired, Traces
from sealgate.domain.stays_passing import Echo, Passing, Unclear, Undecided, echo_of, enter, go, leave, read_better
from sealgate.domain.stays_reading import SURE, Reading, further_keys, search_keys

START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GRACE = 20 * MINUTE
DECK, YARD = (Lot(LotId(UUID(int=n)), SiteId(UUID(int=9)), f"lot {n}", tariff="t", doubt=Doubt.OPEN) for n in (1, 2))
LOTS = {lot.lot: lot for lot in (DECK, YARD)}
LANES = {
    (lot.lot, role): Lane(GateId(UUID(int=lot.lot.int * 10 + (role is GateRole.ENTRY))), lot, role)
    for lot in LOTS.values()
    for role in (GateRole.ENTRY, GateRole.EXIT)
}


@dataclass(frozen=True, slots=True)
class Event:
    """One pass, as it is told: `text` None is a pass that was counted and not read. `ticket`: the visit's ticket is at hand.
    `calls`: the car stands there unread, and its driver calls."""

    visit: int
    entering: bool
    at: datetime
    told: datetime
    text: str | None
    score: float
    lot: LotId
    ticket: bool = False
    calls: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """`began` and `ended` are the visits that really did, with this stay's entry and exit."""

    began: int
    ended: int
    since: datetime
    until: datetime
    lot: LotId


def keys(text: str, score: float) -> frozenset[str]:
    """Under which a stay is found, or looked for."""
    return search_keys(text) | further_keys(text) if score < SURE else search_keys(text)


@dataclass
class Book:
    """`desk`: an attendant looks at each unclear exit at once, knows whose stay it is, and nobody is billed by it; without
    one the car goes through undecided. Whoever is shown a sum pays it.
    """

    desk: bool = False
    stays: dict[StayId, Stay] = field(default_factory=dict)
    plates: dict[StayId, tuple[PlateText, float]] = field(default_factory=dict)
    tickets: dict[int, StayId] = field(default_factory=dict)
    begun_by: dict[StayId, int] = field(default_factory=dict)
    stay_of: dict[int, StayId] = field(default_factory=dict)
    undecided: dict[CallId, tuple[LotId, str, datetime, bool]] = field(default_factory=dict)
    exits_of: dict[CallId, int] = field(default_factory=dict)
    """The visit that really ended with an undecided exit."""
    unseen: list[tuple[LotId, bool, datetime]] = field(default_factory=list)
    taken: dict[LotId, int] = field(default_factory=lambda: dict.fromkeys(LOTS, 0))
    charges: dict[StayId, list[Charge]] = field(default_factory=dict)
    asked: dict[CallReason, int] = field(default_factory=lambda: defaultdict(int))
    count: int = 0
    _near: dict[str, set[StayId]] = field(default_factory=lambda: defaultdict(set))
    _of_text: dict[str, list[StayId]] = field(default_factory=lambda: defaultdict(list))
    _passed: dict[str, list[Passing]] = field(default_factory=lambda: defaultdict(list))
    """A pass is found by what was read, and by the plate of its stay."""
    _at_gate: dict[GateId, list[Passing]] = field(default_factory=lambda: defaultdict(list))
    """By their instants."""
    _by_ticket: frozenset[StayId] = frozenset()

    def hear(self, event: Event) -> None:
        lane = LANES[event.lot, GateRole.ENTRY if event.entering else GateRole.EXIT]
        if event.text is None:
            self._unread(lane, event)
        elif event.entering:
            self._enter(lane, event, PlateText(event.text))
        else:
            self._leave(lane, event, PlateText(event.text))

    def pays(self, visit: int, at: datetime) -> None:
        """Its driver pays on the phone, and has twenty minutes to leave."""
        stay = self.stays.get(self.stay_of[visit]) if visit in self.stay_of else None
        if stay is not None and stay.inside and stay.state in {StayState.OPEN, StayState.PAID}:
            self._put(stay, paid(stay, at + GRACE))

    def billed(self) -> list[Charge]:
        """What stands as billed in the end: a stay that became the desk's is not."""
        return [
            one for name, charges in self.charges.items() if self.stays[name].state is not StayState.DISPUTED for one in charges
        ]

    def forget(self, before: datetime) -> None:
        """What passed before and is closed plays no part any more."""
        self.unseen = [one for one in self.unseen if one[2] >= before - DECK.longest]
        for kept in (self._passed, self._at_gate):
            for name in list(kept):
                kept[name] = [was for was in kept[name] if was.at >= before]  # type: ignore[index]
                if not kept[name]:  # type: ignore[index]
                    del kept[name]  # type: ignore[arg-type]
        gone_ = [name for name, stay in self.stays.items() if stay.state is StayState.CLOSED and stay.entered < before]
        for name in gone_:
            del self.stays[name]
            self.plates.pop(name, None)

    # --- a stay's way ----------------------------------------------------------------------------------------------

    def _new(self) -> UUID:
        self.count += 1
        return UUID(int=self.count)

    def _put(self, before: Stay | None, after: Stay) -> None:
        was, is_ = before is not None and before.inside, after.inside
        self.taken[after.lot] += int(is_) - int(was)
        assert self.taken[after.lot] >= 0
        self.stays[after.stay] = after
        if after.stay not in self.plates:
            self._by_ticket = (self._by_ticket - {after.stay}) | (frozenset([after.stay]) if after.inside else frozenset())
            return
        text, score = self.plates[after.stay]
        if after.state is not StayState.CLOSED and before is None:
            self._of_text[text].append(after.stay)
            for key in keys(text, score):
                self._near[key].add(after.stay)
        elif after.state is StayState.CLOSED and before is not None and before.state is not StayState.CLOSED:
            self._of_text[text].remove(after.stay)
            for key in keys(text, score):
                self._near[key].discard(after.stay)

    def _pass(self, seen: Passing, plate: str | None = None) -> None:
        insort(self._at_gate[seen.gate], seen, key=_instant)
        for text in {seen.plate, plate or seen.plate} - {""}:
            self._passed[text].append(seen)

    # --- coming in -------------------------------------------------------------------------------------------------

    def _unread(self, lane: Lane, event: Event) -> None:
        if event.entering and event.ticket:
            stay = Stay(StayId(self._new()), lane.lot.lot, event.at)
            self._put(None, stay)
            self.tickets[event.visit] = stay.stay
            self._begins(stay, event)
        elif event.ticket and event.visit in self.tickets:
            self._close(lane, event, self.tickets[event.visit], None)
        else:
            self.unseen.append((lane.lot.lot, event.entering, event.at))

    def _begins(self, stay: Stay, event: Event) -> None:
        self.begun_by[stay.stay], self.stay_of[event.visit] = event.visit, stay.stay

    def _enter(self, lane: Lane, event: Event, text: PlateText) -> None:
        if isinstance(echo_of(lane, [Reading(text, event.at, event.score)], self._recent(lane, event.at)), Echo):
            return
        live = [self.stays[name] for name in self._of_text[text]]
        here = [(call, *what) for call, what in self.undecided.items() if what[:2] == (lane.lot.lot, text)]
        waiting = [Undecided(call, at, alone) for call, _, _, at, alone in here]
        unseen = self._traces(lane.lot.lot, event.at, START).exits if event.told > event.at else ()
        begun = enter(lane, event.at, live, self._passes(text, event.at), waiting, unseen_exits=unseen)
        for name in begun.ends:
            self._lose(name, event.at)
        for name in begun.wrong:
            self._dispute(name)
        fresh = Stay(StayId(self._new()), lane.lot.lot, event.at)
        self.plates[fresh.stay] = (text, event.score)
        self._begins(fresh, event)
        after = fresh
        if begun.cause is Cause.LEFT and begun.left is not None:
            after = go(fresh, begun.left, 1, passed=True).stay
            self._put(None, after)
            self._charge(after, self.exits_of[begun.call] if begun.call else event.visit)
            if begun.call is not None:
                del self.undecided[begun.call]
        elif begun.cause is Cause.BY_HAND:
            after = replace(settled(fresh), left=begun.left)
        elif begun.cause is not None:
            after = replace(lost(fresh, begun.cause, superseded=begun.superseded), left=begun.left)
            self.asked[CallReason.EXIT_MISSED] += 1
        if after.stay not in self.stays:
            self._put(None, after)
        self._pass(Passing(lane.gate, lane.lot.lot, event.at, True, True, fresh.stay, event.at, text, event.score))

    def _lose(self, name: StayId, at: datetime) -> None:
        self._put(self.stays[name], lost(self.stays[name], Cause.EXIT_MISSED, superseded=at))
        self.asked[CallReason.EXIT_MISSED] += 1
        if self.desk:
            self._put(self.stays[name], settled(self.stays[name]))

    def _dispute(self, name: StayId) -> None:
        if name in self.stays:
            self._put(self.stays[name], disputed(self.stays[name], Cause.TWO_VISITS))
            self.asked[CallReason.TWO_VISITS] += 1

    # --- going out -------------------------------------------------------------------------------------------------

    def _leave(self, lane: Lane, event: Event, text: PlateText) -> None:
        readings, passes = [Reading(text, event.at, event.score)], self._passes(text, event.at)
        if echo_of(lane, readings, self._recent(lane, event.at)) or read_better(lane, event.at, passes):
            return
        near = {name for key in keys(text, event.score) for name in self._near.get(key, ())}
        rows = [self.stays[name] for name in near if self.stays[name].lot == lane.lot.lot and self.stays[name].left is None]
        ticket = self.stays.get(self.tickets[event.visit]) if event.ticket and event.visit in self.tickets else None
        if ticket is not None and not ticket.inside:
            ticket = None
        found = leave(
            lane,
            event.at,
            readings,
            [self._open(stay, event.at) for stay in rows],
            passes,
            left=[self.stays[name] for name in self._of_text[text] if self.stays[name].left is not None],
            ticket=None if ticket is None else self._open(ticket, event.at),
            traces=self._traces(lane.lot.lot, event.at, min((stay.entered for stay in rows), default=event.at)),
        )
        if isinstance(found, Paired):
            self._close(lane, event, found.stay, text)
            return
        for name in found.wrong:
            self._dispute(name)
        self.asked[found.ask.reason] += 1
        if self.desk:
            self._answered(lane, event, of_unread=found.ask.reason is CallReason.NO_ENTRY)
        else:
            self._goes_undecided(lane, event, text, found)

    def _goes_undecided(self, lane: Lane, event: Event, text: PlateText, found: Unclear) -> None:
        for name in found.ask.doubts:
            self.stays[name] = replace(self.stays[name], doubted=event.at)
        self._trace_exit(lane, event.at, of_unread=found.ask.of_unread([Reading(text, event.at, event.score)]))
        made = CallId(self._new())
        self.undecided[made] = (lane.lot.lot, text, event.at, found.ask.reason is CallReason.NO_ENTRY)
        self.exits_of[made] = event.visit
        self._pass(Passing(lane.gate, lane.lot.lot, event.at, False, True, plate=text))

    def calls(self, event: Event) -> None:
        """A car stands at the exit, is not read, and its driver calls the desk."""
        self.asked[CallReason.NO_PLATE] += 1
        self._answered(LANES[event.lot, GateRole.EXIT], event, of_unread=False)

    def _answered(self, lane: Lane, event: Event, *, of_unread: bool) -> None:
        """Dora looks at both pictures: she names the car's stay, or opens by hand where it has none."""
        text = event.text or ""
        mine = self.stay_of.get(event.visit)
        if mine is None or mine not in self.stays or not self.stays[mine].inside:
            self._trace_exit(lane, event.at, of_unread=of_unread)
            self._pass(Passing(lane.gate, lane.lot.lot, event.at, False, True, plate=text))
            return
        before = self.stays[mine]
        self._put(before, gone(before, event.at, owing=False))
        self._pass(Passing(lane.gate, lane.lot.lot, event.at, False, True, mine, before.entered, text), self._plate(mine))

    def _trace_exit(self, lane: Lane, at: datetime, *, of_unread: bool) -> None:
        """One that came in unread and went takes its trace along."""
        lot = lane.lot.lot
        came = [one for one in self.unseen if one[0] == lot and one[1] and at - LINGERS < one[2] <= at] if of_unread else []
        if came:
            self.unseen.remove(min(came, key=lambda one: one[2]))
        else:
            self.unseen.append((lot, False, at))

    def _close(self, lane: Lane, event: Event, name: StayId, text: PlateText | None) -> None:
        """Whoever is shown a sum pays it and goes; who has gone is billed for when it went."""
        before = self.stays[name]
        if not before.inside and before.left is not None:
            return
        after = go(before, event.at, 1, passed=event.told - event.at > MINUTE).stay
        if after.left is None:
            after = go(paid(after, event.at + MINUTE), event.at, 0).stay
        plate = self._plate(name)
        self._put(before, after)
        self._charge(after, event.visit)
        seen = Passing(lane.gate, lane.lot.lot, event.at, False, True, name, before.entered, text or "", read=bool(text))
        self._pass(seen, plate)

    def _charge(self, stay: Stay, visit: int) -> None:
        assert stay.left is not None
        one = Charge(self.begun_by[stay.stay], visit, stay.entered, stay.left, stay.lot)
        self.charges.setdefault(stay.stay, []).append(one)

    # --- looking up ------------------------------------------------------------------------------------------------

    def _plate(self, name: StayId) -> PlateText | None:
        return self.plates[name][0] if name in self.plates else None

    def _recent(self, lane: Lane, at: datetime) -> list[Passing]:
        there = self._at_gate.get(lane.gate, [])
        first = bisect_left(there, at - lane.lot.echo, key=_instant)
        return there[first : bisect_right(there, at + lane.lot.echo, key=_instant)]

    def _passes(self, text: str, at: datetime) -> list[Passing]:
        since = (at - DECK.echo).replace(hour=0, minute=0, second=0)
        return [was for was in self._passed.get(text, ()) if was.at >= since]

    def _open(self, stay: Stay, at: datetime) -> Open:
        plate, score = self.plates.get(stay.stay, (None, 1.0))
        doubted, expected = stay.doubted is not None, stay.leaves_by(at)
        return Open(stay.stay, stay.entered, plate, score, stay.superseded, doubted=doubted, expected=expected)

    def _traces(self, lot: LotId, at: datetime, oldest: datetime) -> Traces:
        since = min(oldest, at - LINGERS)
        unread = [self.stays[name].entered for name in self._by_ticket if self.stays[name].lot == lot]
        seen = [(enters, when) for where, enters, when in self.unseen if where == lot and when >= since]
        return Traces(
            inside=self.taken[lot],
            entries=(*unread, *(when for enters, when in seen if enters)),
            exits=tuple(when for enters, when in seen if not enters),
        )


def _instant(was: Passing) -> datetime:
    return was.at


def run(events: Iterable[Event]) -> Book:
    book = Book()
    for one in events:
        book.hear(one)
    return book
