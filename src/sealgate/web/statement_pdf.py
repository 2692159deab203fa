"""A fleet's statement of a month as a PDF: the same lines as the page, and what is due by when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from fpdf import FPDF

from sealgate.flows.fleet_accounts import EntryLine, StatementView
from sealgate.web.i18n import Words, _
from sealgate.web.pdf_fonts import CannotWrite, blank_page, can_print, money_text

WIDTH, HEIGHT, EDGE = 210, 297, 15
"""Millimetres: A4."""
COLUMNS = (38, 38, 44, 30, 30)
MOST = 5_000
"""So many stays fill a hundred pages; a longer statement is sent as CSV."""


def statement_pdf(
    view: StatementView, lines: Iterable[EntryLine], words: Words, local: Callable[[datetime], datetime]
) -> bytes:
    """Raises `CannotWrite`."""
    found = [line for line, _number in zip(lines, range(MOST), strict=False)]
    if not can_print((words.gettext(_("Statement")), view.holder, *(text for one in found for text in (one.lot, one.plate)))):
        raise CannotWrite
    line, row = view.line, view.line.row
    page = blank_page((WIDTH, HEIGHT), EDGE, words.gettext(_("Statement")), words, row.made_at)
    page.set_auto_page_break(True, EDGE)
    page.set_font(size=16)
    page.cell(text=words.gettext(_("Statement")), h=10, new_x="LMARGIN", new_y="NEXT")
    page.set_font(size=10)
    facts = [
        (_("Account"), view.holder), (_("Month"), row.month), (_("Number"), line.number),
        (_("Stays"), words.number(row.entries)), (_("Due on"), words.day(row.due_on)),
        (_("Sum"), money_text(line.total, words)),
    ]  # fmt: skip
    if row.paid_at is not None:
        facts.append((_("Paid on"), words.day(local(row.paid_at))))
    for label, value in facts:
        page.cell(w=40, h=6, text=words.gettext(label))
        page.multi_cell(w=page.epw - 40, h=6, text=value, new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
    page.set_font(size=8)
    _cells(page, [words.gettext(head) for head in (_("Entered"), _("Left"), _("Garage"), _("Plate"), _("Sum"))])
    for one in found:
        left = "" if one.row.left is None else words.stamp(local(one.row.left))
        _cells(page, [words.stamp(local(one.row.entered)), left, one.lot, one.plate, money_text(one.money, words)])
    if row.entries > len(found):
        page.multi_cell(w=page.epw, h=5, text=words.gettext(_("Cut here. The CSV has all lines.")))
    return bytes(page.output())


def _cells(page: FPDF, texts: list[str]) -> None:
    for width, text in zip(COLUMNS, texts, strict=True):
        last = width is COLUMNS[-1] and text is texts[-1]
        page.cell(w=width, h=5, text=_cut(page, text, width), align="R" if last else "L")
    page.ln(5)


def _cut(page: FPDF, text: str, width: int) -> str:
    """As much of it as its column holds."""
    while text and page.get_string_width(text) > width - 1:
        text = text[:-1]
    return text
