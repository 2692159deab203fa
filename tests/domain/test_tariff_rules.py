"""One rule at a time. Prices are in yuan, 2 March 2026 is a Monday, and each table reads: so long a stay costs so much."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sealgate.domain.money import Money
from sealgate.domain.tariff_errors import NoRate
from sealgate.domain.tariff_file import read_tariff
from sealgate.domain.tariff_model import Coupon
from sealgate.domain.tariffs import Bill, BillReason, Circumstances, price

HEAD = 'name = "Acme"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\n'
HOURLY = 'steps = [{ each = "1h", price = 5 }]\n'


def bill(rules: str, since: str, until: str, given: Circumstances | None = None, *, head: str = HEAD) -> Bill:
    tariff = read_tariff(head + rules)
    entered, left = (datetime.fromisoformat(f"2026-{text}").replace(tzinfo=tariff.zone) for text in (since, until))
    return price(tariff, entered, left, given or Circumstances())


def cost(rules: str, since: str, until: str, given: Circumstances | None = None, *, head: str = HEAD) -> str:
    return bill(rules, since, until, given, head=head).total.text.removesuffix(".00")


def after(rules: str, stayed: str, given: Circumstances | None = None) -> str:
    """The price of so many hours and minutes from Monday at eight."""
    hours, minutes = map(int, stayed.split(":"))
    entered = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return cost(rules, "03-02T08:00", f"{entered + timedelta(hours=hours, minutes=minutes):%m-%dT%H:%M}", given)


class TestUnits:
    @pytest.mark.parametrize(("stayed", "yuan"), [("0:01", "5"), ("1:00", "5"), ("1:01", "10"), ("25:00", "125")])
    def test_a_started_hour_counts(self, stayed: str, yuan: str) -> None:
        assert after(HOURLY, stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:59", "0"), ("1:00", "5"), ("1:59", "5"), ("2:00", "10")])
    def test_or_counts_only_when_full(self, stayed: str, yuan: str) -> None:
        assert after('steps = [{ each = "1h", price = 5, counts = "full" }]', stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:10", "0"), ("0:11", "5"), ("1:10", "5"), ("1:11", "10")])
    def test_or_after_some_minutes_of_it(self, stayed: str, yuan: str) -> None:
        assert after('steps = [{ each = "1h", price = 5, counts = "after 10m" }]', stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:29", "0"), ("0:30", "5"), ("1:29", "5"), ("1:30", "10")])
    def test_or_from_its_half(self, stayed: str, yuan: str) -> None:
        assert after('steps = [{ each = "1h", price = 5, counts = "from 30m" }]', stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:20", "3"), ("0:31", "6"), ("1:30", "9"), ("1:31", "13"), ("3:30", "17")])
    def test_units_change(self, stayed: str, yuan: str) -> None:
        steps = 'steps = [{ upto = "1h30m", each = "30m", price = 3 }, { each = "1h", price = 4 }]'
        assert after(steps, stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:01", "0.13"), ("0:10", "1.25"), ("1:00", "7.50")])
    def test_an_hours_price_may_be_charged_by_the_minute(self, stayed: str, yuan: str) -> None:
        assert after('steps = [{ each = "1h", price = 7.50, by = "1m" }]', stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("3:00", "15"), ("10:00", "20"), ("24:00", "20"), ("26:00", "30")])
    def test_a_step_may_have_a_ceiling_of_its_own(self, stayed: str, yuan: str) -> None:
        assert after('steps = [{ each = "1h", price = 5, cap = 20, cap_every = "24h" }]', stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:30", "0"), ("0:31", "6"), ("2:00", "6"), ("2:01", "15"), ("40:00", "15")])
    def test_a_table_of_prices(self, stayed: str, yuan: str) -> None:
        steps = 'steps = [{ upto = "30m", total = 0 }, { upto = "2h", total = 6 }, { total = 15 }]'
        assert after(steps, stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("3:00", "15"), ("3:01", "16"), ("5:00", "20")])
    def test_a_long_stay_may_have_another_price_from_its_first_hour(self, stayed: str, yuan: str) -> None:
        steps = 'steps = [{ upto = "3h", each = "1h", price = 5 }, { each = "1h", price = 4, whole = true, cheaper = true }]'
        assert after(steps, stayed) == yuan

    def test_a_step_that_says_so_makes_a_longer_stay_cheaper(self) -> None:
        steps = 'steps = [{ upto = "4h", each = "1h", price = 5 }, { total = 12, cheaper = true }]\n'
        assert (after(steps, "4:00"), after(steps, "4:01")) == ("20", "12")
        capped = steps + '[[ceiling]]\nper = "stay"\nprice = 16'
        assert (after(capped, "4:00"), after(capped, "4:01")) == ("16", "12")

    def test_a_begun_minute_counts_only_where_the_tariff_says_so(self) -> None:
        assert cost(HOURLY, "03-02T08:00:00", "03-02T09:00:59") == "5"
        assert cost('seconds = "counted"\n' + HOURLY, "03-02T08:00:00", "03-02T09:00:01") == "10"


class TestFreeTime:
    @pytest.mark.parametrize(("stayed", "yuan"), [("0:15", "0"), ("0:16", "5"), ("1:00", "5"), ("1:01", "10")])
    def test_whoever_outstays_it_pays_from_the_start(self, stayed: str, yuan: str) -> None:
        assert after('free_time = "15m"\n' + HOURLY, stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("0:15", "0"), ("0:16", "5"), ("1:15", "5"), ("1:16", "10")])
    def test_or_it_is_cut_out_of_every_stay(self, stayed: str, yuan: str) -> None:
        assert after('free_time = { lasts = "15m", outstayed = "kept" }\n' + HOURLY, stayed) == yuan

    @pytest.mark.parametrize(("each", "yuan"), [("period", "120"), ("stay", "125")])
    def test_it_may_begin_anew_with_each_24_hours(self, each: str, yuan: str) -> None:
        rules = f'period = "24h"\nfree_time = {{ lasts = "15m", each = "{each}" }}\n' + HOURLY
        assert after(rules, "24:10") == yuan

    def test_it_is_had_once_a_day(self) -> None:
        assert after('free_time = "15m"\n' + HOURLY, "0:10", Circumstances(free_used=True)) == "5"


DAY_AND_NIGHT = """
[[band]]
name = "day"
hours = "08:00-20:00"
steps = [{ each = "1h", price = 5 }]

[[band]]
name = "night"
hours = "20:00-08:00"
"""


class TestBands:
    @pytest.mark.parametrize(
        ("since", "until", "yuan"),
        [
            ("03-02T21:00", "03-02T22:00", "4"),
            ("03-02T20:00", "03-03T08:00", "4"),
            ("03-02T19:30", "03-02T20:30", "9"),
            ("03-02T21:00", "03-04T21:00", "132"),
        ],
    )
    def test_a_night_has_one_price(self, since: str, until: str, yuan: str) -> None:
        assert cost(DAY_AND_NIGHT + 'flat = 4\nper = "window"', since, until) == yuan

    @pytest.mark.parametrize(("per", "yuan"), [("window", "12"), ("stay", "4"), ("period", "4"), ("day", "16")])
    def test_a_flat_price_is_for_each_window_day_period_or_stay(self, per: str, yuan: str) -> None:
        rules = DAY_AND_NIGHT.replace('steps = [{ each = "1h", price = 5 }]', "free = true") + f'flat = 4\nper = "{per}"'
        assert cost(rules, "03-02T21:00", "03-05T07:00") == yuan

    def test_later_nights_may_have_other_prices(self) -> None:
        rules = DAY_AND_NIGHT.replace('steps = [{ each = "1h", price = 5 }]', "free = true")
        assert cost(rules + 'flat = [9, 6, 3]\nper = "window"', "03-02T21:00", "03-06T07:00") == "21"

    @pytest.mark.parametrize(("until", "yuan"), [("20:14", "5"), ("20:15", "9")])
    def test_a_flat_price_may_begin_only_after_some_minutes(self, until: str, yuan: str) -> None:
        rules = DAY_AND_NIGHT + 'flat = 4\nper = "window"\nleast = "15m"'
        assert cost(rules, "03-02T19:00", f"03-02T{until}") == yuan

    def test_a_ceiling_of_a_band_holds_for_each_night(self) -> None:
        rules = DAY_AND_NIGHT + 'steps = [{ each = "1h", price = 2 }]\ncap = 7'
        assert cost(rules, "03-02T20:00", "03-03T08:00") == "7"
        assert cost(rules, "03-02T20:00", "03-04T08:00") == "74"

    def test_first_hours_come_again_each_day_or_once_in_a_stay(self) -> None:
        steps = 'steps = [{ upto = "1h", each = "1h", price = 9 }, { each = "1h", price = 1 }]'
        rules = DAY_AND_NIGHT.replace('steps = [{ each = "1h", price = 5 }]', steps) + "free = true"
        assert cost(rules, "03-02T18:00", "03-03T10:00") == "20"
        assert cost(rules.replace(steps, f'{steps}\nrestart = "stay"'), "03-02T18:00", "03-03T10:00") == "12"

    def test_two_bands_may_share_a_clock(self) -> None:
        """The first two hours of the stay are dear, by day and by night."""
        steps = 'steps = [{{ upto = "2h", each = "1h", price = {} }}, {{ each = "1h", price = 1 }}]\n'
        steps += 'clock = "all"\nrestart = "stay"'
        rules = DAY_AND_NIGHT.replace('steps = [{ each = "1h", price = 5 }]', steps.format(9)) + steps.format(6)
        assert cost(rules, "03-02T19:00", "03-02T23:00") == "17"

    def test_several_hours_a_day(self) -> None:
        rules = """
            [[band]]
            name = "shop"
            hours = ["09:00-12:00", "14:00-18:00"]
            steps = [{ each = "1h", price = 5 }]
            [[band]]
            name = "closed"
            hours = ["12:00-14:00", "18:00-09:00"]
            free = true
        """
        assert cost(rules, "03-02T11:00", "03-02T15:00") == "10"

    def test_a_day_may_begin_at_six(self) -> None:
        rules = 'day_starts = "06:00"\nflat = 8\nper = "day"'
        assert cost(rules, "03-02T22:00", "03-03T05:59") == "8"
        assert cost(rules, "03-02T22:00", "03-03T06:01") == "16"

    def test_what_is_free_is_told(self) -> None:
        found = bill(DAY_AND_NIGHT + "free = true", "03-02T19:00", "03-02T23:00")
        assert [(line.reason, line.about, line.units) for line in found.lines] == [
            (BillReason.STARTED_UNITS, "day", 1),
            (BillReason.FREE_HOURS, "night", 0),
        ]


WEEK = """
[days]
holiday = { dates = ["2026-03-03", "2026-03-20..2026-03-22"] }
make-up = { dates = ["2026-03-07"] }
summer = { yearly = ["06-01..08-31"] }
winter = { yearly = ["12-01..02-28"] }
off = { any = ["sat-sun", "holiday"], none = ["make-up"] }
summer-weekend = { any = ["sat-sun"], all = ["summer"] }

[[band]]
name = "work"
steps = [{ each = "1h", price = 5 }]

[[band]]
name = "off"
days = ["off"]
rank = 1
steps = [{ each = "1h", price = 3 }]

[[band]]
name = "summer weekend"
days = ["summer-weekend"]
rank = 2
steps = [{ each = "1h", price = 9 }]

[[band]]
name = "winter Sunday"
days = ["winter"]
not_days = ["mon-sat"]
rank = 2
steps = [{ each = "1h", price = 1 }]
"""


class TestDays:
    @pytest.mark.parametrize(
        ("day", "yuan"),
        [
            ("03-02", "5"),
            ("03-03", "3"),
            ("03-07", "5"),
            ("03-08", "3"),
            ("03-20", "3"),
            ("03-23", "5"),
            ("07-04", "9"),
            ("07-06", "5"),
            ("01-04", "1"),
            ("12-27", "1"),
            ("12-26", "3"),
        ],
    )
    def test_the_kind_of_day_decides(self, day: str, yuan: str) -> None:
        assert cost(WEEK, f"{day}T10:00", f"{day}T10:30") == yuan

    def test_a_stay_over_midnight_pays_by_both_days(self) -> None:
        assert cost(WEEK, "03-02T22:00", "03-03T02:00") == "16"

    def test_a_night_belongs_to_the_evening_on_which_it_began(self) -> None:
        rules = DAY_AND_NIGHT + 'flat = 4\nper = "window"\n'
        friday = '[[band]]\nname = "Friday night"\ndays = ["fri"]\nhours = "20:00-08:00"\nrank = 1\nflat = 9\nper = "window"'
        assert cost(rules + friday, "03-07T01:00", "03-07T02:00") == "9"
        assert cost(rules + friday, "03-06T01:00", "03-06T02:00") == "4"

    def test_dates_may_be_open_at_one_end(self) -> None:
        rules = """
            [days]
            dear = { dates = ["2026-07-01.."] }
            [[band]]
            name = "old"
            not_days = ["dear"]
            steps = [{ each = "1h", price = 5 }]
            [[band]]
            name = "new"
            days = ["dear"]
            steps = [{ each = "1h", price = 6 }]
        """
        assert cost(rules, "06-30T23:00", "07-01T01:00") == "11"


class TestClockChanges:
    HEAD = HEAD.replace("Asia/Shanghai", "Europe/Berlin")

    def test_real_hours_are_charged(self) -> None:
        assert cost(HOURLY, "03-29T01:00", "03-29T04:00", head=self.HEAD) == "10"
        assert cost(HOURLY, "10-25T01:00", "10-25T04:00", head=self.HEAD) == "20"

    def test_a_band_that_ends_in_the_hour_that_is_leapt_over_ends_with_the_leap(self) -> None:
        rules = '[[band]]\nname = "a"\nhours = "00:00-02:30"\nsteps = [{ each = "1h", price = 1 }]\n'
        rules += '[[band]]\nname = "b"\nhours = "02:30-24:00"\nsteps = [{ each = "1h", price = 100 }]\n'
        assert cost(rules, "03-29T00:00", "03-29T04:00", head=self.HEAD) == "102"

    def test_a_band_that_ends_in_the_hour_that_comes_twice_ends_at_the_first(self) -> None:
        rules = '[[band]]\nname = "a"\nhours = "00:00-02:30"\nsteps = [{ each = "30m", price = 1 }]\n'
        rules += '[[band]]\nname = "b"\nhours = "02:30-24:00"\nsteps = [{ each = "30m", price = 100 }]\n'
        assert cost(rules, "10-25T02:00", "10-25T03:00", head=self.HEAD) == "301"

    def test_a_day_without_midnight(self) -> None:
        head = HEAD.replace("Asia/Shanghai", "Africa/Cairo")
        assert cost('flat = 7\nper = "day"', "04-23T22:00", "04-24T02:00", head=head) == "14"


class TestCeilings:
    @pytest.mark.parametrize(("stayed", "yuan"), [("5:00", "20"), ("24:00", "20"), ("25:00", "25"), ("48:00", "40")])
    def test_for_each_24_hours_from_entry(self, stayed: str, yuan: str) -> None:
        assert after(HOURLY + '[[ceiling]]\nper = "24h"\nprice = 20', stayed) == yuan

    @pytest.mark.parametrize(("stayed", "yuan"), [("9:00", "20"), ("16:00", "20"), ("17:00", "25"), ("40:00", "40")])
    def test_for_each_calendar_day(self, stayed: str, yuan: str) -> None:
        assert after(HOURLY + '[[ceiling]]\nper = "day"\nprice = 20', stayed) == yuan

    def test_for_the_whole_stay(self) -> None:
        found = bill(HOURLY + '[[ceiling]]\nname = "stay"\nper = "stay"\nprice = 20', "03-02T08:00", "03-05T08:00")
        assert [(line.reason, line.amount.minor) for line in found.lines] == [
            (BillReason.STARTED_UNITS, 36_000),
            (BillReason.STAY_CEILING, -34_000),
        ]

    @pytest.mark.parametrize(("stayed", "yuan"), [("24:00", "20"), ("48:00", "50"), ("72:00", "170"), ("96:00", "290")])
    def test_others_for_later_days(self, stayed: str, yuan: str) -> None:
        assert after(HOURLY + '[[ceiling]]\nper = "24h"\nprices = [20, 30, "none"]', stayed) == yuan

    def test_another_at_the_weekend(self) -> None:
        ceilings = '[[ceiling]]\nper = "day"\nprice = 20\nnot_days = ["sat-sun"]\n'
        ceilings += '[[ceiling]]\nper = "day"\nprice = 8\ndays = ["sat-sun"]'
        assert cost(HOURLY + ceilings, "03-06T08:00", "03-07T20:00") == "28"

    def test_of_some_bands_together_and_one_above_all(self) -> None:
        rules = DAY_AND_NIGHT + 'steps = [{ each = "1h", price = 2 }]\ncap = 6\n'
        rules += '[[ceiling]]\nname = "days"\nper = "stay"\nprice = 30\nbands = ["day"]\n'
        rules += '[[ceiling]]\nname = "all"\nper = "stay"\nprice = 40'
        assert cost(rules, "03-02T08:00", "03-03T08:00") == "36"
        assert cost(rules, "03-02T08:00", "03-03T20:00") == "36"
        assert cost(rules, "03-02T08:00", "03-04T08:00") == "40"

    def test_a_period_begins_everything_anew(self) -> None:
        steps = 'steps = [{ upto = "2h", each = "1h", price = 10 }, { each = "1h", price = 5 }]\n'
        rules = 'period = "24h"\n' + steps + '[[ceiling]]\nper = "period"\nprices = [60, 80]'
        assert [after(rules, stayed) for stayed in ("23:00", "25:00", "48:00", "49:00")] == ["60", "70", "140", "150"]

    def test_a_period_may_be_the_calendar_day(self) -> None:
        steps = 'steps = [{ upto = "2h", each = "1h", price = 10 }, { each = "1h", price = 5 }]\n'
        assert cost('period = "day"\n' + steps, "03-02T22:00", "03-03T01:00") == "30"


class TestWhoPaysWhat:
    RATES = """
        classes = ["car", "motorcycle", "electric"]
        areas = ["roof"]
        [days]
        match = { dates = ["2026-03-08"] }
        [[rate]]
        name = "match evening"
        entered = { days = ["match"], hours = "16:00-22:00" }
        flat = 50
        per = "stay"
        [[rate]]
        name = "motorcycle"
        classes = ["motorcycle"]
        free = true
        [[rate]]
        name = "residents"
        tags = ["resident", "staff"]
        steps = [{ each = "1h", price = 1 }]
        [[rate]]
        name = "roof"
        areas = ["roof"]
        steps = [{ each = "1h", price = 3 }]
        [[rate]]
        name = "car"
        classes = ["car"]
        steps = [{ each = "1h", price = 5 }]
        [[ceiling]]
        per = "stay"
        price = 30
        [[rate]]
        name = "electric"
        classes = ["electric"]
        like = "car"
        pays = "50%"
        [[rate]]
        name = "later"
        valid_from = 2027-01-01
        steps = [{ each = "1h", price = 7 }]
    """.replace("[[ceiling]]", "[[rate.ceiling]]")

    @pytest.mark.parametrize(
        ("given", "yuan"),
        [
            (Circumstances(), "10"),
            (Circumstances(vehicle="car"), "10"),
            (Circumstances(vehicle="motorcycle"), "0"),
            (Circumstances(vehicle="electric"), "5"),
            (Circumstances(area="roof"), "6"),
            (Circumstances(tags=frozenset({"staff"})), "2"),
            (Circumstances(tags=frozenset({"taxi"})), "10"),
        ],
    )
    def test_the_first_rate_that_fits(self, given: Circumstances, yuan: str) -> None:
        assert cost(self.RATES, "03-02T10:00", "03-02T12:00", given) == yuan

    def test_whoever_comes_for_the_match_pays_its_price(self) -> None:
        assert cost(self.RATES, "03-08T17:00", "03-08T17:30") == "50"
        assert cost(self.RATES, "03-08T15:59", "03-08T19:00") == "20"
        assert cost(self.RATES, "03-07T17:00", "03-07T17:30") == "5"

    def test_nobody_is_billed_by_a_guess(self) -> None:
        rules = 'classes = ["car", "bus"]\n[[rate]]\nname = "car"\nclasses = ["car"]\nsteps = [{ each = "1h", price = 5 }]'
        with pytest.raises(NoRate) as refused:
            cost(rules, "03-02T10:00", "03-02T12:00", Circumstances(vehicle="bus"))
        assert refused.value.code == "tariff.no-rate"

    def test_rates_change_by_date(self) -> None:
        tariff = read_tariff(HEAD + self.RATES.replace('classes = ["car"]\n', 'classes = ["car"]\nvalid_until = 2026-12-31\n'))
        entered = datetime(2027, 1, 2, 10, tzinfo=tariff.zone)
        assert price(tariff, entered, entered + timedelta(hours=1)).total == Money(700, "CNY")

    def test_twice_the_price(self) -> None:
        assert after('pays = "200%"\n' + HOURLY, "2:00") == "20"


class TestPermits:
    OFFICE = HOURLY + '[[permit]]\nname = "office"\ndays = ["mon-fri"]\nhours = "07:00-19:00"\n'
    BOB = Circumstances(permit="office")

    @pytest.mark.parametrize(
        ("since", "until", "yuan"),
        [
            ("03-02T07:30", "03-02T18:30", "0"),
            ("03-02T07:30", "03-02T19:00", "0"),
            ("03-02T07:30", "03-02T20:30", "10"),
            ("03-02T06:30", "03-02T19:30", "10"),
            ("03-07T08:00", "03-07T10:00", "10"),
            ("03-06T18:00", "03-09T08:00", "300"),
        ],
    )
    def test_outside_its_hours_its_holder_pays_as_others_do(self, since: str, until: str, yuan: str) -> None:
        assert cost(self.OFFICE, since, until, self.BOB) == yuan

    def test_the_hours_that_it_covers_are_told(self) -> None:
        reasons = [line.reason for line in bill(self.OFFICE, "03-02T07:30", "03-02T20:30", self.BOB).lines]
        assert reasons == [BillReason.PERMIT_HOURS, BillReason.STARTED_UNITS]

    def test_free_time_is_that_outside_its_hours(self) -> None:
        assert cost('free_time = "15m"\n' + self.OFFICE, "03-02T07:30", "03-02T19:10", self.BOB) == "0"

    def test_a_permit_with_two_kinds_of_hours(self) -> None:
        more = '[[permit]]\nname = "office"\ndays = ["sat"]\nhours = "08:00-12:00"\n'
        assert cost(self.OFFICE + more, "03-07T08:00", "03-07T13:00", self.BOB) == "5"

    def test_a_permit_that_is_kept_elsewhere_says_what_is_charged(self) -> None:
        hour = (datetime.fromisoformat("2026-03-02T19:00+08:00"), datetime.fromisoformat("2026-03-02T20:30+08:00"))
        assert cost(HOURLY, "03-02T07:30", "03-02T20:30", Circumstances(only=(hour,))) == "10"
        assert cost(HOURLY, "03-02T07:30", "03-02T20:30", Circumstances(only=())) == "0"

    def test_a_permit_may_have_a_rate_of_its_own(self) -> None:
        rules = (
            '[[rate]]\nname = "residents"\npermits = ["resident"]\nflat = 2\nper = "day"\n[[rate]]\nname = "others"\n' + HOURLY
        )
        assert cost(rules, "03-02T08:00", "03-02T20:00", Circumstances(permit="resident")) == "2"
        assert cost(rules, "03-02T08:00", "03-02T20:00") == "60"


class TestCouponsAndPoints:
    STEPS = 'steps = [{ upto = "1h", each = "1h", price = 9 }, { each = "1h", price = 4 }]\n'
    HOUR = Circumstances(reliefs=(Coupon("shop", seconds=3600),))

    @pytest.mark.parametrize(("takes", "yuan"), [("start", "13"), ("first", "8"), ("last", "13"), ("entry", "13")])
    def test_an_hour_off_is_taken_from_where_the_tariff_says(self, takes: str, yuan: str) -> None:
        assert after(f'{self.STEPS}[time_off]\ntakes = "{takes}"', "3:00", self.HOUR) == yuan

    def test_it_is_not_used_up_by_free_hours(self) -> None:
        rules = DAY_AND_NIGHT + "free = true\n"
        assert cost(rules, "03-02T07:00", "03-02T10:00", self.HOUR) == "5"
        assert cost(rules + '[time_off]\ntakes = "entry"', "03-02T07:00", "03-02T10:00", self.HOUR) == "10"

    def test_it_may_be_worth_more_than_the_ceiling_lets_it(self) -> None:
        capped = self.STEPS + '[[ceiling]]\nper = "stay"\nprice = 20\n[time_off]\ntakes = "first"\n'
        assert after(capped, "8:00", self.HOUR) == "20"
        assert after(capped + 'ceilings = "before"', "8:00", self.HOUR) == "11"

    def test_points_are_used_up_in_full_lots(self) -> None:
        rules = HOURLY + '[points]\neach = 500\ntime = "1h"\nmost = "2h"\nunless = ["temporary-plate"]'
        assert [after(rules, "4:00", Circumstances(points=points)) for points in (0, 499, 999, 1000, 5000)] == [
            "20", "20", "15", "10", "10",
        ]  # fmt: skip
        assert after(rules, "4:00", Circumstances(points=1000, tags=frozenset({"temporary-plate"}))) == "20"

    COUPONS = (
        HOURLY
        + """
        [[coupon]]
        name = "half"
        share = "50%"
        most = 8
        [[coupon]]
        name = "ten"
        amount = 10
        [[coupon]]
        name = "two hours"
        time = "2h"
        unless = ["taxi"]
    """
    )

    @pytest.mark.parametrize(
        ("coupons", "yuan"),
        [
            (("half",), "12"),
            (("ten",), "10"),
            (("two hours",), "10"),
            (("half", "ten"), "2"),
            (("ten", "half"), "2"),
            (("two hours", "half"), "5"),
            (("two hours", "ten", "half"), "0"),
        ],
    )
    def test_time_first_then_shares_then_amounts(self, coupons: tuple[str, ...], yuan: str) -> None:
        assert after(self.COUPONS, "4:00", Circumstances(coupons=coupons)) == yuan

    def test_a_share_takes_no_more_than_it_may(self) -> None:
        assert after(self.COUPONS, "10:00", Circumstances(coupons=("half",))) == "42"

    def test_some_cars_get_none(self) -> None:
        taxi = Circumstances(coupons=("two hours",), tags=frozenset({"taxi"}))
        assert after(self.COUPONS, "4:00", taxi) == "20"

    def test_a_coupon_may_open_a_rate(self) -> None:
        rules = (
            '[[rate]]\nname = "film"\ncoupons = ["cinema"]\nsteps = [{ upto = "4h", total = 3 }, { each = "1h", price = 5 }]\n'
        )
        rules += '[[rate]]\nname = "others"\n' + HOURLY
        assert after(rules, "5:00", Circumstances(coupons=("cinema",))) == "8"
        assert after(rules, "5:00") == "25"


class TestAfterPayment:
    @staticmethod
    def left(later: str, until: str, *paid: str, rest: str = "") -> str:
        rules = f'free_time = "10m"\n{HOURLY}[after_payment]\nleave_within = "20m"\nlater = "{later}"\n{rest}'
        times = tuple(datetime.fromisoformat(f"2026-03-02T{text}+08:00") for text in paid)
        return cost(rules, "03-02T08:00", f"03-02T{until}", Circumstances(paid=times))

    @pytest.mark.parametrize(
        ("later", "in_time", "late"), [("goes-on", "10", "15"), ("new-stay", "10", "20"), ("new-stay-after", "10", "15")]
    )
    def test_who_paid_has_time_to_leave(self, later: str, in_time: str, late: str) -> None:
        assert self.left(later, "10:15", "09:55") == in_time
        assert self.left(later, "11:00", "09:55") == late

    def test_the_free_time_is_had_once(self) -> None:
        assert self.left("new-stay-after", "10:20", "09:55") == "15"
        assert self.left("new-stay-after", "10:20", "09:55", rest="free_again = true") == "10"

    def test_who_pays_again_and_again_pays_for_each_part(self) -> None:
        assert self.left("new-stay", "12:10", "09:55", "11:55") == "20"
        assert self.left("goes-on", "12:10", "09:55", "11:55") == "20"


class TestFeesAndOffers:
    FEES = HOURLY + '[[fee]]\nname = "entry"\nprice = 2\n[[fee]]\nname = "overnight"\nat = "04:00"\nprice = 30\n'

    @pytest.mark.parametrize(
        ("until", "yuan"), [("03-02T09:00", "7"), ("03-03T03:59", "102"), ("03-03T04:01", "137"), ("03-04T05:00", "287")]
    )
    def test_fees_are_added(self, until: str, yuan: str) -> None:
        assert cost(self.FEES, "03-02T08:00", until) == yuan

    def test_a_fee_may_be_for_one_night_only_and_only_on_some_days(self) -> None:
        once = self.FEES.replace("price = 30", "price = 30\nonce = true")
        assert cost(once, "03-02T08:00", "03-04T05:00") == "257"
        weekend = self.FEES.replace("price = 30", 'price = 30\ndays = ["sat-sun"]')
        assert cost(weekend, "03-02T08:00", "03-04T05:00") == "227"

    OFFER = (
        HOURLY
        + """
        [[offer]]
        name = "early bird"
        price = 15
        entered = { days = ["mon-fri"], hours = "06:00-09:30" }
        left = { hours = "15:00-19:00" }
        longest = "13h"
    """
    )

    @pytest.mark.parametrize(
        ("since", "until", "yuan"),
        [
            ("03-02T08:00", "03-02T17:00", "15"),
            ("03-02T08:00", "03-02T14:59", "35"),
            ("03-02T09:30", "03-02T17:00", "40"),
            ("03-07T08:00", "03-07T17:00", "45"),
            ("03-02T08:00", "03-03T16:00", "160"),
        ],
    )
    def test_an_early_bird(self, since: str, until: str, yuan: str) -> None:
        assert cost(self.OFFER, since, until) == yuan

    def test_an_offer_is_taken_when_it_is_cheaper_or_always(self) -> None:
        rules = HOURLY + '[[offer]]\nname = "event"\nprice = 12\n'
        assert (after(rules, "1:00"), after(rules, "9:00")) == ("5", "12")
        assert after(rules + "always = true", "1:00") == "12"

    def test_the_cheapest_offer_is_taken(self) -> None:
        rules = HOURLY + '[[offer]]\nname = "a"\nprice = 12\n[[offer]]\nname = "b"\nprice = 11\n'
        assert after(rules, "9:00") == "11"


class TestTheEndOfTheBill:
    @pytest.mark.parametrize(("way", "yuan"), [("instead", "50"), ("added", "60"), ("at-least", "50")])
    def test_a_lost_ticket(self, way: str, yuan: str) -> None:
        rules = f'lost_ticket = {{ price = 50, way = "{way}" }}\n{HOURLY}'
        assert after(rules, "2:00", Circumstances(lost_ticket=True)) == yuan
        assert after(rules, "2:00") == "10"

    def test_a_lost_ticket_of_a_long_stay(self) -> None:
        rules = f'lost_ticket = {{ price = 50, each = "24h" }}\n{HOURLY}'
        assert after(rules, "49:00", Circumstances(lost_ticket=True)) == "150"
        assert (
            after(f'lost_ticket = {{ price = 50, way = "at-least" }}\n{HOURLY}', "20:00", Circumstances(lost_ticket=True))
            == "100"
        )

    def test_who_lost_a_ticket_where_no_rule_is_pays_for_the_stay(self) -> None:
        assert after(HOURLY, "2:00", Circumstances(lost_ticket=True)) == "10"

    def test_a_minimum(self) -> None:
        rules = 'minimum = 8\nfree_time = "15m"\n' + HOURLY
        assert [after(rules, stayed) for stayed in ("0:15", "0:30", "2:00")] == ["0", "8", "10"]

    @pytest.mark.parametrize(("way", "yuan"), [("down", "3"), ("up", "3.50"), ("nearest", "3.50")])
    def test_rounding(self, way: str, yuan: str) -> None:
        rules = f'steps = [{{ each = "1h", price = 3.30 }}]\n[round]\nto = "0.50"\nway = "{way}"'
        found = bill(rules, "03-02T08:00", "03-02T09:00")
        assert found.total.text.removesuffix(".00") == yuan
        assert found.lines[-1].reason == BillReason.ROUNDING

    def test_tax_in_the_price_is_shown_and_not_added(self) -> None:
        found = bill(HOURLY + '[tax]\nname = "VAT"\nrate = "6%"', "03-02T08:00", "03-02T10:00")
        assert found.total == Money(1000, "CNY")
        assert found.tax is not None
        assert (found.tax.name, found.tax.rate, found.tax.amount) == ("VAT", 600, Money(57, "CNY"))

    def test_tax_on_top_is_a_line(self) -> None:
        found = bill(HOURLY + '[tax]\nrate = "6%"\nincluded = false', "03-02T08:00", "03-02T10:00")
        assert (found.total, found.tax) == (Money(1060, "CNY"), None)
        assert found.lines[-1].reason == BillReason.TAX

    @pytest.mark.parametrize(
        ("currency", "amount", "text"), [("JPY", "300", "900"), ("KWD", "0.125", "0.375"), ("EUR", "2.50", "7.50")]
    )
    def test_every_currency_has_its_own_decimals(self, currency: str, amount: str, text: str) -> None:
        head = HEAD.replace("CNY", currency)
        found = bill(f'steps = [{{ each = "1h", price = "{amount}" }}]', "03-02T08:00", "03-02T11:00", head=head)
        assert (found.total.text, found.total.currency) == (text, currency)


def test_a_tariff_in_json_is_the_same_tariff() -> None:
    text = """{"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", "valid_from": "2026-01-01",
               "steps": [{"each": "1h", "price": 2.50}]}"""
    tariff = read_tariff(text)
    assert tariff.valid_from == date(2026, 1, 1)
    entered = datetime(2026, 3, 2, 8, tzinfo=tariff.zone)
    assert price(tariff, entered, entered + timedelta(hours=3)).total == Money(750, "EUR")
