"""Alive before a kiosk: a gate that asks for life has people turn their head as nobody knew before, and then decides.

What lies between two pictures of a kiosk is kept in this process's memory, for seconds and for one face at each gate: the
look it began with, how far it has come, and the looks that speak for or against life. The face has to go on from picture to
picture, and at every turn it has to be the one that it began with: else a living accomplice could turn for a photograph.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from sealgate.domain.head_turns import TURNS, Challenge, Failed, Turn, begin, draw, see
from sealgate.flows.kit import House
from sealgate.ports import Box, FaceReader, FoundFace, LifeJudge, Pixels, Vector

SAME_TURNED = 0.07
"""A face that has turned may be less like itself by so much than two looks at a gate have to be."""

MOST_LOOKS = 12

KEPT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """One face before one kiosk. `first` is its vector as the reader gave it."""

    challenge: Challenge
    first: Vector
    face: FoundFace
    looks: deque[object]


@dataclass(frozen=True, slots=True)
class Asked:
    """What to ask of whoever stands there; `done` of `of` turns are made."""

    turn: Turn
    done: int
    of: int


@dataclass(frozen=True, slots=True, eq=False)
class Alive:
    """It is over: `liveness` 1 where every turn was made and nothing speaks against life, else 0. `vector` is unturned."""

    vector: Vector
    liveness: float
    frames: int


def watch(house: House, gate: str, pixels: Pixels, face: FoundFace, now: datetime) -> Asked | Alive:
    """One more picture of the largest face before this kiosk."""
    assert house.faces is not None
    assert house.life is not None
    before = house.watches.get(gate, now)
    if not isinstance(before, Watch):
        return _begin(house, house.faces, house.life, gate, pixels, face, now)
    after = see(before.challenge, house.life.pose(face), now)
    if after is Failed.LOST:
        return _begin(house, house.faces, house.life, gate, pixels, face, now)
    before.looks.append(house.life.look(pixels, face))
    if isinstance(after, Failed) or house.life.is_spoof(before.looks) or not _goes_on(before.face.box, face.box):
        return _over(house, gate, before, 0.0)
    if after.asks is not before.challenge.asks and not _same(house.faces, before, after, pixels, face):
        return _over(house, gate, before, 0.0)
    if after.asks is None:
        return _over(house, gate, before, 1.0)
    house.watches.put(gate, replace(before, challenge=after, face=face), now, KEPT)
    return _asked(after)


def _begin(
    house: House, reader: FaceReader, life: LifeJudge, gate: str, pixels: Pixels, face: FoundFace, now: datetime
) -> Asked:
    challenge = begin(life.pose(face), draw(secrets.choice), now)
    looks = deque([life.look(pixels, face)], MOST_LOOKS)
    house.watches.put(gate, Watch(challenge, reader.embed(pixels, face), face, looks), now, KEPT)
    return _asked(challenge)


def _goes_on(before: Box, now: Box) -> bool:
    """Whether the middle of the one lies in the other: a face half a second later."""
    x, y = now[0] + now[2] // 2, now[1] + now[3] // 2
    return before[0] <= x < before[0] + before[2] and before[1] <= y < before[1] + before[3]


def _same(reader: FaceReader, before: Watch, after: Challenge, pixels: Pixels, face: FoundFace) -> bool:
    """Whether the face that has just done what was asked is the one it began with."""
    likeness = float(np.dot(before.first, reader.embed(pixels, face)))
    return likeness >= reader.min_similarity - (SAME_TURNED if after.returning else 0.0)


def _over(house: House, gate: str, before: Watch, liveness: float) -> Alive:
    house.watches.forget(gate)
    return Alive(before.first, liveness, len(before.looks))


def _asked(challenge: Challenge) -> Asked:
    return Asked(challenge.asks or Turn.AHEAD, TURNS - len(challenge.turns), TURNS)
