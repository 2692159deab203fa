"""From a clean plate to what a camera makes of it: angle, cut, distance, light, haze, shake, noise, compression.

The ranges were set by looking at real pictures once and left alone since; what they are worth is what the model reads.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from platereader.drawing import Picture

WIDE, HIGH = 128, 32
"""Pixels of what the network is shown."""

_HEIGHTS = (32, 32, 28, 24, 24, 20, 16, 13)
"""Heights in pixels of plates as cameras see them, before they are brought to HIGH."""


def seen(plate: Picture, chance: Generator) -> NDArray[np.uint8]:
    """(32, 128, 3) uint8 blue-green-red."""
    high = int(chance.choice(_HEIGHTS)) if chance.random() < 0.8 else HIGH
    wide = round(high * WIDE / HIGH)
    picture = _lit(_turned(plate, wide, high, chance), chance)
    picture = _shaken(picture, chance)
    if chance.random() < 0.6:
        picture = picture + chance.standard_normal(picture.shape, np.float32) * np.float32(chance.uniform(1, 14))
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    if chance.random() < 0.4:
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(30, 91))])[1]
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return cv2.resize(pixels, (WIDE, HIGH), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def _turned(plate: Picture, wide: int, high: int, chance: Generator) -> Picture:
    """Rotated, sheared and in perspective, cut a little too wide or too narrow, on a blurred ground."""
    tall, broad = plate.shape[:2]
    corners = np.array([[0, 0], [broad, 0], [broad, tall], [0, tall]], np.float32)
    moved = corners + chance.uniform(-0.06, 0.06, (4, 2)).astype(np.float32) * np.array([broad * 0.5, tall * 2], np.float32)
    moved[:, 0] += chance.normal(0, 0.15) * (tall - moved[:, 1])
    angle = np.deg2rad(chance.normal(0, 5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    moved = moved @ turn.T
    least, most = moved.min(0), moved.max(0)
    size = most - least
    least = least - size * np.array([chance.uniform(-0.02, 0.10), chance.uniform(-0.04, 0.22)], np.float32)
    most = most + size * np.array([chance.uniform(-0.02, 0.10), chance.uniform(-0.04, 0.22)], np.float32)
    target = ((moved - least) / (most - least) * np.array([wide, high], np.float32)).astype(np.float32)
    around = chance.random((int(chance.integers(2, 6)), int(chance.integers(2, 9)), 3), np.float32) * chance.uniform(40, 255)
    if chance.random() < 0.5:
        around[:] = around.mean(2, keepdims=True)
    canvas = cv2.resize(around.astype(np.float32), (wide, high), interpolation=cv2.INTER_LINEAR)
    smaller = broad / wide
    sharp = cv2.GaussianBlur(plate, (0, 0), smaller * 0.35) if smaller > 1.3 else plate
    way = cv2.getPerspectiveTransform(corners, target)
    return np.asarray(
        cv2.warpPerspective(sharp, way, (wide, high), dst=canvas, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT),
        np.float32,
    )


def _lit(picture: Picture, chance: Generator) -> Picture:
    """Brightness, a cast of colour, a sodium lamp, a slope of light, a shadow's edge, haze, the eye of an infrared camera."""
    high, wide = picture.shape[:2]
    cast = np.exp(chance.normal(0, 0.12, 3)).astype(np.float32)
    if chance.random() < 0.12:
        cast *= np.array([chance.uniform(0.25, 0.8), chance.uniform(0.6, 0.95), 1.1], np.float32)
    picture = picture * np.float32(np.exp(chance.normal(0, 0.35))) * cast
    if chance.random() < 0.35:
        slope = np.linspace(chance.uniform(0.35, 1.3), chance.uniform(0.5, 1.3), wide, dtype=np.float32)
        picture = picture * slope[None, :, None]
    if chance.random() < 0.25:
        shade = np.ones((high, wide), np.float32)
        above, below = chance.uniform(-0.2, 1.2, 2) * wide
        edge = np.array([[above, 0], [wide * 2, 0], [wide * 2, high], [below, high]], np.int32)
        cv2.fillPoly(shade, [edge], float(chance.uniform(0.35, 0.75)))
        picture = picture * shade[..., None]
    if chance.random() < 0.3:
        picture = picture * np.float32(chance.uniform(0.4, 0.8)) + np.float32(chance.uniform(20, 110))
    if chance.random() < 0.12:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    return picture.astype(np.float32)


def _shaken(picture: Picture, chance: Generator) -> Picture:
    """Moved while the shutter was open, and out of focus."""
    high = picture.shape[0]
    if chance.random() < 0.35:
        length = int(chance.choice((2, 3, 3, 4, 5))) if high > 20 else 2
        way = np.zeros((length, length), np.float32)
        if chance.random() < 0.6:
            way[length // 2] = 1 / length
        else:
            np.fill_diagonal(way, 1 / length)
        picture = cv2.filter2D(picture, -1, way).astype(np.float32)
    if chance.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), float(chance.uniform(0.3, 1.1)) * high / 28).astype(np.float32)
    return picture
