"""My data: where somebody who is no operator looks at what is kept about them.

The surprising thing: opening the link only asks. A mail program or a messenger that looks at links must not use them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealgate.domain.calendar import zone
from sealgate.domain.ids import ConsentId
from sealgate.flows import selfservice
from sealgate.flows.kit import House
from sealgate.flows.selfservice import Own
from sealgate.web.doings import doings
from sealgate.web.frame import redirect, render
from sealgate.web.i18n import Words, _, words_of
from sealgate.web.notices import FACE_NOTICES, text_of
from sealgate.web.sessions import for_persons, opened, own_cookie_name

router = APIRouter(prefix="/my")
LASTS = int(selfservice.SESSION.total_seconds())


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of one's own; other modules add theirs to `TABS`."""

    name: str
    address: str


TABS = [Tab(_("Me"), "/my"), Tab(_("Payslips"), "/my/payslips")]


@dataclass(frozen=True, slots=True)
class Mine:
    """Who looks (`own`), and the clock they read: of the organisation's first site, else UTC."""

    house: House
    own: Own
    words: Words
    tz: tzinfo

    @property
    def tabs(self) -> list[Tab]:
        return TABS


def mine(request: Request) -> Mine:
    """The dependency of every page of one's own; the wall has found out already who it is."""
    house: House = request.app.state.house
    own: Own = request.state.own
    made = Mine(house, own, words_of(request), zone(selfservice.home_zone(house, own)))
    request.state.mine = made
    return made


AtMine = Annotated[Mine, Depends(mine)]


@router.get("/enter/{secret}")
@opened
def ask(request: Request, secret: str) -> Response:
    if not selfservice.link_is_good(request.app.state.house, secret):
        raise selfservice.OwnLinkOver
    return render(request, "own_enter.html", secret=secret)


@router.post("/enter/{secret}")
@opened
def enter(request: Request, secret: str) -> Response:
    token = selfservice.enter(request.app.state.house, secret)
    response = RedirectResponse("/my", 303)
    secure = request.url.scheme == "https"
    name = own_cookie_name(request)
    response.set_cookie(name, token, max_age=LASTS, path="/", secure=secure, httponly=True, samesite="strict")
    return response


@router.get("")
@for_persons
def me(request: Request, mine: AtMine) -> Response:
    return own_page(request, mine, "own_me.html", **_record(mine))


@router.get("/notice/{version}")
@for_persons
def notice(request: Request, mine: AtMine, version: str) -> Response:
    if version not in FACE_NOTICES:
        return RedirectResponse("/my", 303)
    return own_page(request, mine, "own_notice.html", text=text_of(version, mine.words.language), version=version)


@router.post("/consents/{consent}/withdraw")
@for_persons
def withdraw(request: Request, mine: AtMine, consent: UUID) -> Response:
    selfservice.withdraw(mine.house, mine.own, ConsentId(consent))
    return redirect(request, "/my", said=_("Withdrawn. The template is destroyed."))


@router.post("/sign-out")
@for_persons
def leave(request: Request, mine: AtMine) -> Response:
    selfservice.leave(mine.house, mine.own)
    response = render(request, "own_left.html")
    secure = request.url.scheme == "https"
    response.delete_cookie(own_cookie_name(request), path="/", secure=secure, httponly=True, samesite="strict")
    return response


def own_page(request: Request, mine: Mine, template: str, /, *, status: int = 200, **context: Any) -> Response:
    """A page in the frame of one's own; templates also get `mine`."""
    return render(request, template, status=status, mine=mine, **context)


def _record(mine: Mine) -> dict[str, Any]:
    found = selfservice.my_record(mine.house, mine.own)
    return {
        "person": found,
        "alive": [way for way in found.credentials if way.ended_at is None],
        "told": doings(mine.words, [line for line in found.journal if not (line.own and line.action.endswith("read"))]),
    }
