"""An agreement as it lies in the store and as `domain/agreements` sees it; and the promise to charge by one at an exit.

The surprising thing: a car is charged only where the plate that was read at the exit is letter for letter the plate of its stay
and of the agreement. A pairing that needed any guess pays at the screen, for a guess must never be somebody else's bill.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sealgate.domain.agreements import OVER, Agreement, AgreementState, AgreementTold, apply, covers, reference_of
from sealgate.domain.billing import Outcome, Payment, PaymentState, Verdict
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import AgreementId, LotId, PaymentId, StayId, TenantId
from sealgate.flows import payment_rows
from sealgate.flows.kit import House, organisation, seal, unseal
from sealgate.flows.parking_writing import Account
from sealgate.ports import Sealed, Token
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.faults import AlreadyThere
from sealgate.vault.envelope import Place

PROVIDERS = Actor("system", "payments")
CHARGE_LASTS = timedelta(minutes=10)
TRIES = 5


@dataclass(frozen=True, slots=True)
class KnownAgreement:
    """`wording` is what the signing said."""

    row: parking.AgreementRow
    agreement: Agreement
    wording: dict[str, Any]


def token_of(house: House, tenant: TenantId, plate: str) -> Token:
    return house.index.standing_token(tenant, "agreement", plate)


def known(house: House, tenant: TenantId, row: parking.AgreementRow) -> KnownAgreement:
    refs = unseal(house, _place(tenant, "refs", row.agreement), row.refs) if row.refs else {}
    agreement = Agreement(
        id=row.agreement,
        provider=row.provider,
        merchant=row.merchant,
        most=row.most,
        state=row.state,
        made_at=row.made_at,
        expires_at=row.expires_at,
        handle=refs.get("handle", ""),
        number=refs.get("number", ""),
        signed_at=row.signed_at,
        ended_at=row.ended_at,
    )
    return KnownAgreement(row, agreement, refs.get("signing", {}))


def read(house: House, db: Reader, agreement: AgreementId) -> KnownAgreement:
    """Raises `NotFound`."""
    row = parking.agreement(db, agreement)
    if row is None:
        raise NotFound("agreement")
    return known(house, db.tenant, row)


def plate_of(house: House, tenant: TenantId, row: parking.AgreementRow) -> str:
    """Empty once it is over."""
    place = _place(tenant, "plate", row.agreement)
    return "" if row.plate is None else str(unseal(house, place, row.plate)["plate"])


def add(house: House, tx: Tx, agreement: Agreement, plate: str, wording: dict[str, Any], lot: LotId, proof: str) -> None:
    """Write a new one, pending."""
    row = parking.AgreementRow(
        agreement=agreement.id,
        lot=lot,
        provider=agreement.provider,
        merchant=agreement.merchant,
        state=agreement.state,
        most=agreement.most,
        made_at=agreement.made_at,
        expires_at=agreement.expires_at,
        token=token_of(house, tx.tenant, plate),
        plate=_sealed(house, tx.tenant, "plate", agreement.id, {"plate": plate}),
        refs=_refs(house, tx.tenant, agreement, wording),
        proof=_sealed(house, tx.tenant, "proof", agreement.id, {"proof": proof}) if proof else None,
    )
    parking.add_agreement(tx, row)


def change(house: House, tx: Tx, before: KnownAgreement, after: Agreement) -> None:
    """Write what it has become. What the car is goes with its end, the provider's numbers once the provider knows of it.

    Raises `Overtaken` where somebody was first, `AlreadyThere` where another one for the same car became active first.
    """
    over, done = after.state in OVER, after.state is AgreementState.ENDED
    row = replace(
        before.row,
        state=after.state,
        signed_at=after.signed_at,
        ended_at=after.ended_at,
        token=None if over else before.row.token,
        plate=None if over else before.row.plate,
        refs=None if done else _refs(house, tx.tenant, after, before.wording),
    )
    if not parking.change_agreement(tx, before.row, row):
        raise payment_rows.Overtaken


def note(house: House, tx: Tx, agreement: Agreement, action: str, now: datetime, why: str = "") -> None:
    """The journal entry and the outbox fact."""
    journal.write(tx, house.keyring, now, action, object=f"agreement:{agreement.id}", purpose=why)
    tx.publish("agreement", {"agreement": str(agreement.id), "state": agreement.state.value})


def settle(house: House, tenant: TenantId, provider: str, told: AgreementTold, agreement: AgreementId) -> Agreement:
    """Apply one verified word of that provider; what the agreement is then. A repeat writes nothing.

    Of two agreements for one car that are signed, the later is `ending`: its provider is told to forget it.
    """
    for _ in range(TRIES):
        with house.store.read(tenant) as db:
            before = read(house, db, agreement)
        after = apply(before.agreement, told) if before.row.provider == provider else before.agreement
        if after == before.agreement:
            return after
        try:
            return _write(house, tenant, before, after)
        except (AlreadyThere, payment_rows.Overtaken):  # the driver, the desk or another notice was first; read again
            continue
    raise payment_rows.Overtaken


def _write(house: House, tenant: TenantId, before: KnownAgreement, after: Agreement) -> Agreement:
    with house.store.begin(tenant, PROVIDERS) as tx:
        now = house.clock.now()
        if after.state is AgreementState.ACTIVE and _taken(tx, before.row):
            after = replace(after, state=AgreementState.ENDING, ended_at=now)
        change(house, tx, before, after)
        note(house, tx, after, f"agreement.{after.state.value}", now)
        tx.after_commit(house.wake)
    return after


def _taken(tx: Tx, row: parking.AgreementRow) -> bool:
    return row.token is not None and parking.active_agreement(tx, row.token) is not None


def promise(house: House, tx: Tx, row: parking.StayRow, plate: str, seen: str, owed: Account) -> PaymentId | None:
    """A charge for this car at the exit, written as pending; the clockwork sends it. None where it pays at the screen.

    `plate` is the stay's, `seen` what was read at the exit. A sum that was tried by the agreement is not tried again.
    """
    found = parking.active_agreement(tx, token_of(house, tx.tenant, plate)) if plate and plate == seen else None
    desk = None if found is None else house.providers.get(found.provider)
    if found is None or desk is None or desk.agreements is None or desk.merchant != found.merchant:
        return None
    agreement, stay, now = known(house, tx.tenant, found).agreement, row.stay.stay, house.clock.now()
    earlier = parking.payments_of(tx, stay)
    tried = any(one.state is PaymentState.PENDING or (one.automatic and one.asked == owed.due) for one in earlier)
    if tried or not covers(agreement, owed.due):
        return None
    payment = Payment(
        id=PaymentId(house.new_id()),
        provider=desk.name,
        merchant=desk.merchant,
        asked=owed.due,
        state=PaymentState.PENDING,
        started_at=now,
        expires_at=now + CHARGE_LASTS,
    )
    wording = {"agreement": reference_of(agreement.id), "subject": parking.lot(tx, row.stay.lot).name, "payer": ""}
    bill = payment_rows.keep_bill(house, tx, stay, owed.bill, now)
    made = payment_rows.add(house, tx, payment, stay, bill, f"{stay}:{len(earlier)}", wording)
    note_charge(house, tx, made.payment, stay, now)
    return payment.id


def note_charge(house: House, tx: Tx, payment: Payment, stay: StayId, now: datetime) -> None:
    pending = Outcome(Verdict.NO_NEWS, payment, payment)
    payment_rows.note(house, tx, pending, stay, "payment.charged-by-agreement", now)


def _refs(house: House, tenant: TenantId, agreement: Agreement, wording: dict[str, Any]) -> Sealed:
    refs = {"handle": agreement.handle, "number": agreement.number, "signing": wording}
    return _sealed(house, tenant, "refs", agreement.id, refs)


def _sealed(house: House, tenant: TenantId, column: str, agreement: AgreementId, value: dict[str, Any]) -> Sealed:
    return seal(house, tenant, organisation(), _place(tenant, column, agreement), value)


def _place(tenant: TenantId, column: str, agreement: AgreementId) -> Place:
    return Place(tenant, "agreements", column, str(agreement))
