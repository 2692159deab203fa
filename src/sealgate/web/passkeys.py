"""Passkeys on pages: made and removed under one's account, and shown at the front door.

The surprising thing: these forms are sent by a script. What a browser asks of a passkey is asked by script alone, so the
answers are JSON, and what went wrong comes back as problem+json for the same script to say.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import PasskeyId
from sealgate.flows import passkeys
from sealgate.flows.tickets import GOOD_FOR
from sealgate.web.frame import SAID, AtPage, redirect
from sealgate.web.guard import TooLarge
from sealgate.web.i18n import _, words_of
from sealgate.web.sessions import give_cookie, opened
from sealgate.web.signin import at_the_door, count_miss, local, refuse_waiting

TICKET = "sealgate-passkey"
router = APIRouter()


@router.post("/account/passkeys/options")
def ask_new(request: Request, page: AtPage) -> Response:
    return _asking(request, passkeys.begin_adding(page.house, page.signed), "/account/passkeys")


@router.post("/account/passkeys")
async def add(request: Request, page: AtPage) -> Response:
    said = await answer(request)
    name, made = str(said.get("name", ""))[:200], said.get("credential")
    ticket = request.cookies.get(TICKET, "")
    await run_sync(passkeys.add, page.house, page.signed, ticket, name, made if isinstance(made, dict) else {})
    response = _gone("/account", "/account/passkeys")
    text = quote(words_of(request).gettext(_("Passkey added. From now on it signs you in.")))
    response.set_cookie(SAID, text, max_age=30, path="/", httponly=True, samesite="strict")
    return response


@router.post("/account/passkeys/{passkey}/remove")
def remove(request: Request, page: AtPage, passkey: UUID) -> Response:
    passkeys.remove(page.house, page.signed, PasskeyId(passkey))
    return redirect(request, "/account", said=_("Passkey removed. It signs nobody in any more."))


@router.post("/sign-in/passkey/options")
@opened
def ask(request: Request) -> Response:
    return _asking(request, passkeys.begin_entering(request.app.state.house), "/sign-in/passkey")


@router.post("/sign-in/passkey")
@opened
async def enter(request: Request) -> Response:
    house, door, address = at_the_door(request)
    said = await answer(request)
    shown = said.get("credential")
    try:
        refuse_waiting(house, door, address)
        ticket = request.cookies.get(TICKET, "")
        session = await run_sync(passkeys.enter, house, ticket, shown if isinstance(shown, dict) else {})
    except Refused as refused:
        count_miss(house, door, address, refused)
        raise
    response = _gone(local(str(said.get("next", "/"))[:1000]), "/sign-in/passkey")
    give_cookie(request, response, session)
    return response


async def answer(request: Request) -> dict[str, Any]:
    """The object in the body; a body of more than an answer's bytes is not read to its end. Raises `TooLarge`."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > passkeys.MOST_BYTES:
            raise TooLarge
    return passkeys.read_answer(bytes(body))


def _asking(request: Request, asked: passkeys.Asked, path: str) -> Response:
    response = Response(asked.options, media_type="application/json")
    secure = request.url.scheme == "https"
    age = int(GOOD_FOR.total_seconds())
    response.set_cookie(TICKET, asked.ticket, age, path=path, secure=secure, httponly=True, samesite="strict")
    return response


def _gone(address: str, path: str) -> JSONResponse:
    """Done: where the script goes, and the ticket is taken back."""
    response = JSONResponse({"to": address})
    response.delete_cookie(TICKET, path=path, httponly=True, samesite="strict")
    return response
