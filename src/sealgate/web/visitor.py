"""The visitor's own page and the host's answer: opened by a link, on a phone, without an account and without a script.

What a visitor types travels in the form's body; the only secret in an address is the link's own.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.residentid import Sex
from sealgate.domain.visits_asking import VisitField
from sealgate.flows import visit_page
from sealgate.flows.kit import House
from sealgate.flows.visit_agree import Agreement, NotAgreed, SeeReception
from sealgate.web.frame import render, tell
from sealgate.web.i18n import words_of
from sealgate.web.sessions import opened
from sealgate.web.ways import drawn

router = APIRouter(prefix="/visit")
Typed = Annotated[str, Form(max_length=300)]


@router.get("/answer/{secret}")
@opened
def question(request: Request, secret: str) -> Response:
    asked = visit_page.question(_house(request), secret)
    return render(request, "visit_answer.html", asked=asked, secret=secret, answered="")


@router.post("/answer/{secret}")
@opened
def answer(request: Request, secret: str, answer: Typed = "") -> Response:
    house = _house(request)
    asked = visit_page.question(house, secret)
    if answer not in {"yes", "no"}:
        return render(request, "visit_answer.html", asked=asked, secret=secret, answered="")
    visit_page.answer(house, secret, yes=answer == "yes")
    return render(request, "visit_answer.html", asked=asked, secret=secret, answered=answer)


@router.get("/{secret}")
@opened
def page(request: Request, secret: str) -> Response:
    return _page(request, secret)


@router.post("/{secret}/agree")
@opened
async def agree(request: Request, secret: str) -> Response:
    form = {name: str(value)[:300] for name, value in (await request.form()).items()}
    return await run_in_threadpool(_agree, request, secret, form)


def _agree(request: Request, secret: str, form: dict[str, str]) -> Response:
    try:
        visit_page.agree(_house(request), secret, agreement_of(form))
    except (SeeReception, NotAgreed) as refused:
        return _page(request, secret, refused, helped=True)
    except Refused as refused:
        if refused.status in {404, 410}:
            raise
        return _page(request, secret, refused, given=form)
    return RedirectResponse(f"/visit/{secret}", 303)


@router.post("/{secret}/{act}")
@opened
def act(request: Request, secret: str, act: str) -> Response:
    house = _house(request)
    acts = {
        "leave": lambda: visit_page.check_out(house, secret),
        "not-coming": lambda: visit_page.not_coming(house, secret),
        "forget": lambda: visit_page.choose_forgetting(house, secret, forget=True),
        "keep": lambda: visit_page.choose_forgetting(house, secret, forget=False),
    }
    if act not in acts:
        raise NotFound("act")
    acts[act]()
    return RedirectResponse(f"/visit/{secret}", 303)


def agreement_of(form: dict[str, str]) -> Agreement:
    """A form of the notice, on the page or at the kiosk."""
    return Agreement(
        version=form.get("version", ""),
        yes=form.get("answer") == "yes",
        answers={name.value: form.get(name.value, "") for name in VisitField if form.get(name.value, "").strip()},
        minor=form.get("minor") == "yes",
        guardian=form.get("guardian", ""),
        guardian_confirms=form.get("guardian_confirms") == "yes",
        forget=form.get("forget") == "yes",
    )


def notice(rules: Any) -> dict[str, Any]:
    """What the notice's template needs."""
    return {"rules": rules, "sexes": list(Sex), "fields": [name for name in VisitField if name in rules.fields]}


def _page(
    request: Request, secret: str, refused: Refused | None = None, given: dict[str, str] | None = None, *, helped: bool = False
) -> Response:
    view = visit_page.page(_house(request), secret)
    told = tell(words_of(request), refused) if refused else None
    return render(
        request,
        "visitor.html",
        status=told.status if told else 200,
        view=view,
        secret=secret,
        code=drawn(view.pass_text) if view.pass_text else "",
        given=given or {},
        trouble=told,
        helped=helped,
        **notice(view.rules),
    )


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house
