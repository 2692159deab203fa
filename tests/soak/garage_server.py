"""Run by the soak test: the garage's own program, which is killed again and again.

Everything outside of it lives in the test: the clock, the provider and the bar of each lane. The surprising thing: while it
works on a command it asks back over the same connection, so the test can kill it between an order and its answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from sealgate.app import running
from sealgate.domain.billing import Payment, Refund, Told
from sealgate.domain.errors import Refused
from sealgate.domain.ids import CallId, GateId, StayId
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import StatementLine
from sealgate.domain.sightings import PlateSighting
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import assist, assist_acts, campus, parking, paying
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival, Drawn
from sealgate.payments.simulated import statements
from sealgate.ports import LatchAnswer, NoticeAnswer, Order, Started, VerifiedNotice
from sealgate.settings import load


class ToldClock:
    """The instant that came with the command."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Outside:
    """Whatever is not in this process: a question, and its answer or what it raised."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def ask(self, what: str, *words: Any) -> Any:
        self._line.send(("ask", what, words))
        kind, answer = self._line.recv()
        if kind == "raised":
            raise answer
        return answer


class FarLatch:
    """A bar that goes up in the world outside, whatever becomes of us then."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer:
        self._outside.ask("bar", gate)
        return LatchAnswer.ACCEPTED


class FarProvider:
    """The provider, which outlives us. A `PaymentProvider`."""

    name = "simulated"
    merchant = "simulated"
    day_zone: tzinfo = UTC
    own_browser: None = None
    agreements: None = None

    def __init__(self, outside: Outside) -> None:
        self._ask = outside.ask

    def start(self, order: Order) -> Started:
        started: Started = self._ask("start", order)
        return started

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> VerifiedNotice:
        notice: VerifiedNotice = self._ask("read_notice", headers, body)
        return notice

    def acknowledge(self, *, ok: bool) -> NoticeAnswer:
        return NoticeAnswer(204 if ok else 500, "text/plain", b"")

    def ask(self, payment: Payment) -> Told:
        told: Told = self._ask("ask", payment)
        return told

    def close(self, payment: Payment) -> Told:
        told: Told = self._ask("close", payment)
        return told

    def refund(self, payment: Payment, reference: str, money: Money) -> Refund:
        refund: Refund = self._ask("refund", payment, reference, money)
        return refund

    def statement(self, day: date) -> Iterator[StatementLine]:
        lines: list[StatementLine] = self._ask("statement", day)
        return iter(lines)

    def read_statement(self, file: bytes) -> Iterator[StatementLine]:
        return iter(statements.read(file))


class Garage:
    """What may be commanded: each method by its name."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tenant = house.store.tenants()[0].tenant
        self._price = paying.prices(house, self._tenant)
        self._dora = campus.system(house, self._tenant)

    def arrive(self, sighting: PlateSighting, nonce: bytes) -> Arrival:
        return parking.arrive(self._house, self._tenant, sighting, self._price, nonce=nonce)

    def draw(self, gate: GateId) -> Drawn:
        return parking.draw_ticket(self._house, self._tenant, gate)

    def show(self, gate: GateId, code: str, sighting: PlateSighting | None) -> Arrival:
        return parking.show_ticket(self._house, self._tenant, gate, code, self._price, sighting)

    def unseen(self, gate: GateId) -> None:
        parking.passed_unseen(self._house, self._tenant, gate, self._house.clock.now())

    def pay(self, stay: StayId, payer: str) -> tuple[str, Money]:
        """The provider's page for it."""
        started = paying.start(self._house, self._tenant, stay, "simulated", return_to="https://garage.example/", payer=payer)
        return started.way.handle, started.money

    def notice(self, headers: Mapping[str, str], body: bytes) -> int:
        return paying.hear(self._house, self._tenant, "simulated", headers, body).status

    def go_round(self) -> int:
        """What the clockwork does every twenty seconds."""
        return paying.ask_pending(self._house, self._tenant)

    def help(self, gate: GateId, reason: CallReason) -> CallId:
        return assist.call(self._house, self._tenant, gate, reason)

    def decide(self, call: CallId, given: assist_acts.Decision) -> assist_acts.Decided:
        assist.take(self._house, self._dora, call)
        return assist_acts.decide(self._house, self._dora, call, given, self._price)

    def reconcile(self, day: date) -> int:
        """How many differences there are."""
        return len(paying.reconcile(self._house, self._tenant, "simulated", day))


def serve(line: Connection, data: Path) -> None:
    outside, clock = Outside(line), ToldClock(line.recv())
    settings = load(data=data / "data", keys=data / "keys")
    with running(settings, faces=None, plates=None, clock=clock, latch=FarLatch(outside)) as program:
        provider = FarProvider(outside)
        garage = Garage(replace(program.house, providers={provider.name: provider}, address="https://garage.example"))
        line.send(("ready", None))
        while (command := line.recv()) is not None:
            clock.at, name, words = command
            try:
                line.send(("done", getattr(garage, name)(*words)))
            except Refused as refusal:
                line.send(("refused", refusal.code))


if __name__ == "__main__":
    with Client(sys.argv[1], family="AF_UNIX") as line:
        serve(line, Path(sys.argv[2]))
