"""People on their way in: written out of a file in small pieces, seen by nobody until all of them are let in at once.

The surprising thing: they lie in the table of everybody else, with the file that they came in named in `arriving`, so that
their numbers and cards are taken already and letting them in is one statement. `Reader.mine` leaves them out of every question.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import ImportId, PersonId
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx
from sealgate.store.words import ImportState

p, i = s.people.c, s.imports.c


def let_in(tx: Tx, which: ImportId) -> int:
    """Everybody of that file is enrolled from now on; how many."""
    query = sa.update(s.people).where(p.tenant_id == tx.tenant, p.arriving == which).values(arriving=None)
    return tx.sql.execute(query).rowcount


def arrivals(db: Reader, which: ImportId, limit: int) -> list[PersonId]:
    """Some of those who arrive out of that file."""
    query = sa.select(p.person_id).where(p.tenant_id == db.tenant, p.arriving == which)
    return db.rows(query.limit(limit), PersonId)


def turn_away(tx: Tx, which: ImportId, people: Sequence[PersonId]) -> None:
    """Remove these, who arrive out of that file, and what hangs on them. Their keys are the caller's to destroy, before."""
    still = sa.select(p.person_id).where(p.tenant_id == tx.tenant, p.person_id.in_(people), p.arriving == which)
    for table in (s.group_members, s.credentials):
        tx.remove(table, [table.c.person_id.in_(still)])
    tx.sql.execute(sa.delete(s.people).where(p.tenant_id == tx.tenant, p.person_id.in_(people), p.arriving == which))


def stopped_arrivals(db: Reader, quiet_since: datetime) -> list[ImportId]:
    """Files of which people arrive though nobody enrols them any more: ended, gone, or silent since then."""
    live = sa.exists().where(
        i.tenant_id == p.tenant_id,
        i.import_id == p.arriving,
        i.state == ImportState.RUNNING,
        i.touched_at > quiet_since,
    )
    query = sa.select(p.arriving).where(p.tenant_id == db.tenant, p.arriving.is_not(None), ~live).distinct()
    return db.rows(query, ImportId)
