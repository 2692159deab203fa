"""The rows of the journal. What an entry means and how it is chained is `privacy/journal.py`; here it is only SQL.

One row per tenant, its head, is locked by whoever appends: entries have no gaps and one order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.errors import Fault
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx
from sealgate.store.words import ActorKind

GENESIS = bytes(32)
"""What the first entry of every tenant is chained to."""


class NoJournal(Fault):
    """The tenant has no journal head: it was never made, or somebody removed it."""

    code = "journal.no-head"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: `seq` counts from 1, 0 is none yet."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    at: datetime
    actor_kind: ActorKind
    actor_id: str
    action: str
    about: Token | None
    object: str
    purpose: Sealed | None
    prev: bytes
    hash: bytes


j, h = s.journal.c, s.journal_heads.c
_ENTRY = (j.seq, j.at, j.actor_kind, j.actor_id, j.action, j.about, j.object, j.purpose, j.prev, j.hash)


def start_journal(tx: Tx) -> None:
    tx.add(s.journal_heads, {"seq": 0, "hash": GENESIS})


def head(db: Reader) -> Head:
    return _head(db, sa.select(h.seq, h.hash).where(db.mine(s.journal_heads)))


def head_for_update(tx: Tx) -> Head:
    """The head, and nobody else appends until this transaction ends. Raises `NoJournal`."""
    return _head(tx, sa.select(h.seq, h.hash).where(tx.mine(s.journal_heads)).with_for_update())


def append(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add the entries, chained to each other, behind the head that the first was chained to. The transaction may now be
    committed."""
    tx.add_all(s.journal, [_values(entry) for entry in entries])
    first, last = entries[0], entries[-1]
    if tx.change(s.journal_heads, [h.seq == first.seq - 1], {"seq": last.seq, "hash": last.hash}) != 1:
        raise NoJournal("the head moved under a lock")
    tx.journaled()


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id,
        "action": entry.action,
        "about": entry.about,
        "object": entry.object,
        "purpose": entry.purpose,
        "prev": entry.prev,
        "hash": entry.hash,
    }


def stream(db: Reader) -> Iterator[Entry]:
    """All of it, in order, a thousand at a time."""
    for row in db.stream(sa.select(*_ENTRY).where(db.mine(s.journal)), j.seq):
        yield _entry(*row)


def page(
    db: Reader,
    *,
    about: Token | None = None,
    before: int | None = None,
    limit: int = 50,
    since: int = 0,
    actor: str = "",
    kind: str = "",
) -> list[Entry]:
    """Newest first, from before `before`, back to `since`; of one person where `about` is given.

    `kind` is an action, or its first word: what stands before the dot.
    """
    query = sa.select(*_ENTRY).where(db.mine(s.journal), j.seq >= since).order_by(j.seq.desc()).limit(limit)
    if about is not None:
        query = query.where(j.about == about)
    if actor:
        query = query.where(j.actor_id == actor)
    if kind:
        query = query.where(sa.or_(j.action == kind, j.action.startswith(f"{kind}.", autoescape=True)))
    return db.rows(query if before is None else query.where(j.seq < before), Entry)


def hashes(db: Reader, first: int, count: int) -> list[bytes]:
    """The hashes of `count` entries from number `first`, which counts from 1."""
    query = sa.select(j.hash).where(db.mine(s.journal), j.seq >= first, j.seq < first + count).order_by(j.seq)
    return list(db.sql.execute(query).scalars())


def entry(db: Reader, seq: int) -> Entry:
    """Raises `NotFound`."""
    return db.the("journal entry", sa.select(*_ENTRY).where(db.mine(s.journal), j.seq == seq), Entry)


def _head(db: Reader, query: sa.Select[Any]) -> Head:
    found = db.row(query, Head)
    if found is None:
        raise NoJournal("this tenant has no journal")
    return found


def _entry(*row: Any) -> Entry:
    return Entry(*row)
