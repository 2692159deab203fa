"""Who waits for an answer right now: walk-ups at a kiosk, and kiosks that call reception. Told to open pages as it happens.

The surprising thing: the stream sends the whole notice whenever something changed about a visit; what changed is read anew, so
a page that was away for a while shows the right thing with its first word.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sealgate.domain.ids import GateId
from sealgate.domain.operators import Permission
from sealgate.flows import reception, signin, visit
from sealgate.flows.kit import Signed
from sealgate.flows.visit_rows import TOPIC
from sealgate.web.frame import AtPage, Page, environment, redirect, render
from sealgate.web.hearing import LOST, Ears
from sealgate.web.i18n import _
from sealgate.web.live import said
from sealgate.web.sessions import cookie_name

router = APIRouter(prefix="/s/{site}/visits")


@router.get("/waiting")
def waiting(request: Request, page: AtPage) -> Response:
    """The notice alone."""
    _need(page.signed)
    return render(request, "visits_waiting.html", **_waiting(page))


@router.get("/stream")
async def stream(request: Request, page: AtPage) -> Response:
    """The notice as server-sent events: at once, and whenever it may have changed."""
    _need(page.signed)
    token = request.cookies.get(cookie_name(request), "")
    return StreamingResponse(_events(page, token), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.post("/reception/{gate}/coming")
def come(request: Request, page: AtPage, gate: UUID) -> Response:
    reception.come(page.house, page.signed, page.here.site, GateId(gate))
    back = "live" if request.query_params.get("back") == "live" else "visits"
    return redirect(request, f"/s/{page.here.site}/{back}", said=_("The kiosk says that you are coming"))


async def _events(page: Page, token: str) -> AsyncIterator[str]:
    with Ears(page.house.bus, page.signed.tenant, (TOPIC,)) as ears:
        yield "retry: 1000\n\n" + await run_in_threadpool(_drawn, page)
        while True:
            heard = await ears.heard()
            if any(topic == LOST for topic, _message in heard) or not await run_in_threadpool(_still_welcome, page, token):
                break
            if any(message.get("site") == str(page.here.site) for _topic, message in heard):
                yield await run_in_threadpool(_drawn, page)
            yield ": \n\n"
    yield said("over", "")


def _still_welcome(page: Page, token: str) -> bool:
    signed = signin.who_is(page.house, token)
    return signed is not None and any(map(signed.at(page.here.site).may, (Permission.VISITS, Permission.HOST)))


def _drawn(page: Page) -> str:
    template = environment(page.words.language).get_template("visits_waiting.html")
    return said("waiting", template.render(page=page, **_waiting(page)))


def _waiting(page: Page) -> dict[str, Any]:
    lines = visit.waiting(page.house, page.signed, page.here.site)
    return {"asked": lines, "calls": reception.waiting(page.house, page.signed, page.here.site)}


def _need(signed: Signed) -> None:
    signed.need(Permission.VISITS, Permission.HOST)
