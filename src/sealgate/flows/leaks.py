"""Whoever finds a leak reaches somebody: a stranger's report, sealed to the organisation, its inbox, and a letter about it.

The surprising thing: the letter says that there is a report and nothing of it. What a stranger found may itself be a name.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import LeakId, TenantId
from sealgate.domain.leaks import LEAST, MOST, BadReport, LeakState, checked_words
from sealgate.domain.operators import Permission, Role, may
from sealgate.flows.kit import House, Signed, fingerprint, new_secret, organisation, seal, tenant_of, unseal
from sealgate.flows.signin import operator_contacts
from sealgate.ports import Letter, Unreachable
from sealgate.privacy import journal
from sealgate.store import accounts
from sealgate.store import leaks as rows
from sealgate.store.engine import Actor, Reader
from sealgate.store.leaks import LeakRow
from sealgate.vault.envelope import Place

log = logging.getLogger("sealgate.leaks")

STRANGER = Actor("system", "leak-report")
MOST_OPEN = 500
CLAIM, PAUSE, TRIES = timedelta(minutes=5), timedelta(minutes=2), 200
"""A letter that cannot be sent is tried for some seven hours."""


class TooManyReports(Refused):
    """More open reports than anybody reads; whoever floods it keeps others out for a while and finds nothing out."""

    code = "leak.too-many"
    status = 429


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reporter sees. `reference` is short, to be told on the telephone."""

    reference: str
    state: LeakState
    came_at: datetime
    changed_at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class LeakLine:
    report: LeakId
    reference: str
    state: LeakState
    came_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class LeakRecord:
    line: LeakLine
    words: str
    contact: str
    answer: str


def bring(house: House, organisation_name: str, words: str, contact: str) -> str:
    """Keep a stranger's report; the secret by which they see what becomes of it.

    It goes to the organisation of that name, else to the first: who brings it is not told which organisations there are.
    Raises `BadReport`, `TooManyReports`.
    """
    words, contact = checked_words(words, contact)
    tenants = house.store.tenants()
    if not tenants:
        raise NotFound("organisation")
    named = " ".join(organisation_name.split()).casefold()
    tenant = next((one.tenant for one in tenants if one.name.casefold() == named), tenants[0].tenant)
    secret, report, now = new_secret(tenant), LeakId(house.new_id()), house.clock.now()
    said = seal(house, tenant, organisation(), _place(tenant, "said", report), {"words": words, "contact": contact})
    with house.store.begin(tenant, STRANGER) as tx:
        if rows.count_open(tx) >= MOST_OPEN:
            raise TooManyReports
        rows.add_report(tx, LeakRow(report, LeakState.NEW, said, None, now, now), fingerprint(secret))
        journal.write(tx, house.keyring, now, "leak.reported", object=f"leak:{report}")
    house.wake()
    return secret


def standing(house: House, secret: str) -> Standing:
    """Raises `NotFound`."""
    tenant = tenant_of(secret)
    if tenant is None or tenant not in {one.tenant for one in house.store.tenants()}:
        raise NotFound("report")
    with house.store.read(tenant) as db:
        row = rows.report_by_hash(db, fingerprint(secret))
    return Standing(reference(row.report), row.state, row.came_at, row.changed_at, _answer(house, tenant, row))


def reference(report: LeakId) -> str:
    return report.hex[-8:].upper()


def inbox(house: House, signed: Signed) -> list[LeakLine]:
    signed.need(Permission.PRIVACY)
    with house.store.read(signed.tenant) as db:
        return [_line(row) for row in rows.reports(db)]


def read(house: House, signed: Signed, report: LeakId) -> LeakRecord:
    """Opening one is written in the journal. Raises `NotFound`."""
    signed.need(Permission.PRIVACY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.report(tx, report)
        journal.write(tx, house.keyring, house.clock.now(), "leak.read", object=f"leak:{report}")
    said = unseal(house, _place(signed.tenant, "said", report), row.said)
    return LeakRecord(_line(row), str(said["words"]), str(said["contact"]), _answer(house, signed.tenant, row))


def settle(house: House, signed: Signed, report: LeakId, state: str, answer: str) -> None:
    """Where it stands, and what the reporter is told. Raises `NotFound`, `BadReport`."""
    signed.need(Permission.PRIVACY)
    answer = answer.replace("\r\n", "\n").strip()
    if state not in set(LeakState) or len(answer) > MOST:
        raise BadReport("no such state, or too long an answer", field="answer")
    place = _place(signed.tenant, "answer", report)
    sealed = seal(house, signed.tenant, organisation(), place, {"words": answer}) if answer else None
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if not rows.settle(tx, report, LeakState(state), sealed, now):
            raise NotFound("report")
        journal.write(tx, house.keyring, now, "leak.settled", object=f"leak:{report}:{state}")


def tell_due(house: House, tenant: TenantId) -> int:
    """Write to whoever answers for privacy that a report is there; how many letters went."""
    if house.post is None:
        return 0
    now, sent = house.clock.now(), 0
    with house.store.read(tenant) as db:
        due = rows.untold(db, now, TRIES)
        to = _readers(house, db) if due else []
    for row in due:
        if not rows.claim(house.store, tenant, row.report, now, now + CLAIM):
            continue
        try:
            for name, address in to:
                house.post.send(_letter(house, row, name, address))
                sent += 1
            rows.told(house.store, tenant, row.report, now, now)
        except Unreachable as error:
            log.warning("nobody was told of the report %s: %s", row.report, error)
            rows.told(house.store, tenant, row.report, None, now + PAUSE)
    return sent


def _readers(house: House, db: Reader) -> list[tuple[str, str]]:
    contacts = operator_contacts(house, db)
    readers = [row.operator for row in accounts.operators(db) if may([Role(role) for role in row.roles], Permission.PRIVACY)]
    return [contacts[operator] for operator in readers if operator in contacts]


def _letter(house: House, row: LeakRow, name: str, address: str) -> Letter:
    link = f"{house.address}/leaks/{row.report}"
    text = (
        f"{name},\n\nsomebody reports a leak or a weakness (reference {reference(row.report)}).\n"
        f"What they say is sealed; read it here:\n{link}\n\n"
        f"有人报告了泄露或漏洞（编号 {reference(row.report)}）。内容已加密，请在以上链接查看。\n"
    )
    return Letter(f"{row.report}.{address.partition('@')[0]}", address, "A leak is reported / 收到泄露报告", text)


def _line(row: LeakRow) -> LeakLine:
    return LeakLine(row.report, reference(row.report), row.state, row.came_at, row.answer is not None)


def _answer(house: House, tenant: TenantId, row: LeakRow) -> str:
    if row.answer is None:
        return ""
    return str(unseal(house, _place(tenant, "answer", row.report), row.answer)["words"])


def _place(tenant: TenantId, column: str, report: LeakId) -> Place:
    return Place(tenant, "leak_reports", column, str(report))


__all__ = ["LEAST", "MOST", "bring", "inbox", "read", "settle", "standing", "tell_due"]
