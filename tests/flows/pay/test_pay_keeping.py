"""What of pay is kept how long, and who sees how much of a bank account; the clock is in the hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from sealgate.domain.errors import NotFound
from sealgate.domain.payroll_errors import KeptNoMore, WrongPayValue
from sealgate.flows import pay_keeping, pay_slips, pay_terms, payday
from sealgate.flows.kit import House
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import payroll as rows
from sealgate.store import schema as s

WHOLE, SHOWN = "6222 0000 7719", "•••• 7719"


def rows_of(house: House, wages: Any, table: sa.Table) -> int:
    with house.store.read(wages.campus.tenant) as db:
        return int(db.sql.execute(sa.select(sa.func.count()).select_from(table).where(db.mine(table))).scalar_one())


def actions_about(house: House, wages: Any, person: Any) -> list[str]:
    with house.store.read(wages.campus.tenant) as db:
        return [one.action for one in journal.entries_about(db, house.keyring, person)]


def test_payslips_go_when_the_years_of_keeping_are_over_keys_first(house: House, wages: Any, clock: Any) -> None:
    """October 2026, ten years: until the end of 2036, and not a day of 2037 longer."""
    tenant = wages.campus.tenant
    alice = wages.hired("Alice Marsh")
    run = wages.closed()
    clock.at = datetime(2036, 12, 31, 23, tzinfo=UTC)
    assert pay_keeping.destroy_due(house, tenant) == 0
    assert house.keyring.has(tenant, KeyKind.PAY, f"{alice}/2026")
    clock.at = datetime(2037, 1, 1, 1, tzinfo=UTC)
    assert pay_keeping.destroy_due(house, tenant) == 1
    assert not house.keyring.has(tenant, KeyKind.PAY, f"{alice}/2026")
    assert (rows_of(house, wages, s.payslips), rows_of(house, wages, s.pay_runs)) == (0, 0)
    with pytest.raises(NotFound):
        pay_slips.own_payslip(house, tenant, alice, run)
    assert actions_about(house, wages, alice)[0] == "payslips.erased"
    assert house.keyring.has(tenant, KeyKind.SUBJECT, str(alice))
    assert pay_keeping.destroy_due(house, tenant) == 0
    assert journal.verify(house.store, tenant).whole


def test_it_goes_on_where_it_was_stopped_between_key_and_row(house: House, wages: Any, clock: Any) -> None:
    alice = wages.hired("Alice Marsh")
    wages.closed()
    clock.at = datetime(2037, 1, 1, 1, tzinfo=UTC)
    house.keyring.destroy(wages.campus.tenant, KeyKind.PAY, f"{alice}/2026")
    assert pay_keeping.destroy_due(house, wages.campus.tenant) == 1
    assert rows_of(house, wages, s.payslips) == 0


def test_the_policy_says_how_long_and_later_years_stay(house: House, wages: Any, clock: Any) -> None:
    alice = wages.hired("Alice Marsh")
    wages.closed()
    clock.at = datetime(2027, 2, 3, 1, tzinfo=UTC)
    wages.closed("2027-01")
    pay_terms.set_policy(house, wages.erin, {"country": "cn", "keep_years": 2})
    clock.at = datetime(2029, 6, 1, 1, tzinfo=UTC)
    assert pay_keeping.destroy_due(house, wages.campus.tenant) == 1
    assert not house.keyring.has(wages.campus.tenant, KeyKind.PAY, f"{alice}/2026")
    assert house.keyring.has(wages.campus.tenant, KeyKind.PAY, f"{alice}/2027")
    assert [f"{one.slip.month:%Y-%m}" for one in pay_slips.payslips_of(house, wages.campus.tenant, alice)] == ["2027-01"]


def test_acmes_payslips_are_nothing_to_umbras_round(house: House, wages: Any, umbra_campus: Any, clock: Any) -> None:
    wages.hired("Alice Marsh")
    wages.closed()
    clock.at = datetime(2037, 1, 1, 1, tzinfo=UTC)
    assert pay_keeping.destroy_due(house, umbra_campus.tenant) == 0
    assert rows_of(house, wages, s.payslips) == 1


def test_a_month_that_is_kept_no_more_cannot_be_drafted(house: House, wages: Any, clock: Any) -> None:
    wages.hired("Alice Marsh")
    clock.at = datetime(2037, 1, 1, 1, tzinfo=UTC)
    with pytest.raises(KeptNoMore):
        wages.draft("2026-10")


def test_of_a_bank_account_only_the_end_is_shown_but_to_the_bank_and_that_is_journaled(house: House, wages: Any) -> None:
    alice = wages.hired("Alice Marsh", account=WHOLE)
    run = wages.closed()
    listed = pay_terms.people_paid(house, wages.erin)[0][0].terms
    assert listed is not None
    shown = [
        listed.account,
        pay_terms.details(house, wages.erin, alice, "2026-10").terms[0].account,
        payday.record(house, wages.erin, run)[1][0].account,
        payday.state_of(house, wages.campus.tenant, wages.erin.actor, run)[1][0].account,
        pay_slips.payslip(house, wages.erin, run, alice, "work").who.account,
        pay_slips.own_payslip(house, wages.campus.tenant, alice, run).who.account,
        pay_slips.payslips_of(house, wages.campus.tenant, alice)[0].who.account,
    ]
    assert shown == [SHOWN] * len(shown)
    assert "account.shown" not in actions_about(house, wages, alice)
    assert [line.account for line in pay_slips.transfers(house, wages.erin, run, "work")[2]] == [WHOLE]
    assert actions_about(house, wages, alice)[0] == "account.shown"


def test_an_account_sent_back_as_it_is_shown_stays_what_it_was(house: House, wages: Any) -> None:
    alice = wages.hired("Alice Marsh", account=WHOLE)
    again = {"since": "2026-10-01", "employed_since": "2026-01-01", "basis": "monthly", "rate": "9900.00", "account": SHOWN}
    assert pay_terms.set_terms(house, wages.erin, alice, again).account == SHOWN
    assert [line.account for line in pay_slips.transfers(house, wages.erin, wages.closed(), "work")[2]] == [WHOLE]
    with pytest.raises(WrongPayValue):
        pay_terms.set_terms(house, wages.erin, alice, {**again, "account": "•••• 0000"})


def test_a_reversing_run_keeps_the_account_whole(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh", account=WHOLE)
    back = payday.reverse(house, wages.erin, wages.closed(), "The wrong month")
    with house.store.read(wages.campus.tenant) as db:
        assert [one.account for one in payday.opened_slips(house, db, rows.slips(db, back))] == [WHOLE]


def test_too_short_an_account_shows_nothing(house: House, wages: Any) -> None:
    alice = wages.hired("Alice Marsh", account="77191")
    assert pay_terms.details(house, wages.erin, alice, "2026-10").terms[0].account == "••••"
