"""The rows of the journal's checkpoints, and of what witnesses have taken of them. Machinery: they say nothing of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """`root` over the first `size` entries; `note` is the signed text."""

    size: int
    root: bytes
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """`size` is what that witness has last taken, 0 for nothing yet."""

    name: str
    size: int
    at: datetime
    said: str | None = None
    trouble: str | None = None


c, n, w = s.journal_checkpoints.c, s.journal_nodes.c, s.journal_witnesses.c
_CHECKPOINT = (c.size, c.root, c.at, c.note)
_WITNESS = (w.name, w.size, w.at, w.said, w.trouble)


def newest(db: Reader) -> CheckpointRow | None:
    query = sa.select(*_CHECKPOINT).where(db.mine(s.journal_checkpoints)).order_by(c.size.desc()).limit(1)
    return db.row(query, CheckpointRow)


def checkpoints(db: Reader) -> list[CheckpointRow]:
    """All, the oldest first."""
    return db.rows(sa.select(*_CHECKPOINT).where(db.mine(s.journal_checkpoints)).order_by(c.size), CheckpointRow)


def nodes(db: Reader, level: int, first: int, count: int) -> list[bytes]:
    """Those of the `count` nodes of a level from number `first` that are kept, in order."""
    query = sa.select(n.hash).where(db.mine(s.journal_nodes), n.level == level, n.number >= first, n.number < first + count)
    return list(db.sql.execute(query.order_by(n.number)).scalars())


def keep(tx: Tx, row: CheckpointRow, nodes: Mapping[tuple[int, int], bytes]) -> None:
    """`nodes` are new ones, by level and number."""
    with tx.upkeep():
        tx.put(s.journal_nodes, [{"level": lv, "number": nr, "hash": root} for (lv, nr), root in nodes.items()])
        tx.add(s.journal_checkpoints, {"size": row.size, "root": row.root, "at": row.at, "note": row.note})


def witnesses(db: Reader) -> dict[str, WitnessRow]:
    rows = db.rows(sa.select(*_WITNESS).where(db.mine(s.journal_witnesses)), WitnessRow)
    return {row.name: row for row in rows}


def keep_witness(tx: Tx, row: WitnessRow) -> None:
    with tx.upkeep():
        values = {"name": row.name, "size": row.size, "at": row.at, "said": row.said, "trouble": row.trouble}
        tx.put(s.journal_witnesses, [values])
