"""Several readings of one plate make one text: character by character, each reading counting by its score there.

Readings of another length cannot vote on places, so first the lengths vote. Surprising: the winner's score is what its
own characters scored where they won, not how many voted, so that ten blurred frames do not add up to certainty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sealgate.domain.plates import PlateText, folded


@dataclass(frozen=True, slots=True)
class Ballot:
    """`scores` are 0..1, one for each character of the text."""

    text: str
    score: float
    scores: tuple[float, ...]


def elect(ballots: Sequence[Ballot]) -> tuple[PlateText, float]:
    """The text and its score, 0..1. At least one ballot. Of equal candidates the first seen wins."""
    by_length: dict[int, float] = defaultdict(float)
    for ballot in ballots:
        by_length[len(ballot.text)] += ballot.score
    length = max(by_length, key=lambda n: by_length[n])
    voters = [ballot for ballot in ballots if len(ballot.text) == length]
    chosen = "".join(_elect_at(place, voters) for place in range(length))
    agreeing = [ballot.score for ballot in voters if ballot.text == chosen]
    if agreeing:
        share = sum(agreeing) / sum(ballot.score for ballot in ballots)
        # A text that many frames contradict is less sure than its best frame says.
        return PlateText(chosen), max(agreeing) * min(1.0, 0.5 + share)
    return PlateText(chosen), min(_support(place, chosen, voters) for place in range(length))


def _elect_at(place: int, voters: Sequence[Ballot]) -> str:
    votes: dict[str, float] = defaultdict(float)
    for ballot in voters:
        votes[ballot.text[place]] += ballot.scores[place] * ballot.score
    return max(votes, key=lambda char: votes[char])


def _support(place: int, chosen: str, voters: Sequence[Ballot]) -> float:
    """The chosen character's share of what was said at its place."""
    said = sum(ballot.scores[place] for ballot in voters)
    return sum(b.scores[place] for b in voters if b.text[place] == chosen[place]) / max(said, 1e-9)


def near(a: str, b: str, most: int) -> bool:
    """Whether at most so many characters were put in, left out or taken for others; look-alikes are equal."""
    row = list(range(len(b) + 1))
    for i, char in enumerate(folded(a), 1):
        above, row[0] = row[0], i
        for j, other in enumerate(folded(b), 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (char != other))
    return row[-1] <= most
