"""What takes two people, in the store: decided once, never by whoever asked, taken once; and letters that one worker sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.ids import ApprovalId, OperatorId, TenantId
from sealgate.ports import Sealed, Token
from sealgate.store import accounts, oversight
from sealgate.store.engine import Store

if TYPE_CHECKING:
    from tests.store.conftest import Writing

HOUR = timedelta(hours=1)
KIND, THING = "people.roll", "roll:today"


@pytest.fixture
def staff(store: Store, acme: TenantId, writing: Writing, noon: datetime) -> tuple[OperatorId, OperatorId]:
    """Alice, who asks, and Pia."""
    made = OperatorId(store.new_id()), OperatorId(store.new_id())
    for number, operator in enumerate(made):
        row = accounts.OperatorRow(operator, Token(bytes([number]) * 32), Sealed(b"p"), Sealed(b"w"), None, (), noon, None)
        with writing(acme) as tx:
            accounts.add_operator(tx, row)
    return made


@pytest.fixture
def asked(
    store: Store, acme: TenantId, writing: Writing, staff: tuple[OperatorId, OperatorId], noon: datetime
) -> oversight.ApprovalRow:
    row = oversight.ApprovalRow(ApprovalId(store.new_id()), KIND, THING, 200, None, Sealed(b"why"), staff[0], noon, noon + HOUR)
    with writing(acme) as tx:
        oversight.add_approval(tx, row)
    return row


def agreed(writing: Writing, tenant: TenantId, row: oversight.ApprovalRow, by: OperatorId, at: datetime) -> bool:
    with writing(tenant) as tx:
        return oversight.decide(tx, row.approval, by, at, approved=True, until=at + HOUR)


def test_what_is_asked_waits_until_it_is_decided_and_is_of_one_organisation(
    store: Store, acme: TenantId, umbra: TenantId, writing: Writing, staff: tuple[OperatorId, OperatorId],
    asked: oversight.ApprovalRow, noon: datetime,
) -> None:  # fmt: skip
    with store.read(acme) as db:
        assert oversight.open_approvals(db, noon) == [asked]
        assert oversight.open_approvals(db, noon + HOUR) == []
        assert oversight.approvals_of(db, staff[0]) == [asked]
        assert oversight.approvals_by(db, staff[1]) == []
    with store.read(umbra) as db:
        assert oversight.open_approvals(db, noon) == []
        assert oversight.approval(db, asked.approval) is None
    assert agreed(writing, acme, asked, staff[1], noon)
    with store.read(acme) as db:
        told = replace(asked, decided_by=staff[1], decided_at=noon, approved=True)
        assert oversight.open_approvals(db, noon) == []
        assert oversight.approvals_by(db, staff[1]) == [told]
        assert oversight.approval(db, asked.approval) == told


def test_nobody_agrees_to_their_own_nor_late_nor_twice(
    acme: TenantId, writing: Writing, staff: tuple[OperatorId, OperatorId], asked: oversight.ApprovalRow, noon: datetime
) -> None:
    alice, pia = staff
    assert not agreed(writing, acme, asked, alice, noon)
    assert not agreed(writing, acme, asked, pia, noon + HOUR)
    assert agreed(writing, acme, asked, pia, noon)
    assert not agreed(writing, acme, asked, pia, noon)


def test_it_is_taken_by_whoever_asked_for_exactly_that_and_in_time(
    acme: TenantId, writing: Writing, staff: tuple[OperatorId, OperatorId], asked: oversight.ApprovalRow, noon: datetime
) -> None:
    alice, pia = staff

    def taken(operator: OperatorId, thing: str, rows: int, at: datetime) -> ApprovalId | None:
        with writing(acme) as tx:
            return oversight.use(tx, operator, KIND, thing, rows, at)

    assert taken(alice, THING, 200, noon) is None
    assert agreed(writing, acme, asked, pia, noon)
    assert taken(pia, THING, 200, noon) is None
    assert taken(alice, "roll:yesterday", 200, noon) is None
    assert taken(alice, THING, 401, noon) is None
    assert taken(alice, THING, 200, noon + HOUR) is None
    assert taken(alice, THING, 210, noon) == asked.approval
    assert taken(alice, THING, 200, noon) is None


@pytest.mark.parametrize("what", ["decided", "taken"])
def test_of_five_at_once_one_is_first(
    acme: TenantId, writing: Writing, staff: tuple[OperatorId, OperatorId], asked: oversight.ApprovalRow, noon: datetime,
    what: str,
) -> None:  # fmt: skip
    if what == "taken":
        assert agreed(writing, acme, asked, staff[1], noon)
    start, won = Barrier(5), []

    def race() -> None:
        start.wait()
        if what == "decided":
            won.append(agreed(writing, acme, asked, staff[1], noon))
            return
        with writing(acme) as tx:
            won.append(oversight.use(tx, staff[0], KIND, THING, 200, noon) is not None)

    threads = [Thread(target=race) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 4 + [True]
