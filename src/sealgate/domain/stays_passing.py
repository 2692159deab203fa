"""What one car at one gate changes: which stays begin and end, and which ones its coming shows to have been wrong.

Events carry their own instants and come in any order: a gate that was cut off tells an hour later. So an entry is read
against what is known of the time after it, too. The surprising thing: a late event can show that a stay which was closed,
even paid, was two visits; that stay becomes the desk's, for a refund.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sealgate.domain.access import Reason
from sealgate.domain.ids import CallId, GateId, LotId, PassageId, StayId
from sealgate.domain.lots import GateRole, Lane, Lot
from sealgate.domain.stays import Cause, RightKind, Stay, StayState, gone, shown
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import NO_TRACES, Ask, Open, Paired, Traces, pair, pair_ticket
from sealgate.domain.stays_reading import SURE, Reading, folded


@dataclass(frozen=True, slots=True)
class Passing:
    """A pass that was recorded before. `plate` as it was read with `score`; `stay` is what it was taken for, which began at
    `entered`. `read` False: nothing was read then, and `plate` is the stay's."""

    gate: GateId
    lot: LotId
    at: datetime
    enters: bool
    opened: bool
    stay: StayId | None = None
    entered: datetime | None = None
    plate: str = ""
    score: float = 1.0
    reason: Reason | None = None
    passage: PassageId | None = None
    read: bool = True


@dataclass(frozen=True, slots=True)
class Undecided:
    """An exit of this very plate from this lot that still waits at the desk.

    `alone` False: a car that was inside may have been misread as this plate, so it is the desk's to say whose exit it was.
    """

    call: CallId
    at: datetime
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Echo:
    """The same car, read again: nothing changes. What was opened for it may be opened again.

    `sure` False: it was read less surely, or not at all, when it was let through.
    """

    of: Passing
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Entered:
    """A stay begins at the entry's instant.

    `ends` are this car's other stays, whose exits were missed. `outer` is its stay in the lot around this one. `wrong` are
    stays, closed or not, that this entry shows to be two visits. Where the car is known to have gone already: `cause` says
    how, `left` when it was seen, `call` which undecided exit was its own, `superseded` when it was next seen coming.
    `came_before`: it came into this lot and left it earlier that day.
    """

    ends: tuple[StayId, ...] = ()
    outer: StayId | None = None
    wrong: tuple[StayId, ...] = ()
    cause: Cause | None = None
    left: datetime | None = None
    call: CallId | None = None
    superseded: datetime | None = None
    came_before: bool = False


def echo_of(
    lane: Lane,
    readings: Sequence[Reading],
    passes: Sequence[Passing],
    *,
    barrier: timedelta = timedelta(0),
    known: bool = False,
) -> Echo | None:
    """The pass that this one repeats: same gate, within the lot's `echo`, opened, and the same plate but for confusions.

    `readings` are one car's by one camera or two, the surest first. While the bar may still be up (`barrier`) it may also be a
    car that was let in without a plate, by a ticket or a card; unless `known`: this very plate has a right or a stay here.
    """
    at = readings[0].at
    near = [was for was in passes if was.gate == lane.gate and was.opened and abs(was.at - at) <= lane.lot.echo]
    texts = [folded(reading.text) for reading in readings]
    same = [was for was in near if was.plate and folded(was.plate) in texts]
    if same:
        of = min(same, key=lambda was: abs(was.at - at))
        return Echo(of, sure=folded(of.plate) == texts[0])
    unread = [was for was in near if not was.plate and was.stay and not known and abs(was.at - at) <= barrier]
    return Echo(min(unread, key=lambda was: abs(was.at - at)), sure=False) if unread else None


def read_better(lane: Lane, at: datetime, passes: Sequence[Passing]) -> Echo | None:
    """The car that was just let out here, misread then, but paired rightly. `passes` are those of the plate read now."""
    near = [was for was in passes if was.gate == lane.gate and was.opened and was.stay and abs(was.at - at) <= lane.lot.echo]
    return Echo(min(near, key=lambda was: abs(was.at - at))) if near else None


def stands(lane: Lane, at: datetime, plate: str, reason: Reason, passes: Sequence[Passing]) -> Passing | None:
    """The newest pass at this gate, where it says the very same of the same plate: the car has not moved since.

    `passes` newest first. After the lot's `echo` it is told once more, so that whoever looks sees that it still stands there.
    """
    newest = next((was for was in passes if was.gate == lane.gate), None)
    if newest is None or newest.opened or newest.reason is not reason or abs(newest.at - at) > lane.lot.echo:
        return None
    return newest if newest.plate and folded(newest.plate) == folded(plate) else None


def enter(
    lane: Lane,
    at: datetime,
    stays: Sequence[Stay],
    passes: Sequence[Passing] = (),
    undecided: Sequence[Undecided] = (),
    *,
    around: frozenset[LotId] = frozenset(),
    within: frozenset[LotId] = frozenset(),
    unseen_exits: Sequence[datetime] = (),
) -> Entered:
    """`stays` are this plate's live ones in any lot; `around` and `within` are the lots that enclose this one and lie in it.

    `unseen_exits` of this lot: a late entry is not paired with an exit after one of them, for that may have been its own.
    """
    kept = around if lane.role is GateRole.NESTED_IN else frozenset()
    inside = [stay for stay in stays if stay.inside and stay.entered <= at]
    begun = Entered(
        ends=tuple(stay.stay for stay in inside if stay.lot not in kept),
        outer=next((stay.stay for stay in inside if stay.lot in kept and stay.lot == lane.lot.parent), None),
    )
    spanning = _spanning(lane.lot, at, stays)
    if spanning:
        return Entered(begun.ends, begun.outer, tuple(stay.stay for stay in spanning), Cause.TWO_VISITS, spanning[0].left)
    after = [was for was in passes if was.opened and was.at > at and was.lot not in within]
    later = [stay for stay in stays if stay.entered > at and stay.lot not in within]
    sure = min((exit_ for exit_ in unseen_exits if exit_ > at), default=None)
    mine = [exit_ for exit_ in undecided if exit_.at > at]
    return _ended(begun, lane.lot, after, later, mine, sure)


def _spanning(lot: Lot, at: datetime, stays: Sequence[Stay]) -> list[Stay]:
    """Stays that began before and ended after this instant, at which the car passed: so it was not there all the time."""
    return [stay for stay in stays if stay.lot == lot.lot and stay.left is not None and stay.entered < at < stay.left]


def _ended(
    begun: Entered,
    lot: Lot,
    after: Sequence[Passing],
    later: Sequence[Stay],
    undecided: Sequence[Undecided],
    sure: datetime | None,
) -> Entered:
    """What came after, told by the earliest of it. From `sure` on, an exit may be that of a later visit."""
    next_pass = min(after, key=lambda was: was.at, default=None)
    next_stay = min((stay.entered for stay in later), default=None)
    next_exit = min(undecided, key=lambda exit_: exit_.at, default=None)
    first = min((at for at in (next_pass and next_pass.at, next_stay, next_exit and next_exit.at) if at), default=None)
    if first is None:
        return begun
    if next_exit is not None and next_exit.at == first:
        alone = next_exit.alone and not any(lot.echo < exit_.at - first for exit_ in undecided)
        if alone and (sure is None or sure >= first):
            return _with(begun, cause=Cause.LEFT, left=first, call=next_exit.call)
        return _with(begun, cause=Cause.EXIT_MISSED, superseded=first)
    if next_pass is None or next_pass.at != first or next_pass.enters:
        return _with(begun, cause=Cause.EXIT_MISSED, superseded=first, wrong=_came_twice(lot, next_pass, first))
    return _exit_was_decided(begun, lot, next_pass, first)


def _came_twice(lot: Lot, seen: Passing | None, at: datetime) -> tuple[StayId, ...]:
    """The stay that began while this car was inside: where its plate was not read surely, it was perhaps another car's."""
    if seen is None or seen.at != at or seen.stay is None or seen.lot != lot.lot or seen.score >= SURE:
        return ()
    return (seen.stay,)


def _exit_was_decided(begun: Entered, lot: Lot, seen: Passing, at: datetime) -> Entered:
    if seen.stay is None and seen.lot == lot.lot:  # the desk let it go: it knew what it did
        return _with(begun, cause=Cause.BY_HAND, left=at)
    if seen.stay is None or seen.lot != lot.lot:
        return _with(begun, cause=Cause.EXIT_MISSED, superseded=at)
    return Entered(begun.ends, begun.outer, wrong=(seen.stay,), cause=Cause.TWO_VISITS, left=at)


def _with(
    begun: Entered,
    cause: Cause,
    left: datetime | None = None,
    call: CallId | None = None,
    superseded: datetime | None = None,
    wrong: tuple[StayId, ...] = (),
) -> Entered:
    return Entered(begun.ends, begun.outer, wrong, cause, left, call, superseded)


@dataclass(frozen=True, slots=True)
class Unclear:
    """An exit for the attendant. `wrong` are stays that it shows to be two visits."""

    ask: Ask
    wrong: tuple[StayId, ...] = ()


def leave(
    lane: Lane,
    at: datetime,
    readings: Sequence[Reading],
    stays: Sequence[Open],
    passes: Sequence[Passing] = (),
    *,
    left: Sequence[Stay] = (),
    ticket: Open | None = None,
    traces: Traces = NO_TRACES,
) -> Paired | Unclear:
    """Which stay ends here. `passes` are of the first reading's very plate, that day and after; `left` its live stays that
    ended already, owing."""
    lot = lane.lot
    shows = tuple(stay.stay for stay in _spanning(lot, at, left))
    shows = shows or _shown_wrong(lot, at, stays, passes, readings) or _taken_before(lot, at, stays, passes, readings)
    if shows:
        return Unclear(Ask(CallReason.TWO_VISITS), shows)
    if ticket is not None:
        found = pair_ticket(ticket, at, readings, stays, lot.longest)
    else:
        found = pair(
            readings,
            stays,
            min_certainty=lot.min_certainty,
            longest=lot.longest,
            traces=traces,
            passed_before=any(was.opened and was.at <= at for was in passes),
        )
    return Unclear(found) if isinstance(found, Ask) else found


def _shown_wrong(
    lot: Lot, at: datetime, stays: Sequence[Open], passes: Sequence[Passing], readings: Sequence[Reading]
) -> tuple[StayId, ...]:
    """The stay that was paired with a later exit of this plate although the car left now: it came back in between."""
    if any(stay.holds(at) and stay.plate == reading.text for stay in stays for reading in readings):
        return ()
    after = [was for was in passes if was.opened and was.lot == lot.lot and was.at > at]
    seen = min(after, key=lambda was: was.at, default=None)
    if seen is None or seen.enters or seen.stay is None or seen.entered is None or seen.entered >= at:
        return ()
    return (seen.stay,)


def _taken_before(
    lot: Lot, at: datetime, stays: Sequence[Open], passes: Sequence[Passing], readings: Sequence[Reading]
) -> tuple[StayId, ...]:
    """The stay of this very plate that ended with a misreading: here its car comes itself, so that was another."""
    texts = {reading.text for reading in readings}
    if any(stay.holds(at) and stay.plate in texts for stay in stays):
        return ()
    before = [was for was in passes if was.opened and was.lot == lot.lot and was.at <= at]
    last = max(before, key=lambda was: was.at, default=None)
    if last is None or last.enters or last.stay is None:
        return ()
    read = {was.plate for was in passes if was.stay == last.stay and was.lot == lot.lot and not was.enters and was.read}
    return () if not read or read & texts else (last.stay,)


class OpenedBy(StrEnum):
    """By what rule a lane's bar went up. The three rights are those of `RightKind`.

    `free`: nothing was due; `paid`: what was due had come; `later`: it goes and is billed later; `doubt`: nobody could tell
    whose stay it was, and the lot's rule for that is to open.
    """

    VISITOR = "visitor"
    PERMIT = "permit"
    RESERVATION = "reservation"
    FREE = "free"
    PAID = "paid"
    LATER = "later"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Going:
    """What becomes of a stay at the exit: the stay as it is now, whether the gate opens, and a call where one is due."""

    stay: Stay
    opens: bool
    call: CallReason | None = None


def goes_by(stay: Stay, going: Going, received: int) -> OpenedBy:
    """By what rule the stay's car goes; `received` is what came for it, in minor units."""
    if going.stay.state is StayState.WAITING:
        return OpenedBy.LATER
    if received > 0 or stay.state is StayState.PAID:
        return OpenedBy.PAID
    return OpenedBy.FREE if stay.right.kind is RightKind.VISITOR else OpenedBy(stay.right.kind.value)


def go(stay: Stay, at: datetime, due: int, *, passed: bool = False, tailgating: bool = False, trusts: bool = False) -> Going:
    """Let it out, or show what is due (minor units, after what was paid).

    `passed`: it is told late, the car has gone. `tailgating`: the barrier is still up for the car before, so this one may
    slip out: it is left waiting, and an attendant looks. `trusts`: nobody can take its money now, and the lot rather bills
    later than holds it.
    """
    if not stay.bills or due <= 0 or stay.leaves_by(at):
        return Going(gone(stay, at, owing=False), opens=not passed)
    if passed or not stay.inside:
        return Going(gone(stay, at, owing=True), opens=False, call=CallReason.LEFT_OWING)
    if stay.state is StayState.DISPUTED:  # the desk has it in hand
        return Going(stay, opens=False, call=CallReason.WRONG_SUM)
    if trusts:
        return Going(gone(stay, at, owing=True), opens=True, call=CallReason.LEFT_OWING)
    return Going(shown(stay), opens=False, call=CallReason.TAILGATING if tailgating else None)


def too_late(at: datetime, now: datetime, patience: timedelta) -> bool:
    """Whether the car of an event is gone by now, so that nothing is opened for it. Also for an event from the future."""
    return abs(now - at) > patience
