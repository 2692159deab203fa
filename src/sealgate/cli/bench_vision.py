"""`sealgate bench plates`, `bench faces` and `bench match`: how accurate and how fast the readers are.

A set is a CSV file; pictures are named relative to it. A picture that cannot be read counts as not found or as misread,
for a reader at a gate has no second chance either. Shares are 0..1, and null where a set has no such pairs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.bench_sets import FACE_COLUMNS, PAIR_COLUMNS, BadSet, Figures, Times, rows_of, said_same
from sealgate.domain.errors import Refused

if TYPE_CHECKING:
    from sealgate.ports import FaceReader, Vector
    from sealgate.vision.matcher import FaissGallery

Threads = Annotated[int, typer.Option(min=1, help="Cores that one picture may use")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]
Csv = Annotated[Path, typer.Argument(help="CSV file; pictures are named relative to it", metavar="CSV")]


def register(benches: typer.Typer) -> None:
    benches.command("plates", help="How well plates are read: rows of file,plate,country.")(plates)
    benches.command("faces", help="How well faces are told apart: rows of file,person, or file_a,file_b,same.")(faces)
    benches.command("liveness", help="How many attacks pass for somebody alive, and how many people do not.")(liveness)
    benches.command("match", help="How long the search among many templates takes.")(match)


def plates(
    csv_file: Annotated[Path | None, typer.Argument(help="CSV file; pictures are named relative to it", metavar="CSV")] = None,
    threads: Threads = 1,
    any_country: Annotated[bool, typer.Option("--any-country", help="Do not tell the reader the country")] = False,
    second: Annotated[bool, typer.Option("--second", help="The second reader alone, on plates that were cut out")] = False,
    none: Annotated[Path | None, typer.Option("--none", help="Instead: a folder of pictures without a plate")] = None,
    country: Annotated[list[str] | None, typer.Option("--country", help="With --none: whose plates to look for")] = None,
    as_json: Json = False,
) -> None:
    from sealgate.cli.bench_plates import SecondAlone, bench_none, bench_plates
    from sealgate.vision.plates import Plates

    if none is not None:
        tell(bench_none(Plates(threads=threads), none, country or ()), as_json=as_json)
    elif csv_file is not None:
        reader = SecondAlone(threads=threads) if second else Plates(threads=threads)
        tell(bench_plates(reader, csv_file, countries=not any_country), as_json=as_json)
    else:
        raise BadSet("no set: name a CSV file, or a folder with --none")


def faces(
    csv_file: Csv,
    threads: Threads = 1,
    enrol: Annotated[int, typer.Option(min=0, max=8, help="Compare with the mean of so many pictures; 0: all pairs")] = 0,
    as_json: Json = False,
) -> None:
    from sealgate.vision.faces import Faces

    tell(bench_faces(Faces(threads=threads), csv_file, enrol=enrol), as_json=as_json)


def liveness(
    folder: Annotated[Path | None, typer.Argument(help="Folder of photographs of faces; drawn ones unless given")] = None,
    most: Annotated[int, typer.Option("--faces", min=1, max=10_000, help="How many of them")] = 20,
    as_json: Json = False,
) -> None:
    from sealgate.cli import bench_liveness, progress, tables
    from sealgate.vision.faces import Faces

    with progress.bar(as_json=as_json) as told:
        result = bench_liveness.measure(Faces(long_side=320), folder, most, told)
    tables.tell(result, bench_liveness.rows(result), ("", "films", "by signs", "asked to turn"), as_json=as_json)


def match(
    sizes: Annotated[list[int] | None, typer.Option("--size", min=1, help="Templates in the gallery; may be repeated")] = None,
    queries: Annotated[int, typer.Option(min=1)] = 50,
    as_json: Json = False,
) -> None:
    tell(bench_match(sizes or [1_000, 100_000], queries), as_json=as_json)


# --- faces ---


@dataclass(slots=True)
class Embedder:
    """The vector of the largest face of each picture, each looked at once."""

    reader: FaceReader
    folder: Path
    times: Times = field(default_factory=Times)
    known: dict[str, Vector | None] = field(default_factory=dict)

    def __call__(self, file: str) -> Vector | None:
        if file not in self.known:
            self.known[file] = self._vector(self.folder / file)
        return self.known[file]

    def not_found(self) -> int:
        return sum(vector is None for vector in self.known.values())

    def _vector(self, path: Path) -> Vector | None:
        from sealgate.vision.pictures import decode

        try:
            pixels = decode(path.read_bytes())
        except (Refused, OSError):
            return None
        start = time.perf_counter()
        found = self.reader.find(pixels)
        vector = self.reader.embed(pixels, found[0]) if found else None
        self.times.add(time.perf_counter() - start)
        return vector


def bench_faces(reader: FaceReader, csv_file: Path, *, enrol: int = 0) -> Figures:
    """Rows of file,person: all pairs; the extra `fmr_by_group` has people `a/b` by their b, where a set has such names.

    Rows of file_a,file_b,same: those pairs. `n` counts pictures, or pairs. A pair with a face that was not found is a
    miss if it is one person, and no match if it is two. With `enrol` the first so many pictures of each person make a template,
    and all later ones are compared with every template; people who have no more pictures than that are left out.
    """
    rows = rows_of(csv_file, FACE_COLUMNS, PAIR_COLUMNS)
    embed = Embedder(reader, csv_file.parent)
    if enrol and "person" in rows[0]:
        return _against_templates(rows, embed, enrol)
    return _all_pairs(rows, embed) if "person" in rows[0] else _given_pairs(rows, embed)


def _all_pairs(rows: list[dict[str, str]], embed: Embedder) -> Figures:
    import numpy as np

    from sealgate.vision.figures import rank_one

    vectors = [embed(row["file"]) for row in rows]
    people = [row["person"] for row in rows]
    # A face that was not found is like nobody, not even like itself.
    stacked = np.stack([np.zeros(128, np.float32) if v is None else v for v in vectors])
    similarities = stacked @ stacked.T
    first, second = np.triu_indices(len(rows), 1)
    who = np.array(people)
    same = who[first] == who[second]
    # Without identities (every picture another "person/group") nobody has a second picture: all pairs are strangers.
    if unidentified(people):
        same = np.zeros_like(same)
        groups = fmr_by_group(similarities, people, embed.reader.min_similarity)
        rank = None
    else:
        groups, rank = {}, rank_one(similarities, people)
    pairs = similarities[first, second].astype(np.float64)
    return {"n": len(rows)} | _figures(pairs, same, embed, rank) | ({"fmr_by_group": groups} if groups else {})


def _against_templates(rows: list[dict[str, str]], embed: Embedder, enrol: int) -> Figures:
    import numpy as np

    from sealgate.vision.facespace import template

    people: dict[str, list[Vector | None]] = {}
    for row in rows:
        people.setdefault(row["person"], []).append(embed(row["file"]))
    templates, asked, who = [], [], []
    for name, vectors in people.items():
        known = [vector for vector in vectors[:enrol] if vector is not None]
        if not known or len(vectors) <= enrol:
            continue
        templates.append((name, template(known)))
        later = [np.zeros(128, np.float32) if vector is None else vector for vector in vectors[enrol:]]
        asked += later
        who += [name] * len(later)
    if not templates:
        raise BadSet(f"nobody has more than {enrol} pictures")
    similarities = np.stack(asked) @ np.stack([vector for _, vector in templates]).T
    same = np.array(who)[:, None] == np.array([name for name, _ in templates])[None, :]
    figures = _figures(similarities.ravel().astype(np.float64), same.ravel(), embed, None)
    return {"n": len(rows), "enrolled": len(templates), "pictures_each": enrol, "asked": len(asked)} | figures


def unidentified(people: Sequence[str]) -> bool:
    """Whether the names are groups (`region/sex`) and not people: every pair is then counted as two people."""
    return all("/" in person for person in people)


def fmr_by_group(similarities: Any, groups: Sequence[str], threshold: float) -> dict[str, float]:
    """The share of pairs inside each group that are at or above the threshold, for groups and for the part after `/`."""
    import numpy as np

    found = {}
    for names in (list(groups), [group.partition("/")[2] for group in groups]):
        for name in sorted(set(names)):
            members = np.flatnonzero(np.array(names) == name)
            if len(members) > 1:
                inside = similarities[np.ix_(members, members)][np.triu_indices(len(members), 1)]
                found[name] = round(float(np.mean(inside >= threshold)), 5)
    return found


def _given_pairs(rows: list[dict[str, str]], embed: Embedder) -> Figures:
    import numpy as np

    pairs = [(embed(row["file_a"]), embed(row["file_b"])) for row in rows]
    similarities = np.array([0.0 if a is None or b is None else float(a @ b) for a, b in pairs])
    same = np.array([said_same(row) for row in rows])
    return {"n": len(rows)} | _figures(similarities, same, embed, None)


def _figures(pairs: Any, same: Any, embed: Embedder, rank: float | None) -> Figures:
    from sealgate.vision.figures import equal_error_rate, false_matches_at, misses_at

    genuine, impostor = pairs[same], pairs[~same]
    threshold = embed.reader.min_similarity
    return {
        "not_found": embed.not_found(),
        "eer": _rounded(equal_error_rate(genuine, impostor)),
        "fnmr_at_fmr_1e-2": _rounded(misses_at(genuine, impostor, 1e-2)),
        "fnmr_at_fmr_1e-3": _rounded(misses_at(genuine, impostor, 1e-3)),
        "fmr_at_threshold": _rounded(false_matches_at(impostor, threshold)),
        "fnmr_at_threshold": _rounded(1 - float((genuine >= threshold).mean())) if len(genuine) else None,
        "threshold": threshold,
        "rank1": _rounded(rank),
        **embed.times.figures(),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 5)


# --- match ---


def bench_match(sizes: Sequence[int], queries: int) -> Figures:
    """Milliseconds a query among random templates, k = 2, one query at a time, for each size of gallery.

    `cpu` is the processor's time, which other work on the machine disturbs less than the clock; `bare` is faiss alone on the
    same rows, its queries in turn with ours. `change` is somebody enrolled and removed again, and `longest_change` the worst of
    those while another thread searches without a pause.
    """
    return {"sizes": [{"templates": size, **_search(size, queries)} for size in sizes]}


def _search(size: int, queries: int) -> Figures:
    import numpy as np

    from sealgate.domain.ids import CredentialId, PersonId, uuid7
    from sealgate.vision.matcher import FaissGallery, bare_index

    dice = np.random.default_rng(7)
    gallery, bare, now = FaissGallery(), bare_index(), datetime.now(UTC)
    for vectors in _random_faces(dice, size):
        bare.add(vectors)
        for vector in vectors:
            one = uuid7(now, dice.bytes(10))
            gallery.put(PersonId(one), CredentialId(one), vector)
    ours, alone, clock = Times(), Times(), Times()
    for vector in next(_random_faces(dice, queries)):
        row = vector.reshape(1, -1)
        start, began = time.perf_counter(), time.process_time()
        gallery.nearest(vector, 2)
        ours.add(time.process_time() - began)
        clock.add(time.perf_counter() - start)
        began = time.process_time()
        bare.search(row, 2)
        alone.add(time.process_time() - began)
    mine, theirs = ours.figures()["ms_p50"], alone.figures()["ms_p50"]
    figures = {**clock.figures(), "cpu_ms_p50": mine, "bare_cpu_ms_p50": theirs}
    return figures | {"times_bare": round(mine / theirs, 3) if theirs else None} | _changes(gallery, dice)


def _changes(gallery: FaissGallery, dice: Any, count: int = 20) -> Figures:
    """People come and go while another thread searches."""
    from threading import Event, Thread

    from sealgate.domain.ids import CredentialId, PersonId, uuid7

    done, times, now = Event(), Times(), datetime.now(UTC)
    vectors = next(_random_faces(dice, count))

    def seek() -> None:
        while not done.is_set():
            gallery.nearest(vectors[0], 2)

    seeker = Thread(target=seek)
    seeker.start()
    for vector in vectors:
        one = uuid7(now, dice.bytes(10))
        start = time.perf_counter()
        gallery.put(PersonId(one), CredentialId(one), vector)
        gallery.remove(CredentialId(one))
        times.add(time.perf_counter() - start)
    done.set()
    seeker.join()
    return {"change_ms_p50": times.figures()["ms_p50"], "longest_change_ms": round(max(times.taken), 2)}


def _random_faces(dice: Any, count: int) -> Iterator[Any]:
    """Unit vectors, ten thousand at a time."""
    import numpy as np

    for start in range(0, count, 10_000):
        vectors = dice.standard_normal((min(10_000, count - start), 128), np.float32)
        yield vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# --- telling ---


def tell(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    from rich.console import Console
    from rich.table import Table

    for part in figures.get("sizes", [figures]):
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, value in flat(part):
            table.add_row(name, "-" if value is None else str(value))
        Console().print(table)


def flat(figures: Figures) -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from ((f"{name} {inner}", v) for inner, v in value.items())
        else:
            yield name, value
