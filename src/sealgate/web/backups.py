"""Backups: how old the last is, where they lie and until when they are locked, how they grow, and reading them back now.

What is shown is of the whole installation; no organisation is named.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.backup.keeping import Look
from sealgate.backup.points import Point
from sealgate.domain.errors import NotFound
from sealgate.domain.operators import Permission
from sealgate.web.frame import AtPage, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.plots import Item, Plot, bar_plot

router = APIRouter(prefix="/backups")
KILO, MEGA = 1_000, 1_000_000
SHOWN = 30
"""Backups in the drawing and in the table."""


@router.get("")
def backups(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_JOURNAL)
    look = page.house.backups.look() if page.house.backups else None
    drawn = _drawn(page.words, look) if look and look.points else None
    return render(request, "backups.html", look=look, drawn=drawn, shown=SHOWN, sized=_sized)


@router.post("/verify")
def verify(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.SEE_JOURNAL)
    if page.house.backups is None:
        raise NotFound("backups")
    page.house.backups.verify_soon()
    return redirect(request, "/backups", said=_("The backups are being read back"))


def _sized(words: Words, count: int) -> str:
    """The first backup is of megabytes, and what came since the last often of a few thousand bytes."""
    if count < MEGA:
        return f"{words.number(-(-count // KILO))} KB"
    return f"{words.number(round(count / MEGA, 1))} MB"


def _drawn(words: Words, look: Look) -> tuple[Plot, str]:
    """The size of the database in each of the last backups, the oldest first."""

    def size(point: Point) -> str:
        return words.number(round(point.size / MEGA, 1))

    shown = look.points[:SHOWN]
    items = [
        Item(f"{point.at:%m-%d}", point.size / MEGA, f"{point.at:%Y-%m-%d %H:%M}: {size(point)} MB")
        for point in reversed(shown)
    ]
    return bar_plot(items, words.number), words.gettext(_("The last is of %(size)s MB."), size=size(shown[0]))
