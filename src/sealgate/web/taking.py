"""Taking a file with names along: one page for all of them, which asks what for and, where it is much, for a second person.

The same address shows the page, asks for approval and gives the file. What is agreed to is worked out here again each time;
the browser says nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.approvals import Kind
from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.operators import TAKING
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.people import PurposeNeeded
from sealgate.web.asking import purpose_of
from sealgate.web.frame import Page, again, redirect, render
from sealgate.web.i18n import _

ASKED = _("Asked. Somebody else decides; take it here once they have agreed.")
TITLES = {
    Kind.ROLL: _("Real-name list of a day"),
    Kind.FIGURES: _("Performance figures"),
    Kind.BANK: _("File for the bank"),
    Kind.CONCERNED: _("List of the people concerned by a breach"),
    Kind.INVOICES: _("Invoices to be issued"),
    Kind.FORCED: _("Forced openings, by operator"),
    Kind.EVERYTHING: _("Everything about one person"),
    Kind.ERASE: _("Erasing a person"),
    Kind.FACES: _("A new face secret"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """`back` is where somebody goes who would rather not; `forms` the endings to choose from, the first by default."""

    wanted: Wanted
    back: str
    forms: tuple[str, ...] = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class Typed:
    purpose: str
    note: str
    form: str
    asks: bool

    @property
    def words(self) -> str:
        return purpose_of(self.purpose, self.note)


def typed(
    purpose: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=400)] = "",
    form: Annotated[str, Form(max_length=10)] = "",
    do: Annotated[str, Form(max_length=10)] = "",
) -> Typed:
    return Typed(purpose, note, form, do == "ask")


AsTyped = Annotated[Typed, Depends(typed)]


def show(request: Request, page: Page, offer: Offer, given: Typed | None = None, refused: Refused | None = None) -> Response:
    """The page that says how much it is and asks what for."""
    context: dict[str, Any] = {
        "offer": offer,
        "title": TITLES[offer.wanted.kind],
        "standing": approving.standing(page.house, page.signed, offer.wanted),
        "purposes": TAKING,
        "given": given or Typed("", "", offer.forms[0], asks=False),
        "address": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    }
    if refused is not None:
        return again(request, "taking.html", refused, **context)
    return render(request, "taking.html", **context)


def take(request: Request, page: Page, offer: Offer, given: Typed, make: Callable[[str, str], Response]) -> Response:
    """Ask for approval, or give what `make(purpose, form)` makes. A refusal comes back on the page."""
    if given.form and given.form not in offer.forms:
        raise NotFound("form")
    try:
        if given.asks:
            approving.ask(page.house, page.signed, offer.wanted, given.words)
            return redirect(request, str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""), said=ASKED)
        return make(given.words, given.form or offer.forms[0])
    except (PurposeNeeded, approving.NeedsSecond, approving.AskedAlready, approving.TooManyAsked) as refused:
        return show(request, page, offer, given, refused)
