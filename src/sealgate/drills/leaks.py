"""A copy that leaks on purpose: for each attack at least one thing that it must find, each as somebody might once build it.

Whoever adds an attack adds its leak here: an attack that finds nothing anywhere has not been shown to work.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import secrets
import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sealgate.drills.scene import Result
from sealgate.drills.stranger import Address
from sealgate.drills.truth import Truth

OPEN_ADDRESS = Address("GET", "/leaking/people/1", is_open=False)
LEAKING_SERVER = "from sealgate.cli.drill_leaking import serve; serve()"
WORD_FILE = "leaking-word"
"""Beside the keys of the copy: what the leaking server says and writes down."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Found when `attack` has a find at a place that begins with `where`."""

    name: str
    attack: str
    where: str

    def is_found(self, results: Sequence[Result]) -> bool:
        return any(
            find.where.startswith(self.where) for result in results if result.name == self.attack for find in result.told
        )


def plant(data: Path, truth: Truth, face: bytes | None = None) -> list[Leak]:
    """Put the leaks into the working copy before it is copied as stolen. `face` is somebody's picture, where there is one."""
    made: list[Leak] = []
    words = _Words(truth)
    for put in (_logs, _exports, _packed, _pictures, _numbers):
        made += put(data, truth, words)
    if face is not None:
        _blob(data, face)
        made.append(Leak("a face in a blob", "faces in pictures", "blobs/"))
    with closing(sqlite3.connect(data / "sealgate.sqlite")) as sql:
        sql.execute("PRAGMA secure_delete = OFF")
        made += _rows(sql, truth, words)
        made += _free_pages(sql, truth, words)
    return made


def plant_word(keys: Path, truth: Truth) -> list[Leak]:
    """What the leaking server gives away."""
    (keys / WORD_FILE).write_text(_Words(truth).of("name"), encoding="utf-8")
    return [
        Leak("an address without a session", "addresses", f"{OPEN_ADDRESS.method} {OPEN_ADDRESS.path}"),
        Leak("a name in the server's log", "server's log", "the server's log"),
        Leak("another port that answers with a name", "ports", "127.0.0.1:"),
    ]


class _Words:
    """Known words, one of each kind, the longest names last: a short one is the harder to find."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def of(self, kind: str) -> str:
        """The shortest of that kind; where the site has none, of the kind that there are most of."""
        mine = sorted((text for text, known in self._truth.words.items() if known == kind), key=len)
        return mine[0] if mine else min((t for t, k in self._truth.words.items() if k != "words"), key=len)


def _logs(data: Path, _truth: Truth, words: _Words) -> list[Leak]:
    folder = data / "logs"
    folder.mkdir()
    (folder / "gate.log").write_text(f"2026-03-02 09:00:01 INFO gate: opened for {words.of('name')}\n", encoding="utf-8")
    record = json.dumps({"who": words.of("name"), "phone": words.of("telephone")})
    (folder / "debug.log").write_text(f"GET /lookup?q={base64.b64encode(record.encode()).decode()} 200\n", encoding="utf-8")
    escaped = json.dumps({"plate": words.of("plate")})
    (folder / "events.jsonl").write_text(f"{escaped}\n", encoding="utf-8")
    return [
        Leak("a name in a log", "words in files", "logs/gate.log"),
        Leak("a telephone number in base64 in a log", "words that are packed", "logs/debug.log"),
        Leak("a plate in a log, escaped as JSON", "words in files", "logs/events.jsonl"),
    ]


def _exports(data: Path, _truth: Truth, words: _Words) -> list[Leak]:
    folder = data / "exports"
    folder.mkdir()
    line = f"1,{words.of('name')},{words.of('number')}\r\n"
    (folder / "people.csv").write_bytes(line.encode("gb18030"))
    (folder / "accounts.hex").write_text(words.of("bank account").encode().hex().upper())
    return [
        Leak("a name in GB18030 in an export", "words in files", "exports/people.csv"),
        Leak("a bank account in hex", "words in files", "exports/accounts.hex"),
    ]


def _packed(data: Path, _truth: Truth, words: _Words) -> list[Leak]:
    folder = data / "old"
    folder.mkdir()
    rows = "\n".join(f"{number};{words.of('name')};{words.of('card or plate')}" for number in range(40)).encode()
    (folder / "backup.sql.gz").write_bytes(gzip.compress(rows))
    (folder / "cache.bin").write_bytes(secrets.token_bytes(1_000) + zlib.compress(rows, 1) + secrets.token_bytes(1_000))
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    (folder / "session").write_bytes(raw.compress(rows) + raw.flush())
    return [
        Leak("a backup under gzip", "words that are packed", "old/backup.sql.gz"),
        Leak("a zlib stream in the middle of a file", "words that are packed", "old/cache.bin"),
        Leak("raw deflate", "words that are packed", "old/session"),
    ]


def _pictures(data: Path, _truth: Truth, _words: _Words) -> list[Leak]:
    pixels = np.random.default_rng(7).integers(0, 255, (48, 64, 3), np.uint8)
    blob = _blob(data, bytes(cv2.imencode(".jpg", pixels)[1]))
    inside = base64.b64encode(bytes(cv2.imencode(".png", pixels)[1])).decode()
    (data / "logs" / "report.html").write_text(f'<img src="data:image/png;base64,{inside}">', encoding="utf-8")
    (data / "old" / "frames.tmp").write_bytes(secrets.token_bytes(777) + bytes(cv2.imencode(".webp", pixels)[1]))
    return [
        Leak("a JPEG among the blobs", "pictures", blob),
        Leak("a PNG in a page as base64", "pictures", "logs/report.html"),
        Leak("a WebP in the middle of a file", "pictures", "old/frames.tmp"),
    ]


def _blob(data: Path, picture: bytes) -> str:
    name = secrets.token_hex(16)
    path = data / "blobs" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)
    return path.relative_to(data).as_posix()


def _numbers(data: Path, truth: Truth, _words: _Words) -> list[Leak]:
    if not truth.faces:
        return []
    face = truth.faces[0]
    (data / "old" / "gallery.index").write_bytes(secrets.token_bytes(333) + face.raw.astype("<f4").tobytes())
    (data / "old" / "gallery.half").write_bytes(secrets.token_bytes(512) + face.kept.astype("<f2").tobytes())
    return [
        Leak("a template that nobody turned or sealed", "templates", "old/gallery.index"),
        Leak("a turned template that is not sealed", "templates", "old/gallery.half"),
    ]


def _rows(sql: sqlite3.Connection, truth: Truth, words: _Words) -> list[Leak]:
    plate, phone = words.of("plate"), words.of("telephone")
    made = [
        _changed(
            sql,
            "outbox",
            "UPDATE outbox SET payload = ? WHERE rowid = (SELECT min(rowid) FROM outbox)",
            (json.dumps({"plate": plate}, ensure_ascii=False),),
            Leak("a plate in a plain column", "words in columns", "outbox.payload"),
        ),
        _changed(
            sql,
            "people",
            "UPDATE people SET profile = ? WHERE rowid = (SELECT max(rowid) FROM people)",
            (json.dumps({"name": words.of("name")}).encode(),),
            Leak("a profile that was not sealed", "sealed columns", "people.profile"),
        ),
        _changed(
            sql,
            "people",
            "UPDATE people SET number_token = ? WHERE rowid = (SELECT max(rowid) FROM people)",
            (hmac.digest(b"", phone.encode(), "sha256")[:16],),
            Leak("a token under an empty key", "tokens by guessing", "people.number_token"),
        ),
    ]
    made += _passages(sql, plate)
    if truth.standing:
        token = next(iter(truth.standing))
        made.append(
            _changed(
                sql,
                "stays",
                "UPDATE stays SET token = ? WHERE rowid = (SELECT min(rowid) FROM stays WHERE state = 'closed')",
                (token,),
                Leak("a closed stay that is still found by its plate", "remnants", "stays.token"),
            )
        )
    sql.commit()
    return [leak for leak in made if leak is not None]


def _passages(sql: sqlite3.Connection, plate: str) -> list[Leak | None]:
    """Passages as somebody would write them who knew no better: one token for ever."""
    daily, at_sites = secrets.token_bytes(16), secrets.token_bytes(16)
    rows = [row for (row,) in sql.execute("SELECT rowid FROM passages WHERE detail IS NOT NULL ORDER BY rowid LIMIT 8")]
    if len(rows) < 8:
        return []
    sql.execute("UPDATE passages SET token = ? WHERE rowid IN (?, ?)", (daily, rows[0], rows[1]))
    sql.execute("UPDATE passages SET day = day - 1 WHERE rowid = ?", (rows[1],))
    sql.execute("UPDATE passages SET token = ? WHERE rowid IN (?, ?)", (at_sites, rows[2], rows[3]))
    sql.execute("UPDATE passages SET site_id = ? WHERE rowid = ?", (secrets.token_bytes(16), rows[3]))
    sql.execute("UPDATE passages SET token = ? WHERE rowid = ?", (hashlib.sha256(plate.encode()).digest()[:16], rows[4]))
    sql.execute(
        "UPDATE passages SET detail = (SELECT detail FROM passages WHERE rowid = ?) WHERE rowid = ?", (rows[5], rows[6])
    )
    return [
        Leak("one token on two days", "days linked", "passages.token"),
        Leak("one token at two sites", "sites linked", "passages.token"),
        Leak("the SHA-256 of a plate as its token", "tokens by guessing", "passages.token"),
        Leak("one nonce used twice", "sealed columns", "passages.detail"),
    ]


def _changed(sql: sqlite3.Connection, table: str, statement: str, values: tuple[Any, ...], leak: Leak) -> Leak | None:
    """The leak, where there was a row to put it in."""
    there = sql.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    return leak if there and sql.execute(statement, values).rowcount == 1 else None


def _free_pages(sql: sqlite3.Connection, truth: Truth, words: _Words) -> list[Leak]:
    """A table that was dropped: its rows are gone, and its pages are not."""
    sql.execute("CREATE TABLE leaking (what BLOB)")
    text = f'{{"name": "{words.of("name")}", "phone": "{words.of("telephone")}"}}'
    sql.executemany("INSERT INTO leaking VALUES (?)", [(text.encode("utf-16-le"),)] * 50)
    token = next(iter(truth.standing), b"")
    sql.executemany("INSERT INTO leaking VALUES (?)", [(token,)] * 50)
    sql.commit()
    sql.execute("DROP TABLE leaking")
    sql.commit()
    sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made = [Leak("a name in UTF-16 in a free page", "words in files", "sealgate.sqlite")]
    if token:
        made.append(Leak("a standing token in a free page", "remnants", "sealgate.sqlite"))
    return made
