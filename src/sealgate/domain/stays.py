"""A stay: one car in one lot, from the time it was seen coming until it was seen leaving. Its states, and the ways between.

The surprising thing: a stay can end without a departure. When the same car comes in again, its first stay is over at a time
that nobody knows; it is `disputed` and waits for an attendant, because nobody is billed for time that was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sealgate.domain.errors import Conflict
from sealgate.domain.ids import LotId, PermitId, ReservationId, StayId
from sealgate.domain.lots import SpaceClass, Stretch, Validation


class StayOver(Conflict):
    """What was asked needs a stay in another state: somebody was first, or it has ended."""

    code = "stay.over"


class StayState(StrEnum):
    """`open` is in the lot; `waiting` has been shown a sum; `paid` may leave; `disputed` is the desk's; `closed` is history."""

    OPEN = "open"
    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"
    DISPUTED = "disputed"


LIVE = frozenset(StayState) - {StayState.CLOSED}
"""The states in which a stay still has its tokens."""


class Cause(StrEnum):
    """How a stay ended. All but `left` and `by-hand` are for the desk to judge before anybody is billed."""

    LEFT = "left"
    EXIT_MISSED = "exit-missed"
    TWO_VISITS = "two-visits"
    BY_HAND = "by-hand"


class RightKind(StrEnum):
    """By what right a car stands there."""

    VISITOR = "visitor"
    PERMIT = "permit"
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Right:
    """`space` is the class whose spaces are counted for it; `permit` and `reservation` say which one it was."""

    kind: RightKind
    space: SpaceClass
    permit: PermitId | None = None
    reservation: ReservationId | None = None


VISITOR = Right(RightKind.VISITOR, SpaceClass.VISITORS)


@dataclass(frozen=True, slots=True)
class Stay:
    """`left` is when the car was seen leaving; `cause` is set once it is known to be gone, also where nobody saw when.

    `superseded` is the same car's next entry: what it did after that belongs to the next stay. `outer` is its stay in the lot
    around this one, and `away` the times it spent in lots within this one: those are theirs. `paid_until` ends the grace after
    a payment. `doubted` is when an exit that may have been its own went through undecided. `ticket_lost` is when the desk
    noted it: from then on the tariff's price for that holds. `vehicle` is the tariff's word for its class, `area` for the
    part of the garage; `came_before`: the same car came and left earlier that local day. `bills` says whether its lot asks for
    money at all.
    """

    stay: StayId
    lot: LotId
    entered: datetime
    state: StayState = StayState.OPEN
    right: Right = VISITOR
    vehicle: str = "car"
    area: str = ""
    came_before: bool = False
    bills: bool = True
    left: datetime | None = None
    cause: Cause | None = None
    superseded: datetime | None = None
    outer: StayId | None = None
    paid_until: datetime | None = None
    tailgated: bool = False
    doubted: datetime | None = None
    ticket_lost: datetime | None = None
    away: tuple[Stretch, ...] = ()
    validations: tuple[Validation, ...] = field(default=())

    @property
    def inside(self) -> bool:
        """Whether it takes up a space, as far as we know."""
        return self.cause is None

    def leaves_by(self, at: datetime) -> bool:
        """Whether it is paid for, and its time to leave runs."""
        return self.state is StayState.PAID and self.paid_until is not None and at <= self.paid_until

    def stretches(self, until: datetime) -> tuple[Stretch, ...]:
        """The times for which this lot may bill: from the entry until it left, or `until`, less what it was away."""
        end = min(until, self.left or until)
        parts, since = [], self.entered
        for gone in sorted(self.away):
            if since < min(gone.since, end):
                parts.append(Stretch(since, min(gone.since, end)))
            since = max(since, gone.until)
        return (*parts, Stretch(since, end)) if since < end else tuple(parts)


def shown(stay: Stay) -> Stay:
    """It stands at the exit and has been shown a sum."""
    _need(stay, stay.inside and stay.state in {StayState.OPEN, StayState.PAID, StayState.WAITING})
    return replace(stay, state=StayState.WAITING)


def paid(stay: Stay, until: datetime) -> Stay:
    """What was due is paid; the car may leave without more until `until`. One that left owing is done with."""
    _need(stay, stay.state in {StayState.OPEN, StayState.PAID, StayState.WAITING})
    if stay.cause is Cause.LEFT:
        return replace(stay, state=StayState.CLOSED, paid_until=until)
    return replace(stay, state=StayState.PAID, paid_until=until)


def gone(stay: Stay, at: datetime, *, owing: bool) -> Stay:
    """It was seen leaving. `owing`: it left before what is due was paid, and is billed later."""
    _need(stay, stay.state is not StayState.CLOSED and stay.left is None and at >= stay.entered)
    return replace(stay, state=StayState.WAITING if owing else StayState.CLOSED, left=at, cause=Cause.LEFT)


def lost(stay: Stay, cause: Cause, *, superseded: datetime | None = None) -> Stay:
    """It is gone, and nobody saw when. Where money is asked for it is the desk's now; elsewhere it is just over."""
    _need(stay, stay.state is not StayState.CLOSED and cause is not Cause.LEFT)
    state = StayState.DISPUTED if stay.bills else StayState.CLOSED
    return replace(stay, state=state, cause=cause, superseded=superseded or stay.superseded)


def disputed(stay: Stay, cause: Cause | None = None) -> Stay:
    """An attendant is to look at it, whatever it was; also one that is closed, when a late event showed it to be wrong."""
    return replace(stay, state=StayState.DISPUTED, cause=cause or stay.cause)


def settled(stay: Stay) -> Stay:
    """The desk is done with it: closed, and the car not inside any more. When it left stays as it was seen, or unknown."""
    _need(stay, stay.state is not StayState.CLOSED)
    return replace(stay, state=StayState.CLOSED, cause=stay.cause or Cause.BY_HAND)


def _need(stay: Stay, holds: bool) -> None:  # noqa: FBT001 - the condition is the sentence
    if not holds:
        raise StayOver(f"the stay is {stay.state.value}")
