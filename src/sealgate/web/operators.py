"""Who may work here: the operators, their roles, and the link by which a new one comes in."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import OperatorId
from sealgate.domain.operators import GRANTED, Role
from sealgate.flows import signin
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter()


class NoRole(Invalid):
    """An invitation without a role would make an operator who may do nothing."""

    code = "operators.no-role"


@router.get("/operators")
def operators(request: Request, page: AtPage) -> Response:
    return render(request, "operators.html", **_context(page))


@router.post("/operators/invite")
def invite(request: Request, page: AtPage, role: Annotated[list[str] | None, Form()] = None) -> Response:
    roles = frozenset(known for known in Role if known in (role or []))
    if not roles:
        return again(request, "operators.html", NoRole("a role is needed", field="role"), **_context(page))
    secret = signin.invite_operator(page.house, page.signed, roles)
    return render(request, "operators_link.html", link=f"{request.base_url}set-up/{secret}", roles=sorted(roles))


@router.post("/operators/{operator}/disable")
def disable(request: Request, page: AtPage, operator: UUID) -> Response:
    signin.disable_operator(page.house, page.signed, OperatorId(operator))
    return redirect(request, "/operators", said=_("Operator disabled, their sessions are ended"))


def _context(page: Page) -> dict[str, Any]:
    return {"lines": signin.operators(page.house, page.signed), "roles": list(Role), "granted": GRANTED}
