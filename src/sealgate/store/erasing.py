"""Everything that belongs to one person, by the schema itself: a table that names people is found here the day it is made.

A table is a person's where it has a column `person_id`; what only points at somebody beside others is in LOOSENED and stays,
pointing at nobody. Payslips stay: the law has them kept, under a key of their own.
"""

from __future__ import annotations

import sqlalchemy as sa

from sealgate.domain.ids import PersonId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

KEPT = frozenset({"payslips"})
LOOSENED = (s.teams.c.person_id, s.visits.c.host_person)
"""Who leads a team, whom a visitor came to see."""


def traces(db: Reader, person: PersonId) -> dict[str, int]:
    """How many rows of each table are that person's or point at them; tables without any are missing."""
    counted: dict[str, int] = {}
    for column in dict.fromkeys((*(table.c.person_id for table in _tables()), *LOOSENED)):
        counted[column.table.name] = counted.get(column.table.name, 0) + _count(db, column, person)
    return {name: rows for name, rows in counted.items() if rows}


def remove(tx: Tx, person: PersonId) -> dict[str, int]:
    """Remove or loosen all of it, what points at others first; how many rows of each table."""
    removed: dict[str, int] = {}
    for column in LOOSENED:
        removed[column.table.name] = tx.change(column.table, [column == person], {column.name: None})
    _loosen_from_permits(tx, person)
    for table in _tables():
        if table.name not in KEPT and table is not s.teams:
            removed[table.name] = removed.get(table.name, 0) + tx.remove(table, [table.c.person_id == person])
    return {name: rows for name, rows in removed.items() if rows}


def _loosen_from_permits(tx: Tx, person: PersonId) -> None:
    """A stay stays, by no permit; the plates of a permit go with it."""
    query = sa.select(s.permits.c.permit_id).where(tx.mine(s.permits), s.permits.c.person_id == person)
    permits = list(tx.sql.execute(query).scalars())
    tx.change(s.stays, [s.stays.c.permit_id.in_(permits)], {"permit_id": None})
    tx.remove(s.permit_plates, [s.permit_plates.c.permit_id.in_(permits)])


def _tables() -> list[sa.Table]:
    """Those with a person, what depends on others first."""
    return [table for table in reversed(s.metadata.sorted_tables) if "person_id" in table.c]


def _count(db: Reader, column: sa.Column[object], person: PersonId) -> int:
    query = sa.select(sa.func.count()).select_from(column.table).where(db.mine(column.table), column == person)
    return int(db.sql.execute(query).scalar_one())
