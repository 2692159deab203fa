"""What one camera is to look at, and how: a part of its picture, the plates to expect, which way, and how keenly; and the
words for how it is and for what it left out.

A region is drawn in thousandths of the picture's width and height, so it survives a change of the camera's resolution. No
region is the whole picture. Which way is told by size: what comes nearer grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from sealgate.domain.errors import Invalid
from sealgate.domain.platepatterns import COUNTRIES

WHOLE = 1000
MOST_CORNERS = 8
LEAST_AREA = 0.01
"""Of the picture: less is a slip of the hand."""

Corner = tuple[int, int]
"""Across and down, 0 to 1000."""

Region = tuple[Corner, ...]


class BadRegion(Invalid):
    """A region has three to eight corners inside the picture, and covers a hundredth of it at least."""

    code = "camera.bad-region"


class Course(StrEnum):
    """Which way those go who are meant. Who clearly goes the other way is not told of."""

    ANY = "any"
    TOWARDS = "towards"
    AWAY = "away"


class Keenness(StrEnum):
    """How little has to change in the picture for us to look."""

    CALM = "calm"
    USUAL = "usual"
    KEEN = "keen"


class CameraState(StrEnum):
    """`stalled`: connected, and no picture comes. `frozen`: the same picture comes for ever."""

    OPENING = "opening"
    LIVE = "live"
    STALLED = "stalled"
    FROZEN = "frozen"
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    ENDED = "ended"


class Overlooked(StrEnum):
    """Why something that a camera saw was not told of; the last two are of cars: without a legible plate, or still there."""

    CROWD = "crowd"
    OTHER_WAY = "other-way"
    POSTER = "poster"
    ON_A_PERSON = "on-a-person"
    NO_PLATE = "no-plate"
    STAYED = "stayed"


class Verdict(StrEnum):
    """What a gate would make of a plate or a face in one picture. The first that holds is the one told."""

    OUTSIDE = "outside"
    SMALL = "small"
    BLURRED = "blurred"
    WEAK = "weak"
    NO_SERIES = "no-series"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class CameraLook:
    """Without `region` the whole picture is read; without `countries` those that the site's time zone suggests."""

    region: Region = ()
    countries: tuple[str, ...] = ()
    course: Course = Course.ANY
    keenness: Keenness = Keenness.USUAL


ANYWHERE = CameraLook()


def checked_region(corners: Sequence[Corner]) -> Region:
    """No corner is the whole picture. Raises `BadRegion`."""
    region = tuple((int(x), int(y)) for x, y in corners)
    if not region:
        return region
    if not 3 <= len(region) <= MOST_CORNERS:
        raise BadRegion(f"3 to {MOST_CORNERS} corners", field="region")
    if not all(0 <= side <= WHOLE for corner in region for side in corner):
        raise BadRegion("a corner outside the picture", field="region")
    if area(region) < LEAST_AREA:
        raise BadRegion("less than a hundredth of the picture", field="region")
    return region


def area(region: Region) -> float:
    """The share of the picture, 0..1.

    >>> area(((0, 0), (1000, 0), (1000, 500), (0, 500)))
    0.5
    """
    twice = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise((*region, region[0])))
    return abs(twice) / (2 * WHOLE * WHOLE)


def box_in(region: Region, width: int, height: int) -> tuple[int, int, int, int]:
    """What encloses the region in a picture of that size: left, top, width, height in whole pixels, at least one.

    >>> box_in(((500, 500), (1000, 500), (1000, 1000)), 1280, 720)
    (640, 360, 640, 360)
    """
    if not region:
        return 0, 0, width, height
    left, right = min(x for x, _ in region), max(x for x, _ in region)
    top, bottom = min(y for _, y in region), max(y for _, y in region)
    x, y = min(left * width // WHOLE, width - 1), min(top * height // WHOLE, height - 1)
    return x, y, max(1, -(-right * width // WHOLE) - x), max(1, -(-bottom * height // WHOLE) - y)


def holds(region: Region, across: float, down: float) -> bool:
    """Whether a point, in thousandths of the picture, lies in the region (even-odd); in none, every point does.

    >>> holds(((0, 0), (1000, 0), (0, 1000)), 100, 100), holds(((0, 0), (1000, 0), (0, 1000)), 900, 900)
    (True, False)
    """
    if not region:
        return True
    inside = False
    for (ax, ay), (bx, by) in pairwise((*region, region[0])):
        if (ay < down) != (by < down) and across < ax + (down - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def checked_countries(codes: Sequence[str]) -> tuple[str, ...]:
    """Those we have a grammar for, each once, in our order; others are not known. Raises `Invalid`."""
    if set(codes) - set(COUNTRIES):
        raise Invalid("no grammar for that country", field="countries")
    return tuple(code for code in COUNTRIES if code in codes)


def looks_text(looks: Sequence[CameraLook]) -> list[dict[str, Any]]:
    """As they are stored with a gate, first camera first."""
    return [
        {
            "region": [list(corner) for corner in look.region],
            "countries": list(look.countries),
            "course": look.course.value,
            "keenness": look.keenness.value,
        }
        for look in looks
    ]


def parse_looks(stored: Sequence[Mapping[str, Any]] | None) -> tuple[CameraLook, ...]:
    """What `looks_text` made. Raises `Invalid` for what it did not."""
    try:
        return tuple(
            CameraLook(
                checked_region([(x, y) for x, y in one["region"]]),
                checked_countries(one["countries"]),
                Course(one["course"]),
                Keenness(one["keenness"]),
            )
            for one in stored or ()
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("not how a camera looks") from error


def look_of(looks: Sequence[CameraLook], number: int) -> CameraLook:
    """That of the camera with this number, from 1; one that was never set looks at everything."""
    return looks[number - 1] if 1 <= number <= len(looks) else ANYWHERE
