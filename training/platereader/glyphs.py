"""What a character looks like: the digitised glyphs of GA 36, and outlines of common fonts for everything else.

A glyph is a mask (90, 45) uint8, one pixel a millimetre: 255 is paint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sealgate.domain.platepatterns import ALPHABET, DIGITS, LETTERS, PROVINCES

Mask = NDArray[np.uint8]
Alphabet = Mapping[str, Mask]

HIGH, WIDE = 90, 45
_NARROW = 0.36
"""A shape of a font narrower than this (an I, a 1) keeps its width instead of being stretched to the cell."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """`car` is the 140 mm series, `rear` that of two-line plates, `green` that of new energy; `fonts` are whole alphabets."""

    car: Alphabet
    rear: Alphabet
    green: Alphabet
    fonts: Sequence[Alphabet]


def load(folder: Path, latin: Sequence[Path], chinese: Sequence[Path]) -> Glyphs:
    """Read `<series>_<character>.jpg` of the folder, and draw alphabets from fonts. Raises FileNotFoundError for none."""
    fonts = [_of_fonts(font, chinese[n % len(chinese)]) for n, font in enumerate(latin)]
    if not fonts:
        raise FileNotFoundError("no fonts: install fonts-dejavu, fonts-liberation and fonts-noto-cjk")
    filled = {char: fonts[0][char] for char in ALPHABET}
    car = filled | _series(folder, "140_")
    return Glyphs(
        car=car,
        rear=car | _series(folder, "220_down_") | {c: m for c, m in _series(folder, "220_").items() if c in DIGITS + PROVINCES},
        green=car | _series(folder, "green_"),
        fonts=fonts,
    )


def _series(folder: Path, prefix: str) -> dict[str, Mask]:
    found: dict[str, Mask] = {}
    for file in sorted(folder.glob(f"{prefix}*.jpg")):
        char = file.stem.removeprefix(prefix)
        if len(char) != 1:
            continue
        drawn = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        if drawn is not None:
            found[char] = cv2.resize(255 - drawn, (WIDE, HIGH), interpolation=cv2.INTER_AREA).astype(np.uint8)
    if not found:
        raise FileNotFoundError(f"no glyphs {prefix}* in {folder}")
    return found


def _of_fonts(latin: Path, chinese: Path) -> dict[str, Mask]:
    return {char: _drawn(char, latin if char in LETTERS + DIGITS else chinese) for char in ALPHABET}


def _drawn(char: str, font: Path) -> Mask:
    """The character's own outline, stretched to the cell as plates do."""
    sheet = Image.new("L", (260, 260))
    ImageDraw.Draw(sheet).text((50, 30), char, font=ImageFont.truetype(str(font), 140), fill=255)
    box = sheet.getbbox()
    if box is None:
        raise ValueError(f"{font.name} has no {char}")
    shape = np.asarray(sheet.crop(box))
    ratio = shape.shape[1] / shape.shape[0]
    wide = WIDE if ratio > _NARROW else max(12, round(HIGH * ratio * 0.9))
    cell = np.zeros((HIGH, WIDE), np.uint8)
    left = (WIDE - wide) // 2
    cell[:, left : left + wide] = cv2.resize(shape, (wide, HIGH), interpolation=cv2.INTER_AREA)
    return cell
