"""People: the list, the record, enrolling somebody new.

The surprising thing: a name is searched by a form that is posted, never by the address, for addresses end up in
histories and in the logs of proxies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import GroupId, PersonId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind
from sealgate.domain.sightings import Means
from sealgate.flows import enrol, people, rules
from sealgate.flows.people import PersonRecord
from sealgate.web.asking import ask
from sealgate.web.doings import doings
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/people")
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]

A_DAY = timedelta(days=1)
NOTHING: dict[str, Any] = dict.fromkeys(("name", "phone", "email", "number", "valid_since", "valid_until"), "")


class BadDay(Invalid):
    code = "form.not-a-day"


@router.get("")
def listed(request: Request, page: AtPage, group: UUID | None = None, after: UUID | None = None) -> Response:
    return _roster(request, page, group=group, after=after)


@router.post("")
def named(request: Request, page: AtPage, name: Text = "") -> Response:
    return _roster(request, page, name=name.strip()[:120])


def _roster(request: Request, page: Page, *, name: str = "", group: UUID | None = None, after: UUID | None = None) -> Response:
    roster = people.roster(
        page.house,
        page.signed,
        name=name,
        group=GroupId(group) if group else None,
        after=PersonId(after) if after else None,
    )
    here = f"/s/{page.here.site}/people"
    same = f"group={group}&" if group else ""
    return render(
        request,
        "people.html",
        roster=roster,
        groups=rules.groups(page.house, page.signed),
        name=name,
        group=group,
        now=page.house.clock.now(),
        first=f"{here}?{same}".rstrip("?&") if after else None,
        next=f"{here}?{same}after={roster.next}" if roster.next else None,
    )


@router.get("/new")
def ask_person(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.ENROL)
    return render(request, "enrol.html", **_form(page))


@router.post("/new")
def add_person(
    request: Request,
    page: AtPage,
    name: Text = "",
    kind: Text = "",
    groups: Several = None,
    phone: Text = "",
    email: Text = "",
    number: Text = "",
    valid_since: Text = "",
    valid_until: Text = "",
) -> Response:
    given = _given(name, kind, groups, phone, email, number, valid_since, valid_until)
    try:
        person = enrol.enrol(page.house, page.signed, _new_person(page, given))
    except Refused as refused:
        return again(request, "enrol.html", refused, **_form(page, given))
    return redirect(request, f"/s/{page.here.site}/people/{person}", said=_("Enrolled. Consent and ways in come next."))


@router.get("/{person}")
def record(request: Request, page: AtPage, person: UUID) -> Response:
    return render(request, "person.html", **record_page(page, person))


@router.get("/{person}/change")
def ask_change(request: Request, page: AtPage, person: UUID) -> Response:
    """What is sealed stays out of the form: an empty phone or e-mail field keeps what there is."""
    page.signed.need(Permission.ENROL)
    found = people.record(page.house, page.signed, PersonId(person))
    line = found.line
    given = {
        **_given(line.name, line.kind, [str(group) for group in found.group_ids], "", "", found.number, "", ""),
        "valid_since": page.local(line.valid_since).date().isoformat() if line.valid_since else "",
        "valid_until": last_day(page, line.valid_until).isoformat() if line.valid_until else "",
    }
    return render(request, "enrol.html", **_form(page, given, person))


@router.post("/{person}/change")
def change_person(
    request: Request,
    page: AtPage,
    person: UUID,
    name: Text = "",
    kind: Text = "",
    groups: Several = None,
    phone: Text = "",
    email: Text = "",
    number: Text = "",
    valid_since: Text = "",
    valid_until: Text = "",
) -> Response:
    given = _given(name, kind, groups, phone, email, number, valid_since, valid_until)
    try:
        keep = [field for field in ("phone", "email") if not given[field].strip()]
        enrol.change_person(page.house, page.signed, PersonId(person), _new_person(page, given), keep=keep)
    except Refused as refused:
        return again(request, "enrol.html", refused, **_form(page, given, person))
    return redirect(request, address(page, person), said=_("Saved"))


@router.get("/{person}/suspend")
def ask_suspend(request: Request, page: AtPage, person: UUID) -> Response:
    page.signed.need(Permission.ENROL)
    found = people.record(page.house, page.signed, PersonId(person))
    return ask(request, "person_suspend.html", back=address(page, person), person=found)


@router.post("/{person}/suspend")
def suspend(request: Request, page: AtPage, person: UUID, on: Text = "", why: Text = "") -> Response:
    enrol.suspend(page.house, page.signed, PersonId(person), on=on == "yes", why=why)
    return redirect(request, address(page, person), said=_("Suspended") if on == "yes" else _("Let in again"))


def record_page(page: Page, person: UUID) -> dict[str, Any]:
    """What the record's template needs; a form on it adds its own trouble."""
    found = people.record(page.house, page.signed, PersonId(person))
    return {
        "person": found,
        "alive": ways_alive(found),
        "told": doings(page.words, found.journal),
        "now": page.house.clock.now(),
        "last_day": last_day(page, found.line.valid_until) if found.line.valid_until else None,
        "last_day_of": partial(last_day, page),
        "typed_means": [Means.CARD, Means.PLATE],
        "given": {"means": "", "value": "", "until": ""},
    }


def ways_alive(found: PersonRecord) -> list[people.CredentialLine]:
    return [way for way in found.credentials if way.ended_at is None]


def address(page: Page, person: UUID) -> str:
    return f"/s/{page.here.site}/people/{person}"


def last_day(page: Page, until: datetime) -> date:
    """The last local day of a validity, whose end is not included."""
    return (page.local(until) - timedelta(microseconds=1)).date()


def day_of(page: Page, typed: str, field: str, *, end: bool = False) -> datetime | None:
    """The instant at which the typed local day begins, or with `end` at which it is over; None for nothing typed."""
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip()) + (A_DAY if end else timedelta(0))
    except (ValueError, OverflowError) as error:
        raise BadDay("not a day", field=field) from error
    return datetime.combine(day, time(), page.tz).astimezone(UTC)


def _given(
    name: str, kind: str, groups: Sequence[str] | None, phone: str, email: str, number: str, valid_since: str, valid_until: str
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": PersonKind(kind) if kind in set(PersonKind) else PersonKind.EMPLOYEE,
        "groups": _groups(groups or ()),
        "phone": phone,
        "email": email,
        "number": number,
        "valid_since": valid_since,
        "valid_until": valid_until,
    }


def _groups(typed: Sequence[str]) -> tuple[GroupId, ...]:
    try:
        return tuple(GroupId(UUID(group)) for group in typed)
    except ValueError as error:
        raise Invalid("not a group", field="groups") from error


def _new_person(page: Page, given: dict[str, Any]) -> enrol.NewPerson:
    times = {
        "valid_since": day_of(page, given["valid_since"], "valid_since"),
        "valid_until": day_of(page, given["valid_until"], "valid_until", end=True),
    }
    return enrol.NewPerson(**{**given, **times})


def _form(page: Page, given: dict[str, Any] | None = None, person: UUID | None = None) -> dict[str, Any]:
    return {
        "given": given or {**NOTHING, "kind": PersonKind.EMPLOYEE, "groups": ()},
        "kinds": list(PersonKind),
        "groups": rules.groups(page.house, page.signed),
        "person": person,
    }
