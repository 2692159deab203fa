"""Who may work here: operators, their roles at all sites or at some, their sessions, and the link by which one comes in."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import OperatorId, SiteId
from sealgate.domain.operators import GRANTED, Role
from sealgate.flows import rights, sessions, signin
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter()
MOST_BOXES = 5000


class NoRole(Invalid):
    """An invitation without a role would make an operator who may do nothing."""

    code = "operators.no-role"


@router.get("/operators")
def operators(request: Request, page: AtPage) -> Response:
    return render(request, "operators.html", **_context(page))


@router.post("/operators/invite")
def invite(
    request: Request,
    page: AtPage,
    role: Annotated[list[str] | None, Form()] = None,
    site: Annotated[list[UUID] | None, Form()] = None,
) -> Response:
    """Without a site the roles hold at all of them."""
    roles = frozenset(known for known in Role if known in (role or []))
    if not roles:
        return again(request, "operators.html", NoRole("a role is needed", field="role"), **_context(page))
    at = frozenset((SiteId(one), known) for one in site or [] for known in roles)
    secret = signin.invite_operator(page.house, page.signed, frozenset() if at else roles, at)
    link = f"{request.base_url}set-up/{secret}"
    return render(request, "operators_link.html", link=link, roles=sorted(roles), sites=_named(page, at))


@router.get("/operators/{operator}")
def operator(request: Request, page: AtPage, operator: UUID) -> Response:
    return render(request, "operator.html", **_one(page, OperatorId(operator)))


@router.post("/operators/{operator}/roles")
def give_roles(request: Request, page: AtPage, operator: UUID, holds: Annotated[list[str] | None, Form()] = None) -> Response:
    """`holds` are `<role>` for all sites and `<role>@<site>` for one."""
    whose = OperatorId(operator)
    try:
        rights.give(page.house, page.signed, whose, *_read(holds or []))
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "operator.html", refused, **_one(page, whose))
    return redirect(request, f"/operators/{whose}", said=_("Saved. They are signed out, and sign in with their new rights."))


@router.post("/operators/{operator}/sessions/end")
def end_sessions(request: Request, page: AtPage, operator: UUID) -> Response:
    sessions.end_all(page.house, page.signed, OperatorId(operator))
    return redirect(request, f"/operators/{operator}", said=_("Signed out everywhere"))


@router.post("/operators/{operator}/disable")
def disable(request: Request, page: AtPage, operator: UUID) -> Response:
    signin.disable_operator(page.house, page.signed, OperatorId(operator))
    return redirect(request, "/operators", said=_("Operator disabled, their sessions are ended"))


def _context(page: Page) -> dict[str, Any]:
    lines = signin.operators(page.house, page.signed)
    places = {line.operator: _named(page, line.site_roles) for line in lines}
    return {"lines": lines, "roles": list(Role), "granted": GRANTED, "places": places}


def _one(page: Page, operator: OperatorId) -> dict[str, Any]:
    line = next((line for line in signin.operators(page.house, page.signed) if line.operator == operator), None)
    if line is None:
        raise NotFound("operator")
    held = {role.value for role in line.roles} | {f"{role}@{site}" for site, role in line.site_roles}
    return {
        "line": line,
        "roles": list(Role),
        "held": held,
        "granted": GRANTED,
        "sessions": sessions.of(page.house, page.signed, operator),
        "own": operator == page.signed.operator,
    }


def _named(page: Page, site_roles: frozenset[tuple[SiteId, Role]]) -> list[tuple[str, list[Role]]]:
    """Site by site, in the order of their names: the roles that hold there alone."""
    names = {line.site: line.name for line in page.sites}
    found = sorted({site for site, _role in site_roles if site in names}, key=names.__getitem__)
    return [(names[site], sorted(role for at, role in site_roles if at == site)) for site in found]


def _read(holds: list[str]) -> tuple[frozenset[Role], rights.SiteRoles]:
    """Raises `Invalid` for what no box of ours says."""
    everywhere, at_sites = set(), set()
    for one in holds[:MOST_BOXES]:
        role, _at, site = one.partition("@")
        try:
            if site:
                at_sites.add((SiteId(UUID(site)), Role(role)))
            else:
                everywhere.add(Role(role))
        except ValueError as error:
            raise Invalid("no role", field="holds") from error
    return frozenset(everywhere), frozenset(pair for pair in at_sites if pair[1] not in everywhere)
