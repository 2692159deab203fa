"""A receipt as a PDF of one narrow page.

Letters that only a Chinese font has come from the system's Noto Sans CJK, embedded as far as they are used; Latin alone needs
no file. The surprising thing: where that font is missing, a receipt with Chinese in it is no PDF at all (the page can still
be printed), because a receipt with a wrong plate or name on it is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from functools import cache
from pathlib import Path

from fpdf import FPDF

from sealgate.domain.errors import Refused
from sealgate.domain.money import Money
from sealgate.flows.receipts import Receipt
from sealgate.web.i18n import Words, _

WIDTH, HEIGHT, EDGE = 105, 180, 10
"""Millimetres."""

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
FILES = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "NotoSansSC-Regular.ttf")
SIMPLIFIED = 2
"""The place of the simplified Chinese face in a collection: Japanese, Korean, simplified, traditional, Hong Kong."""


class CannotWrite(Refused):
    """This machine has no font for what stands on the receipt."""

    code = "receipt.no-font"
    status = 409


@cache
def chinese_font() -> tuple[Path, int] | None:
    """The system's font file and the number of the face in it."""
    for name in FILES:
        for folder in FOLDERS:
            file = next(iter(sorted(Path(folder).rglob(name))), None) if Path(folder).is_dir() else None
            if file is not None:
                return file, SIMPLIFIED if file.suffix == ".ttc" else 0
    return None


def can_write(receipt: Receipt, words: Words) -> bool:
    return chinese_font() is not None or all(map(_is_latin, (words.gettext(_("Receipt")), *_names(receipt))))


def _names(receipt: Receipt) -> Iterator[str]:
    """What of a receipt somebody wrote: the rest is ours."""
    yield from (receipt.organisation, receipt.lot, receipt.money.currency)
    if receipt.parked is not None:
        yield receipt.parked.plate
        yield from (line.about for line in receipt.parked.lines)


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def receipt_pdf(receipt: Receipt, words: Words, tz: tzinfo, means: Mapping[str, str]) -> bytes:
    """Raises `CannotWrite`."""
    if not can_write(receipt, words):
        raise CannotWrite
    page = _page(receipt, words)
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
    _line(page, words.gettext(_("Paid")), _money(receipt.money, words), h=10)
    if receipt.back:
        page.set_font(size=9)
        _line(page, words.gettext(_("Sent back")), _money(receipt.back, words))
    return bytes(page.output())


def _page(receipt: Receipt, words: Words) -> FPDF:
    page = FPDF(format=(WIDTH, HEIGHT))
    page.set_margin(EDGE)
    page.set_title(words.gettext(_("Receipt")))
    page.set_lang(words.language.value)
    page.set_creation_date(receipt.paid_at)
    font = chinese_font()
    if font is None:
        page.set_font("Helvetica")
    else:
        page.add_font("sans", fname=font[0], collection_font_number=font[1])
        page.set_font("sans")
    page.add_page()
    return page


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
            yield f"{words.say(line.reason)}{about}", _money(line.amount, words)


def _money(money: Money, words: Words) -> str:
    """By the currency's sign, or its three capitals where the font may lack the sign."""
    return str(money) if chinese_font() is None else words.money(money)
