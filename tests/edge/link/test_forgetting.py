"""What the centre has heard of goes from an edge's box after its time; what it has not, stays. The clock is in the hand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealgate.app import at_edge
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.plates import PlateText
from sealgate.flows.campus import Campus
from sealgate.flows.edge_forget import Forgotten, forget
from sealgate.flows.garage_demo import Garage
from sealgate.flows.kit import of_day
from sealgate.flows.parking import Outcome
from sealgate.settings import load
from sealgate.store import parking as rows
from sealgate.store import passages, pictures
from sealgate.vault.errors import KeyDestroyed

if TYPE_CHECKING:
    from tests.edge.link.conftest import Box, Centre

    OpensBox = Callable[[], AbstractContextManager[Box]]

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
KEEPS = 3 * DAY
ALICE, BOB, CHARLIE = (PlateText(text) for text in ("沪A12345", "苏E66888", "浙B77C31"))


def kept(box: Box) -> tuple[int, int]:
    """Passages and pictures on the box."""
    with box.program.house.store.read(box.tenant) as db:
        return len(passages.page(db, limit=100)), len(list(pictures.names(db)))


def forgets(box: Box) -> Forgotten:
    return forget(box.program.house, box.tenant, KEEPS)


def test_after_its_days_nothing_of_a_visit_is_on_the_box_and_its_key_is_gone(
    centre: Centre, campus: Campus, garage: Garage, box: Box, box_home: Path
) -> None:
    day = local_day(box.clock.at, zone("Asia/Shanghai"))
    box.sees(garage.entry, BOB)
    box.clock.at += 10 * MINUTE
    assert box.sees(garage.exit, BOB).outcome is Outcome.LEFT
    box.link.ask()
    box.link.ask()
    assert kept(box) == (2, 2)
    box.clock.at += KEEPS - HOUR
    assert (forgets(box), kept(box)) == (Forgotten(), (2, 2)), "not a day too early"
    box.clock.at += DAY
    assert forgets(box) == Forgotten(rows=3, pictures=2, days=1), "two passages, a stay, and the day's key"
    assert kept(box) == (0, 0)
    files = [path for path in (box_home / "data" / "blobs").rglob("*") if path.is_file()]
    kept_for_good = {"0" * 31 + digit for digit in "012"}
    assert {path.name for path in files} == kept_for_good, "the link, the key of codes, the ways to the driver's pages"
    house = box.program.house
    with pytest.raises(KeyDestroyed):
        house.keyring.key_id(box.tenant, *of_day(campus.site, day))
    with house.store.read(box.tenant) as db:
        assert rows.live_stays(db, garage.lot) == []
    assert len(centre.passages(garage.exit)) == 1, "the centre still has it"
    assert forgets(box) == Forgotten(), "twice is once"


def test_what_the_centre_has_not_heard_stays_until_it_was_told(centre: Centre, garage: Garage, box: Box) -> None:
    centre.stop()
    box.cannot_ask()
    came = box.sees(garage.entry, BOB)
    box.clock.at += 20 * DAY
    assert (forgets(box), kept(box)) == (Forgotten(), (1, 1))
    centre.start()
    box.link.ask()
    assert centre.stay(came.stay).stay.entered == box.clock.at - 20 * DAY
    forgets(box)
    assert kept(box) == (0, 0)


def test_a_car_that_still_stands_there_keeps_its_day_and_is_priced_when_it_leaves(
    centre: Centre, campus: Campus, garage: Garage, box: Box
) -> None:
    box.sees(garage.entry, CHARLIE)
    box.link.ask()
    box.clock.at += 10 * DAY
    assert forgets(box).days == 0
    waits = box.sees(garage.exit, CHARLIE)
    assert (waits.outcome, waits.due is not None) == (Outcome.WAITS, True)
    box.link.ask()
    assert waits.stay is not None
    centre.pays(waits.stay)
    box.link.ask()
    box.link.ask()
    box.clock.at += 10 * DAY
    box.link.ask()
    assert forgets(box).days >= 1


def test_a_stay_of_a_forgotten_day_that_the_centre_takes_up_again_is_still_copied(
    centre: Centre, garage: Garage, box: Box
) -> None:
    box.sees(garage.entry, ALICE)
    box.clock.at += MINUTE
    box.sees(garage.exit, ALICE)
    box.link.ask()
    box.clock.at += 10 * DAY
    assert forgets(box).days == 1
    box.clock.at -= 10 * DAY
    centre.enters(garage.entry, BOB)
    box.clock.at += 10 * DAY
    box.link.ask()
    waits = box.sees(garage.exit, BOB)
    assert waits.outcome is Outcome.WAITS, "sealed under a key that is left, and found"


def test_the_box_forgets_when_it_is_switched_on(
    centre: Centre, garage: Garage, opens_box: OpensBox, box_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opens_box() as box:
        box.link.ask()
        box.sees(garage.entry, BOB)
        box.clock.at += MINUTE
        box.sees(garage.exit, BOB)
        box.link.ask()
        assert kept(box)[0] == 2
    centre.clock.at += 2 * DAY
    monkeypatch.setenv("SEALGATE_EDGE_KEEPS_DAYS", "1")
    with at_edge(load(data=box_home / "data", keys=box_home / "keys"), None, clock=centre.clock):
        pass
    with opens_box() as box:
        assert kept(box) == (0, 0)
