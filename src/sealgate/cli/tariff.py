"""`sealgate tariff`: look at a tariff file, price a stay by it, and see its price over time.

Times without an offset from UTC are local times of the tariff's car park.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.domain.errors import Invalid, Refused

if TYPE_CHECKING:
    from sealgate.domain.pricecurve import Point
    from sealgate.domain.tariff_model import Coupon, Tariff
    from sealgate.domain.tariffs import Bill

LARGEST_FILE = 1_000_000
WIDTH, HEIGHT = 72, 16
STEPS, MOST_LOOKS = (5, 10, 15, 30, 60), 800
"""A plot looks at the price each so many minutes, at the first of these that needs no more looks."""

File = Annotated[Path, typer.Argument(help="A tariff file, as docs/tariffs.md describes", metavar="FILE")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
Vehicle = Annotated[str, typer.Option("--class", help="Vehicle class; the tariff's first unless given")]
Area = Annotated[str, typer.Option(help="Part of the car park")]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="What is so of the car, such as temporary-plate; may be repeated")
]
PermitName = Annotated[str, typer.Option("--permit", help="A permit that the tariff knows")]
Coupons = Annotated[list[str] | None, typer.Option("--coupon", help="A coupon that the tariff knows; may be repeated")]


class NoSuchFile(Refused):
    code = "tariff.no-such-file"
    hint = "Check the path and that this user may read the file"


class BadOption(Invalid):
    """A time, duration or amount on the command line that is none."""

    code = "tariff.bad-option"


def register(app: typer.Typer) -> None:
    tariffs = typer.Typer(help="Parking tariffs.", no_args_is_help=True)
    tariffs.command("try", help="What a stay costs by a tariff file.")(try_)
    tariffs.command("check", help="Whether a tariff file can be used.")(check)
    tariffs.command("plot", help="Price over time, as text.")(plot)
    app.add_typer(tariffs, name="tariff")


def try_(
    file: File,
    since: Annotated[str, typer.Option("--from", help="Entry, such as 2026-03-01T08:00+08:00")],
    until: Annotated[str, typer.Option("--to", help="Exit")],
    vehicle: Vehicle = "",
    area: Area = "",
    tag: Tags = None,
    permit: PermitName = "",
    coupon: Coupons = None,
    points: Annotated[int, typer.Option(help="Member points to be used", min=0)] = 0,
    time_off: Annotated[str, typer.Option(help="Time that a shop gives, such as 2h")] = "",
    share_off: Annotated[str, typer.Option(help="Share that a shop gives, such as 50%")] = "",
    amount_off: Annotated[str, typer.Option(help="Amount that a shop gives, such as 5.00")] = "",
    paid: Annotated[list[str] | None, typer.Option(help="When the driver paid: a time, or 00:20; may be repeated")] = None,
    lost_ticket: Annotated[bool, typer.Option("--lost-ticket", help="The ticket is lost")] = False,
    free_used: Annotated[bool, typer.Option("--free-used", help="The free time was had already")] = False,
    came_before: Annotated[bool, typer.Option("--came-before", help="The car came and left earlier that day")] = False,
    as_json: Json = False,
) -> None:
    from sealgate.domain.tariffs import Circumstances, price

    tariff = load(file)
    entered = _instant(since, tariff, "--from")
    given = Circumstances(
        vehicle=vehicle,
        area=area,
        tags=frozenset(tag or ()),
        permit=permit,
        coupons=tuple(coupon or ()),
        reliefs=_reliefs(tariff, time_off, share_off, amount_off),
        points=points,
        paid=tuple(_paid(text, tariff, entered) for text in paid or ()),
        lost_ticket=lost_ticket,
        free_used=free_used,
        came_before=came_before,
    )
    bill = price(tariff, entered, _instant(until, tariff, "--to"), given)
    if as_json:
        print(json.dumps(bill_json(bill), ensure_ascii=False))
    else:
        _tell(bill)


def check(file: File, as_json: Json = False) -> None:
    tariff = load(file)
    facts: dict[str, Any] = {
        "name": tariff.name,
        "currency": tariff.currency,
        "time_zone": tariff.zone.key,
        "classes": list(tariff.classes),
        "rates": [{"name": rate.name, "bands": [band.name for band in rate.bands]} for rate in tariff.rates],
    }
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    print(f"{tariff.name}: {tariff.currency}, {tariff.zone.key}. It can be used.")
    for rate in tariff.rates:
        print(f"  {rate.name}: {', '.join(band.name for band in rate.bands)}")


def plot(
    file: File,
    since: Annotated[str, typer.Option("--from", help="Entry; today at 08:00 unless given")] = "",
    hours: Annotated[int, typer.Option(help="How long", min=1, max=24 * 31)] = 24,
    vehicle: Vehicle = "",
    area: Area = "",
    tag: Tags = None,
    permit: PermitName = "",
    coupon: Coupons = None,
    as_json: Json = False,
) -> None:
    from sealgate.domain.pricecurve import price_curve
    from sealgate.domain.tariffs import Circumstances

    tariff = load(file)
    entered = _instant(since or f"{datetime.now(tariff.zone):%Y-%m-%d}T08:00", tariff, "--from")
    given = Circumstances(vehicle=vehicle, area=area, tags=frozenset(tag or ()), permit=permit, coupons=tuple(coupon or ()))
    points = price_curve(
        tariff, entered, minutes=60 * hours, every=next(step for step in STEPS if 60 * hours <= MOST_LOOKS * step), given=given
    )
    if as_json:
        print(json.dumps({"currency": tariff.currency, "points": [[minute, cost.text] for minute, cost in points]}))
    else:
        print("\n".join(drawn(points, tariff.currency)))


def load(file: Path) -> Tariff:
    from sealgate.domain.tariff_errors import NotATariff, TariffTooLarge
    from sealgate.domain.tariff_file import read_tariff

    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NoSuchFile(f"{file}: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise TariffTooLarge(f"{file}: the file is larger than {LARGEST_FILE} bytes")
    try:
        return read_tariff(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotATariff(f"{file}: the file is not UTF-8") from error


def bill_json(bill: Bill) -> dict[str, Any]:
    from sealgate.domain.tariffs import texts

    told: dict[str, Any] = {"total": bill.total.text, "currency": bill.total.currency, "lines": texts(bill.lines)}
    if bill.tax is not None:
        told["tax"] = {"name": bill.tax.name, "rate": f"{bill.tax.rate / 100:g}%", "included": bill.tax.amount.text}
    return told


def drawn(points: tuple[Point, ...], currency: str) -> list[str]:
    """The stairs in characters, the dearest price on top, hours below."""
    last, top = points[-1][0], max(cost.minor for _, cost in points)
    columns = [_cost_at(points, round(column * last / (WIDTH - 1))) for column in range(WIDTH)]
    heights = [round(cost * (HEIGHT - 1) / top) if top else 0 for cost in columns]
    labels = {HEIGHT - 1: max(points, key=lambda point: point[1].minor)[1].text, 0: "0"}
    wide = max(len(label) for label in labels.values())
    rows = [
        f"{labels.get(row, ''):>{wide}} |" + "".join("#" if height >= row else " " for height in heights).rstrip()
        for row in reversed(range(HEIGHT))
    ]
    scale = f"0 h{f'{last / 60:g} h':>{WIDTH - 3}}"
    return [currency, *rows, f"{'':>{wide}} +{'-' * WIDTH}", f"{'':>{wide}}  {scale}"]


def _cost_at(points: tuple[Point, ...], minute: int) -> int:
    return next(cost.minor for since, cost in reversed(points) if since <= minute)


def _tell(bill: Bill) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("reason", "what", box=None, pad_edge=False)
    table.add_column("units", justify="right")
    table.add_column("amount", justify="right")
    for line in bill.lines:
        table.add_row(line.reason.value, line.about, str(line.units or ""), line.amount.text)
    table.add_row("total", "", bill.total.currency, bill.total.text)
    Console().print(table)
    if bill.tax is not None:
        print(f"{bill.tax.name} {bill.tax.rate / 100:g}% included: {bill.tax.amount.text}")


def _instant(text: str, tariff: Tariff, option: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=tariff.zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadOption(f"{option}: {text!r} is no time", field=option, hint="Write 2026-03-01T08:00+08:00") from error


def _paid(text: str, tariff: Tariff, entered: datetime) -> datetime:
    """An instant; or the first such time of the clock after entry."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return _instant(text, tariff, "--paid")
    local = entered.astimezone(tariff.zone)
    on = datetime.combine(local.date(), clock, tariff.zone)
    return (on if on >= local else on + timedelta(days=1)).astimezone(UTC)


def _reliefs(tariff: Tariff, time_off: str, share_off: str, amount_off: str) -> tuple[Coupon, ...]:
    """Coupons of a shop, read by the same rules as those in the file."""
    from sealgate.domain.tariff_file import read_coupon

    given = {"time": time_off, "share": share_off, "amount": amount_off}
    return tuple(read_coupon({"name": f"--{kind}-off", kind: text}, tariff.currency) for kind, text in given.items() if text)
