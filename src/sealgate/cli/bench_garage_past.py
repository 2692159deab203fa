"""The past of the bench's garage: very many stays that are over, written in bulk, as large as those of real cars.

Nobody ever drove them: what is sealed of them is noise of the right length, which nothing in the bench opens. Ids are of
their own instants, as real ones are: what looks for the newest passages reads them backwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.access import Reason
from sealgate.domain.billing import PaymentState
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import Counter, PassageId, uuid7
from sealgate.domain.sightings import Means
from sealgate.domain.stays import Cause, RightKind, StayState
from sealgate.flows.garage_demo import Garage
from sealgate.flows.kit import House
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.store import passages
from sealgate.store import schema as s
from sealgate.store.engine import Actor

STAYED = timedelta(hours=3)
APART = timedelta(seconds=20)
BATCH = 2_500
"""Closed stays in one commit; the store takes 5,000 passages at once."""

BENCH = Actor("system", "bench")


def close_many(house: House, garage: Garage, until: datetime, count: int, done: Callable[[int], None] = lambda _: None) -> None:
    """Stays of earlier days, each with its final bill, its payment and its two passages; what is sealed is as long as ours.

    `done` is told how many were written, after each commit.
    """
    until, counter = until - timedelta(days=1), Counter(node=1)
    for first in range(0, count, BATCH):
        stays = [_closed(until - APART * (count - number)) for number in range(first, min(first + BATCH, count))]
        with house.store.begin(garage.tenant, BENCH) as tx:
            for table, make in ((s.stays, _stay), (s.bills, _bill), (s.payments, _payment)):
                tx.sql.execute(sa.insert(table), [{"tenant_id": tx.tenant, **make(garage, stay)} for stay in stays])
            passages.append(tx, _passages(counter, garage, stays))
            journal.write(tx, house.keyring, house.clock.now(), "bench.filled", object=f"stays:{len(stays)}")
        done(len(stays))


@dataclass(frozen=True, slots=True)
class _Closed:
    stay: UUID
    bill: UUID
    entered: datetime
    left: datetime


def _closed(left: datetime) -> _Closed:
    return _Closed(_id(left), _id(left), left - STAYED, left)


def _id(at: datetime) -> UUID:
    return uuid7(at, secrets.token_bytes(10))


def _stay(garage: Garage, one: _Closed) -> dict[str, Any]:
    return {
        "stay_id": one.stay,
        "site_id": garage.site,
        "lot_id": garage.lot,
        "day": day_number(one.entered.date()),
        "state": StayState.CLOSED,
        "entered_at": one.entered,
        "entry_gate": garage.entry,
        "left_at": one.left,
        "exit_gate": garage.exit,
        "closed_at": one.left,
        "cause": Cause.LEFT,
        "right_kind": RightKind.VISITOR,
        "space": "visitors",
        "vehicle": "car",
        "tailgated": False,
        "seen": secrets.token_bytes(120),
        "seen_leaving": secrets.token_bytes(120),
    }


def _bill(_garage: Garage, one: _Closed) -> dict[str, Any]:
    lines = [{"reason": "started-units", "about": "day", "units": 5, "minor": 2200}]
    return {
        "bill_id": one.bill,
        "stay_id": one.stay,
        "at": one.left,
        "lines": lines,
        "total_minor": 2200,
        "currency": "CNY",
        "final": True,
    }


def _payment(_garage: Garage, one: _Closed) -> dict[str, Any]:
    return {
        "payment_id": _id(one.left),
        "stay_id": one.stay,
        "bill_id": one.bill,
        "provider": "simulated",
        "merchant": "simulated",
        "state": PaymentState.PAID,
        "minor": 2200,
        "currency": "CNY",
        "idempotency": f"{one.stay}:0",
        "started_at": one.left,
        "expires_at": one.left + timedelta(minutes=15),
        "paid_at": one.left,
        "refunded_told": 0,
        "ref_token": secrets.token_bytes(16),
        "refs": secrets.token_bytes(250),
    }


def _passages(counter: Counter, garage: Garage, stays: Sequence[_Closed]) -> list[passages.PassageRow]:
    ways = [(garage.entry, one.entered) for one in stays] + [(garage.exit, one.left) for one in stays]
    return [
        passages.PassageRow(
            passage=PassageId(counter.next(at)),
            site=garage.site,
            gate=gate,
            day=day_number(at.date()),
            at=at,
            means=Means.PLATE,
            opens=True,
            reason=Reason.ALLOWED,
            token=Token(secrets.token_bytes(16)),
            detail=Sealed(secrets.token_bytes(220)),
        )
        for gate, at in sorted(ways, key=itemgetter(1))
    ]
