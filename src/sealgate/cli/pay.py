"""`sealgate pay`: try a year of pay against the rules of a country, or only its income tax; draft a month's pay run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealgate.cli.tables import tell

if TYPE_CHECKING:
    from sealgate.domain.ids import TenantId
    from sealgate.domain.payroll_pack import Pack
    from sealgate.flows.payday import PersonSlip, Run
    from sealgate.store.engine import Tenant

LARGEST_FILE = 1_000_000

Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
PackFile = Annotated[
    Path | None,
    typer.Option("--pack", help="Pay rules of a country in a file, instead of those that come along", metavar="FILE"),
]


def register(app: typer.Typer) -> None:
    pay = typer.Typer(help="Pay.", no_args_is_help=True)
    pay.command("try", help="What is withheld from a year of pay, and what reaches the person.")(try_)
    pay.command("tax", help="The income tax on equal months of pay.")(tax)
    pay.command("run", help="Draft the pay run of a month: to be checked and approved in the console.")(run)
    pay.command("rules", help="Whether the pay rules of a country can be used, and what of them is in doubt.")(rules)
    app.add_typer(pay, name="pay")


def try_(
    case: Annotated[Path, typer.Argument(help="A case, as docs/payroll.md describes", metavar="CASE.json")],
    pack: PackFile = None,
    as_json: Json = False,
) -> None:
    from sealgate.domain.payroll_case import read_case, try_case

    tried = try_case(read_case(_text(case), _packs(pack)))
    rows = [(str(month.month), month.withheld.text, month.bonus_tax.text, month.net.text) for month in tried]
    heads = ("month", "withheld", "bonus_tax", "net")
    months = [
        {"month": month.month, "withheld": month.withheld.text, "bonus_tax": month.bonus_tax.text, "net": month.net.text}
        for month in tried
    ]
    tell({"months": months}, rows, heads, as_json=as_json)


def tax(
    country: Annotated[str, typer.Argument(help="Two letters, such as cn")],
    monthly: Annotated[str, typer.Option(help="Gross pay of each month, such as 12000.00")],
    social: Annotated[str, typer.Option(help="The person's insurance and housing fund, a month")] = "0",
    additional: Annotated[str, typer.Option(help="Special additional deductions, a month")] = "0",
    months: Annotated[str, typer.Option(help="How many months, 1 to 12")] = "12",
    start_month: Annotated[str, typer.Option(help="The first month of work")] = "1",
    year: Annotated[str, typer.Option(help="This year unless given")] = "",
    basic: Annotated[str, typer.Option(help="monthly, first_job or lump60000")] = "monthly",
    pack: PackFile = None,
    as_json: Json = False,
) -> None:
    from sealgate.domain.money import Money
    from sealgate.domain.payroll_case import equal_months, withheld_in
    from sealgate.domain.payroll_pack import share_text

    found = _packs(pack)(country)
    case = equal_months(
        found,
        {
            "year": year or str(datetime.now(UTC).year),
            "start_month": start_month,
            "months": months,
            "basic": basic,
            "monthly": monthly,
            "social": social,
            "additional": additional,
        },
    )
    told = withheld_in(case)
    withheld = [Money(month.withheld, found.currency).text for month in told]
    rows = [
        (str(month.month), Money(month.taxable, found.currency).text, share_text(month.bracket.rate), text)
        for month, text in zip(told, withheld, strict=True)
    ]
    tell({"withheld": withheld}, rows, ("month", "taxable so far", "rate", "withheld"), as_json=as_json)


def run(
    month: Annotated[str, typer.Option(help="Such as 2026-10")],
    organisation: Annotated[str, typer.Option(help="Its name, where there are several")] = "",
    data: Annotated[Path | None, typer.Option(help="Folder of the database")] = None,
    keys: Annotated[Path | None, typer.Option(help="Folder of the wrapped keys")] = None,
    as_json: Json = False,
) -> None:
    """A run that was approved or closed already is told as it stands. On SQLite nothing else may have the data open."""
    from sealgate.app import running
    from sealgate.domain.payroll_errors import RunSettled
    from sealgate.flows import payday
    from sealgate.settings import load
    from sealgate.store.engine import Actor

    with running(load(data=data, keys=keys), faces=None, plates=None) as program:
        house, actor = program.house, Actor("system", "pay")
        tenant = _tenant(house.store.tenants(), organisation)
        try:
            made = payday.draft_month(house, tenant, actor, month)
        except RunSettled as settled:
            made = settled.run
        found, people = payday.state_of(house, tenant, actor, made)
        _tell_run(found, people, as_json)


def _tell_run(found: Run, people: list[PersonSlip], as_json: bool) -> None:
    from sealgate.domain.money import Money

    summary, sums = found.summary, found.summary.sums

    def text(minor: int) -> str:
        return Money(minor, summary.currency).text

    slips = [
        {
            "person": str(one.person),
            "gross": None if one.slip is None else text(one.slip.gross),
            "taken_off": None if one.slip is None else text(one.slip.taken_off),
            "net": None if one.slip is None else text(one.slip.net),
            "findings": [finding.kind.value for finding in one.findings],
        }
        for one in people
    ]
    told = {
        "run": str(found.row.run),
        "month": f"{found.row.month:%Y-%m}",
        "state": found.row.state.value,
        "revision": found.row.revision,
        "currency": summary.currency,
        "people": sums.people,
        "gross": text(sums.gross),
        "taken_off": text(sums.taken_off),
        "net": text(sums.net),
        "employer": text(sums.employer),
        "blocked": summary.blocked,
        "findings": {kind.value: number for kind, number in summary.findings.items()},
        "doubtful_rules": list(summary.weak),
        "slips": slips,
    }
    heads = ("month", "state", "people", "gross", "taken off", "net", "blocked")
    row = [str(told[key]) for key in ("month", "state", "people", "gross", "taken_off", "net", "blocked")]
    tell(told, [row], heads, as_json=as_json)


def _tenant(there: list[Tenant], name: str) -> TenantId:
    from sealgate.domain.payroll_errors import WhichOrganisation

    fitting = [one.tenant for one in there if not name or one.name == name]
    if len(fitting) != 1:
        names = ", ".join(one.name for one in there)
        raise WhichOrganisation(f"{len(fitting)} organisations fit", hint=f"Say --organisation, one of: {names}")
    return fitting[0]


def rules(
    country: Annotated[str, typer.Argument(help="Two letters, such as cn")],
    pack: PackFile = None,
    as_json: Json = False,
) -> None:
    from sealgate.domain.payroll_pack import doubts

    found = _packs(pack)(country)
    weak = doubts(found)
    result = {
        "country": found.country,
        "currency": found.currency,
        "gross_only": found.gross_only,
        "cities": list(found.cities),
        "doubts": [{"rule": rule.name, "certainty": rule.certainty.value, "note": rule.note} for rule in weak],
    }
    rows = [(rule.name, rule.certainty.value, rule.note) for rule in weak]
    tell(result, rows, ("in doubt", "certainty", "note"), as_json=as_json)


def _packs(file: Path | None) -> Callable[[str], Pack]:
    """The rules of the file where one is given (it has to be of the country asked for), else those that come along."""
    from sealgate.domain.payroll_errors import UnknownCountry
    from sealgate.domain.payroll_pack_file import read_pack
    from sealgate.flows import paypacks

    if file is None:
        return paypacks.pack_of
    given = read_pack(_text(file))

    def only(country: str) -> Pack:
        if country.lower() != given.country:
            raise UnknownCountry(f"{file} has the rules of {given.country}, not of {country[:10]!r}", field="country")
        return given

    return only


def _text(file: Path) -> str:
    from sealgate.domain.payroll_errors import NoSuchPayFile, PayTooLarge, UnreadablePay

    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NoSuchPayFile(f"{file}: {error.strerror}") from error
    if len(data) > LARGEST_FILE:
        raise PayTooLarge(f"{file}: the file is larger than {LARGEST_FILE} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadablePay(f"{file}: the file is not UTF-8") from error
