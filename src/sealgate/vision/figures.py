"""How good a reader is, in the usual numbers: equal error rate, misses at a rate of false matches, rank one.

A false match rate (FMR) is the share of pairs of two people at or above a threshold; a false non-match rate (FNMR) the
share of pairs of one person below it. All shares are 0..1, and None where there are no such pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def rates(genuine: Scores, impostor: Scores) -> tuple[Scores, Scores, Scores]:
    """(thresholds, FNMR, FMR) at every similarity that occurs, and above all of them."""
    thresholds = np.append(np.unique(np.concatenate([genuine, impostor])), np.inf)
    fnmr = np.searchsorted(np.sort(genuine), thresholds, "left") / len(genuine)
    fmr = 1 - np.searchsorted(np.sort(impostor), thresholds, "left") / len(impostor)
    return thresholds, fnmr, fmr


def equal_error_rate(genuine: Scores, impostor: Scores) -> float | None:
    if not len(genuine) or not len(impostor):
        return None
    _, fnmr, fmr = rates(genuine, impostor)
    at = int(np.argmin(np.abs(fnmr - fmr)))
    return float(fnmr[at] + fmr[at]) / 2


def misses_at(genuine: Scores, impostor: Scores, fmr: float) -> float | None:
    """The least FNMR at which the FMR is no more than `fmr`."""
    if not len(genuine) or not len(impostor):
        return None
    _, fnmr, of_impostors = rates(genuine, impostor)
    return float(fnmr[of_impostors <= fmr].min())


def false_matches_at(impostor: Scores, threshold: float) -> float | None:
    return float(np.mean(impostor >= threshold)) if len(impostor) else None


def rank_one(similarities: NDArray[np.float32], people: Sequence[str]) -> float | None:
    """The share of pictures whose most similar other picture is of the same person; people with one picture do not ask."""
    who = np.array(people)
    others = similarities.astype(np.float64)
    np.fill_diagonal(others, -np.inf)
    asking = [n for n in range(len(who)) if np.count_nonzero(who == who[n]) > 1]
    return float(np.mean([who[np.argmax(others[n])] == who[n] for n in asking])) if asking else None


def characters_right(read: str, truth: str) -> float:
    """1 less the edit distance as a share of the true text's length; at least 0."""
    row = list(range(len(truth) + 1))
    for i, char in enumerate(read, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(truth, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (char != other))
    return max(0.0, 1 - row[-1] / max(len(truth), 1))
