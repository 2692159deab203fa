"""Asked to turn the head: which way, in which order, how long one may take. A picture cannot, and a film does not know what
will be asked.

The order is drawn by the caller's dice; nothing here knows a clock or a camera. Left and right are those of the person who
is asked, as they see themselves in a mirror. Between two turns they look ahead again, so each turn is one of its own. The
chin is not asked for: five landmarks tell a nod from their own jitter in one face of two only (docs/models.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Turn(StrEnum):
    """What is asked. Shown, spoken and drawn by these words."""

    LEFT = "left"
    RIGHT = "right"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where the nose lies between eyes and mouth, in heights of the face: `aside` grows to the person's left (the picture's
    right). About 0 for a face that looks ahead, but everybody's a little different."""

    aside: float


TURNS = 4
"""Left or right each time: a film made beforehand is right once in 16 times."""

STEP_TIME = timedelta(seconds=8)
"""For each turn. Slow people need it; whoever has to find the right film needs more."""

GAP = timedelta(seconds=2)
"""Whoever was not seen for so long may be somebody else."""

ASIDE = 0.10
"""How far the nose has to move, in heights of the face: about 15 degrees. Landmarks jitter by 0.02."""

HOME = 0.5
"""Within this part of a turn somebody looks ahead again."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """`ahead` is the pose it began with. `turns` are those still to come, the first of them asked now; with `returning` they
    are asked to look ahead first. None are left when it is over."""

    ahead: HeadPose
    turns: tuple[Turn, ...]
    asked_at: datetime
    seen_at: datetime
    returning: bool = False

    @property
    def asks(self) -> Turn | None:
        return Turn.AHEAD if self.returning else self.turns[0] if self.turns else None


class Failed(StrEnum):
    """Why it was not done."""

    LATE = "late"
    LOST = "lost"
    OTHER_WAY = "other-way"


def draw(choose: Callable[[Sequence[Turn]], Turn], count: int = TURNS) -> tuple[Turn, ...]:
    """Turns in an order nobody knows before; `choose` picks one of several (secrets.choice)."""
    return tuple(choose((Turn.LEFT, Turn.RIGHT)) for _ in range(count))


def begin(pose: HeadPose, turns: tuple[Turn, ...], now: datetime) -> Challenge:
    return Challenge(pose, turns, asked_at=now, seen_at=now)


def see(challenge: Challenge, pose: HeadPose, now: datetime) -> Challenge | Failed:
    """The challenge after one more look. It is done when it `asks` nothing any more."""
    if abs(now - challenge.seen_at) > GAP:
        return Failed.LOST
    if abs(now - challenge.asked_at) > STEP_TIME:
        return Failed.LATE
    seen, asked = facing(challenge.ahead, pose), challenge.asks
    following = replace(challenge, seen_at=now)
    if asked is Turn.AHEAD:
        return replace(following, returning=False, asked_at=now) if seen is Turn.AHEAD else following
    if seen is asked:
        return replace(following, turns=challenge.turns[1:], returning=True, asked_at=now)
    return Failed.OTHER_WAY if seen is not None and seen is not Turn.AHEAD else following


def facing(ahead: HeadPose, pose: HeadPose) -> Turn | None:
    """Which way, against the pose it began with; None where it is between two."""
    aside = (pose.aside - ahead.aside) / ASIDE
    if abs(aside) <= HOME:
        return Turn.AHEAD
    if abs(aside) < 1.0:
        return None
    return Turn.LEFT if aside > 0 else Turn.RIGHT
