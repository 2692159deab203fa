"""The copy by which an edge decides: of its own site and nothing else, in parts that are told when they have changed.

Here the centre opens what lies sealed, and it is told over a link that is sealed itself; `edge_apply` seals it again under
the edge's own keys. No face and no name is ever in it; the cards and codes of people are a part of their own (`edge_holders`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sealgate.domain.ids import LotId, ReservationId, SiteId, StayId
from sealgate.domain.lots import Lot
from sealgate.flows import edge_ways
from sealgate.flows.kit import House, unseal
from sealgate.flows.parking_scene import seen_place
from sealgate.flows.permits import ban_place, plate_place, reservation_place
from sealgate.flows.rules import opened_sources
from sealgate.ports import Sealed
from sealgate.store import edges, parking, places
from sealgate.store import schema as s
from sealgate.store.edges import Row, plain_rows
from sealgate.store.engine import Reader

PAPERS, STAYS = "papers", "stays"
MOST_PERMITS = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """`digest` is the SHA-256 of what it holds."""

    name: str
    digest: str
    holds: dict[str, Any]


def parts(house: House, db: Reader, site: SiteId) -> tuple[Part, ...]:
    return part(PAPERS, papers(house, db, site)), part(STAYS, stays(house, db, site))


def part(name: str, holds: dict[str, Any]) -> Part:
    text = json.dumps(holds, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Part(name, hashlib.sha256(text.encode()).hexdigest(), holds)


def papers(house: House, db: Reader, site: SiteId) -> dict[str, Any]:
    """The rules of the site and of its lots, tariffs, and who may stand there."""
    lots = parking.lots(db, site)
    names = [lot.lot for lot in lots]
    tariffs = sorted({lot.tariff for lot in lots if lot.tariff})
    sources = {
        str(row.gate): opened_sources(house, db.tenant, row.gate, row.source) for row in places.gates(db, site) if row.source
    }
    lanes = plain_rows(db, s.lanes, s.lanes.c.lot_id.in_(names))
    return {
        "sites": plain_rows(db, s.sites, s.sites.c.site_id == site),
        "zones": plain_rows(db, s.zones, s.zones.c.site_id == site),
        "gates": plain_rows(db, s.gates, s.gates.c.site_id == site),
        "sources": sources,
        "holidays": plain_rows(db, s.holidays, s.holidays.c.site_id == site),
        "lots": plain_rows(db, s.lots, s.lots.c.site_id == site),
        "lanes": lanes,
        "ways": edge_ways.ways(house, db.tenant, names),
        "readers": {str(gate): shown.hex() for gate, shown in edges.reader_hashes(db, [UUID(row["gate_id"]) for row in lanes])},
        "tariffs": plain_rows(db, s.tariffs, s.tariffs.c.name.in_(tariffs)),
        "permits": _permits(house, db, lots),
        "bans": _bans(house, db, names),
        "reservations": _reservations(house, db, names),
    }


def stays(house: House, db: Reader, site: SiteId) -> dict[str, Any]:
    """The live stays of its lots, what was paid for them, and how many spaces are taken."""
    names = [lot.lot for lot in parking.lots(db, site)]
    live = plain_rows(db, s.stays, s.stays.c.lot_id.in_(names), s.stays.c.state != "closed")
    seen = edges.seen_of_stays(db, names)
    for row in live:
        sealed, ticket = seen[row["stay_id"]]
        row["seen"] = _plate_seen(house, db, row, sealed)
        row["ticket"] = None if ticket is None else ticket.hex()
    ids = [row["stay_id"] for row in live]
    return {
        "stays": live,
        "payments": edges.rows_of_stays(db, s.payments, ids),
        "validations": edges.rows_of_stays(db, s.stay_validations, ids),
        "counters": plain_rows(db, s.lot_counters, s.lot_counters.c.lot_id.in_(names)),
    }


def _plate_seen(house: House, db: Reader, row: Row, sealed: Sealed | None) -> dict[str, Any]:
    """Plate, score and kind; never the picture."""
    if sealed is None:
        return {}
    opened = unseal(house, seen_place(db.tenant, StayId(UUID(row["stay_id"]))), sealed)
    return {name: opened[name] for name in ("plate", "score", "kind") if name in opened}


def _permits(house: House, db: Reader, lots: list[Lot]) -> list[Row]:
    """Those that hold in one of the lots, each with its plates."""
    theirs = {str(row.permit.permit) for row in parking.permits(db, limit=MOST_PERMITS) if _covers(row, lots)}
    rows = [row for row in plain_rows(db, s.permits, s.permits.c.ended_at.is_(None)) if row["permit_id"] in theirs]
    plates: dict[str, list[str]] = {}
    for plate in edges.permit_plates(db):
        place = plate_place(db.tenant, plate.permit, plate.token)
        if str(plate.permit) in theirs:
            plates.setdefault(str(plate.permit), []).append(str(unseal(house, place, plate.plate)["plate"]))
    return [{**row, "person_id": None, "plates": sorted(plates.get(row["permit_id"], []))} for row in rows]


def _covers(row: parking.PermitRow, lots: list[Lot]) -> bool:
    return any(row.permit.covers(lot) for lot in lots)


def _bans(house: House, db: Reader, lots: list[LotId]) -> list[Row]:
    found = parking.bans(db, house.clock.now())
    return [
        {
            "ban_id": str(row.ban),
            "lot_id": None if row.lot is None else str(row.lot),
            "until": None if row.until is None else row.until.isoformat(),
            "added_at": row.added_at.isoformat(),
            "plate": unseal(house, ban_place(db.tenant, row.ban, "plate"), row.plate)["plate"],
        }
        for row in found
        if row.lot is None or row.lot in lots
    ]


def _reservations(house: House, db: Reader, lots: list[LotId]) -> list[Row]:
    waiting = s.reservations.c.stay_id.is_(None), s.reservations.c.cancelled_at.is_(None)
    rows = plain_rows(db, s.reservations, s.reservations.c.lot_id.in_(lots), *waiting)
    sealed = edges.reservation_plates(db)
    for row in rows:
        name = row["reservation_id"]
        row["plate"] = unseal(house, reservation_place(db.tenant, ReservationId(UUID(name))), sealed[name])["plate"]
    return rows
