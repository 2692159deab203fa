"""A payslip as a PDF of one or more A4 pages: the same lines and sums as the page, and the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fpdf import FPDF

from sealgate.domain.money import Money
from sealgate.domain.payroll_lines import PayLine
from sealgate.flows.pay_slips import Payslip
from sealgate.web.i18n import Words, _
from sealgate.web.pay_lines import amount, hours_text, how, named
from sealgate.web.pdf_fonts import CannotWrite, add_bold, blank_page, can_print, money_text

A4, EDGE, GUTTER = (210, 297), 18, 10
"""Millimetres."""

Colour = tuple[int, int, int]
ACCENT: Colour = (0, 95, 115)
SOFT: Colour = (230, 243, 247)
INK: Colour = (18, 32, 41)
GREY: Colour = (88, 104, 115)
HAIR: Colour = (214, 222, 227)
"""The console's colours on paper."""


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
    page.c_margin = 0
    bold = add_bold(page)
    sheet = _Sheet(page, bold, slip.slip.currency, words)
    sheet.head(title, slip.policy.employer or organisation, slip.policy.address)
    sheet.strip(list(facts(slip, words)))
    sheet.net(words.gettext(_("Paid to you")), money_text(Money(slip.slip.net, slip.slip.currency), words))
    earned = (words.gettext(_("Earned")), slip.slip.earned, slip.slip.gross)
    taken = (words.gettext(_("Deducted")), slip.slip.taken, slip.slip.taken_off)
    sheet.side_by_side(earned, taken)
    if slip.slip.employer:
        sheet.table(words.gettext(_("Paid by the employer on top")), slip.slip.employer, slip.slip.employer_cost)
    sheet.gap(4)
    sheet.strip(list(ends(slip, words)))
    said = _("Every hour here comes from a work day. Something wrong? Tell us, and it is settled with the next pay.")
    sheet.foot(words.gettext(said))
    return bytes(page.output())


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


Table = tuple[str, tuple[PayLine, ...], int]


class _Sheet:
    """One payslip being laid out, from the top down. Lengths are millimetres."""

    def __init__(self, page: FPDF, bold: str, currency: str, words: Words) -> None:
        self._page, self._bold, self._currency, self._words = page, bold, currency, words
        self._left, self._wide = float(EDGE), float(page.epw)

    def head(self, title: str, employer: str, address: str) -> None:
        page = self._page
        page.set_fill_color(*ACCENT)
        page.rect(0, 0, A4[0], 5, style="F")
        page.set_y(EDGE - 2)
        self._font(12, bold=True)
        page.multi_cell(w=self._wide, h=6, text=employer, new_x="LMARGIN", new_y="NEXT")
        if address:
            self._font(9, GREY)
            page.multi_cell(w=self._wide, h=5, text=address, new_x="LMARGIN", new_y="NEXT")
        page.ln(5)
        self._font(20, bold=True)
        page.multi_cell(w=self._wide, h=10, text=title, new_x="LMARGIN", new_y="NEXT")
        page.ln(3)

    def strip(self, told: Sequence[tuple[str, str]]) -> None:
        """Facts beside each other, each under its small grey label; a long one is broken within its column."""
        page = self._page
        page.ln(2)
        wide, top = self._wide / max(len(told), 1), page.get_y()
        if top > A4[1] - 45:
            page.add_page()
            top = page.get_y()
        bottom = top
        for number, (label, value) in enumerate(told):
            page.set_xy(self._left + number * wide, top)
            self._font(8, GREY)
            page.cell(w=wide, h=4.5, text=label, new_x="LEFT", new_y="NEXT")
            self._font(10.5, bold=True)
            page.multi_cell(w=wide - 3, h=5.5, text=value, align="L", new_x="LEFT", new_y="NEXT")
            bottom = max(bottom, page.get_y())
        page.set_xy(self._left, bottom + 2)

    def net(self, label: str, sum_: str) -> None:
        page = self._page
        top, high = page.get_y() + 2, 17
        page.set_fill_color(*SOFT)
        page.rect(self._left, top, self._wide, high, style="F", round_corners=True, corner_radius=2)
        page.set_xy(self._left + 5, top)
        self._font(11)
        page.cell(w=self._wide / 2 - 5, h=high, text=label)
        self._font(20, ACCENT, bold=True)
        page.cell(w=self._wide / 2 - 5, h=high, text=sum_, align="R", new_x="LMARGIN", new_y="NEXT")
        page.ln(3)

    def side_by_side(self, left: Table, right: Table) -> None:
        """Two tables in two columns; one under the other where either is too long for the rest of the page."""
        page, most = self._page, max(len(left[1]), len(right[1]))
        if page.get_y() + 20 + 10 * most > A4[1] - 2 * EDGE:
            self.table(*left)
            self.table(*right)
            return
        wide, top = (self._wide - GUTTER) / 2, page.get_y()
        self._column(self._left, wide, *left)
        bottom = page.get_y()
        page.set_y(top)
        self._column(self._left + wide + GUTTER, wide, *right)
        page.set_xy(self._left, max(bottom, page.get_y()))

    def table(self, title: str, lines: tuple[PayLine, ...], total: int) -> None:
        self._column(self._left, self._wide, title, lines, total)

    def gap(self, high: float) -> None:
        """A rule across, with room about it."""
        self._page.ln(high)
        self._rule(self._left, self._wide, HAIR, 0.2)

    def foot(self, text: str) -> None:
        self._page.ln(5)
        self._font(8, GREY)
        self._page.multi_cell(w=self._wide, h=4.5, text=text, new_x="LMARGIN", new_y="NEXT")

    def _column(self, x: float, wide: float, title: str, lines: tuple[PayLine, ...], total: int) -> None:
        page = self._page
        page.ln(3)
        page.set_x(x)
        self._font(11, bold=True)
        page.cell(w=wide, h=7, text=title, new_x="LEFT", new_y="NEXT")
        self._rule(x, wide, ACCENT, 0.5)
        for line in lines:
            self._font(10)
            self._row(x, wide, named(line, self._words), amount(line.minor, self._currency))
            why = how(line, self._currency, self._words)
            if why:
                self._font(8, GREY)
                page.set_x(x)
                page.multi_cell(w=wide, h=4, text=why, align="L", new_x="LEFT", new_y="NEXT")
            page.ln(1)
            self._rule(x, wide, HAIR, 0.2)
        self._font(10, bold=True)
        self._row(x, wide, self._words.gettext(_("Total")), amount(total, self._currency), h=8)

    def _row(self, x: float, wide: float, label: str, value: str, h: float = 6) -> None:
        """A label at the left, its value at the right; a name too long for the line is broken."""
        page = self._page
        room = page.get_string_width(value) + 2
        if page.get_y() + h > A4[1] - EDGE:
            page.add_page()
        page.set_x(x)
        if page.get_string_width(label) > wide - room:
            page.multi_cell(w=wide, h=h, text=label, align="L", new_x="LEFT", new_y="NEXT")
            label = ""
        page.set_x(x)
        page.cell(w=wide - room, h=h, text=label)
        page.cell(w=room, h=h, text=value, align="R", new_x="LMARGIN", new_y="NEXT")

    def _rule(self, x: float, wide: float, colour: Colour, thick: float) -> None:
        page = self._page
        page.set_draw_color(*colour)
        page.set_line_width(thick)
        page.line(x, page.get_y(), x + wide, page.get_y())
        page.ln(1)

    def _font(self, size: float, colour: Colour = INK, *, bold: bool = False) -> None:
        page = self._page
        page.set_font(style=self._bold if bold else "", size=size)
        page.set_text_color(*colour)
