"""The same pictures and queries for all: what is asked, what is believed of the answers, and the figures they come to.

Everybody is asked the same way (runner.py), one after another, on one thread. Of faces the largest counts, and two vectors are
alike by their distance; a face that was not found is like nobody. Of plates the gate's own rules pick one of the lines that a
peer found (`picked`), for a reader of any text cannot know which of them is the plate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sealgate.cli.bench_sets import FACE_COLUMNS, PAIR_COLUMNS, PLATE_COLUMNS, BadSet, Figures, Times, rows_of, said_same
from sealgate.cli.peers.environment import Environment, Peer, inner
from sealgate.cli.peers.outside import PeerFailed, lines
from sealgate.domain.platepatterns import pattern_of
from sealgate.domain.plates import BadPlate, folded, normalise

SIZE = 128
Took = Annotated[float, Field(ge=0, le=86_400_000)]
Step = Callable[[], None]
T = TypeVar("T", bound="Said")


class Said(BaseModel):
    """One answer. Milliseconds on the wall and of the processor; null where there was nothing to look at."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    ms: Took | None
    cpu_ms: Took | None


class SaidFace(Said):
    vector: Annotated[list[Annotated[float, Field(ge=-100, le=100)]], Field(min_length=SIZE, max_length=SIZE)] | None


class SaidLines(Said):
    lines: Annotated[list[tuple[Annotated[str, Field(max_length=500)], float]], Field(max_length=500)]


class SaidNearest(Said):
    nearest: Annotated[list[int], Field(min_length=2, max_length=2)]


class Hello(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    versions: dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=60)]]


@dataclass(frozen=True, slots=True)
class Asking:
    """Where the peers are, and a folder for what is handed to them and what they leave."""

    environment: Environment
    work: Path

    def ask(self, peer: Peer, job: dict[str, Any], many: int, kind: type[T], step: Step) -> tuple[list[T], dict[str, str]]:
        """Exactly `many` answers, and the versions that gave them. Raises `PeerFailed`."""
        file = self.work / f"{peer.runner}.json"
        file.write_text(json.dumps(job), encoding="utf-8")
        said: list[T] = []
        heard = lines(self.environment.command(peer, file), inner(peer, self.work))
        try:
            versions = Hello.model_validate_json(next(heard)).versions
            for line in heard:
                said.append(kind.model_validate_json(line))
                if len(said) > many:
                    break
                step()
        except (ValidationError, StopIteration) as error:
            raise PeerFailed(f"it answered what is no answer: {type(error).__name__}") from error
        finally:
            heard.close()
        if len(said) != many:
            raise PeerFailed(f"it was asked {many} things and answered {len(said)}")
        return said, versions


def times(said: Sequence[Said]) -> Figures:
    """Medians of those that were looked at."""
    wall, cpu = Times(), Times()
    for one in said:
        if one.ms is not None and one.cpu_ms is not None:
            wall.add(one.ms / 1000)
            cpu.add(one.cpu_ms / 1000)
    return {"cpu_ms_p50": cpu.figures()["ms_p50"], **wall.figures()}


# --- faces ---


@dataclass(frozen=True, slots=True)
class FaceSet:
    """Pictures, and pairs of them as three columns: row, row, whether they are one person."""

    name: str
    files: tuple[str, ...]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    same: NDArray[np.bool_]


def face_set(csv_file: Path, most: int) -> FaceSet:
    """Rows of file,person (all pairs) or file_a,file_b,same, as `bench faces` takes them; the first `most` rows."""
    rows = rows_of(csv_file, FACE_COLUMNS, PAIR_COLUMNS)[: most or None]
    if "person" in rows[0]:
        files = [row["file"] for row in rows]
        who = np.array([row["person"] for row in rows])
        first, second = np.triu_indices(len(rows), 1)
        same = who[first] == who[second]
    else:
        files = list(dict.fromkeys(row[side] for row in rows for side in ("file_a", "file_b")))
        at = {file: n for n, file in enumerate(files)}
        first, second = (np.array([at[row[side]] for row in rows]) for side in ("file_a", "file_b"))
        same = np.array([said_same(row) for row in rows])
    if not len(same):
        raise BadSet(f"{csv_file} has no two pictures")
    return FaceSet(csv_file.resolve().parent.name, tuple(_path(csv_file, file) for file in files), first, second, same)


def faces(asking: Asking, peer: Peer, of: FaceSet, step: Step) -> Figures:
    said, versions = asking.ask(peer, {"files": of.files}, len(of.files), SaidFace, step)
    return {"n": len(of.files), **told_apart([one.vector for one in said], of), **times(said), "versions": versions}


def told_apart(vectors: Sequence[Sequence[float] | None], of: FaceSet) -> Figures:
    from sealgate.vision.figures import equal_error_rate, misses_at

    there = np.array([vector is not None for vector in vectors])
    stacked = np.array([vector or [0.0] * SIZE for vector in vectors], np.float64)
    # |a - b|^2 in three terms: a row for each pair would be too much for a large set.
    squares = (stacked**2).sum(axis=1)
    apart = squares[:, None] + squares[None, :] - 2 * stacked @ stacked.T
    alike = np.where(there[of.first] & there[of.second], -apart[of.first, of.second], -np.inf)
    genuine, impostor = alike[of.same], alike[~of.same]
    eer, missed = equal_error_rate(genuine, impostor), misses_at(genuine, impostor, 1e-3)
    return {"not_found": int((~there).sum()), "eer": _rounded(eer), "fnmr_at_fmr_1e-3": _rounded(missed)}


# --- plates ---


@dataclass(frozen=True, slots=True)
class PlateSet:
    name: str
    files: tuple[str, ...]
    countries: tuple[str, ...]
    texts: tuple[str, ...]


def plate_set(csv_file: Path, most: int) -> PlateSet:
    """Rows of file,plate,country, as `bench plates` takes them; `most` of them, evenly over the whole file."""
    rows = rows_of(csv_file, PLATE_COLUMNS)
    if most and len(rows) > most:
        rows = [rows[n * len(rows) // most] for n in range(most)]
    columns = ([row[name] for row in rows] for name in ("file", "country", "plate"))
    files, countries, texts = (tuple(column) for column in columns)
    return PlateSet(csv_file.resolve().parent.name, tuple(_path(csv_file, file) for file in files), countries, texts)


def plates(asking: Asking, peer: Peer, of: PlateSet, step: Step) -> Figures:
    job = {"files": of.files, "countries": of.countries}
    said, versions = asking.ask(peer, job, len(of.files), SaidLines, step)
    read = [picked(one.lines, country) for one, country in zip(said, of.countries, strict=True)]
    pairs = list(zip(read, of.texts, strict=True))
    exact, alike = sum(a == b for a, b in pairs), sum(folded(a) == folded(b) for a, b in pairs)
    n = len(pairs)
    return {"n": n, "exact": round(exact / n, 4), "folded": round(alike / n, 4), **times(said), "versions": versions}


def picked(found: Sequence[tuple[str, float]], country: str) -> str:
    """The line that is a plate: first what fits a usual series of the country, then by score; also two that follow one another.

    >>> picked([("GOL", 0.99), ("AZJ·6991", 0.98)], "br"), picked([("京A", 0.9), ("12345", 0.9)], "cn"), picked([], "cn")
    ('AZJ6991', '京A12345', '')
    """
    two = [(a + b, min(x, y)) for (a, x), (b, y) in pairwise(found)]
    known = [(text, score) for line, score in (*found, *two) if (text := _plate(line))]
    return max(known, key=lambda one: (_usual(one[0], country), one[1]), default=("", 0.0))[0]


def _usual(text: str, country: str) -> int:
    """2 for a usual series, 1 for another text of letters and digits as long as a plate, 0 for the rest."""
    if pattern_of(text, (country,)):
        return 2
    return int(4 <= len(text) <= 8 and any(c.isdigit() for c in text))


def _plate(line: str) -> str:
    try:
        return normalise(line)
    except BadPlate:
        return ""


# --- match ---


@dataclass(frozen=True, slots=True)
class Search:
    """Files of templates and queries, and for each query the rows of the two nearest by exact arithmetic in 32 bits."""

    templates: Path
    queries: Path
    size: int
    nearest: tuple[tuple[int, int], ...]


def search(work: Path, size: int, queries: int) -> Search:
    """Made-up unit vectors. Every other query is somebody enrolled seen again, at a likeness of about 0.93."""
    dice = np.random.default_rng(7)
    templates = _unit(dice.standard_normal((size, SIZE), np.float32))
    asked = dice.standard_normal((queries, SIZE), np.float32)
    who = dice.integers(0, size, len(asked[::2]))
    asked[::2] = templates[who] + asked[::2] * (0.4 / SIZE**0.5)
    asked = _unit(asked)
    paths = work / "templates.npy", work / "queries.npy"
    np.save(paths[0], templates)
    np.save(paths[1], asked)
    best = (np.argsort(-(templates @ row), kind="stable")[:2] for row in asked)
    return Search(*paths, size, tuple((int(a), int(b)) for a, b in best))


def match(asking: Asking, peer: Peer, of: Search, step: Step) -> Figures:
    """`nearest` is the share of queries whose nearest is found, `nearest_two` the share found of the two nearest of each.

    `nearest_known` is of those queries alone that are somebody enrolled.
    """
    job = {"templates": str(of.templates), "queries": str(of.queries)}
    said, versions = asking.ask(peer, job, len(of.nearest), SaidNearest, step)
    both = list(zip((one.nearest for one in said), of.nearest, strict=True))
    found = [float(got[0] == true[0]) for got, true in both]
    two = [len(set(got) & set(true)) / 2 for got, true in both]
    shares = {"nearest": _mean(found), "nearest_known": _mean(found[::2]), "nearest_two": _mean(two)}
    return {"n": len(both), "templates": of.size, **shares, **times(said), "versions": versions}


def _mean(shares: Sequence[float]) -> float:
    return round(sum(shares) / len(shares), 4)


def _unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _path(csv_file: Path, file: str) -> str:
    return str((csv_file.parent / file).resolve())


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 5)
