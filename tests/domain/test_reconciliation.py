"""A day's statement against our rows: what agrees is counted, every difference is listed once."""

from datetime import UTC, datetime

from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Difference, Movement, OurMovement, StatementLine, reconcile

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALICE, BOB, CHARLIE = "a" * 32, "b" * 32, "c" * 32
TEN = Money(1000, "CNY")


def ours(reference: str, money: Money = TEN, refund: str = "") -> OurMovement:
    return OurMovement(Movement.REFUND if refund else Movement.PAYMENT, reference, refund, money)


def theirs(reference: str, money: Money = TEN, refund: str = "") -> StatementLine:
    kind = Movement.REFUND if refund else Movement.PAYMENT
    return StatementLine(kind, reference, refund, "4200001", money, Money(6, "CNY"), NOON)


def test_what_agrees_is_counted() -> None:
    done = reconcile([ours(ALICE), ours(ALICE, refund="r1")], [theirs(ALICE), theirs(ALICE, refund="r1")])
    assert (done.matched, done.foreign, done.findings) == (2, 0, ())


def test_another_tills_sale_on_the_same_account_is_not_ours() -> None:
    done = reconcile([], [theirs("autotest_20190216081946_82335")])
    assert (done.matched, done.foreign, done.findings) == (0, 1, ())


def test_each_difference_is_listed_once() -> None:
    lines = [theirs(ALICE), theirs(ALICE), theirs(BOB, Money(999, "CNY")), theirs(CHARLIE), theirs(ALICE, refund="r2")]
    done = reconcile([ours(ALICE), ours(BOB), ours(ALICE, refund="r1")], lines)
    assert [(found.difference, found.ours, found.theirs) for found in done.findings] == [
        (Difference.TWICE, ours(ALICE), lines[1]),
        (Difference.OTHER_SUM, ours(BOB), lines[2]),
        (Difference.MISSING_HERE, None, lines[3]),
        (Difference.MISSING_HERE, None, lines[4]),
        (Difference.MISSING_THERE, ours(ALICE, refund="r1"), None),
    ]
    assert done.matched == 1


def test_the_same_number_in_another_currency_is_another_sum() -> None:
    done = reconcile([ours(ALICE)], [theirs(ALICE, Money(1000, "USD"))])
    assert [found.difference for found in done.findings] == [Difference.OTHER_SUM]
