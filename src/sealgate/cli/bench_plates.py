"""What `sealgate bench plates` measures: how much is read right, how surely, and what is seen where no plate is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sealgate.cli.bench_sets import PLATE_COLUMNS, BadSet, Figures, Times, rows_of
from sealgate.domain.access import GatePolicy
from sealgate.domain.errors import Refused
from sealgate.domain.plates import PlateText, folded
from sealgate.ports import FoundPlate

if TYPE_CHECKING:
    from sealgate.ports import Pixels

ACCEPTED = 0.9
"""The share of pictures that goes through without a human: how many of those are misread?"""
LIMIT = float(next(str(field.default) for field in fields(GatePolicy) if field.name == "min_plate_score"))
"""The score from which a gate accepts a plate, where nobody said otherwise."""
PICTURES = (".jpg", ".jpeg", ".png")


class Reads(Protocol):
    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]: ...


class SecondAlone:
    """The second reader by itself: each picture is a plate that was cut out, and is straightened as in a frame."""

    def __init__(self, *, threads: int = 1) -> None:
        from sealgate.vision.secondreader import SecondReader

        self._reader = SecondReader(threads=threads)

    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]:
        from sealgate.domain.platepatterns import grammar
        from sealgate.vision.ctc import character_scores, decode
        from sealgate.vision.straight import slanting
        from sealgate.vision.textlines import cut

        ways = [way for quad in slanting(pixels) if (way := cut(pixels, quad)) is not None]
        said = [(steps, r) for steps in self._reader(ways) for r in decode(steps, grammar(tuple(countries)))[:1]]
        if not said:
            return []
        steps, best = max(said, key=lambda one: one[1].rank)
        box = (0, 0, pixels.shape[1], pixels.shape[0])
        return [FoundPlate(PlateText(best.text), best.score, character_scores(steps, best), box, "plain")]


def bench_plates(reader: Reads, csv_file: Path, *, countries: bool = True) -> Figures:
    """`exact`, `folded` (O=0=Q, I=1) and `characters` are shares of the rows; the best plate of each picture counts.

    `wrong_of_surest` is the share of misread ones (folded) among the surest nine of ten. `accepted` is the share at the
    gate's usual limit, `wrong_of_accepted` what of those is misread.
    """
    from sealgate.vision.figures import characters_right

    rows = rows_of(csv_file, PLATE_COLUMNS)
    times = Times()
    read = [_plate_of(reader, csv_file.parent / row["file"], (row["country"],) if countries else (), times) for row in rows]
    pairs = [(text, row["plate"]) for (text, _), row in zip(read, rows, strict=True)]
    shares = {
        "exact": sum(text == truth for text, truth in pairs),
        "folded": sum(folded(text) == folded(truth) for text, truth in pairs),
        "characters": sum(characters_right(text, truth) for text, truth in pairs),
    }
    told = {name: round(value / len(rows), 4) for name, value in shares.items()}
    judged = [(score, folded(text) != folded(truth)) for (_, score), (text, truth) in zip(read, pairs, strict=True)]
    return {"n": len(rows), **told, **acceptance(judged), **times.figures()}


def acceptance(judged: Sequence[tuple[float, bool]]) -> Figures:
    """Of (score, misread)."""
    surest = sorted(judged, key=lambda one: -one[0])[: max(1, round(ACCEPTED * len(judged)))]
    accepted = [wrong for score, wrong in judged if score >= LIMIT]
    return {
        "wrong_of_surest": round(sum(wrong for _, wrong in surest) / len(surest), 4),
        "accepted": round(len(accepted) / len(judged), 4),
        "wrong_of_accepted": round(sum(accepted) / max(1, len(accepted)), 4),
    }


def bench_none(reader: Reads, folder: Path, countries: Sequence[str] = ()) -> Figures:
    """Of pictures without a plate: in how many one is seen at all, and in how many at the gate's usual limit."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not files:
        raise BadSet(f"{folder} has no pictures")
    times = Times()
    scores = [_plate_of(reader, path, countries, times)[1] for path in files]
    seen = {"seen": sum(score > 0 for score in scores), "accepted": sum(score >= LIMIT for score in scores)}
    return {"n": len(files), **seen, "highest": round(max(scores), 4), **times.figures()}


def _plate_of(reader: Reads, path: Path, countries: Sequence[str], times: Times) -> tuple[str, float]:
    """Text and score of the best plate; none counts as an empty text of score 0."""
    from sealgate.vision.pictures import decode

    try:
        pixels = decode(path.read_bytes())
    except (Refused, OSError):
        return "", 0.0
    start = time.perf_counter()
    found = reader.read(pixels, countries)
    times.add(time.perf_counter() - start)
    return (found[0].text, found[0].score) if found else ("", 0.0)
