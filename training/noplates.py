"""Make pictures without a plate, to see how often one is "seen" there: `sealgate bench plates --none OUT --country cn`.

    python training/noplates.py OUT --plates SET.csv... --faces DIR... [--count 1000] [--seed 1]

A third are parts of the sets' pictures away from the plate whose box the table gives (other cars may still be in them:
look at what is accepted), a third photographs of people, a third drawn: bricks, fences, noise, time stamps, slogans.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
WIDE, HIGH = 640, 360
WORDS = (
    "EXIT",
    "NO PARKING",
    "WELCOME",
    "STOP",
    "TOYOTA",
    "CITY BUS",
    "OPEN 24 HOURS",
    "SALE",
    "TEL 555 0147",
    "P",
    "B2",
    "30",
)


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("out", type=Path)
    asks.add_argument("--plates", type=Path, nargs="*", default=[])
    asks.add_argument("--faces", type=Path, nargs="*", default=[])
    asks.add_argument("--count", type=int, default=1000)
    asks.add_argument("--seed", type=int, default=1)
    asked = asks.parse_args()
    chance = np.random.default_rng(asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    boxed = [(table.parent / row["file"], row) for table in asked.plates for row in _rows(table) if row.get("w")]
    people = sorted(path for folder in asked.faces for path in folder.rglob("*.jpg"))
    sources: list[Callable[[Generator], Pixels | None]] = [drawn]
    if boxed:
        sources.append(partial(part, boxed))
    if people:
        sources.append(partial(photograph, people))
    written = 0
    while written < asked.count:
        picture = sources[written % len(sources)](chance)
        if picture is not None:
            cv2.imwrite(str(asked.out / f"{written:04d}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
            written += 1


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read(path: Path) -> Pixels:
    """Raises ValueError for what is no picture."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} is no picture")
    return np.asarray(picture, np.uint8)


def part(boxed: list[tuple[Path, dict[str, str]]], chance: Generator) -> Pixels | None:
    """A part of a picture that does not touch the plate's box; None where this one has no room for it."""
    path, row = boxed[int(chance.integers(len(boxed)))]
    picture = _read(path)
    x, y, w, h = (int(row[name]) for name in "xywh")
    high, wide = picture.shape[:2]
    size = float(chance.uniform(0.35, 0.6))
    width, height = int(wide * size), int(high * size)
    left, top = int(chance.integers(wide - width + 1)), int(chance.integers(high - height + 1))
    apart = left > x + w + w // 2 or left + width < x - w // 2 or top > y + 2 * h or top + height < y - h
    return _sized(picture[top : top + height, left : left + width]) if apart else None


def photograph(people: list[Path], chance: Generator) -> Pixels:
    return _sized(_read(people[int(chance.integers(len(people)))]))


def drawn(chance: Generator) -> Pixels:
    textures: tuple[Callable[[Generator], Pixels], ...] = (_bricks, _fence, _noise, _signs)
    picture = textures[int(chance.integers(len(textures)))](chance)
    if chance.random() < 0.5:
        year, month, day, hour = (int(chance.integers(*ends)) for ends in ((2010, 2030), (1, 13), (1, 29), (0, 24)))
        stamp = f"{year}-{month:02d}-{day:02d} {hour:02d}:15:30"
        at = (int(chance.integers(10, 250)), 24 if chance.random() < 0.5 else HIGH - 10)
        cv2.putText(picture, stamp, at, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2, cv2.LINE_AA)
    return picture


def _ground(chance: Generator) -> Pixels:
    few = chance.integers(20, 220, (4, 6, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(few, (WIDE, HIGH), interpolation=cv2.INTER_CUBIC), np.uint8)


def _bricks(chance: Generator) -> Pixels:
    picture, wide, high = _ground(chance), int(chance.integers(30, 120)), int(chance.integers(14, 50))
    for n, y in enumerate(range(0, HIGH, high)):
        for x in range(-wide if n % 2 else -wide // 2, WIDE, wide):
            cv2.rectangle(picture, (x, y), (x + wide - 4, y + high - 4), [int(v) for v in chance.integers(40, 200, 3)], -1)
    return picture


def _fence(chance: Generator) -> Pixels:
    picture, step = _ground(chance), int(chance.integers(8, 60))
    for x in range(0, WIDE, step):
        cv2.line(picture, (x, 0), (x + int(chance.integers(-20, 21)), HIGH), (230, 230, 230), int(chance.integers(1, 8)))
    return picture


def _noise(chance: Generator) -> Pixels:
    noisy = _ground(chance).astype(np.float32) + chance.normal(0, chance.uniform(5, 60), (HIGH, WIDE, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _signs(chance: Generator) -> Pixels:
    picture = _ground(chance)
    for _ in range(int(chance.integers(1, 5))):
        word, size = WORDS[int(chance.integers(len(WORDS)))], float(chance.uniform(0.6, 2.5))
        at = (int(chance.integers(WIDE // 2)), int(chance.integers(40, HIGH)))
        cv2.putText(
            picture, word, at, cv2.FONT_HERSHEY_DUPLEX, size, [int(v) for v in chance.integers(0, 255, 3)], 3, cv2.LINE_AA
        )
    return picture


def _sized(picture: Pixels) -> Pixels:
    scale = max(WIDE / picture.shape[1], HIGH / picture.shape[0])
    larger = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    return np.asarray(larger[:HIGH, :WIDE], np.uint8)


if __name__ == "__main__":
    main()
