"""Tokens that link: over days, and from a passage to what stands elsewhere."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sealgate.drills.linking import ATTACKS
from sealgate.drills.scene import Count, Find, Scene, databases_in
from sealgate.drills.truth import Truth
from sealgate.settings import load
from sealgate.store.migrating import migrate

TENANT = b"t" * 16
CAME_AGAIN, ENROLLED = b"a" * 16, b"b" * 16
PASSAGE = (
    "INSERT INTO passages (tenant_id, id, site_id, gate_id, day, at, opens, reason, token) VALUES (?, ?, ?, ?, ?, 0, 1, ?, ?)"
)
CALL = "INSERT INTO calls (tenant_id, call_id, lot_id, reason, state, at, token) VALUES (?, ?, ?, ?, ?, 0, ?)"


def test_a_token_of_two_days_and_one_of_another_table_are_found(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'sealgate.sqlite'}")
    with closing(sqlite3.connect(tmp_path / "sealgate.sqlite")) as sql:
        for number, (day, token) in enumerate(((1, CAME_AGAIN), (2, CAME_AGAIN), (1, ENROLLED))):
            sql.execute(PASSAGE, (TENANT, number, TENANT, TENANT, day, "allowed", token))
        sql.execute("INSERT INTO stay_masks VALUES (?, ?, ?)", (TENANT, ENROLLED, TENANT))
        sql.commit()
    found = databases_in(tmp_path, tmp_path / "thief", "sealgate.sqlite")
    count, scene = Count(), Scene(tmp_path, found, load(data=tmp_path, keys=tmp_path), Truth())
    next(attack for attack in ATTACKS if attack.name == "days linked").run(scene, count)
    assert count.told == [Find("passages.token", "one token on 2 days"), Find("stay_masks.mask", "a token of a passage")]


def test_a_plate_is_known_again_only_while_its_car_is_inside_or_its_exit_undecided(tmp_path: Path) -> None:
    waits, done = b"w" * 16, b"d" * 16
    migrate(f"sqlite:///{tmp_path / 'sealgate.sqlite'}")
    with closing(sqlite3.connect(tmp_path / "sealgate.sqlite")) as sql:
        for number, (state, token) in enumerate((("waiting", waits), ("done", done))):
            values = (TENANT, bytes([number]) * 16, TENANT, "no-entry", state, token)
            sql.execute(
                "INSERT INTO calls (tenant_id, call_id, lot_id, reason, state, at, token) VALUES (?, ?, ?, ?, ?, 0, ?)", values
            )
        sql.commit()
    found = databases_in(tmp_path, tmp_path / "thief", "sealgate.sqlite")
    truth = Truth(standing={waits: "the token of who waits", done: "the token of who is gone"})
    count, scene = Count(), Scene(tmp_path, found, load(data=tmp_path, keys=tmp_path), truth)
    next(attack for attack in ATTACKS if attack.name == "remnants").run(scene, count)
    assert {find.what.partition(" whose")[0] for find in count.told} == {
        "a call that is done and found by its plate",
        "the token of who is gone",
    }
