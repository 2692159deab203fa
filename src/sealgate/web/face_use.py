"""Faces at a site: what for and why, the impact assessment, the sign, the count and its filing, and switching them off."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.face_use import FILED_FROM, Assessment, Standing, digest_of
from sealgate.domain.ids import SiteId, TenantId
from sealgate.domain.operators import Permission
from sealgate.flows import asking, face_notice, face_use
from sealgate.flows.face_need import MEASURES as CODES
from sealgate.web import papers, signs
from sealgate.web.clocks import day_of
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Language, _, words_in, words_of
from sealgate.web.notices import FACE, text_of
from sealgate.web.papers import MEASURES, Block
from sealgate.web.sessions import opened

router = APIRouter()
Text = Annotated[str, Form()]
TITLE = _("Impact assessment of faces as a way in")


@router.get("/s/{site}/faces")
def faces(request: Request, page: AtPage) -> Response:
    return render(request, "face_use.html", **_context(page))


@router.post("/s/{site}/faces")
def switch_on(request: Request, page: AtPage, purpose: Text = "", necessity: Text = "", risks: Text = "") -> Response:
    try:
        face_use.switch_on(page.house, page.signed, page.here.site, purpose, necessity, risks)
    except Refused as refused:
        given = {"purpose": purpose, "necessity": necessity, "risks": risks}
        return again(request, "face_use.html", refused, **{**_context(page), "given": given})
    return redirect(request, f"/s/{page.here.site}/faces", said=_("Assessed. Faces are on at this site."))


@router.post("/s/{site}/faces/off")
def switch_off(request: Request, page: AtPage, why: Text = "") -> Response:
    try:
        face_use.switch_off(page.house, page.signed, page.here.site, why)
    except Refused as refused:
        return again(request, "face_use.html", refused, **_context(page))
    return redirect(request, f"/s/{page.here.site}/faces", said=_("Off. Every template of this site is destroyed."))


@router.post("/s/{site}/faces/filed")
def filed(request: Request, page: AtPage, on: Text = "", number: Text = "") -> Response:
    try:
        face_use.filed(page.house, page.signed, day_of(on, "on"), number)
    except Refused as refused:
        return again(request, "face_use.html", refused, **_context(page))
    return redirect(request, f"/s/{page.here.site}/faces", said=_("Saved"))


@router.get("/s/{site}/faces/assessments/{assessment}")
def assessment(page: AtPage, assessment: UUID) -> Response:
    found = face_use.face_use(page.house, page.signed, page.here.site)
    made = next((one for one in (found.newest, *found.older) if one and one.assessment == assessment), None)
    if made is None:
        raise NotFound("assessment")
    return _pdf(assessment_pdf(page, made), "assessment.pdf")


@router.get("/s/{site}/faces/sign")
def sign(request: Request, page: AtPage) -> Response:
    found = face_use.face_use(page.house, page.signed, page.here.site)
    rules = asking.rules_of(page.house, page.signed.tenant)
    base = page.house.address or str(request.base_url).rstrip("/")
    address = f"{base}/notice/{page.signed.tenant}/{page.here.site}"
    name = face_notice.organisation(page.house, page.signed.tenant)
    made = signs.sign(name, page.here.name, found.purpose[:160], rules.contact, address, page.house.clock.now())
    return _pdf(made, "sign.pdf")


@router.get("/s/{site}/faces/filing")
def filing_pack(page: AtPage) -> Response:
    """What the filing with the provincial office asks for (Measures art. 15): the form's data, assessments and measures."""
    page.signed.need(Permission.PRIVACY)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        uses = [face_use.face_use(page.house, page.signed, line.site) for line in page.sites]
        told = _form(page, uses)
        packed.writestr("form.json", json.dumps(told, ensure_ascii=False, indent=1))
        packed.writestr("form.csv", "\ufeff" + _table(told))
        for number, use in enumerate((use for use in uses if use.newest), 1):
            assert use.newest is not None
            packed.writestr(f"assessment-{number}.pdf", assessment_pdf(page, use.newest))
        said = {lang: [Block(text=words_in(lang).gettext(MEASURES[code])) for code in CODES] for lang in BOTH}
        packed.writestr("measures.pdf", papers.in_both(_("How faces are protected"), said, page.house.clock.now()))
    named = {"Content-Disposition": 'attachment; filename="filing.zip"', "Cache-Control": "no-store"}
    return Response(out.getvalue(), media_type="application/zip", headers=named)


@router.get("/notice/{tenant}/{site}")
@opened
def notice(request: Request, tenant: UUID, site: UUID) -> Response:
    """What the code on a sign leads to: open to everybody, and it names nobody."""
    found = face_notice.notice(request.app.state.house, TenantId(tenant), SiteId(site))
    words = words_of(request)
    return render(request, "notice_site.html", found=found, text=text_of(FACE, words.language), version=FACE)


BOTH = (Language.ZH, Language.EN)


def assessment_pdf(page: Page, made: Assessment) -> bytes:
    drawn = {
        lang: papers.assessment(made.facts, made.risks, made.made_at, made.digest, words_in(lang), page.tz) for lang in BOTH
    }
    return papers.in_both(TITLE, drawn, made.made_at)


def _form(page: Page, uses: list[Any]) -> dict[str, Any]:
    found = face_use.filing(page.house, page.signed)
    rules = asking.rules_of(page.house, page.signed.tenant)
    reached = found.reached_at.astimezone(UTC).isoformat() if found.reached_at else ""
    sites = [
        {"site": use.facts["site"], "people": use.people, "purpose": use.purpose, "necessity": use.necessity}
        for use in uses
        if use.standing is not Standing.OFF
    ]
    return {
        "organisation": face_notice.organisation(page.house, page.signed.tenant),
        "contact": rules.contact,
        "people_with_a_face_in_store": found.people,
        "reached_100000_at": reached,
        "file_by": found.clock.due.isoformat() if found.clock else "",
        "stored_as": "sealed templates, AES-256-GCM under a key of each person; no photographs",
        "sites": sites,
    }


def _table(told: dict[str, Any]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerows((name, value) for name, value in told.items() if name != "sites")
    table.writerow(("site", "people", "purpose", "necessity"))
    table.writerows(tuple(site.values()) for site in told["sites"])
    return out.getvalue()


def _pdf(made: bytes, name: str) -> Response:
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _context(page: Page) -> dict[str, Any]:
    use = face_use.face_use(page.house, page.signed, page.here.site)
    newest = use.newest
    shown = newest.facts if newest else use.facts
    made_at, risks = (newest.made_at, newest.risks) if newest else (None, "")
    blocks = papers.assessment(shown, risks, made_at, newest.digest if newest else digest_of(shown), page.words, page.tz)
    return {
        "use": use,
        "notice": f"/notice/{page.signed.tenant}/{page.here.site}",
        "blocks": blocks,
        "filing": face_use.filing(page.house, page.signed),
        "filed_from": FILED_FROM,
        "given": {"purpose": use.purpose, "necessity": use.necessity, "risks": risks},
        "may_write": page.signed.may(Permission.PRIVACY),
        "Standing": Standing,
    }
