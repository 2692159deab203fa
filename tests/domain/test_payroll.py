"""What one person is paid for a month. October 2026, in which Alice works at 9,800 a month: 9,800 / 174 = 56.32 an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.attendance import DayClass, Figure, Issue, Line, Source, Verdict, WorkDay
from sealgate.domain.attendance_rules import Rules, read_rules
from sealgate.domain.ids import LeaveKindId
from sealgate.domain.payroll import Past, past_of, work_out
from sealgate.domain.payroll_errors import NotInForce, RuleUnknown, SecondSeparateBonus, WrongPayValue
from sealgate.domain.payroll_hours import Leave, Minutes, MonthHours, month_hours, settled_by_period
from sealgate.domain.payroll_lines import LineKind, Slip, read_slip, reversed_slip, slip_document
from sealgate.domain.payroll_pack import Basic
from sealgate.domain.payroll_pack_file import read_pack
from sealgate.domain.payroll_run import Account, FindingKind, findings, postings, sums, weak_rules
from sealgate.domain.payroll_terms import (
    NOTHING,
    ChosenRate,
    Claim,
    Entry,
    Extra,
    PayBasis,
    Policy,
    Terms,
    entry_document,
    read_entry,
    read_terms,
    terms_document,
    terms_on,
)
from sealgate.flows import paypacks

CN, DE = paypacks.pack_of("cn"), paypacks.pack_of("de")
OCTOBER = date(2026, 10, 1)
POLICY = Policy("cn")
ALICE = Terms(date(2026, 1, 1), PayBasis.MONTHLY, 980_000, date(2025, 3, 1))
MARCH_25 = date(2025, 3, 1)
BEIJING = replace(ALICE, city="Beijing", rates=(ChosenRate("housing-fund", Fraction(7, 100), None),))
FULL = MonthHours(planned=8640, present=Minutes(8640), days=Fraction(18), paid_days=22)


def only(slip: Slip, kind: LineKind) -> int:
    return sum(line.minor for line in (*slip.earned, *slip.taken) if line.kind is kind)


def paid(terms: Terms = ALICE, hours: MonthHours = FULL, entry: Entry = NOTHING, month: date = OCTOBER, **more: object) -> Slip:
    return work_out(more.pop("pack", CN), POLICY, month, terms, hours, entry, **more)  # type: ignore[arg-type]


def test_a_month_with_overtime_and_an_allowance() -> None:
    """12 h x 9,800 / 174 x 1.5 = 1,013.79; 8 h x 2 = 901.15; 3 h x 3 = 506.90. Gross 9,800 + these + 240 = 12,461.84.

    Tax of the first month in October (nothing withheld before): 12,461.84 - 50,000 is below zero, so nothing.
    """
    overtime = {DayClass.WORKDAY: Minutes(720), DayClass.RESTDAY: Minutes(480), DayClass.HOLIDAY: Minutes(180)}
    slip = paid(replace(ALICE, allowances=(Extra("Shift lead", 24_000),)), replace(FULL, overtime=overtime))
    assert [(line.kind, line.minor) for line in slip.earned] == [
        (LineKind.BASE, 980_000),
        (LineKind.OVERTIME_WORKDAY, 101_379),
        (LineKind.OVERTIME_RESTDAY, 90_115),
        (LineKind.OVERTIME_HOLIDAY, 50_690),
        (LineKind.ALLOWANCE, 24_000),
    ]
    assert slip.gross == slip.net == 1_246_184
    line = slip.earned[1]
    assert (line.minutes, line.per, line.share) == (720, 5632, "150%")
    assert line.rules == ("cn/month/2008-01-01", "cn/overtime/1995-01-01")


def test_insurance_by_the_table_of_the_city() -> None:
    """Beijing, March 2025, base 9,800 between 6,821 and 35,283: pension 8 % = 784, medical 2 % + 3 = 199,
    unemployment 0.5 % = 49, fund 7 % = 686: 1,718. Employer: 16 % = 1,568, 9.8 % = 960.40, 0.5 % = 49, injury 0.2 % =
    19.60, fund 686.
    """
    slip = paid(replace(BEIJING, since=date(2025, 3, 1)), month=MARCH_25)
    assert [(line.about, line.minor) for line in slip.taken if line.kind is LineKind.INSURANCE] == [
        ("pension", 78_400),
        ("medical-incl-maternity", 19_900),
        ("unemployment", 4_900),
        ("housing-fund", 68_600),
    ]
    assert [line.minor for line in slip.employer] == [156_800, 96_040, 4_900, 1_960, 68_600]
    assert slip.tax.deducted == 171_800


def test_the_base_is_kept_between_floor_and_ceiling() -> None:
    low, high = replace(BEIJING, rate=300_000), replace(BEIJING, rate=9_000_000)
    assert paid(low, month=MARCH_25).taken[0].base == 682_100
    assert paid(high, month=MARCH_25).taken[0].base == 3_528_300
    assert paid(replace(high, insurance_base=2_000_000), month=MARCH_25).taken[0].base == 2_000_000


def test_a_month_without_a_table_is_refused_and_not_guessed() -> None:
    with pytest.raises(NotInForce):
        paid(BEIJING)
    with pytest.raises(RuleUnknown):
        paid(replace(BEIJING, city="Chengdu"), month=MARCH_25)
    with pytest.raises(WrongPayValue):
        paid(replace(BEIJING, rates=(ChosenRate("housing-fund", Fraction(13, 100), None),)), month=MARCH_25)


def test_tax_goes_on_from_the_months_before() -> None:
    """30,000 a month, nothing taken off but 5,000: January 25,000 x 3 % = 750; February 50,000 x 10 % - 2,520 - 750 = 1,730."""
    terms = replace(ALICE, rate=3_000_000)
    january = paid(terms, month=date(2026, 1, 1))
    february = paid(terms, month=date(2026, 2, 1), past=past_of([january], date(2026, 2, 1)))
    assert [only(slip, LineKind.INCOME_TAX) for slip in (january, february)] == [75_000, 173_000]
    assert past_of([january, february], date(2027, 1, 1)) == Past()


def test_special_deductions_and_a_first_job() -> None:
    """Rent 1,500 and one half of a child's 2,000: 2,500. First job in October, 10 x 5,000: 60,000 - 2,500 - 50,000 =
    7,500 x 3 %.
    """
    claims = (Claim("rent-a", 1, Fraction(1)), Claim("children-education", 1, Fraction(1, 2)))
    terms = replace(ALICE, rate=6_000_000, employed_since=OCTOBER, since=OCTOBER, claims=claims, basic=Basic.FIRST_JOB)
    slip = paid(terms)
    assert (slip.tax.special, only(slip, LineKind.INCOME_TAX)) == (250_000, 22_500)


def test_unpaid_leave_and_missing_time_are_taken_off_by_the_hour() -> None:
    """Two days of unpaid leave: 16 h x 56.3218 = 901.15; half an hour late: 28.16. Sick leave at 80 % takes one
    fifth: 90.11.
    """
    unpaid = Leave(LeaveKindId("unpaid"), Fraction(0), Minutes(960))
    sick = Leave(LeaveKindId("sick"), Fraction(4, 5), Minutes(480))
    slip = paid(hours=replace(FULL, present=Minutes(7170), missing=Minutes(30), leaves=(unpaid, sick)))
    assert [line.minor for line in slip.earned] == [980_000, -90_115, -9_011, -2_816]


def test_a_long_month_never_takes_off_more_than_was_not_earned() -> None:
    """23 work days: 22 missed are 176 h, more than the 174 h of the wage. What was worked is paid: 8 h x 56.32 = 450.57."""
    slip = paid(hours=replace(FULL, planned=11_040, present=Minutes(480), missing=Minutes(10_560)))
    assert slip.gross == 45_057


def test_whoever_joins_within_the_month_is_paid_by_the_day() -> None:
    """9,800 / 21.75 x 8 = 3,604.60."""
    terms = replace(ALICE, since=date(2026, 10, 20), employed_since=date(2026, 10, 20))
    assert paid(terms, replace(FULL, paid_days=8)).gross == 360_460


@pytest.mark.parametrize(
    ("basis", "rate", "more", "gross"),
    [
        (PayBasis.HOURLY, 3_000, {}, 432_000),  # 144 h x 30
        (PayBasis.DAILY, 30_000, {}, 540_000),  # 18 days x 300
        (PayBasis.PIECE, 250, {"overtime_base": 400_000}, 250_000),  # 1,000 x 2.50
    ],
)
def test_other_kinds_of_pay(basis: PayBasis, rate: int, more: dict[str, int], gross: int) -> None:
    assert paid(replace(ALICE, basis=basis, rate=rate, **more), entry=Entry(pieces=1000)).gross == gross  # type: ignore[arg-type]


def test_overtime_of_piece_pay_goes_by_the_wage_agreed_for_it() -> None:
    """4,350 / 174 = 25 an hour; 10 h x 1.5 = 375."""
    terms = replace(ALICE, basis=PayBasis.PIECE, rate=100, overtime_base=435_000)
    assert paid(terms, replace(FULL, overtime={DayClass.WORKDAY: Minutes(600)})).gross == 37_500


def test_a_bonus_from_performance_and_one_by_itself() -> None:
    """2,000 x 110 % = 2,200 with the wage; 36,000 by itself: 1,080."""
    slip = paid(replace(ALICE, performance_bonus=200_000), entry=Entry(score=Fraction(11, 10), separate_bonus=3_600_000))
    assert (only(slip, LineKind.PERFORMANCE), only(slip, LineKind.BONUS_TAX)) == (220_000, 108_000)
    assert slip.tax.income == 1_200_000
    with pytest.raises(SecondSeparateBonus):
        paid(entry=Entry(separate_bonus=1), past=Past(separate_bonus=1))


def test_late_and_damage_stop_at_the_legal_limit_and_the_rest_waits() -> None:
    """A fifth of 9,800 is 1,960: 3 x 50 late, 1,810 of the damage; 3,190 wait. In Hangzhou, at 2,600, only 110 are
    above 2,490.
    """
    policy = Policy("cn", late_each=5_000)
    hours = replace(FULL, late_days=(OCTOBER,) * 3)
    slip = work_out(CN, policy, OCTOBER, ALICE, hours, Entry(damage=500_000))
    assert [(line.kind, line.minor) for line in slip.taken if line.kind in {LineKind.LATE, LineKind.DAMAGE}] == [
        (LineKind.LATE, 15_000),
        (LineKind.DAMAGE, 181_000),
    ]
    assert slip.carried == 319_000
    november = work_out(CN, policy, date(2026, 11, 1), ALICE, FULL, Entry(), past_of([slip], date(2026, 11, 1)))
    assert (only(november, LineKind.DAMAGE), november.carried) == (196_000, -196_000)
    poor = replace(ALICE, rate=260_000, city="Hangzhou")
    cut = work_out(CN, policy, MARCH_25, replace(poor, since=MARCH_25), hours, Entry(damage=500_000))
    assert only(cut, LineKind.LATE) + only(cut, LineKind.DAMAGE) == 11_000


def test_germany_is_paid_gross_by_the_same_rules() -> None:
    """3,480 EUR / 174 = 20 an hour; 10 h x 1.25 = 250. No tax, no insurance."""
    hours = replace(FULL, overtime={DayClass.WORKDAY: Minutes(600)})
    slip = work_out(DE, Policy("de"), OCTOBER, replace(ALICE, rate=348_000), hours)
    assert (slip.currency, slip.gross, slip.net, slip.taken) == ("EUR", 373_000, 373_000, ())


def day(number: int, *lines: Line, kind: DayClass = DayClass.WORKDAY, issues: tuple[Issue, ...] = ()) -> WorkDay:
    verdict = Verdict.HALF_DAY_ABSENT if any(line.figure is Figure.ABSENT for line in lines) else Verdict.PRESENT
    return WorkDay(date(2026, 10, number), kind, verdict, "Asia/Shanghai", lines=lines, issues=issues)


def test_hours_come_from_work_days_with_their_marks() -> None:
    """A day with an approved hour, a half day missed, a holiday worked by the roster, and a day whose clock-out is missing."""
    came = Source("passage:7")
    hours = month_hours(
        [
            day(1, Line(Figure.HOLIDAY_WORK, 480, (Source("passage:1"),), DayClass.HOLIDAY), kind=DayClass.HOLIDAY),
            day(
                8,
                Line(Figure.PLANNED, 480, ()),
                Line(Figure.WORKED, 480, (came,)),
                Line(Figure.OVERTIME, 90, (came, Source("approval:1")), DayClass.WORKDAY, approved=60),
            ),
            day(9, Line(Figure.PLANNED, 480, ()), Line(Figure.WORKED, 240, ()), Line(Figure.ABSENT, 240, ())),
            day(12, Line(Figure.WORKED, 470, ()), Line(Figure.LATE, 10, ()), issues=(Issue.ASSUMED_OUT,)),
            day(13, Line(Figure.LEAVE, 480, (), leave=LeaveKindId("annual"))),
        ],
        {LeaveKindId("annual"): 100},
    )
    assert hours.overtime[DayClass.HOLIDAY] == Minutes(480, (date(2026, 10, 1),), ("passage:1",))
    assert hours.overtime[DayClass.WORKDAY] == Minutes(60, (date(2026, 10, 8),), ("passage:7", "approval:1"))
    assert (hours.present.minutes, hours.missing.minutes, hours.waiting) == (1190, 250, 30)
    assert (hours.days, hours.paid_days, hours.late_days) == (Fraction(5, 2), 5, (date(2026, 10, 12),))
    assert hours.unresolved == (date(2026, 10, 12),)
    assert [(leave.paid, leave.time.minutes) for leave in hours.leaves] == [(Fraction(1), 480)]


def plant(**more: Any) -> Rules:
    """The comprehensive system: a month of 9,920 minutes unless said otherwise."""
    version = {"since": "2026-01-01", "system": "comprehensive", "period": "month", "period_minutes": 9920, **more}
    return read_rules("plant", [version]).versions[0]


def shifts(*numbers: int, month: int = 10, minutes: int = 600) -> list[WorkDay]:
    """So many minutes by the roster each day, two hours on top that were approved, of a rest day."""
    lines = (
        Line(Figure.WORKED, minutes, (Source("passage:1"),)),
        Line(Figure.OVERTIME, 120, (Source("passage:2"),), DayClass.RESTDAY, approved=120),
    )
    return [WorkDay(date(2026, month, n), DayClass.WORKDAY, Verdict.PRESENT, "UTC", lines=lines) for n in numbers]


def test_under_the_comprehensive_system_the_period_pays_overtime_and_no_day_does() -> None:
    """15 days of 10 and 2 hours are 10,800 minutes, of which 880 are above the total: paid as on a workday."""
    days = shifts(*range(8, 23))
    found = settled_by_period(month_hours(days, {}), days, plant(), date(2026, 10, 31))
    assert {kind: time.minutes for kind, time in found.overtime.items()} == {DayClass.WORKDAY: 880}
    told = found.overtime[DayClass.WORKDAY]
    assert (len(told.days), told.sources) == (15, ("rules:plant@2026-01-01", "passage:1", "passage:2"))
    assert month_hours(days, {}).overtime[DayClass.RESTDAY].minutes == 1800


def test_what_a_period_has_less_pays_no_overtime_and_holidays_count_by_the_day() -> None:
    holiday = day(1, Line(Figure.HOLIDAY_WORK, 480, (), DayClass.HOLIDAY), kind=DayClass.HOLIDAY)
    days = [holiday, *shifts(8, 9)]
    found = settled_by_period(month_hours(days, {}), days, plant(), date(2026, 10, 31))
    assert {kind: time.minutes for kind, time in found.overtime.items()} == {DayClass.HOLIDAY: 480}


def test_a_quarter_is_settled_in_its_last_month() -> None:
    rules = plant(period="quarter", period_minutes=1000)
    october, december = shifts(8), [*shifts(8), *shifts(9, month=12)]
    assert not settled_by_period(month_hours(october, {}), october, rules, date(2026, 10, 31)).overtime
    told = settled_by_period(month_hours(shifts(9, month=12), {}), december, rules, date(2026, 12, 31)).overtime
    assert told[DayClass.WORKDAY].minutes == 440
    assert [one.month for one in told[DayClass.WORKDAY].days] == [10, 12]


def test_weeks_are_settled_in_the_month_in_which_they_end() -> None:
    """The week of Monday the 28th of September ends on Sunday the 4th of October."""
    rules = plant(period="week", period_minutes=600)
    days = [*shifts(28, month=9), *shifts(2)]
    told = settled_by_period(month_hours(shifts(2), {}), days, rules, date(2026, 10, 31)).overtime
    assert told[DayClass.WORKDAY].minutes == 840
    assert not settled_by_period(month_hours(shifts(28, month=9), {}), days, rules, date(2026, 9, 30)).overtime


def test_a_slip_is_read_back_as_it_was_written() -> None:
    slip = paid(BEIJING, replace(FULL, overtime={DayClass.WORKDAY: Minutes(60, (OCTOBER,), ("passage:1",))}), month=MARCH_25)
    assert read_slip(slip_document(slip)) == slip


def test_terms_and_entries_are_read_back_as_they_were_written() -> None:
    terms = replace(BEIJING, allowances=(Extra("Meals", 1),), claims=(Claim("rent-a", 1, Fraction(1, 2)),), account="6222 0001")
    assert read_terms(terms_document(terms, "CNY"), CN) == terms
    entry = Entry(5, Fraction(9, 10), 1, 2, (Extra("Prize", 3),), 4)
    assert read_entry(entry_document(entry, "CNY"), "CNY") == entry


@pytest.mark.parametrize(
    "broken",
    [
        {"since": "2026-01-02"},
        {"since": "2024-01-01"},
        {"employed_until": "2020-01-01"},
        {"basis": "piece"},
        {"city": "Atlantis"},
        {"claims": [{"kind": "yacht"}]},
        {"claims": [{"kind": "rent-a", "share": "101%"}]},
        {"basic": "twice"},
    ],
)
def test_terms_that_cannot_be(broken: dict[str, object]) -> None:
    with pytest.raises(WrongPayValue):
        read_terms({**terms_document(ALICE, "CNY"), **broken}, CN)


def test_the_newest_terms_that_have_begun_pay_the_month() -> None:
    raised = replace(ALICE, since=OCTOBER, rate=1_000_000)
    assert terms_on([raised, ALICE], OCTOBER) is raised
    assert terms_on([raised, ALICE], date(2026, 9, 1)) is ALICE
    with pytest.raises(NotInForce):
        terms_on([ALICE], date(2025, 12, 1))


def test_what_somebody_should_look_at() -> None:
    hours = replace(FULL, unresolved=(date(2026, 10, 12),), waiting=30)
    slip, before = paid(hours=hours), paid(month=date(2026, 9, 1), entry=Entry(bonus=10_000))
    found = findings(CN, ALICE, hours, slip, before)
    kinds = [finding.kind for finding in found]
    assert kinds == [FindingKind.OPEN_CLOCK, FindingKind.OVERTIME_WAITS, FindingKind.NO_ACCOUNT, FindingKind.CHANGED]
    assert found[-1].minor == -10_000
    assert not any(finding.blocks for finding in found)
    nothing = findings(CN, replace(ALICE, rate=0, account="1"), MonthHours(), paid(replace(ALICE, rate=0), MonthHours()), None)
    assert [finding.kind for finding in nothing] == [FindingKind.NO_HOURS, FindingKind.NEW]


def test_pay_below_the_minimum_wage_is_told() -> None:
    """Hangzhou 2,490: 2,400 a month lacks 90; overtime does not count."""
    poor = replace(ALICE, rate=240_000, city="Hangzhou", since=MARCH_25, account="1")
    hours = replace(FULL, overtime={DayClass.WORKDAY: Minutes(6000)})
    found = findings(CN, poor, hours, paid(poor, hours, month=MARCH_25), None)
    assert (found[0].kind, found[0].minor) == (FindingKind.BELOW_MINIMUM, 9_000)


def test_doubtful_rules_are_told_once() -> None:
    slip = paid(replace(BEIJING, since=date(2025, 9, 1)), month=date(2025, 9, 1))
    told = [finding.code for finding in weak_rules(CN, [slip, slip])]
    assert "cn/insurance/Beijing/pension/2025-07-01" in told
    assert len(told) == len(set(told))


def test_both_sides_of_the_journal_are_equal() -> None:
    slip = paid(BEIJING, month=MARCH_25, entry=Entry(separate_bonus=100_000, damage=1_000))
    lines = postings([slip, slip])
    assert sum(line.debit for line in lines) == sum(line.credit for line in lines) > 0
    assert {line.account for line in lines} == set(Account)
    assert postings([slip, reversed_slip(slip)]) == ()


HOURS = st.builds(
    lambda present, missing, over, rest, unpaid: replace(
        FULL,
        planned=present + missing + unpaid,
        present=Minutes(present),
        missing=Minutes(missing),
        overtime={DayClass.WORKDAY: Minutes(over), DayClass.RESTDAY: Minutes(rest)},
        leaves=(Leave(LeaveKindId("unpaid"), Fraction(0), Minutes(unpaid)),) if unpaid else (),
        days=Fraction(present // 240, 2),
    ),
    st.integers(0, 12_000),
    st.integers(0, 12_000),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.integers(0, 5_000),
)
TERMS = st.builds(
    lambda basis, rate: replace(ALICE, basis=basis, rate=rate, overtime_base=500_000 if basis is PayBasis.PIECE else None),
    st.sampled_from(PayBasis),
    st.integers(0, 5_000_000),
)


@given(TERMS, HOURS, st.integers(1, 600))
def test_longer_work_never_pays_less(terms: Terms, hours: MonthHours, more: int) -> None:
    """Missing time that is worked after all, work beyond it, and overtime: none of them lowers what reaches the person."""
    came = min(more, hours.missing.minutes)
    longer = replace(hours, present=Minutes(hours.present.minutes + more), missing=Minutes(hours.missing.minutes - came))
    longer = replace(longer, days=Fraction(longer.present.minutes // 240, 2))
    assert paid(terms, longer).net >= paid(terms, hours).net
    overtime = {kind: Minutes(time.minutes + more) for kind, time in hours.overtime.items()}
    assert paid(terms, replace(hours, overtime=overtime)).net >= paid(terms, hours).net


@given(TERMS, HOURS, st.integers(0, 10_000_000), st.integers(0, 1_000_000))
def test_the_sum_of_the_lines_is_the_total(terms: Terms, hours: MonthHours, bonus: int, damage: int) -> None:
    slip = paid(terms, hours, Entry(bonus=bonus, separate_bonus=bonus, damage=damage))
    assert slip.net == sum(line.minor for line in slip.earned) - sum(line.minor for line in slip.taken)
    total = sums([slip, slip])
    assert (total.gross, total.net, total.people) == (2 * slip.gross, 2 * slip.net, 2)


@given(TERMS, HOURS, st.integers(0, 10_000_000), st.integers(0, 1_000_000))
def test_a_reversing_run_brings_every_total_back_to_zero(terms: Terms, hours: MonthHours, bonus: int, damage: int) -> None:
    slip = paid(terms, hours, Entry(bonus=bonus, separate_bonus=bonus, damage=damage))
    back = reversed_slip(slip)
    total = sums([slip, back])
    assert (total.gross, total.taken_off, total.net, total.employer) == (0, 0, 0, 0)
    assert past_of([slip, back], date(2026, 11, 1)) == Past()
    assert reversed_slip(back) == slip


def test_a_pack_with_other_multiples_needs_no_code() -> None:
    text = paypacks.pack_text("de").replace('workday = "125%"', 'workday = "135%"')
    hours = replace(FULL, overtime={DayClass.WORKDAY: Minutes(60)})
    slip = work_out(read_pack(text), Policy("de"), OCTOBER, replace(ALICE, rate=174_000), hours)
    assert only(slip, LineKind.OVERTIME_WORKDAY) == 1_350
