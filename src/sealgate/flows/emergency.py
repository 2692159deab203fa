"""Rights taken in an emergency: for an hour, with a reason, under an alarm, and with a report of all that was done.

Whoever is signed in may take them, because an emergency does not wait for whoever gives roles. What keeps it honest is that
nobody can do it quietly: the privacy officer and the administrators are written to at once, every page of the console says it
in red, and the journal has it before the first right is in force.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.errors import Conflict, Forbidden, Invalid, NotFound
from sealgate.domain.ids import GlassId, OperatorId, TenantId
from sealgate.domain.operators import Permission, Role
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.flows.signin import operator_contacts, operator_names
from sealgate.ports import Letter, Unreachable
from sealgate.privacy import journal
from sealgate.store import accounts
from sealgate.store import oversight as rows
from sealgate.store.engine import Actor, Reader
from sealgate.store.faults import AlreadyThere
from sealgate.vault.envelope import Place

log = logging.getLogger("sealgate.letters")

LASTS = timedelta(minutes=60)
SHORTEST_WHY, LONGEST_WHY = 10, 300
MOST_LINES = 2000
CLAIM, TRIES = timedelta(minutes=2), 20
TOLD = frozenset({Role.PRIVACY, Role.ADMINISTRATOR})


class EmergencyRuns(Conflict):
    """This operator has taken the rights already."""

    code = "emergency.runs"


class EmergencyOver(Conflict):
    """Somebody was first, or the hour is over."""

    code = "emergency.over"


class NeedsReason(Invalid):
    code = "emergency.no-reason"


@dataclass(frozen=True, slots=True)
class Emergency:
    """`ended_at` None while it runs."""

    glass: GlassId
    operator: OperatorId
    name: str
    reason: str
    begun_at: datetime
    until: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deed:
    at: datetime
    action: str
    object: str


@dataclass(frozen=True, slots=True)
class Report:
    """`whole` False: there is more than is shown."""

    emergency: Emergency
    deeds: tuple[Deed, ...]
    whole: bool


def take(house: House, signed: Signed, reason: str) -> GlassId:
    """In force from the next request on. Raises `NeedsReason`, `EmergencyRuns`, `Forbidden` without the second factor."""
    if signed.must_add_factor:
        raise Forbidden("emergency")
    words = " ".join(reason.split())
    if not SHORTEST_WHY <= len(words) <= LONGEST_WHY:
        raise NeedsReason("say what happened", field="reason")
    glass, now = GlassId(house.new_id()), house.clock.now()
    with house.store.begin(signed.tenant, signed.actor) as tx:
        for row in rows.open_glasses(tx):  # one whose hour is over, and the clock has not come by yet
            if row.operator == signed.operator and row.until <= now:
                rows.end_glass(tx, row.glass, row.until)
        sealed = seal(house, tx.tenant, organisation(), _place(tx.tenant, glass), {"words": words})
        try:
            rows.add_glass(tx, rows.GlassRow(glass, signed.operator, sealed, now, now + LASTS))
        except AlreadyThere as error:
            raise EmergencyRuns("it runs already") from error
        if house.post is not None:
            for operator in _told(tx, signed.operator):
                rows.add_letter(tx, house.new_id(), operator, glass, now)
        journal.write(tx, house.keyring, now, "emergency.begun", object=f"glass:{glass}", purpose=words)
        tx.after_commit(house.wake)
    return glass


def end(house: House, signed: Signed, glass: GlassId) -> None:
    """By whoever took it, an administrator or the privacy officer. Raises `EmergencyOver`, `NotFound`."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, now = _seen(tx, signed, glass), house.clock.now()
        if row.until <= now or not rows.end_glass(tx, glass, now):
            raise EmergencyOver("it has ended")
        journal.write(tx, house.keyring, now, "emergency.ended", object=f"glass:{glass}")


def end_over(house: House, tenant: TenantId) -> int:
    """Write down the end of those whose hour is over; how many. In force they are no longer anyway."""
    now = house.clock.now()
    with house.store.read(tenant) as db:
        over = [row.glass for row in rows.open_glasses(db) if row.until <= now]
    ended = 0
    for glass in over:
        with house.store.begin(tenant, Actor("system", "clock")) as tx:
            row = rows.glass(tx, glass)
            if row is not None and rows.end_glass(tx, glass, row.until):
                ended += 1
            journal.write(tx, house.keyring, now, "emergency.over", object=f"glass:{glass}")
    return ended


def running(house: House, tenant: TenantId) -> list[Emergency]:
    """What every page of the console says in red."""
    now = house.clock.now()
    with house.store.read(tenant) as db:
        found = [row for row in rows.open_glasses(db) if row.until > now]
        if not found:
            return []
        names = operator_names(house, db)
        return [_emergency(house, db, row, names) for row in found]


def listed(house: House, signed: Signed) -> list[Emergency]:
    """The newest first: all of them for who reads the journal, one's own for everybody else."""
    with house.store.read(signed.tenant) as db:
        names = operator_names(house, db)
        sees_all = _oversees(signed)
        return [_emergency(house, db, row, names) for row in rows.glasses(db) if sees_all or row.operator == signed.operator]


def report(house: House, signed: Signed, glass: GlassId) -> Report:
    """Everything that operator did while it ran, from the journal. Raises `NotFound`."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, now = _seen(tx, signed, glass), house.clock.now()
        until = min(row.ended_at or now, row.until, now)
        found = rows.done_by(tx, row.operator, row.begun_at, until, MOST_LINES + 1)
        emergency = _emergency(house, tx, row, operator_names(house, tx))
        journal.write(tx, house.keyring, now, "emergency.report", object=f"glass:{glass}")
    deeds = tuple(Deed(entry.at, entry.action, entry.object) for entry in found[:MOST_LINES])
    return Report(emergency, deeds, whole=len(found) <= MOST_LINES)


def send_due(house: House, tenant: TenantId) -> int:
    """Send the alarms that wait; how many went."""
    if house.post is None:
        return 0
    now, sent = house.clock.now(), 0
    with house.store.read(tenant) as db:
        due = rows.due_letters(db, now)
    for row in due:
        with house.store.begin(tenant, Actor("system", "letters")) as tx:
            ours = rows.claim_letter(tx, row.letter, now, now + CLAIM)
        sent += ours and _send(house, tenant, row)
    return sent


def _send(house: House, tenant: TenantId, row: rows.AlarmRow) -> bool:
    assert house.post is not None
    with house.store.read(tenant) as db:
        contact = operator_contacts(house, db).get(row.operator)
        glass = rows.glass(db, row.glass)
    failed = ""
    if contact is None or glass is None:
        failed = "letter.over"
    else:
        try:
            house.post.send(written(house, row, contact[1], glass))
        except Unreachable as error:
            log.warning("alarm %s not sent: %s", row.letter, error)
            if not error.permanent and row.tries + 1 < TRIES:
                return False
            failed = error.code
    with house.store.begin(tenant, Actor("system", "letters")) as tx:
        if failed:
            rows.letter_failed(tx, row.letter, failed)
        else:
            rows.letter_sent(tx, row.letter, house.clock.now())
    return not failed


def written(house: House, row: rows.AlarmRow, to: str, glass: rows.GlassRow) -> Letter:
    """In both languages; who it was and why stands in the console, not in a mailbox."""
    span = f"{glass.begun_at:%Y-%m-%d %H:%M} - {glass.until:%H:%M} UTC"
    link = f"{house.address}/emergency/{glass.glass}"
    text = (
        f"An operator has taken emergency rights ({span}).\nWho, why and what was done: {link}\n\n"
        f"有操作员启用了应急权限({span})。\n何人、何故、做了什么:{link}\n"
    )
    return Letter(str(row.letter), to, "Sealgate: emergency rights taken / 应急权限已启用", text)


def _told(db: Reader, besides: OperatorId) -> list[OperatorId]:
    """Administrators and privacy officers, whoever took the rights last of all: alone they are told all the same."""
    known = [row.operator for row in accounts.operators(db) if row.disabled_at is None and TOLD & {Role(r) for r in row.roles}]
    return [operator for operator in known if operator != besides] or known


def _oversees(signed: Signed) -> bool:
    return any(map(signed.may_everywhere, (Permission.SEE_JOURNAL, Permission.MANAGE_OPERATORS)))


def _seen(db: Reader, signed: Signed, glass: GlassId) -> rows.GlassRow:
    row = rows.glass(db, glass)
    if row is None or (row.operator != signed.operator and not _oversees(signed)):
        raise NotFound("emergency")
    return row


def _emergency(house: House, db: Reader, row: rows.GlassRow, names: dict[str, str]) -> Emergency:
    reason = str(unseal(house, _place(db.tenant, row.glass), row.reason)["words"])
    over = row.ended_at or (row.until if row.until <= house.clock.now() else None)
    return Emergency(row.glass, row.operator, names.get(str(row.operator), ""), reason, row.begun_at, row.until, over)


def _place(tenant: TenantId, glass: GlassId) -> Place:
    return Place(tenant, "break_glass", "reason", str(glass))
