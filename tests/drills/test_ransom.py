"""A site is lost in the middle of writing and brought back: nothing that was acknowledged is missing."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from minio import Minio
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from sealgate.drills.lives import check, new_lives
from sealgate.drills.ransom import drill


def quiet(_what: str, _done: int, _all: int) -> None:
    pass


def test_nothing_acknowledged_is_lost_from_a_folder_and_that_it_locks_nothing_is_said(tmp_path: Path) -> None:
    report = drill(tmp_path, 30, quiet)
    assert (report.lost, report.whole, report.rpo) == ((), True, 0)
    assert report.acknowledged > 60
    assert not report.held
    assert {one.what: one.succeeded == one.tries for one in report.tried} == {
        "lock shortened": False,
        "written over": True,
        "deleted": True,
    }


def test_a_bucket_that_locks_holds_against_the_servers_own_credentials(tmp_path: Path) -> None:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        Minio(f"{host}:{port}", "sealgate", "sealgate-secret", secure=False).make_bucket("backups", object_lock=True)
        account: dict[str, Any] = {"backup_endpoint": f"http://{host}:{port}", "backup_access_key": "sealgate"}
        account["backup_secret_key"] = "sealgate-secret"
        report = drill(tmp_path, 20, quiet, backup_to="s3://backups/drill", backup_lock_days=1, **account)
    finally:
        server.stop()
    assert (report.lost, report.whole, report.rpo) == ((), True, 0)
    tried = {one.what: one for one in report.tried}
    for what in ("written over", "deleted"):
        assert tried[what].tries > 20
        assert tried[what].succeeded == 0
    # Whether a lock may be shortened is the store's to refuse; moto, which stands for one here, lets it happen, and it is told.
    assert report.held == (tried["lock shortened"].succeeded == 0)


def test_nothing_acknowledged_is_lost_on_postgresql() -> None:
    """Its server does not run as us, and has to reach its folder: so it is none of the tests' own."""
    with tempfile.TemporaryDirectory(prefix="sealgate-ransom-") as home:
        report = drill(Path(home), 10, quiet, postgres=True)
    assert (report.lost, report.whole, report.rpo) == ((), True, 0)
    assert report.acknowledged > 20


def test_what_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    dice = random.Random()
    lives = new_lives(tmp_path)
    with lives:
        for _ in range(5):
            lives.live_and_die(dice, dice.randint(1, 8))
    found = check(lives)
    assert (found.lost, found.whole, lives.kills) == ((), True, 5)
    assert {one.partition(":")[0] for one in lives.acknowledged} >= {"journal", "outbox"}
