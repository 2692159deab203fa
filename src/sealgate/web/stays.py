"""A stay's own page: what was seen, billed, paid and sent back, and whom it was about to ask. Money goes back from here.

The surprising thing: sending money back takes two steps without a script. The first page asks how much and why, the second
says it again and names the refund; pressing its button twice is the same refund.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.billing import RefundState
from sealgate.domain.desk import Act
from sealgate.domain.errors import Invalid, Refused
from sealgate.domain.ids import PaymentId, RefundId, SiteId, StayId
from sealgate.domain.money import Money, parse
from sealgate.domain.operators import Permission
from sealgate.domain.stays import StayState
from sealgate.flows import paying, paylinks, refunds, stay_record
from sealgate.flows.refunds import ByHand, RefundNeedsWords
from sealgate.flows.stay_record import PaymentLine, StayRecord
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.i18n import Words, _
from sealgate.web.report_sheets import provider_said
from sealgate.web.ways import drawn

router = APIRouter(prefix="/s/{site}/garages")
Text = Annotated[str, Form(max_length=1000)]
PAYABLE = frozenset({StayState.OPEN, StayState.WAITING, StayState.PAID})

SENT = {
    RefundState.DONE: _("Sent back"),
    RefundState.ASKED: _("Asked for. The provider is asked until it answers."),
    RefundState.STUCK: _("The provider cannot finish it. Somebody has to act there."),
    RefundState.FAILED: _("The provider refused it. Nothing went back."),
}


OUTCOMES = {
    "paid": _("It was paid"),
    "answered-itself": _("It answered itself"),
    "entry-came-late": _("Its entry came late"),
    "ended-by-hand": _("The stay was ended by hand"),
}
"""How a call ended that no attendant decided."""


class NotASum(Invalid):
    """A sum is digits, with the decimals that the currency has."""

    code = "refund.not-a-sum"


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline. `own`: money moved, or the car did."""

    at: datetime
    words: str
    small: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A driver's link as a page shows it: whole, as a drawing, and as digits."""

    address: str
    drawing: str
    code: str


def link_shown(request: Request, page: Page, site: SiteId, stay: StayId) -> ShownLink:
    made = paylinks.make_link(page.house, page.signed, site, stay)
    address = (page.house.address or str(request.base_url).rstrip("/")) + made.path
    return ShownLink(address, drawn(address), made.code)


@router.get("/stays/{stay}")
def stay(request: Request, page: AtPage, stay: UUID) -> Response:
    return _shown(request, page, StayId(stay))


@router.post("/stays/{stay}/taken")
def take_by_hand(
    request: Request,
    page: AtPage,
    stay: UUID,
    means: Annotated[ByHand, Form()],
    minor: Annotated[int, Form(ge=0, le=10**12)],
    currency: Text,
) -> Response:
    """An attendant took what is due, in cash or otherwise."""
    try:
        paying.cash(page.house, page.signed, StayId(stay), Money(minor, currency), means)
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        return _shown(request, page, StayId(stay), refused)
    return redirect(request, f"{_root(page)}/stays/{stay}", _("Taken. The barrier opens if the car stands there."))


@router.post("/stays/{stay}/link")
def make_link(request: Request, page: AtPage, stay: UUID) -> Response:
    """The page comes back with it."""
    return _shown(request, page, StayId(stay), link=link_shown(request, page, page.here.site, StayId(stay)))


@router.post("/stays/{stay}/end")
def end_by_hand(request: Request, page: AtPage, stay: UUID, why: Text = "") -> Response:
    try:
        stay_record.end_by_hand(page.house, page.signed, page.here.site, StayId(stay), why)
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        return _shown(request, page, StayId(stay), refused)
    return redirect(request, f"{_root(page)}/stays/{stay}", _("Over. Your words are in the journal."))


@router.get("/payments/{payment}/refund")
def ask_refund(
    request: Request,
    page: AtPage,
    payment: UUID,
    sum: Annotated[str, Query(max_length=20)] = "",  # noqa: A002 - as the form has it
) -> Response:
    page.signed.need(Permission.REFUND)
    given = {"much": "part" if sum else "whole", "sum": sum, "why": ""}
    return render(request, "refund.html", **_refund_form(page, PaymentId(payment)), given=given, sure=None)


@router.post("/payments/{payment}/refund")
def send_back(
    request: Request,
    page: AtPage,
    payment: UUID,
    much: Text = "whole",
    sum: Text = "",  # noqa: A002 - the form's own word
    why: Text = "",
    refund: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Without `refund` the question is asked again with the sum; with it the money goes."""
    page.signed.need(Permission.REFUND)
    form = _refund_form(page, PaymentId(payment))
    given = {"much": much, "sum": sum[:40], "why": why[:300]}
    line: PaymentLine = form["line"]
    try:
        money = line.refundable if much == "whole" and refund is None else _money(sum, line.asked.currency)
        if refund is None:
            _may_be_asked(line, money, why)
            return render(request, "refund.html", **form, given=given, sure=money, name=page.house.new_id())
        sent = refunds.refund(page.house, page.signed, PaymentId(payment), money, why, RefundId(refund))
    except Refused as refused:
        if refused.status in {403, 404}:
            raise
        return again(request, "refund.html", refused, **_refund_form(page, PaymentId(payment)), given=given, sure=None)
    return redirect(request, f"{_root(page)}/stays/{form['stay'].stay}#payments", SENT[sent.state])


def _may_be_asked(line: PaymentLine, money: Money, why: str) -> None:
    """What `refunds.refund` would say, before anybody is asked whether they are sure."""
    if len(" ".join(why.split())) < 3:
        raise RefundNeedsWords("say why in 3 to 300 characters")
    if not 0 < money.minor <= line.refundable.minor:
        raise NotASum("no more goes back than is left", field="sum")


def _money(typed: str, currency: str) -> Money:
    try:
        return parse(typed.strip().replace(",", ""), currency)
    except Refused as refused:
        raise NotASum("a sum is digits with at most the currency's decimals", field="sum") from refused


def _refund_form(page: Page, payment: PaymentId) -> dict[str, Any]:
    stay, line = stay_record.stay_of_payment(page.house, page.signed, page.here.site, payment)
    return {"stay": stay, "line": line, "means": provider_said(page.words, line.means)}


def _shown(
    request: Request, page: Page, stay: StayId, refused: Refused | None = None, link: ShownLink | None = None
) -> Response:
    record = stay_record.stay_record(page.house, page.signed, page.here.site, stay)
    may_take = page.signed.may(Permission.DESK) and record.stay.state in PAYABLE
    context: dict[str, Any] = {
        "record": record,
        "line": record.line,
        "now": page.house.clock.now(),
        "due": record.due,
        "link": link,
        "links": page.signed.may(Permission.DESK) and bool(record.due) and record.stay.state in PAYABLE,
        "takes": list(ByHand) if may_take and record.due else [],
        "said_means": lambda means: provider_said(page.words, means),
        "timeline": sorted(_timeline(page.words, record), key=lambda one: one.at)[::-1],
    }
    if refused is not None:
        return again(request, "stay.html", refused, **context)
    return render(request, "stay.html", **context)


def _timeline(words: Words, record: StayRecord) -> Iterator[Happened]:
    say = words.gettext
    yield Happened(record.stay.entered, say(_("Came in at %(gate)s"), gate=record.line.gate), own=True)
    if record.stay.left is not None:
        yield Happened(record.stay.left, say(_("Left by %(gate)s"), gate=record.exit_gate), own=True)
    if record.stay.superseded is not None:
        yield Happened(record.stay.superseded, say(_("Came in again; nobody saw it leave")))
    if record.stay.ticket_lost is not None:
        yield Happened(record.stay.ticket_lost, say(_("The ticket was lost")))
    for bill in record.bills:
        text = _("Final bill: %(sum)s") if bill.final else _("Billed: %(sum)s")
        yield Happened(bill.at, say(text, sum=words.money(bill.total)))
    for call in record.calls:
        yield Happened(call.at, say(_("The desk was called")), words.say(call.reason))
        if call.done_at is not None:
            yield Happened(call.done_at, say(_("The call ended: %(how)s"), how=outcome_said(words, call.outcome)), call.by)
    for line in record.payments:
        yield from _of_payment(words, line)


def _of_payment(words: Words, line: PaymentLine) -> Iterator[Happened]:
    say, told = words.gettext, {"sum": words.money(line.asked), "means": provider_said(words, line.means)}
    if line.paid_at != line.started_at:
        yield Happened(line.started_at, say(_("Began to pay %(sum)s: %(means)s"), **told))
    if line.paid_at is not None:
        yield Happened(line.paid_at, say(_("Paid %(sum)s: %(means)s"), **told), own=True)
    if line.disputed_at is not None:
        yield Happened(line.disputed_at, say(_("The bank took %(sum)s back, or gave it again"), sum=told["sum"]), own=True)
    if line.invoice_asked is not None:
        yield Happened(line.invoice_asked, say(_("An electronic invoice was asked for")))
    for back in line.refunds:
        money = words.money(back.money)
        yield Happened(back.asked_at, say(_("%(sum)s is to go back"), sum=money), back.why)
        if back.done_at is not None:
            yield Happened(back.done_at, say(_("%(sum)s went back"), sum=money), own=True)


def outcome_said(words: Words, outcome: str | None) -> str:
    """An attendant's decision, or how the call ended without one."""
    if outcome in OUTCOMES:
        return words.gettext(OUTCOMES[outcome])
    return words.say(Act(outcome)) if outcome in set(Act) else ""


def _root(page: Page) -> str:
    return f"/s/{page.here.site}/garages"
