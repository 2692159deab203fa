"""Whatever the console can say, it can say in both languages."""

from __future__ import annotations

import importlib
import pkgutil
import re
import runpy
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

import sealgate
from sealgate.domain.errors import Fault, Refused
from sealgate.web.i18n import Language, catalogues, words_in
from sealgate.web.refusals import FAULTS, REFUSALS
from sealgate.web.vocabulary import WORDS

ROOT = Path(__file__).resolve().parents[2]
ZH = words_in(Language.ZH)
SAME_IN_BOTH = {"PIN"}


def everything() -> None:
    """Imports every module of the tree, so that every error class exists."""
    for module in pkgutil.walk_packages(sealgate.__path__, "sealgate."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)


def below(family: type[Exception]) -> Iterator[type[Exception]]:
    for child in family.__subclasses__():
        if child.__module__.startswith("sealgate."):
            yield child
            yield from below(child)


def codes(family: type[Exception]) -> set[str]:
    everything()
    return {vars(child)["code"] for child in below(family) if "code" in vars(child)}


def translated(text: str) -> bool:
    return not text or text in SAME_IN_BOTH or ZH.gettext(text) != text


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_every_word_of_a_closed_list_is_said_in_both(words: type[StrEnum]) -> None:
    assert set(WORDS[words]) == set(words)
    assert [text for text in WORDS[words].values() if not translated(text)] == []


def test_every_refusal_has_a_sentence() -> None:
    assert codes(Refused) - set(REFUSALS) == set()


def test_every_fault_has_a_sentence() -> None:
    assert codes(Fault) - set(FAULTS) == set()


def test_no_sentence_is_left_of_a_code_that_is_gone() -> None:
    assert set(REFUSALS) - codes(Refused) == {"refused"}
    assert set(FAULTS) - codes(Fault) == {"fault"}


def test_every_sentence_is_said_in_both() -> None:
    texts = {text for sentence in (*REFUSALS.values(), *FAULTS.values()) for text in (sentence.message, sentence.hint)}
    assert {text for text in texts if not translated(text)} == set()


def test_nothing_on_any_page_is_left_in_english() -> None:
    unsaid = runpy.run_path(str(ROOT / "tools/words.py"))["unsaid"]
    assert [message.id for message in unsaid(Language.ZH) if message.id] == []


def test_two_catalogues_never_translate_one_text_differently() -> None:
    seen: dict[str, str] = {}
    for catalogue in catalogues(Language.ZH).values():
        for message in catalogue:
            if message.id:
                key, said = str(message.id), str(message.string)
                assert seen.setdefault(key, said) == said, key


def test_what_is_filled_in_is_the_same_in_both() -> None:
    for catalogue in catalogues(Language.ZH).values():
        for message in catalogue:
            if message.id:
                ours = message.id if isinstance(message.id, str) else message.id[-1]
                theirs = message.string if isinstance(message.string, str) else message.string[0]
                assert set(re.findall(r"%\(\w+\)s", theirs)) <= set(re.findall(r"%\(\w+\)s", ours)), ours


def test_chinese_is_punctuated_as_chinese() -> None:
    for catalogue in catalogues(Language.ZH).values():
        for message in catalogue:
            said = message.string if isinstance(message.string, str) else message.string[0]
            if message.id:
                assert not re.search(r"[一-鿿][,;!?]", said), said


def test_a_per_cent_sign_that_stands_alone_breaks_no_page() -> None:
    """Templates fill in by `%`, also where there is nothing to fill in."""
    for catalogue in catalogues(Language.ZH).values():
        for message in catalogue:
            said = message.string if isinstance(message.string, str) else message.string[0]
            ours = message.id if isinstance(message.id, str) else message.id[0]
            if message.id and "%" not in re.sub(r"%\(\w+\)s|%%", "", ours):
                assert "%" not in re.sub(r"%\(\w+\)s|%%", "", said), message.id
