"""The sign that stands where faces or plates are looked at: A4, both languages, a camera, and a code that leads to the notice.

Measures for facial recognition (China) art. 13 and PIPL art. 26 want a conspicuous sign.
"""

from __future__ import annotations

import io
from datetime import datetime

import segno
from fpdf import FPDF

from sealgate.web.i18n import Language, _, words_in
from sealgate.web.pdf_fonts import CannotWrite, add_bold, blank_page, can_print

A4, EDGE = (210.0, 297.0), 20.0
INK, SOFT, ACCENT = (27, 35, 40), (90, 102, 110), (15, 92, 110)

HEAD = _("Faces are recognised here")
SAID = _("Only of people who agreed. Card, code or plate opens every gate just as well. Nobody else’s face is kept.")
SCAN = _("Scan to read what for, how long, and what you may ask.")


def sign(organisation: str, site: str, purpose: str, contact: str, address: str, at: datetime) -> bytes:
    """A PDF of one page. Raises `CannotWrite`."""
    if not can_print((organisation, site, purpose, contact, "人脸")):
        raise CannotWrite
    first = words_in(Language.ZH)
    page = blank_page(A4, EDGE, first.gettext(HEAD), first, at)
    page.set_auto_page_break(False)
    bold = add_bold(page)
    _camera(page)
    page.set_y(92)
    for language, size in ((Language.ZH, 34), (Language.EN, 24)):
        page.set_text_color(*INK)
        page.set_font(style=bold, size=size)
        page.multi_cell(0, size * 0.5, words_in(language).gettext(HEAD), align="C", new_x="LMARGIN", new_y="NEXT")
    page.ln(5)
    for language in (Language.ZH, Language.EN):
        page.set_font(style="", size=13)
        page.multi_cell(0, 7, words_in(language).gettext(SAID), align="C", new_x="LMARGIN", new_y="NEXT")
        page.ln(1)
    if purpose:
        page.set_text_color(*SOFT)
        page.set_font(style="", size=11)
        page.multi_cell(0, 6, purpose, align="C", new_x="LMARGIN", new_y="NEXT")
    code = io.BytesIO()
    segno.make(address, error="m", micro=False).save(code, kind="png", scale=12, border=1)
    page.image(code, x=(A4[0] - 58) / 2, y=196, w=58, h=58)
    page.set_y(256)
    page.set_text_color(*INK)
    page.set_font(style="", size=10.5)
    scan = "  ".join(words_in(language).gettext(SCAN) for language in (Language.ZH, Language.EN))
    page.multi_cell(0, 5.5, scan, align="C", new_x="LMARGIN", new_y="NEXT")
    page.set_text_color(*SOFT)
    page.set_font(style="", size=9.5)
    last = " · ".join(part for part in (organisation, site, contact) if part)
    page.multi_cell(0, 5, last, align="C", new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _camera(page: FPDF) -> None:
    """A face in a frame of four corners, as wide as a hand."""
    left, top, size, arm = 75.0, 22.0, 60.0, 14.0
    page.set_draw_color(*ACCENT)
    page.set_line_width(2.6)
    for x, y, dx, dy in (
        (left, top, 1, 1),
        (left + size, top, -1, 1),
        (left, top + size, 1, -1),
        (left + size, top + size, -1, -1),
    ):
        page.line(x, y, x + dx * arm, y)
        page.line(x, y, x, y + dy * arm)
    page.set_line_width(2.2)
    page.ellipse(left + 16, top + 9, 28, 34)
    page.ellipse(left + 23.5, top + 21, 3, 3, style="DF")
    page.ellipse(left + 33.5, top + 21, 3, 3, style="DF")
    page.arc(left + 22, top + 24, 16, 180 - 150, 150, b=12)
