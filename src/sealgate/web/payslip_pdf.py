"""A payslip as a PDF of one or more A4 pages: the same lines and sums as the page, and the same words."""

from __future__ import annotations

from collections.abc import Iterator

from fpdf import FPDF

from sealgate.domain.money import Money
from sealgate.domain.payroll_lines import PayLine
from sealgate.flows.pay_slips import Payslip
from sealgate.web.i18n import Words, _
from sealgate.web.pay_lines import amount, hours_text, how, named
from sealgate.web.pdf_fonts import CannotWrite, blank_page, can_print, money_text

A4, EDGE = (210, 297), 18
"""Millimetres."""


def can_write(slip: Payslip, words: Words) -> bool:
    return can_print(_texts(slip, words))


def _texts(slip: Payslip, words: Words) -> Iterator[str]:
    yield from (words.gettext(_("Payslip")), slip.policy.employer, slip.policy.address, slip.who.name, slip.who.number)
    yield from (named(line, words) for line in (*slip.slip.earned, *slip.slip.taken))


def payslip_pdf(slip: Payslip, organisation: str, words: Words) -> bytes:
    """Raises `CannotWrite`."""
    if not can_write(slip, words) or not can_print((organisation,)):
        raise CannotWrite
    title = words.gettext(_("Payslip, %(month)s"), month=words.month(slip.slip.month))
    page = blank_page(A4, EDGE, title, words, slip.run.made_at)
    _head(page, slip, organisation, title, words)
    currency = slip.slip.currency
    page.ln(3)
    page.set_font(size=13)
    _row(page, words.gettext(_("Paid to you")), money_text(Money(slip.slip.net, currency), words), h=10)
    _table(page, words.gettext(_("Earned")), slip.slip.earned, slip.slip.gross, currency, words)
    _table(page, words.gettext(_("Deducted")), slip.slip.taken, slip.slip.taken_off, currency, words)
    if slip.slip.employer:
        paid = words.gettext(_("Paid by the employer on top"))
        _table(page, paid, slip.slip.employer, slip.slip.employer_cost, currency, words)
    page.ln(4)
    page.set_font(size=9)
    for label, value in ends(slip, words):
        _row(page, label, value)
    return bytes(page.output())


def _head(page: FPDF, slip: Payslip, organisation: str, title: str, words: Words) -> None:
    page.set_font(size=10)
    page.cell(text=slip.policy.employer or organisation, new_x="LMARGIN", new_y="NEXT")
    if slip.policy.address:
        page.cell(text=slip.policy.address, new_x="LMARGIN", new_y="NEXT")
    page.set_font(size=18)
    page.cell(text=title, h=12, new_x="LMARGIN", new_y="NEXT")
    page.set_font(size=10)
    for label, value in facts(slip, words):
        _row(page, label, value)


def facts(slip: Payslip, words: Words) -> Iterator[tuple[str, str]]:
    yield words.gettext(_("Person")), slip.who.name
    if slip.who.number:
        yield words.gettext(_("Number")), slip.who.number
    if slip.who.account:
        yield words.gettext(_("To account ending")), slip.who.account[-4:]


def ends(slip: Payslip, words: Words) -> Iterator[tuple[str, str]]:
    currency = slip.slip.currency
    yield words.gettext(_("Planned")), hours_text(slip.slip.planned, words)
    yield words.gettext(_("Worked")), hours_text(slip.slip.worked, words)
    yield words.gettext(_("Earned this year")), money_text(Money(slip.earned_this_year, currency), words)
    yield words.gettext(_("Tax this year")), money_text(Money(slip.tax_this_year, currency), words)


def _table(page: FPDF, title: str, lines: tuple[PayLine, ...], total: int, currency: str, words: Words) -> None:
    page.ln(4)
    page.set_font(size=11)
    page.cell(text=title, h=8, new_x="LMARGIN", new_y="NEXT")
    page.set_draw_color(150)
    for line in lines:
        page.set_font(size=10)
        _row(page, named(line, words), amount(line.minor, currency))
        why = how(line, currency, words)
        if why:
            page.set_font(size=8)
            page.set_text_color(90)
            page.cell(text=why, h=4, new_x="LMARGIN", new_y="NEXT")
            page.set_text_color(0)
    page.line(EDGE, page.get_y() + 1, A4[0] - EDGE, page.get_y() + 1)
    page.ln(2)
    page.set_font(size=10)
    _row(page, words.gettext(_("Total")), amount(total, currency))


def _row(page: FPDF, label: str, value: str, h: int = 6) -> None:
    """A label at the left, its value at the right; a name too long for the line is broken."""
    wide = page.get_string_width(value) + 2
    if page.get_string_width(label) > page.epw - wide:
        page.multi_cell(w=page.epw, h=h, text=label, new_x="LMARGIN", new_y="NEXT")
        label = ""
    page.cell(w=page.epw - wide, h=h, text=label)
    page.cell(w=wide, h=h, text=value, align="R", new_x="LMARGIN", new_y="NEXT")
