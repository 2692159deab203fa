"""No question that is asked while a car waits walks through the past, however long it is.

SQLite is asked how it would answer (EXPLAIN QUERY PLAN): of every table that only grows it must search by more than the
organisation, or read an index that holds what is open. Milliseconds are for `sealgate bench garage`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sealgate.cli.bench_garage import STAYED, Bench, _bench
from sealgate.domain.ids import GateId, SiteId
from sealgate.domain.sightings import Means
from sealgate.domain.stays_calls import CallReason
from sealgate.flows import assist, paying
from sealgate.flows.parking import Outcome
from sealgate.store import directory, parking, passages
from sealgate.store.engine import Reader

GROWS = (
    "bills", "calls", "credentials", "invoice_requests", "journal", "latch_answers", "passages", "payments", "people",
    "permit_plates", "permits", "readings", "refunds", "reservations", "stay_masks", "stay_validations", "stays", "unseen",
)  # fmt: skip
OF_WHAT_IS_OPEN = {"ix_calls_open", "ix_payments_pending", "ix_refunds_under_way", "ix_stays_live", "ix_unseen_open"}
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?(?:INDEX (\w+)|PRIMARY KEY)(?: \((.*)\))?)?")

Plans = dict[str, list[str]]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with _bench(tmp_path) as bench:
        for _ in range(6):
            bench.comes()
        yield bench


@contextmanager
def plans() -> Iterator[Plans]:
    """Of every statement that this thread asks within, how SQLite answers it; another program may run beside the test."""
    found: Plans = {}
    asker = get_ident()

    def heard(asking: sa.Connection, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if get_ident() == asker and statement.startswith(("SELECT", "UPDATE", "DELETE")) and statement not in found:
            line: Any = asking.connection.driver_connection
            rows = line.execute(f"EXPLAIN QUERY PLAN {statement}", values[0] if many else values)
            found[statement] = [row[3] for row in rows]

    event.listen(sa.Engine, "before_cursor_execute", heard)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", heard)


def walks(found: Plans) -> list[str]:
    """The steps that would read the whole past of the organisation, each with its statement."""
    return [f"{step}: {statement}" for statement, plan in found.items() for step in plan if walks_through(step)]


def walks_through(step: str) -> bool:
    read = STEP.match(step)
    if read is None or read[2] not in GROWS or read[3] in OF_WHAT_IS_OPEN:
        return False
    return read[1] == "SCAN" or (read[4] or "").replace("tenant_id=?", "").strip() == ""


def test_a_walk_is_told_from_a_search() -> None:
    assert walks_through("SCAN stays")
    assert walks_through("SEARCH passages USING INDEX sqlite_autoindex_passages_1 (tenant_id=?)")
    assert walks_through("SEARCH stay_masks USING COVERING INDEX ix_stay_masks_stay_id (tenant_id=?)")
    assert not walks_through("SEARCH passages USING INDEX ix_passages_day_token (tenant_id=? AND day=? AND token=?)")
    assert not walks_through("SEARCH calls USING INDEX ix_calls_open (tenant_id=?)")
    assert not walks_through("SCAN lots")


def test_nothing_at_a_lane_walks_through_the_past(bench: Bench) -> None:
    with plans() as found:
        bench.comes()
        bench.clock.move(STAYED)
        arrival = bench.leaves(bench.inside[0])
        assert (arrival.outcome, arrival.stay is not None) == (Outcome.WAITS, True)
        assert arrival.stay is not None
        paying.bill_of(bench.house, bench.garage.tenant, arrival.stay, bench.clock.now())
        bench.pays(arrival.stay)
        bench.leaves(bench.misread(bench.inside[1]), 0.9)
        assist.call(bench.house, bench.garage.tenant, bench.garage.entry, CallReason.NO_ENTRY)
    assert len(found) > 40
    assert walks(found) == []


ASKED: dict[str, Callable[[Reader, Any], object]] = {
    "payments of a stay": lambda db, row: parking.payments_of(db, row.stay.stay),
    "the newest bill": lambda db, row: parking.newest_bill(db, row.stay.stay),
    "passes of a plate": lambda db, row: parking.passes_of(db, row.day, row.token),
    "stays of a plate": lambda db, row: parking.stays_of_plate(db, row.token),
    "stays like it": lambda db, row: parking.stays_like(db, [row.token] * 9),
    "permits of a plate": lambda db, row: parking.permits_of_plate(db, row.token),
    "credentials of somebody": lambda db, row: directory.credentials_of(db, row.stay.stay),
    "whose card it is": lambda db, row: directory.credential_by_token(db, Means.CARD, row.token),
    "people of a name": lambda db, row: directory.people_named(db, row.token),
    "one gate's last passage": lambda db, row: gates_last(db, row.site, row.entry_gate, row.stay.entered),
}


def gates_last(db: Reader, site: SiteId, gate: GateId, since: datetime) -> object:
    return passages.page(db, site=site, gate=gate, since=since, limit=1)


@pytest.mark.parametrize("question", ASKED)
def test_no_question_of_the_store_walks_through_the_past(bench: Bench, question: str) -> None:
    with bench.house.store.read(bench.garage.tenant) as db:
        [row] = parking.live_stays(db, bench.garage.lot, limit=1)
        with plans() as found:
            ASKED[question](db, row)
    assert found
    assert walks(found) == []
