"""The block list: who is not let in as a visitor, why and until when. A visitor is never told; operators are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sealgate.domain.errors import NotFound
from sealgate.domain.ids import TenantId, VisitBlockId
from sealgate.domain.operators import Permission
from sealgate.domain.people import Profile, name_key
from sealgate.domain.residentid import ResidentId
from sealgate.domain.visits import checked_words
from sealgate.domain.visits_blocks import BlockKind, Known, Verdict, checked_end, digits, known, verdict
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import visits
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place


@dataclass(frozen=True, slots=True)
class BlockLine:
    block: VisitBlockId
    kind: BlockKind
    reason: str
    added_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """What the block list says of somebody, and why: the reasons are for operators."""

    verdict: Verdict
    reasons: tuple[BlockLine, ...] = ()


def block(house: House, signed: Signed, kind: BlockKind, value: str, reason: str, until: datetime, today: date) -> VisitBlockId:
    """Raises `BadBlock`, `BadWords`, and what is wrong with the value."""
    signed.need(Permission.VISITS)
    words = checked_words(reason, "reason", 300, needed=True)
    now = house.clock.now()
    checked_end(until, now)
    block_id = VisitBlockId(house.new_id())
    row = visits.BlockRow(
        block=block_id,
        kind=kind,
        token=_token(house, signed.tenant, known(kind, value, today)),
        reason=seal(house, signed.tenant, organisation(), _place(signed.tenant, block_id), {"reason": words}),
        added_at=now,
        until=until,
    )
    with house.store.begin(signed.tenant, signed.actor) as tx:
        visits.add_block(tx, row)
        journal.write(tx, house.keyring, now, "visitor.blocked", object=f"block:{block_id}", purpose=words)
    return block_id


def lift(house: House, signed: Signed, block_id: VisitBlockId) -> None:
    signed.need(Permission.VISITS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if not visits.lift_block(tx, block_id, now):
            raise NotFound("block")
        journal.write(tx, house.keyring, now, "visitor.unblocked", object=f"block:{block_id}")


def listed(house: House, signed: Signed) -> list[BlockLine]:
    signed.need(Permission.VISITS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows = visits.blocks(tx, house.clock.now())
        journal.write(tx, house.keyring, house.clock.now(), "block-list.opened", object=f"blocks:{len(rows)}")
        return [_line(house, tx, row) for row in rows]


def hit(house: House, db: Reader, profile: Profile, id_number: ResidentId | None = None) -> Hit:
    """Whether somebody with this name, these addresses and this number is on the list now."""
    asked = [Known(BlockKind.NAME, name_key(profile.name))]
    if profile.email:
        asked.append(Known(BlockKind.EMAIL, profile.email.casefold()))
    if profile.phone:
        asked.append(Known(BlockKind.PHONE, digits(profile.phone)))
    if id_number is not None:
        asked.append(Known(BlockKind.ID_NUMBER, id_number.number))
    return of_tokens(house, db, (_token(house, db.tenant, one) for one in asked))


def of_tokens(house: House, db: Reader, tokens: Iterable[Token]) -> Hit:
    rows = visits.blocks_of(db, list(tokens), house.clock.now())
    return Hit(verdict(row.kind for row in rows), tuple(_line(house, db, row) for row in rows))


def id_token(house: House, tenant: TenantId, number: ResidentId) -> Token:
    """What is kept of an identity number that need not be kept whole: it finds the same number again, and nothing else."""
    return _token(house, tenant, Known(BlockKind.ID_NUMBER, number.number))


def _token(house: House, tenant: TenantId, value: Known) -> Token:
    return house.index.standing_token(tenant, f"visitor-{value.kind}", value.value)


def _line(house: House, db: Reader, row: visits.BlockRow) -> BlockLine:
    reason = str(unseal(house, _place(db.tenant, row.block), row.reason)["reason"])
    return BlockLine(row.block, row.kind, reason, row.added_at, row.until)


def _place(tenant: TenantId, block_id: VisitBlockId) -> Place:
    return Place(tenant, "visit_blocks", "reason", str(block_id))
