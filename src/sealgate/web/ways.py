"""The ways in of one person: consent before the face, the face, cards, plates, PINs and QR codes; and sealed lines shown.

What is made once (a PIN, a QR code) is answered to the request that made it, and to no other. The camera of the
browser and a photograph arrive as the same form.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import ConsentId, CredentialId, PersonId
from sealgate.domain.operators import LOOKING, Permission
from sealgate.domain.sightings import Means
from sealgate.domain.visits_asking import GuardianNeeded
from sealgate.flows import enrol, people, selfservice
from sealgate.flows.people import PersonRecord
from sealgate.web.asking import ask, purpose_of
from sealgate.web.directory import address, day_of, record_page
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.guard import takes
from sealgate.web.i18n import _
from sealgate.web.notices import FACE, FACE_NOTICES, text_of
from sealgate.web.telling import tell

router = APIRouter(prefix="/s/{site}/people/{person}")
Text = Annotated[str, Form()]

PICTURES = 5
FIELDS = {"phone": _("Phone"), "email": _("E-mail")}

ADVICE: Mapping[str, str] = {
    "nobody-there": _("No face was found. Look straight at the camera."),
    "come-closer": _("The face is too small. Come closer."),
    "hold-still": _("The picture is blurred. Hold still, in even light."),
    "more-light": _("It is too dark, or the face is turned away. Face the light."),
    "one-person-only": _("There are two people in the picture. One at a time."),
}
"""What to do better, by the codes of the flows."""


class TooManyFiles(Invalid):
    code = "form.too-many-files"


@dataclass(frozen=True, slots=True)
class Made:
    """A code in clear, on its way to one screen."""

    pin: bool
    text: str
    svg: str = ""


@router.get("/consent")
def ask_consent(request: Request, page: AtPage, person: UUID) -> Response:
    page.signed.need(Permission.ENROL)
    return _notice(request, page, person, FACE, asking=True)


@router.get("/notice/{version}")
def read_notice(request: Request, page: AtPage, person: UUID, version: str) -> Response:
    """The text of a consent, in the version that was agreed to."""
    if version not in FACE_NOTICES:
        raise NotFound("notice")
    return _notice(request, page, person, version, asking=False)


@router.post("/consent")
def answer_consent(
    request: Request,
    page: AtPage,
    person: UUID,
    answer: Text = "",
    version: Text = "",
    given_by: Text = "person",
    guardian: Text = "",
) -> Response:
    if answer != "yes":
        return redirect(request, address(page, person), said=_("No consent is recorded. Every other way in stays."))
    if version != FACE or given_by not in {"person", "guardian"}:  # the text changed while it was being read
        return _notice(request, page, person, FACE, asking=True)
    said = {"notice_version": version, "given_by": given_by, "guardian": guardian}
    try:
        enrol.consent_to_face(page.house, page.signed, PersonId(person), **said)
    except GuardianNeeded as refused:
        return _notice(request, page, person, FACE, asking=True, refused=refused)
    return redirect(request, f"{address(page, person)}/face", said=_("Consent recorded"))


@router.post("/consent/{consent}/withdraw")
def withdraw(request: Request, page: AtPage, person: UUID, consent: UUID) -> Response:
    enrol.withdraw_consent(page.house, page.signed, ConsentId(consent))
    return redirect(request, address(page, person), said=_("Withdrawn. The template is destroyed."))


@router.get("/face")
def ask_face(request: Request, page: AtPage, person: UUID) -> Response:
    page.signed.need(Permission.ENROL)
    found = _person(page, person)
    if not found.line.consented:
        return redirect(request, f"{address(page, person)}/consent")
    return render(request, "enrol_face.html", person=found, advice=())


@router.post("/face")
@takes(40 << 20)
def enrol_face(request: Request, page: AtPage, person: UUID, pictures: Annotated[list[UploadFile], File()]) -> Response:
    try:
        looks = _read(pictures)
        enrolled = enrol.enrol_face(page.house, page.signed, page.here.site, PersonId(person), looks)
    except enrol.NoFace as refused:
        return _face_again(request, page, person, refused.advice)
    except (enrol.NotOnePerson, TooManyFiles) as refused:
        told = tell(page.words, refused)
        return _face_again(request, page, person, (told.message, told.hint))
    except enrol.NoConsent:
        return redirect(request, f"{address(page, person)}/consent")
    said = _("The face is enrolled")
    if enrolled.advice:
        said = _("The face is enrolled; some pictures were not good enough")
    elif enrolled.weak:
        said = _("The face is enrolled, but known less surely: three looks to different sides are better")
    return redirect(request, address(page, person), said=said)


@router.post("/ways")
def add_way(request: Request, page: AtPage, person: UUID, means: Text = "", value: Text = "", until: Text = "") -> Response:
    try:
        kind = Means(means)
        end = day_of(page, until, "until", end=True)
        made = enrol.add_credential(page.house, page.signed, PersonId(person), kind, value, end)
    except ValueError as error:
        raise Invalid("not a way in", field="means") from error
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        context = {**record_page(page, person), "given": {"means": means, "value": value, "until": until}}
        return again(request, "person.html", refused, **context)
    if made.shown_once is None:
        return redirect(request, address(page, person), said=_("Way in added"))
    shown = Made(kind is Means.PIN, made.shown_once, "" if kind is Means.PIN else drawn(made.shown_once))
    return render(request, "person_made.html", person=_person(page, person), made=shown)


@router.post("/ways/{credential}/end")
def end_way(request: Request, page: AtPage, person: UUID, credential: UUID) -> Response:
    enrol.end_credential(page.house, page.signed, CredentialId(credential))
    return redirect(request, address(page, person), said=_("Way in ended"))


@router.post("/own-link")
def make_own_link(request: Request, page: AtPage, person: UUID) -> Response:
    secret = selfservice.make_link(page.house, page.signed, PersonId(person))
    link = f"{page.house.address or str(request.base_url).rstrip('/')}/my/enter/{secret}"
    return render(request, "person_own_link.html", person=_person(page, person), made=Made(False, link, drawn(link)))


@router.get("/show/{field}")
def ask_secret(request: Request, page: AtPage, person: UUID, field: str) -> Response:
    return _secret(request, page, person, field)


@router.post("/show/{field}")
def show_secret(request: Request, page: AtPage, person: UUID, field: str, purpose: Text = "", note: Text = "") -> Response:
    try:
        value = people.show_secret(page.house, page.signed, PersonId(person), field, purpose_of(purpose, note))
    except people.PurposeNeeded as refused:
        return _secret(request, page, person, field, note=note, refused=refused)
    return _secret(request, page, person, field, value=value or page.words.gettext(_("Not given")))


def drawn(text: str) -> str:
    """A QR code as inline SVG, without style attributes; it has a view box, so that a stylesheet may size it."""
    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawing, kind="svg", scale=6, border=3, xmldecl=False, svgns=True)
    text = drawing.getvalue().decode()
    return re.sub(r'width="(\d+)" height="(\d+)"', r'width="\1" height="\2" viewBox="0 0 \1 \2"', text, count=1)


def _secret(
    request: Request, page: Page, person: UUID, field: str, *, value: str = "", note: str = "", refused: Refused | None = None
) -> Response:
    found, here = _person(page, person), address(page, person)
    plain = "hx-request" in request.headers or refused is None
    return ask(
        request,
        "person_secret.html",
        status=200 if plain or refused is None else refused.status,
        back=here,
        action=f"{here}/show/{field}",
        name=found.line.name,
        what=page.words.gettext(FIELDS.get(field, _("Card number or plate"))),
        value=value,
        note=note,
        purposes=list(LOOKING),
        trouble=refused,
    )


def _notice(
    request: Request, page: Page, person: UUID, version: str, *, asking: bool, refused: Refused | None = None
) -> Response:
    text = text_of(version, page.words.language)
    context: dict[str, Any] = {"person": _person(page, person), "text": text, "version": version, "asking": asking}
    if refused is not None:
        return again(request, "enrol_consent.html", refused, **context)
    return render(request, "enrol_consent.html", **context)


def _face_again(request: Request, page: Page, person: UUID, advice: Sequence[str]) -> Response:
    said = [page.words.gettext(ADVICE.get(code, code)) for code in advice if code]
    return render(request, "enrol_face.html", status=422, person=_person(page, person), advice=said)


def _person(page: Page, person: UUID) -> PersonRecord:
    return people.record(page.house, page.signed, PersonId(person))


def _read(pictures: Sequence[UploadFile]) -> list[bytes]:
    """The bytes of at most five pictures; the whole body is bounded already, by the wall."""
    if not 1 <= len(pictures) <= PICTURES:
        raise TooManyFiles("one to five pictures", field="pictures")
    return [picture.file.read() for picture in pictures]
