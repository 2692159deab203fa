"""The parts that pages are built from say the same thing by shape, by word and to a screen reader."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sealgate.domain.access import Reason
from sealgate.web.frame import asset, environment, facts
from sealgate.web.i18n import Language


def part(name: str, *values: object, language: Language = Language.EN, **more: object) -> str:
    macros: Any = environment(language).get_template("parts.html").module
    return " ".join(str(getattr(macros, name)(*values, **more)).split())


@pytest.mark.parametrize(
    ("opens", "reason", "shape", "word"),
    [
        (True, Reason.ALLOWED, "open", "Open"),
        (True, Reason.FORCED, "forced", "Forced"),
        (False, Reason.AMBIGUOUS, "unsure", "Unsure"),
        (False, Reason.EXPIRED, "refused", "Refused"),
    ],
)
def test_a_decision_has_a_shape_and_a_word(opens: bool, reason: Reason, shape: str, word: str) -> None:
    drawn = part("badge", opens, reason)
    assert f"badge {shape}" in drawn
    assert f">{word}</span>" in drawn


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.ALLOWED])
def test_a_decision_that_is_not_plain_leave_shows_its_reason(reason: Reason) -> None:
    assert re.search(r"<small>[^<]+</small>", part("badge", False, reason))


def test_the_same_part_speaks_chinese() -> None:
    assert "两人相似" in part("badge", False, Reason.AMBIGUOUS, language=Language.ZH)


def test_a_chinese_plate_has_its_dot_and_a_doubted_character_its_wave() -> None:
    drawn = part("plate", "沪A8K2F6", "cn-blue", doubts=(2,))
    assert drawn == '<span class="plate" data-kind="cn-blue">沪A<i></i><u>8</u>K2F6</span>'


def test_other_plates_are_written_plainly() -> None:
    assert part("plate", "7KXR204") == '<span class="plate" data-kind="plain">7KXR204</span>'


def test_what_somebody_typed_is_never_markup() -> None:
    drawn = part("field", "name", "Name", '"><script>alert(1)</script>')
    assert "<script>" not in drawn


def test_an_error_is_tied_to_its_field() -> None:
    class Trouble:
        field, message = "name", "A name has 1 to 80 characters"

    drawn = part("field", "name", "Name", trouble=Trouble, help="As on the door")
    assert 'aria-describedby="name-h name-e"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'id="name-e">A name has 1 to 80 characters' in drawn


def test_later_attributes_win_and_false_is_none() -> None:
    assert facts({"class": "input", "required": True}, {"class": "big", "disabled": False}) == {"class": "big", "required": ""}


@pytest.mark.parametrize("name", ["sealgate.css", "sealgate.js", "mark.svg", "vendor/htmx.min.js", "vendor/sse.min.js"])
def test_every_file_that_the_frame_loads_is_there(name: str) -> None:
    assert re.fullmatch(rf"/static/{re.escape(name)}\?v=[0-9a-f]{{16}}", asset(name))
