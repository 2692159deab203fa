"""The drill on a small site: nobody is found in its copy, and whatever is planted in a leaking one is."""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealgate.cli.drill_site import Built, Sizes, built
from sealgate.domain.ids import PersonId
from sealgate.drills.copying import copied
from sealgate.drills.page import page
from sealgate.drills.spill import NotASite, Plan, Report, drill
from sealgate.drills.truth import words_of_file
from sealgate.flows import erase
from sealgate.settings import Settings, load
from sealgate.store import directory

OF_WHO_IS_ERASED = 8
"""Sealed values that stay and open no more: purposes of entries about somebody whose key is gone, and their payslips."""

SMALL = Sizes(people=80, plates=60, passages=1_000, days=20)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with built(tmp_path_factory.mktemp("site"), SMALL, None, [], lambda _what, _done: None) as made:
        yield made


@pytest.fixture(scope="module")
def site(made: Built) -> Settings:
    return made.settings


@dataclass(frozen=True)
class Erased:
    person: PersonId
    words: dict[str, str]


@pytest.fixture(scope="module")
def erased(made: Built) -> Erased:
    """Somebody took their data along and was erased: what they took says what must not be found."""
    person = next(one for one in reversed(made.people) if not erase.plan(made.house, made.signed, one).inside)
    file = io.BytesIO()
    erase.export(made.house, made.signed, person, file, "asked")
    erase.erase(made.house, made.signed, person, "by a letter that came with the morning post")
    with zipfile.ZipFile(file) as packed:
        return Erased(person, words_of_file(packed.read("data.json").decode()))


@pytest.fixture(scope="module")
def report(made: Built, erased: Erased) -> Report:
    return drill(made.settings, Plan(control=True, guesses=200, words=made.words | erased.words))


def test_nobody_is_found_in_a_copy(report: Report) -> None:
    assert [(one.name, find) for one in report.results for find in one.told] == []
    assert report.finds == 0


def test_the_drill_looked_for_the_words_of_somebody_erased(made: Built, erased: Erased, report: Report) -> None:
    assert {"name", "number"} <= set(erased.words.values())
    with made.house.store.read(made.signed.tenant) as db:
        assert erased.person not in {row.person for row in directory.people(db, limit=500)}
    assert report.finds == 0


def test_every_planted_leak_is_found(report: Report) -> None:
    assert [leak for leak, found in report.leaks if not found] == []
    assert len(report.leaks) >= 120


def test_every_attack_tried_something_and_has_a_leak_of_its_own(report: Report) -> None:
    assert all(one.tries > 0 for one in report.results)
    assert {leak.attack for leak, _found in report.leaks} == {one.name for one in report.results}


def test_the_drill_knew_words_of_every_kind(report: Report) -> None:
    assert report.words > 500
    assert report.destroyed <= OF_WHO_IS_ERASED, "a sealed value did not open: its words were not looked for"


def test_the_report_is_the_promised_object_and_a_page_that_names_nobody(report: Report, site: Settings) -> None:
    told = report.as_json()
    assert set(told) == {"attacks", "finds", "planted", "planted_found"}
    assert all(set(attack) == {"name", "tries", "finds"} for attack in told["attacks"])
    html = page(report, datetime(2026, 3, 2, tzinfo=UTC))
    assert "Nobody was found" in html
    assert "HW-0000" not in html


def test_the_folder_itself_stays_as_it_was(site: Settings, report: Report) -> None:
    assert report.results
    assert not (site.data / "logs").exists()
    assert not (site.data / "exports").exists()


def test_a_server_that_runs_there_is_not_in_the_way(site: Settings, tmp_path: Path) -> None:
    """It listens beside the keys, on a socket that cannot be copied."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(site.keys_folder / "serve.sock"))
        copy = copied(site, tmp_path / "copy")
    (site.keys_folder / "serve.sock").unlink()
    assert (copy.data / "sealgate.sqlite").is_file()
    assert not (copy.keys_folder / "serve.sock").exists()


def test_a_folder_without_a_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotASite):
        drill(load(data=tmp_path, keys=tmp_path), Plan())
