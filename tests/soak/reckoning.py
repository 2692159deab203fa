"""What must hold once the garage's world is over: its truth against all that the program has kept."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from tests.soak.world import MINUTE, Visit, World

from sealgate.app import Program, running
from sealgate.domain.billing import HELD, RefundState
from sealgate.domain.ids import StayId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement
from sealgate.flows.parking_writing import seen_of
from sealgate.privacy import journal
from sealgate.settings import load
from sealgate.store import parking as rows
from sealgate.store import schema as s


@dataclass(frozen=True)
class Books:
    """What the program has kept, opened."""

    stays: dict[StayId, rows.StayRow]
    plates: dict[StayId, str | None]
    bills: dict[StayId, rows.BillRow]
    finals: Counter[StayId]
    received: dict[StayId, int]
    calls: Counter[str]
    whole: bool


def opened(world: World) -> Books:
    settings = load(data=world.folder / "data", keys=world.folder / "keys")
    with running(settings, faces=None, plates=None, clock=world.clock) as program:
        return _books(program, program.house.store.tenants()[0].tenant)


def _books(program: Program, tenant: TenantId) -> Books:
    house = program.house
    with house.store.read(tenant) as db:
        names = [StayId(name) for name in db.sql.execute(sa.select(s.stays.c.stay_id)).scalars()]
        stays = {name: row for name in names if (row := rows.stay(db, name)) is not None}
        newest = {name: bill for name in names if (bill := rows.newest_bill(db, name)) is not None}
        finals = db.sql.execute(sa.select(s.bills.c.stay_id).where(s.bills.c.final)).scalars()
        received = {name: _received(db, name) for name in names}
        calls = db.sql.execute(sa.select(s.calls.c.reason)).scalars()
        plates = {name: seen_of(house, tenant, row).get("plate") for name, row in stays.items()}
        tallies = Counter(map(StayId, finals)), Counter(map(str, calls))
        if house.store.is_sqlite:
            assert db.sql.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
    return Books(stays, plates, newest, tallies[0], received, tallies[1], journal.verify(house.store, tenant).whole)


def _received(db: Any, stay: StayId) -> int:
    """In fen: what we hold of it."""
    held = [row for row in rows.payments_of(db, stay) if row.state in HELD]
    back = [one for row in held for one in rows.refunds_of(db, row.payment) if one.state is RefundState.DONE]
    return sum(row.asked.minor for row in held) - sum(one.money.minor for one in back)


def owners(world: World, books: Books) -> dict[StayId, Visit]:
    """Whose stay it is, by plate and time alone; each visit owns at most one. Tickets by what the driver was told."""
    by_text: dict[str, list[Visit]] = {}
    for visit in world.visits:
        for text in visit.read_as:
            by_text.setdefault(text, []).append(visit)
    told = {visit.stay: visit for visit in world.visits if visit.how_in == "ticket" and visit.stay}
    found: dict[StayId, Visit] = {}
    for name, row in books.stays.items():
        plate = books.plates[name]
        near = [
            visit for visit in by_text.get(plate or "", []) if visit.entered and abs(visit.entered - row.stay.entered) < MINUTE
        ]
        mine = near if plate else [told[name]] if name in told else []
        assert len(mine) <= 1
        if mine:
            found[name] = mine[0]
    return found


def reckon(world: World) -> str:
    """All that must hold in the end; and the figures, as text, printed before anything is judged."""
    books = opened(world)
    lines = world.provider._lines
    theirs = sum(line.money.minor if line.movement is Movement.PAYMENT else -line.money.minor for line in lines)
    ours = sum(books.received.values())
    billed = sum(books.bills[name].total.minor for name, money in books.received.items() if money)
    told = _told(world, books, (theirs, ours, billed))
    sys.stdout.write(f"\n{told}\n")
    mine = owners(world, books)
    assert books.whole, "the journal has a gap"
    _no_stay_lost_or_merged(world, books, mine)
    wrong = [(row, books.bills[name]) for name, row in books.stays.items() if _differs(books, name)]
    assert not wrong, f"bill and money differ: {wrong}"
    assert theirs == ours == billed, f"provider {theirs}, payments {ours}, bills {billed}"
    assert all(times == 1 for times in books.finals.values()), "a stay was billed twice"
    return told


def _differs(books: Books, name: StayId) -> bool:
    """Of a car that left the final bill must be paid; of one that nobody saw leaving, what was paid must have been billed."""
    judged = books.received[name] or (books.stays[name].stay.left is not None and name in books.finals)
    return bool(judged) and books.received[name] != books.bills[name].total.minor


def _no_stay_lost_or_merged(world: World, books: Books, mine: dict[StayId, Visit]) -> None:
    strangers = [row for name, row in books.stays.items() if name not in mine]
    assert len(strangers) <= world.ghosts, f"stays of nobody: {strangers}"
    assert not any(books.received[row.stay.stay] for row in strangers)
    per_visit = Counter(id(visit) for visit in mine.values())
    assert all(times == 1 for times in per_visit.values()), "one visit, two stays"
    lost = [visit for visit in world.visits if visit.how_in in {"read", "misread", "ticket"} and not visit.turned_away]
    lost = [visit for visit in lost if id(visit) not in per_visit]
    assert not lost, f"{len(lost)} stays were lost: {lost[:3]}"
    for name, visit in mine.items():
        left = books.stays[name].stay.left
        assert visit.told <= {name}, f"{visit} was taken for another car"
        assert left is None or (visit.left and abs(left - visit.left) < 20 * MINUTE), f"{visit} left {visit.left}, kept {left}"


def _told(world: World, books: Books, money: tuple[int, int, int]) -> str:
    ins, outs = Counter(visit.how_in for visit in world.visits), Counter(visit.how_out for visit in world.visits)
    desk = sum(books.calls.values())
    theirs, ours, billed = (str(Money(minor, "CNY")) for minor in money)
    return (
        f"{len(world.visits)} visits, {len(books.stays)} stays, killed {world.server.killed} times, "
        f"{world.server.commands} commands\n"
        f"in: {dict(ins)}; out: {dict(outs)}; turned away: {sum(visit.turned_away for visit in world.visits)}\n"
        f"money: {theirs} in the provider's books, {ours} in our payments, {billed} in the bills\n"
        f"sent to the desk: {desk} ({desk / len(world.visits):.1%}): {dict(books.calls)}"
    )
