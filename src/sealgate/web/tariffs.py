"""The tariff editor: the text of the file, checked while one types, and what it makes of a stay, drawn and tabled.

The surprising thing: the preview never fails. A text that cannot be used is answered with the line and the key to look at, in
the place where the drawing would be, so that somebody in the middle of a word is not told off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.money import Money, decimals
from sealgate.domain.operators import Permission
from sealgate.domain.pricecurve import price_curve
from sealgate.domain.tariff_errors import BadTariff
from sealgate.domain.tariff_file import MOST_TEXT, read_tariff
from sealgate.domain.tariff_model import Tariff
from sealgate.domain.tariffs import Bill, Circumstances, price
from sealgate.flows import tariffs
from sealgate.web.frame import AtPage, Page, Told, redirect, render, tell
from sealgate.web.guard import takes
from sealgate.web.i18n import Words, _
from sealgate.web.plots import Plot, stairs_plot
from sealgate.web.reports_drawn import length_label
from sealgate.web.rules import NotADay
from sealgate.web.tariff_lines import line_of, told_line

router = APIRouter(prefix="/s/{site}/tariffs")
Text = Annotated[str, Form()]
HOUR = 60
DAY = 24 * HOUR
OVERS = {6 * HOUR: 2, DAY: 5, 3 * DAY: 15, 7 * DAY: 30}
"""Minutes that a plot covers, and each how many it looks at the price."""
STAYS = tuple(timedelta(minutes=m) for m in (15, 30, 60, 120, 180, 240, 360, 480, 720, DAY, 2 * DAY, 3 * DAY, 7 * DAY))

EXAMPLE = """\
name = "{name}"
currency = "CNY"
time_zone = "{zone}"
free_time = "15m"

[[band]]
name = "day"
hours = "08:00-22:00"
steps = [{{ each = "1h", price = 5 }}]

[[band]]
name = "night"
hours = "22:00-08:00"
steps = [{{ each = "1h", price = 2 }}]

[after_payment]
leave_within = "15m"
"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What cannot be used: the sentence, the key and its line where they are known, and the reader's own words."""

    told: Told
    key: str
    line: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    lasts: str
    bill: Bill


@dataclass(frozen=True, slots=True)
class Preview:
    """`classes` are the vehicle classes that the text knows."""

    plot: Plot
    desc: str
    rows: tuple[Row, ...]
    name: str
    classes: tuple[str, ...]


@router.get("")
def list_tariffs(request: Request, page: AtPage) -> Response:
    return render(request, "tariffs.html", lines=tariffs.tariffs(page.house, page.signed, _today(page)))


@router.get("/new")
def ask_tariff(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.PARKING_RULES)
    text = EXAMPLE.format(name=page.words.gettext(_("Visitors")), zone=page.here.time_zone)
    return _editor(request, page, _given(page, text), name="")


@router.post("/preview")
@takes(12 * MOST_TEXT)
def preview(
    request: Request,
    page: AtPage,
    text: Text = "",
    name: Text = "",
    since: Text = "",
    entered: Text = "",
    over: Text = "",
    vehicle: Text = "",
) -> Response:
    """The drawing alone for htmx; the whole page for a browser without it."""
    page.signed.need(Permission.PARKING)
    given = _typed(page, text, since, entered, over, vehicle)
    if "hx-request" in request.headers:
        return render(request, "tariff_preview.html", given=given, **_looked(page, given))
    return _editor(request, page, given, name=name[:200])


@router.post("")
@takes(12 * MOST_TEXT)
def save(
    request: Request,
    page: AtPage,
    text: Text = "",
    name: Text = "",
    since: Text = "",
    entered: Text = "",
    over: Text = "",
    vehicle: Text = "",
) -> Response:
    given = _typed(page, text, since, entered, over, vehicle)
    try:
        saved = tariffs.save(page.house, page.signed, given["text"], _day(since), name=name[:200])
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return _editor(request, page, given, name=name[:200], refused=refused)
    return redirect(request, f"/s/{page.here.site}/tariffs/at/{quote(saved.name, safe='')}", said=_("Saved"))


@router.get("/at/{name:path}")
def edit(request: Request, page: AtPage, name: str) -> Response:
    """The text in force today, or the first that will be, ready to become a new version."""
    found = tariffs.versions(page.house, page.signed, name)
    today = _today(page)
    version = next((one for one in found if one.since <= today), found[-1])
    return _editor(request, page, _given(page, version.text), name=name, versions=found, shown=version)


def _editor(
    request: Request,
    page: Page,
    given: dict[str, Any],
    *,
    name: str,
    refused: Refused | None = None,
    **context: Any,
) -> Response:
    told = tell(page.words, refused) if refused else None
    if name and "versions" not in context:
        context["versions"] = tariffs.versions(page.house, page.signed, name)
    shown = {"versions": (), "shown": None, **context}
    return render(
        request,
        "tariff_edit.html",
        status=told.status if told else 200,
        given=given,
        name=name,
        trouble=told,
        today=_today(page),
        overs=_overs(page.words),
        **shown,
        **_looked(page, given),
    )


def _looked(page: Page, given: dict[str, Any]) -> dict[str, Any]:
    """The preview of what was typed, or what is wrong with it."""
    try:
        tariff = read_tariff(given["text"])
        return {"preview": _preview(page, tariff, given), "wrong": None}
    except Refused as refused:
        return {"preview": None, "wrong": _wrong(page, refused, given["text"])}


def _preview(page: Page, tariff: Tariff, given: dict[str, Any]) -> Preview:
    words, entered, over = page.words, given["at"], given["over"]
    circumstances = Circumstances(vehicle=given["vehicle"] if given["vehicle"] in tariff.classes else "")
    curve = price_curve(tariff, entered, minutes=over, every=OVERS[over], given=circumstances)
    unit = 10 ** decimals(tariff.currency)
    points = [(minute, money.minor / unit, _spot(words, minute, money)) for minute, money in curve]
    plot = stairs_plot(points, over, words.number, _labels(words, over))
    desc = words.gettext(
        _("From %(first)s at the start to %(last)s after %(time)s."),
        first=words.money(curve[0][1]),
        last=words.money(curve[-1][1]),
        time=length_label(words, timedelta(minutes=over)),
    )
    stays = [stay for stay in STAYS if stay <= timedelta(minutes=over)]
    rows = tuple(Row(length_label(words, stay), price(tariff, entered, entered + stay, circumstances)) for stay in stays)
    return Preview(plot, desc, rows, tariff.name, tariff.classes)


def _spot(words: Words, minute: int, money: Money) -> str:
    return words.gettext(
        _("After %(time)s: %(money)s"), time=words.lasting(timedelta(minutes=minute)), money=words.money(money)
    )


def _labels(words: Words, over: int) -> list[tuple[int, str]]:
    every = over // 6
    return [(minute, length_label(words, timedelta(minutes=minute)) if minute else "0") for minute in range(0, over + 1, every)]


def _wrong(page: Page, refused: Refused, text: str) -> Wrong:
    key = str(getattr(refused, "field", "")) if isinstance(refused, BadTariff) else ""
    line = line_of(text, key) if key else told_line(str(refused))
    return Wrong(tell(page.words, refused), key, line, f"{refused}. {refused.hint}".strip() if refused.hint else str(refused))


def _overs(words: Words) -> list[tuple[int, str]]:
    return [(over, length_label(words, timedelta(minutes=over))) for over in OVERS]


def _given(page: Page, text: str) -> dict[str, Any]:
    return _typed(page, text, _today(page).isoformat(), "", "", "")


def _typed(page: Page, text: str, since: str, entered: str, over: str, vehicle: str) -> dict[str, Any]:
    """What stands in the form; an entry that is no time is this morning's 08:00, a length that is none a day."""
    morning = page.local(page.house.clock.now()).replace(hour=8, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        local = datetime.fromisoformat(entered).replace(tzinfo=None)
        at = local.replace(tzinfo=page.tz).astimezone(UTC)
    except (ValueError, OverflowError):
        local, at = morning, morning.replace(tzinfo=page.tz).astimezone(UTC)
    minutes = int(over) if over.isdecimal() and len(over) < 6 and int(over) in OVERS else DAY
    return {
        "text": text[: MOST_TEXT + 1].replace("\r\n", "\n"),
        "since": since[:10],
        "entered": local.strftime("%Y-%m-%dT%H:%M"),
        "at": at,
        "over": minutes,
        "vehicle": vehicle[:100],
    }


def _today(page: Page) -> date:
    return page.local(page.house.clock.now()).date()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotADay("a day is needed", field="since") from error
