"""The page of keys: who holds the root, how old the organisation's keys are, and new ones while everybody works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.ids import SiteId
from sealgate.domain.operators import TAKING
from sealgate.flows import approving, keys, rekeying
from sealgate.flows.keys import KeysStanding
from sealgate.ports import KeyCount, KeyKind
from sealgate.vault.keptroots import Holder
from sealgate.web import taking
from sealgate.web.frame import AtPage, Page, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.plots import Item, Plot, bar_plot
from sealgate.web.taking import AsTyped

router = APIRouter()

HOLDERS: Mapping[Holder, tuple[str, str]] = {
    Holder.KEY_FILE: (_("A key file"), _("Only the program may read it (mode 0600). Keep a copy apart from the data.")),
    Holder.PASSPHRASE: (_("A passphrase"), _("Somebody types it, or it is set where the program starts.")),
    Holder.CREDENTIAL: (_("This machine"), _("Sealed by its TPM or by systemd: a copy of the disk does not open.")),
    Holder.SERVICE: (
        _("An outside key service"),
        _("Asked once at each start; taken away there, the next start stays sealed."),
    ),
    Holder.QUORUM: (_("Several people"), _("No one alone can start the program; their shares lie nowhere but on paper.")),
}
KINDS: Mapping[KeyKind, tuple[str, str]] = {
    KeyKind.TENANT: (_("Organisation"), _("wrap all others, and seal what is the organisation’s own")),
    KeyKind.SUBJECT: (_("People"), _("one for each; destroyed when somebody is erased")),
    KeyKind.SITE: (_("Face secrets of sites"), _("turn face templates; a new one makes old copies useless")),
    KeyKind.DAY: (_("Days"), _("one for each day and site; destroyed when its time is over")),
    KeyKind.PAY: (_("Years of pay"), _("kept as long as the law wants payslips")),
}
MONTHS = 12


@router.get("/keys")
def shown(request: Request, page: AtPage) -> Response:
    return render(request, "keys.html", **_context(page))


@router.post("/keys/rotate")
def rotate(request: Request, page: AtPage) -> Response:
    keys.rotate(page.house, page.signed)
    return redirect(request, "/keys", said=_("Every key lies under a new one. Nothing had to be sealed again."))


@router.post("/s/{site}/keys/faces")
def rekey(request: Request, page: AtPage, given: AsTyped) -> Response:
    if given.asks:
        approving.ask(page.house, page.signed, rekeying.rekey_wanted(page.here.site), given.words)
        return redirect(request, "/keys", said=taking.ASKED)
    rekeying.rekey_faces(page.house, page.signed, SiteId(page.here.site))
    return redirect(request, "/keys", said=_("The face templates were turned by a new secret. Nobody is enrolled again."))


def _context(page: Page) -> dict[str, Any]:
    found = keys.standing(page.house, page.signed)
    plot, said = drawn(found, page.words, page.house.clock.now().date())
    return {
        "standing": found,
        "holders": HOLDERS,
        "kinds": KINDS,
        "plot": plot,
        "drawn": said,
        "days": {line.kind: _age(line.oldest, page.house.clock.now().date()) for line in found.kinds},
        "purposes": TAKING,
        "second": {
            line.site: approving.standing(page.house, page.signed, rekeying.rekey_wanted(line.site)) for line in page.sites
        },
        "rotated": page.local(found.rotated_at) if found.rotated_at and page.site else found.rotated_at,
    }


def _age(oldest: date | None, today: date) -> int | None:
    return None if oldest is None else max((today - oldest).days, 0)


def drawn(found: KeysStanding, words: Words, today: date) -> tuple[Plot, str]:
    """Living keys by the month in which they were made, of the last twelve; and what that says in a sentence."""
    months = [_back(today, n) for n in reversed(range(MONTHS))]
    by_month = _by_month(found.counts)
    items = [
        Item(f"{month:%m}", number, f"{month:%Y-%m}: {words.number(number)}", now=month == months[-1])
        for month in months
        for number in [by_month.get((month.year, month.month), 0)]
    ]
    total, before = sum(by_month.values()), sum(by_month.values()) - int(sum(item.value for item in items))
    said = words.gettext(_("%(total)s keys open something; %(before)s are older than a year."))
    return bar_plot(items, words.number, whole=True), said % {"total": words.number(total), "before": words.number(before)}


def _by_month(counts: Sequence[KeyCount]) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for one in counts:
        if one.alive:
            month = one.made_on.year, one.made_on.month
            found[month] = found.get(month, 0) + one.number
    return found


def _back(today: date, months: int) -> date:
    """The first of the month so many months ago."""
    number = today.year * 12 + today.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
