"""What the driver's page asks: which car, what is due, and once somebody has shown that it is theirs, the details.

The surprising thing: a plate alone finds nearly nothing. Whoever types one is told the lot, whose address they opened, and
what is due there; a car that is unknown, free, paid or elsewhere is answered alike, and both kinds of answer are counted.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sealgate.domain.billing import PaymentState
from sealgate.domain.errors import Conflict, NotFound, Refused
from sealgate.domain.ids import LotId, PaymentId, StayId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.plates import PlateText, normalise
from sealgate.domain.stays import LIVE, StayState
from sealgate.domain.tries import Tries
from sealgate.flows import driving_ahead, paying
from sealgate.flows.driving_passes import (
    Shows,
    exit_code,
    fits_exit_code,
    is_payer_state,
    lot_secret,
    payer_state,
    read_stay_pass,
    stay_pass,
)
from sealgate.flows.driving_view import TO_PAY, Spot, Standing, View, look, row_of, spot
from sealgate.flows.kit import House, fingerprint, tenant_of
from sealgate.flows.parking import let_out
from sealgate.flows.parking_scene import stay_token
from sealgate.flows.paying import StartedPayment
from sealgate.flows.permits import coupon_hash
from sealgate.flows.pricing import prices
from sealgate.flows.settling import waits_at
from sealgate.ports import ProviderRefused, Unreachable
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Actor
from sealgate.store.parking import StayRow

__all__ = ["Shows", "Spot", "Standing", "View", "look", "spot"]

log = logging.getLogger("sealgate.driving")

DRIVER = Actor("system", "driver")
MOST_WAITING = 50
"""So many cars at a lot's exits are compared with a typed code."""


class TooManyGuesses(Refused):
    """This address, or everybody at this lot together, has asked too often."""

    code = "pay.too-many"
    status = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many plates or codes from one address")
        self.wait = wait


class CodeUnknown(Refused):
    """No ticket of this lot and no car at its exits has that code."""

    code = "pay.code-unknown"

    def __init__(self) -> None:
        super().__init__("no such ticket or code")
        self.field = "code"


class NothingDue(Conflict):
    """There is nothing to pay, or not any more."""

    code = "pay.nothing-due"


class CouponUnknown(Refused):
    """No shop of this lot gave that code."""

    code = "coupon.unknown"

    def __init__(self) -> None:
        super().__init__("no such coupon")
        self.field = "coupon"


class CouponOver(CouponUnknown):
    """It has expired, or was used as often as it may be."""

    code = "coupon.over"


class CouponHad(CouponUnknown):
    """This stay has had it already."""

    code = "coupon.had"


@dataclass(frozen=True, slots=True)
class Guesses:
    """How often one network address may ask at one lot, and how often all may be wrong there. In memory, any thread."""

    misses: Tries = field(default_factory=lambda: Tries(8, timedelta(minutes=10)))
    asks: Tries = field(default_factory=lambda: Tries(40, timedelta(minutes=10)))
    of_lot: Tries = field(default_factory=lambda: Tries(400, timedelta(minutes=10)))

    def allow(self, spot: Spot, address: str, now: datetime) -> None:
        """Count this question. Raises `TooManyGuesses`."""
        key = f"{spot.lot.lot}/{address}"
        waits = self.misses.wait(key, now), self.asks.wait(key, now), self.of_lot.wait(str(spot.lot.lot), now)
        if max(waits):
            raise TooManyGuesses(max(waits))
        self.asks.missed(key, now)

    def missed(self, spot: Spot, address: str, now: datetime) -> None:
        self.misses.missed(f"{spot.lot.lot}/{address}", now)
        self.of_lot.missed(str(spot.lot.lot), now)


GUESSES = Guesses()


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a stranger is told. `due` None: nothing, whatever the reason. `less`: a shop's code was taken off it."""

    plate: PlateText
    due: Money | None
    less: bool = False


def ask_plate(house: House, here: Spot, typed: str, address: str, coupon: str = "") -> Asked:
    """What is due for this plate at this lot, after a shop's `coupon`; one that it has had already changes nothing.

    Raises `BadPlate`, `TooManyGuesses`; of a plate that owes something `CouponUnknown`, `CouponOver`.
    """
    plate, now = normalise(typed), house.clock.now()
    GUESSES.allow(here, address, now)
    due = _due_of_plate(house, here, plate)
    if due is None:
        GUESSES.missed(here, address, now)
        return Asked(plate, None)
    if not coupon:
        return Asked(plate, due[1])
    with suppress(CouponHad):
        use_coupon(house, here, due[0].stay.stay, coupon, address)
    left = _due_of_plate(house, here, plate)
    return Asked(plate, None if left is None else left[1], less=True)


def _due_of_plate(house: House, here: Spot, plate: PlateText) -> tuple[StayRow, Money] | None:
    """The stay that owes; the one that stands there before one that has left."""
    with house.store.read(here.tenant) as db:
        rows = parking.stays_of_plate(db, stay_token(house, here.tenant, plate))
    for row in sorted(rows, key=lambda row: not row.stay.inside):
        if row.stay.lot == here.lot.lot and row.stay.bills and row.stay.state in LIVE:
            view = look(house, here, row.stay.stay, Shows.SUM)
            if view.due is not None and view.standing in TO_PAY:
                return row, view.due
    return None


def prove(house: House, here: Spot, code: str, address: str) -> str:
    """The pass of the stay that a ticket, or the exit display's code, stands for. Raises `CodeUnknown`, `TooManyGuesses`."""
    now, typed = house.clock.now(), code.strip().rpartition("/")[2]
    GUESSES.allow(here, address, now)
    stay = _by_ticket(house, here, typed) if len(typed) > 12 else _by_exit_code(house, here, typed, now)
    if stay is None:
        GUESSES.missed(here, address, now)
        raise CodeUnknown
    return stay_pass(house, here.tenant, stay, Shows.DETAILS)


def _by_ticket(house: House, here: Spot, code: str) -> StayId | None:
    if tenant_of(code) != here.tenant:
        return None
    with house.store.read(here.tenant) as db:
        row = parking.stay_by_ticket(db, fingerprint(code))
    return row.stay.stay if row is not None and row.stay.lot == here.lot.lot else None


def _by_exit_code(house: House, here: Spot, typed: str, now: datetime) -> StayId | None:
    digits = "".join(typed.split())
    with house.store.read(here.tenant) as db:
        rows = parking.live_stays(db, here.lot.lot, states=(StayState.WAITING,), limit=MOST_WAITING)
    found = [row.stay.stay for row in rows if fits_exit_code(house, here.tenant, row.stay.stay, digits, now)]
    return found[0] if len(found) == 1 else None


def passed(house: House, here: Spot, text: str) -> tuple[StayId, View]:
    """The stay of an address, as much of it as the address shows. Raises `NotFound`, `PassOver`."""
    held = read_stay_pass(house, here.tenant, text)
    view = look(house, here, held.stay, held.shows)
    if view.standing is Standing.PENDING and view.pending is not None and _heard(house, here, view.pending):
        view = look(house, here, held.stay, held.shows)
    return held.stay, view


def stay_of(house: House, here: Spot, text: str) -> StayId:
    """The stay of an address, without looking at it. Raises `NotFound`, `PassOver`."""
    return read_stay_pass(house, here.tenant, text).stay


def _heard(house: House, here: Spot, payment: PaymentId) -> bool:
    """Ask the provider: whoever looks at the page has often just paid. Whether there is news."""
    try:
        return paying.ask(house, here.tenant, payment) is not PaymentState.PENDING
    except (Unreachable, ProviderRefused, paying.UnknownProvider):
        return False


def start(
    house: House, here: Spot, stay: StayId, provider: str, shows: Shows, until: datetime | None = None, payer: str = ""
) -> tuple[StartedPayment, str]:
    """Begin to pay; also the path of the page to come back to. `until` pays ahead; `payer` is `inside_payer`'s.

    Raises `NothingDue`, `WrongTime`, and what `paying.start` raises.
    """
    if until is not None:
        driving_ahead.check(house, here.lot, shows, until)
    elif look(house, here, stay, shows).standing not in TO_PAY:
        raise NothingDue
    back = stay_path(here.secret, stay_pass(house, here.tenant, stay, shows))
    back_to = f"{house.address}{back}"
    return paying.start(house, here.tenant, stay, provider, return_to=back_to, payer=payer, until=until), back


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a page goes that runs inside the provider's own app, to be told who pays; `back` is its way back to us."""

    address: str
    back: str


def inside(
    house: House, here: Spot, stay: StayId, shows: Shows, provider: str, browser: str, base: str, more: str = ""
) -> Inside | None:
    """None in any other browser, and where the provider has none of its own. `base` is our address; `more` a query to keep."""
    desk = house.providers.get(provider)
    own = None if desk is None else desk.own_browser
    if own is None or not own.is_there(browser):
        return None
    held = stay_pass(house, here.tenant, stay, shows)
    back = stay_path(here.secret, held)
    address = f"{base}{back}/inside/{provider}" + (f"?{more}" if more else "")
    return Inside(own.ask_payer(address, payer_state(house, here.tenant, held, provider)), back)


def inside_payer(house: House, here: Spot, held: str, provider: str, code: str, state: str) -> str:
    """Who pays; empty where the provider would not say, so that the driver scans a code instead.

    Raises `NotFound` for a `state` that we did not give: nobody is asked for the sake of a stranger.
    """
    desk = house.providers.get(provider)
    own = None if desk is None else desk.own_browser
    if own is None or not is_payer_state(house, here.tenant, held, provider, state):
        raise NotFound("payer")
    try:
        return own.payer(code)
    except (Unreachable, ProviderRefused) as error:
        log.warning("%s did not say who pays: %s", provider, error)
        return ""


def owing_plate(house: House, here: Spot, typed: str, address: str) -> StayId:
    """The stay that owes for a typed plate; not to be told. Raises `NothingDue`, and as `ask_plate`."""
    plate, now = normalise(typed), house.clock.now()
    GUESSES.allow(here, address, now)
    found = _due_of_plate(house, here, plate)
    if found is None:
        GUESSES.missed(here, address, now)
        raise NothingDue
    return found[0].stay.stay


def use_coupon(house: House, here: Spot, stay: StayId, code: str, address: str) -> None:
    """A shop pays a part. Raises `CouponUnknown`, `CouponOver`, `CouponHad`, `TooManyGuesses`."""
    now = house.clock.now()
    GUESSES.allow(here, address, now)
    with house.store.begin(here.tenant, DRIVER) as tx:
        row_of(tx, here, stay)
        coupon = parking.coupon(tx, coupon_hash(code))
        if coupon is None or coupon.lot != here.lot.lot:
            GUESSES.missed(here, address, now)
            raise CouponUnknown
        if not parking.add_validation(tx, stay, coupon.validation, now):
            raise CouponHad
        if not parking.use_coupon(tx, coupon.validation.validation, now):
            raise CouponOver
        about = f"stay:{stay} validation:{coupon.validation.validation}"
        journal.write(tx, house.keyring, now, "coupon.used", object=about)
    _let_out(house, here, stay)


def _let_out(house: House, here: Spot, stay: StayId) -> None:
    """The shop paid all of it, and the car stands at the exit: the gate opens as after a payment."""
    if look(house, here, stay, Shows.SUM).standing is not Standing.NOTHING:
        return
    with house.store.read(here.tenant) as db:
        gate = waits_at(house, db, row_of(db, here, stay), house.clock.now())
    if gate is not None:
        let_out(house, here.tenant, stay, gate, prices(house, here.tenant))


def lot_path(house: House, tenant: TenantId, lot: LotId) -> str:
    """Where the QR on the lot's walls leads: `/pay/…`."""
    return f"/pay/{lot_secret(house, tenant, lot)}"


def ticket_path(secret: str, code: str) -> str:
    """What a ticket's QR says."""
    return f"/pay/{secret}/ticket/{code}"


def stay_path(secret: str, held: str) -> str:
    return f"/pay/{secret}/stay/{held}"


def coupon_path(house: House, tenant: TenantId, lot: LotId, code: str) -> str:
    """What the QR of a shop's coupon says."""
    return f"{lot_path(house, tenant, lot)}/coupon/{code}"


@dataclass(frozen=True, slots=True)
class ExitSign:
    """What the exit's display shows a car that has to pay: a QR that leads to `path`, and the same as digits to type."""

    path: str
    code: str


def exit_sign(house: House, tenant: TenantId, stay: StayId) -> ExitSign:
    """Raises `NotFound`."""
    with house.store.read(tenant) as db:
        row = parking.stay(db, stay)
    if row is None:
        raise NotFound("stay")
    secret = lot_secret(house, tenant, row.stay.lot)
    held = stay_pass(house, tenant, stay, Shows.DETAILS)
    return ExitSign(stay_path(secret, held), exit_code(house, tenant, stay, house.clock.now()))
