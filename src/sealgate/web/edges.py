"""The edge boxes of a site: when each spoke last, what waits there, which copy it has; a new one, and the end of one.

The surprising thing: the code by which a box joins is on the answer to the form and nowhere else. Whoever loads it anew has
asked for one more box.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Invalid, NotFound, Refused
from sealgate.domain.ids import EdgeId
from sealgate.flows import edges
from sealgate.flows.rules import INSTALLS
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import _

router = APIRouter(prefix="/s/{site}/garages/edges")
Text = Annotated[str, Form(max_length=1000)]


@router.get("")
def list_edges(request: Request, page: AtPage) -> Response:
    return render(request, "edges.html", **_lines(page))


@router.post("")
def add_edge(request: Request, page: AtPage, name: Text = "") -> Response:
    try:
        code = edges.add_edge(page.house, page.signed, page.here.site, name)
    except Refused as refused:
        if refused.status != Invalid.status:
            raise
        return again(request, "edges.html", refused, **{**_lines(page), "typed": name[:200]})
    centre = page.house.address or str(request.base_url).rstrip("/")
    answer = render(request, "edge_made.html", name=name.strip(), code=code, centre=centre)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/{edge}/end")
def end_edge(request: Request, page: AtPage, edge: UUID) -> Response:
    if all(row.edge != edge for row in edges.edges(page.house, page.signed, page.here.site)):
        raise NotFound("edge")
    edges.end_edge(page.house, page.signed, EdgeId(edge))
    return redirect(request, f"/s/{page.here.site}/garages/edges", said=_("The box is known no more"))


def _lines(page: Page) -> dict[str, Any]:
    now = page.house.clock.now()
    rows = edges.edges(page.house, page.signed, page.here.site)
    return {
        "lines": [(row, edges.is_away(row, now)) for row in rows],
        "now": now,
        "typed": "",
        "may": any(map(page.signed.may, INSTALLS)),
    }
