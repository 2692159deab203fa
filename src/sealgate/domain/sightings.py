"""What a device claims to have seen. A claim is not yet a person: `access` decides what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealgate.domain.ids import GateId
from sealgate.domain.plates import PlateText


class Means(StrEnum):
    """How somebody shows who they are: the kind of a credential and of a sighting. Stored by these words."""

    FACE = "face"
    PLATE = "plate"
    CARD = "card"
    QR = "qr"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class FaceSighting:
    """One face, voted over `frames` pictures.

    `vector` has length 1 and the model pack's size (128 for the default), already turned by the site's secret;
    `quality` is 0..1; `liveness` is 0..1, or None where one look cannot tell; `picture` is a JPEG of the face, if kept.
    """

    gate: GateId
    at: datetime
    vector: Sequence[float]
    quality: float
    liveness: float | None = None
    frames: int = 1
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class PlateSighting:
    """One plate, voted over `frames` pictures. `score` is 0..1: how sure the reader is of the whole text."""

    gate: GateId
    at: datetime
    text: PlateText
    score: float
    kind: str = "plain"
    frames: int = 1
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class CodeSighting:
    """A card number, a QR text or a PIN, as the reader gave it (1 to 512 characters)."""

    gate: GateId
    at: datetime
    means: Means
    value: str


Sighting = FaceSighting | PlateSighting | CodeSighting


def means_of(sighting: Sighting) -> Means:
    match sighting:
        case FaceSighting():
            return Means.FACE
        case PlateSighting():
            return Means.PLATE
        case CodeSighting():
            return sighting.means
