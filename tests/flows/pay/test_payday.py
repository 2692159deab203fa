"""Pay runs on the real store: four eyes, what changed, who is missing a clock-out, and taking a run back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sealgate.domain.attendance import Direction
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import PassageId
from sealgate.domain.operators import Role
from sealgate.domain.payroll_errors import (
    BadPay,
    NobodyToPay,
    NotForTheBank,
    PayConflict,
    RunBlocked,
    SecondPerson,
    UnknownCountry,
)
from sealgate.domain.payroll_lines import LineKind
from sealgate.domain.payroll_run import FindingKind, RunState
from sealgate.flows import looking, pay_slips, pay_terms, payday, paypacks, people, performance
from sealgate.flows.kit import House
from sealgate.ports import KeyKind
from sealgate.privacy import journal

OCTOBER = "2026-10"


def kinds(one: payday.PersonSlip) -> set[FindingKind]:
    return {finding.kind for finding in one.findings}


def test_a_run_goes_from_draft_to_the_payslip(house: House, wages: Any) -> None:
    """9,800 a month, all days worked: 9,800. Tax: the tenth month, 9,800 - 50,000 is below zero: nothing."""
    alice = wages.hired("Alice Marsh")
    wages.worked(alice, 1, 31)
    run = wages.draft()
    found, slips = payday.record(house, wages.erin, run)
    assert (found.row.state, found.summary.sums.people, found.summary.sums.net) == (RunState.DRAFT, 1, 980_000)
    assert kinds(slips[0]) == {FindingKind.NEW}
    with pytest.raises(NotFound):
        pay_slips.own_payslip(house, wages.campus.tenant, alice, run)
    assert pay_slips.payslips_of(house, wages.campus.tenant, alice) == []
    wages.close(run)
    mine = pay_slips.payslips_of(house, wages.campus.tenant, alice)
    assert [(one.slip.net, one.who.name, one.kept_until) for one in mine] == [(980_000, "Alice Marsh", 2036)]
    base = mine[0].slip.earned[0]
    assert (base.kind, base.days[0]) == (LineKind.BASE, date(2026, 10, 8))
    assert {rule.name for rule in mine[0].rules} >= {"cn/month/2008-01-01", "cn/income-tax/2019-01-01"}


def test_overtime_leads_to_the_marks_that_it_came_from(house: House, wages: Any) -> None:
    from sealgate.flows import hours_records

    alice = wages.hired("Alice Marsh")
    wages.worked(alice, 1, 14)
    wages.worked(alice, 15, 15, "09:00-20:00")
    wages.worked(alice, 16, 31)
    waiting = payday.record(house, wages.erin, wages.draft())[1][0]
    assert FindingKind.OVERTIME_WAITS in kinds(waiting)
    hours_records.approve_overtime(house, wages.campus.signed, alice, date(2026, 10, 15), 120, "Stocktaking")
    slip = payday.record(house, wages.erin, wages.draft())[1][0].slip
    assert slip is not None
    overtime = slip.earned[1]
    assert (overtime.kind, overtime.minutes, overtime.minor) == (LineKind.OVERTIME_WORKDAY, 120, 16_897)  # 9,800/174 x 2 x 1.5
    assert overtime.days == (date(2026, 10, 15),)
    assert {source.partition(":")[0] for source in overtime.sources} >= {"punch", "approval"}


def test_who_is_missing_a_clock_out_is_told(house: House, wages: Any) -> None:
    from sealgate.flows import hours_records

    alice = wages.hired("Alice Marsh")
    wages.worked(alice, 8, 9)
    wages.worked(alice, 11, 31)
    came = datetime(2026, 10, 10, 1, tzinfo=UTC)
    hours_records.punch(house, wages.campus.signed, alice, came, Direction.IN, "The gate was dead")
    found = payday.record(house, wages.erin, wages.draft())[1][0].findings
    open_clock = next(finding for finding in found if finding.kind is FindingKind.OPEN_CLOCK)
    assert open_clock.days == (date(2026, 10, 10),)


def test_under_the_comprehensive_system_the_quarter_pays_overtime_in_its_last_month(
    house: House, wages: Any, clock: Any
) -> None:
    """October has 18 days of 8 hours (8,640 minutes), November one of 8 hours; the total is 8,880: 240 minutes in December."""
    from sealgate.flows import hours_records, hours_rosters

    rules = {"since": "2026-01-01", "system": "comprehensive", "period": "quarter", "period_minutes": 8880}
    hours_rosters.set_rules(house, wages.campus.signed, "plant", [rules])
    alice = wages.campus.person("Alice Marsh")
    terms = {"since": "2026-01-01", "employed_since": "2026-01-01", "basis": "monthly", "rate": "9800.00"}
    pay_terms.set_terms(house, wages.erin, alice, terms)
    pattern = hours_rosters.NewPattern(
        wages.campus.site, date(2026, 1, 1), ((wages.shift,),) * 5 + ((),) * 2, person=alice, rules="plant"
    )
    hours_rosters.add_pattern(house, wages.campus.signed, pattern)
    wages.worked(alice, 1, 31)
    for hour, way in ((1, Direction.IN), (10, Direction.OUT)):
        at = datetime(2026, 11, 2, hour, tzinfo=UTC)
        hours_records.punch(house, wages.campus.signed, alice, at, way, "The gate was dead")
    clock.at = datetime(2027, 1, 4, 1, tzinfo=UTC)
    overtime = {}
    for month in ("2026-10", "2026-11", "2026-12"):
        slip = payday.record(house, wages.erin, wages.closed(month))[1][0].slip
        assert slip is not None
        overtime[month] = [(line.kind, line.minutes) for line in slip.earned if line.kind.value.startswith("overtime")]
    assert overtime == {"2026-10": [], "2026-11": [], "2026-12": [(LineKind.OVERTIME_WORKDAY, 240)]}


def test_four_eyes(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh")
    run = wages.draft()
    with pytest.raises(PayConflict):
        payday.approve(house, wages.frank, run, 1)
    payday.check(house, wages.erin, run, 1)
    with pytest.raises(SecondPerson):
        payday.approve(house, wages.erin, run, 1)
    payday.approve(house, wages.frank, run, 1)
    with pytest.raises(PayConflict):
        payday.approve(house, wages.campus.signed, run, 1)
    with pytest.raises(PayConflict):
        wages.draft()


def test_whoever_checked_cannot_approve_what_another_drafted(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh")
    run = wages.draft()
    payday.check(house, wages.frank, run, 1)
    for one in (wages.erin, wages.frank):
        with pytest.raises(SecondPerson):
            payday.approve(house, one, run, 1)
    payday.approve(house, wages.campus.signed, run, 1)


def test_the_store_itself_refuses_the_same_eyes(house: House, wages: Any) -> None:
    from sealgate.store import payroll as rows

    wages.hired("Alice Marsh")
    run = wages.draft()
    payday.check(house, wages.erin, run, 1)
    with house.store.begin(wages.campus.tenant, wages.erin.actor) as tx:
        assert not rows.approve_run(tx, run, 1, house.clock.now(), wages.erin.operator)
        assert not rows.approve_run(tx, run, 2, house.clock.now(), wages.frank.operator)
        assert rows.approve_run(tx, run, 1, house.clock.now(), wages.frank.operator)
        assert not rows.approve_run(tx, run, 1, house.clock.now(), wages.frank.operator)
        journal.write(tx, house.keyring, house.clock.now(), "pay.approved")


def test_a_new_draft_asks_for_a_new_check(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh")
    run = wages.draft()
    payday.check(house, wages.erin, run, 1)
    wages.hired("Bob Reed")
    assert wages.draft() == run
    found, slips = payday.record(house, wages.erin, run)
    assert (found.row.state, found.row.revision, len(slips)) == (RunState.DRAFT, 2, 2)
    with pytest.raises(PayConflict):
        payday.check(house, wages.erin, run, 1)


def test_the_next_month_goes_on_from_what_was_withheld_and_tells_what_changed(house: House, wages: Any) -> None:
    """30,000 from September on: 25,000 x 3 % = 750; October 50,000 x 10 % - 2,520 - 750 = 1,730. Net 980 less."""
    since = {"since": "2026-09-01", "employed_since": "2026-09-01", "basis": "piece", "rate": "30000.00", "overtime_base": "0"}
    alice = wages.hired("Alice Marsh", **since)
    for month in ("2026-09", OCTOBER):
        pay_terms.set_entry(house, wages.erin, alice, month, {"pieces": 1})
    wages.closed("2026-09")
    one = payday.record(house, wages.erin, wages.draft())[1][0]
    assert one.slip is not None
    assert one.slip.tax.withheld == 173_000
    changed = next(finding for finding in one.findings if finding.kind is FindingKind.CHANGED)
    assert changed.minor == -98_000
    told = pay_slips.payslip(house, wages.erin, wages.draft(), alice, "work")
    assert (told.earned_this_year, told.tax_this_year) == (6_000_000, 248_000)


def test_a_reversing_run_takes_a_month_back_and_the_month_is_run_anew(house: House, wages: Any) -> None:
    alice = wages.hired(
        "Alice Marsh", basis="piece", rate="60000.00", overtime_base="0", employed_since="2026-09-01", since="2026-09-01"
    )
    pay_terms.set_entry(house, wages.erin, alice, "2026-09", {"pieces": 1})
    first = wages.closed("2026-09")
    with pytest.raises(PayConflict):
        wages.draft("2026-09")
    back = payday.reverse(house, wages.erin, first, "The pieces were counted twice")
    with pytest.raises(PayConflict):
        payday.reverse(house, wages.frank, first, "Me too")
    wages.close(back)
    both = [payday.record(house, wages.erin, run)[0] for run in (first, back)]
    assert [run.row.state for run in both] == [RunState.REVERSED, RunState.CLOSED]
    assert sum(run.summary.sums.net for run in both) == sum(run.summary.sums.gross for run in both) == 0
    pay_terms.set_entry(house, wages.erin, alice, "2026-09", {"pieces": 0})
    again = wages.closed("2026-09")
    assert payday.record(house, wages.erin, again)[0].summary.sums.gross == 0
    assert [one.slip.gross for one in pay_slips.payslips_of(house, wages.campus.tenant, alice)] == [0, -6_000_000, 6_000_000]


def test_somebody_who_cannot_be_paid_stops_the_run_and_nobody_else(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh")
    wages.hired("Bob Reed", city="Beijing")
    run = wages.draft()
    found, slips = payday.record(house, wages.erin, run)
    assert [(one.name, one.slip is None) for one in slips] == [("Bob Reed", True), ("Alice Marsh", False)]
    assert slips[0].findings[0].code == "payroll.not-in-force"
    assert found.summary.blocked == 1
    with pytest.raises(RunBlocked):
        payday.check(house, wages.erin, run, 1)


def test_the_tenants_own_rules_are_taken_in_the_place_of_those_that_come_along(house: House, wages: Any) -> None:
    alice = wages.hired("Alice Marsh", city="Beijing")
    text = paypacks.pack_text("cn").replace("valid_to = 2026-06-30\n", "")
    pay_terms.set_pack(house, wages.erin, text)
    one = payday.record(house, wages.erin, wages.draft())[1][0]
    assert one.slip is not None
    assert next(line.about for line in one.slip.taken if line.kind is LineKind.INSURANCE) == "pension"
    rules = pay_terms.pay_rules(house, wages.erin)
    assert rules.own
    with pytest.raises(BadPay):
        pay_terms.set_pack(house, wages.erin, text.replace('"3%"', '"99%"', 1))
    with pytest.raises(UnknownCountry):
        pay_terms.set_policy(house, wages.erin, {"country": "zz"})
    pay_terms.drop_pack(house, wages.erin, "cn")
    assert not pay_terms.pay_rules(house, wages.erin).own
    assert alice


def test_a_closed_review_pays_its_share_of_the_performance_pay_unless_somebody_entered_another(
    house: House, wages: Any
) -> None:
    """A score of 4 pays 120 % of 1,000; what was entered for the month holds before it."""
    alice = wages.hired("Alice Marsh", performance_bonus="1000.00")
    cycle = performance.add_cycle(house, wages.campus.signed, "First half", date(2026, 1, 1), date(2026, 6, 30))
    performance.score(house, wages.campus.signed, cycle, alice, 4, "More than was asked.")

    def paid() -> tuple[int, tuple[str, ...]]:
        slip = payday.record(house, wages.erin, wages.draft())[1][0].slip
        assert slip is not None
        line = next(line for line in slip.earned if line.kind is LineKind.PERFORMANCE)
        return line.minor, line.sources

    assert paid() == (100_000, ())
    performance.close_cycle(house, wages.campus.signed, cycle)
    assert paid() == (120_000, ("review:2026-01-01..2026-06-30",))
    pay_terms.set_entry(house, wages.erin, alice, OCTOBER, {"score": "50%"})
    assert paid() == (50_000, ())


def test_the_bank_and_the_books_wait_for_approval(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh", account="6222 1")
    wages.hired("Bob Reed", rate="0")
    run = wages.draft()
    with pytest.raises(NotForTheBank):
        pay_slips.transfers(house, wages.erin, run, "work")
    wages.close(run)
    _, currency, lines = pay_slips.transfers(house, wages.erin, run, "work")
    assert currency == "CNY"
    assert [(line.name, line.account) for line in lines] == [("Alice Marsh", "6222 1")]
    _, _, posted = pay_slips.book(house, wages.erin, run)
    assert sum(line.debit for line in posted) == sum(line.credit for line in posted)


def test_nobody_to_pay_and_dropped_runs(house: House, wages: Any) -> None:
    with pytest.raises(NobodyToPay):
        wages.draft()
    wages.hired("Alice Marsh")
    run = wages.draft()
    payday.drop(house, wages.erin, run)
    assert wages.draft() != run
    with pytest.raises(PayConflict):
        payday.drop(house, wages.erin, run)


def test_whoever_left_is_not_paid_any_more(house: House, wages: Any) -> None:
    wages.hired("Alice Marsh")
    wages.hired("Bob Reed", employed_until="2026-09-30")
    assert [one.name for one in payday.record(house, wages.erin, wages.draft())[1]] == ["Alice Marsh"]


def test_a_payslip_outlives_its_persons_other_data(house: House, wages: Any) -> None:
    alice = wages.hired("Alice Marsh")
    run = wages.closed()
    house.keyring.destroy(wages.campus.tenant, KeyKind.SUBJECT, str(alice))
    told = pay_slips.payslip(house, wages.erin, run, alice, "work")
    assert (told.who.name, told.slip.month) == ("Alice Marsh", date(2026, 10, 1))
    house.keyring.destroy(wages.campus.tenant, KeyKind.PAY, f"{alice}/2026")
    with pytest.raises(NotFound):
        pay_slips.payslip(house, wages.erin, run, alice, "work")
    assert payday.record(house, wages.erin, run)[1] == []


def test_nobody_else_sees_pay_and_payroll_sees_no_picture(house: House, wages: Any, umbra_campus: Any) -> None:
    alice = wages.hired("Alice Marsh")
    run = wages.closed()
    others = [role for role in Role if role not in {Role.ADMINISTRATOR, Role.PAYROLL}]
    for role in others:
        for asked in (
            lambda who: payday.runs(house, who),
            lambda who: payday.record(house, who, run),
            lambda who: payday.draft(house, who, OCTOBER),
            lambda who: payday.check(house, who, run, 1),
            lambda who: payday.approve(house, who, run, 1),
            lambda who: payday.close(house, who, run),
            lambda who: payday.drop(house, who, run),
            lambda who: payday.reverse(house, who, run, ""),
            lambda who: pay_slips.payslip(house, who, run, alice, "work"),
            lambda who: pay_slips.transfers(house, who, run, "work"),
            lambda who: pay_slips.book(house, who, run),
            lambda who: pay_terms.details(house, who, alice, OCTOBER),
            lambda who: pay_terms.set_terms(house, who, alice, {}),
            lambda who: pay_terms.set_entry(house, who, alice, OCTOBER, {}),
            lambda who: pay_terms.set_policy(house, who, {}),
            lambda who: pay_terms.set_pack(house, who, ""),
            lambda who: pay_terms.pay_rules(house, who),
        ):
            with pytest.raises(Forbidden):
                asked(wages.campus.only(role))
    with pytest.raises(Forbidden):
        people.record(house, wages.erin, alice)
    with pytest.raises(Forbidden):
        looking.ask_picture(house, wages.erin, PassageId(1), "incident")
    for reached in (payday.record, payday.close):
        with pytest.raises(NotFound):
            reached(house, umbra_campus.signed, run)
    with pytest.raises(NotFound):
        pay_terms.details(house, umbra_campus.signed, alice, OCTOBER)
