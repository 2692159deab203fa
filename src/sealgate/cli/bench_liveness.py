"""`sealgate bench liveness`: how many attacks pass, and how many people are taken for one, by kind.

ISO 30107-3 calls the first APCER and the second BPCER. All films are drawn (vision/attacks.py), from photographs of a folder or
from drawn faces, and every frame goes through the detector as at a gate. Two things are told apart: what is refused by its
signs alone, at any gate; and what passes the questions of a kiosk, for which somebody alive turns as asked and an attacker
shows a film of somebody who turns as he likes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealgate.domain.errors import Refused
from sealgate.domain.head_turns import TURNS, Challenge, Failed, Turn, begin, draw, see

if TYPE_CHECKING:
    from sealgate.cli.progress import Told
    from sealgate.ports import FaceReader, FoundFace, Pixels
    from sealgate.vision.attacks import Film, Portrait

KINDS = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
ANGLES = {Turn.LEFT: 28.0, Turn.RIGHT: -28.0}


class NoFaces(Refused):
    code = "bench.no-faces"
    hint = "Give a folder with photographs of one face each"


def measure(reader: FaceReader, folder: Path | None, most: int, told: Told) -> dict[str, Any]:
    """`signs` and `questions` by kind of film: of how many films how many were taken for somebody alive."""
    from sealgate.vision.attacks import Film

    portraits = list(_portraits(reader, folder, most))
    if not portraits:
        raise NoFaces(f"no face in {folder}")
    rows = []
    for number, kind in enumerate(Film):
        told("films", number, len(Film))
        rows.append(_row(reader, kind, portraits))
    return {"faces": len(portraits), "from": str(folder) if folder else "drawn", "kinds": rows}


def rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """What `tell` prints."""
    for row in result["kinds"]:
        name = "bpcer" if row["alive"] else "apcer"
        figures = (row[f"{name}_signs"], row.get(f"{name}_questions"))
        yield (
            row["kind"],
            str(row["films"]),
            *(f"{name.upper()} {share:.1%}" if share is not None else "-" for share in figures),
        )


def _row(reader: FaceReader, kind: Film, portraits: Sequence[Portrait]) -> dict[str, Any]:
    """Signs: an attack passes that no sign speaks against, at a gate that asks for nothing; somebody alive is refused by one.
    Questions: as `_answers`."""
    name = "bpcer" if kind.alive else "apcer"
    judged = [film for n, portrait in enumerate(portraits) if (film := _judge(reader, kind, portrait, n)) is not None]
    refused = [not passes for passes, _ in judged]
    wrong = sum(refused) if kind.alive else len(refused) - sum(refused)
    answered = [answer for _, answer in judged if answer is not None]
    row: dict[str, Any] = {"kind": kind.value, "alive": kind.alive, "films": len(judged)}
    row[f"{name}_signs"] = round(wrong / len(judged), 4) if judged else None
    if answered:
        passed = sum(answered)
        row[f"{name}_questions"] = round((len(answered) - passed if kind.alive else passed) / len(answered), 4)
    return row


def _judge(reader: FaceReader, kind: Film, portrait: Portrait, number: int) -> tuple[bool, bool | None] | None:
    """Whether no sign speaks against it; and whether it passes a kiosk's questions. None where no face was found in it."""
    from sealgate.vision.attacks import Film, film
    from sealgate.vision.liveness import against, look_at

    frames = [(pixels, face) for pixels in film(kind, portrait, number) if (face := _largest(reader, pixels)) is not None]
    if len(frames) < 3:
        return None
    passes = against([look_at(pixels, face) for pixels, face in frames]) is None
    turns = draw(random.Random(number).choice, TURNS)  # noqa: S311 - the same films each time
    if kind is Film.LIVE_STILL:
        return passes, None
    if kind is Film.LIVE_TURNS:
        from sealgate.vision.attacks import turning

        asked = turning(portrait, [ANGLES[turn] for turn in turns], number)
        seen = [face for pixels in asked if (face := _largest(reader, pixels)) is not None]
        return passes, _answers(seen, turns)
    return passes, passes and _answers([face for _, face in frames] * 2, turns)


def _answers(faces: Sequence[FoundFace], turns: tuple[Turn, ...]) -> bool:
    """Whether these faces, a third of a second apart, turn as they are asked."""
    from sealgate.vision.liveness import head_pose

    at = datetime(2026, 1, 1, tzinfo=UTC)
    challenge: Challenge | Failed = begin(head_pose(faces[0].landmarks), turns, at)
    for number, face in enumerate(faces[1:], 1):
        if isinstance(challenge, Challenge) and challenge.asks is not None:
            challenge = see(challenge, head_pose(face.landmarks), at + number * timedelta(seconds=1 / 3))
    return isinstance(challenge, Challenge) and challenge.asks is None


def _portraits(reader: FaceReader, folder: Path | None, most: int) -> Iterator[Portrait]:
    """Evenly from the whole folder, for sets often lie sorted by person."""
    from sealgate.cli.read import open_picture
    from sealgate.vision.attacks import Portrait, drawn

    if folder is None:
        pictures: Iterator[Pixels] = (drawn(seed) for seed in range(most))
    else:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)
        pictures = (open_picture(path) for path in files[:: max(1, len(files) // most)][:most])
    for pixels in pictures:
        face = _largest(reader, pixels)
        if face is not None:
            yield Portrait(pixels, face.landmarks)


def _largest(reader: FaceReader, pixels: Pixels) -> FoundFace | None:
    found = reader.find(pixels)
    return found[0] if found else None
