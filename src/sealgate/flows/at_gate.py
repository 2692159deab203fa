"""What is shown at a gate, whichever gate it is: the lanes of a lot take cars, all others people.

The surprising thing: what a gate is, is looked up for each sighting. So a gate that becomes a lane while its camera runs
opens stays from the next car on, and nothing has to be started anew.
"""

from __future__ import annotations

from sealgate.domain.ids import GateId, TenantId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import CodeSighting, Means, PlateSighting, Sighting
from sealgate.flows import parking
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival
from sealgate.flows.passage import Admission, admit
from sealgate.flows.pricing import prices
from sealgate.store import parking as rows

UNTOLD = 0.9
"""Score of a plate from a reader that does not say how sure it is."""

Answer = Admission | Arrival
"""Both have a `decision`, a `passage`, a `latch` and a `first_name`."""


def admit_at(
    house: House,
    tenant: TenantId,
    sighting: Sighting,
    *,
    second: PlateSighting | None = None,
    cut_off: bool = False,
) -> Answer:
    """Decide one sighting made here and now. `second` is what another camera of the same lane saw of the same car; `cut_off`
    says that this is an edge whose centre is away.

    Raises `NotFound` for a gate of another tenant, `StayOver` where somebody was first, and the store's and vault's faults.
    """
    if not is_lane(house, tenant, sighting.gate):
        return admit(house, tenant, sighting)
    price = prices(house, tenant)
    if isinstance(sighting, CodeSighting) and sighting.means is Means.PLATE:
        sighting = PlateSighting(sighting.gate, sighting.at, PlateText(sighting.value), UNTOLD)
    if isinstance(sighting, PlateSighting):
        return parking.arrive(house, tenant, sighting, price, second=second, live=True, cut_off=cut_off)
    if isinstance(sighting, CodeSighting) and parking.is_ticket(tenant, sighting.value):
        return parking.show_ticket(house, tenant, sighting.gate, parking.ticket_code(sighting.value), price, cut_off=cut_off)
    return parking.show_holder(house, tenant, sighting, price, cut_off=cut_off)


def is_lane(house: House, tenant: TenantId, gate: GateId) -> bool:
    with house.store.read(tenant) as db:
        return rows.lane_of(db, gate) is not None
