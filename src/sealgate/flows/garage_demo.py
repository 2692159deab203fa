"""A made-up garage on the demo's campus: a lot, its lanes, its tariff and its papers, made through the console's own flows.

The bench of the garage is measured in it too. It only ever asks for money that a simulated provider makes up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files

from sealgate.domain.calendar import DAY, local_day, zone
from sealgate.domain.ids import GateId, LotId, SiteId, TenantId, ZoneId
from sealgate.domain.lots import GateRole, PermitKind, SpaceClass
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.flows import lots, permits, rules, tariffs
from sealgate.flows.campus import Campus, system
from sealgate.flows.kit import House, Signed
from sealgate.flows.lots import LotTerms
from sealgate.flows.permits import CouponTerms, PermitTerms

LOT = "Garage"
EXIT = "Garage exit"
PERMIT_SPACES = 10


@dataclass(frozen=True, slots=True)
class Garage:
    """`coupon` is the code of the shop next door, told once; empty where the garage was made in an earlier run."""

    tenant: TenantId
    site: SiteId
    lot: LotId
    entry: GateId
    exit: GateId
    coupon: str = ""


def tariff_text() -> str:
    """The garage's tariff file, as it is kept in the package."""
    return files(__package__).joinpath("garage_demo.toml").read_text(encoding="utf-8")


def build(house: House, campus: Campus, plates: Sequence[str], *, spaces: int = 60) -> Garage:
    """The campus' lane becomes the way in. `plates` share a season ticket; `spaces` are the visitors'."""
    signed = system(house, campus.tenant)
    outside, garage = _zones(house, signed, campus.site)
    save_tariff(house, signed, campus.site)
    terms = LotTerms(LOT, {SpaceClass.VISITORS: spaces, SpaceClass.PERMITS: PERMIT_SPACES}, tariff=LOT, zone=garage)
    lot = lots.add_lot(house, signed, campus.site, terms)
    way = rules.NewGate(EXIT, GateKind.BARRIER, garage, outside, frozenset({Means.PLATE, Means.QR}))
    leave = rules.add_gate(house, signed, campus.site, way)
    lots.add_lane(house, signed, campus.site, lot, campus.lane, GateRole.ENTRY)
    lots.add_lane(house, signed, campus.site, lot, leave, GateRole.EXIT)
    if plates:
        season = PermitTerms(PermitKind.SEASON, "Harbour Works, drivers", frozenset({lot}), spaces=2, plates=tuple(plates))
        permits.add_permit(house, signed, season)
    coupon = CouponTerms("Bakery", timedelta(hours=1), None, house.clock.now() + 30 * DAY, uses=None)
    code = permits.make_coupon(house, signed, campus.site, lot, coupon).code
    return Garage(campus.tenant, campus.site, lot, campus.lane, leave, code)


def recall(house: House, campus: Campus) -> Garage | None:
    """The garage of an earlier run in the same folder; None where there is none."""
    signed = system(house, campus.tenant)
    found = next((line.lot for line in lots.lots(house, signed, campus.site) if line.lot.name == LOT), None)
    leave = next((line.gate for line in rules.gates(house, signed, campus.site) if line.name == EXIT), None)
    if found is None or leave is None:
        return None
    return Garage(campus.tenant, campus.site, found.lot, campus.lane, leave)


def save_tariff(house: House, signed: Signed, site: SiteId) -> None:
    """In force since a month before the site's today: the garage has a past."""
    line = next(one for one in rules.sites(house, signed) if one.site == site)
    tariffs.save(house, signed, tariff_text(), local_day(house.clock.now(), zone(line.time_zone)) - 30 * DAY)


def _zones(house: House, signed: Signed, site: SiteId) -> tuple[ZoneId, ZoneId]:
    """The street and the garage."""
    found = rules.zones(house, signed, site)
    return next(z.zone for z in found if z.outside), next(z.zone for z in found if z.name == LOT)
