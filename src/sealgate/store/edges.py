"""Edges, and what goes to and fro between the store of the centre and that of an edge: rows as plain values.

The surprising thing: nothing sealed and no token is ever copied. Each store has keys of its own, so what one wrote the other
could not open; flows open and seal anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.ids import EdgeId, SiteId, StayId
from sealgate.domain.stays import Cause, StayState
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.columns import Day, HashBytes, Id, Instant, SealedBytes, TokenBytes
from sealgate.store.engine import Reader, Tx
from sealgate.store.parking.permits import PlateRow

Row = dict[str, Any]
"""A row as JSON has it: identities and days as texts, instants in ISO 8601."""

PAGE = 500

_SECRET = (SealedBytes, TokenBytes, HashBytes)


@dataclass(frozen=True, slots=True)
class Word:
    """What an edge said last, and when. `version` are eight digits of its copy, which it has had since `copied_at`; `behind`:
    the centre had something newer to tell."""

    heard_at: datetime
    waiting: int
    version: str
    copied_at: datetime | None
    behind: bool


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """`auth_hash` is the SHA-256 of what it shows, `link_key` the sealed key of what it says. `word` None: it never joined."""

    edge: EdgeId
    site: SiteId
    name: str
    auth_hash: bytes
    link_key: Sealed
    made_at: datetime
    ended_at: datetime | None = None
    word: Word | None = None


c = s.edges.c
_WORD = (c.heard_at, c.waiting, c.version, c.copied_at, c.behind)
_EDGE = (c.edge_id, c.site_id, c.name, c.auth_hash, c.link_key, c.made_at, c.ended_at, *_WORD)


def _row(*values: Any) -> EdgeRow:
    heard_at, waiting, version, copied_at, behind = values[-len(_WORD) :]
    word = None if heard_at is None else Word(heard_at, waiting or 0, version or "", copied_at, bool(behind))
    return replace(EdgeRow(*values[: -len(_WORD)]), word=word)


def add_edge(tx: Tx, row: EdgeRow) -> None:
    values = {"edge_id": row.edge, "site_id": row.site, "name": row.name, "auth_hash": row.auth_hash}
    tx.add(s.edges, {**values, "link_key": row.link_key, "made_at": row.made_at, "ended_at": row.ended_at})


def edge_by(db: Reader, auth_hash: bytes) -> EdgeRow | None:
    """One that has not been ended."""
    return db.row(sa.select(*_EDGE).where(db.mine(s.edges), c.auth_hash == auth_hash, c.ended_at.is_(None)), _row)


def edge(db: Reader, edge: EdgeId) -> EdgeRow | None:
    """Also one that was ended."""
    return db.row(sa.select(*_EDGE).where(db.mine(s.edges), c.edge_id == edge), _row)


def note_word(tx: Tx, edge: EdgeId, word: Word) -> None:
    values = {"heard_at": word.heard_at, "waiting": word.waiting, "version": word.version}
    tx.change(s.edges, [c.edge_id == edge], {**values, "copied_at": word.copied_at, "behind": word.behind})


def edges(db: Reader, site: SiteId | None = None) -> list[EdgeRow]:
    """Those that have not been ended, by name."""
    query = sa.select(*_EDGE).where(db.mine(s.edges), c.ended_at.is_(None))
    return db.rows((query if site is None else query.where(c.site_id == site)).order_by(c.name, c.edge_id), _row)


def end_edge(tx: Tx, edge: EdgeId, at: datetime) -> bool:
    return tx.change(s.edges, [c.edge_id == edge, c.ended_at.is_(None)], {"ended_at": at}) == 1


def plain_rows(db: Reader, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Row]:
    """This tenant's rows of a table, without what is sealed, a token or a hash."""
    columns = [column for column in _own(table) if not isinstance(column.type, _SECRET)]
    query = sa.select(*columns).where(db.mine(table), *where).order_by(*list(table.primary_key)[1:])
    names = [column.name for column in columns]
    return [{name: told(value) for name, value in zip(names, row, strict=True)} for row in db.sql.execute(query)]


def put_rows(tx: Tx, table: sa.Table, rows: Sequence[Row], more: Sequence[Row] | None = None) -> None:
    """Write rows of `plain_rows`, over those with the same key. `more` are this store's own sealed values and tokens."""
    kinds = {column.name: column.type for column in table.columns}
    made = [{name: _heard(kinds[name], value) for name, value in row.items()} for row in rows]
    tx.put(table, [{**row, **own} for row, own in zip(made, more or [{}] * len(made), strict=True)])


def remove_rows(tx: Tx, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return tx.remove(table, where)


def remove_others(tx: Tx, column: sa.Column[Any], keep: Sequence[str]) -> None:
    """The rows of the column's table whose identity there is none of these."""
    table, kept = column.table, {UUID(name) for name in keep}
    there = set(tx.sql.execute(sa.select(column).where(tx.mine(table))).scalars())
    gone = sorted(there - kept)
    for number in range(0, len(gone), PAGE):
        tx.remove(table, [column.in_(gone[number : number + PAGE])])


def _own(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if column.name != "tenant_id"]


def told(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _heard(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Id):
        return UUID(value)
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Day) else value


def rows_of_stays(db: Reader, table: sa.Table, stays: Sequence[str]) -> list[Row]:
    """The rows of a table that belong to these stays, some hundred stays at a time."""
    names = [UUID(stay) for stay in stays]
    pages = [names[number : number + PAGE] for number in range(0, len(names), PAGE)]
    return [row for page in pages for row in plain_rows(db, table, table.c.stay_id.in_(page))]


def seen_of_stays(db: Reader, lots: Sequence[UUID]) -> dict[str, tuple[Sealed | None, bytes | None]]:
    """What was seen of each live stay, sealed, and the hash of its ticket."""
    t = s.stays.c
    query = sa.select(t.stay_id, t.seen, t.ticket_hash).where(db.mine(s.stays), t.lot_id.in_(lots), t.state != "closed")
    return {str(stay): (seen, ticket) for stay, seen, ticket in db.sql.execute(query)}


def ticket_of(db: Reader, stay: StayId) -> bytes | None:
    """The hash of its ticket, where one was drawn."""
    query = sa.select(s.stays.c.ticket_hash).where(db.mine(s.stays), s.stays.c.stay_id == stay)
    found = db.sql.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def reader_hashes(db: Reader, gates: Sequence[UUID]) -> list[tuple[UUID, bytes]]:
    """By what the readers at these gates are known: the SHA-256 of their secrets."""
    g = s.gates.c
    query = sa.select(g.gate_id, g.kiosk_hash).where(db.mine(s.gates), g.gate_id.in_(gates), g.kiosk_hash.is_not(None))
    return db.rows(query.order_by(g.gate_id), lambda gate, shown: (gate, shown))


def permit_plates(db: Reader) -> list[PlateRow]:
    q = s.permit_plates.c
    query = sa.select(q.permit_id, q.token, q.plate, q.added_at).where(db.mine(s.permit_plates))
    return db.rows(query.order_by(q.permit_id, q.added_at), PlateRow)


def reservation_plates(db: Reader) -> dict[str, Sealed]:
    r = s.reservations.c
    query = sa.select(r.reservation_id, r.plate).where(db.mine(s.reservations))
    return {str(name): plate for name, plate in db.sql.execute(query.where(r.stay_id.is_(None), r.cancelled_at.is_(None)))}


def live_of_lots(db: Reader, lots: Sequence[UUID]) -> dict[str, bytes | None]:
    """The live stays and their tokens."""
    t = s.stays.c
    query = sa.select(t.stay_id, t.token).where(db.mine(s.stays), t.lot_id.in_(lots), t.state != "closed")
    return {str(stay): token for stay, token in db.sql.execute(query)}


def close_stays(tx: Tx, stays: Sequence[str], at: datetime) -> None:
    """They have ended elsewhere: what found them is gone with it."""
    t = s.stays.c
    names = [UUID(stay) for stay in stays]
    ended = {"state": StayState.CLOSED, "token": None, "closed_at": at, "cause": sa.func.coalesce(t.cause, Cause.BY_HAND.value)}
    tx.change(s.stays, [t.stay_id.in_(names)], ended)
    tx.remove(s.stay_masks, [s.stay_masks.c.stay_id.in_(names)])
