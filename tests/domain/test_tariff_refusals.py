"""A tariff that cannot be used says so at once, by a stable code and the path of the key; nothing is guessed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.tariff_errors import BadTariff
from sealgate.domain.tariff_file import MOST_TEXT, read_coupon, read_tariff
from sealgate.domain.tariffs import price

HEAD = 'name = "Acme"\ncurrency = "CNY"\ntime_zone = "Asia/Shanghai"\n'
HOURLY = 'steps = [{ each = "1h", price = 5 }]\n'
DAY = '[[band]]\nname = "day"\nhours = "08:00-20:00"\nfree = true\n'
NIGHT = '[[band]]\nname = "night"\nhours = "20:00-08:00"\nfree = true\n'
FILES = sorted((Path(__file__).parents[1] / "data" / "tariffs").glob("*.toml"))


def refused(text: str) -> BadTariff:
    with pytest.raises(BadTariff) as found:
        read_tariff(text)
    return found.value


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        # broken text
        ("name = ", "tariff.unreadable", ""),
        ("[[[", "tariff.unreadable", ""),
        ('{"name": ', "tariff.unreadable", ""),
        ('{"name": NaN}', "tariff.unreadable", ""),
        ("{" + '"a":{' * 30_000, "tariff.unreadable", ""),
        ("a = " + "[" * 50_000, "tariff.unreadable", ""),
        ("a = 1e99999999999999999999", "tariff.unreadable", ""),
        ("a = " + "9" * 5000, "tariff.unreadable", ""),
        ("#" * (MOST_TEXT + 1), "tariff.too-large", ""),
        # the head
        ("", "tariff.missing-key", "currency"),
        ('name = "Acme"\ncurrency = "CNY"', "tariff.missing-key", "time_zone"),
        ('currency = "CNY"\ntime_zone = "Asia/Shanghai"\n' + HOURLY, "tariff.missing-key", "name"),
        (HEAD.replace("CNY", "XYZ") + HOURLY, "tariff.bad-currency", "currency"),
        (HEAD.replace('"CNY"', "7") + HOURLY, "tariff.wrong-value", "currency"),
        (HEAD.replace("Asia/Shanghai", "Mars/Olympus") + HOURLY, "tariff.bad-time", "time_zone"),
        (HEAD.replace("Asia/Shanghai", "../../etc/passwd") + HOURLY, "tariff.bad-time", "time_zone"),
        (HEAD.replace("Acme", "A\\u0000") + HOURLY, "tariff.wrong-value", "name"),
        (HEAD.replace("Acme", "A" * 101) + HOURLY, "tariff.wrong-value", "name"),
        (HEAD + "valid_from = 2026-04-01\nvalid_until = 2026-03-01\n" + HOURLY, "tariff.ends-before-start", "valid_until"),
        (HEAD + 'valid_from = "2026-02-30"\n' + HOURLY, "tariff.bad-time", "valid_from"),
        (HEAD + "valid_from = 2026-04-01T10:00:00\n" + HOURLY, "tariff.bad-time", "valid_from"),
        (HEAD + "valid_from = 9999-12-31\n" + HOURLY, "tariff.bad-time", "valid_from"),
        (HEAD + 'classes = ["car", "car"]\n' + HOURLY, "tariff.double-name", "classes"),
        (HEAD + "classes = []\n" + HOURLY, "tariff.wrong-value", "classes"),
        (HEAD + 'day_starts = "25:00"\n' + HOURLY, "tariff.bad-time", "day_starts"),
        (HEAD + 'seconds = "perhaps"\n' + HOURLY, "tariff.wrong-value", "seconds"),
        # keys
        (HEAD + "clases = ['car']\n" + HOURLY, "tariff.unknown-key", "clases"),
        (HEAD + 'steps = [{ each = "1h", prize = 5 }]', "tariff.missing-key", "steps[1].price"),
        (HEAD + 'steps = [{ each = "1h", price = 5, colour = 1 }]', "tariff.unknown-key", "steps[1].colour"),
        (HEAD + HOURLY + '[[rate]]\nname = "a"\nbands = 1', "tariff.unknown-key", "rate[1].bands"),
        (HEAD + DAY + 'colour = "red"\n' + NIGHT, "tariff.unknown-key", "band[1].colour"),
        (HEAD, "tariff.missing-key", "band"),
        (HEAD + "steps = 5", "tariff.wrong-value", "steps[1]"),
        (HEAD + "band = [1]", "tariff.wrong-value", "band[1]"),
        # prices
        (HEAD + 'steps = [{ each = "1h", price = -5 }]', "tariff.bad-price", "steps[1].price"),
        (HEAD + 'steps = [{ each = "1h", price = 0.005 }]', "tariff.bad-price", "steps[1].price"),
        (HEAD + 'steps = [{ each = "1h", price = "5 yuan" }]', "tariff.bad-price", "steps[1].price"),
        (HEAD + 'steps = [{ each = "1h", price = true }]', "tariff.bad-price", "steps[1].price"),
        (HEAD + 'steps = [{ each = "1h", price = 99999999999999 }]', "tariff.bad-price", "steps[1].price"),
        (HEAD + 'steps = [{ each = "1h", price = nan }]', "tariff.bad-price", "steps[1].price"),
        (HEAD.replace("CNY", "JPY") + 'steps = [{ each = "1h", price = 1.5 }]', "tariff.bad-price", "steps[1].price"),
        (HEAD + 'flat = -1\nper = "stay"', "tariff.bad-price", "flat"),
        (HEAD + "minimum = -1\n" + HOURLY, "tariff.bad-price", "minimum"),
        (HEAD + 'pays = "50"\n' + HOURLY, "tariff.wrong-value", "pays"),
        # times
        (HEAD + 'steps = [{ each = "1 hour", price = 5 }]', "tariff.bad-time", "steps[1].each"),
        (HEAD + 'steps = [{ each = "0m", price = 5 }]', "tariff.bad-time", "steps[1].each"),
        (HEAD + "steps = [{ each = 60, price = 5 }]", "tariff.bad-time", "steps[1].each"),
        (HEAD + 'steps = [{ each = "9999d", price = 5 }]', "tariff.bad-time", "steps[1].each"),
        (HEAD + 'free_time = "-5m"\n' + HOURLY, "tariff.bad-time", "free_time"),
        (HEAD + 'period = "1m"\n' + HOURLY, "tariff.bad-time", "period"),
        (HEAD + DAY.replace("08:00-20:00", "8-20") + NIGHT, "tariff.bad-time", "band[1].hours"),
        (HEAD + DAY.replace("08:00-20:00", "08:00-24:01") + NIGHT, "tariff.bad-time", "band[1].hours"),
        (HEAD + DAY.replace("08:00-20:00", "24:00-08:00") + NIGHT, "tariff.bad-time", "band[1].hours"),
        # steps
        (HEAD + 'steps = [{ upto = "2h", total = 5 }]', "tariff.bad-steps", "steps[1].upto"),
        (HEAD + 'steps = [{ total = 5 }, { each = "1h", price = 1 }]', "tariff.bad-steps", "steps[2].upto"),
        (HEAD + 'steps = [{ upto = "2h", total = 5 }, { upto = "2h", total = 6 }]', "tariff.bad-steps", "steps[2].upto"),
        (HEAD + 'steps = [{ upto = "2h", total = 5 }, { total = 4 }]', "tariff.cheaper-when-longer", "steps[2].total"),
        (
            HEAD + 'steps = [{ upto = "2h", each = "1h", price = 5 }, { each = "1h", price = 3, whole = true }]',
            "tariff.cheaper-when-longer",
            "steps[2].price",
        ),
        (HEAD + 'steps = [{ each = "1h", by = "2h", price = 5 }]', "tariff.bad-steps", "steps[1].by"),
        (HEAD + 'steps = [{ each = "1h", price = 5, counts = "half" }]', "tariff.wrong-value", "steps[1].counts"),
        (HEAD + 'steps = [{ each = "1h", price = 5, counts = "after 2h" }]', "tariff.wrong-value", "steps[1].counts"),
        (HEAD + 'steps = [{ each = "1h", price = 5, cap = 20 }]', "tariff.contradiction", "steps[1].cap"),
        # bands
        (HEAD + DAY, "tariff.gap", "band"),
        (HEAD + DAY + NIGHT.replace("20:00-08:00", "20:00-07:59"), "tariff.gap", "band"),
        (HEAD + DAY + NIGHT.replace("20:00-08:00", "19:59-08:00"), "tariff.overlapping-bands", "band"),
        (HEAD + DAY + NIGHT.replace('hours = "20', 'days = ["mon-sat"]\nhours = "20'), "tariff.gap", "band"),
        (HEAD + DAY + NIGHT + 'flat = 5\nper = "stay"', "tariff.contradiction", "band[2].free"),
        (HEAD + DAY + NIGHT.replace("night", "day"), "tariff.double-name", "band"),
        (HEAD + HOURLY + DAY + NIGHT, "tariff.contradiction", "steps"),
        (HEAD + DAY.replace("free = true", "flat = 5") + NIGHT, "tariff.missing-key", "band[1].per"),
        (HEAD + DAY.replace("free = true", 'flat = 5\nper = "week"') + NIGHT, "tariff.wrong-value", "band[1].per"),
        (HEAD + DAY.replace("free = true", "free = true\nrank = 1000") + NIGHT, "tariff.wrong-value", "band[1].rank"),
        (HEAD + HOURLY + 'crossing = "diagonal"', "tariff.wrong-value", "crossing"),
        # days
        (HEAD + DAY + 'days = ["holiday"]\n' + NIGHT, "tariff.unknown-name", "band[1].days"),
        (HEAD + HOURLY + '[days]\na = { any = ["b"] }\nb = { any = ["a"] }', "tariff.unknown-name", "days.a.any"),
        (HEAD + HOURLY + '[days]\na = { dates = ["2026-10-07..2026-10-01"] }', "tariff.ends-before-start", "days.a.dates"),
        (HEAD + HOURLY + '[days]\na = { dates = ["yesterday"] }', "tariff.bad-time", "days.a.dates"),
        (HEAD + HOURLY + '[days]\na = { yearly = ["02-30"] }', "tariff.bad-time", "days.a.yearly"),
        (HEAD + HOURLY + '[days]\nmon = { dates = ["2026-10-07"] }', "tariff.double-name", "days.mon"),
        (HEAD + HOURLY + "[days]\n" + "".join(f"a{n} = {{}}\n" for n in range(41)), "tariff.too-large", "days"),
        # rates
        (HEAD + '[[rate]]\nclasses = ["car"]\n' + HOURLY, "tariff.unknown-name", "rate[1].classes"),
        (HEAD + "[[rate]]\n" + HOURLY + "[[rate]]\n" + HOURLY, "tariff.unreachable-rate", "rate[2]"),
        (HEAD + '[[rate]]\nlike = "x"\n' + HOURLY, "tariff.unknown-name", "rate[1].like"),
        (HEAD + '[[rate]]\nname = "a"\n' + HOURLY + '[[rate]]\nname = "a"\n' + HOURLY, "tariff.double-name", "rate[2].name"),
        (HEAD + '[[rate]]\ntags = ["x"]\nsteps = [{ each = "1h", price = -5 }]', "tariff.bad-price", "rate[1].steps[1].price"),
        (HEAD + "[[rate]]\ntags = 'x'\n" + HOURLY + "[[rate]]\n" + DAY.replace("[[", "[[rate."), "tariff.gap", "rate[2].band"),
        # what is added and taken off
        (HEAD + HOURLY + '[[ceiling]]\nper = "day"', "tariff.contradiction", "ceiling[1].price"),
        (HEAD + HOURLY + "[[ceiling]]\nprice = 5", "tariff.missing-key", "ceiling[1].per"),
        (HEAD + HOURLY + '[[ceiling]]\nper = "moon"\nprice = 5', "tariff.bad-time", "ceiling[1].per"),
        (HEAD + HOURLY + '[[ceiling]]\nper = "day"\nprice = 5\nbands = ["x"]', "tariff.unknown-name", "ceiling[1].bands"),
        (HEAD + HOURLY + '[[fee]]\nname = "a"\nprice = 5\nat = "03:00"\nhours = "01:00-02:00"', "tariff.contradiction", "fee[1].at"),  # noqa: E501
        (HEAD + HOURLY + '[[offer]]\nname = "a"', "tariff.missing-key", "offer[1].price"),
        (HEAD + HOURLY + '[[coupon]]\nname = "a"', "tariff.contradiction", "coupon[1].time"),
        (HEAD + HOURLY + '[[coupon]]\nname = "a"\nshare = "101%"', "tariff.wrong-value", "coupon[1].share"),
        (HEAD + HOURLY + '[points]\neach = 0\ntime = "1h"', "tariff.wrong-value", "points.each"),
        (HEAD + HOURLY + '[time_off]\ntakes = "last"\nceilings = "before"', "tariff.contradiction", "time_off.ceilings"),
        (HEAD + HOURLY + '[after_payment]\nlater = "new-stay"', "tariff.missing-key", "after_payment.leave_within"),
        (HEAD + HOURLY + "[tax]\nrate = 6", "tariff.wrong-value", "tax.rate"),
        (HEAD + HOURLY + "[round]\nto = 0", "tariff.bad-price", "round.to"),
        (HEAD + "lost_ticket = 15\n" + HOURLY, "tariff.wrong-value", "lost_ticket"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name(text: str, code: str, field: str) -> None:
    error = refused(text)
    assert (error.code, error.field) == (code, field)
    assert len(str(error)) < 500


def test_a_misspelt_key_is_answered_with_the_right_one() -> None:
    assert refused(HEAD + 'curency = "EUR"\n' + HOURLY).hint == "Did you mean currency?"


def test_an_overlap_says_which_bands_and_when() -> None:
    saturday = '[[band]]\nname = "Saturday"\ndays = ["sat"]\nhours = "10:00-12:00"\nfree = true\n'
    assert "'day' and 'Saturday' both hold from 10:00 to 12:00" in str(refused(HEAD + DAY + NIGHT + saturday))
    assert "Sat 20" in str(refused(HEAD + DAY + NIGHT + saturday))
    assert read_tariff(HEAD + DAY + NIGHT + saturday + "rank = 1").rates


@pytest.mark.parametrize(
    "days",
    [
        '{ dates = ["2027-05-01..2027-05-01"] }',
        '{ dates = ["2027-05-01.."], all = ["wed"] }',
        '{ yearly = ["12-24..01-02"], all = ["sun"] }',
        '{ yearly = ["02-29"] }',
    ],
)
def test_a_gap_on_a_few_days_only_is_found(days: str) -> None:
    rules = f'[days]\nrare = {days}\n[[band]]\nname = "usual"\nnot_days = ["rare"]\nfree = true\n'
    assert refused(HEAD + rules).code == "tariff.gap"
    assert read_tariff(HEAD + rules + '[[band]]\nname = "rare"\ndays = ["rare"]\nfree = true').rates


def test_a_night_that_runs_into_another_kind_of_day_is_found() -> None:
    """The night of Friday ends on Saturday at eight; Saturday's band begins at midnight."""
    week = '[[band]]\nname = "week"\ndays = ["mon-fri"]\nhours = "08:00-08:00"\nfree = true\n'
    weekend = '[[band]]\nname = "weekend"\ndays = ["sat-sun"]\nfree = true\n'
    assert refused(HEAD + week + weekend).code == "tariff.overlapping-bands"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("".join(f'[[rate]]\nname = "{n}"\ntags = ["{n}"]\n{HOURLY}' for n in range(61)), "tariff.too-large"),
        (DAY + "".join(NIGHT.replace('"night"', f'"{n}"') for n in range(41)), "tariff.too-large"),
        ("steps = [" + ",".join(f'{{ upto = "{n}m", total = {n} }}' for n in range(1, 62)) + "]", "tariff.too-large"),
        (HOURLY + "[days]\na = { dates = [" + ",".join(['"2026-01-01"'] * 401) + "] }", "tariff.too-large"),
    ],
)
def test_an_absurd_number_of_anything_is_refused(rules: str, code: str) -> None:
    assert refused(HEAD + rules).code == code


def test_a_tariff_made_to_be_slow_is_refused_before_it_is_tried() -> None:
    """Thirty bands on thirty kinds of days that cross each other in every way."""
    names = [f"d{n}" for n in range(30)]
    dates = [[f"20{26 + i}-{1 + n % 12:02}-{1 + n * i % 27:02}" for i in range(13)] for n in range(30)]
    days = "[days]\n" + "".join(f"{name} = {{ dates = {those} }}\n" for name, those in zip(names, dates, strict=True))
    bands = "".join(f'[[band]]\nname = "{name}"\ndays = ["{name}"]\nrank = {n}\nfree = true\n' for n, name in enumerate(names))
    with pytest.raises(BadTariff) as found:
        read_tariff(HEAD + days + bands)
    assert found.value.code in {"tariff.too-large", "tariff.gap"}


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BadTariff):
        read_tariff(text)


@given(file=st.sampled_from(FILES), cut=st.integers(0, 1500), put=st.text(max_size=12))
def test_a_damaged_file_is_refused_or_still_prices_every_stay(file: Path, cut: int, put: str) -> None:
    text = file.read_text(encoding="utf-8")
    try:
        tariff = read_tariff(text[:cut] + put + text[cut + len(put) :])
    except BadTariff:
        return
    entered = datetime(2026, 3, 6, 17, tzinfo=tariff.zone)
    if tariff.in_force_on(entered.date()):
        assert price(tariff, entered, entered + timedelta(hours=30)).total.minor >= 0


def test_a_coupon_of_a_shop_is_read_by_the_same_rules() -> None:
    assert read_coupon({"name": "shop", "time": "2h"}, "CNY").seconds == 7200
    with pytest.raises(BadTariff):
        read_coupon({"name": "shop", "amount": "-5"}, "CNY")
