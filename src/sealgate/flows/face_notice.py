"""What anybody may read about the faces of a site without signing in: what a sign's code leads to."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.domain.errors import NotFound
from sealgate.domain.face_use import Standing
from sealgate.domain.ids import SiteId, TenantId
from sealgate.flows.asking import rules_in
from sealgate.flows.face_need import use_of
from sealgate.flows.kit import House
from sealgate.store import places


@dataclass(frozen=True, slots=True)
class Notice:
    """`on`: whether faces are used there. `purpose` and `necessity` are in the organisation's own words."""

    organisation: str
    site: str
    on: bool
    purpose: str
    necessity: str
    keeps_days: int
    contact: str


def notice(house: House, tenant: TenantId, site: SiteId) -> Notice:
    """Raises `NotFound` for anything that is not a site of an organisation here."""
    if tenant not in {row.tenant for row in house.store.tenants()}:
        raise NotFound("notice")
    with house.store.read(tenant) as db:
        use, name = use_of(db, site), places.tenant_name(db)
        contact = rules_in(db).contact
    on = use.standing is not Standing.OFF
    return Notice(name, str(use.facts["site"]), on, use.purpose, use.necessity, int(use.facts["keeps_days"]), contact)


def organisation(house: House, tenant: TenantId) -> str:
    with house.store.read(tenant) as db:
        return places.tenant_name(db)
