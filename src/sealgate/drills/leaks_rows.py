"""Leaks that lie in databases: values that nobody sealed, tokens that link, free pages, the log, an edge's own database."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sealgate.drills.guessing import guesses_like
from sealgate.drills.linking import in_use
from sealgate.drills.planted import Leak, Words
from sealgate.drills.truth import Truth


@contextmanager
def planted(database: Path, truth: Truth, words: Words) -> Iterator[list[Leak]]:
    """The last leak lies in the write-ahead log alone, as long as the body lasts."""
    with closing(sqlite3.connect(database)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA secure_delete = OFF")
        made = [*rows(sql, truth, words), *_free_pages(sql, gone(sql, truth), words)]
        yield [*made, _in_the_log(sql, words)]


def rows(sql: sqlite3.Connection, truth: Truth, words: Words) -> list[Leak]:
    """Leaks in rows that are there."""
    made = [*_plain(sql, words), *_passages(sql, words), *_guessed(sql, truth), *_links(sql)]
    token = gone(sql, truth)
    if token:
        made += _changed(
            sql,
            "UPDATE stays SET token = ? WHERE rowid = (SELECT min(rowid) FROM stays WHERE state = 'closed')",
            (token,),
            Leak("a closed stay that is still found by its plate", "remnants", "stays.token"),
        )
        made += _changed(
            sql,
            "UPDATE calls SET token = ? WHERE rowid = (SELECT min(rowid) FROM calls WHERE state = 'done')",
            (token,),
            Leak("a call that is done and still found by its plate", "remnants", "calls.token"),
        )
    sql.commit()
    return made


def gone(sql: sqlite3.Connection, truth: Truth) -> bytes:
    """A token by which a plate's stay was or would be found, of a car that does not stand there now."""
    live = in_use(sql)
    return min((token for token in truth.standing if token not in live), default=b"")


def _plain(sql: sqlite3.Connection, words: Words) -> list[Leak]:
    """Values that should be sealed, and a token that needs no secret."""
    last = "WHERE rowid = (SELECT max(rowid) FROM people)"
    return [
        *_changed(
            sql,
            "UPDATE outbox SET payload = ? WHERE rowid = (SELECT min(rowid) FROM outbox)",
            (json.dumps({"plate": words.of("plate")}, ensure_ascii=False),),
            Leak("a plate in a plain column", "words in columns", "outbox.payload"),
        ),
        *_changed(
            sql,
            f"UPDATE people SET profile = ? {last}",
            (json.dumps({"name": words.of("name")}).encode(),),
            Leak("a profile that was not sealed", "sealed columns", "people.profile", "a value that is not sealed"),
        ),
        *_changed(
            sql,
            f"UPDATE people SET number_token = ? {last}",
            (hmac.digest(b"", words.of("telephone").encode(), "sha256")[:16],),
            Leak("a telephone number's token under an empty key", "tokens by guessing", "people.number_token"),
        ),
        *_changed(
            sql,
            f"UPDATE people SET name_token = ? {last}",
            (hashlib.md5(words.of("ID number").encode(), usedforsecurity=False).digest(),),
            Leak("the MD5 of an ID number", "tokens by guessing", "people.name_token"),
        ),
    ]


def _guessed(sql: sqlite3.Connection, truth: Truth) -> list[Leak]:
    """Hashes of what nobody ever told us: the first of each space that is tried."""
    made: list[Leak] = []
    first = {kind: text for text, kind in reversed(list(guesses_like(truth, 4))) if text not in truth.words}
    for number, (kind, text) in enumerate(sorted(first.items())):
        made += _changed(
            sql,
            "UPDATE passages SET token = ? WHERE rowid = (SELECT max(rowid) - ? FROM passages)",
            (hashlib.sha1(text.encode(), usedforsecurity=False).digest()[:16], number),
            Leak(f"the SHA-1 of a {kind} that was guessed", "tokens by guessing", "passages.token", kind),
        )
    return made


def _passages(sql: sqlite3.Connection, words: Words) -> list[Leak]:
    """Passages as somebody would write them who knew no better: one token for ever. They are those of one day."""
    query = (
        "SELECT rowid FROM passages WHERE detail IS NOT NULL AND token IS NOT NULL AND day = "
        "(SELECT day FROM passages WHERE detail IS NOT NULL GROUP BY day ORDER BY count(*) DESC, day LIMIT 1) "
        "ORDER BY rowid LIMIT 9"
    )
    found = [row for (row,) in sql.execute(query)]
    if len(found) < 9:
        return []
    daily, at_sites, of_both = (secrets.token_bytes(16) for _ in range(3))
    sql.execute("UPDATE passages SET token = ? WHERE rowid IN (?, ?)", (daily, *found[:2]))
    sql.execute("UPDATE passages SET day = day - 1 WHERE rowid = ?", (found[1],))
    sql.execute("UPDATE passages SET token = ? WHERE rowid IN (?, ?)", (at_sites, *found[2:4]))
    sql.execute("UPDATE passages SET site_id = ? WHERE rowid = ?", (secrets.token_bytes(16), found[3]))
    digest = hashlib.sha256(words.of("plate").encode()).digest()[:16]
    sql.execute("UPDATE passages SET token = ? WHERE rowid = ?", (digest, found[4]))
    sql.execute("UPDATE passages SET detail = (SELECT detail FROM passages WHERE rowid = ?) WHERE rowid = ?", found[5:7])
    sql.execute("UPDATE passages SET token = ? WHERE rowid = ?", (of_both, found[7]))
    sql.execute("UPDATE passages SET token = ?, tenant_id = ? WHERE rowid = ?", (of_both, secrets.token_bytes(16), found[8]))
    return [
        Leak("one token on two days", "days linked", "passages.token", "one token on"),
        Leak("one token at two sites", "sites linked", "passages.token"),
        Leak("one token of two organisations", "organisations linked", "passages.token"),
        Leak("the SHA-256 of a plate as its token", "tokens by guessing", "passages.token"),
        Leak("one nonce used twice", "sealed columns", "passages.detail", "a nonce used twice"),
    ]


def _links(sql: sqlite3.Connection) -> list[Leak]:
    """A passage's token at whoever is enrolled."""
    return _changed(
        sql,
        "UPDATE credentials SET token = (SELECT token FROM passages WHERE token IS NOT NULL ORDER BY rowid LIMIT 1) "
        "WHERE rowid = (SELECT max(rowid) FROM credentials WHERE token IS NOT NULL)",
        (),
        Leak("a passage's token at somebody's card", "days linked", "credentials.token"),
    )


def _changed(sql: sqlite3.Connection, statement: str, values: tuple[Any, ...], leak: Leak) -> list[Leak]:
    """The leak, where there was a row to put it in."""
    return [leak] if sql.execute(statement, values).rowcount == 1 else []


def _free_pages(sql: sqlite3.Connection, token: bytes, words: Words) -> list[Leak]:
    """A table that was dropped: its rows are gone, and its pages are not."""
    sql.execute("CREATE TABLE leaking (what BLOB)")
    text = f'{{"name": "{words.of("name")}", "e-mail": "-"}}'
    sql.executemany("INSERT INTO leaking VALUES (?)", [(text.encode("utf-16-le"),)] * 50)
    sql.executemany("INSERT INTO leaking VALUES (?)", [(token,)] * 50)
    sql.commit()
    sql.execute("DROP TABLE leaking")
    sql.commit()
    sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made = [Leak("a name in UTF-16 in a free page", "words in files", "sealgate.sqlite@", " in UTF-16LE")]
    if token:
        made.append(Leak("a standing token in a free page", "remnants", "sealgate.sqlite@"))
    return made


def _in_the_log(sql: sqlite3.Connection, words: Words) -> Leak:
    """What was written and taken back: no row has it, and the log does."""
    sql.execute("PRAGMA wal_autocheckpoint = 0")
    sql.execute("CREATE TABLE leaking (what TEXT)")
    sql.execute("INSERT INTO leaking VALUES (?)", (f"seen: {words.long('name')} at the gate",))
    sql.commit()
    sql.execute("DELETE FROM leaking")
    sql.execute("DROP TABLE leaking")
    sql.commit()
    return Leak("a name in the write-ahead log", "words in files", "sealgate.sqlite-wal@", "name")


def plant_edge(database: Path, words: Words) -> list[Leak]:
    """On an edge's disk, where the site has one: a fact that waits for the centre unsealed."""
    if not database.is_file():
        return []
    leak = Leak("an edge's fact that nobody sealed", "words in columns", "edge-box/sealgate.sqlite: spool.what")
    with closing(sqlite3.connect(database)) as sql:
        sql.execute("CREATE TABLE spool (what TEXT)")
        sql.execute("INSERT INTO spool VALUES (?)", (f"{words.of('plate')} at the entry",))
        sql.commit()
    return [leak]
