"""From dlib's 128 numbers to a unit vector whose dot products order pairs of faces as dlib's distances do.

dlib compares by distance, and a vector's length says something too: plain cosine loses a little of what tells people
apart (docs/models.md). But the network's last layer has rank 86: 42 of its 128 directions are never used. So the
vector is measured from the middle of all faces and then lifted along an unused direction until its length is one.
Two lifted vectors are as far apart as before, but for a small second-order term, and similarity = 1 - distance^2 / 2.

The length itself also varies with the kind of photograph, which would make a threshold mean different things at
different cameras: a quarter of it (in the exponent) is taken out first.
"""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

from sealgate.ports import Vector

LENGTH_TAKEN_OUT = 0.25
REACH = 0.9
"""The distance from the middle at which nothing would be left to lift. Faces lie at 0.5 to 0.66."""


def _constant(text: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float64)


MIDDLE = _constant(
    "lK30LG0prqh1rTGhu6RRrSEwpqu0MYqn4rKrqcKkny5IsFSvTq6ZrF4kkCZRJoUnTbCFtB6s+a3WKPSt8yDLKXKxJKruJPArdak0"
    "qx4yPCEhsacY9ypyM8YxqyB5InCqGy+Ks9opazBhLlEsDS0vsKsmgC95sUgsvSpHrRKoNqgZMXEtcq3sr6kwXLC2qEotta35sM6z"
    "+yeGNe4vDbFfJDWsY6YhKbApH6yfp5KtxieqMUKjZqUhMnsfHJnbKNQp1q5To4yu86GCKb6tDhpALSaxhzCro3imCqQVorOs05nL"
    "MIqzCzLoMKGbni+/KsIqN6BOogewBK4HJt6msieRJg=="
)
"""The mean of such vectors over 810 public pictures of four kinds, each kind counting the same."""

UNUSED = _constant(
    "pCvaJAqoBaq5qwCrAhgAm+OrEibRpn8s6SqfLa0uojkEMIYpUawKL+craZ25IsGqmK3CKu6sdaRuKnkosDDMqP+oe6WxsFMp4iIu"
    "MFurwa2WKhSu9qLpnQgpFScZqCEpGiOHL2sqPjHRLPKpHKVBq3Wqv6q9nlwwTaoDotgo+aRUqgkixSfDLCusrq7rqysp3qp9KSQv"
    "eCaumSIsbyNDpEysKJ03IGCfQ6m1JhcjoqbDKa0uyaiVpUmiCytRLsKmHKzYJceq9S8iKcSbOCj3KzQkJ6r3Klmpay3brlIsmCHX"
    "JnKvFaqerBEtlCpVp56vPpycLMmed6oorJEtoao9rA=="
)
"""A direction that the network's last layer maps nothing to; length 1."""


def unit(raw: Vector) -> Vector:
    """(128,) as the network gives it, or the mean of a few of one face, to (128,) float32 of length 1."""
    vector = raw.astype(np.float64)
    vector /= max(float(np.linalg.norm(vector)), 1e-6) ** LENGTH_TAKEN_OUT
    aside = (vector - MIDDLE) / REACH
    # No face is that far out; a carpet may be.
    aside *= min(1.0, 0.98 / max(float(np.linalg.norm(aside)), 1e-6))
    lifted = aside + np.sqrt(1.0 - aside @ aside) * UNUSED
    return np.asarray(lifted / np.linalg.norm(lifted), np.float32)


def template(vectors: list[Vector]) -> Vector:
    """One unit vector for several of one person (at least one): enrol three to five pictures and store this."""
    mean = np.mean(np.stack(vectors), axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float32)
