"""The attack on error pages: every address is asked wrongly, and what it says then is read.

The surprising thing: an answer that is refused is what we want, and still it may say too much. So the words of the program
itself (a traceback, a statement, a path on the machine) count as a find here, as a name does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sealgate.drills.reading import words_in
from sealgate.drills.scene import Attack, Count, Scene
from sealgate.drills.serving import Server
from sealgate.drills.stranger import Address, answers

_OWN = re.compile(
    rb"Traceback \(most recent|\.py\"?, line \d|sqlalchemy|psycopg|sqlite3?\.|sqlite_schema|site-packages"
    rb"|SELECT .{1,200}? FROM "
)
LARGE = 1_100_000
"""Bytes of a file that the web server's own reader puts on the disk instead of in memory."""

WRONG: tuple[dict[str, Any], ...] = (
    {"content": b'{"', "headers": {"Content-Type": "application/json"}},
    {"content": b"[" * 20_000, "headers": {"Content-Type": "application/json"}},
    {"content": b"=&%zz=%ff&" + b"a" * 5_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    {"content": b"--x\r\nno part", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    {"files": {"file": ("../../x\0.csv", b"\xff" * LARGE, "text/csv")}},
    {"headers": {"Authorization": b"Bearer \xff" + b"A" * 4_000, "Cookie": b"sealgate=%00; sealgate=" + b"B" * 2_000}},
    {"params": {"page": "-1", "since": "0000-00-00", "q": "' OR 1=1 --", "day": "9" * 400, "site": "\0"}},
)


def errors_of(server: Server, every: Sequence[Address]) -> Attack:
    """Each address and method once with each of `WRONG`; and with a method that it does not have."""
    asked = list(dict.fromkeys(Address(one.method, one.path, one.is_open) for one in every))
    once = list({(one.method, re.sub(r"[0-9a-f-]{36}|\d+", "", one.path)): one for one in asked}.values())

    def run(scene: Scene, count: Count) -> None:
        for number, wrong in enumerate(WRONG):
            body = "content" in wrong or "files" in wrong
            some = [one for one in once if not body or one.method not in {"GET", "HEAD"}]
            if "files" in wrong:
                some = [one for one in some if one.is_open]
            scene.told(f"{number + 1} of {len(WRONG)}")
            _ask(scene, count, server, some, wrong)
        _ask(scene, count, server, [Address("PROPFIND", one.path, one.is_open) for one in once], {})

    return Attack(
        "error pages", "Asks every address wrongly and reads what it says then: words, faults, the program's own.", run
    )


def _ask(scene: Scene, count: Count, server: Server, some: Sequence[Address], wrong: dict[str, Any]) -> None:
    for address, answer in answers(server, some, **wrong):
        count.tries += 1
        where = f"{address.method} {address.path}"
        told = answer.head + b"\n\n" + answer.body
        if answer.status == 0:
            count.found(where, "an address that did not answer")
        if answer.status >= 500 and answer.status != 503:
            count.found(where, f"a stranger brought about a fault ({answer.status})")
        if _OWN.search(told) or str(Path(sys.prefix)).encode() in told or bytes(scene.opened.data) in told:
            count.found(where, "the program's own words")
        for what in words_in(scene.truth, *answer.head.splitlines(), answer.body):
            count.found(where, what)
