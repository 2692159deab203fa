"""What a site asks of visitors, revision by revision; and who is not let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import SiteId, VisitBlockId
from sealgate.domain.visits_asking import VisitRules, read_rules, rules_text
from sealgate.domain.visits_blocks import BlockKind
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class BlockRow:
    """Of the person themself only the token is kept; `reason` is sealed under the organisation's key."""

    block: VisitBlockId
    kind: BlockKind
    token: Token
    reason: Sealed
    added_at: datetime
    until: datetime
    lifted_at: datetime | None = None


r, b = s.visit_rules.c, s.visit_blocks.c
_BLOCK = (b.block_id, b.kind, b.token, b.reason, b.added_at, b.until, b.lifted_at)


def latest_rules(db: Reader, site: SiteId) -> VisitRules:
    """Those in force; where nobody chose, nothing is asked."""
    query = sa.select(r.revision, r.rules).where(db.mine(s.visit_rules), r.site_id == site)
    return db.row(query.order_by(r.revision.desc()).limit(1), read_rules) or VisitRules()


def rules_at(db: Reader, site: SiteId, revision: int) -> VisitRules:
    """Those of an earlier notice; revision 0 is what held before anybody chose."""
    query = sa.select(r.revision, r.rules).where(db.mine(s.visit_rules), r.site_id == site, r.revision == revision)
    return VisitRules() if revision == 0 else db.the("rules", query, read_rules)


def add_rules(tx: Tx, site: SiteId, rules: VisitRules, at: datetime) -> None:
    """A new revision. Raises `AlreadyThere` where somebody changed them at the same moment."""
    tx.add(s.visit_rules, {"site_id": site, "revision": rules.revision, "rules": rules_text(rules), "made_at": at})


def add_block(tx: Tx, row: BlockRow) -> None:
    values = {"kind": row.kind, "token": row.token, "reason": row.reason, "added_at": row.added_at, "until": row.until}
    tx.add(s.visit_blocks, {"block_id": row.block, **values, "lifted_at": row.lifted_at})


def blocks(db: Reader, now: datetime) -> list[BlockRow]:
    """In force, newest first."""
    query = sa.select(*_BLOCK).where(db.mine(s.visit_blocks), b.lifted_at.is_(None), b.until > now)
    return db.rows(query.order_by(b.added_at.desc(), b.block_id), BlockRow)


def blocks_of(db: Reader, tokens: Sequence[Token], now: datetime) -> list[BlockRow]:
    """Those of any of these tokens in force."""
    query = sa.select(*_BLOCK).where(db.mine(s.visit_blocks), b.token.in_(tokens), b.lifted_at.is_(None), b.until > now)
    return db.rows(query.order_by(b.added_at), BlockRow)


def lift_block(tx: Tx, block: VisitBlockId, at: datetime) -> bool:
    """False if it was lifted already, or never was."""
    return tx.change(s.visit_blocks, [b.block_id == block, b.lifted_at.is_(None)], {"lifted_at": at}) == 1
