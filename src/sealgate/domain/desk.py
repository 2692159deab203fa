"""The desk far away: which call is looked at first, and what an attendant can do with one.

The surprising thing: a call is no urgent one because it is old. A car that stands at a barrier holds up all behind it, so
it comes before every case whose car is gone, however long that has waited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sealgate.domain.ids import CallId, GateId
from sealgate.domain.stays_calls import CallReason

LEFT_ALONE = timedelta(minutes=10)
"""A call that its attendant has held for so long without deciding it may be taken over by another."""

GONE = frozenset({CallReason.EXIT_MISSED, CallReason.LEFT_OWING, CallReason.TAILGATING})
"""What is asked about cars that are not there any more."""


class Act(StrEnum):
    """What an attendant decides. Stored as the call's outcome where it ends the call, counted and translated by these words."""

    SAME_CAR = "same-car"
    ANOTHER_CAR = "another-car"
    PLATE = "plate"
    SEND_BILL = "send-bill"
    OPEN = "open"
    CHARGE_LATER = "charge-later"
    WAIVE = "waive"
    REDUCE = "reduce"
    LOST_TICKET = "lost-ticket"
    DESCRIBE = "describe"
    POINTS = "points"
    NOT_OPEN = "not-open"
    BLOCK = "block"
    MAINTENANCE = "maintenance"


FORCED = frozenset({Act.OPEN, Act.CHARGE_LATER, Act.WAIVE})
"""Those that open by hand."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call as far as its place in the queue depends on it. `gate` is None where no lane is held up."""

    call: CallId
    reason: CallReason
    at: datetime
    gate: GateId | None

    @property
    def blocks(self) -> bool:
        """Whether a car stands in a lane and waits for the answer."""
        return self.gate is not None and self.reason not in GONE


def in_order(calls: Iterable[Waiting]) -> list[Waiting]:
    """Those that hold up a lane first, of them the lane with most calls, then the oldest."""
    waiting = list(calls)
    crowd = Counter(call.gate for call in waiting if call.blocks)
    return sorted(
        waiting, key=lambda call: (not call.blocks, -crowd[call.gate] if call.blocks else 0, call.at, call.call.bytes)
    )
