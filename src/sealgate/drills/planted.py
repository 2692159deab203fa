"""What one planted leak is, and the words that leaks are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sealgate.drills.scene import Result
from sealgate.drills.truth import Truth


@dataclass(frozen=True, slots=True)
class Leak:
    """Found when `attack` has a find at a place that begins with `where`, of a thing in whose name `what` is."""

    name: str
    attack: str
    where: str
    what: str = ""

    def is_found(self, results: Sequence[Result]) -> bool:
        return any(
            find.where.startswith(self.where) and self.what in find.what
            for result in results
            if result.name == self.attack
            for find in result.told
        )


class Words:
    """Known words by their kind, always the same for the same truth."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def of(self, kind: str) -> str:
        """The shortest of that kind, the harder to find; where the site has none, the shortest of any that is no sentence."""
        return self._sorted(kind)[0]

    def long(self, kind: str) -> str:
        """The longest of that kind, which has every form that there is."""
        return self._sorted(kind)[-1]

    def has(self, kind: str) -> bool:
        return kind in self._truth.words.values()

    def _sorted(self, kind: str) -> list[str]:
        found = [text for text, known in self._truth.words.items() if known == kind]
        return sorted(found or [text for text, known in self._truth.words.items() if known != "words"], key=_by_length)


def _by_length(text: str) -> tuple[int, str]:
    return len(text.encode()), text
