"""What people agreed to. A consent is never changed, only withdrawn; a new one is a new row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sealgate.domain.ids import ConsentId, PersonId
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """`given_by` is a word or an identity, never a name: who a guardian is lies in the sealed `details`."""

    consent: ConsentId
    person: PersonId
    purpose: str
    notice_version: str
    given_at: datetime
    withdrawn_at: datetime | None
    given_by: str
    details: Sealed | None = None


k = s.consents.c
_CONSENT = (k.consent_id, k.person_id, k.purpose, k.notice_version, k.given_at, k.withdrawn_at, k.given_by, k.details)


def add_consent(tx: Tx, row: ConsentRow) -> None:
    values = {
        "consent_id": row.consent,
        "person_id": row.person,
        "purpose": row.purpose,
        "notice_version": row.notice_version,
        "given_at": row.given_at,
        "withdrawn_at": row.withdrawn_at,
        "given_by": row.given_by,
        "details": row.details,
    }
    tx.add(s.consents, values)


def consents_of(db: Reader, person: PersonId) -> list[ConsentRow]:
    """Withdrawn ones too; oldest first."""
    query = sa.select(*_CONSENT).where(db.mine(s.consents), k.person_id == person)
    return db.rows(query.order_by(k.given_at, k.consent_id), ConsentRow)


def has_consent(db: Reader, person: PersonId, purpose: str) -> bool:
    return bool(consented_of(db, [person], purpose))


def consented_of(db: Reader, people: Sequence[PersonId], purpose: str) -> frozenset[PersonId]:
    """Which of these people have a consent to that, not withdrawn."""
    query = sa.select(k.person_id).where(db.mine(s.consents), k.person_id.in_(people), k.purpose == purpose)
    return frozenset(db.sql.execute(query.where(k.withdrawn_at.is_(None))).scalars())


def count_consented(db: Reader, purpose: str) -> int:
    """How many people have a consent to that, not withdrawn."""
    query = sa.select(sa.func.count(sa.distinct(k.person_id))).where(db.mine(s.consents), k.purpose == purpose)
    return int(db.sql.execute(query.where(k.withdrawn_at.is_(None))).scalar_one())


def withdraw_consent(tx: Tx, consent: ConsentId, at: datetime) -> PersonId | None:
    """Whose consent it was; None if it was withdrawn already, or never was."""
    if tx.change(s.consents, [k.consent_id == consent, k.withdrawn_at.is_(None)], {"withdrawn_at": at}) != 1:
        return None
    return tx.row(sa.select(k.person_id).where(tx.mine(s.consents), k.consent_id == consent), PersonId)
