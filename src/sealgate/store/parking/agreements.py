"""Agreements for automatic payment, found by the token of a car's plate while they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.agreements import AgreementState
from sealgate.domain.ids import AgreementId, LotId
from sealgate.domain.money import Money
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

a = s.agreements.c


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """`lot` is where it was made. `plate`, `refs` (the provider's numbers) and `proof` (how an operator knew) are sealed."""

    agreement: AgreementId
    lot: LotId
    provider: str
    merchant: str
    state: AgreementState
    most: Money
    made_at: datetime
    expires_at: datetime
    signed_at: datetime | None = None
    ended_at: datetime | None = None
    token: Token | None = None
    plate: Sealed | None = None
    refs: Sealed | None = None
    proof: Sealed | None = None


_ROW = (
    a.agreement_id, a.lot_id, a.provider, a.merchant, a.state, a.most_minor, a.currency, a.made_at, a.expires_at,
    a.signed_at, a.ended_at, a.token, a.plate, a.refs, a.proof,
)  # fmt: skip


def add_agreement(tx: Tx, row: AgreementRow) -> None:
    values = {
        "agreement_id": row.agreement,
        "lot_id": row.lot,
        "provider": row.provider,
        "merchant": row.merchant,
        "most_minor": row.most.minor,
        "currency": row.most.currency,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "proof": row.proof,
        **_changing(row),
    }
    tx.add(s.agreements, values)


def change_agreement(tx: Tx, before: AgreementRow, after: AgreementRow) -> bool:
    """Write `after` where it is still as `before`. False: a notice, the driver or the desk was first.

    Raises `AlreadyThere` where another agreement for the same car became active first.
    """
    same = [a.agreement_id == before.agreement, a.state == before.state]
    same.append(a.refs.is_(None) if before.refs is None else a.refs == before.refs)
    return tx.change(s.agreements, same, _changing(after)) == 1


def agreement(db: Reader, agreement: AgreementId) -> AgreementRow | None:
    return db.row(sa.select(*_ROW).where(db.mine(s.agreements), a.agreement_id == agreement), _row)


def active_agreement(db: Reader, token: Token) -> AgreementRow | None:
    """The one by which that car pays."""
    query = sa.select(*_ROW).where(db.mine(s.agreements), a.token == token, sa.text("state = 'active'"))
    return db.row(query.limit(1), _row)


def open_agreements(db: Reader, limit: int = 200) -> list[AgreementRow]:
    """Those about which a provider has to be asked or told, oldest first."""
    query = sa.select(*_ROW).where(db.mine(s.agreements), sa.text("state IN ('pending', 'ending')"))
    return db.rows(query.order_by(a.made_at, a.agreement_id).limit(limit), _row)


def agreements(db: Reader, after: AgreementId | None = None, limit: int = 50) -> list[AgreementRow]:
    """Those that hold or may come to hold, newest first; `after` is the last one of the page before."""
    query = sa.select(*_ROW).where(db.mine(s.agreements), a.state.in_([AgreementState.PENDING, AgreementState.ACTIVE]))
    if after is not None:
        query = query.where(a.agreement_id < after)
    return db.rows(query.order_by(a.agreement_id.desc()).limit(limit), _row)


def _changing(row: AgreementRow) -> dict[str, Any]:
    return {
        "state": row.state,
        "signed_at": row.signed_at,
        "ended_at": row.ended_at,
        "token": row.token,
        "plate": row.plate,
        "refs": row.refs,
    }


def _row(*columns: Any) -> AgreementRow:
    agreement, lot, provider, merchant, state, minor, currency, *rest = columns
    return AgreementRow(agreement, lot, provider, merchant, state, Money(minor, currency), *rest)
