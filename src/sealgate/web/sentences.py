"""What one code says to whoever meets it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """`message` says what is so, `hint` what to do; both are marked English."""

    message: str
    hint: str = ""
