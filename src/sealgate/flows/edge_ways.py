"""Where drivers are led from an edge's lanes: to the pages of its centre, whose addresses only the centre can make.

The surprising thing: an edge cannot make the address of one stay, so what it shows at an exit is the lot's. There a driver
types the plate, or scans the ticket that the edge drew, whose code is known to the centre as soon as the link has told it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sealgate.domain.ids import LotId, TenantId
from sealgate.flows.driving_passes import lot_secret
from sealgate.flows.kit import House, organisation, seal, unseal
from sealgate.store.blobs import NoSuchBlob
from sealgate.vault.envelope import Place

KEPT = UUID(int=2).hex
"""The blob of an edge in which they lie, sealed under its own key."""


@dataclass(frozen=True, slots=True)
class AtBox:
    """This program is an edge's. `centre` is the address that it speaks to, without a slash at its end; `cut_off` tells whether
    nobody answers there now."""

    centre: str
    cut_off: Callable[[], bool]

    def base(self, house: House, tenant: TenantId) -> str:
        """How a driver's phone reaches the centre."""
        return str(kept(house, tenant).get("address") or self.centre)


def ways(house: House, tenant: TenantId, lots: Iterable[LotId]) -> dict[str, Any]:
    """At the centre."""
    return {"address": house.address, "lots": {str(lot): lot_secret(house, tenant, lot) for lot in lots}}


def keep(house: House, tenant: TenantId, told: Mapping[str, Any]) -> None:
    """At the edge."""
    if kept(house, tenant) != told:
        house.blobs.delete(KEPT)
        house.blobs.put(KEPT, seal(house, tenant, organisation(), _place(tenant), dict(told)))


def secret_of(house: House, tenant: TenantId, lot: LotId) -> str:
    """By which the lot's page is known; empty where the centre has not told."""
    return str(kept(house, tenant).get("lots", {}).get(str(lot), ""))


def kept(house: House, tenant: TenantId) -> dict[str, Any]:
    try:
        return dict(unseal(house, _place(tenant), house.blobs.get(KEPT)))
    except NoSuchBlob:
        return {}


def _place(tenant: TenantId) -> Place:
    return Place(tenant, "edges", "ways", "lots")
