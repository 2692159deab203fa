"""The demo's made-up time of personnel: every page that people see has something to show, and nobody is named on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sealgate.app import Program, initialise, running
from sealgate.cli.demo_people import TEAMS, Personnel
from sealgate.flows import campus as campuses
from sealgate.flows import payday, people, performance, teams
from sealgate.privacy import journal
from sealgate.settings import load


class HandClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Harbour Works")
    with running(settings, faces=None, plates=None, clock=HandClock()) as program:
        yield program


def test_seventy_days_of_it(program: Program, tmp_path: Path) -> None:
    house = program.house
    campus = campuses.build(house, house.store.tenants()[0].tenant, "Asia/Shanghai", ["京A12345"])
    signed = campuses.system(house, campus.tenant)
    steps = list(Personnel(house, campus, days=70).steps())
    assert steps[-1] == "pay of 2026-10"
    lines = teams.teams(house, signed, campus.site)
    assert {line.team.terms.name: line.people for line in lines} == {name: count for name, _kind, _of, count in TEAMS}
    assert people.roster(house, signed).total == sum(count for *_team, count in TEAMS)
    counts = teams.counts(house, signed, campus.site, date(2026, 11, 18), date(2026, 11, 22))
    for _team, row in counts:
        assert all(count > 0 for count in row[:3])  # Wednesday to Friday
        assert row[3:] == (0, 0)
    found = performance.overview(house, signed, date(2026, 10, 1), date(2026, 10, 31), site=campus.site)
    assert len(found.people) == sum(line.people for line in lines)
    assert 0.9 < float(found.total.attendance or 0) < 1
    assert 0.8 < float(found.total.punctuality or 0) < 1
    assert all(line.score for line in found.people)
    assert sorted(run.row.state for run in payday.runs(house, signed)) == ["checked", "closed"]
    assert journal.verify(house.store, campus.tenant).whole
    names = [line.name for line in people.roster(house, signed, limit=20).lines]
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            stored = file.read_bytes()
            assert not [name for name in names if len(name) > 2 and name.encode() in stored]
