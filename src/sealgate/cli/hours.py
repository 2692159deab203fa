"""`sealgate hours`: derive a month of work days, show a person's, take in a calendar of holidays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.tables import tell
from sealgate.domain.errors import Refused

if TYPE_CHECKING:
    from sealgate.domain.attendance import Line, Total, WorkDay
    from sealgate.domain.ids import PersonId, TenantId
    from sealgate.flows.kit import House

LARGEST_FILE = 1_000_000

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]
Data = Annotated[Path | None, typer.Option(help="Folder of the database")]
Keys = Annotated[Path | None, typer.Option(help="Folder of the wrapped keys")]
Organisation = Annotated[str, typer.Option(help="Name of the organisation, where there is more than one")]
Month = Annotated[str, typer.Option(help="Year and month, such as 2026-10")]
Person = Annotated[str, typer.Option(help="Whole name or id of one person; all staff unless given")]


class NoSuchOrganisation(Refused):
    code = "hours.no-such-organisation"
    status = 404


class NoSuchPerson(Refused):
    code = "hours.no-such-person"
    status = 404


class NoSuchFile(Refused):
    code = "hours.no-such-file"


def register(app: typer.Typer) -> None:
    hours = typer.Typer(help="Working hours.", no_args_is_help=True)
    hours.command("derive", help="Derive a month of work days from passages, punches and corrections, and keep it.")(derive)
    hours.command("show", help="The work days of one person as they are kept.")(show)
    hours.command("calendar", help="Take in a calendar of holidays: iCalendar, or our CSV.")(calendar)
    app.add_typer(hours, name="hours")


def derive(
    month: Month,
    person: Person = "",
    organisation: Organisation = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    from sealgate.domain.attendance import month_bounds
    from sealgate.flows import hours
    from sealgate.store.engine import Actor

    month_bounds(month)
    with _house(data, keys) as house:
        tenant = _tenant(house, organisation)
        people = [_person(house, tenant, person)] if person else None
        with _progress(quiet=as_json) as told:
            done = hours.derive_month(house, tenant, Actor("system", "hours-derive"), month, people, told)
        result: dict[str, Any] = {
            "month": done.month,
            "people": done.people,
            "days": done.days,
            "changed": done.changed,
            "erased": done.erased,
            "totals": [total_json(total) for total in done.totals],
            "issues": {issue.value: number for issue, number in done.issues.items()},
        }
        if people is not None:
            result["person"] = str(people[0])
            result["work_days"] = [day_json(day) for day in _days(house, tenant, people[0], month)]
    rows = [
        (t.figure.value, _of(t), _hours(t.minutes), _hours(t.approved) if t.approved else "", str(t.days)) for t in done.totals
    ]
    rows += [("issue", issue.value, "", "", str(number)) for issue, number in done.issues.items()]
    rows.append(("people", "", "", "", str(done.people)))
    rows.append(("months written", "", "", "", str(done.changed)))
    tell(result, rows, ("", "", "hours", "approved", "days"), as_json=as_json)


def show(
    month: Month,
    person: Annotated[str, typer.Option(help="Whole name or id of the person")],
    organisation: Organisation = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    from sealgate.domain.attendance import month_bounds, totals

    month_bounds(month)
    with _house(data, keys) as house:
        tenant = _tenant(house, organisation)
        who = _person(house, tenant, person)
        days = _days(house, tenant, who, month)
    result = {
        "month": month,
        "person": str(who),
        "work_days": [day_json(day) for day in days],
        "totals": [total_json(total) for total in totals(days)],
    }
    rows = [_row(day) for day in days]
    rows.append(("total", "", "", *(_hours(sum(map(int, column))) for column in _columns(days)), ""))
    heads = ("day", "", "presence", "planned", "worked", "overtime", "leave", "missing", "to look at")
    tell(result, rows, heads, as_json=as_json)


def calendar(
    file: Annotated[Path, typer.Argument(help="An .ics file, or a CSV as docs/attendance.md describes", metavar="FILE")],
    name: Annotated[str, typer.Option(help="What rules call it: small letters, figures, dashes")],
    organisation: Organisation = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    from sealgate.flows import hours_calendars
    from sealgate.store.engine import Actor

    try:
        text = file.read_bytes()[: LARGEST_FILE + 1]
    except OSError as error:
        raise NoSuchFile(f"{file} cannot be read", hint="Check its path") from error
    with _house(data, keys) as house:
        tenant = _tenant(house, organisation)
        made = hours_calendars.take_in(house, tenant, Actor("system", "hours-calendar"), name, text)
    result = {"name": name, "days": [{"day": str(day), "kind": made.days[day].kind} for day in sorted(made.days)]}
    rows = [(str(day), made.days[day].kind.value, made.days[day].name_en) for day in sorted(made.days)]
    tell(result, rows, ("day", "kind", "name"), as_json=as_json)


# --- As JSON ---


def day_json(day: WorkDay) -> dict[str, Any]:
    """Minutes are whole; instants are ISO 8601 in UTC; `sources` say what each figure came from."""
    return {
        "day": str(day.day),
        "class": day.day_class.value,
        "verdict": day.verdict.value,
        "zone": day.zone,
        "presence": [
            {
                "since": stretch.since.isoformat(),
                "until": stretch.until.isoformat(),
                "came": stretch.came,
                "left": stretch.left,
                "assumed_in": stretch.assumed_in,
                "assumed_out": stretch.assumed_out,
            }
            for stretch in day.presence
        ],
        "lines": [_line_json(line) for line in day.lines],
        "issues": [issue.value for issue in day.issues],
    }


def _line_json(line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {"figure": line.figure.value, "minutes": line.minutes, "sources": list(line.sources)}
    if line.day_class is not None:
        told |= {"class": line.day_class.value, "approved": line.approved}
    if line.leave is not None:
        told["leave"] = line.leave
    return told


def total_json(total: Total) -> dict[str, Any]:
    told: dict[str, Any] = {"figure": total.figure.value, "minutes": total.minutes, "days": total.days}
    if total.day_class is not None:
        told |= {"class": total.day_class.value, "approved": total.approved}
    if total.leave is not None:
        told["leave"] = total.leave
    return told


# --- As a table ---


def _row(day: WorkDay) -> tuple[str, ...]:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(day.zone)
    presence = ", ".join(
        f"{'~' * s.assumed_in}{s.since.astimezone(zone):%H:%M}-{'~' * s.assumed_out}{s.until.astimezone(zone):%H:%M}"
        for s in day.presence
    )
    issues = ", ".join(issue.value for issue in day.issues)
    figures = (_hours(minutes) for minutes in _figures(day))
    return (f"{day.day:%a %d}", day.verdict.value, presence, *figures, issues)


def _figures(day: WorkDay) -> tuple[int, ...]:
    from sealgate.domain.attendance import MISSING, Figure

    return (
        day.minutes(Figure.PLANNED),
        day.minutes(Figure.WORKED, Figure.HOLIDAY_WORK, Figure.PAID_BREAK),
        day.minutes(Figure.OVERTIME),
        day.minutes(Figure.LEAVE),
        day.minutes(*MISSING),
    )


def _columns(days: Sequence[WorkDay]) -> list[tuple[int, ...]]:
    return list(zip(*(_figures(day) for day in days), strict=True)) if days else [()] * 5


def _hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}" if minutes else ""


def _of(total: Total) -> str:
    return str(total.leave or total.day_class or "")


# --- Whom and where ---


@contextmanager
def _house(data: Path | None, keys: Path | None) -> Iterator[House]:
    from sealgate.app import running
    from sealgate.settings import load

    with running(load(data=data, keys=keys), faces=None, plates=None) as program:
        yield program.house


def _tenant(house: House, name: str) -> TenantId:
    found = [tenant for tenant in house.store.tenants() if not name or tenant.name == name or str(tenant.tenant) == name]
    if len(found) != 1:
        raise NoSuchOrganisation(f"{len(found)} organisations fit", hint="Name one with --organisation")
    return found[0].tenant


def _person(house: House, tenant: TenantId, name: str) -> PersonId:
    """By whole name or id. Raises `NoSuchPerson` for none, and for two of one name."""
    from sealgate.flows.people import people_called

    found = people_called(house, tenant, name)
    if len(found) != 1:
        raise NoSuchPerson(f"{len(found)} people fit", hint="Use the person's id from the page in the console")
    return found[0]


def _days(house: House, tenant: TenantId, person: PersonId, month: str) -> tuple[WorkDay, ...]:
    from sealgate.domain.attendance import month_bounds
    from sealgate.flows import hours
    from sealgate.store.engine import Actor

    first, last = month_bounds(month)
    found: dict[PersonId, tuple[WorkDay, ...]] = hours.days_for(
        house, tenant, Actor("system", "hours-show"), [person], first, last
    )
    return found.get(person, ())


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing with `--json`."""
    if quiet:
        yield lambda _done, _of: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Deriving"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
