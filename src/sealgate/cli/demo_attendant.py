"""An attendant of the demo's garage, who answers what the made-up cars ask.

In the week behind the demo every call is answered. While it runs the calls are for whoever looks at the desk: a colleague takes
the oldest only where more wait than anybody would look through, so that a clock that runs a hundred times faster piles none up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from sealgate.cli.demo_garage import MINUTE, GarageTraffic
from sealgate.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from sealgate.app import Program
    from sealgate.domain.ids import CallId
    from sealgate.flows.assist import QueueLine
    from sealgate.flows.garage_demo import Garage
    from sealgate.flows.kit import House

log = logging.getLogger("sealgate.demo")

OPENED = ("a lorry waits behind it", "the driver showed the receipt", "the reader was dirty", "an ambulance")
LET_OFF = ("found no space for long", "the lift was out of order", "the machine did not take the coupon")

MOST_WAITING = 8
ROUND = 60
"""Minutes between two walks through the garage."""

TOO_LONG = timedelta(hours=6)
"""A car that is still inside then went unseen: counted on the ground, it is not there."""


class Attendant:
    def __init__(self, house: House, garage: Garage, traffic: GarageTraffic, dice: Random) -> None:
        from sealgate.flows.campus import system

        self._house, self._garage, self._traffic, self._dice = house, garage, traffic, dice
        self._signed = system(house, garage.tenant)

    def works(self) -> Iterator[timedelta]:
        """The desk is yours. A colleague takes what is too much for one, and walks through every hour."""
        for minutes in count(1):
            yield MINUTE
            self.relieve()
            if minutes % ROUND == 0:
                self.count()

    def waiting(self) -> Sequence[QueueLine]:
        """Those that nobody has, the oldest first."""
        from sealgate.flows import assist

        lines = assist.queue(self._house, self._signed).lines
        return sorted((line for line in lines if not line.taken), key=lambda line: line.at)

    def relieve(self) -> None:
        """Take the oldest calls that are more than the desk can look through."""
        for line in self.waiting()[:-MOST_WAITING]:
            self.answer(line)

    def answer(self, line: QueueLine) -> None:
        from sealgate.flows import assist

        try:
            assist.take(self._house, self._signed, line.call)
            self._decide(line)
        except (Refused, Fault) as trouble:  # the car is gone, nobody knows it, or somebody at the desk was first
            log.info("a made-up call ends as it is: %s", trouble.code)
            try:
                self._act(line.call, "not-open")
            except (Refused, Fault) as again:
                log.info("it has ended: %s", again.code)

    def count(self) -> None:
        """Somebody walked through: cars that went unseen behind another are taken off."""
        from sealgate.flows import stay_record
        from sealgate.store import parking

        now = self._house.clock.now()
        with self._house.store.read(self._garage.tenant) as db:
            inside = [row.stay for row in parking.live_stays(db, self._garage.lot) if row.stay.inside]
        for stay in inside:
            if now - stay.entered > TOO_LONG:
                why = "counted on the ground: not there"
                stay_record.end_by_hand(self._house, self._signed, self._garage.site, stay.stay, why)

    def _decide(self, line: QueueLine) -> None:
        """A sum is let off; a plate is typed, and its driver pays or is let off; now and then nobody knows, and it opens."""
        from sealgate.domain.stays_calls import CallReason

        stands = self._traffic.at_desk.pop(line.call, None) or self._traffic.stands
        if line.reason is CallReason.WRONG_SUM:
            self._act(line.call, "waive", why=self._dice.choice(LET_OFF))
        elif not line.blocks:
            self._act(line.call, "not-open")
        elif stands is None or self._dice.random() < 0.3:
            self._act(line.call, "open", why=self._dice.choice(OPENED))
        else:
            self._act(line.call, "plate", plate=stands.plate)
            self._act(line.call, "send-bill")
            self._traffic.settle(stands)

    def _act(self, call: CallId, act: str, **given: str) -> None:
        from sealgate.domain.desk import Act
        from sealgate.flows import assist_acts
        from sealgate.flows.assist_acts import Decision
        from sealgate.flows.pricing import prices

        decision = Decision(Act(act), **given)  # type: ignore[arg-type]  # its texts
        assist_acts.decide(self._house, self._signed, call, decision, prices(self._house, self._garage.tenant))


@contextmanager
def garage_traffic(program: Program, garage: Garage) -> Iterator[GarageTraffic]:
    """Cars come and go, and somebody helps at the desk, until the block is left."""
    moving = GarageTraffic(program.house, garage)
    begins = program.house.clock.now().timestamp()
    moving.drive(Attendant(program.house, garage, moving, Random(begins)).works())  # noqa: S311 - no secret
    moving.start()
    try:
        yield moving
    finally:
        moving.stop()
