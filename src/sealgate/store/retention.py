"""What is kept no longer goes: one function for each kind of thing, each answering how many rows it was.

Bills and their stays stay as bare numbers, as long as accounts do; what said whose car it was is blanked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.ids import CredentialId, PassageId, PersonId, SiteId
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallState
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx


def times(db: Reader) -> dict[str, Any] | None:
    """What the organisation chose; None where it never did."""
    found: dict[str, Any] | None = db.sql.execute(
        sa.select(s.retention.c.times).where(db.mine(s.retention))
    ).scalar_one_or_none()
    return found


def set_times(tx: Tx, chosen: dict[str, int], at: datetime) -> None:
    tx.put(s.retention, [{"times": chosen, "changed_at": at}])


def days_held(db: Reader, site: SiteId) -> set[int]:
    """Days on which a car came that still stands there: what is sealed of it is needed."""
    t = s.stays.c
    query = sa.select(t.day).where(db.mine(s.stays), t.site_id == site, t.state != StayState.CLOSED).distinct()
    return {day for (day,) in db.sql.execute(query)}


def days_of_passages(db: Reader, before: int) -> list[int]:
    """Local days before that one on which there are passages, oldest first."""
    t = s.passages.c
    query = sa.select(t.day).where(db.mine(s.passages), t.day < before).distinct().order_by(t.day)
    return [day for (day,) in db.sql.execute(query)]


def remove_day(tx: Tx, day: int, but: Collection[PassageId] = (), sites: Collection[SiteId] = ()) -> int:
    """The passages of that day and all that hangs on them, `but` some passages, and all of `sites`."""
    p = s.passages.c
    gone = [p.day == day, *([p.id.not_in(sorted(but))] if but else []), *([p.site_id.not_in(sorted(sites))] if sites else [])]
    ids = sa.select(p.id).where(tx.mine(s.passages), *gone)
    for table in (s.latch_answers, s.unseen):
        tx.remove(table, [table.c.passage_id.in_(ids)])
    for table in (s.readings, s.replays) if not sites else ():
        tx.remove(table, [table.c.day == day])
    return tx.remove(s.passages, gone)


def details_of_day(db: Reader, site: SiteId, day: int) -> list[tuple[PassageId, Sealed | None]]:
    """What is sealed of each passage of one site and local day."""
    p = s.passages.c
    return db.rows(sa.select(p.id, p.detail).where(db.mine(s.passages), p.site_id == site, p.day == day), lambda *row: row)


def pictures_of(
    db: Reader, before: int, held: Collection[int], after: tuple[int, UUID] | None = None
) -> list[tuple[int, UUID]]:
    """Some pictures of days before that one, but of those that are held; by day and name, from behind `after`."""
    p = s.pictures.c
    query = sa.select(p.day, p.picture_id).where(db.mine(s.pictures), p.day < before, p.day.not_in(sorted(held)))
    if after is not None:
        query = query.where(sa.or_(p.day > after[0], sa.and_(p.day == after[0], p.picture_id > after[1])))
    return db.rows(query.order_by(p.day, p.picture_id).limit(2_000), lambda *row: row)


def remove_pictures(tx: Tx, names: Sequence[UUID]) -> int:
    return tx.remove(s.pictures, [s.pictures.c.picture_id.in_(names)])


def blank_stays(tx: Tx, before: datetime) -> int:
    """Stays that were over before that instant: when and for how much remains, whose car it was does not."""
    t, i, c = s.stays.c, s.invoice_requests.c, s.calls.c
    gone = {"token": None, "ticket_hash": None, "seen": None, "seen_leaving": None, "permit_id": None, "reservation_id": None}
    over = [t.state == StayState.CLOSED, t.closed_at < before]
    full = sa.or_(t.seen.is_not(None), t.seen_leaving.is_not(None), t.ticket_hash.is_not(None), t.permit_id.is_not(None))
    blanked = tx.change(s.stays, [*over, full], gone)
    stays = sa.select(t.stay_id).where(tx.mine(s.stays), *over)
    removed = tx.remove(s.invoice_requests, [i.asked_at < before, i.stay_id.in_(stays)])
    told = [c.state == CallState.DONE, c.at < before, sa.or_(c.detail.is_not(None), c.claimed_by.is_not(None))]
    return blanked + removed + tx.change(s.calls, told, {"detail": None, "token": None, "claimed_by": None})


def remove_papers(tx: Tx, before: datetime, but: Collection[PersonId] = ()) -> int:
    """Permits, bans, reservations and coupons that ended before that instant; no permit of those in `but`."""
    p, b, r, v = s.permits.c, s.bans.c, s.reservations.c, s.validations.c
    over = sa.and_(
        sa.or_(p.ended_at < before, p.until < before), sa.or_(p.person_id.is_(None), p.person_id.not_in(sorted(but)))
    )
    ended = sa.select(p.permit_id).where(tx.mine(s.permits), over)
    tx.remove(s.permit_plates, [s.permit_plates.c.permit_id.in_(ended)])
    return (
        tx.remove(s.permits, [over])
        + tx.remove(s.bans, [sa.or_(b.lifted_at < before, b.until < before)])
        + tx.remove(s.reservations, [sa.or_(r.cancelled_at < before, r.until < before)])
        + tx.remove(s.validations, [v.expires_at < before])
        + tx.remove(s.visit_blocks, [sa.or_(s.visit_blocks.c.lifted_at < before, s.visit_blocks.c.until < before)])
    )


def ended_credentials(db: Reader, now: datetime, limit: int = 2_000) -> list[CredentialId]:
    """Ways in whose last day is over, and of which something is still kept."""
    c = s.credentials.c
    kept = sa.or_(sa.func.length(c.secret) > 0, c.token.is_not(None))
    query = sa.select(c.credential_id).where(db.mine(s.credentials), c.until < now, kept).limit(limit)
    return [CredentialId(name) for (name,) in db.sql.execute(query)]


def remove_hours(tx: Tx, before: date, but: Collection[PersonId] = ()) -> int:
    """What was written of days before that one: records, leave, derived months, rosters that ended; nothing of `but`."""
    over = (
        (s.hour_records, s.hour_records.c.day < before),
        (s.leaves, s.leaves.c.last < before),
        (s.leave_grants, s.leave_grants.c.day < before),
        (s.work_months, s.work_months.c.month < before.replace(day=1)),
        (s.roster_days, s.roster_days.c.day < before),
        (s.rosters, s.rosters.c.until < before),
    )
    return sum(tx.remove(table, [old, table.c.person_id.not_in(sorted(but))]) for table, old in over)


def remove_accounts(tx: Tx, before: datetime) -> int:
    """Payments begun before that instant with their refunds, the bills and stays of that time, and settled differences."""
    p, r, b, t, d = s.payments.c, s.refunds.c, s.bills.c, s.stays.c, s.differences.c
    old = sa.select(p.payment_id).where(tx.mine(s.payments), p.started_at < before)
    count = tx.remove(s.refunds, [r.payment_id.in_(old)])
    count += tx.remove(s.payments, [p.started_at < before])
    count += tx.remove(s.account_entries, [s.account_entries.c.at < before, s.account_entries.c.statement_id.is_not(None)])
    count += tx.remove(s.statements, [s.statements.c.made_at < before, s.statements.c.paid_at.is_not(None)])
    count += tx.remove(s.bills, [b.at < before])
    over = sa.select(t.stay_id).where(tx.mine(s.stays), t.state == StayState.CLOSED, t.closed_at < before)
    tx.remove(s.stay_validations, [s.stay_validations.c.stay_id.in_(over)])
    count += tx.remove(s.stays, [t.state == StayState.CLOSED, t.closed_at < before])
    tx.change(s.agreements, [s.agreements.c.ended_at < before, s.agreements.c.proof.is_not(None)], {"proof": None})
    return count + tx.remove(s.differences, [d.found_at < before])


def remove_expired(tx: Tx, now: datetime, imports_before: datetime) -> int:
    """Sessions and links whose time is over, and files of people that nobody enrolled."""
    tables = (s.sessions, s.setup_links, s.own_links, s.own_sessions)
    count = sum(tx.remove(table, [table.c.expires_at < now]) for table in tables)
    return count + tx.remove(s.imports, [s.imports.c.made_at < imports_before])


def remove_published(tx: Tx, before: datetime) -> int:
    """Facts that were published long ago."""
    return tx.remove(s.outbox, [s.outbox.c.published_at < before])


def oldest(db: Reader) -> dict[str, int | None]:
    """The oldest day of passages and of pictures that there is."""
    one = {"passages": sa.func.min(s.passages.c.day), "pictures": sa.func.min(s.pictures.c.day)}
    return {
        name: db.sql.execute(sa.select(least).where(db.mine(getattr(s, name)))).scalar_one_or_none()
        for name, least in one.items()
    }
