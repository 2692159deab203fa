"""`sealgate hours` as a personnel office runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sealgate.app import initialise, running
from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import PassageId
from sealgate.domain.sightings import Means
from sealgate.flows import campus as campuses
from sealgate.flows import hours_rosters
from sealgate.privacy import journal
from sealgate.settings import Settings
from sealgate.store import passages
from sealgate.store.engine import Actor

MOVES = ((8, 55, True), (12, 2, False), (12, 55, True), (18, 10, False))


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Harbour Works with its people; Alice Marsh has a roster for October 2026 and came on the twelfth."""
    home = tmp_path_factory.mktemp("works")
    settings = Settings(data=home / "data", keys=home / "keys")
    tenant = initialise(settings, "Harbour Works")
    with running(settings, faces=None, plates=None) as program:
        house = program.house
        campus = campuses.build(house, tenant, "Asia/Shanghai", [])
        signed, alice = campuses.system(house, tenant), campus.people[1]
        shift = hours_rosters.add_shift(house, signed, "Day", date(2026, 1, 1), {"spans": ["09:00-18:00"]})
        cycle = ((shift,),) * 5 + ((), ())
        hours_rosters.add_pattern(house, signed, hours_rosters.NewPattern(campus.site, date(2026, 1, 1), cycle, person=alice))
        day = date(2026, 10, 12)
        token = house.index.day_token(tenant, campus.site, day, "person", str(alice))
        rows = [
            passages.PassageRow(
                passage=PassageId(house.counter.next(house.clock.now())),
                site=campus.site,
                gate=campus.turnstile if comes else campus.way_out,
                day=day_number(day),
                at=datetime(2026, 10, 12, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC),
                means=Means.CARD,
                opens=True,
                reason=Reason.ALLOWED,
                token=token,
            )
            for hour, minute, comes in MOVES
        ]
        with house.store.begin(tenant, Actor("system", "test")) as tx:
            passages.append(tx, rows)
            journal.write(tx, house.keyring, house.clock.now(), "passages.recorded", object=journal.written(rows))
    return home


@pytest.fixture
def hours(sealgate: Callable[..., Any], works: Path) -> Callable[..., Any]:
    where = ("--data", works / "data", "--keys", works / "keys")
    return lambda *words, **more: sealgate("hours", *words, *where, **more)


def test_a_month_is_derived_and_shown(hours: Callable[..., Any]) -> None:
    done = hours("derive", "--month", "2026-10", "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert (told["people"], told["days"]) == (8, 8 * 31)
    assert {"figure": "worked", "minutes": 540 - 53, "days": 1} in told["totals"]
    again = json.loads(hours("derive", "--month", "2026-10", "--person", "Alice Marsh", "--json").out)
    assert again["changed"] == 0
    twelfth = again["work_days"][11]
    assert (twelfth["day"], twelfth["verdict"], len(twelfth["presence"])) == ("2026-10-12", "present", 2)
    assert all(line["sources"] for line in twelfth["lines"])
    named = ("--month", "2026-10", "--person", "Alice Marsh")
    lines = hours("show", *named, env={"COLUMNS": "160"}).out.splitlines()
    line = next(line for line in lines if line.startswith("Mon 12"))
    assert line.split()[2:7] == ["present", "08:55-12:02,", "12:55-18:10", "9:00", "8:07"]
    assert json.loads(hours("show", *named, "--json").out)["work_days"] == again["work_days"]


def test_a_table_for_people(hours: Callable[..., Any]) -> None:
    done = hours("derive", "--month", "2026-10")
    assert done.status == 0, done.err
    assert "planned" in done.out
    assert "8:07" in done.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("derive", "--month", "2026-13"), "hours.bad-month"),
        (("show", "--month", "2026-10", "--person", "Nobody Here"), "hours.no-such-person"),
        (("show", "--month", "2026-10", "--person", "Bob Ellis", "--organisation", "Umbra"), "hours.no-such-organisation"),
        (("calendar", "nowhere.ics", "--name", "de"), "hours.no-such-file"),
    ],
)
def test_what_is_wrong_has_a_code_and_no_traceback(hours: Callable[..., Any], words: tuple[str, ...], code: str) -> None:
    done = hours(*words, "--json")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (1, code)
    assert "Traceback" not in done.err


def test_a_calendar_file_is_taken_in(hours: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "de.ics"
    event = "BEGIN:VEVENT\r\nUID:1@acme.example\r\nDTSTART;VALUE=DATE:20261003\r\nSUMMARY:Einheit\r\nEND:VEVENT\r\n"
    file.write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n", newline="")
    done = hours("calendar", file, "--name", "de", "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out) == {"name": "de", "days": [{"day": "2026-10-03", "kind": "statutory"}]}
