"""Who was erased is in no backup any more, however old: the receipt names them, and what they hold opens nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealgate.app import backup_place, initialise, running
from sealgate.backup import reading
from sealgate.flows import campus as campuses
from sealgate.flows import enrol, erase
from sealgate.flows.kit import unseal
from sealgate.flows.passage_places import profile_place
from sealgate.settings import load
from sealgate.store import directory
from sealgate.vault.errors import KeyDestroyed


def test_a_backup_from_before_shows_nothing_of_her(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys", backup_to=str(tmp_path / "elsewhere"))
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None) as program:
        house, tenant = program.house, program.house.store.tenants()[0].tenant
        signed = campuses.system(house, tenant)
        alice = enrol.enrol(house, signed, enrol.NewPerson("Alice Marsh"))
        bob = enrol.enrol(house, signed, enrol.NewPerson("Bob Stern"))
        assert house.backups is not None
        made = house.backups.make_now()
        receipt = erase.erase(house, signed, alice, "asked to be forgotten")
        assert made.at in receipt.backups
        assert f"unreadable in the backup of {made.at.isoformat()}" in receipt.note
        to = backup_place(settings, house.keyring)
        (tmp_path / "again").mkdir()
        reading.restore(to, tmp_path / "again", made.at)
    again = load(data=tmp_path / "again", keys=tmp_path / "keys")
    with running(again, faces=None, plates=None, publishes=False) as program:
        house = program.house
        with house.store.read(tenant) as db:
            hers, his = directory.person(db, alice), directory.person(db, bob)
        assert hers is not None
        assert his is not None
        assert unseal(house, profile_place(tenant, bob), his.profile)["name"] == "Bob Stern"
        with pytest.raises(KeyDestroyed):
            unseal(house, profile_place(tenant, alice), hers.profile)
