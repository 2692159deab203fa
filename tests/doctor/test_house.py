"""What the doctor finds in a house that runs: neglected rounds, a journal that somebody touched, cameras of the factory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.app import initialise, running
from sealgate.cli import doctor as command
from sealgate.doctor import clocks, examine, examine_from_outside
from sealgate.doctor import running as in_house
from sealgate.doctor.examining import looked
from sealgate.doctor.patient import Looks, Patient
from sealgate.domain.findings import SEVERITY, Check, Finding, Severity, worst_first
from sealgate.domain.sightings import Means
from sealgate.flows import rules, signin, witnessing
from sealgate.flows.kit import House, Signed
from sealgate.settings import Settings
from sealgate.store import checkpoints
from sealgate.store.checkpoints import WitnessRow
from sealgate.store.words import GateKind


@dataclass
class Hand:
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def move(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", keys=tmp_path / "keys")


@pytest.fixture
def house(settings: Settings, clock: Hand) -> Iterator[House]:
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=clock, publishes=False) as program:  # no rounds: they are neglected
        yield program.house


@pytest.fixture
def alice(house: House) -> Signed:
    link = signin.first_link(house, house.store.tenants()[0].tenant)
    assert link is not None
    token = signin.set_up(house, link, name="Alice Ames", login="alice@example.org", password="rusty anchors sing at dusk")
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


@pytest.fixture
def says(settings: Settings, house: House) -> Callable[[Looks], list[Check]]:
    return lambda look: [one.check for one in look(Patient(settings, house.clock, house))]


Says = Callable[[Looks], list[Check]]


def test_a_new_house_has_nothing_to_put_right(settings: Settings, house: House, alice: Signed) -> None:
    found = examine(settings, house)
    assert [one for one in found if one.severity is Severity.BAD] == []
    assert {one.check for one in found} <= {Check.NO_MAIL, Check.NO_WITNESS, Check.KEYS_BESIDE, Check.NO_BACKUP, Check.DISK}


def test_a_journal_that_somebody_edited(settings: Settings, house: House, alice: Signed, says: Says) -> None:
    assert says(in_house.journal_broken) == []
    with closing(sqlite3.connect(settings.data / "sealgate.sqlite")) as vandal, vandal:
        vandal.execute("UPDATE journal SET action = 'nothing' WHERE seq = 2")
    assert says(in_house.journal_broken) == [Check.JOURNAL]


def test_entries_that_stand_in_no_checkpoint(settings: Settings, house: House, alice: Signed, clock: Hand, says: Says) -> None:
    witnessing.checkpoint(house, alice.tenant)
    rules.add_site(house, alice, "Yard", "Asia/Shanghai")
    clock.move(timedelta(hours=3))
    assert says(in_house.checkpoints) == []  # the round may have been a little late
    clock.move(timedelta(days=2))
    assert says(in_house.checkpoints) == [Check.NO_CHECKPOINT]
    witnessing.checkpoint(house, alice.tenant)
    assert says(in_house.checkpoints) == []
    with closing(sqlite3.connect(settings.data / "sealgate.sqlite")) as vandal, vandal:
        vandal.execute("DELETE FROM journal_checkpoints")
    assert says(in_house.checkpoints) == [Check.NO_CHECKPOINT]


def test_a_witness_that_has_not_heard(house: House, alice: Signed, clock: Hand, says: Says) -> None:
    witnessing.checkpoint(house, alice.tenant)
    with house.store.begin(alice.tenant, alice.actor) as tx:
        checkpoints.keep_witness(tx, WitnessRow("folder:/mnt", 0, clock.now()))
    assert Check.WITNESS not in says(in_house.witnesses)
    clock.move(timedelta(days=2))
    assert Check.WITNESS in says(in_house.witnesses)


def test_rounds_of_retention_that_did_not_come(
    settings: Settings, house: House, alice: Signed, clock: Hand, says: Says
) -> None:
    site = rules.add_site(house, alice, "Yard", "Asia/Shanghai")
    _one_passage(house, alice, site)
    assert says(in_house.retention_late) == []
    clock.move(timedelta(days=95))
    assert says(in_house.retention_late) == [Check.RETENTION]


def _one_passage(house: House, alice: Signed, site: Any) -> None:
    from sealgate.flows import kiosk

    outside = next(zone.zone for zone in rules.zones(house, alice, site) if zone.outside)
    inside = rules.add_zone(house, alice, site, "Hall")
    gate = rules.add_gate(house, alice, site, rules.NewGate("Door", GateKind.DOOR, outside, inside, frozenset({Means.CARD})))
    secret = rules.kiosk_link(house, alice, gate).rpartition("/")[2]
    known = kiosk.kiosk_gate(house, secret)
    assert known is not None
    kiosk.show_code(house, known, Means.CARD, "04A2B1C3")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rtsp://admin:12345@192.0.2.7/s", [Check.CAMERA_DEFAULT, Check.CAMERA_CLEAR]),
        ("rtsps://admin:admin@192.0.2.7/s", [Check.CAMERA_DEFAULT]),
        ("http://viewer:kX2mPq9vLw3n@192.0.2.7/mjpeg", [Check.CAMERA_CLEAR]),
        ("rtsps://viewer:kX2mPq9vLw3n@192.0.2.7/s", []),
        ("rtsp://192.0.2.7/s", []),
    ],
)
def test_passwords_of_cameras(house: House, alice: Signed, says: Says, source: str, said: list[Check]) -> None:
    site = rules.add_site(house, alice, "Yard", "Asia/Shanghai")
    outside = next(zone.zone for zone in rules.zones(house, alice, site) if zone.outside)
    hall = rules.add_zone(house, alice, site, "Hall")
    gate = rules.add_gate(house, alice, site, rules.NewGate("Door", GateKind.DOOR, outside, hall, frozenset({Means.CARD})))
    rules.change_gate(house, alice, gate, rules.GateChange(source=source))
    assert says(in_house.cameras) == said


def test_a_clock_that_was_set_back(house: House, alice: Signed, clock: Hand, says: Says) -> None:
    assert says(clocks.went_back) == []
    clock.move(-timedelta(days=1))
    assert says(clocks.went_back) == [Check.CLOCK_BACK]


def test_what_cannot_be_looked_at_is_not_taken_for_good(settings: Settings, clock: Hand) -> None:
    away = settings.model_copy(update={"database": "postgresql://sealgate:kX2mPq9vLw3nRt7y@127.0.0.1:1/sealgate"})
    found = examine_from_outside(away, clock, "port.unreachable")
    not_looked = [one.where for one in found if one.check is Check.NOT_LOOKED]
    assert "inside: port.unreachable" in not_looked
    assert any(where.startswith("databases.role") for where in not_looked)

    def breaks(patient: Patient) -> Iterator[Finding]:
        yield Finding(Check(patient.settings.host))

    assert [one.check for one in looked(breaks, Patient(settings, clock))] == [Check.NOT_LOOKED]


def test_the_worst_comes_first() -> None:
    mixed = [Finding(check) for check in reversed(Check)]
    order = [SEVERITY[one.check] for one in worst_first(mixed)]
    assert order == sorted(order, key=list(Severity).index)
    assert set(SEVERITY) == set(Check)


def test_the_command_tells_it_and_its_status_is_one_where_something_is_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    initialise(Settings(data=data, keys=keys), "Acme")
    command.doctor(data, keys, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["bad"], told["inside"]) == (0, True)
    assert all(one["hint"] for one in told["findings"])
    monkeypatch.setenv("SEALGATE_HOST", "0.0.0.0")
    data.chmod(0o755)
    with pytest.raises(Exception, match="1") as ended:
        command.doctor(data, keys)
    assert getattr(ended.value, "exit_code", None) == 1
    out = capsys.readouterr().out
    assert "listener-without-tls" in out
    assert "file-open-to-others" in out
    monkeypatch.delenv("SEALGATE_HOST")
    (keys / "root.key").rename(keys / "root.key.away")
    with pytest.raises(Exception, match="1"):
        command.doctor(data, keys, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["inside"] is False
    assert {"could-not-look", "file-open-to-others"} <= {one["id"] for one in told["findings"]}
