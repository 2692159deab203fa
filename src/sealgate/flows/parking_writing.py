"""What one car at one lane leaves behind: the passage, the stay, the counters, the bill, the call. One transaction.

The surprising thing: a stay is changed only where it still is as it was read. Where a payment or the desk was first, all of
it is undone (`StayOver`), and the next picture of the car is decided anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number, local_day
from sealgate.domain.errors import Fault
from sealgate.domain.ids import BillId, CallId, LotId, PassageId, StayId, TenantId
from sealgate.domain.lots import SpaceClass
from sealgate.domain.money import Money
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import Cause, Stay, StayOver, StayState, disputed, lost
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Likely
from sealgate.domain.stays_passing import OpenedBy
from sealgate.domain.tariffs import Bill
from sealgate.flows.kit import House, of_day, seal, unseal
from sealgate.flows.parking_scene import Scene, detail_place, holder_token, leaving_place, masks_of, seen_place, stay_token
from sealgate.flows.passage import keep_picture, who_passed
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import parking, passages
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

Price = Callable[[Stay, datetime], Bill]
"""What a stay costs whose car leaves at that instant; before anything that was paid is taken off."""


class Repeated(Fault):
    """This very event was told before. It undoes the transaction and never leaves the flow."""

    code = "parking.repeated"


@dataclass(frozen=True, slots=True)
class Account:
    """The bill of a stay at an instant, what came for it, and what is due: never below zero."""

    bill: Bill
    received: Money
    due: Money


def account(db: Reader, stay: Stay, price: Price, at: datetime) -> Account:
    """What is to pay if the car leaves at `at`. One that has left is priced until it did."""
    bill = price(stay, stay.left or at)
    received = parking.received(db, stay.stay, bill.total.currency)
    due = Money(max(bill.total.minor - received.minor, 0), bill.total.currency)
    return Account(bill, received, due)


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a sighting is kept, to be sealed beside the passage and the stay."""

    passage: PassageId
    what: dict[str, Any]


def note(scene: Scene) -> Seen:
    """A number for the passage, and the pictures put away."""
    what: dict[str, Any] = {}
    for name, sighting in (("", scene.sighting), ("second_", scene.second)):
        if sighting is not None:
            what |= {f"{name}{key}": value for key, value in _details(scene, sighting).items()}
    return Seen(PassageId(scene.house.counter.next(scene.now)), what)


def _details(scene: Scene, sighting: PlateSighting) -> dict[str, Any]:
    what: dict[str, Any] = {"plate": sighting.text, "score": round(sighting.score, 3), "kind": sighting.kind}
    if sighting.picture:
        day = local_day(scene.at, scene.policy.tz)
        what["picture"] = str(keep_picture(scene.house, scene.tx, of_day(scene.policy.site, day), day, sighting.picture))
    return what


def record(
    scene: Scene,
    seen: Seen,
    action: str,
    reason: Reason,
    *,
    opens: bool,
    stay: Stay | None = None,
    plate: str | None = None,
    means: Means | None = Means.PLATE,
    rule: OpenedBy | None = None,
) -> None:
    """The passage and its journal entry. `plate` is the plate it was taken for, where that is not the one that was read; `rule`
    the one by which the bar goes up. Where an edge has opened it already, what is written is that, and by which rule of its.

    It keeps that plate too where nothing was read (what was due is paid, the desk has decided): the camera's next look at the
    same car is then known for one. Raises `Repeated` for an event that is here already.
    """
    house, tx, day = scene.house, scene.tx, local_day(scene.at, scene.policy.tz)
    text = plate or scene.plate
    about = {} if stay is None else {"stay": str(stay.stay), "entered": stay.entered.isoformat()}
    what = ({"plate": text} if text else {}) | seen.what | about | _opened(scene, rule if opens else None)
    detail = seal(house, tx.tenant, of_day(scene.policy.site, day), detail_place(tx.tenant, seen.passage), what)
    token = house.index.day_token(tx.tenant, scene.policy.site, day, Means.PLATE.value, text) if text else None
    who = None
    if scene.holder is not None and token is None:
        who, token = who_passed(house, tx.tenant, scene.policy, day, seen.passage, scene.holder)
    row = passages.PassageRow(
        passage=seen.passage,
        site=scene.policy.site,
        gate=scene.policy.gate,
        day=day_number(day),
        at=scene.at,
        means=scene.means if means is Means.PLATE else means,
        opens=opens or scene.there is not None,
        reason=reason,
        token=token,
        who=who,
        detail=detail,
        nonce=scene.nonce,
    )
    if not passages.append(tx, [row]):
        raise Repeated
    for other in {reading.text for reading in scene.readings} - {text}:
        read_as = house.index.day_token(tx.tenant, scene.policy.site, day, Means.PLATE.value, other)
        parking.add_reading(tx, row.day, read_as, seen.passage)
    thing = f"passage:{seen.passage}" + ("" if stay is None else f" stay:{stay.stay}")
    journal.write(tx, house.keyring, scene.now, action, object=thing)
    tx.publish("passage", {"site": str(scene.policy.site), "passage": seen.passage})


def _opened(scene: Scene, rule: OpenedBy | None) -> dict[str, str]:
    """By what rule, and at which edge."""
    if scene.there is not None:
        return {"edge": scene.there.edge} | ({"rule": scene.there.rule.value} if scene.there.rule else {})
    return {} if rule is None else {"rule": rule.value}


def begin_stay(scene: Scene, stay: Stay, seen: Seen, ticket_hash: bytes | None = None) -> None:
    """Write the new stay, found by its plate's token and masks while it is live."""
    house, tx, day = scene.house, scene.tx, local_day(stay.entered, scene.policy.tz)
    kept = seal(house, tx.tenant, of_day(scene.policy.site, day), seen_place(tx.tenant, stay.stay), seen.what)
    row = parking.StayRow(
        stay=stay,
        site=scene.policy.site,
        day=day_number(day),
        entry_gate=scene.lane.gate,
        token=_token(scene),
        ticket_hash=ticket_hash,
        seen=kept,
        closed_at=scene.now if stay.state is StayState.CLOSED else None,
    )
    parking.add_stay(tx, row, masks_of(house, tx.tenant, stay.lot, [scene.plate] if scene.plate else [], unsure=scene.unsure))
    told(tx, stay)


def _token(scene: Scene) -> Token | None:
    if scene.plate is not None:
        return stay_token(scene.house, scene.tenant, scene.plate)
    return None if scene.holder is None else holder_token(scene.house, scene.tenant, scene.holder)


def see_better(scene: Scene, row: parking.StayRow, was: dict[str, Any], seen: Seen) -> None:
    """The stay is found by this plate now, and still by the one before, which is kept beside it."""
    if scene.plate is None:
        return
    house, tx, stay = scene.house, scene.tx, row.stay
    before = {f"second_{name}": was[name] for name in ("plate", "score", "kind", "picture") if name in was}
    owner = of_day(row.site, local_day(stay.entered, scene.policy.tz))
    kept = seal(house, tx.tenant, owner, seen_place(tx.tenant, stay.stay), seen.what | before)
    held = row.token is not None and not was.get("plate")  # by its holder's card: that token stays
    token = row.token if held else stay_token(house, tx.tenant, scene.plate)
    if not parking.change_stay(tx, stay, stay, scene.now, seen=kept, token=token):
        raise StayOver("somebody was first")
    parking.add_masks(tx, stay.stay, masks_of(house, tx.tenant, stay.lot, [scene.plate], unsure=scene.unsure))


def change(scene: Scene, before: Stay, after: Stay, seen: Seen | None = None) -> None:
    """Write what a stay has become, and its space back where the car is gone. Raises `StayOver` if somebody was first."""
    columns: dict[str, Any] = {}
    if seen is not None:
        day = local_day(scene.at, scene.policy.tz)
        place = leaving_place(scene.tenant, after.stay)
        kept = seal(scene.house, scene.tenant, of_day(scene.policy.site, day), place, seen.what)
        columns = {"exit_gate": scene.lane.gate, "seen_leaving": kept}
    if before != after or columns:
        if not parking.change_stay(scene.tx, before, after, scene.now, **columns):
            raise StayOver("somebody was first")
        told(scene.tx, after)
    if before.inside and not after.inside:
        parking.give_back(scene.tx, before.lot, before.right.space)


def told(tx: Tx, stay: Stay) -> None:
    """So that displays, the driver's page and the desk look again."""
    tx.publish("stay", {"lot": str(stay.lot), "stay": str(stay.stay), "state": stay.state.value})


def end_unseen(scene: Scene, stays: Iterable[Stay], seen: Seen, at: datetime) -> None:
    """These stays' cars are gone: they were just seen coming in again. Their lots bill nobody for a time nobody saw."""
    for stay in stays:
        after = lost(stay, Cause.EXIT_MISSED, superseded=at)
        change(scene, stay, after)
        if after.state is StayState.DISPUTED:
            call(scene, CallReason.EXIT_MISSED, seen, lot=stay.lot, stay=stay.stay)


def show_wrong(scene: Scene, wrong: Sequence[StayId], seen: Seen) -> None:
    """These stays were two visits each: the desk's now, also those that are closed and paid."""
    for name in wrong:
        row = parking.stay(scene.tx, name)
        if row is None or not row.stay.bills or row.stay.state is StayState.DISPUTED:
            continue
        change(scene, row.stay, disputed(row.stay, Cause.TWO_VISITS))
        call(scene, CallReason.TWO_VISITS, seen, lot=row.stay.lot, stay=name)


def call(
    scene: Scene,
    reason: CallReason,
    seen: Seen,
    *,
    lot: LotId | None = None,
    stay: StayId | None = None,
    plate: str | None = None,
    likely: Sequence[Likely] = (),
) -> CallId:
    """Ask the desk; the one call that is open for this plate or stay at this gate, where there is one.

    `plate`: an exit that is not decided, to be found when its entry comes late.
    """
    house, tx = scene.house, scene.tx
    token = None if plate is None else stay_token(house, tx.tenant, plate)
    there = _open_call(scene, reason, token, stay)
    if there is not None:
        return there
    made = CallId(house.new_id())
    owner = of_day(scene.policy.site, local_day(scene.at, scene.policy.tz))
    what = seen.what | {"candidates": [{"stay": str(one.stay), "certainty": one.certainty} for one in likely]}
    row = parking.CallRow(
        call=made,
        lot=lot or scene.lot,
        reason=reason,
        at=scene.at,
        gate=scene.lane.gate,
        stay=stay,
        passage=seen.passage,
        token=token,
        detail=seal(house, tx.tenant, owner, call_place(tx.tenant, made), what),
    )
    parking.add_call(tx, row)
    tx.publish("call", {"lot": str(row.lot), "call": str(made), "reason": reason.value})
    return made


def _open_call(scene: Scene, reason: CallReason, token: Any, stay: StayId | None) -> CallId | None:
    if stay is not None:
        rows = [row for row in parking.calls_of_stay(scene.tx, stay) if row.done_at is None and row.reason is reason]
    else:
        rows = [] if token is None else parking.calls_of_plate(scene.tx, token)
    return next((row.call for row in rows if row.gate == scene.lane.gate), None)


def settle_calls(scene: Scene, stay: Stay, plates: Iterable[str]) -> None:
    """What was asked about this stay's exit has answered itself. Money that did not move as agreed is no question of a lane."""
    rows = parking.calls_of_stay(scene.tx, stay.stay)
    for plate in set(plates):
        rows += parking.calls_of_plate(scene.tx, stay_token(scene.house, scene.tenant, plate))
    for row in rows:
        of_money = row.reason is CallReason.WRONG_SUM and row.gate is None
        if row.lot == scene.lot and row.at >= stay.entered and row.reason is not CallReason.TWO_VISITS and not of_money:
            parking.finish_call(scene.tx, row.call, "answered-itself", scene.now)


def write_bill(scene: Scene, stay: StayId, bill: Bill, *, final: bool) -> None:
    """Beside the earlier ones, if it says something else than the newest. Raises `AlreadyThere` for a second final one."""
    newest = parking.newest_bill(scene.tx, stay)
    if newest is not None and not final and newest.total == bill.total:
        return
    lines = [
        {"reason": line.reason.value, "about": line.about, "units": line.units, "minor": line.amount.minor}
        for line in bill.lines
    ]
    row = parking.BillRow(BillId(scene.house.new_id()), stay, scene.at, lines, bill.total, final)
    parking.add_bill(scene.tx, row)


def take_space(scene: Scene, space: SpaceClass, limit: int | None) -> bool:
    return parking.take(scene.tx, scene.lot, space, limit)


def seen_of(house: House, tenant: TenantId, row: parking.StayRow) -> dict[str, Any]:
    """Plate, score and picture at the entry."""
    return {} if row.seen is None else unseal(house, seen_place(tenant, row.stay.stay), row.seen)


def call_place(tenant: TenantId, call: UUID) -> Place:
    return Place(tenant, "calls", "detail", str(call))
