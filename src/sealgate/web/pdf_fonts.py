"""Fonts for what we print as a PDF.

Letters that only a Chinese font has come from the system's Noto Sans CJK, embedded as far as they are used; Latin alone needs
no file. The surprising thing: where that font is missing, a paper with Chinese on it is no PDF at all (the page can still be
printed), because a paper with a wrong plate or name on it is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

from fpdf import FPDF

from sealgate.domain.errors import Refused
from sealgate.domain.money import Money
from sealgate.web.i18n import Words

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
NOTO = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "NotoSansSC-Regular.ttf")
OTHERS = ("SourceHanSansSC-Regular.otf", "SourceHanSansCN-Regular.otf", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf")
FILES = (*NOTO, *OTHERS)
"""Fonts of the usual packages, the best first."""

SIMPLIFIED = 2
"""The place of the simplified Chinese face in Noto's collection: Japanese, Korean, simplified, traditional, Hong Kong."""


class CannotWrite(Refused):
    """This machine has no font for what stands on the paper."""

    code = "receipt.no-font"
    status = 409


@cache
def chinese_font() -> tuple[Path, int] | None:
    """The system's font file and the number of the face in it."""
    for name in FILES:
        for folder in FOLDERS:
            file = next(iter(sorted(Path(folder).rglob(name))), None) if Path(folder).is_dir() else None
            if file is not None:
                return file, SIMPLIFIED if name == NOTO[0] else 0
    return None


def bold_font() -> tuple[Path, int] | None:
    """The bold beside it; the same once more where there is none."""
    found = chinese_font()
    if found is None:
        return None
    bold = found[0].with_name(found[0].name.replace("Regular", "Bold"))
    return (bold, found[1]) if bold.is_file() else found


def can_print(texts: Iterable[str]) -> bool:
    return chinese_font() is not None or all(map(_is_latin, texts))


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def blank_page(size: tuple[float, float], edge: float, title: str, words: Words, at: datetime) -> FPDF:
    """One page of `size` millimetres in the font that there is."""
    page = FPDF(format=size)
    page.set_margin(edge)
    page.set_title(title)
    page.set_lang(words.language.value)
    page.set_creation_date(at)
    font = chinese_font()
    if font is None:
        page.set_font("Helvetica")
    else:
        page.add_font("sans", fname=font[0], collection_font_number=font[1])
        page.set_font("sans")
    page.add_page()
    return page


def add_bold(page: FPDF) -> str:
    """The style with which `page` writes bold."""
    font = bold_font()
    if font is not None:
        page.add_font("sans", style="B", fname=font[0], collection_font_number=font[1])
    return "B"


def money_text(money: Money, words: Words) -> str:
    """By the currency's sign, or its three capitals where the font may lack the sign."""
    return str(money) if chinese_font() is None else words.money(money)
