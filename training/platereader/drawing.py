"""A clean plate, seen from the front in even light: (H, W, 3) float32 blue-green-red, 0..255, about half a pixel a millimetre.

Sizes in millimetres are those of GA 36-2018; plates of other countries are laid out on 520 x 110 with their own spacing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from platereader.glyphs import HIGH, WIDE, Alphabet, Glyphs
from platereader.numbers import Kind, Number

Picture = NDArray[np.float32]

SCALE = 0.55
"""Pixels a millimetre."""

_SEVEN = (15.5, 72.5, 151.5, 208.5, 265.5, 322.5, 379.5)
_EIGHT = (15.5, 69.5, 160.5, 212.5, 264.5, 316.5, 368.5, 420.5)
_DOT = (134.5, 70.0)
_DARK, _LIGHT = (0.0, 55.0), (205.0, 255.0)


@dataclass(frozen=True, slots=True)
class Layout:
    """All in millimetres: the plate's size, where each character's cell begins, and how high it is."""

    wide: float
    high: float
    lefts: tuple[float, ...]
    top: float
    cell: tuple[float, float] = (WIDE, HIGH)
    dot: bool = False


def draw(number: Number, glyphs: Glyphs, chance: Generator) -> Picture:
    layout = _layout(number, chance)
    paint = _painted(number.text, layout, _alphabet(number.kind, glyphs, chance), chance)
    ground, ink = _colours(number.kind, paint.shape, chance)
    share = (paint.astype(np.float32) / 255.0)[..., None]
    plate = ground * (1 - share) + ink * share
    if number.kind not in (Kind.GREEN, Kind.GREEN_LARGE) and chance.random() < 0.85:
        _framed(plate, ink, chance)
    _used(plate, chance)
    return plate


def _layout(number: Number, chance: Generator) -> Layout:
    match number.kind:
        case Kind.GREEN | Kind.GREEN_LARGE:
            return Layout(480, 140, _EIGHT, 25)
        case Kind.REAR_UPPER:
            return Layout(440, 82, (110, 250), 12, (80, 60))
        case Kind.REAR_LOWER:
            return Layout(440, 134, (27.5, 107.5, 187.5, 267.5, 347.5), 12, (65, 110))
        case Kind.OTHER:
            return _foreign(number.text, chance)
    if number.text[0].isdigit():
        return Layout(440, 140, _SEVEN, 25)
    return Layout(440, 140, _SEVEN, 25, dot=True)


def _foreign(text: str, chance: Generator) -> Layout:
    cell = float(chance.uniform(34, 52))
    pitch = cell * float(chance.uniform(1.06, 1.35))
    gap = cell * float(chance.uniform(0.2, 1.1)) if len(text) > 4 else 0.0
    after = int(chance.integers(1, max(2, len(text) - 1)))
    left = float(chance.uniform(12, 60))
    lefts = tuple(left + n * pitch + (gap if n >= after else 0.0) for n in range(len(text)))
    high = float(chance.uniform(100, 160))
    return Layout(lefts[-1] + cell + left, high, lefts, (high - 76) / 2, (cell, 76))


def _alphabet(kind: Kind, glyphs: Glyphs, chance: Generator) -> Alphabet:
    """Mostly the true one; now and then a font, so that what is learned is the character and not one drawing of it."""
    if kind is Kind.OTHER or chance.random() < 0.1:
        return glyphs.fonts[int(chance.integers(len(glyphs.fonts)))]
    if kind in (Kind.GREEN, Kind.GREEN_LARGE):
        return glyphs.green
    return glyphs.rear if kind in (Kind.REAR_UPPER, Kind.REAR_LOWER) else glyphs.car


def _painted(text: str, layout: Layout, alphabet: Alphabet, chance: Generator) -> NDArray[np.uint8]:
    paint = np.zeros((round(layout.high * SCALE), round(layout.wide * SCALE)), np.uint8)
    wide, high = (max(4, round(side * SCALE)) for side in layout.cell)
    for char, left in zip(text, layout.lefts, strict=False):
        glyph = cv2.resize(alphabet[char], (wide, high), interpolation=cv2.INTER_AREA)
        x, y = round(left * SCALE) + int(chance.integers(-1, 2)), round(layout.top * SCALE) + int(chance.integers(-1, 2))
        place = paint[y : y + high, x : x + wide]
        np.maximum(place, glyph[: place.shape[0], : place.shape[1]], out=place)
    if layout.dot:
        cv2.circle(paint, (round(_DOT[0] * SCALE), round(_DOT[1] * SCALE)), max(2, round(5 * SCALE)), 255, -1)
    worn = chance.random()
    if worn < 0.2:
        return cv2.dilate(paint, np.ones((2, 2), np.uint8)).astype(np.uint8)
    return cv2.erode(paint, np.ones((2, 2), np.uint8)).astype(np.uint8) if worn < 0.35 else paint


def _colours(kind: Kind, shape: tuple[int, ...], chance: Generator) -> tuple[Picture, Picture]:
    """The ground (H, W, 3) and the ink (3,)."""
    ground = np.empty((*shape[:2], 3), np.float32)
    dark = np.full(3, chance.uniform(*_DARK), np.float32)
    light = np.full(3, chance.uniform(*_LIGHT), np.float32)
    match kind:
        case Kind.BLUE:
            ground[:] = _hsv(chance.normal(112, 6), chance.normal(210, 30), chance.normal(170, 35))
            return ground, light
        case Kind.GREEN:
            above = _hsv(70, chance.uniform(0, 40), 235)
            below = _hsv(chance.normal(72, 6), chance.uniform(110, 220), chance.uniform(150, 215))
            slope = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
            return np.repeat((above * (1 - slope) + below * slope).astype(np.float32), shape[1], 1), dark
        case Kind.GREEN_LARGE:
            ground[:] = _hsv(chance.normal(72, 6), chance.uniform(110, 220), chance.uniform(150, 215))
            ground[:, : round(140 * SCALE)] = _hsv(26, 220, 230)
            return ground, dark
        case Kind.YELLOW | Kind.REAR_UPPER | Kind.REAR_LOWER:
            ground[:] = _hsv(chance.normal(24, 4), chance.normal(220, 25), chance.normal(215, 30))
            return ground, dark
        case Kind.BLACK:
            ground[:] = dark
            return ground, light
        case Kind.OTHER if chance.random() < 0.25:
            ground[:] = _hsv(chance.uniform(0, 180), chance.uniform(0, 230), chance.uniform(30, 250))
            return ground, light if float(ground.mean()) < 120 else dark
    ground[:] = light
    return ground, dark


def _hsv(hue: float, saturation: float, value: float) -> Picture:
    pixel = np.array([[[hue % 180, np.clip(saturation, 0, 255), np.clip(value, 0, 255)]]], np.uint8)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0].astype(np.float32)


def _framed(plate: Picture, ink: Picture, chance: Generator) -> None:
    high, wide = plate.shape[:2]
    cv2.rectangle(plate, (2, 2), (wide - 3, high - 3), ink.tolist(), 1 if chance.random() < 0.6 else 2)


def _used(plate: Picture, chance: Generator) -> None:
    """Bolts and dirt."""
    high, wide = plate.shape[:2]
    if chance.random() < 0.5:
        for x in (0.22, 0.78):
            for y in (0.1, 0.9):
                middle = (round(wide * x) + int(chance.integers(-4, 5)), round(high * y))
                cv2.circle(plate, middle, int(chance.integers(2, 4)), [float(chance.uniform(30, 220))] * 3, -1)
    if chance.random() < 0.25:
        for _ in range(int(chance.integers(1, 5))):
            middle = (int(chance.integers(wide)), int(chance.integers(high)))
            cv2.circle(plate, middle, int(chance.integers(2, 8)), [float(chance.uniform(40, 150))] * 3, -1)
