"""Automatic payment: a driver registers a car with an agreement at a provider and withdraws it, and so does the desk.

The surprising thing: a plate that somebody types registers nothing. A driver shows a live stay's details (a ticket, the
exit's code, a pay link), an operator says how the car was proven and sends a link. Nothing here ever tells where a car is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sealgate.domain.agreements import OVER, Agreement, AgreementOver, AgreementState, run_out, withdraw
from sealgate.domain.errors import Conflict, Fault, Invalid, NotFound, Refused
from sealgate.domain.ids import AgreementId, LotId, SiteId, StayId, TenantId
from sealgate.domain.money import MOST_MINOR, Money
from sealgate.domain.operators import Permission
from sealgate.domain.plates import normalise
from sealgate.flows import agreement_rows as rows
from sealgate.flows.agreement_rows import KnownAgreement
from sealgate.flows.driving_passes import Shows, agreement_pass, lot_secret, read_agreement_pass
from sealgate.flows.driving_view import Spot, row_of
from sealgate.flows.kit import House, Signed
from sealgate.flows.parking_writing import seen_of
from sealgate.flows.payment_rows import Overtaken
from sealgate.flows.pricing import tariff_for
from sealgate.flows.settling import UnknownProvider
from sealgate.ports import PaymentProvider, ProviderRefused, Signing, Started, Unreachable
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor, Tx

log = logging.getLogger("sealgate.agreeing")

DRIVER = Actor("system", "driver")
SIGN_WITHIN = timedelta(minutes=40)
INVITED_FOR = timedelta(days=7)
"""So long a link that an operator sent may be used."""

ASK_AFTER = timedelta(seconds=20)
PAGE = 50
TRIES = 5


class NotAutomatic(Refused):
    """This provider cannot charge by an agreement, or the car of this page is not known by its plate."""

    code = "agreement.not-offered"


class CarTaken(Conflict):
    """This car pays automatically already. Whoever agreed to that, or the desk, ends it first."""

    code = "agreement.car-taken"


class WrongMost(Invalid):
    """The most that one charge may be: above nothing, in the lot's own currency."""

    code = "agreement.wrong-most"


class NotProven(Invalid):
    """An operator who registers a car says in 3 to 300 characters how it was proven whose it is."""

    code = "agreement.not-proven"


@dataclass(frozen=True, slots=True)
class AgreementView:
    """What its driver sees: the car, the provider, the most of one charge. Never where the car is."""

    agreement: AgreementId
    plate: str
    provider: str
    most: Money
    state: AgreementState
    signed_at: datetime | None
    path: str


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """For the console. `path` is the driver's page, to be sent to the driver."""

    agreement: AgreementId
    plate: str
    provider: str
    most: Money
    state: AgreementState
    made_at: datetime
    signed_at: datetime | None
    path: str


def ways(house: House) -> list[str]:
    """The providers that can."""
    return [name for name, desk in house.providers.items() if desk.agreements is not None]


def currency_of(house: House, tenant: TenantId, lot: LotId) -> str:
    """In what the lot charges. Raises `NotInForce` for one that asks for no money."""
    with house.store.read(tenant) as db:
        return tariff_for(db, parking.lot(db, lot), house.clock.now()).currency


def of_stay(house: House, here: Spot, stay: StayId) -> AgreementView | None:
    """The agreement by which this stay's car pays; for whoever has shown the stay's details."""
    with house.store.read(here.tenant) as db:
        plate = str(seen_of(house, here.tenant, row_of(db, here, stay)).get("plate", ""))
        row = parking.active_agreement(db, rows.token_of(house, here.tenant, plate)) if plate else None
    return None if row is None else _view(house, here, rows.known(house, here.tenant, row))


def register(house: House, here: Spot, stay: StayId, shows: Shows, provider: str, most: Money) -> tuple[Started, str]:
    """A driver who has shown the stay's details begins to sign; also the path of the agreement's page.

    Raises `NotFound` without the details, `NotAutomatic`, `CarTaken`, `WrongMost`, and what `Agreements.sign` raises.
    """
    if shows is not Shows.DETAILS:
        raise NotFound("stay")
    with house.store.begin(here.tenant, DRIVER) as tx:
        row = row_of(tx, here, stay)
        plate = str(seen_of(house, here.tenant, row).get("plate", ""))
        if not plate or not row.stay.inside:
            raise NotAutomatic("the car of this page is not known by its plate, or has left")
        made = _new(house, tx, here.lot.lot, plate, provider, most, SIGN_WITHIN)
        rows.note(house, tx, made, "agreement.begun", house.clock.now())
    return sign(house, here, made.id)


def invite(house: House, signed: Signed, site: SiteId, lot: LotId, plate: str, provider: str, most: Money, proof: str) -> str:
    """An operator registers a car; the path of the page on which its driver signs, within a week.

    Raises `BadPlate`, `NotProven`, and as `register`.
    """
    signed.need(Permission.PARKING_RULES)
    text, how = normalise(plate), " ".join(proof.split())
    if not 3 <= len(how) <= 300:
        raise NotProven("say how it was proven whose car it is", field="proof")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if parking.lot(tx, lot).site != site:
            raise NotFound("lot")
        made = _new(house, tx, lot, text, provider, most, INVITED_FOR, how)
        rows.note(house, tx, made, "agreement.invited", house.clock.now(), how)
    return page_path(house, signed.tenant, lot, made.id)


def _new(
    house: House, tx: Tx, lot: LotId, plate: str, provider: str, most: Money, lasts: timedelta, proof: str = ""
) -> Agreement:
    desk, now = _desk(house, provider), house.clock.now()
    currency = tariff_for(tx, parking.lot(tx, lot), now).currency
    if most.currency != currency or not 0 < most.minor <= MOST_MINOR:
        raise WrongMost("above nothing, in the lot's own currency", field="most")
    if parking.active_agreement(tx, rows.token_of(house, tx.tenant, plate)) is not None:
        raise CarTaken("this car pays automatically already")
    made = Agreement(
        id=AgreementId(house.new_id()),
        provider=desk.name,
        merchant=desk.merchant,
        most=most,
        state=AgreementState.PENDING,
        made_at=now,
        expires_at=now + lasts,
    )
    wording = {"subject": parking.lot(tx, lot).name}
    rows.add(house, tx, made, plate, wording, lot, proof)
    return made


def sign(house: House, here: Spot, agreement: AgreementId) -> tuple[Started, str]:
    """Where the driver signs; the same place again. Raises `AgreementOver`, and as `register`."""
    known = _read(house, here.tenant, agreement)
    if known.agreement.state is not AgreementState.PENDING or house.clock.now() >= known.agreement.expires_at:
        raise AgreementOver("it was signed, withdrawn, or not signed in time")
    desk, back = _desk(house, known.agreement.provider), page_path(house, here.tenant, known.row.lot, agreement)
    signing = Signing(
        agreement=agreement,
        most=known.agreement.most,
        subject=str(known.wording.get("subject", "")),
        notify_address=f"{house.address}/api/v1/notices/{desk.name}/{here.tenant}",
        return_address=f"{house.address}{back}",
        started_at=known.agreement.made_at,
        expires_at=known.agreement.expires_at,
    )
    assert desk.agreements is not None
    started = desk.agreements.sign(signing)
    if started.handle and started.handle != known.agreement.handle:
        _keep_handle(house, here.tenant, agreement, started.handle)
    return started, back


def _keep_handle(house: House, tenant: TenantId, agreement: AgreementId, handle: str) -> None:
    for _ in range(TRIES):
        before = _read(house, tenant, agreement)
        if before.agreement.state is AgreementState.ENDED:
            return
        try:
            _change(house, tenant, DRIVER, before, replace(before.agreement, handle=handle), "agreement.ordered")
            return
        except Overtaken:  # its notice was faster than the answer
            continue
    raise Overtaken


def shown(house: House, here: Spot, text: str) -> AgreementView:
    """The agreement of an address, after asking the provider where it is not signed yet. Raises `NotFound`."""
    known = _read(house, here.tenant, read_agreement_pass(house, here.tenant, text))
    if known.row.lot != here.lot.lot:
        raise NotFound("agreement")
    if known.agreement.state is AgreementState.PENDING and known.agreement.handle:
        _asked(house, here.tenant, known)
        known = _read(house, here.tenant, known.agreement.id)
    return _view(house, here, known)


def stop(house: House, here: Spot, agreement: AgreementId) -> None:
    """The driver withdraws. Nothing is charged by it from now on. Raises `AgreementOver`, `NotFound`."""
    _end(house, here.tenant, DRIVER, agreement, "agreement.withdrawn")


def end(house: House, signed: Signed, agreement: AgreementId) -> None:
    """An operator ends it. Raises `AgreementOver`, `NotFound`."""
    signed.need(Permission.PARKING_RULES)
    _end(house, signed.tenant, signed.actor, agreement, "agreement.ended-by-desk")


def _end(house: House, tenant: TenantId, actor: Actor, agreement: AgreementId, action: str) -> None:
    for _ in range(TRIES):
        before = _read(house, tenant, agreement)
        try:
            _change(house, tenant, actor, before, withdraw(before.agreement, house.clock.now()), action)
            break
        except Overtaken:
            continue
    else:
        raise Overtaken
    _tell_end(house, tenant, _read(house, tenant, agreement))


def _tell_end(house: House, tenant: TenantId, known: KnownAgreement) -> bool:
    """Tell the provider. Where it does not answer the clockwork tells it again. Whether it answered."""
    desk = house.providers.get(known.agreement.provider)
    if desk is None or desk.agreements is None:
        return False
    try:
        rows.settle(house, tenant, desk.name, desk.agreements.cancel(known.agreement), known.agreement.id)
    except (Unreachable, ProviderRefused) as trouble:
        log.warning("agreement %s could not be withdrawn at %s: %s", known.agreement.id, desk.name, trouble)
        return not isinstance(trouble, Unreachable)
    return True


def follow_up(house: House, tenant: TenantId) -> int:
    """Ask after every signature whose notice may be lost, and tell providers of every end they may not know; how many.

    For the clockwork. A provider that does not answer is not asked for another one in this round.
    """
    now = house.clock.now()
    with house.store.read(tenant) as db:
        found = [rows.known(house, tenant, row) for row in parking.open_agreements(db) if row.made_at < now - ASK_AFTER]
    silent: set[str] = set()
    for known in found:
        agreement = known.agreement
        if agreement.provider in silent:
            continue
        answered = _tell_end(house, tenant, known) if agreement.state in OVER else _asked(house, tenant, known)
        if not answered:
            silent.add(agreement.provider)
    return len(found)


def _asked(house: House, tenant: TenantId, known: KnownAgreement) -> bool:
    """Whether the provider answered; one that was never begun there runs out without asking."""
    desk = house.providers.get(known.agreement.provider)
    try:
        if known.agreement.handle and desk is not None and desk.agreements is not None:
            rows.settle(house, tenant, desk.name, desk.agreements.ask(known.agreement), known.agreement.id)
    except ProviderRefused as refusal:
        log.warning("agreement %s: %s", known.agreement.id, refusal.said)
    except Unreachable:
        return False
    try:
        before = _read(house, tenant, known.agreement.id)
        after = run_out(before.agreement, house.clock.now())
        if after != before.agreement:
            _change(house, tenant, rows.PROVIDERS, before, after, "agreement.ran-out")
    except (Overtaken, Fault):
        log.warning("agreement %s changed meanwhile", known.agreement.id)
    return True


def listed(house: House, signed: Signed, after: AgreementId | None = None) -> tuple[list[AgreementLine], AgreementId | None]:
    """A page of those that hold or wait for a signature, newest first; that somebody looked is journaled."""
    signed.need(Permission.PARKING)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = parking.agreements(tx, after, PAGE + 1)
        lines = [_line(house, signed.tenant, row) for row in found[:PAGE]]
        journal.write(tx, house.keyring, house.clock.now(), "agreements.listed")
    return lines, lines[-1].agreement if len(found) > PAGE else None


def page_path(house: House, tenant: TenantId, lot: LotId, agreement: AgreementId) -> str:
    """The agreement's own page: `/pay/...`. Whoever holds it may withdraw."""
    return f"/pay/{lot_secret(house, tenant, lot)}/automatic/{agreement_pass(house, tenant, agreement)}"


def _line(house: House, tenant: TenantId, row: parking.AgreementRow) -> AgreementLine:
    path = page_path(house, tenant, row.lot, row.agreement)
    plate = rows.plate_of(house, tenant, row)
    return AgreementLine(row.agreement, plate, row.provider, row.most, row.state, row.made_at, row.signed_at, path)


def _view(house: House, here: Spot, known: KnownAgreement) -> AgreementView:
    row, plate = known.row, rows.plate_of(house, here.tenant, known.row)
    path = page_path(house, here.tenant, row.lot, row.agreement)
    return AgreementView(row.agreement, plate, row.provider, row.most, row.state, row.signed_at, path)


def _desk(house: House, name: str) -> PaymentProvider:
    """Raises `UnknownProvider`, `NotAutomatic`."""
    desk = house.providers.get(name)
    if desk is None:
        raise UnknownProvider("provider")
    if desk.agreements is None:
        raise NotAutomatic(f"{name} cannot charge by an agreement")
    return desk


def _read(house: House, tenant: TenantId, agreement: AgreementId) -> KnownAgreement:
    with house.store.read(tenant) as db:
        return rows.read(house, db, agreement)


def _change(house: House, tenant: TenantId, actor: Actor, before: KnownAgreement, after: Agreement, action: str) -> None:
    """Raises `Overtaken`."""
    with house.store.begin(tenant, actor) as tx:
        rows.change(house, tx, before, after)
        rows.note(house, tx, after, action, house.clock.now())
        tx.after_commit(house.wake)
