"""Fit the curve that says how often a reading is right (vision/chances.py), and say how true it is.

    python training/chances.py SET.csv... [--write]

Each set is a table of file,plate,country beside its pictures. The curve is judged on tenths that it was not fitted to:
what it says on average and how often it was right, in bands. It is then fitted to everything, and written with --write.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sealgate.domain.plates import folded
from sealgate.vision.chances import signs_of
from sealgate.vision.own import OWN_FOLDER
from sealgate.vision.pictures import as_colour, decode
from sealgate.vision.plates import Plates

Numbers = NDArray[np.float64]
BANDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 1.01)
TIGHT = 0.3
"""How strongly weights are held near nothing: there are few misreadings to learn from."""


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("sets", type=Path, nargs="+")
    asks.add_argument("--write", action="store_true")
    asked = asks.parse_args()
    rows = [row for table in asked.sets for row in rows_of(table)]
    names = ["constant", *rows[0][0]]
    signs = np.array([[1.0, *row.values()] for row, _ in rows])
    right = np.array([float(was) for _, was in rows])
    tenth = np.arange(len(rows)) % 10
    said = np.zeros(len(rows))
    for part in range(10):
        said[tenth == part] = chances(signs[tenth == part], fitted(signs[tenth != part], right[tenth != part]))
    print(f"{len(rows)} plates, {1 - right.mean():.4f} wrong; Brier {np.mean((said - right) ** 2):.4f}")
    for low, high in pairwise(BANDS):
        inside = (said >= low) & (said < high)
        if inside.any():
            print(f"{low:.2f}..: {inside.sum():4d} said {said[inside].mean():.3f} was {right[inside].mean():.3f}")
    weights = dict(zip(names, (round(float(w), 3) for w in fitted(signs, right)), strict=True))
    print(weights)
    if asked.write:
        (OWN_FOLDER / "chances.json").write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def rows_of(table: Path) -> Iterator[tuple[dict[str, float], bool]]:
    """The signs of each picture's plate, and whether its text was right, look-alikes counted as equal."""
    reader = Plates()
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        picture = as_colour(decode((table.parent / row["file"]).read_bytes()))
        found = [] if picture is None else reader.candidates(picture, (row["country"],))
        if found:
            best = found[0].opinion
            signs = signs_of(best.first, best.second, best.lead, agreed=best.agreed)
            yield signs, folded(best.reading.text) == folded(row["plate"])


def fitted(signs: Numbers, right: Numbers) -> Numbers:
    """Weights of a logistic curve, by Newton's steps."""
    weights = np.zeros(signs.shape[1])
    held = np.diag([0.0, *[TIGHT] * (signs.shape[1] - 1)])
    for _ in range(40):
        said = chances(signs, weights)
        slope = signs.T @ (said - right) + held @ weights
        bend = (signs * (said * (1 - said))[:, None]).T @ signs + held + 1e-6 * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def chances(signs: Numbers, weights: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(signs @ weights, -30, 30))))


if __name__ == "__main__":
    main()
