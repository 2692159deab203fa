"""The drill on a site whose rows and wrapped keys lie in PostgreSQL: its pages, its log and its dump are attacked too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealgate.cli.drill_site import Sizes, built
from sealgate.drills.spill import NoFiles, Plan, Report, drill
from sealgate.settings import load
from sealgate.store.migrating import migrate

if TYPE_CHECKING:
    from tests.conftest import Server

OWNER, APP = "sealgate_owner", "sealgate_app"


@pytest.fixture(scope="module")
def report(
    new_postgres: Callable[..., AbstractContextManager[Server]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    """A server of its own, for in the files of a shared one lie other tests' words."""
    sizes = Sizes(people=80, plates=60, passages=1_000, days=4)
    with new_postgres(durable=False) as server:
        rows, keys, scratch = (server.new_database() for _ in range(3))
        migrate(server.url(rows, OWNER), app_role=APP)
        more = {"database": server.url(rows), "keys_database": server.url(keys, OWNER)}
        also = (server.folder / "data", server.folder / "log")
        with built(tmp_path_factory.mktemp("site"), sizes, None, [], lambda _what, _done: None, **more) as made:
            leaks_here = server.url(scratch, "postgres")
            plan = Plan(control=True, guesses=40, also=also, scratch=leaks_here, words=made.words, calls=False)
            yield drill(made.settings, plan)


def test_nobody_is_found_in_the_pages_the_log_and_the_dump(report: Report) -> None:
    assert [(one.name, find) for one in report.results for find in one.told] == []
    assert report.words > 500
    assert report.destroyed == 0


def test_every_leak_is_found_also_a_deleted_row_and_a_dump(report: Report) -> None:
    assert [leak for leak, found in report.leaks if not found] == []
    names = {leak.name for leak, _found in report.leaks}
    assert {"a deleted row in PostgreSQL's pages", "a telephone number in PostgreSQL's log", "a plate in a dump"} <= names


def test_without_the_servers_files_it_is_no_drill(tmp_path: Path) -> None:
    with pytest.raises(NoFiles):
        drill(load(data=tmp_path, keys=tmp_path, database="postgresql://nobody@127.0.0.1:1/none"), Plan())
