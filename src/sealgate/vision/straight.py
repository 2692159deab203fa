"""Ways in which a plate may lie in the picture: what the detector calls a rectangle is often seen from the side.

A detector's line is a rectangle along the text. On a car that is seen from the side the text climbs, while its upright
strokes stay nearly upright: the plate is a slanting shape, and read as a rectangle its letters lean. So both are tried.
"""

from __future__ import annotations

import math

import numpy as np

from sealgate.ports import Pixels
from sealgate.vision.textlines import Line, Quad

LEVEL = math.tan(math.radians(4))
"""A line that climbs less than this is straight enough."""
STEEP = math.tan(math.radians(60))
SHORT = 0.35
"""The paint of a climbing line is rounded: so many of its heights are missing at each end."""
BROAD = 2.8
"""The lower line of a plate of two lines is no broader than this, in heights."""
STACKS = (((0.15, -0.75, 0.02), (0.0, 0.0, 1.0)), ((0.15, -0.25, 0.38), (0.0, 0.32, 1.05)))
"""Upper and lower strip: how far in, from where, to where."""
SLANTS = (0.0, -0.35, -0.18, 0.18, 0.35)
"""How much of its height a plate that was cut out may climb from left to right: down is positive."""


def leaning(line: Line) -> list[Line]:
    """The line with its ends upright, where it climbs; else nothing."""
    along = line.quad[1] - line.quad[0]
    wide, high = line.width, line.height
    climb = float(along[1]) / max(float(along[0]), 1e-6)
    shift = high * abs(climb)
    if not LEVEL < abs(climb) < STEEP or wide - shift < 1.2 * high:
        return []
    step, more = (along / max(wide, 1e-6) * length for length in (shift, min(shift, SHORT * high)))
    top_left, top_right, bottom_right, bottom_left = line.quad
    if climb > 0:
        corners = [top_left - more, top_right - step + more, bottom_right + more, bottom_left + step - more]
    else:
        corners = [top_left + step - more, top_right + more, bottom_right - step + more, bottom_left - more]
    return [Line(np.array(corners, np.float32), line.score)]


def stacked(line: Line) -> list[tuple[Line, Line]]:
    """(upper, lower) as which a plate of two lines may hide in what was found as one: above it, or in its upper third."""
    if line.width > BROAD * line.height:
        return []
    return [(_strip(line, *upper), _strip(line, *lower)) for upper, lower in STACKS]


def _strip(line: Line, left: float, top: float, bottom: float) -> Line:
    """A part of the line, in shares of its height and width, as far in on both sides."""
    top_left, top_right, _, bottom_left = line.quad
    along, down = top_right - top_left, bottom_left - top_left
    corners = [
        top_left + left * along + top * down,
        top_right - left * along + top * down,
        top_right - left * along + bottom * down,
        top_left + left * along + bottom * down,
    ]
    return Line(np.array(corners, np.float32), line.score)


def slanting(plate: Pixels) -> list[Quad]:
    """A picture that is itself a plate: whole, and as bands that climb or fall in it."""
    height, width = plate.shape[:2]
    return [_band(width, height, slant * height) for slant in SLANTS]


def _band(width: int, height: int, fall: float) -> Quad:
    above_left, above_right = max(0.0, -fall), max(0.0, fall)
    corners = [(0, above_left), (width, above_right), (width, height - above_left), (0, height - above_right)]
    return np.array(corners, np.float32)
