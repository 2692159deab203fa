"""What is acknowledged is in the backup, and a backup brings it back to any moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.backup.conftest import HandClock, Site

from sealgate.backup import checking, pieces, points, reading
from sealgate.backup.folders import FolderDepot
from sealgate.backup.making import DATABASE
from sealgate.backup.reading import NoPoint
from sealgate.backup.shipping import Pace, State
from sealgate.domain.ids import TenantId
from sealgate.ports import Unreachable
from sealgate.privacy import journal
from sealgate.store.engine import open_store

NewSite = Callable[..., Site]


def entries(folder: Path, tenant: TenantId) -> int:
    """How many entries of a whole journal are in a restored folder."""
    store = open_store(f"sqlite:///{folder / DATABASE}")
    try:
        verdict = journal.verify(store, tenant)
    finally:
        store.close()
    assert verdict.whole, verdict
    return verdict.entries


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "restored"
    folder.mkdir()
    return folder


def test_what_a_commit_wrote_is_in_the_backup_when_it_is_acknowledged(
    new_site: NewSite, folder: FolderDepot, empty: Path
) -> None:
    site = new_site(folder, pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    site.write(40)
    name = site.picture()
    site.write()
    # Nobody stopped, closed or waited for anything: this is the moment at which the machine is lost.
    made = reading.restore(site.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]
    assert (empty / "blobs" / name[:2] / name[2:4] / name).read_bytes() == site.blobs.get(name)
    assert (made.lost_pictures, site.follower.standing().state) == (0, State.IN_STEP)
    site.follower.stop()
    assert checking.verify(site.to).whole


def test_the_log_goes_on_while_sqlites_own_is_emptied_again_and_again(
    new_site: NewSite, folder: FolderDepot, empty: Path, clock: HandClock
) -> None:
    site = new_site(folder, pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    clock.move(timedelta(hours=1))
    for _ in range(5):
        site.write(10)
        assert site.store.empty_log()
    site.write(3)
    first = site.follower.point()
    site.write(3)
    site.follower.stop()
    made = reading.restore(site.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]
    assert made.point == first
    assert made.pieces >= 1
    assert len({point.log for point in points.points(site.to.depot, site.to.safe)}) == 1


def test_writers_are_not_disturbed_by_a_point_that_is_made_meanwhile(
    new_site: NewSite, folder: FolderDepot, empty: Path, clock: HandClock
) -> None:
    site = new_site(folder, pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    over = Event()

    def write() -> None:
        while not over.is_set():
            site.write()

    thread = Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            clock.move(timedelta(minutes=1))
            site.follower.point()
    finally:
        over.set()
        thread.join()
    reading.restore(site.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]
    site.follower.stop()


def test_a_moment_between_two_commits_is_brought_back(
    new_site: NewSite, folder: FolderDepot, empty: Path, clock: HandClock
) -> None:
    site = new_site(folder, pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    kept = {}
    for minute in range(1, 5):
        clock.move(timedelta(minutes=1))
        site.write(minute)
        kept[clock.now()] = site.acknowledged[-1]
    site.follower.stop()
    moment = list(kept)[1]
    made = reading.restore(site.to, empty, moment + timedelta(seconds=30))
    assert (made.at, entries(empty, site.tenant)) == (moment, kept[moment])
    with pytest.raises(NoPoint):
        reading.chosen(site.to, points.Kind.SQLITE, datetime(2020, 1, 1, tzinfo=UTC))


class Broken(FolderDepot):
    """A folder whose disk goes away and comes back."""

    away = False

    def put(self, name: str, data: bytes, until: datetime | None = None) -> None:
        if self.away:
            raise Unreachable("the disk is away")
        super().put(name, data, until)


def test_where_the_backup_does_not_answer_gates_go_on_and_it_says_so(new_site: NewSite, tmp_path: Path, empty: Path) -> None:
    depot = Broken(tmp_path / "elsewhere")
    depot.begin()
    site = new_site(depot, pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    site.write(2)
    depot.away = True
    site.write(3)
    assert site.follower.standing().state is State.BEHIND
    with pytest.raises(Unreachable):
        site.follower.point()
    depot.away = False
    site.follower.stop()
    assert site.follower.standing().state is State.IN_STEP
    reading.restore(site.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]


def test_a_second_is_what_the_other_pace_may_lose(new_site: NewSite, folder: FolderDepot, empty: Path) -> None:
    site = new_site(folder, pace=Pace.SECOND)
    site.follower.point()
    site.write(5)  # nobody ships yet, and nothing waits
    assert site.follower.standing().pieces == 0
    site.follower.stop()
    reading.restore(site.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]


def test_a_log_that_another_program_emptied_is_noticed(
    new_site: NewSite, folder: FolderDepot, empty: Path, clock: HandClock
) -> None:
    site = new_site(folder)
    site.follower.point()
    site.write(1)
    site.follower.empty_log()
    site.write(2)
    assert site.store.file is not None
    with closing(sqlite3.connect(site.store.file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    site.write(2)
    site.follower.stop()
    assert (site.follower.wants_point, site.follower.standing().state) == (True, State.BEHIND)
    clock.move(timedelta(minutes=1))
    site.follower.point()
    reading.restore(site.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]


def test_a_program_that_begins_again_begins_with_a_point(
    new_site: NewSite, folder: FolderDepot, empty: Path, clock: HandClock
) -> None:
    site = new_site(folder)
    site.follower.point()
    site.write(4)
    site.store.close()  # killed: nothing was told to the backup
    clock.move(timedelta(minutes=1))
    again = new_site(folder, pace=Pace.COMMIT)
    again.follower.point()
    again.follower.start()
    again.write(2)
    reading.restore(again.to, empty)
    assert entries(empty, site.tenant) == site.acknowledged[-1]
    assert entries(empty, again.tenant) == again.acknowledged[-1]
    again.follower.stop()


def test_a_piece_that_is_missing_ends_the_log_and_is_told(new_site: NewSite, folder: FolderDepot, empty: Path) -> None:
    site = new_site(folder, pace=Pace.COMMIT)
    point = site.follower.point()
    site.follower.start()
    site.write(6)
    site.follower.stop()
    before = entries_of(site)
    middle = pieces.names(folder, point.log)[3][1]
    folder.delete(middle)
    made = reading.restore(site.to, empty)
    assert made.pieces == 3
    assert entries(empty, site.tenant) < before
    assert [*checking.verify(site.to).lost] == [f"log {point.log} behind piece 3"]


def entries_of(site: Site) -> int:
    return journal.verify(site.store, site.tenant).entries
