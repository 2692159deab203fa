"""A visit: one person, one host, one time, a few gates; and every step it can take, as data.

The surprising thing: a visit is not a credential. What opens a gate is the visitor's credential, which carries the gates
and the time of the visit (`access.Facts.gates`); the visit says what may be asked, shown and done meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sealgate.domain.access import Validity
from sealgate.domain.errors import Conflict, Invalid
from sealgate.domain.ids import GateId


class VisitState(StrEnum):
    """Stored by these words. Who is `inside` or `overstayed` is in the building."""

    INVITED = "invited"
    AWAITING = "awaiting-approval"
    EXPECTED = "expected"
    INSIDE = "inside"
    OVERSTAYED = "overstayed"
    LEFT = "left"
    MISSED = "missed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to a visit."""

    REGISTER = "register"
    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"
    ENTER = "enter"
    LEAVE = "leave"
    OVERSTAY = "overstay"
    MISS = "miss"


S = VisitState
STEPS: Mapping[Step, tuple[frozenset[VisitState], VisitState]] = {
    Step.REGISTER: (frozenset({S.INVITED}), S.EXPECTED),
    Step.APPROVE: (frozenset({S.AWAITING}), S.EXPECTED),
    Step.REFUSE: (frozenset({S.AWAITING, S.INVITED}), S.REFUSED),
    Step.CANCEL: (frozenset({S.INVITED, S.AWAITING, S.EXPECTED}), S.CANCELLED),
    Step.ENTER: (frozenset({S.EXPECTED, S.LEFT}), S.INSIDE),
    Step.LEAVE: (frozenset({S.INSIDE, S.OVERSTAYED}), S.LEFT),
    Step.OVERSTAY: (frozenset({S.INSIDE}), S.OVERSTAYED),
    Step.MISS: (frozenset({S.INVITED, S.EXPECTED}), S.MISSED),
}
"""From which states a step may be taken, and where it leads. The store takes it by a conditional UPDATE, so of two who
decide at once one is told that somebody was first."""

IN_THE_BUILDING = frozenset({S.INSIDE, S.OVERSTAYED})
COMING = frozenset({S.INVITED, S.AWAITING, S.EXPECTED})
OVER = frozenset({S.LEFT, S.MISSED, S.REFUSED, S.CANCELLED})

EARLY = timedelta(minutes=30)
"""A pass opens so long before the visit begins."""

GOING = timedelta(minutes=15)
"""From checking out to the last door: so long the pass still opens outwards for who is to be forgotten."""

LONGEST = timedelta(days=31)
FARTHEST = timedelta(days=366)
A_WHILE_AGO = timedelta(hours=12)
"""A visit may be said to have begun earlier on the same day."""


class NotNow(Conflict):
    """The visit is not in the state that this needs: somebody was first, or its time is over."""

    code = "visit.not-now"


class BadTime(Invalid):
    code = "visit.bad-time"


class TimeOver(Invalid):
    """The end has passed, or the beginning lies too far back."""

    code = "visit.time-over"


class TooLong(Invalid):
    code = "visit.too-long"


class TooFar(Invalid):
    code = "visit.too-far"


class NoGate(Invalid):
    """A visit opens at least one gate, and gates of its own site only."""

    code = "visit.no-gate"


class BadWords(Invalid):
    """A reason, company or name that is too long or holds control characters."""

    code = "visit.bad-words"


def step(state: VisitState, taken: Step) -> VisitState:
    """Where it leads. Raises `NotNow`."""
    before, after = STEPS[taken]
    if state not in before:
        raise NotNow(f"a visit that is {state} cannot {taken}")
    return after


def checked_time(since: datetime, until: datetime, now: datetime) -> None:
    """Raises `BadTime`, `TimeOver`, `TooLong`, `TooFar`, each naming the field of the form."""
    if since >= until:
        raise BadTime("the end lies before the beginning", field="until", hint="Choose a later end")
    if until <= now:
        raise TimeOver("the end has passed", field="until")
    if since < now - A_WHILE_AGO:
        raise TimeOver("the beginning lies in the past", field="since")
    if until - since > LONGEST:
        raise TooLong("a visit lasts up to 31 days", field="until", hint="Enrol whoever comes for longer")
    if since > now + FARTHEST:
        raise TooFar("a visit begins within a year", field="since")


def pass_times(since: datetime, until: datetime) -> Validity:
    """When the pass of a visit opens: from half an hour before it begins until it ends."""
    return Validity(since - EARLY, until)


def checked_gates(chosen: Sequence[GateId], here: Sequence[GateId]) -> tuple[GateId, ...]:
    """Each once, in the order of the site. Raises `NoGate` for none, and for one that is not of this site."""
    if not chosen or not set(chosen) <= set(here):
        raise NoGate("choose one gate of this site or more", field="gates")
    return tuple(gate for gate in here if gate in set(chosen))


_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def checked_words(text: str, field: str, longest: int = 300, *, needed: bool = False) -> str:
    """One line with its blanks trimmed. Raises `BadWords`."""
    words = " ".join(text.split())
    if len(words) > longest or _CONTROL.search(words) or (needed and not words):
        raise BadWords(f"{'1' if needed else '0'} to {longest} characters", field=field)
    return words


ALPHABET = "ABCDEFGHJKMNPQRTUVWXYZ2346789"
"""For codes that are read aloud: without 0 and O, 1, I and L, 5 and S."""

CODE_LENGTH = 6


def word_code(text: str) -> str | None:
    """A code as somebody typed it, in its one writing; None for what cannot be one.

    >>> word_code("kt4 m2x"), word_code("123456789")
    ('KT4M2X', None)
    """
    code = re.sub(r"[\s-]", "", text.upper())
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None


@dataclass(frozen=True, slots=True)
class Visit:
    """As far as decisions need it."""

    state: VisitState
    since: datetime
    until: datetime
    gates: tuple[GateId, ...]
    forget: bool = False


class Absent(StrEnum):
    """What a walk-up meets whose host does not answer."""

    RECEPTION = "reception"
    WAIT = "wait"
    REFUSE = "refuse"


class Turn(StrEnum):
    """Who is to answer a walk-up now."""

    HOST = "host"
    RECEPTION = "reception"
    NOBODY = "nobody"


def turn(absent: Absent, *, host_known: bool, asked_at: datetime, wait: timedelta, now: datetime) -> Turn:
    """Whose turn it is. `RECEPTION` asks reception at once, beside the host; `WAIT` leaves the host `wait` and then asks
    reception; `REFUSE` leaves the host `wait` and then says no. A host nobody knows cannot be waited for."""
    over = not host_known or now - asked_at >= wait
    if absent is Absent.RECEPTION or (absent is Absent.WAIT and over):
        return Turn.RECEPTION
    return Turn.NOBODY if over else Turn.HOST


def erase_at(visit: Visit, keep: timedelta, left_at: datetime | None) -> datetime:
    """When nothing of the visit is kept any more: `keep` after its end; for who left and asked for it, when they are gone."""
    if left_at is not None:
        return left_at + (GOING if visit.forget else keep)
    return visit.until + keep
