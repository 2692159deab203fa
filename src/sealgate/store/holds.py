"""The rows of legal holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from sealgate.domain.holds import HoldScope
from sealgate.domain.ids import HoldId, OperatorId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class HoldRow:
    hold: HoldId
    scope: HoldScope
    reason: Sealed
    made_by: OperatorId
    made_at: datetime
    lifted_at: datetime | None = None

    def in_force(self, today: date) -> bool:
        return self.lifted_at is None and self.scope.until >= today


h = s.legal_holds.c
_HOLD = (h.hold_id, h.person_id, h.site_id, h.first, h.last, h.until, h.reason, h.made_by, h.made_at, h.lifted_at)


def add_hold(tx: Tx, row: HoldRow) -> None:
    values = {"hold_id": row.hold, "person_id": row.scope.person, "site_id": row.scope.site, "first": row.scope.first}
    values |= {"last": row.scope.last, "until": row.scope.until}
    tx.add(s.legal_holds, {**values, "reason": row.reason, "made_by": row.made_by, "made_at": row.made_at})


def hold(db: Reader, hold: HoldId) -> HoldRow:
    """Raises `NotFound`."""
    return db.the("hold", sa.select(*_HOLD).where(db.mine(s.legal_holds), h.hold_id == hold), _row)


def holds(db: Reader) -> list[HoldRow]:
    """All that are kept, the newest first; there are few."""
    return db.rows(sa.select(*_HOLD).where(db.mine(s.legal_holds)).order_by(h.hold_id.desc()), _row)


def lift(tx: Tx, hold: HoldId, at: datetime) -> bool:
    """False where it was lifted already."""
    return tx.change(s.legal_holds, [h.hold_id == hold, h.lifted_at.is_(None)], {"lifted_at": at}) == 1


def remove_over(tx: Tx, before: datetime) -> int:
    """Holds that had ended or were lifted before that instant."""
    return tx.remove(s.legal_holds, [sa.or_(h.lifted_at < before, h.until < before.date())])


def _row(hold: HoldId, person: object, site: object, first: object, last: object, until: date, *rest: object) -> HoldRow:
    return HoldRow(hold, HoldScope(person, site, first, last, until), *rest)  # type: ignore[arg-type]
