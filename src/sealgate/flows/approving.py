"""Two people for what one could do too much with: one asks with a reason, another agrees, the first takes it once.

The surprising thing: whether two are needed is asked again in the transaction that takes the thing. Nothing is agreed to by
having been looked at, and an agreement that two requests want at once is one's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sealgate.domain.approvals import NEEDS, Kind, may_agree
from sealgate.domain.errors import Conflict, Forbidden, NotFound
from sealgate.domain.ids import ApprovalId, OperatorId, PersonId, SiteId
from sealgate.domain.operators import Role
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.flows.people import checked_purpose, names_of
from sealgate.flows.signin import operator_names
from sealgate.privacy import journal
from sealgate.store import accounts, places
from sealgate.store import oversight as rows
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

MOST_OPEN = 20


class NeedsSecond(Conflict):
    """Too much for one: somebody else has to agree first. No 403: this operator may, once there are two."""

    code = "approval.needed"
    hint = "Ask for approval on the page of that file, and take it once somebody has agreed"


class ApprovalOver(Conflict):
    """Somebody has decided, or its time is over."""

    code = "approval.over"


class OwnApproval(Conflict):
    """Nobody agrees to what they asked for themselves."""

    code = "approval.own"
    hint = "Ask somebody else"


class AskedAlready(Conflict):
    code = "approval.asked-already"


class TooManyAsked(Conflict):
    code = "approval.too-many"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`thing` names in ids exactly what is to be taken; `person` is whom it is about, where it is one."""

    kind: Kind
    thing: str
    rows: int
    site: SiteId | None = None
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """`site` and `about` are names, empty where it is of no site or of nobody in particular; `reason` as it was given."""

    approval: ApprovalId
    kind: Kind
    thing: str
    rows: int
    site: str
    about: str
    reason: str
    by: str
    asked_at: datetime
    until: datetime
    decided_by: str
    approved: bool | None
    used: bool
    over: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether `needed`, and the newest of what this operator asked for that still counts."""

    needed: bool
    asked: Approval | None = None

    @property
    def ready(self) -> bool:
        """It can be taken now."""
        return not self.needed or (self.asked is not None and self.asked.approved is True)


def in_force(house: House, db: Reader, signed: Signed, wanted: Wanted) -> bool:
    """Whether this takes two: much enough, asked by an operator, and somebody else could agree."""
    if not house.eyes.watches(wanted.kind, wanted.rows):
        return False
    known = [row for row in accounts.operators(db) if row.disabled_at is None]
    asks = any(row.operator == signed.operator for row in known)  # whoever runs the installation is no operator
    return asks and any(row.operator != signed.operator and _could(row, wanted) for row in known)


def standing(house: House, signed: Signed, wanted: Wanted) -> Standing:
    """For the page on which it is asked for and taken."""
    with house.store.read(signed.tenant) as db:
        if not in_force(house, db, signed, wanted):
            return Standing(needed=False)
        now = house.clock.now()
        found = [row for row in rows.approvals_of(db, signed.operator) if _same(row, wanted) and _counts(row, now)]
        return Standing(True, _told(house, db, found[:1])[0] if found else None)


def ask(house: House, signed: Signed, wanted: Wanted, purpose: str) -> ApprovalId:
    """Whoever may take it asks. Raises `PurposeNeeded`, `AskedAlready`, `TooManyAsked`, `Forbidden`."""
    signed.at(wanted.site).need(NEEDS[wanted.kind])
    words, approval = checked_purpose(purpose), ApprovalId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        still = [row for row in rows.approvals_of(tx, signed.operator, MOST_OPEN * 2) if _counts(row, now)]
        if any(_same(row, wanted) for row in still):
            raise AskedAlready("it was asked for")
        if len(still) >= MOST_OPEN:
            raise TooManyAsked("too much is asked for at once")
        sealed = seal(house, tx.tenant, organisation(), _place(tx, approval), {"words": words})
        row = rows.ApprovalRow(
            approval, wanted.kind, wanted.thing, wanted.rows, wanted.site, sealed, signed.operator, now, now + house.eyes.lasts
        )
        rows.add_approval(tx, row)
        _write(house, tx, "approval.asked", row, words)
        tx.after_commit(house.wake)
    return approval


def decide(house: House, signed: Signed, approval: ApprovalId, *, approved: bool) -> None:
    """By somebody else who could take it, or the privacy officer. Raises `OwnApproval`, `ApprovalOver`, `NotFound`."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, now = rows.approval(tx, approval), house.clock.now()
        if row is None:
            raise NotFound("approval")
        if row.asked_by == signed.operator:
            raise OwnApproval("it is your own")
        if not _may_agree(signed, row):
            raise NotFound("approval") if not signed.must_add_factor else Forbidden("approval")
        if not rows.decide(tx, approval, signed.operator, now, approved=approved, until=now + house.eyes.lasts):
            raise ApprovalOver("it is decided, or over")
        _write(house, tx, "approval.given" if approved else "approval.refused", row)
        tx.after_commit(house.wake)


def cleared(house: House, tx: Tx, signed: Signed, wanted: Wanted, purpose: str) -> str:
    """The purpose for the journal, once nothing stands in the way; an agreement is used up in this transaction.

    Raises `PurposeNeeded`, `NeedsSecond`.
    """
    words = checked_purpose(purpose)
    if not in_force(house, tx, signed, wanted):
        return words
    used = rows.use(tx, signed.operator, wanted.kind, wanted.thing, wanted.rows, house.clock.now())
    if used is None:
        raise NeedsSecond("somebody else has to agree")
    row = rows.approval(tx, used)
    assert row is not None
    _write(house, tx, "approval.used", row, words)
    return words


def waiting(house: House, signed: Signed) -> int:
    """How much waits for this operator's answer: the figure beside the navigation."""
    with house.store.read(signed.tenant) as db:
        return sum(_for_me(signed, row) for row in rows.open_approvals(db, house.clock.now()))


def inbox(house: House, signed: Signed) -> list[Approval]:
    """What waits for this operator, the oldest first. Who asks and about whom is opened, so it is journaled."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = [row for row in rows.open_approvals(tx, house.clock.now()) if _for_me(signed, row)]
        journal.write(tx, house.keyring, house.clock.now(), "approvals.listed", object=f"approvals:{len(found)}")
        return _told(house, tx, found)


def own(house: House, signed: Signed) -> list[Approval]:
    """What this operator asked for, the newest first."""
    with house.store.read(signed.tenant) as db:
        return _told(house, db, rows.approvals_of(db, signed.operator))


def decided(house: House, signed: Signed) -> list[Approval]:
    """What this operator answered, the newest first."""
    with house.store.read(signed.tenant) as db:
        return _told(house, db, rows.approvals_by(db, signed.operator))


def _for_me(signed: Signed, row: rows.ApprovalRow) -> bool:
    return row.asked_by != signed.operator and _may_agree(signed, row)


def _may_agree(signed: Signed, row: rows.ApprovalRow) -> bool:
    return not signed.must_add_factor and may_agree(signed.at(row.site).in_force, signed.roles, Kind(row.kind))


def _could(row: accounts.OperatorRow, wanted: Wanted) -> bool:
    everywhere = _roles(row.roles)
    here = everywhere | _roles(role for site, role in row.site_roles if site == wanted.site)
    return may_agree(here, everywhere, wanted.kind)


def _roles(words: Iterable[str]) -> frozenset[Role]:
    known = set(Role)
    return frozenset(Role(word) for word in words if word in known)


def _same(row: rows.ApprovalRow, wanted: Wanted) -> bool:
    return (row.kind, row.thing) == (wanted.kind, wanted.thing)


def _counts(row: rows.ApprovalRow, now: datetime) -> bool:
    """Asked or agreed to, and neither used nor over."""
    return row.until > now and row.used_at is None and row.approved is not False


def _write(house: House, tx: Tx, action: str, row: rows.ApprovalRow, purpose: str = "") -> None:
    told = f"approval:{row.approval}:{row.kind}:{row.thing}:{row.row_count}"
    journal.write(tx, house.keyring, house.clock.now(), action, about=_person(row), object=told, purpose=purpose)


def _person(row: rows.ApprovalRow) -> PersonId | None:
    """Whom it is about: `person:<id>` is how such a thing is named."""
    word, _, name = row.thing.partition(":")
    return PersonId(UUID(name)) if word == "person" else None


def _told(house: House, db: Reader, found: list[rows.ApprovalRow]) -> list[Approval]:
    if not found:
        return []
    names, now = operator_names(house, db), house.clock.now()
    sites = {site.site: site.name for site in places.sites(db)}
    about = names_of(house, db, [person for row in found if (person := _person(row)) is not None])
    return [
        Approval(
            approval=row.approval,
            kind=Kind(row.kind),
            thing=row.thing,
            rows=row.row_count,
            site=sites.get(row.site, "") if row.site else "",
            about=about.get(person, "") if (person := _person(row)) else "",
            reason=str(unseal(house, _place(db, row.approval), row.reason)["words"]),
            by=_name(names, row.asked_by),
            asked_at=row.asked_at,
            until=row.until,
            decided_by=_name(names, row.decided_by),
            approved=row.approved,
            used=row.used_at is not None,
            over=row.used_at is None and row.until <= now,
        )
        for row in found
    ]


def _name(names: dict[str, str], operator: OperatorId | None) -> str:
    return names.get(str(operator), "") if operator else ""


def _place(db: Reader, approval: ApprovalId) -> Place:
    return Place(db.tenant, "approvals", "reason", str(approval))
