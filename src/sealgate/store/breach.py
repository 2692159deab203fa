"""The rows of breaches, and what a copy held of an organisation: rows by table, and whose tokens passed where and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from sealgate.domain.breach import Breach
from sealgate.domain.ids import BreachId, OperatorId, PersonId, SiteId
from sealgate.domain.sightings import Means
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class BreachRow:
    breach: Breach
    words: Sealed
    made_by: OperatorId


b = s.breaches.c
_BREACH = (b.breach_id, b.found_at, b.taken, b.site_id, b.first, b.last, b.authority_told_at, b.people_told_at)


def add_breach(tx: Tx, row: BreachRow) -> None:
    one = row.breach
    values = {"breach_id": one.breach, "found_at": one.found_at, "taken": one.taken, "site_id": one.site}
    values |= {"first": one.first, "last": one.last}
    tx.add(s.breaches, {**values, "words": row.words, "made_by": row.made_by})


def breaches(db: Reader) -> list[BreachRow]:
    """Newest first."""
    return db.rows(sa.select(*_BREACH, b.words, b.made_by).where(db.mine(s.breaches)).order_by(b.breach_id.desc()), _row)


def breach(db: Reader, breach: BreachId) -> BreachRow:
    """Raises `NotFound`."""
    query = sa.select(*_BREACH, b.words, b.made_by).where(db.mine(s.breaches), b.breach_id == breach)
    return db.the("breach", query, _row)


def tell(tx: Tx, breach: BreachId, column: str, at: object) -> bool:
    """`column` is whom: authority_told_at or people_told_at. False where they were told already."""
    told = b[column]
    return tx.change(s.breaches, [b.breach_id == breach, told.is_(None)], {column: at}) == 1


def rows_of(db: Reader, tables: Sequence[str]) -> dict[str, int]:
    """How many rows of each table there are now."""
    counted = {}
    for name in tables:
        source = s.metadata.tables[name]
        query = sa.select(sa.func.count()).select_from(source).where(db.mine(source))
        counted[name] = int(db.sql.execute(query).scalar_one())
    return counted


def people(db: Reader) -> Iterator[PersonId]:
    for (person,) in db.stream(sa.select(s.people.c.person_id).where(db.mine(s.people)), s.people.c.person_id):
        yield PersonId(person)


def tokens_of_day(db: Reader, site: SiteId, day: int) -> set[Token]:
    p = s.passages.c
    query = sa.select(p.token).where(db.mine(s.passages), p.site_id == site, p.day == day, p.token.is_not(None))
    return set(db.sql.execute(query.distinct()).scalars())


def days_with_passages(db: Reader, site: SiteId, first: int, last: int) -> list[int]:
    p = s.passages.c
    query = sa.select(p.day).where(db.mine(s.passages), p.site_id == site, p.day >= first, p.day <= last)
    return list(db.sql.execute(query.distinct().order_by(p.day)).scalars())


def with_face_at(db: Reader, site: SiteId) -> list[PersonId]:
    """Who has a template that opens at that site."""
    c = s.credentials.c
    query = sa.select(c.person_id).where(db.mine(s.credentials), c.means == Means.FACE, c.ended_at.is_(None))
    return [PersonId(person) for person in db.sql.execute(query.where(c.site_id == site).distinct()).scalars()]


def _row(*values: object) -> BreachRow:
    *found, words, made_by = values
    return BreachRow(Breach(*found), words, made_by)  # type: ignore[arg-type]
