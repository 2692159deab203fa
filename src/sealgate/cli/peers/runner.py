"""One reader or search asked about one thing after another, as a program: `runner.py KIND JOB.json`.

Runs in the peers' environment, where there is no Sealgate, and just so in ours: at the top only the standard library. Each
answer is one line of JSON on the standard output, the first the versions; whatever a library prints goes to the standard
error. `ms` is on the wall, `cpu_ms` of all of this program's processor time; both are null for a picture that cannot be read.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

Job = dict[str, Any]
Lines = Iterator[dict[str, Any]]
UNREAD = {"ms": None, "cpu_ms": None}


def main() -> None:
    """Raises whatever the library raises: its last line on the standard error is the reason that is told."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    kind, job = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    for line in KINDS[kind](job):
        own.write(json.dumps(line) + "\n")
        own.flush()


def timed(work: Callable[..., Any], *asked: Any) -> tuple[Any, dict[str, Any]]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(*asked)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return result, {"ms": round(wall * 1000, 4), "cpu_ms": round(cpu * 1000, 4)}


def versions(*packages: str) -> dict[str, Any]:
    return {"versions": {name: version(name) for name in packages}}


# --- faces: the vector of the largest face of each picture ---


def face_recognition(job: Job) -> Lines:
    """As its own documentation says: HOG, then 128 numbers, everything else left as it is."""
    api = import_module("face_recognition")
    yield versions("face-recognition", "face-recognition-models", "dlib-bin")
    for file in job["files"]:
        try:
            pixels = api.load_image_file(file)
        except (OSError, ValueError):
            yield {"vector": None, **UNREAD}
            continue
        vector, took = timed(_encoded, api, pixels)
        yield {"vector": vector, **took}


def _encoded(api: Any, pixels: Any) -> list[float] | None:
    found = api.face_locations(pixels)
    if not found:
        return None
    largest = max(found, key=lambda box: (box[2] - box[0]) * (box[1] - box[3]))
    return [float(x) for x in api.face_encodings(pixels, [largest])[0]]


def our_faces(job: Job) -> Lines:
    from sealgate import __version__
    from sealgate.domain.errors import Refused
    from sealgate.vision.faces import Faces
    from sealgate.vision.pictures import decode

    reader = Faces(threads=1)
    yield {"versions": {"sealgate": __version__}}

    def vector_of(pixels: Any) -> list[float] | None:
        found = reader.find(pixels)
        return [float(x) for x in reader.embed(pixels, found[0])] if found else None

    for file in job["files"]:
        try:
            pixels = decode(Path(file).read_bytes())
        except (Refused, OSError):
            yield {"vector": None, **UNREAD}
            continue
        vector, took = timed(vector_of, pixels)
        yield {"vector": vector, **took}


# --- plates: lines of text with their scores ---


def rapidocr(job: Job) -> Lines:
    """Stock, on one thread. Where it finds no line the whole picture is read as one (its `use_det=False`)."""
    cv2, api = import_module("cv2"), import_module("rapidocr")
    threads = ("intra_op_num_threads", "inter_op_num_threads")
    engine = api.RapidOCR(params={f"EngineConfig.onnxruntime.{name}": 1 for name in threads})
    cv2.setNumThreads(1)
    yield versions("rapidocr", "onnxruntime")
    for file in job["files"]:
        pixels = cv2.imread(file)
        if pixels is None:
            yield {"lines": [], **UNREAD}
            continue
        lines, took = timed(lines_of, engine, pixels)
        yield {"lines": lines, **took}


def lines_of(engine: Any, pixels: Any) -> list[tuple[str, float]]:
    # The engine keeps what one call was told for all later ones: each says all.
    steps = {"use_det": True, "use_cls": True, "use_rec": True}
    return _lines(engine(pixels, **steps)) or _lines(engine(pixels, **steps | {"use_det": False, "use_cls": False}))


def _lines(found: Any) -> list[tuple[str, float]]:
    return [(text, float(score)) for text, score in zip(found.txts or (), found.scores or (), strict=True) if text]


def our_plates(job: Job) -> Lines:
    from sealgate import __version__
    from sealgate.domain.errors import Refused
    from sealgate.vision.pictures import decode
    from sealgate.vision.plates import Plates

    reader = Plates(threads=1)
    yield {"versions": {"sealgate": __version__}}
    for file, country in zip(job["files"], job["countries"], strict=True):
        try:
            pixels = decode(Path(file).read_bytes())
        except (Refused, OSError):
            yield {"lines": [], **UNREAD}
            continue
        found, took = timed(reader.read, pixels, (country,))
        yield {"lines": [(plate.text, float(plate.score)) for plate in found[:1]], **took}


# --- match: the rows of the two nearest templates ---


def bare_faiss(job: Job) -> Lines:
    """Exact inner products, 32 bits a number: the index that its documentation begins with."""
    return _faiss(job, lambda api, size: api.IndexFlatIP(size))


def bare_faiss_half(job: Job) -> Lines:
    """Exact inner products, 16 bits a number: what our gallery is built on."""
    return _faiss(job, lambda api, s: api.IndexScalarQuantizer(s, api.ScalarQuantizer.QT_fp16, api.METRIC_INNER_PRODUCT))


def _faiss(job: Job, make: Callable[[Any, int], Any]) -> Lines:
    api = import_module("faiss")
    api.omp_set_num_threads(1)
    templates, queries = _vectors(job)
    index = make(api, templates.shape[1])
    index.add(templates)
    yield versions("faiss-cpu")
    for row in queries:
        (_, ids), took = timed(index.search, row.reshape(1, -1), 2)
        yield {"nearest": [int(n) for n in ids[0]], **took}


def usearch(job: Job) -> Lines:
    """Its approximate graph as it comes, 16 bits a number."""
    templates, queries = _vectors(job)
    index = import_module("usearch.index").Index(ndim=templates.shape[1], metric="ip", dtype="f16")
    index.add(import_module("numpy").arange(len(templates)), templates, threads=1)
    search = partial(index.search, threads=1)
    yield versions("usearch")
    for row in queries:
        found, took = timed(search, row, 2)
        yield {"nearest": [int(n) for n in found.keys], **took}


def our_gallery(job: Job) -> Lines:
    from uuid import UUID

    from sealgate import __version__
    from sealgate.domain.ids import CredentialId, PersonId
    from sealgate.vision.matcher import FaissGallery

    templates, queries = _vectors(job)
    gallery = FaissGallery(templates.shape[1])
    for n, vector in enumerate(templates):
        gallery.put(PersonId(UUID(int=n)), CredentialId(UUID(int=n)), vector)
    yield {"versions": {"sealgate": __version__}}
    for row in queries:
        found, took = timed(gallery.nearest, row, 2)
        yield {"nearest": [one.credential.int for one in found], **took}


def _vectors(job: Job) -> Sequence[Any]:
    load = import_module("numpy").load
    return load(job["templates"]), load(job["queries"])


KINDS: dict[str, Callable[[Job], Lines]] = {
    "face_recognition": face_recognition,
    "our-faces": our_faces,
    "rapidocr": rapidocr,
    "our-plates": our_plates,
    "faiss": bare_faiss,
    "faiss-half": bare_faiss_half,
    "usearch": usearch,
    "our-gallery": our_gallery,
}

if __name__ == "__main__":
    main()
