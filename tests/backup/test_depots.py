"""A folder and an object store, and whoever has the server's own credentials and means ill."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minio.error import S3Error
from tests.backup.conftest import Bucket, HandClock, Site

from sealgate.backup import checking, points, pruning, reading
from sealgate.backup.depots import BadDepot, Depot, NoSuchObject
from sealgate.backup.folders import FolderDepot
from sealgate.backup.health import health
from sealgate.backup.keeping import Backups, Rules
from sealgate.backup.making import objects
from sealgate.backup.objects import Account, ObjectDepot
from sealgate.backup.opening import depot_of
from sealgate.backup.pruning import BadRule, Keep
from sealgate.backup.safe import Safe
from sealgate.backup.shipping import Pace
from sealgate.ports import Unreachable
from sealgate.vault.errors import DoesNotOpen
from sealgate.vault.roots import create_key_file

NewSite = Callable[..., Site]
LATER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["folder", "bucket"])
def depot(request: pytest.FixtureRequest) -> Depot:
    found = request.getfixturevalue(request.param)
    return found.depot() if isinstance(found, Bucket) else found


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "restored"
    folder.mkdir()
    return folder


def test_what_was_put_is_there_under_its_name(depot: Depot) -> None:
    depot.put("points/one", b"first")
    depot.put("points/two", b"second")
    depot.put("chunks/aa/one", b"third")
    assert {(kept.name, kept.size) for kept in depot.names("points/")} == {("points/one", 5), ("points/two", 6)}
    assert next(depot.copies("points/two")) == b"second"
    assert list(depot.copies("points/none")) == []
    assert (depot.delete("points/one"), depot.delete("points/one")) == (True, False)
    assert [kept.name for kept in depot.names("points/")] == ["points/two"]


def test_a_whole_backup_goes_to_either_and_comes_back(new_site: NewSite, depot: Depot, empty: Path) -> None:
    site = new_site(depot, lock=timedelta(days=30), pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    site.write(5)
    site.picture()
    site.write()
    site.follower.stop()
    assert checking.verify(site.to).whole
    made = reading.restore(site.to, empty)
    assert (made.pictures, made.lost_pictures) == (1, 0)


def test_with_the_servers_own_credentials_nothing_that_is_locked_goes(
    new_site: NewSite, bucket: Bucket, empty: Path, clock: HandClock
) -> None:
    """Ransom: every object deleted, written over, its versions deleted one by one. Everything is there still."""
    clock.at = datetime.now(UTC)
    site = new_site(bucket.depot(), lock=timedelta(days=30), pace=Pace.COMMIT)
    site.follower.point()
    site.follower.start()
    site.write(5)
    site.follower.stop()
    versions = list(bucket.client.list_objects(bucket.name, recursive=True, include_version=True))
    assert len(versions) > 8
    for found in versions:
        name, version = str(found.object_name), found.version_id
        with pytest.raises(S3Error, match="AccessDenied"):
            bucket.client.remove_object(bucket.name, name, version)
        bucket.client.put_object(bucket.name, name, io.BytesIO(b"pay up"), 6)
        bucket.client.remove_object(bucket.name, name)
        assert not site.to.depot.delete(name.removeprefix("gate/"))
    site.to.depot.put(f"points/{'9' * 15}Z-made-up", b"no backup of yours")
    made = reading.restore(site.to, empty)
    assert made.pieces >= 1
    found_whole = checking.verify(site.to)
    assert (found_whole.whole, found_whole.strangers) == (True, 1)


def test_locks_are_renewed_before_they_end(new_site: NewSite, bucket: Bucket, clock: HandClock) -> None:
    clock.at = datetime.now(UTC)
    site = new_site(bucket.depot(), lock=timedelta(days=10))
    for day in range(25):
        if day:
            clock.move(timedelta(days=1))
        point = site.follower.point()
        if day % 6 == 0:
            for name in [point.name, *objects(site.to, point)]:
                held = site.to.depot.held_until(name)
                assert held is not None
                assert held - clock.now() >= timedelta(days=10) - timedelta(seconds=1)


def test_pruning_keeps_what_the_rule_says_and_what_those_need(
    new_site: NewSite, folder: FolderDepot, empty: Path, clock: HandClock
) -> None:
    clock.at = datetime.now(UTC)
    site = new_site(folder)
    for _ in range(26):
        clock.move(timedelta(days=1))
        site.write(2)
        site.picture(100)
        site.follower.point()
    before = len(list(points.points(folder, site.to.safe)))
    later = clock.now() + timedelta(days=2)
    counted = pruning.prune(site.to, Keep(7, 3, 2), later, dry=True)
    done = pruning.prune(site.to, Keep(7, 3, 2), later)
    assert (counted.points, counted.objects) == (done.points, done.objects)
    left = list(points.points(folder, site.to.safe))
    assert before == 26
    assert 6 <= len(left) <= 6 + 3 + 2
    assert done.kept == len(left)
    assert checking.verify(site.to).whole
    reading.restore(site.to, empty)


def test_what_is_locked_is_not_pruned_and_counted(new_site: NewSite, bucket: Bucket, clock: HandClock) -> None:
    clock.at = datetime.now(UTC)
    site = new_site(bucket.depot(), lock=timedelta(days=30))
    site.follower.point()
    site.write()
    clock.move(timedelta(days=3))
    site.follower.point()
    done = pruning.prune(site.to, Keep(1, 0, 0), clock.now() + timedelta(days=3))
    assert (done.points, done.objects) == (1, 0)
    assert done.held >= 1
    assert checking.verify(site.to).whole


@pytest.mark.parametrize("text", ["", "d", "0d", "14", "14 days", "1d 2x", "-1d"])
def test_a_rule_says_days_weeks_months(text: str) -> None:
    with pytest.raises(BadRule):
        Keep.parse(text)
    assert Keep.parse("14d 8w 12m") == Keep(14, 8, 12)
    assert Keep.parse("3d") == Keep(3, 0, 0)


def test_a_byte_that_was_changed_is_told(new_site: NewSite, folder: FolderDepot) -> None:
    site = new_site(folder)
    site.follower.point()
    name = next(kept.name for kept in folder.names("chunks/"))
    path = Path(folder.address) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = checking.verify(site.to)
    assert not found.whole
    with pytest.raises(NoSuchObject):
        site.to.safe.read(folder, name)


def test_an_object_in_anothers_place_does_not_open(safe: Safe) -> None:
    sealed = safe.seal("points/one", b"of the first of March")
    assert safe.open("points/one", sealed) == b"of the first of March"
    for wrong in (sealed[:-1], b"\x01" + sealed[1:], b"", sealed[:20]):
        with pytest.raises(DoesNotOpen):
            safe.open("points/one", wrong)
    with pytest.raises(DoesNotOpen):
        safe.open("points/two", sealed)
    with pytest.raises(DoesNotOpen):
        Safe(lambda: bytes(32)).open("points/one", sealed)


def test_a_stranger_learns_nothing_from_names_and_bytes(new_site: NewSite, folder: FolderDepot) -> None:
    site = new_site(folder)
    picture = site.picture()
    site.follower.point()
    for path in Path(folder.address).rglob("*"):
        assert picture not in path.name
        if path.is_file():
            assert b"Acme" not in path.read_bytes()
            assert site.tenant.hex not in path.read_bytes().hex()


def test_places_that_are_none_are_refused(tmp_path: Path, object_store: str) -> None:
    account = Account(object_store, "sealgate", "sealgate-secret")
    for address in ("s3://", "http://somewhere"):
        with pytest.raises(BadDepot):
            ObjectDepot(address, account)
    with pytest.raises(BadDepot):
        assert ObjectDepot("s3://no-such-bucket-here/x", account).locks
    with pytest.raises(BadDepot):
        depot_of("")
    with pytest.raises(BadDepot):
        FolderDepot(tmp_path).put("../outside", b"")
    with pytest.raises(Unreachable):
        FolderDepot(tmp_path / "not-mounted").put("points/one", b"")
    with pytest.raises(Unreachable):
        list(ObjectDepot("s3://backups", Account("http://127.0.0.1:9", "a", "b")).names("points/"))


def test_the_health_of_a_place_is_told_without_a_key(
    new_site: NewSite, folder: FolderDepot, tmp_path: Path, clock: HandClock
) -> None:
    data = tmp_path / "data"
    assert health(folder, clock.now(), data).last_at is None
    site = new_site(folder)
    site.follower.point()
    clock.move(timedelta(hours=3))
    found = health(folder, clock.now(), data)
    assert (found.age, found.keys, found.beside, found.locks) == (timedelta(hours=3), (), False, False)
    create_key_file(Path(folder.address) / "root.key")
    assert health(folder, clock.now(), data).keys == ("root.key",)
    assert health(folder, clock.now(), Path(folder.address) / "data").beside


def test_an_old_backup_is_an_alarm(new_site: NewSite, folder: FolderDepot, clock: HandClock) -> None:
    site = new_site(folder)
    backups = Backups(site.to, site.follower, Rules(alarm=timedelta(hours=26)), clock)
    assert not backups.look().alarm
    backups.make_now()
    clock.move(timedelta(hours=27))
    look = backups.look()
    assert (look.late, look.alarm, look.age) == (True, True, timedelta(hours=27))
    assert [point.at for point in backups.of(site.tenant)] == [look.points[0].at]
    backups.make_now()
    assert not backups.look().alarm
