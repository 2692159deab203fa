"""Erasing a person: what would go, everything handed over first, a typed name, and a receipt to keep."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Purpose
from sealgate.flows import approving, erase
from sealgate.web import taking
from sealgate.web.asking import purpose_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.taking import AsTyped, Offer

router = APIRouter(prefix="/s/{site}/people/{person}")
Text = Annotated[str, Form()]
TABLES: Mapping[str, str] = {
    "people": _("Name, telephone, e-mail, number"),
    "credentials": _("Ways in"),
    "consents": _("Consents"),
    "group_members": _("Groups"),
    "presence": _("Where they are now"),
    "synced_people": _("Their entry in the directory"),
    "legal_holds": _("Legal holds that have ended"),
    "asks": _("What they asked about their data"),
    "own_links": _("Links to their own page"),
    "own_sessions": _("Links to their own page"),
    "permits": _("Parking permits"),
    "teams": _("Teams"),
    "team_members": _("Teams"),
    "reviews": _("Reviews and goals"),
    "goals": _("Reviews and goals"),
    "rosters": _("Rosters"),
    "roster_days": _("Rosters"),
    "hour_records": _("Working hours"),
    "work_months": _("Working hours"),
    "leaves": _("Leave"),
    "leave_grants": _("Leave"),
    "services": _("Leave"),
    "pay_terms": _("What was agreed about pay"),
    "pay_entries": _("What was agreed about pay"),
    "visits": _("Visits"),
}
"""What the rows of each table are to whoever reads; a test holds it against the schema."""

IN_MEMORY = 4_000_000
PIECE = 1 << 16


class NameDiffers(Invalid):
    """What was typed to confirm is not the name of whom it would be."""

    code = "erase.name-differs"


@router.get("/erase")
def ask_erase(request: Request, page: AtPage, person: UUID) -> Response:
    return render(request, "person_erase.html", **_plan(page, person, ""))


@router.post("/erase")
def erase_person(request: Request, page: AtPage, person: UUID, name: Text = "", why: Text = "", do: Text = "") -> Response:
    plan = erase.plan(page.house, page.signed, PersonId(person))
    try:
        if do == "ask":
            approving.ask(page.house, page.signed, erase.erase_wanted(PersonId(person)), purpose_of(Purpose.ASKED, why))
            return redirect(request, request.url.path, said=taking.ASKED)
        if name.strip() != plan.name:
            raise NameDiffers("that is another name", field="name")
        receipt = erase.erase(page.house, page.signed, PersonId(person), why)
    except Refused as refused:
        return again(request, "person_erase.html", refused, **_plan(page, person, why))
    key = erase.verifier_of(page.house, page.signed.tenant)
    return render(request, "person_erased.html", receipt=receipt, lines=lines(page.words, receipt.rows), key=key)


def _plan(page: Page, person: UUID, why: str) -> dict[str, Any]:
    plan = erase.plan(page.house, page.signed, PersonId(person))
    standing = approving.standing(page.house, page.signed, erase.erase_wanted(PersonId(person)))
    return {"plan": plan, "lines": lines(page.words, plan.rows), "given": {"why": why}, "standing": standing}


@router.get("/export")
def ask_export(request: Request, page: AtPage, person: UUID) -> Response:
    return taking.show(request, page, _offer(page, person))


@router.post("/export")
def take_export(request: Request, page: AtPage, person: UUID, given: AsTyped) -> Response:
    return taking.take(request, page, _offer(page, person), given, lambda purpose, _form: _export(page, person, purpose))


def _offer(page: Page, person: UUID) -> Offer:
    wanted = erase.export_wanted(page.house, page.signed, PersonId(person))
    return Offer(wanted, f"/s/{page.here.site}/people/{person}", ("zip",))


def _export(page: Page, person: UUID, purpose: str) -> Response:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when all was sent
    try:
        erase.export(page.house, page.signed, PersonId(person), file, purpose)
    except BaseException:
        file.close()
        raise
    return zipped(file)


def zipped(file: IO[bytes]) -> Response:
    """The file as a download, which nobody on the way keeps."""
    size = file.tell()
    kept = {
        "Content-Disposition": 'attachment; filename="everything.zip"',
        "Cache-Control": "no-store",
        "Content-Length": str(size),
    }
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=kept, background=BackgroundTask(file.close))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def lines(words: Words, rows: dict[str, int]) -> list[tuple[str, int]]:
    """What the tables hold, in words, the most first."""
    told: dict[str, int] = {}
    for table, count in rows.items():
        said = words.gettext(TABLES[table])
        told[said] = told.get(said, 0) + count
    return sorted(told.items(), key=lambda line: (-line[1], line[0]))
