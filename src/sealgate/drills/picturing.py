"""Attacks that look: pictures in blobs and anywhere in the files, and templates of faces kept as plain numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.streams import Piece, files_in, pieces
from sealgate.ports import FaceReader, Vector

MOST_PIXELS = 40_000_000
CHANCE = 0.5
"""Cosines of two random directions in 128 dimensions have a spread of 0.088: 0.5 is 5.6 of them, and one in 50 million."""

_MAGIC = re.compile(
    rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|RIFF....WEBP|GIF8[79]a|II\*\0|MM\0\*|\0\0\0.ftyp(?:heic|heix|avif|mif1)"
    rb"|\0\0\0\x0cjP  |BM.{4}\0\0\0\0.{2}\0\0[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    re.DOTALL,
)
_MOST_BYTES = 8 << 20
_KINDS = (("<f4", 4, np.float32, np.uint32), ("<f2", 2, np.float16, np.uint16), ("<f8", 8, np.float64, np.uint64))
_WITHOUT_SIGN: dict[int, Any] = {size: whole(2 ** (8 * size - 1) - 1) for _name, size, _real, whole in _KINDS}
_ABOUT_ONE: dict[int, Any] = {size: np.array(1.002, real).view(whole)[()] for _name, size, real, whole in _KINDS}
_LEAST: dict[int, Any] = {size: np.array(1e-7, real).view(whole)[()] for _name, size, real, whole in _KINDS}


def decoded(data: bytes) -> npt.NDArray[np.uint8] | None:
    """The picture that begins with the first byte, if a real decoder reads one of at least 8 by 8 pixels."""
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        pixels = cv2.imdecode(np.frombuffer(data[:_MOST_BYTES], np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(before)
    if pixels is None or min(pixels.shape[:2]) < 8 or pixels.shape[0] * pixels.shape[1] > MOST_PIXELS:
        return None
    return np.asarray(pixels, np.uint8)


def _pictures(scene: Scene, count: Count) -> None:
    for where, data, must_try in _candidates(scene):
        if must_try or _MAGIC.match(data):
            count.tries += 1
            pixels = decoded(data)
            if pixels is not None:
                count.found(where, f"a picture of {pixels.shape[1]} by {pixels.shape[0]} pixels")


def _candidates(scene: Scene) -> Iterator[tuple[str, bytes, bool]]:
    """Every blob whole, whatever its first bytes; in every file whatever begins like a picture; and what is wrapped."""
    for path in files_in(scene.stolen / "blobs"):
        yield path.relative_to(scene.stolen).as_posix(), path.read_bytes(), True
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        for match in _MAGIC.finditer(piece.data, piece.old and max(piece.old - 64, 0)):
            yield f"{piece.name}@{piece.at + match.start()}", _from(scene, piece, match.start()), False
    for where, how, inner in scene.wrapped():
        if _MAGIC.match(inner):
            yield f"{where} ({how})", inner, False


def _from(scene: Scene, piece: Piece, at: int) -> bytes:
    """From there on, also beyond the piece."""
    with (scene.stolen / piece.name).open("rb") as file:
        file.seek(max(piece.at, 0) + at)
        return file.read(_MOST_BYTES)


def faces_by(reader: FaceReader) -> Attack:
    """Every picture that was found is looked at for faces, by our own model."""

    def run(scene: Scene, count: Count) -> None:
        for where, data, must_try in _candidates(scene):
            pixels = decoded(data) if must_try or _MAGIC.match(data) else None
            count.tries += 1
            if pixels is not None and reader.find(pixels):
                count.found(where, "a face in a picture")

    return Attack("faces in pictures", "Looks for faces in whatever decodes as a picture.", run)


def _templates(scene: Scene, count: Count) -> None:
    """Any 128 plain numbers of one face's direction, turned or not, in whatever floats a program would keep them."""
    faces = scene.truth.faces
    if not faces:
        return
    known = np.stack([face.raw for face in faces] + [face.kept for face in faces]).astype(np.float32)
    for piece in pieces(scene.stolen):
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        for kind, size, _real, _whole in _KINDS:
            for at, vector in _unit_vectors(piece.data, kind, size, known.shape[1]):
                count.tries += len(known)
                if float(np.max(np.abs(known @ vector))) > CHANCE:
                    count.found(f"{piece.name}@{piece.at + at}", f"a face's template as {kind[1:]}")
    count.tries += len(known)
    _unturned(scene, count)


def _unturned(scene: Scene, count: Count) -> None:
    """What an edge's memory would give away: a template as its site keeps it, beside the face's own and another site's."""
    faces = scene.truth.faces
    for face in faces:
        count.tries += 1
        if abs(float(face.raw @ face.kept)) > CHANCE:
            count.found(f"credentials of site {face.site}", "a template that its site did not turn")
    by_person: dict[object, list[int]] = {}
    for at, face in enumerate(faces):
        by_person.setdefault(face.person, []).append(at)
    for group in by_person.values():
        for first in group:
            for second in group:
                if first < second and faces[first].site != faces[second].site:
                    count.tries += 1
                    if abs(float(faces[first].kept @ faces[second].kept)) > CHANCE:
                        count.found("credentials of two sites", "two sites' templates of one person match")


def _unit_vectors(data: bytes, kind: str, size: int, dimensions: int) -> Iterator[tuple[int, Vector]]:
    """Runs of so many small numbers whose length is about one. Of random bytes hardly any run is that long."""
    for shift in range(size):
        if len(data) < shift + size * dimensions:
            return
        numbers = np.frombuffer(data, kind, count=(len(data) - shift) // size, offset=shift)
        bits = numbers.view(f"<u{size}") & _WITHOUT_SIGN[size]  # floats of one sign are in the order of their bits
        small = (bits <= _ABOUT_ONE[size]) & ((bits >= _LEAST[size]) | (bits == 0))
        edges = np.flatnonzero(np.diff(np.concatenate(([0], small.view(np.int8), [0]))))
        begins, ends = edges[0::2], edges[1::2]
        for at in np.flatnonzero(ends - begins >= dimensions):
            begin, end = begins[at], ends[at]
            run = numbers[begin:end].astype(np.float64)
            sums = np.concatenate(([0.0], np.cumsum(run * run)))
            lengths = sums[dimensions:] - sums[:-dimensions]
            for first in np.flatnonzero(np.abs(lengths - 1) < 0.05):
                vector: Vector = run[first : first + dimensions].astype(np.float32)
                yield int((begin + first) * size + shift), vector


PICTURES = Attack(
    "pictures",
    "Gives every blob to real decoders, and whatever in a file begins like a JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC or AVIF.",
    _pictures,
)
TEMPLATES = Attack(
    "templates",
    "Compares every run of plain numbers with the faces' templates, and templates of a site with the faces and other sites.",
    _templates,
)
