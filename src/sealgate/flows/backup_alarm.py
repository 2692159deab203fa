"""The alarm that backups are late or behind: administrators get a letter, one a day for as long as it is so.

A letter is written down with its journal entry in one transaction and sent after it, so none is lost with a crash, and several
programs on one database write no more of them.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sealgate.backup.keeping import Look
from sealgate.domain.ids import OperatorId, TenantId
from sealgate.domain.operators import Role
from sealgate.flows.kit import House
from sealgate.flows.signin import operator_contacts
from sealgate.ports import Letter, Unreachable
from sealgate.privacy import journal
from sealgate.store import accounts
from sealgate.store import backup_letters as rows
from sealgate.store.engine import Actor, Reader

log = logging.getLogger("sealgate.letters")

CLAIM, TRIES = timedelta(minutes=2), 20


def tell(house: House, tenant: TenantId) -> int:
    """Write down the letters of today, where there is an alarm, and send what waits; how many went."""
    if house.post is None or house.backups is None:
        return 0
    if house.backups.look().alarm:
        _write_down(house, tenant)
    return _send_due(house, tenant)


def _write_down(house: House, tenant: TenantId) -> None:
    now = house.clock.now()
    with house.store.read(tenant) as db:
        told = rows.told_since(db, now)
        untold = [operator for operator in _administrators(db) if operator not in told]
    if not untold:
        return
    with house.store.begin(tenant, Actor("system", "letters")) as tx:
        rows.add(tx, untold, now.date(), now)
        journal.write(tx, house.keyring, now, "backup.late", object="letters")


def _administrators(db: Reader) -> list[OperatorId]:
    """Of the whole organisation: a backup is of all of it."""
    return [row.operator for row in accounts.operators(db) if row.disabled_at is None and Role.ADMINISTRATOR in row.roles]


def _send_due(house: House, tenant: TenantId) -> int:
    assert house.post is not None
    now, sent = house.clock.now(), 0
    with house.store.read(tenant) as db:
        due = rows.due(db, now)
        contacts = operator_contacts(house, db) if due else {}
    for row in due:
        with house.store.begin(tenant, Actor("system", "letters")) as tx:
            ours = rows.claim(tx, row, now, now + CLAIM)
        if ours:
            sent += _send(house, tenant, row, contacts.get(row.operator))
    return sent


def _send(house: House, tenant: TenantId, row: rows.BackupLetterRow, contact: tuple[str, str] | None) -> bool:
    assert house.post is not None
    assert house.backups is not None
    look, failed = house.backups.look(), ""
    if contact is None or not look.alarm:
        failed = "letter.over"
    else:
        try:
            house.post.send(written(house, row, contact[1], look))
        except Unreachable as error:
            log.warning("the letter about late backups was not sent: %s", error)
            if not error.permanent and row.tries + 1 < TRIES:
                return False
            failed = error.code
    with house.store.begin(tenant, Actor("system", "letters")) as tx:
        rows.settle(tx, row, house.clock.now(), failed)
    return not failed


def written(house: House, row: rows.BackupLetterRow, to: str, look: Look) -> Letter:
    """In both languages; where the backups lie stands in the console, not in a mailbox."""
    link = f"{house.address}/backups"
    last = f"{look.points[0].at:%Y-%m-%d %H:%M} UTC" if look.points else "-"
    since = f"{look.standing.since:%Y-%m-%d %H:%M} UTC"
    english = f"The last backup is older than it may be (made {last})." if look.late else f"The backup is behind since {since}."
    chinese = f"最近一次备份已超过允许的时间（{last}）。" if look.late else f"自 {since} 起备份落后。"
    text = f"{english}\nHow it stands: {link}\n\n{chinese}\n当前状况：{link}\n"
    return Letter(f"backup.{row.day}.{row.operator}", to, "Sealgate: backups need somebody / 备份需要处理", text)
