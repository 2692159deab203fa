"""Checkpoints of the journal are made and given to witnesses outside, and the journal is compared with what they kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import TenantId
from sealgate.domain.operators import Permission
from sealgate.flows.kit import House, Signed
from sealgate.ports import Unreachable, Witness, WitnessAhead
from sealgate.privacy import checkpoints
from sealgate.privacy.audit import Audit, audit
from sealgate.privacy.checkpoints import origin_of, signer_of
from sealgate.privacy.notes import Verifier
from sealgate.store import checkpoints as rows
from sealgate.store.checkpoints import CheckpointRow, WitnessRow
from sealgate.store.engine import Actor

log = logging.getLogger(__name__)
KEEPER = Actor("system", "journal-keeper")


def checkpoint(house: House, tenant: TenantId) -> CheckpointRow | None:
    """Make a checkpoint over all there is, and give it to every witness; None where nothing came since the last.

    A witness that does not answer hears of it with the next one.
    """
    newest = None
    while made := _made(house, tenant):
        newest = made
    for witness in house.witnesses:
        tell(house, tenant, witness)
    return newest


def _made(house: House, tenant: TenantId) -> CheckpointRow | None:
    with house.store.begin(tenant, KEEPER) as tx:
        return checkpoints.make(tx, house.keyring, house.clock.now())


def tell(house: House, tenant: TenantId, witness: Witness) -> WitnessRow | None:
    """Give a witness the newest checkpoint, if it does not have it; how it stands with that witness now."""
    with house.store.read(tenant) as db:
        newest = rows.newest(db)
        known = rows.witnesses(db).get(witness.name) or WitnessRow(witness.name, 0, house.clock.now())
    if newest is None or (known.size == newest.size and known.trouble is None):
        return known
    row = _told(house, tenant, witness, newest, known)
    if row != known:
        with house.store.begin(tenant, KEEPER) as tx:
            rows.keep_witness(tx, row)
    return row


def _told(house: House, tenant: TenantId, witness: Witness, newest: CheckpointRow, known: WitnessRow) -> WitnessRow:
    row = replace(known, at=house.clock.now())
    try:
        try:
            said = _take(house, tenant, witness, newest, known.size)
        except WitnessAhead as ahead:
            if ahead.size > newest.size:
                raise
            said = _take(house, tenant, witness, newest, ahead.size)
    except Unreachable as trouble:
        log.warning("journal of %s: %s", tenant, trouble)
        return replace(row, trouble=trouble.code)
    except (Refused, Fault) as trouble:
        log.exception("journal of %s: the witness %s does not agree with it (%s)", tenant, witness.name, trouble.code)
        return replace(row, trouble=trouble.code)
    return replace(row, size=newest.size, said=said or None, trouble=None)


def _take(house: House, tenant: TenantId, witness: Witness, newest: CheckpointRow, old: int) -> str:
    with house.store.read(tenant) as db:
        proof = checkpoints.consistency(db, old, newest.size)
    return witness.take(newest.note, old, proof)


def audited(house: House, tenant: TenantId, verifier: Verifier | None = None, kept: Sequence[str] = ()) -> Audit:
    """The whole journal against its checkpoints, notes that somebody `kept`, and what the witnesses show.

    Raises `Unreachable`, `VaultSealed`.
    """
    outside = [*kept, *(note for witness in house.witnesses for note in witness.kept(origin_of(tenant)))]
    return audit(house.store, tenant, verifier or signer_of(house.keyring, tenant).verifier, outside)


def standing(house: House, signed: Signed) -> tuple[CheckpointRow | None, list[WitnessRow]]:
    """The newest checkpoint, and how it stands with every witness that was ever told."""
    signed.need(Permission.SEE_JOURNAL)
    with house.store.read(signed.tenant) as db:
        return rows.newest(db), list(rows.witnesses(db).values())
