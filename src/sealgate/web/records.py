"""Records of processing, drawn from the inventory: what is done with personal things, why, of whom, how long, how protected.

GDPR art. 30; PIPL art. 55 and 56 want the same things written down. The usual basis in law is ours to propose and the
organisation's to check.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.operators import Permission
from sealgate.flows import asking, face_notice
from sealgate.web.datamap import Area, areas
from sealgate.web.frame import AtPage, render
from sealgate.web.i18n import Words, _

router = APIRouter(prefix="/records")

WHO: Mapping[str, str] = {
    _("People"): _("Employees, workers, students, visitors"),
    _("Visits and blocks"): _("Visitors and their hosts"),
    _("Passages and gates"): _("Everybody who passes a gate"),
    _("Parking"): _("Drivers and holders of permits"),
    _("Hours and leave"): _("Employees and workers"),
    _("Teams and reviews"): _("Employees and workers"),
    _("Payroll"): _("Employees and workers"),
    _("Operators and journal"): _("Operators of the console"),
}
BASIS: Mapping[str, str] = {
    _("People"): _("Employment or a contract; for a face alone: separate consent"),
    _("Visits and blocks"): _("Consent to the notice; safety of the house"),
    _("Passages and gates"): _("Safety of the house; a legal duty where one is named"),
    _("Parking"): _("The contract of parking; accounts by law"),
    _("Hours and leave"): _("Employment; records of wages by law"),
    _("Teams and reviews"): _("Employment"),
    _("Payroll"): _("Employment; tax and accounts by law"),
    _("Operators and journal"): _("A legal duty to account for what is done"),
}
TO: Mapping[str, str] = {
    _("Parking"): _("The payment provider that the driver chose"),
    _("Payroll"): _("The bank that pays, by a file that payroll takes"),
}
"""Who gets some of it; nobody outside for every other area."""


@dataclass(frozen=True, slots=True)
class Record:
    """One activity. `kept` and `forms` are marked texts, each once."""

    area: Area
    who: str
    basis: str
    to: str
    kept: Sequence[str]
    forms: Sequence[str]


def records() -> list[Record]:
    return [
        Record(
            area,
            WHO[area.name],
            BASIS[area.name],
            TO.get(area.name, _("Nobody outside")),
            list(dict.fromkeys(line.keep.value for line in area.lines)),
            list(dict.fromkeys(line.form.value for line in area.lines)),
        )
        for area in areas()
    ]


@router.get("")
def page_of_records(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_JOURNAL)
    return render(request, "records.html", records=records(), **_who(page))


@router.get("/file")
def file_of_records(page: AtPage) -> Response:
    page.signed.need(Permission.SEE_JOURNAL)
    named = {"Content-Disposition": 'attachment; filename="records.csv"'}
    return Response("\ufeff" + as_csv(page.words), media_type="text/csv; charset=utf-8", headers=named)


def as_csv(words: Words) -> str:
    """One line for each column of the inventory, in the reader's language."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    heads = (_("Activity"), _("Of whom"), _("What for"), _("Kept"), _("How it lies there"), _("Usual basis"), _("Given to"))
    table.writerow((*map(words.gettext, heads), "table", "column"))
    for record in records():
        for line in record.area.lines:
            said = (record.area.name, record.who, line.purpose, line.keep.value, line.form.value, record.basis, record.to)
            table.writerow((*map(words.gettext, said), line.table, line.column))
    return out.getvalue()


def _who(page: AtPage) -> dict[str, Any]:
    contact = asking.rules_of(page.house, page.signed.tenant).contact
    return {"organisation": face_notice.organisation(page.house, page.signed.tenant), "contact": contact}
