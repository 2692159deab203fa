"""Who is leaving? The stay that an exit belongs to, with a certainty; or a case for the attendant.

Every answer is weighed against the others: each open stay that the readings could be of, and a car that has no stay here
because its entry was missed. The surprising thing: where both readings are very sure, a plate that is *not* inside is no
misreading of one that is nearly the same, so it goes to the desk, while an unsure one pairs.

Weights alone are not enough where both passes of a car may be wrong: what is unlikely happens in a fleet of neighbours. So
where a single view leaves another car that it could be, it bills only if it is right to the letter and sure, both times.

Two visits are not made one: a car that may have left unseen and come back unseen is not paired, where that is likely enough
to be thought of. What nobody can know: a car whose entry was lost, and that is read as precisely the plate of one inside; a
car whose exit was lost and its next entry too, among very many; and what left no trace (no reading, no ticket, no count of the
loop, no opening by hand), or whose traces are told only after it has gone. Lanes leave one, at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import prod

from sealgate.domain.ids import StayId
from sealgate.domain.plates import PlateText
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_reading import SURE, Reading, likelihood, twice_misread

STRANGER = 7.5e-5
"""Beside an open stay of weight 1: a car without a stay here whose plate is precisely the one that was read. One exit in
fifty has no entry, and of the plates around there are hundreds that could be taken for one of those inside."""

NEIGHBOUR = 5e-3
"""The same for one car that came in unread, divided by all that are inside: the chance that it is next to this one by plate,
as fleets are. Where few cars stand such a one is never far from the mind; among thousands it hardly weighs."""

LINGERS = timedelta(days=1)
"""So long a car that came in unread is thought to stand there still."""

LITTLE = 0.01

BEYOND_DOUBT = 200.0
"""So many times likelier than what traces of unread cars allow an answer has to be, where nobody looks at it: that a plate
was misread, than that it is an unread car's; that a car stood there all the time, than that it left unseen and came back
unread. More of it would call the desk for a thousand cars to spare one a wrong bill (docs/adr/0008-pairing.md)."""

ON_ITS_WAY = 20.0
"""Whoever has just paid leaves within minutes, others within hours: so much likelier is it the one that leaves now."""

PASSED_BEFORE = 0.05
"""The same where precisely this plate was seen passing that day: it exists, so a sure reading of it is hardly a misreading."""


@dataclass(frozen=True, slots=True)
class Open:
    """A stay that the exit could belong to. `plate` as read at the entry with `score`; None was let in by a ticket.

    `until` is the same car's next entry, where there was one: only exits before it are of this stay.
    """

    stay: StayId
    entered: datetime
    plate: PlateText | None
    score: float = 1.0
    until: datetime | None = None
    nested: bool = False
    """The car is still in a lot within this one, as far as we know."""
    doubted: bool = False
    """An exit that nobody could tell went through since, and may have been this car's."""
    expected: bool = False
    """It is paid for, and its time to leave runs."""

    def holds(self, at: datetime) -> bool:
        return self.entered <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Traces:
    """What the lot knows of cars that nobody could name. `inside` counts all cars there, the leaving one too."""

    inside: int = 1
    entries: tuple[datetime, ...] = ()
    exits: tuple[datetime, ...] = ()


NO_TRACES = Traces()


class How(StrEnum):
    EXACT = "exact"
    MISREAD = "misread"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Likely:
    stay: StayId
    certainty: float


@dataclass(frozen=True, slots=True)
class Paired:
    """`certainty` 0..1."""

    stay: StayId
    certainty: float
    how: How


@dataclass(frozen=True, slots=True)
class Ask:
    """Nobody is billed. `candidates`, best first, are what the attendant is shown."""

    reason: CallReason
    candidates: tuple[Likely, ...] = ()

    @property
    def doubts(self) -> tuple[StayId, ...]:
        """Where the car goes through before anybody has looked: the stays that may have ended with it."""
        return tuple(one.stay for one in self.candidates if one.certainty >= LITTLE)

    def of_unread(self, readings: Sequence[Reading]) -> bool:
        """Whether it surely was a car that had come in unread: it was read surely, and nothing like it is here."""
        return self.reason is CallReason.NO_ENTRY and any(reading.score >= SURE for reading in readings)


def pair(
    readings: Sequence[Reading],
    stays: Sequence[Open],
    *,
    min_certainty: float,
    longest: timedelta,
    traces: Traces = NO_TRACES,
    passed_before: bool = False,
) -> Paired | Ask:
    """Weigh one car's readings, by one camera or two, against the stays found for them. `readings` are of one moment."""
    if not readings:
        return Ask(CallReason.NO_PLATE)
    at = readings[0].at
    weights = {stay: weight for stay in stays if stay.holds(at) and (weight := _weight(readings, stay)) > 0}
    if not weights:
        return Ask(CallReason.NO_ENTRY)
    unread = _unread(readings, stays, traces, at)
    total = sum(weights.values()) + unread + _stranger(readings, stays, at, passed_before=passed_before)
    ranked = sorted(weights, key=lambda stay: (-weights[stay], stay.stay.bytes))
    best = ranked[0]
    exact = _is(best, readings)
    stayed = _stayed(best, traces, at)
    certainty = weights[best] / total * stayed
    likely = tuple(Likely(stay.stay, round(weights[stay] / total, 4)) for stay in ranked[:5])
    doubt = _doubt(best, ranked[1:], traces, at, longest) or _contested(best, readings, stays)
    if stayed < 1 - 1 / BEYOND_DOUBT or (not exact and weights[best] < BEYOND_DOUBT * unread):
        doubt = doubt or CallReason.UNSURE
    doubt = doubt or _unsure(certainty, len(ranked), min_certainty)
    if doubt is not None:
        return Ask(doubt, likely)
    return Paired(best.stay, certainty, How.EXACT if exact else How.MISREAD)


def pair_ticket(
    ticket: Open, at: datetime, readings: Sequence[Reading], stays: Sequence[Open], longest: timedelta
) -> Paired | Ask:
    """A ticket names its stay, unless the camera saw another car than the one that drew it, or one that is inside anyway."""
    same = not readings or ticket.plate is None or _weight(readings, ticket) > 0
    others = [stay for stay in stays if stay.stay != ticket.stay and stay.holds(at) and _is(stay, readings)]
    if not same or (others and ticket.plate is None):
        return Ask(CallReason.OTHER_CAR, tuple(Likely(stay.stay, 0.5) for stay in (ticket, *others[:4])))
    doubt = CallReason.STILL_NESTED if ticket.nested else None
    if at - ticket.entered > longest:
        doubt = CallReason.TOO_LONG
    return Ask(doubt, (Likely(ticket.stay, 1.0),)) if doubt else Paired(ticket.stay, 1.0, How.TICKET)


def _weight(readings: Sequence[Reading], stay: Open) -> float:
    if stay.plate is None:
        return 0.0
    plate = stay.plate
    return (ON_ITS_WAY if stay.expected else 1) * prod(likelihood(reading, plate, stay.score) for reading in readings)


def _is(stay: Open, readings: Sequence[Reading]) -> bool:
    return any(reading.text == stay.plate for reading in readings)


def _stranger(readings: Sequence[Reading], stays: Sequence[Open], at: datetime, *, passed_before: bool) -> float:
    """The weight of a car of which there is no trace that it came in."""
    return (STRANGER + (PASSED_BEFORE if passed_before else 0)) * _of_nobody(readings, stays, at)


def _unread(readings: Sequence[Reading], stays: Sequence[Open], traces: Traces, at: datetime) -> float:
    """The weight of the cars that came in unread, and may stand there still."""
    unread = sum(at - LINGERS < entry <= at for entry in traces.entries)
    return NEIGHBOUR * unread / max(traces.inside, 1) * _of_nobody(readings, stays, at)


def _of_nobody(readings: Sequence[Reading], stays: Sequence[Open], at: datetime) -> float:
    """How likely the readings are of some plate that was read and that no open stay has."""
    inside = {stay.plate for stay in stays if stay.holds(at)}
    texts = {reading.text for reading in readings} - inside
    return sum(prod(likelihood(reading, text) for reading in readings) for text in texts)


def _stayed(stay: Open, traces: Traces, at: datetime) -> float:
    """The chance that the car was here all the time: not one of those that left unseen and came back.

    It came back as one of those that came in unread since; one that came back misread is found as a rival.
    """
    left = [exit_ for exit_ in traces.exits if stay.entered < exit_ < at]
    if not left:
        return 1.0
    inside = max(traces.inside, len(left) + 1)
    back = sum(min(left) < entry <= at for entry in traces.entries)
    return max(1 - min(back / inside, 1.0) * len(left) / inside, 0.0)


def _doubt(best: Open, rivals: Sequence[Open], traces: Traces, at: datetime, longest: timedelta) -> CallReason | None:
    left = [exit_ for exit_ in traces.exits if best.entered < exit_ < at]
    back = [rival for rival in rivals if rival.score < SURE]
    if best.doubted or (left and any(rival.entered > min(left) for rival in back)):
        return CallReason.TWO_VISITS  # it may have left unseen, and come back, perhaps as the rival
    if at - best.entered > longest:
        return CallReason.TOO_LONG
    return CallReason.STILL_NESTED if best.nested else None


def _contested(best: Open, readings: Sequence[Reading], stays: Sequence[Open]) -> CallReason | None:
    """Whether a single view could be of another car that may be inside, and is not sure to the letter, both times.

    One that the desk has not settled yet, since its plate came in a second time, counts too: perhaps one of the two
    was misread, and both cars are here.
    """
    seen = readings[0]
    if len(readings) > 1 or (seen.text == best.plate and min(seen.score, best.score) >= SURE):
        return None
    rivals = [stay for stay in stays if stay is not best and stay.entered <= seen.at and _may_be(seen, stay)]
    if not rivals:
        return None
    return CallReason.AMBIGUOUS if any(rival.holds(seen.at) for rival in rivals) else CallReason.TWO_VISITS


def _may_be(seen: Reading, stay: Open) -> bool:
    """One error away; or two, where both of its passes may be misread."""
    if stay.plate is None:
        return False
    if likelihood(seen, stay.plate, stay.score) > 0:
        return True
    return max(seen.score, stay.score) < SURE and twice_misread(seen.text, stay.plate)


def _unsure(certainty: float, candidates: int, limit: float) -> CallReason | None:
    if certainty >= limit:
        return None
    return CallReason.AMBIGUOUS if candidates > 1 else CallReason.UNSURE
