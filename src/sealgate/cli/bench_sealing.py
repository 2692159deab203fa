"""What sealing costs: the same passages written and read with the vault and without it, turn by turn in one run.

The surprising thing: without it is not half the program. The same transaction, journal and index; only that what is written of
whom stands there in clear, and its token is a hash that anybody could make. It is the program that we do not ship.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import GateId, PassageId, PersonId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.ports import KeyKind, Sealed, Token
from sealgate.privacy import journal
from sealgate.store import passages, places
from sealgate.store.engine import Actor, Store, SystemClock
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.envelope import Place
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import new_passphrase_root
from sealgate.vault.wrapping import day_scope

BATCH = 500
PEOPLE = 1_000
DAYS = 30
FIRST = date(2026, 1, 1)
GATE = Actor("gate", "bench")
Value = tuple[Token, Sealed, Sealed]


@dataclass
class Sealing:
    """Two tenants in one store: what is written of the first is sealed, of the second it is plain."""

    store: Store
    keyring: Keyring = field(default_factory=lambda: Keyring(MemoryShelf(), SystemClock()))
    tenants: dict[bool, TenantId] = field(default_factory=dict)
    site: SiteId = field(init=False)
    people: list[PersonId] = field(default_factory=list)
    written: int = 0

    def __post_init__(self) -> None:
        self.keyring.initialise(new_passphrase_root(secrets.token_hex(32)))
        self.index = BlindIndex(self.keyring)
        self.site, self.gate = SiteId(self.store.new_id()), GateId(self.store.new_id())
        self.people = [PersonId(self.store.new_id()) for _ in range(PEOPLE)]
        for sealed in (True, False):
            tenant = self.tenants[sealed] = TenantId(self.store.new_id())
            with self.store.begin(tenant, GATE) as tx:
                places.add_tenant(tx, f"Bench {sealed}", self.store.clock.now())
                journal.write(tx, self.keyring, self.store.clock.now(), "tenant.founded")
        self.keyring.prepare(self.tenants[True], KeyKind.SUBJECT, [str(person) for person in self.people])

    def write(self, *, sealed: bool) -> list[PassageId]:
        """A batch, from what a gate knows to the commit."""
        tenant, value = self.tenants[sealed], self._sealed if sealed else self._plain
        rows = [self._row(number, value) for number in range(self.written, self.written + BATCH)]
        with self.store.begin(tenant, GATE) as tx:
            passages.append(tx, rows)
            journal.write(tx, self.keyring, rows[0].at, "passages.recorded", object=journal.written(rows))
        return [row.passage for row in rows]

    def read(self, *, sealed: bool) -> int:
        """The newest hundred, opened."""
        tenant = self.tenants[sealed]
        with self.store.read(tenant) as db:
            views = passages.page(db, limit=100)
        count = 0
        for view in views:
            for column, value in (("who", view.row.who), ("detail", view.row.detail)):
                if value is not None:
                    place = Place(tenant, "passages", column, str(view.row.passage))
                    count += len(json.loads(self.keyring.open(place, value) if sealed else value))
        return count

    def _row(self, number: int, value: Callable[[PassageId, date, PersonId], Value]) -> passages.PassageRow:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 86_400 * DAYS / 1_000_000)
        day, passage = at.date(), PassageId(self.store.ids.next(at))
        token, who, detail = value(passage, day, self.people[number % PEOPLE])
        return passages.PassageRow(
            passage=passage,
            site=self.site,
            gate=self.gate,
            day=day_number(day),
            at=at,
            means=Means.FACE,
            opens=True,
            reason=Reason.ALLOWED,
            token=token,
            who=who,
            detail=detail,
        )

    def _sealed(self, passage: PassageId, day: date, person: PersonId) -> Value:
        tenant = self.tenants[True]
        whose, scope = Place(tenant, "passages", "who", str(passage)), day_scope(self.site, day)
        who = self.keyring.seal(tenant, KeyKind.DAY, scope, whose, _who(person))
        what = Place(tenant, "passages", "detail", str(passage))
        detail = self.keyring.seal(tenant, KeyKind.SUBJECT, str(person), what, _detail(passage))
        return self.index.day_token(tenant, self.site, day, "person", str(person)), who, detail

    def _plain(self, passage: PassageId, _day: date, person: PersonId) -> Value:
        token = Token(hashlib.sha256(str(person).encode()).digest()[:16])
        return token, Sealed(_who(person)), Sealed(_detail(passage))


def _who(person: PersonId) -> bytes:
    return json.dumps({"person": str(person)}, separators=(",", ":")).encode()


def _detail(passage: PassageId) -> bytes:
    return json.dumps({"score": passage % 1_000 / 1_000, "frames": 5}, separators=(",", ":")).encode()


def measure(store: Store, rows: int) -> dict[str, Any]:
    """CPU microseconds for a row written and for one read and opened, with and without the vault, and their ratios."""
    bench, spent = Sealing(store), {(what, sealed): 0.0 for what in ("write", "read") for sealed in (True, False)}
    turns = max(rows // BATCH, 2)
    for turn in range(turns + 1):
        for sealed in (True, False) if turn % 2 else (False, True):
            for what, work in (("write", bench.write), ("read", bench.read)):
                began = time.process_time()
                work(sealed=sealed)
                if turn:  # the first turn makes keys and fills caches
                    spent[what, sealed] += time.process_time() - began
        bench.written += BATCH
    us = {key: seconds / turns / (BATCH if key[0] == "write" else 100) * 1e6 for key, seconds in spent.items()}
    return {
        "write_us": round(us["write", True], 1),
        "write_us_plain": round(us["write", False], 1),
        "write_ratio": round(us["write", True] / us["write", False], 2),
        "read_us": round(us["read", True], 1),
        "read_us_plain": round(us["read", False], 1),
        "read_ratio": round(us["read", True] / us["read", False], 2),
    }


def rows(result: dict[str, Any]) -> Sequence[tuple[str, str, str]]:
    return [
        ("a row written, sealed / plain: CPU", f"{result['write_us']} / {result['write_us_plain']}", "microseconds"),
        ("a row read, sealed / plain: CPU", f"{result['read_us']} / {result['read_us_plain']}", "microseconds"),
        ("what sealing costs, written / read", f"{result['write_ratio']} / {result['read_ratio']}", "times"),
    ]
