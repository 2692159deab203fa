"""Many people out of a file: brought, looked at, and enrolled while the page says how far it has come.

A report names rows and columns, never what stands in them: it may be sent to whoever made the file.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, UploadFile
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import ImportId
from sealgate.domain.operators import Permission
from sealgate.domain.people_file import MAX_BYTES, MAX_ROWS, Field, Problem
from sealgate.flows import people_import, rules
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.guard import takes
from sealgate.web.i18n import Language, Words, _
from sealgate.web.sheets import Sheet, csv_of

router = APIRouter(prefix="/s/{site}/people/import")
TOLD = 200
"""Problems on the page; the report has the rest."""

EXAMPLE: dict[Language, tuple[tuple[str, ...], ...]] = {
    Language.EN: (
        ("Name", "Kind", "Staff number", "Groups", "Phone", "E-mail", "Card", "Plate", "Valid from", "Valid until"),
        ("Alice Marsh", "employee", "N2001", "", "+86 138 0013 8000", "alice@example.org", "40012345", "", "2026-01-01", ""),
        ("Bob Ellis", "worker", "N2002", "", "", "", "40012346", "沪A12345", "2026-01-01", "2026-12-31"),
    ),
    Language.ZH: (
        ("姓名", "类别", "工号", "分组", "手机", "邮箱", "卡号", "车牌", "有效期起", "有效期止"),
        ("王芳", "员工", "N2001", "", "138 0013 8000", "wang.fang@example.org", "40012345", "", "2026-01-01", ""),
        ("李强", "工人", "N2002", "", "", "", "40012346", "沪A12345", "2026-01-01", "2026-12-31"),
    ),
}


@router.get("")
def ask_file(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.ENROL)
    return render(request, "people_import.html", **_form())


@router.post("")
@takes(MAX_BYTES + (64 << 10))
def bring(request: Request, page: AtPage, file: Annotated[UploadFile, File()]) -> Response:
    try:
        made = people_import.bring(page.house, page.signed, file.file.read(MAX_BYTES + 1), page.here.time_zone)
    except Refused as refused:
        return again(request, "people_import.html", refused, **_form())
    return redirect(request, f"{_here(page)}/{made}")


@router.get("/example.csv")
def example(page: AtPage) -> Response:
    """Two made-up people, with the heads in the reader's language and the first group that there is."""
    page.signed.need(Permission.ENROL)
    heads, *people = EXAMPLE[page.words.language]
    group = next((line.name for line in rules.groups(page.house, page.signed)), "")
    lines = tuple((*person[:3], group, *person[4:]) for person in people)
    return _csv(csv_of(Sheet("people", "", heads, lines)), "people.csv")


@router.get("/{which}")
def show(request: Request, page: AtPage, which: UUID) -> Response:
    found = people_import.brought(page.house, page.signed, ImportId(which))
    groups = sorted({group for row in found.rows for group in row.groups})
    return render(request, "people_import_file.html", file=found, groups=groups, told=TOLD, unfit=_unfit(page.words))


@router.get("/{which}/progress")
def progress(request: Request, page: AtPage, which: UUID) -> Response:
    """The part of the page that changes while people are enrolled; it opens nobody's row."""
    found = people_import.brought(page.house, page.signed, ImportId(which), rows=0)
    return render(request, "people_import_state.html", file=found)


@router.get("/{which}/report.csv")
def report(page: AtPage, which: UUID) -> Response:
    found = people_import.brought(page.house, page.signed, ImportId(which), rows=0)
    return _csv(csv_of(report_sheet(page.words, found.problems)), "people-report.csv")


@router.post("/{which}/enrol")
def enrol(request: Request, page: AtPage, which: UUID) -> Response:
    """Says yes and answers at once; the work goes on behind the answer."""
    run = people_import.claim(page.house, page.signed, ImportId(which))
    response = redirect(request, f"{_here(page)}/{which}")
    response.background = BackgroundTask(run)
    return response


@router.post("/{which}/forget")
def forget(request: Request, page: AtPage, which: UUID) -> Response:
    people_import.forget(page.house, page.signed, ImportId(which))
    return redirect(request, _here(page), said=_("The file is forgotten, nobody was enrolled"))


def report_sheet(words: Words, problems: tuple[Problem, ...]) -> Sheet:
    heads = tuple(words.gettext(head) for head in (_("Row"), _("Column"), _("What to put right"), _("Code"), _("First in row")))
    rows = tuple((p.row, words.say(p.field), words.say(p.flaw), p.flaw.value, p.first) for p in problems)
    return Sheet("report", words.gettext(_("What to put right")), heads, rows)


def _form() -> dict[str, Any]:
    return {"fields": [field for field in Field if field is not Field.ROW], "rows": MAX_ROWS, "megabytes": MAX_BYTES >> 20}


def _unfit(words: Words) -> Any:
    """What one problem says, with the row that came first where there is one."""

    def said(problem: Problem) -> str:
        text = words.say(problem.flaw)
        return text if problem.first is None else words.gettext(_("%(what)s (row %(row)s)"), what=text, row=problem.first)

    return said


def _here(page: Page) -> str:
    return f"/s/{page.here.site}/people/import"


def _csv(content: bytes, name: str) -> Response:
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv", headers=kept)
