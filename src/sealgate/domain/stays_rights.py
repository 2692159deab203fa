"""By what right does this car come in? A permit first, then a reservation, then as a visitor; or it is turned away.

The surprising thing: a full sign holds back visitors only. Who has a permit or a reservation has paid for a space, and the
count goes above the capacity rather than leave them outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sealgate.domain.lots import Counts, Lot, Permit, Reservation, SpaceClass, free
from sealgate.domain.stays import Right, RightKind


class Turned(StrEnum):
    """Why a car is not let in."""

    BANNED = "banned"
    FULL = "full"
    NO_PERMIT = "no-permit"


@dataclass(frozen=True, slots=True)
class PermitUse:
    """A permit that this plate is on, and how many cars stand inside by it now."""

    permit: Permit
    inside: int


@dataclass(frozen=True, slots=True)
class Papers:
    """What is known of a plate at an entry. `held` counts spaces of reservations whose cars have not come yet.

    `wanted` is the class of space the car asks for (a disabled badge, a cable). `enrolled`: whoever is enrolled with it may
    enter the lot's zone now. That opens a lot that is closed to visitors; what it costs a permit says.
    """

    banned: bool = False
    permits: Sequence[PermitUse] = ()
    reservations: Sequence[Reservation] = ()
    taken: Counts = field(default_factory=dict)
    held: Counts = field(default_factory=dict)
    wanted: SpaceClass = SpaceClass.VISITORS
    enrolled: bool = False


def right_of(lot: Lot, papers: Papers, at: datetime, tz: ZoneInfo, holidays: frozenset[date] = frozenset()) -> Right | Turned:
    """The first right that holds. A permit outside its hours is none here; what it then costs the tariff says."""
    if papers.banned:
        return Turned.BANNED
    for use in papers.permits:
        if use.permit.covers(lot) and use.inside < use.permit.spaces and use.permit.holds(at, tz, holidays):
            return Right(RightKind.PERMIT, lot.space_of(use.permit.space), permit=use.permit.permit)
    for booked in papers.reservations:
        if booked.lot == lot.lot and booked.holds(at):
            return Right(RightKind.RESERVATION, lot.space_of(booked.space), reservation=booked.reservation)
    return _visitor(lot, papers)


def _visitor(lot: Lot, papers: Papers) -> Right | Turned:
    if not lot.visitors and not papers.enrolled:
        return Turned.NO_PERMIT
    for space in dict.fromkeys((lot.space_of(papers.wanted), lot.space_of(SpaceClass.VISITORS))):
        if free(lot, papers.taken, papers.held, space) != 0:
            return Right(RightKind.VISITOR, space)
    return Turned.FULL
