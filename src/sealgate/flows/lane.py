"""The lane's screen: known by a secret like a kiosk's, it tells the driver what stands between the car and the barrier.

The surprising thing: it keeps nothing. What it shows follows from the newest passage at its gate and from the call that is
open there, so a screen that was switched off shows the right thing when it is on again. The screen of a box's lane is the box's
own, and says the same by the box's copy; what it leads to is the centre's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sealgate.domain.access import Reason
from sealgate.domain.billing import PaymentState
from sealgate.domain.ids import CallId, GateId, LotId, SiteId, StayId, TenantId
from sealgate.domain.lots import Lot, Sign, SpaceClass, signs
from sealgate.domain.money import Money
from sealgate.domain.people import code_text
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.stays import StayState
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.flows import assist, parking
from sealgate.flows.at_gate import Answer, admit_at
from sealgate.flows.driving import ExitSign, exit_sign, ticket_path
from sealgate.flows.driving_passes import lot_secret
from sealgate.flows.edge_ways import AtBox, secret_of
from sealgate.flows.kiosk import OURS, kiosk_gate
from sealgate.flows.kit import House, unseal
from sealgate.flows.parking_scene import detail_place, newest_said
from sealgate.flows.parking_writing import Price, account
from sealgate.store import parking as rows
from sealgate.store import passages
from sealgate.store.engine import Reader
from sealgate.vault.errors import KeyDestroyed

DRIVING_OFF = timedelta(seconds=20)
READING = timedelta(seconds=60)
PAYING = timedelta(minutes=30)
"""So long after its passage an opened barrier, a refusal, a sum is still meant for whoever stands there."""


@dataclass(frozen=True, slots=True)
class LaneGate:
    """`enters`: cars come in here."""

    tenant: TenantId
    gate: GateId
    name: str
    site: SiteId
    site_name: str
    lot: LotId
    lot_name: str
    enters: bool


class Shown(StrEnum):
    """What the screen is about."""

    IDLE = "idle"
    OPEN = "open"
    PAY = "pay"
    REFUSED = "refused"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Deck:
    """Guidance to a lot within this one: how many visitors' spaces it has left."""

    name: str
    free: int


@dataclass(frozen=True, slots=True)
class Screen:
    """`pay` is the path of the driver's page and `code` the same as digits, empty where a box does not know them. `charging`:
    it is being charged automatically, so nobody has to pay here. `call` is open here; `taken` if somebody has it.

    `signs`: what is left of each class that is counted, and `decks` of the lots within, at an entry where nobody stands.
    """

    shown: Shown
    reason: Reason | None = None
    due: Money | None = None
    code: str = ""
    pay: str = ""
    charging: bool = False
    call: CallId | None = None
    taken: bool = False
    signs: tuple[Sign, ...] = ()
    decks: tuple[Deck, ...] = ()

    @property
    def free(self) -> int | None:
        """Visitors' spaces that are left; None where they are not counted, or not told."""
        return next((sign.free for sign in self.signs if sign.space is SpaceClass.VISITORS), None)


def lane_gate(house: House, secret: str) -> LaneGate | None:
    """The lane of this screen; None for a secret that is unknown or was replaced, and for a gate of no lot."""
    found = kiosk_gate(house, secret)
    if found is None:
        return None
    with house.store.read(found.tenant) as db:
        lane = rows.lane_of(db, found.gate)
    if lane is None:
        return None
    lot = lane.lot
    return LaneGate(found.tenant, found.gate, found.name, lot.site, found.site_name, lot.lot, lot.name, lane.role.enters)


def screen(house: House, lane: LaneGate, price: Price, box: AtBox | None = None) -> Screen:
    """What the driver at this lane is told now."""
    now = house.clock.now()
    with house.store.read(lane.tenant) as db:
        call = next((row for row in rows.open_calls_at(db, lane.gate) if assist.as_waiting(row).blocks), None)
        newest = newest_said(db, lane.site, lane.gate, now - PAYING)
        found = Screen(Shown.IDLE) if newest is None else _of_passage(house, db, lane, newest, price, box)
        if found.shown is Shown.IDLE and lane.enters:
            lot = rows.lot(db, lane.lot)
            found = replace(found, signs=_signs(db, lot, now), decks=_decks(db, lot, now))
    if call is None or found.shown is Shown.OPEN:
        return found
    shown = found.shown if found.shown is Shown.PAY else Shown.ASKED
    return replace(found, shown=shown, call=call.call, taken=call.state is CallState.CLAIMED)


def _signs(db: Reader, lot: Lot, now: datetime) -> tuple[Sign, ...]:
    return signs(lot, rows.taken(db, lot.lot), rows.held(db, lot.lot, now))


def _decks(db: Reader, lot: Lot, now: datetime) -> tuple[Deck, ...]:
    """By name; those whose visitors are counted."""
    within = [one for one in rows.lots(db, lot.site) if one.parent == lot.lot]
    counted = [(one.name, sign) for one in within for sign in _signs(db, one, now) if sign.space is SpaceClass.VISITORS]
    return tuple(Deck(name, sign.free) for name, sign in counted)


def press_help(house: House, lane: LaneGate) -> CallId:
    """The help button. Pressed again it is the same call."""
    return assist.call(house, lane.tenant, lane.gate, CallReason.HELP)


def draw_ticket(house: House, lane: LaneGate, box: AtBox | None = None) -> str | None:
    """What the ticket's QR leads to, for a car whose plate cannot be read; None where it may not come in. Raises `NoLane`."""
    drawn = parking.draw_ticket(house, lane.tenant, lane.gate)
    return ticket_path(_lots_secret(house, lane, box), drawn.code) if drawn.code else None


def _lots_secret(house: House, lane: LaneGate, box: AtBox | None) -> str:
    return lot_secret(house, lane.tenant, lane.lot) if box is None else secret_of(house, lane.tenant, lane.lot)


def show_code(house: House, lane: LaneGate, typed: str, price: Price, box: AtBox | None = None) -> Answer:
    """What a scanner at the lane types: a ticket, or the card or code of somebody enrolled. Raises `NoLane`, `BadCode`."""
    cut_off = box is not None and box.cut_off()
    if not parking.is_ticket(lane.tenant, typed):
        means = Means.QR if typed.strip().startswith(OURS) else Means.CARD
        shown = CodeSighting(lane.gate, house.clock.now(), means, code_text(means, typed))
        return admit_at(house, lane.tenant, shown, cut_off=cut_off)
    return parking.show_ticket(house, lane.tenant, lane.gate, parking.ticket_code(typed), price, cut_off=cut_off)


def _of_passage(house: House, db: Reader, lane: LaneGate, row: passages.PassageRow, price: Price, box: AtBox | None) -> Screen:
    """What the newest passage at the gate means for whoever stands there."""
    age = house.clock.now() - row.at
    if row.reason is Reason.UNPAID:
        return _to_pay(house, db, lane, row, price, box) or Screen(Shown.IDLE)
    if row.opens:
        return Screen(Shown.OPEN if age <= DRIVING_OFF else Shown.IDLE)
    return Screen(Shown.REFUSED if age <= READING else Shown.IDLE, row.reason)


def _to_pay(
    house: House, db: Reader, lane: LaneGate, row: passages.PassageRow, price: Price, box: AtBox | None
) -> Screen | None:
    """The sum and the code, while the car stands there and owes."""
    stay = _stay_of(house, db, row)
    found = None if stay is None else rows.stay(db, stay)
    if found is None or found.stay.state is not StayState.WAITING or not found.stay.inside:
        return None
    due = account(db, found.stay, price, house.clock.now()).due
    sign = (
        exit_sign(house, lane.tenant, found.stay.stay)
        if box is None
        else ExitSign(f"/pay/{_lots_secret(house, lane, box)}", "")
    )
    charging = any(one.automatic and one.state is PaymentState.PENDING for one in rows.payments_of(db, found.stay.stay))
    return Screen(Shown.PAY, row.reason, due, sign.code, sign.path, charging)


def _stay_of(house: House, db: Reader, row: passages.PassageRow) -> StayId | None:
    try:
        detail = unseal(house, detail_place(db.tenant, row.passage), row.detail) if row.detail else {}
    except KeyDestroyed:
        return None
    return StayId(UUID(detail["stay"])) if "stay" in detail else None
