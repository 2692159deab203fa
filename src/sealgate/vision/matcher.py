"""The templates of one site's people in memory, and the site's secret rotation.

Exact search, no approximate index: one million templates take some ten milliseconds on one core in half precision
(docs/benchmarks.md), and an approximate answer at a door would be a wrong answer. Templates come turned already; turning
keeps every similarity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from threading import Lock
from typing import Any

import faiss
import numpy as np

from sealgate.domain.access import Candidate
from sealgate.domain.errors import Fault
from sealgate.domain.ids import CredentialId, PersonId
from sealgate.ports import Vector


class NotATemplate(Fault):
    """A vector of another size, or with numbers that are none: from another model pack, or damaged."""

    code = "gallery.not-a-template"


faiss.omp_set_num_threads(1)  # a gate asks once a second: threads would cost more than they bring, and fight the readers


def bare_index(dimensions: int = 128) -> Any:
    """faiss alone: exact inner products in half precision."""
    return faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


class FaissGallery:
    """A `ports.Gallery`. Any thread may call it; the lock is held for one search or one change at a time.

    Row n of the index is `_whose[n]`. Who is removed gives their row to the last one: faiss would move every row behind it, a
    tenth of a second among a million, and nobody could pass meanwhile.
    """

    def __init__(self, dimensions: int = 128) -> None:
        self._index = bare_index(dimensions)
        self._dimensions = dimensions
        self._whose: list[tuple[PersonId, CredentialId]] = []
        self._rows: dict[CredentialId, int] = {}
        self._lock = Lock()

    def put(self, person: PersonId, credential: CredentialId, vector: Vector) -> None:
        """`vector` is (dimensions,) of length 1. An older template of the same credential is replaced."""
        row = self._checked(vector)
        with self._lock:
            self._remove(credential)
            self._index.add(row)
            self._rows[credential] = len(self._whose)
            self._whose.append((person, credential))

    def remove(self, credential: CredentialId) -> None:
        with self._lock:
            self._remove(credential)

    def nearest(self, vector: Sequence[float], k: int) -> list[Candidate]:
        """Best first, at most `k`; empty where nobody is enrolled. Raises `NotATemplate`."""
        wanted = self._checked(vector)
        with self._lock:
            k = min(k, len(self._rows))
            if k < 1:
                return []
            scores, rows = self._index.search(wanted, k)
            return [
                Candidate(*self._whose[int(i)], float(score)) for i, score in zip(rows[0], scores[0], strict=True) if i >= 0
            ]

    def __len__(self) -> int:
        return len(self._rows)

    def _remove(self, credential: CredentialId) -> None:
        row = self._rows.pop(credential, None)
        if row is None:
            return
        last = len(self._whose) - 1
        if row != last:
            size = self._index.code_size
            codes = faiss.rev_swig_ptr(self._index.codes.data(), self._index.ntotal * size).reshape(-1, size)
            codes[row] = codes[last]
            self._whose[row] = self._whose[last]
            self._rows[self._whose[row][1]] = row
        self._whose.pop()
        self._index.codes.resize(last * self._index.code_size)
        self._index.ntotal = last

    def _checked(self, vector: Vector | Sequence[float]) -> Vector:
        row = np.ascontiguousarray(vector, dtype=np.float32)
        if row.shape != (self._dimensions,) or not np.isfinite(row).all():
            raise NotATemplate(f"{row.shape} instead of ({self._dimensions},), or not finite")
        return row.reshape(1, self._dimensions)


def rotation(seed: bytes, size: int) -> Vector:
    """An orthonormal (size, size) float32 matrix, the same for the same seed (32 bytes), drawn evenly among all.

    The QR decomposition of a Gaussian matrix, with the signs of R's diagonal made positive (Mezzadri 2007): without
    that the draw would not be even. The numbers come from SHAKE-256 and not from numpy's generators, which may change
    between versions: templates are kept turned, for years. Between platforms the last digits differ (1e-7), no more.
    """
    draws = np.frombuffer(hashlib.shake_256(b"sealgate rotation" + seed).digest(16 * size * size), "<u8")
    even = ((draws >> 11).astype(np.float64) + 0.5) / 2**53
    radius, angle = np.sqrt(-2 * np.log(even[0::2])), 2 * np.pi * even[1::2]
    q, r = np.linalg.qr((radius * np.cos(angle)).reshape(size, size))
    matrix: Vector = (q * np.where(np.diag(r) < 0, -1.0, 1.0)).astype(np.float32)
    return matrix


def rotate(vector: Vector, matrix: Vector) -> Vector:
    """(size,) turned by `rotation`'s matrix."""
    turned: Vector = matrix @ vector
    return turned
