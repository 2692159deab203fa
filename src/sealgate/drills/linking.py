"""Attacks that link: who came again, on another day or at another site, and what is left of tokens that should be gone."""

from __future__ import annotations

import sqlite3

from sealgate.drills.needles import Needle, Needles
from sealgate.drills.scene import Attack, Count, Scene, columns_like
from sealgate.drills.streams import pieces
from sealgate.store.columns import TokenBytes

_DAILY = (("passages", "token"), ("readings", "token"))


def _days(scene: Scene, count: Count) -> None:
    """Tokens of passages: one that stands on two days says that somebody came again."""
    with scene.sql() as sql:
        for table, column in _DAILY:
            query = f"SELECT count(DISTINCT day) FROM {table} WHERE {column} IS NOT NULL GROUP BY tenant_id, {column}"
            for (days,) in sql.execute(query):
                count.tries += 1
                if days > 1:
                    count.found(f"{table}.{column}", f"one token on {days} days")
        count.tries += _elsewhere(sql, count)


def _elsewhere(sql: sqlite3.Connection, count: Count) -> int:
    """A token of a passage that stands in any other table leads from the passage to whoever is enrolled."""
    daily = {bytes(token) for (token,) in sql.execute("SELECT token FROM passages WHERE token IS NOT NULL")}
    asked = 0
    for table, column in columns_like(sql, TokenBytes):
        if table not in {"passages", "readings", "replays"}:
            for (token,) in sql.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'):
                asked += 1
                if bytes(token) in daily:
                    count.found(f"{table}.{column}", "a token of a passage")
    return asked


def _sites(scene: Scene, count: Count) -> None:
    with scene.sql() as sql:
        query = "SELECT count(DISTINCT site_id) FROM passages WHERE token IS NOT NULL GROUP BY tenant_id, token"
        for (sites,) in sql.execute(query):
            count.tries += 1
            if sites > 1:
                count.found("passages.token", f"one token at {sites} sites")


def _organisations(scene: Scene, count: Count) -> None:
    """The same plate, name or number enrolled by two organisations has two tokens, or one could be asked about the other."""
    owners: dict[bytes, bytes] = {}
    with scene.sql() as sql:
        for table, column in columns_like(sql, TokenBytes):
            scene.told(f"{table}.{column}")
            for tenant, token in sql.execute(
                f'SELECT DISTINCT tenant_id, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'
            ):
                count.tries += 1
                if owners.setdefault(bytes(token), tenant) != tenant:
                    count.found(f"{table}.{column}", "one token of two organisations")


_OVER = (
    (
        "stays.token",
        "a closed stay that is found by its plate",
        "SELECT count(*) FROM stays WHERE state = 'closed' AND token IS NOT NULL",
    ),
    (
        "calls.token",
        "a call that is done and found by its plate",
        "SELECT count(*) FROM calls WHERE state = 'done' AND token IS NOT NULL",
    ),
)


def in_use(sql: sqlite3.Connection) -> set[bytes]:
    """The standing tokens that are there with a reason: of cars inside, and of exits that the desk has not decided yet."""
    queries = (
        "SELECT token FROM stays WHERE token IS NOT NULL AND state <> 'closed'",
        "SELECT mask FROM stay_masks",
        "SELECT token FROM calls WHERE token IS NOT NULL AND state <> 'done'",
    )
    return {bytes(token) for query in queries for (token,) in sql.execute(query)}


def _remnants(scene: Scene, count: Count) -> None:
    """A stay is found by its plate's standing token while it is open, an undecided exit until its call is done. Afterwards
    that token must be in no file: not in a row, not in a free page, not in the log. A token that is found twice would show
    that a car came again.

    PostgreSQL writes a row anew and leaves the old one until it is vacuumed and its page and log are used again: that it keeps
    them for a while is known and said in docs/security.md, so there only rows and the dump are looked at.
    """
    with scene.sql() as sql:
        for where, what, left in _OVER:
            ((rows,),) = sql.execute(left).fetchall()
            for _ in range(rows):
                count.found(where, what)
        live = in_use(sql)
    gone = Needles(Needle(token, "raw", what) for token, what in scene.truth.standing.items() if token not in live)
    for piece in pieces(scene.stolen):
        if scene.server_files and piece.name.startswith(scene.server_files):
            continue
        scene.told(f"{piece.name} {piece.at >> 20} MiB")
        count.tries += len(gone)
        for hit in gone.hits(piece.data):
            if hit.at + 16 > piece.old:
                count.found(f"{piece.name}@{piece.at + hit.at}", f"{hit.needle.kind} whose stay is over")


ATTACKS = (
    Attack("days linked", "Looks for a token of a passage that stands on two days, or in another table.", _days),
    Attack("sites linked", "Looks for a token that stands at two sites.", _sites),
    Attack("organisations linked", "Looks for a token of any kind that stands in two organisations.", _organisations),
    Attack("remnants", "Looks in every byte for standing tokens of cars whose stay is over.", _remnants),
)
