"""The rows of the use of faces: what a site wrote, its assessments, the filing, and how many people have a face in store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.face_use import Assessment
from sealgate.domain.ids import CredentialId, OperatorId, SiteId
from sealgate.domain.sightings import Means
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


@dataclass(frozen=True, slots=True)
class UseRow:
    """`due_since`: when the facts were found to be others than those assessed. `stopped_at`: faces are off again."""

    site: SiteId
    purpose: str
    necessity: str
    written_by: OperatorId | None = None
    written_at: datetime | None = None
    due_since: datetime | None = None
    stopped_at: datetime | None = None


u, a, f, c = s.face_uses.c, s.face_assessments.c, s.face_filings.c, s.credentials.c
_USE = (u.site_id, u.purpose, u.necessity, u.written_by, u.written_at, u.due_since, u.stopped_at)
_ASSESSMENT = (a.assessment_id, a.site_id, a.made_at, a.facts, a.digest, a.risks, a.replaced_at)


def use(db: Reader, site: SiteId) -> UseRow | None:
    return db.row(sa.select(*_USE).where(db.mine(s.face_uses), u.site_id == site), UseRow)


def sites_due(db: Reader) -> frozenset[SiteId]:
    """Sites whose assessment was found to be due."""
    query = sa.select(u.site_id).where(db.mine(s.face_uses), u.due_since.is_not(None), u.stopped_at.is_(None))
    return frozenset(db.sql.execute(query).scalars())


def put_use(tx: Tx, row: UseRow) -> None:
    values = {"site_id": row.site, "purpose": row.purpose, "necessity": row.necessity, "written_by": row.written_by}
    values |= {"written_at": row.written_at, "due_since": row.due_since, "stopped_at": row.stopped_at}
    tx.put(s.face_uses, [values])


def set_due(tx: Tx, site: SiteId, since: datetime | None) -> None:
    tx.change(s.face_uses, [u.site_id == site], {"due_since": since})


def add_assessment(tx: Tx, made: Assessment, by: OperatorId) -> None:
    """The one before is replaced from that moment on."""
    tx.change(s.face_assessments, [a.site_id == made.site, a.replaced_at.is_(None)], {"replaced_at": made.made_at})
    values = {"assessment_id": made.assessment, "site_id": made.site, "made_at": made.made_at, "made_by": by}
    tx.add(s.face_assessments, {**values, "facts": dict(made.facts), "digest": made.digest, "risks": made.risks})


def end_assessments(tx: Tx, site: SiteId, at: datetime) -> None:
    tx.change(s.face_assessments, [a.site_id == site, a.replaced_at.is_(None)], {"replaced_at": at})


def assessments(db: Reader, site: SiteId) -> list[Assessment]:
    """Newest first."""
    query = sa.select(*_ASSESSMENT).where(db.mine(s.face_assessments), a.site_id == site)
    return db.rows(query.order_by(a.made_at.desc(), a.assessment_id.desc()), Assessment)


def remove_assessments(tx: Tx, before: datetime) -> int:
    """Those that were replaced before that instant."""
    return tx.remove(s.face_assessments, [a.replaced_at < before])


def count_people(db: Reader, site: SiteId | None = None) -> int:
    """How many people have a face template in store, of one site or of all."""
    live = [c.means == Means.FACE, c.ended_at.is_(None), *([c.site_id == site] if site else [])]
    query = sa.select(sa.func.count(sa.distinct(c.person_id))).where(db.mine(s.credentials), *live)
    return int(db.sql.execute(query).scalar_one())


def templates(db: Reader, site: SiteId) -> list[CredentialId]:
    """Of everybody enrolled by face at that site."""
    query = sa.select(c.credential_id).where(db.mine(s.credentials), c.means == Means.FACE, c.ended_at.is_(None))
    return [CredentialId(name) for name in db.sql.execute(query.where(c.site_id == site)).scalars()]


def filing(db: Reader) -> tuple[datetime | None, date | None, str | None]:
    """When the count was reached, when it was filed and under which number."""
    found = db.sql.execute(sa.select(f.reached_at, f.filed_on, f.number).where(db.mine(s.face_filings))).first()
    return (None, None, None) if found is None else tuple(found)


def put_filing(tx: Tx, reached_at: datetime | None, filed_on: date | None, number: str | None) -> None:
    values: dict[str, Any] = {"reached_at": reached_at, "filed_on": filed_on, "number": number}
    tx.put(s.face_filings, [values])
