"""`sealgate bench store`: what a passage costs to keep, and what it costs to find one by its day tokens.

The surprising thing: on SQLite all is counted in this process (CPU time, bytes it gave to the disk), while PostgreSQL works
elsewhere, so there the bytes are those of its write-ahead log and the CPU is ours alone.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from sealgate.cli import bench_sealing
from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import GateId, PassageId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.store import passages, places
from sealgate.store.engine import Actor, Store, SystemClock, open_store
from sealgate.store.migrating import migrate
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

A_DAY = 20_000
"""Passages of a day, as in a campus of some thousand people; fewer where the whole would not fill the days of a search."""

SEARCHED_DAYS = 30
SEARCHES = 50
STEPS = 8
SEALED = 20_000
FIRST = date(2026, 1, 1)
GATE = Actor("gate", "bench")


@dataclass
class Bench:
    """A store that grows. The rows are made before the time is taken; what they hold is as large as what the vault makes."""

    store: Store
    tenant: TenantId
    site: SiteId
    gate: GateId
    a_day: int
    keyring: Keyring = field(default_factory=lambda: Keyring(MemoryShelf(), SystemClock()))
    written: int = 0
    tokens: dict[int, list[Token]] = field(default_factory=dict)

    def rows(self, n: int) -> list[passages.PassageRow]:
        made = [self._row(self.written + number) for number in range(n)]
        self.written += n
        return made

    def _row(self, number: int) -> passages.PassageRow:
        day = day_number(FIRST + timedelta(days=number // self.a_day))
        token = Token(secrets.token_bytes(16))
        self.tokens.setdefault(day, []).append(token)
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 86_400 / self.a_day)
        return passages.PassageRow(
            passage=PassageId(self.store.ids.next(at)),
            site=self.site,
            gate=self.gate,
            day=day,
            at=at,
            means=Means.PLATE,
            opens=True,
            reason=Reason.ALLOWED,
            token=token,
            who=Sealed(secrets.token_bytes(109)),
            detail=Sealed(secrets.token_bytes(141)),
        )

    def append(self, batch: Sequence[passages.PassageRow]) -> None:
        with self.store.begin(self.tenant, GATE) as tx:
            passages.append(tx, batch)
            journal.write(tx, self.keyring, batch[0].at, "passages.recorded", object=journal.written(batch))

    def search(self) -> int:
        """Somebody who came once on each of the last days; how many passages were found."""
        days = sorted(self.tokens)[-SEARCHED_DAYS:]
        asked = [(day, secrets.choice(self.tokens[day])) for day in days]
        with self.store.read(self.tenant) as db:
            return len(passages.page(db, site=self.site, tokens=asked, limit=100))

    def bytes_written(self) -> int:
        if self.store.is_sqlite:
            lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
            return int(lines["write_bytes"])
        with self.store.read(self.tenant) as db:
            return int(db.sql.execute(sa.text("SELECT pg_current_wal_insert_lsn() - '0/0'")).scalar_one())


def measure(url: str, rows: int = 200_000) -> dict[str, Any]:
    """Fill the database at `url` (migrated here, if it is SQLite) with so many passages of a new tenant.

    `per_second` by batch size; `growth` has the CPU microseconds and the kilobytes written for a row at each eighth of the way.
    """
    if sa.make_url(url).get_backend_name() == "sqlite":
        migrate(url)
    with closing(open_store(url)) as store:
        bench = _bench(store, min(A_DAY, rows // SEARCHED_DAYS))
        single = _timed(bench, count=min(200, rows // 20), size=1)
        fifties = _timed(bench, count=min(40, rows // 200), size=50)
        growth = [_grow(bench, rows * step // STEPS - bench.written) for step in range(1, STEPS + 1)]
        return {
            "database": "sqlite" if store.is_sqlite else "postgresql",
            "rows": bench.written,
            "per_second": {"1": single, "50": fifties, "1000": round(median(step["per_second"] for step in growth))},
            "growth": growth,
            "bytes_on_disk_per_row": _size(store, url) // bench.written,
            **_searches(bench),
            "sealing": bench_sealing.measure(store, min(rows // 10, SEALED)),
        }


def rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The lines of the table: what, how much, of what."""
    growth = result["growth"]
    lines = [(f"passages in batches of {size}", f"{rate:,}", "a second") for size, rate in result["per_second"].items()]
    for step in (growth[0], growth[-1]):
        lines.append((f"a row at {step['rows']:,} rows: CPU", f"{step['cpu_us']:.1f}", "microseconds"))
        lines.append((f"a row at {step['rows']:,} rows: written", f"{step['kb']:.2f}", "kB"))
    lines.append(("a row on the disk", f"{result['bytes_on_disk_per_row']:,}", "bytes"))
    days = result["searched_days"]
    lines.append((f"search by {days} day tokens, p50", f"{result['search_ms_p50']:.1f}", "milliseconds"))
    lines.append((f"search by {days} day tokens, p95", f"{result['search_ms_p95']:.1f}", "milliseconds"))
    return [*lines, *bench_sealing.rows(result["sealing"])]


def _bench(store: Store, a_day: int) -> Bench:
    bench = Bench(store, TenantId(store.new_id()), SiteId(store.new_id()), GateId(store.new_id()), a_day)
    now = store.clock.now()
    with store.begin(bench.tenant, GATE) as tx:
        places.add_tenant(tx, "Bench", now)
        journal.write(tx, bench.keyring, now, "tenant.founded")
    return bench


def _timed(bench: Bench, *, count: int, size: int) -> int:
    """Rows a second in batches of `size`, each committed to the disk."""
    batches = [bench.rows(size) for _ in range(count)]
    began = time.perf_counter()
    for batch in batches:
        bench.append(batch)
    return round(count * size / (time.perf_counter() - began))


def _grow(bench: Bench, n: int) -> dict[str, float]:
    """Another `n` rows or a few more, in batches of 1,000, and what each of them cost."""
    batches = [bench.rows(1_000) for _ in range(max(-(-n // 1_000), 1))]
    with _meter(bench) as spent:
        for batch in batches:
            bench.append(batch)
    done = len(batches) * 1_000
    return {
        "rows": bench.written,
        "per_second": round(done / spent["seconds"]),
        "cpu_us": round(spent["cpu"] / done * 1e6, 1),
        "kb": round(spent["bytes"] / done / 1e3, 2),
    }


@contextmanager
def _meter(bench: Bench) -> Iterator[dict[str, float]]:
    spent: dict[str, float] = {}
    before, cpu, clock = bench.bytes_written(), time.process_time(), time.perf_counter()
    yield spent
    spent["seconds"], spent["cpu"] = time.perf_counter() - clock, time.process_time() - cpu
    spent["bytes"] = bench.bytes_written() - before


def _searches(bench: Bench) -> dict[str, float]:
    bench.search()
    took = []
    for _ in range(SEARCHES):
        began = time.perf_counter()
        bench.search()
        took.append((time.perf_counter() - began) * 1e3)
    took.sort()
    return {
        "searched_days": min(SEARCHED_DAYS, len(bench.tokens)),
        "search_ms_p50": round(median(took), 2),
        "search_ms_p95": round(took[int(len(took) * 0.95)], 2),
    }


def _size(store: Store, url: str) -> int:
    if store.is_sqlite:
        return Path(str(sa.make_url(url).database)).stat().st_size
    tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'passages%'"
    with store.read(TenantId(store.new_id())) as db:
        return int(db.sql.execute(sa.text(tables)).scalar_one())
