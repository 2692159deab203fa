"""`sealgate people`: a file of people judged and enrolled, all of them or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.domain.errors import Invalid, Refused

if TYPE_CHECKING:
    from sealgate.app import Program
    from sealgate.domain.people_file import PeopleFile, Problem
    from sealgate.flows.kit import House, Signed


class NoSuchFile(Refused):
    code = "people-file.no-such-file"
    hint = "Check the path and that this user may read the file"


class WhichOne(Invalid):
    """There are several organisations, or none of that name; or no site says in which time zone the file's days are."""

    code = "people-file.which-organisation"


def register(app: typer.Typer) -> None:
    people = typer.Typer(help="People.", no_args_is_help=True)
    people.command("import", help="Enrol everybody in a CSV file, or nobody.")(import_)
    app.add_typer(people, name="people")


def import_(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 or GB18030; docs/people.md has its columns", metavar="FILE")],
    check: Annotated[bool, typer.Option("--check", help="Judge the file and enrol nobody")] = False,
    organisation: Annotated[str, typer.Option(help="Its name; needed where there are several")] = "",
    time_zone: Annotated[str, typer.Option(help="Of the file's days; the first site's unless given")] = "",
    report: Annotated[Path | None, typer.Option(help="Write what has to be put right into this CSV file")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the database and the sealed pictures")] = None,
    keys: Annotated[Path | None, typer.Option(help="Folder of the wrapped keys")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text")] = False,
) -> None:
    """The exit status is 1 where something has to be put right; then nobody was enrolled."""
    from sealgate.app import running
    from sealgate.flows import people_import
    from sealgate.settings import load

    text = _read(file)
    with running(load(data=data, keys=keys), faces=None, plates=None) as program:
        house, signed = _as_system(program, organisation)
        found = people_import.check(house, signed, text)
        if report is not None:
            _write_report(report, found)
        enrolled = 0
        if not found.flawed and not check:
            enrolled = _enrol(house, signed, found, time_zone, quiet=as_json)
    _tell(found, enrolled, as_json=as_json)
    if found.flawed:
        raise typer.Exit(1)


def _enrol(house: House, signed: Signed, found: PeopleFile, time_zone: str, *, quiet: bool) -> int:
    from rich.progress import Progress

    from sealgate.domain.calendar import zone
    from sealgate.flows import people_import, rules

    names = [time_zone] if time_zone else [site.time_zone for site in rules.sites(house, signed)][:1]
    if not names:
        raise WhichOne("no site says in which time zone the days are", hint="Give --time-zone, such as Asia/Shanghai")
    with Progress(transient=True, disable=quiet) as progress:
        task = progress.add_task("Preparing", total=len(found.rows))
        return people_import.enrol_all(house, signed, found, zone(names[0]), lambda done: progress.update(task, completed=done))


def _as_system(program: Program, name: str) -> tuple[House, Signed]:
    """Whoever may read the root key may do everything; what is done so is journaled under the organisation's own id."""
    from sealgate.flows.campus import system

    named = [tenant for tenant in program.house.store.tenants() if not name or tenant.name == name]
    if len(named) != 1:
        raise WhichOne(f"{len(named)} organisations fit", hint="Give its name with --organisation")
    return program.house, system(program.house, named[0].tenant)


def _read(file: Path) -> bytes:
    from sealgate.domain.people_file import MAX_BYTES

    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise NoSuchFile(f"{file}: {error.strerror}") from error


def _write_report(report: Path, found: PeopleFile) -> None:
    from sealgate.web.i18n import Language, words_in
    from sealgate.web.people_import import report_sheet
    from sealgate.web.sheets import csv_of

    report.write_bytes(csv_of(report_sheet(words_in(Language.EN), found.problems)))


def _tell(found: PeopleFile, enrolled: int, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    if as_json:
        print(json.dumps({"people": len(found.rows), "enrolled": enrolled, **_problems(found)}, ensure_ascii=False))
        return
    if found.problems:
        table = Table("row", "column", "what", "first in row", box=None, pad_edge=False)
        for problem in found.problems:
            table.add_row(str(problem.row), problem.field.value, problem.flaw.value, str(problem.first or ""))
        Console().print(table)
    print(f"{len(found.rows)} people read, {found.flawed} things to put right, {enrolled} enrolled.")


def _problems(found: PeopleFile) -> dict[str, Any]:
    return {"flawed": found.flawed, "problems": [_problem(problem) for problem in found.problems]}


def _problem(problem: Problem) -> dict[str, Any]:
    told = {"row": problem.row, "column": problem.field.value, "code": problem.flaw.value}
    return told if problem.first is None else {**told, "first": problem.first}
