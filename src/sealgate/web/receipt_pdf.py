"""A receipt as a PDF of one narrow page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo

from fpdf import FPDF

from sealgate.flows.receipts import Receipt
from sealgate.web.i18n import Words, _
from sealgate.web.pdf_fonts import CannotWrite, blank_page, can_print, money_text

WIDTH, HEIGHT, EDGE = 105, 180, 10
"""Millimetres."""


def can_write(receipt: Receipt, words: Words) -> bool:
    return can_print((words.gettext(_("Receipt")), *_names(receipt)))


def _names(receipt: Receipt) -> Iterator[str]:
    """What of a receipt somebody wrote: the rest is ours."""
    yield from (receipt.organisation, receipt.lot, receipt.money.currency)
    if receipt.parked is not None:
        yield receipt.parked.plate
        yield from (line.about for line in receipt.parked.lines)


def receipt_pdf(receipt: Receipt, words: Words, tz: tzinfo, means: Mapping[str, str]) -> bytes:
    """Raises `CannotWrite`."""
    if not can_write(receipt, words):
        raise CannotWrite
    page = blank_page((WIDTH, HEIGHT), EDGE, words.gettext(_("Receipt")), words, receipt.paid_at)
    page.set_font(size=9)
    page.cell(text=receipt.organisation, new_x="LMARGIN", new_y="NEXT")
    page.set_font(size=16)
    page.cell(text=words.gettext(_("Receipt")), h=10, new_x="LMARGIN", new_y="NEXT")
    page.set_font(size=9)
    for label, value in facts(receipt, words, tz, means):
        _line(page, label, value)
    for label, value in sums(receipt, words):
        _line(page, label, value)
    page.set_font(size=13)
    _line(page, words.gettext(_("Paid")), money_text(receipt.money, words), h=10)
    if receipt.back:
        page.set_font(size=9)
        _line(page, words.gettext(_("Sent back")), money_text(receipt.back, words))
    return bytes(page.output())


def _line(page: FPDF, label: str, value: str, h: int = 6) -> None:
    """A label at the left, its value at the right; a value too long for its half goes below."""
    room = page.epw - page.get_string_width(value) - 2
    if page.get_string_width(label) > room:
        page.multi_cell(w=page.epw, h=h, text=label, new_x="LMARGIN", new_y="NEXT")
        page.multi_cell(w=page.epw, h=h, text=value, align="R", new_x="LMARGIN", new_y="NEXT")
        return
    page.cell(w=room + 2, h=h, text=label)
    page.cell(h=h, text=value, align="R", new_x="LMARGIN", new_y="NEXT")


def facts(receipt: Receipt, words: Words, tz: tzinfo, means: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield words.gettext(_("Number")), receipt.number
    yield words.gettext(_("Lot")), receipt.lot
    if receipt.parked is not None:
        if receipt.parked.plate:
            yield words.gettext(_("Plate")), receipt.parked.plate
        yield words.gettext(_("Came in")), words.stamp(receipt.parked.entered.astimezone(tz))
        if receipt.parked.left is not None:
            yield words.gettext(_("Left")), words.stamp(receipt.parked.left.astimezone(tz))
    yield words.gettext(_("Paid on")), words.stamp(receipt.paid_at.astimezone(tz))
    yield words.gettext(_("Paid by")), words.gettext(means.get(receipt.means, receipt.means))
    if receipt.invoice_number:
        yield words.gettext(_("Electronic invoice")), receipt.invoice_number


def sums(receipt: Receipt, words: Words) -> Iterator[tuple[str, str]]:
    if receipt.parked is not None:
        for line in receipt.parked.lines:
            plain = line.about in {"", "all"} or line.about.startswith("validation-")
            about = "" if plain else f" ({line.about})"
            yield f"{words.say(line.reason)}{about}", money_text(line.amount, words)
