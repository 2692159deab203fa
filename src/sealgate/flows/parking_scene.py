"""One car at one lane: what was seen, and what the house knows of it. Everything is read here, nothing is written.

The surprising thing: a plate has one token here for each thing it is looked up among (stays, permits, bans, reservations, the
passages of each day), so that a stolen copy does not show that the plate of a permit is the plate of a stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sealgate.domain.access import GatePolicy, Reason
from sealgate.domain.calendar import DAY, day_number, local_day
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import GateId, LotId, PassageId, PersonId, SiteId, StayId, TenantId
from sealgate.domain.lots import GateRole, Lane, SpaceClass
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays import LIVE
from sealgate.domain.stays_pairing import LINGERS, Open, Traces
from sealgate.domain.stays_passing import OpenedBy, Passing, too_late
from sealgate.domain.stays_reading import SURE, Reading, further_keys, search_keys
from sealgate.domain.stays_rights import Papers, PermitUse
from sealgate.flows.kit import House, unseal
from sealgate.flows.passage import may_enter, plates_of_person
from sealgate.ports import Token
from sealgate.store import parking, passages, places
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

MOST_DAYS = 31
"""An event may be told this many days late and still find what else is known of its plate."""

NOTHING_SAID = frozenset({Reason.STALE, Reason.UNSURE})

MOST_PASSES = 50
MOST_RECENT = 12


class NoLane(NotFound):
    """This gate belongs to no lot."""

    code = "parking.no-lane"


@dataclass(frozen=True, slots=True)
class OpenedThere:
    """An edge has let this car through already, by that rule; `edge` is its name."""

    edge: str
    rule: OpenedBy | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """`at` is the event's own instant, `now` ours. `late`: the car is gone by now, so nothing is opened for it.

    `recent` is what passed this gate within its `echo`, newest first; `tailgating`: the barrier is still up for another car.
    `holder` is whoever drives, where they showed a card or a face instead of a plate. `named` is what an edge that has decided
    already calls the stay, `there` what it says of its bar. `cut_off`: this is an edge that does not reach the centre, so
    nobody can pay or be asked. `means` is what was shown; `ticket` the SHA-256 of one that an edge drew.
    """

    house: House
    tx: Tx
    lane: Lane
    policy: GatePolicy
    at: datetime
    now: datetime
    sighting: PlateSighting | None = None
    second: PlateSighting | None = None
    nonce: bytes | None = None
    late: bool = False
    recent: tuple[Passing, ...] = ()
    tailgating: bool = False
    holder: PersonId | None = None
    named: StayId | None = None
    cut_off: bool = False
    there: OpenedThere | None = None
    means: Means = Means.PLATE
    ticket: bytes | None = None

    @property
    def tenant(self) -> TenantId:
        return self.tx.tenant

    @property
    def lot(self) -> LotId:
        return self.lane.lot.lot

    @property
    def plate(self) -> PlateText | None:
        return self.sighting.text if self.sighting else None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The first camera's first."""
        seen = [sighting for sighting in (self.sighting, self.second) if sighting is not None]
        return tuple(Reading(sighting.text, self.at, sighting.score) for sighting in seen)

    @property
    def unsure(self) -> bool:
        """Whether what was read may be wrong."""
        return any(reading.score < SURE for reading in self.readings[:1])


def scene_at(
    house: House,
    tx: Tx,
    gate: GateId,
    at: datetime,
    sighting: PlateSighting | None = None,
    second: PlateSighting | None = None,
    nonce: bytes | None = None,
) -> Scene:
    """Of two views of one car the surer is the first. Raises `NoLane`, `NotFound`."""
    if sighting is not None and second is not None and second.score > sighting.score:
        sighting, second = second, sighting
    policy = places.policy_of(tx, gate)
    lane = parking.lane_of(tx, gate)
    if lane is None:
        raise NoLane("gate")
    now = house.clock.now()
    late = too_late(at, now, policy.max_age)
    recent = () if sighting is None else _recent(house, tx, lane, policy, at)
    tailgating = sighting is not None and _barrier_up(policy, at, sighting.text, recent)
    return Scene(house, tx, lane, policy, at, now, sighting, second, nonce, late, recent, tailgating)


def _recent(house: House, tx: Reader, lane: Lane, policy: GatePolicy, at: datetime) -> tuple[Passing, ...]:
    """What passed here shortly before, or after where this is told late."""
    span = max(lane.lot.echo, policy.open_for)
    views = passages.at_gate(tx, policy.site, lane.gate, since=at - span, until=at + span, limit=MOST_RECENT)
    return tuple(_passing(house, tx.tenant, view.row, lane.lot.lot, lane.role) for view in views)


def _barrier_up(policy: GatePolicy, at: datetime, plate: str, recent: Sequence[Passing]) -> bool:
    """Whether the gate was opened for another plate so shortly before that its bar may still be up."""
    before = (was for was in recent if was.opened and timedelta(0) <= at - was.at <= policy.open_for)
    return any(was.plate != plate for was in before)


def stay_token(house: House, tenant: TenantId, plate: str) -> Token:
    return house.index.standing_token(tenant, "stay", plate)


def permit_token(house: House, tenant: TenantId, plate: str) -> Token:
    return house.index.standing_token(tenant, "permit", plate)


def ban_token(house: House, tenant: TenantId, plate: str) -> Token:
    return house.index.standing_token(tenant, "ban", plate)


def reservation_token(house: House, tenant: TenantId, plate: str) -> Token:
    return house.index.standing_token(tenant, "reservation", plate)


def holder_token(house: House, tenant: TenantId, person: PersonId) -> Token:
    """Under which the stay is found that somebody began with a card or a face: among stays, like a plate's."""
    return house.index.standing_token(tenant, "stay-holder", str(person))


def masks_of(house: House, tenant: TenantId, lot: LotId, plates: Iterable[str], *, unsure: bool = False) -> list[Token]:
    """Under which a misread plate is found among one lot's live stays: one for each position left out, one for none.

    `unsure`: also one for each two, since this reading may be wrong and the other one too.
    """
    keys = {key for plate in plates for key in (search_keys(plate) | further_keys(plate) if unsure else search_keys(plate))}
    return [house.index.standing_token(tenant, "stay-mask", f"{lot}:{key}") for key in sorted(keys)]


def papers_of(scene: Scene, plate: PlateText | None, wanted: SpaceClass) -> Papers:
    house, tx, lot = scene.house, scene.tx, scene.lot
    counted = Papers(taken=parking.taken(tx, lot), held=parking.held(tx, lot, scene.at), wanted=wanted)
    if plate is not None:
        booked = parking.reservations_of_plate(tx, reservation_token(house, tx.tenant, plate), lot)
        return replace(
            counted,
            banned=parking.banned(tx, ban_token(house, tx.tenant, plate), lot, scene.at),
            permits=_uses(tx, parking.permits_of_plate(tx, permit_token(house, tx.tenant, plate))),
            reservations=[row.reservation for row in booked],
            enrolled=not scene.lane.lot.visitors and may_enter(house, tx, scene.policy, plate, scene.now),
        )
    if scene.holder is not None:
        tokens = [permit_token(house, tx.tenant, one) for one in plates_of_person(house, tx, scene.holder)]
        theirs = {row.permit.permit: row for token in tokens for row in parking.permits_of_plate(tx, token)}
        return replace(counted, permits=_uses(tx, list(theirs.values())), enrolled=True)
    return counted


def _uses(tx: Tx, rows: Sequence[parking.PermitRow]) -> list[PermitUse]:
    return [PermitUse(row.permit, parking.inside_by_permit(tx, row.permit.permit)) for row in rows]


def is_known(scene: Scene, plate: PlateText) -> bool:
    """Whether this very plate has papers here, or stands inside: then it is no misreading of another."""
    house, tx = scene.house, scene.tx
    inside = (row.stay for row in parking.stays_of_plate(tx, stay_token(house, tx.tenant, plate)))
    return (
        any(stay.inside and stay.lot == scene.lot for stay in inside)
        or bool(parking.permits_of_plate(tx, permit_token(house, tx.tenant, plate)))
        or bool(parking.reservations_of_plate(tx, reservation_token(house, tx.tenant, plate), scene.lot))
    )


def passes_of(scene: Scene, plate: str) -> list[Passing]:
    """Where this very plate passed before, on the event's day, and until now."""
    first, last = local_day(scene.at - scene.lane.lot.echo, scene.policy.tz), local_day(scene.now, scene.policy.tz)
    days = [first + number * DAY for number in range(min((last - first).days, MOST_DAYS) + 1)]
    index, site = scene.house.index, scene.policy.site
    tokens = [(day, index.find_day_token(scene.tenant, site, day, Means.PLATE.value, plate)) for day in days]
    known = [(day_number(day), token) for day, token in tokens if token is not None]
    rows = [row for day, token in known for row in parking.passes_of(scene.tx, day, token, MOST_PASSES)]
    roles = parking.roles(scene.tx, [row.gate for row in rows]) if rows else {}
    return [_passing(scene.house, scene.tenant, row, *roles[row.gate]) for row in rows if row.gate in roles]


def _passing(house: House, tenant: TenantId, row: passages.PassageRow, lot: LotId, role: GateRole) -> Passing:
    detail = unseal(house, detail_place(tenant, row.passage), row.detail) if row.detail else {}
    stay, entered = detail.get("stay"), detail.get("entered")
    return Passing(
        gate=row.gate,
        lot=lot,
        at=row.at,
        enters=role.enters,
        opened=row.opens,
        stay=StayId(UUID(stay)) if stay else None,
        entered=datetime.fromisoformat(entered) if entered else None,
        plate=str(detail.get("plate", "")),
        score=float(detail.get("score", 1.0)),
        reason=row.reason,
        passage=row.passage,
        read="score" in detail,
    )


def newest_said(db: Reader, site: SiteId, gate: GateId, since: datetime) -> passages.PassageRow | None:
    """The newest passage at a gate that says something of whoever stands there. A look that was no good says nothing."""
    views = passages.at_gate(db, site, gate, since=since, limit=MOST_RECENT)
    return next((view.row for view in views if view.row.reason not in NOTHING_SAID), None)


def candidates(scene: Scene) -> list[parking.StayRow]:
    """The live stays of this lot that the readings could be of: the same plate, or one with a mask in common.

    Those among them that left, owing, are for `stays_passing.leave` to look at and not to pair.
    """
    texts = [reading.text for reading in scene.readings]
    found: dict[StayId, parking.StayRow] = {}
    for text in texts:
        found |= {row.stay.stay: row for row in parking.stays_of_plate(scene.tx, stay_token(scene.house, scene.tenant, text))}
    if texts:
        masks = masks_of(scene.house, scene.tenant, scene.lot, texts, unsure=scene.unsure)
        found |= {row.stay.stay: row for row in parking.stays_like(scene.tx, masks)}
    return [row for row in found.values() if row.stay.lot == scene.lot and row.stay.state in LIVE]


def open_of(scene: Scene, row: parking.StayRow, *, may_nest: bool) -> Open:
    """The stay as pairing sees it."""
    seen = unseal(scene.house, seen_place(scene.tenant, row.stay.stay), row.seen) if row.seen else {}
    return Open(
        stay=row.stay.stay,
        entered=row.stay.entered,
        plate=seen.get("plate"),
        score=float(seen.get("score", 1.0)),
        until=row.stay.superseded,
        doubted=row.stay.doubted is not None,
        expected=row.stay.leaves_by(scene.at),
        nested=may_nest and parking.nested_inside(scene.tx, row.stay.stay),
    )


def traces_of(scene: Scene, rows: Sequence[parking.StayRow]) -> Traces:
    """Since the oldest candidate came, and of the last day: what happened before does not touch any of them."""
    oldest = min((row.stay.entered for row in rows), default=scene.at)
    since = max(oldest, scene.at - scene.lane.lot.longest - timedelta(days=1))
    return parking.traces_of(scene.tx, scene.lot, min(since, scene.at - LINGERS))


def seen_place(tenant: TenantId, stay: StayId) -> Place:
    return Place(tenant, "stays", "seen", str(stay))


def leaving_place(tenant: TenantId, stay: StayId) -> Place:
    return Place(tenant, "stays", "seen_leaving", str(stay))


def detail_place(tenant: TenantId, passage: PassageId) -> Place:
    return Place(tenant, "passages", "detail", str(passage))
