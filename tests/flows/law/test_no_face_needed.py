"""Attendance never needs a face: no form of rules asks for one, and a day by card counts as one by face does.

Measures for facial recognition (China) art. 10 and 12: never the only way, and refusing costs nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

from sealgate.domain import attendance, attendance_facts, attendance_rules, attendance_shifts
from sealgate.domain.attendance_rules import Rules
from sealgate.domain.sightings import Means
from sealgate.flows.hours_book import shipped_rules
from sealgate.web import hour_rules


def words_of(value: Any, seen: set[int] | None = None) -> set[str]:
    """Every name and word in a value, however deep."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return set()
    seen.add(id(value))
    if isinstance(value, StrEnum):
        return {value.value, type(value).__name__}
    if is_dataclass(value):
        inner = (words_of(getattr(value, one.name), seen) | {one.name} for one in fields(value))
        return set(itertools.chain.from_iterable(inner))
    if isinstance(value, dict):
        pairs = (words_of(key, seen) | words_of(part, seen) for key, part in value.items())
        return set(itertools.chain.from_iterable(pairs))
    if isinstance(value, tuple | list | set | frozenset):
        return set(itertools.chain.from_iterable(words_of(part, seen) for part in value))
    return {value} if isinstance(value, str) else set()


def test_no_rule_of_hours_knows_what_was_shown_at_the_gate() -> None:
    told = {word.lower() for word in words_of(shipped_rules())}
    assert not told & {"means", *(means.value for means in Means)}
    for module in (attendance, attendance_rules, attendance_shifts, attendance_facts):
        for thing in vars(module).values():
            if isinstance(thing, type) and is_dataclass(thing) and thing.__module__ == module.__name__:
                names = {one.name for one in fields(thing)} | {str(one.type) for one in fields(thing)}
                assert not any("Means" in name or "face" in name.lower() for name in names), thing


def test_no_form_of_rules_asks_for_a_face() -> None:
    from importlib.resources import files

    for name in ("roster_rules_version.html", "roster_shift.html", "roster_rules_one.html", "roster_pattern.html"):
        text = (files("sealgate.web") / "templates" / name).read_text("utf-8").lower()
        assert "face" not in text.replace("interface", ""), name
    assert not any("face" in name for name in vars(hour_rules) if not name.startswith("_"))
    assert "means" not in {one.name for one in fields(Rules)}
