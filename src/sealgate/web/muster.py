"""The roll call: on the screen, on paper, and without a network.

Two ways outlive the network. The page itself may be kept by the browser: a service worker, whose scope is this page alone,
keeps the newest copy and shows it when the server does not answer, until it is let go. And the list can be saved as one
file that needs nothing else. Both say when they were made.
"""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.flows.muster import muster
from sealgate.web.frame import AtPage, render
from sealgate.web.sessions import opened

router = APIRouter()


@router.get("/s/{site}/muster")
def roll_call(request: Request, page: AtPage) -> Response:
    return render(request, "muster.html", muster=muster(page.house, page.signed, page.here.site))


@router.get("/s/{site}/muster/file")
def whole_file(request: Request, page: AtPage) -> Response:
    """One HTML file with its style in it, to be kept on a stick or printed elsewhere."""
    found = muster(page.house, page.signed, page.here.site)
    response = render(request, "muster_file.html", muster=found)
    response.headers["Content-Disposition"] = f'attachment; filename="roll-call-{found.at:%Y%m%d-%H%M}.html"'
    return response


@router.get("/s/{site}/muster/keeper.js")
@opened
def keeper() -> Response:
    """The service worker. It lies beside the page, for a browser gives it no wider scope than its own folder and page."""
    script = (files("sealgate.web") / "static" / "muster-keeper.js").read_text(encoding="utf-8")
    return Response(
        script, media_type="text/javascript", headers={"Service-Worker-Allowed": "/s/", "Cache-Control": "no-cache"}
    )
