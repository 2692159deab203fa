"""The page on which a sealed program is given its root: a share of a quorum at a time, or the passphrase.

Nobody can be signed in while the vault is sealed, so these pages know nobody; what they take is worth more than any sign-in.
They lie outside the console's own rule for that reason, and say no more than how many shares are still missing.
"""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sealgate.domain.errors import NotFound, Refused
from sealgate.flows.kit import House
from sealgate.flows.signin import TooManyTries
from sealgate.flows.unsealing import Standing, Unsealing
from sealgate.vault.errors import VaultSealed
from sealgate.vault.keptroots import Holder
from sealgate.web.frame import again, redirect, render
from sealgate.web.i18n import _
from sealgate.web.sessions import opened

router = APIRouter()
HELD = {
    Holder.KEY_FILE.value: _("Put the key file in its place; it is looked for every few seconds."),
    Holder.CREDENTIAL.value: _("This machine's TPM or systemd has to open it; it is asked again every few seconds."),
    Holder.SERVICE.value: _("The outside key service has to open it; it is asked again every few seconds."),
}
PAGE, MACHINES = "/unseal", "/api/v1/unseal"
ANSWERED = (PAGE, MACHINES, "/healthz", "/static/", "/language/", "/.well-known/")
"""What is answered while the vault is sealed."""

ON_SHOW = ("/kiosk", "/lane", "/pay", "/my", "/visit", "/api/")
"""Pages that hang on a wall or belong to visitors say that it is sealed; only the console leads to where it is opened."""


class Shut:
    """While the vault is sealed everything but the way to open it is answered by that one error."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.house.keyring.is_sealed and not scope["path"].startswith(ANSWERED):
            raise VaultSealed
        await self.app(scope, receive, send)


def leads_here(scope: Scope) -> bool:
    """Whether somebody who looked for that page is to be brought here."""
    asks = Headers(scope=scope).get("hx-request") is None and scope["method"] in {"GET", "HEAD"}
    return asks and not scope["path"].startswith((*ON_SHOW, PAGE))


class Given(BaseModel):
    """One of the two."""

    model_config = ConfigDict(extra="forbid")
    share: Annotated[str, Field(max_length=1000)] = ""
    passphrase: Annotated[str, Field(max_length=1024)] = ""


@router.get(PAGE)
@opened
def look(request: Request) -> Response:
    standing = _of(request).standing()
    return render(request, "unseal.html", standing=standing, held=HELD)


@router.post(PAGE)
@opened
async def give(
    request: Request,
    share: Annotated[str, Form(max_length=1000)] = "",
    passphrase: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    try:
        standing = await run_sync(_taken, request, Given(share=share, passphrase=passphrase))
    except Refused as refused:
        return again(request, "unseal.html", refused, standing=_of(request).standing(), held=HELD)
    if not standing.sealed and not standing.changing:
        return redirect(request, "/", said=_("Unsealed"))
    return RedirectResponse(PAGE, 303)


@router.get(MACHINES, summary="Whether the vault is sealed, and what is missing")
@opened
def standing_of(request: Request) -> JSONResponse:
    return JSONResponse(_told(_of(request).standing()))


@router.post(MACHINES, summary="A share or the passphrase")
@opened
async def give_here(request: Request, given: Given) -> JSONResponse:
    return JSONResponse(_told(await run_sync(_taken, request, given)))


def _taken(request: Request, given: Given) -> Standing:
    """Raises `TooManyTries` and what `Unsealing` does."""
    unsealing, house, door = _of(request), request.app.state.house, request.app.state.door
    address = request.client.host if request.client else ""
    wait = door.misses.wait(f"unseal {address}", house.clock.now())
    if wait:
        raise TooManyTries(wait)
    try:
        if given.share.strip():
            return unsealing.give_share(given.share)
        if given.passphrase:
            return unsealing.give_passphrase(given.passphrase)
        unsealing.watch()
        return unsealing.standing()
    except Refused as refused:
        if refused.status != 409:
            door.misses.missed(f"unseal {address}", house.clock.now())
        raise


def _of(request: Request) -> Unsealing:
    house: House = request.app.state.house
    if house.unsealing is None:
        raise NotFound("unseal")
    return house.unsealing


def _told(standing: Standing) -> dict[str, object]:
    return {
        "sealed": standing.sealed,
        "held_by": [holder.value for holder in standing.holders],
        "have": standing.have,
        "need": standing.need,
        "trouble": standing.trouble or None,
        "changing": standing.changing,
    }
