"""A car at a lane of a lot: it comes in, or pays and goes, or an attendant is asked. Written before opened.

Who leaves is decided by `domain/stays_pairing`, what it costs by the `price` that is handed in, whether money came by the
payments of the stay. The surprising thing: an exit that cannot be told for sure changes no stay at all. It is a call for the
desk, and whoever really left is billed by nobody until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sealgate.domain.access import Reason
from sealgate.domain.ids import GateId, PassageId, PersonId, StayId, TenantId
from sealgate.domain.lots import SpaceClass
from sealgate.domain.plates import CAR
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means, PlateSighting
from sealgate.domain.stays import StayState
from sealgate.domain.stays_passing import Entered
from sealgate.flows.kit import House, fingerprint, new_secret, tenant_of
from sealgate.flows.parking_entering import begins, enters
from sealgate.flows.parking_holding import holds, moved
from sealgate.flows.parking_leaving import goes, goes_owing, leaves
from sealgate.flows.parking_outcomes import Arrival, Drawn, Outcome, shut, trace, turn_away
from sealgate.flows.parking_scene import NoLane, OpenedThere, Scene, masks_of, scene_at, stay_token
from sealgate.flows.parking_writing import Account, Price, Repeated, Seen, account, note
from sealgate.flows.passage import open_latch
from sealgate.privacy import journal
from sealgate.store import directory, parking
from sealgate.store.engine import Actor

__all__ = [
    "Account",
    "Arrival",
    "Drawn",
    "NoLane",
    "OpenedThere",
    "Outcome",
    "Price",
    "Told",
    "account",
    "arrive",
    "draw_ticket",
    "hear",
    "is_ticket",
    "let_go_owing",
    "let_out",
    "masks_of",
    "passed_unseen",
    "show_holder",
    "show_ticket",
    "stay_token",
    "ticket_code",
]


def arrive(
    house: House,
    tenant: TenantId,
    sighting: PlateSighting,
    price: Price,
    *,
    second: PlateSighting | None = None,
    vehicle: str = "",
    wanted: SpaceClass | None = None,
    nonce: bytes | None = None,
    live: bool = False,
    cut_off: bool = False,
) -> Arrival:
    """A plate at a lane. `second` is another camera's view of the same car; `nonce` 16 bytes of an event that may come again.

    `vehicle` is its class in the tariff's words, `wanted` the class of space it asks for: by its plate unless given.

    `live`: it was seen by a camera that runs here, so one that is told late was not cut off but slow, and is looked at again.
    `cut_off`: the centre is away, so the lot's rule for doubt holds where somebody would have to pay.
    Raises `NoLane` for a gate of no lot, `NotFound`, `StayOver` where somebody was first, the store's and vault's faults.
    """

    def decide(scene: Scene) -> Arrival:
        if live and scene.late:
            return turn_away(scene, note(scene), Reason.STALE, Means.PLATE)
        if scene.lane.role.enters:
            return enters(scene, price, vehicle, wanted)
        return leaves(replace(scene, cut_off=cut_off), price)

    return _at(house, tenant, sighting.gate, sighting.at, decide, sighting=sighting, second=second, nonce=nonce)


@dataclass(frozen=True, slots=True)
class Told:
    """What an edge has decided by itself, at its `gate`. `passed`: it opened, and the car is through; else it stands there.

    `stay` is what it took the car for: the one that began, or ended, with this. `there` says which edge it was, and its rule.
    Without a `sighting` it was a ticket that was shown, or a card or code of the `holder`, by those `means`; `ticket` is the
    SHA-256 of one that was drawn.
    """

    gate: GateId
    at: datetime
    nonce: bytes
    passed: bool
    there: OpenedThere
    stay: StayId | None = None
    sighting: PlateSighting | None = None
    holder: PersonId | None = None
    means: Means = Means.PLATE
    ticket: bytes | None = None


def hear(house: House, tenant: TenantId, told: Told, price: Price) -> Arrival:
    """A car at an edge's lane. What came before is known by its `nonce` and changes nothing. Raises as `arrive`.

    A car that has passed is only written down, as one that is told late; one that stands there is decided like any other.
    """

    def decide(scene: Scene) -> Arrival:
        scene = _as_told(scene, told)
        if told.passed:
            return _passed(scene, price, told.stay)
        standing = Arrival(Outcome.ECHO, Reason.STALE)  # it stood there some time ago: what became of it is told apart
        return standing if scene.late else _decided(scene, price, told.stay)

    return _at(house, tenant, told.gate, told.at, decide, sighting=told.sighting, nonce=told.nonce)


def _as_told(scene: Scene, told: Told) -> Scene:
    """A holder who was erased since is nobody."""
    known = told.holder is not None and directory.person(scene.tx, told.holder) is not None
    scene = replace(scene, means=told.means, holder=told.holder if known else None, ticket=told.ticket)
    return replace(scene, late=True, named=told.stay, there=told.there) if told.passed else scene


def _passed(scene: Scene, price: Price, stay: StayId | None) -> Arrival:
    """The edge let it through: it is written down, and its holder is on the far side."""
    row = None if stay is None else parking.stay(scene.tx, stay)
    enters_here = scene.lane.role.enters
    if row is not None and (enters_here or not row.stay.inside):  # known already, or the centre let it out at the same moment
        return Arrival(Outcome.REPEATED, Reason.STALE)
    arrival = _came(scene, price) if enters_here else leaves(scene, price, row)
    if arrival.passage is not None and scene.holder is not None:
        moved(scene, scene.holder)
    return arrival


def _came(scene: Scene, price: Price) -> Arrival:
    if scene.plate is not None:
        return enters(scene, price)
    return begins(scene, Entered(), scene.lane.vehicle or CAR, SpaceClass.VISITORS, note(scene), scene.ticket)


def _decided(scene: Scene, price: Price, stay: StayId | None) -> Arrival:
    """A car that stands at an edge's lane now."""
    if scene.lane.role.enters:
        return _came(scene, price)
    if scene.plate is not None:
        return leaves(scene, price)
    row = None if stay is None else parking.stay(scene.tx, stay)
    return turn_away(scene, note(scene), Reason.UNKNOWN, scene.means) if row is None else leaves(scene, price, row)


def draw_ticket(house: House, tenant: TenantId, gate: GateId, *, vehicle: str = "") -> Drawn:
    """A car without a readable plate comes in by a ticket, of its lane's class unless given. Raises `NoLane` at an exit."""
    code = new_secret(tenant)

    def decide(scene: Scene) -> Arrival:
        if not scene.lane.role.enters:
            raise NoLane("entry")
        refused = shut(scene, entering=True)
        hashed = fingerprint(code)
        if refused is not None:
            return refused
        kind = vehicle or scene.lane.vehicle or CAR
        return begins(scene, Entered(), kind, SpaceClass.VISITORS, note(scene), hashed, Means.QR)

    arrival = _at(house, tenant, gate, house.clock.now(), decide)
    return Drawn(arrival, code if arrival.opens else None)


def show_ticket(
    house: House,
    tenant: TenantId,
    gate: GateId,
    code: str,
    price: Price,
    sighting: PlateSighting | None = None,
    *,
    cut_off: bool = False,
) -> Arrival:
    """A ticket at an exit; `sighting` is what the camera sees there, if anything. Raises as `arrive`."""

    def decide(scene: Scene) -> Arrival:
        scene = replace(scene, means=Means.QR, cut_off=cut_off)
        row = parking.stay_by_ticket(scene.tx, fingerprint(code)) if tenant_of(code) == tenant else None
        if scene.lane.role.enters or row is None or row.stay.lot != scene.lot or not row.stay.inside:
            return turn_away(scene, note(scene), Reason.UNKNOWN, Means.QR)
        return leaves(scene, price, row)

    return _at(house, tenant, gate, house.clock.now(), decide, sighting=sighting)


def is_ticket(tenant: TenantId, text: str) -> bool:
    """Whether a code is one of our tickets, bare or as the address on its QR; not yet that it is of any stay."""
    return tenant_of(ticket_code(text)) == tenant


def ticket_code(text: str) -> str:
    return text.strip().rpartition("/")[2]


def show_holder(
    house: House, tenant: TenantId, sighting: CodeSighting | FaceSighting, price: Price, *, cut_off: bool = False
) -> Arrival:
    """A card, a code or a face of somebody enrolled, at a lane. Raises as `arrive`."""

    def decide(scene: Scene) -> Arrival:
        return holds(replace(scene, cut_off=cut_off), sighting, price)

    return _at(house, tenant, sighting.gate, sighting.at, decide)


def let_out(house: House, tenant: TenantId, stay: StayId, gate: GateId, price: Price) -> Arrival:
    """What was due is paid: the car that waits at this exit may go. Raises as `arrive`."""

    def decide(scene: Scene) -> Arrival:
        row = parking.stay(scene.tx, stay)
        if row is None or row.stay.lot != scene.lot or not row.stay.inside or scene.lane.role.enters:
            return turn_away(scene, note(scene), Reason.UNKNOWN, None)
        return goes(scene, row, price, note(scene))

    return _at(house, tenant, gate, house.clock.now(), decide)


def let_go_owing(house: House, tenant: TenantId, stay: StayId, gate: GateId, price: Price) -> Arrival:
    """The lot would rather open than ask: the car that waits at this exit goes, and still owes. Raises as `arrive`."""

    def decide(scene: Scene) -> Arrival:
        row = parking.stay(scene.tx, stay)
        if row is None or row.stay.lot != scene.lot or row.stay.state is not StayState.WAITING or not row.stay.inside:
            return turn_away(scene, note(scene), Reason.UNKNOWN, None)
        return goes_owing(scene, row, price, note(scene))

    return _at(house, tenant, gate, house.clock.now(), decide)


def passed_unseen(house: House, tenant: TenantId, gate: GateId, at: datetime) -> PassageId:
    """A car passed that nobody could name: the loop counted it, or the bar was opened by hand. Pairing is more careful then."""
    with house.store.begin(tenant, Actor("gate", str(gate))) as tx:
        scene = scene_at(house, tx, gate, at)
        seen = Seen(PassageId(house.counter.next(scene.now)), {})
        trace(scene, seen)
        journal.write(tx, house.keyring, scene.now, "lane.passed-unseen", object=f"passage:{seen.passage}")
    return seen.passage


def _at(
    house: House,
    tenant: TenantId,
    gate: GateId,
    at: datetime,
    decide: Callable[[Scene], Arrival],
    *,
    sighting: PlateSighting | None = None,
    second: PlateSighting | None = None,
    nonce: bytes | None = None,
) -> Arrival:
    """Decide and write in one transaction, then open."""
    actor = Actor("gate", str(gate))
    try:
        with house.store.begin(tenant, actor) as tx:
            scene = scene_at(house, tx, gate, at, sighting, second, nonce)
            arrival = decide(scene)
            tx.after_commit(house.wake)
    except Repeated:
        return Arrival(Outcome.REPEATED, Reason.STALE)
    if not arrival.opens or arrival.passage is None:
        return arrival
    return replace(arrival, latch=open_latch(house, tenant, actor, scene.policy, arrival.passage))
