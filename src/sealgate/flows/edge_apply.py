"""At the edge: what the centre told becomes rows of the edge's own store, sealed and indexed under its own keys; and what the
edge did becomes facts for the centre.

The surprising thing: the outbox of the edge's store is the queue of its facts. A decision and its fact are one transaction, so
there is none without the other, and a fact is gone from it only when the centre has said that it has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sealgate.domain.access import Reason
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.ids import BanId, GateId, LotId, PassageId, PermitId, ReservationId, SiteId, StayId, TenantId
from sealgate.domain.plates import PlateText
from sealgate.domain.stays_reading import SURE
from sealgate.flows.edge_copy import PAPERS, STAYS, Part
from sealgate.flows.edges import Fact
from sealgate.flows.kit import House, of_day, organisation, seal, unseal
from sealgate.flows.parking_scene import (
    ban_token,
    detail_place,
    masks_of,
    permit_token,
    reservation_token,
    seen_place,
    stay_token,
)
from sealgate.flows.passage_places import picture_place
from sealgate.flows.permits import ban_place, plate_place, reservation_place
from sealgate.flows.rules import sealed_sources
from sealgate.privacy import journal
from sealgate.store import edges, outbox, parking, passages, places
from sealgate.store import schema as s
from sealgate.store.edges import Row, put_rows, remove_rows
from sealgate.store.engine import Actor, Reader, Tx

LINK = Actor("system", "link")
MOST_FACTS, MOST_BYTES, MOST_PICTURE = 200, 3_000_000, 200_000
SAID = frozenset({Reason.ALLOWED, Reason.UNPAID, Reason.DESK_ASKED})
"""What of the edge's passages the centre hears: who passed, and who stands there and cannot go on."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`told` are the numbers of the outbox that a fact stands for; `idle` those that stand for none."""

    facts: tuple[Fact, ...]
    idle: tuple[int, ...]


def found_edge(house: House, tenant: TenantId, name: str) -> None:
    """The organisation, under the identity that it has at the centre. Nothing where it is there."""
    if any(known.tenant == tenant for known in house.store.tenants()):
        return
    with house.store.begin(tenant, LINK) as tx:
        places.add_tenant(tx, name, house.clock.now())
        journal.write(tx, house.keyring, house.clock.now(), "edge.joined")


def facts_waiting(house: House, tenant: TenantId) -> Facts:
    """The oldest facts that the centre has not got yet, in their order."""
    with house.store.read(tenant) as db:
        waiting = outbox.waiting(db, MOST_FACTS)
        facts: list[Fact] = []
        idle: list[int] = []
        size = 0
        for one in waiting:
            fact = _fact(house, db, one)
            if fact is None:
                idle.append(one.fact)
                continue
            size += len(fact.picture or b"")
            if facts and size > MOST_BYTES:
                break
            facts.append(fact)
    return Facts(tuple(facts), tuple(idle))


def heard(house: House, tenant: TenantId, numbers: Sequence[int]) -> None:
    """The centre has these facts."""
    if numbers:
        outbox.mark_published(house.store, tenant, numbers, house.clock.now())


def _fact(house: House, db: Reader, one: outbox.OutboxFact) -> Fact | None:
    if one.topic != "passage" or "latch" in one.payload:
        return None
    view = passages.passage(db, PassageId(one.payload["passage"]))
    if view is None or view.row.detail is None or view.row.reason not in SAID:
        return None
    row = view.row
    what = unseal(house, detail_place(db.tenant, row.passage), view.row.detail)
    if "plate" not in what or "score" not in what or "again" in what:
        return None
    return Fact(
        sequence=one.fact,
        gate=row.gate,
        at=row.at,
        text=PlateText(what["plate"]),
        score=float(what["score"]),
        kind=str(what.get("kind", "plain")),
        passed=row.opens,
        stay=StayId(UUID(what["stay"])) if "stay" in what else None,
        picture=_picture(house, db.tenant, what.get("picture")),
    )


def _picture(house: House, tenant: TenantId, name: str | None) -> bytes | None:
    if name is None:
        return None
    opened = house.keyring.open(picture_place(tenant, UUID(name)), house.blobs.get(UUID(name).hex))
    return opened if len(opened) <= MOST_PICTURE else None


def apply(house: House, tenant: TenantId, parts: Sequence[Part]) -> tuple[str, ...]:
    """Write what has changed of the copy; the names of the parts that are written.

    The stays wait while there is a fact that the centre has not got: what it says of them is older than what happened here.
    """
    with house.store.begin(tenant, LINK) as tx:
        due = [part for part in parts if part.name == PAPERS or (part.name == STAYS and not _ahead(house, tx))]
        for part in due:
            write = _papers if part.name == PAPERS else _stays
            write(house, tx, part.holds)
        if due:
            journal.write(tx, house.keyring, house.clock.now(), "edge.copied", object=" ".join(part.name for part in due))
    return tuple(part.name for part in due)


def _ahead(house: House, tx: Tx) -> bool:
    return any(_fact(house, tx, one) is not None for one in outbox.waiting(tx, MOST_FACTS))


def _papers(house: House, tx: Tx, holds: Mapping[str, Any]) -> None:
    put_rows(tx, s.sites, holds["sites"])
    put_rows(tx, s.zones, holds["zones"])
    put_rows(tx, s.gates, holds["gates"], [_sources(house, tx, row, holds["sources"]) for row in holds["gates"]])
    remove_rows(tx, s.holidays)
    put_rows(tx, s.holidays, holds["holidays"])
    put_rows(tx, s.lots, holds["lots"])
    remove_rows(tx, s.lanes)
    put_rows(tx, s.lanes, holds["lanes"])
    put_rows(tx, s.tariffs, holds["tariffs"])
    _permits(house, tx, holds["permits"])
    remove_rows(tx, s.bans)
    for row in holds["bans"]:
        _ban(house, tx, row)
    remove_rows(tx, s.reservations)
    for row in holds["reservations"]:
        _reservation(house, tx, row)


def _sources(house: House, tx: Tx, row: Row, sources: Mapping[str, Sequence[str]]) -> Row:
    found = sources.get(row["gate_id"], ())
    return {"source": sealed_sources(house, tx.tenant, GateId(UUID(row["gate_id"])), *found) if found else None}


def _permits(house: House, tx: Tx, rows: Sequence[Row]) -> None:
    remove_rows(tx, s.permit_plates)
    put_rows(tx, s.permits, [{name: value for name, value in row.items() if name != "plates"} for row in rows])
    for row in rows:
        permit = PermitId(UUID(row["permit_id"]))
        for plate in row["plates"]:
            token = permit_token(house, tx.tenant, plate)
            sealed = seal(house, tx.tenant, organisation(), plate_place(tx.tenant, permit, token), {"plate": plate})
            parking.add_plate(tx, parking.PlateRow(permit, token, sealed, house.clock.now()))


def _ban(house: House, tx: Tx, row: Row) -> None:
    name, plate = BanId(UUID(row["ban_id"])), row["plate"]
    own = {
        column: seal(house, tx.tenant, organisation(), ban_place(tx.tenant, name, column), {column: value})
        for column, value in (("plate", plate), ("reason", ""))
    }
    plain = {key: value for key, value in row.items() if key != "plate"} | {"lifted_at": None}
    put_rows(tx, s.bans, [plain], [{**own, "token": ban_token(house, tx.tenant, plate)}])


def _reservation(house: House, tx: Tx, row: Row) -> None:
    plate, place = row["plate"], reservation_place(tx.tenant, ReservationId(UUID(row["reservation_id"])))
    own = {
        "plate": seal(house, tx.tenant, organisation(), place, {"plate": plate}),
        "token": reservation_token(house, tx.tenant, plate),
    }
    put_rows(tx, s.reservations, [{key: value for key, value in row.items() if key != "plate"}], [own])


def _stays(house: House, tx: Tx, holds: Mapping[str, Any]) -> None:
    lots = [lot.lot for lot in parking.lots(tx)]
    here = edges.live_of_lots(tx, lots)
    edges.close_stays(tx, sorted(set(here) - {row["stay_id"] for row in holds["stays"]}), house.clock.now())
    for row in holds["stays"]:
        _stay(house, tx, row, here)
    put_rows(tx, s.payments, holds["payments"])
    put_rows(tx, s.stay_validations, holds["validations"])
    put_rows(tx, s.lot_counters, holds["counters"])


def _stay(house: House, tx: Tx, row: Row, here: Mapping[str, bytes | None]) -> None:
    """One that is known already, under the same plate, only changes its state."""
    stay, plate = StayId(UUID(row["stay_id"])), row["seen"].get("plate")
    plain = {name: value for name, value in row.items() if name not in {"seen", "ticket"}}
    token = None if plate is None else stay_token(house, tx.tenant, plate)
    if row["stay_id"] in here and here[row["stay_id"]] == token:
        put_rows(tx, s.stays, [plain])
        return
    site = SiteId(UUID(row["site_id"]))
    day = local_day(datetime.fromisoformat(row["entered_at"]), zone(places.site(tx, site).time_zone))
    own = {
        "token": token,
        "seen": seal(house, tx.tenant, of_day(site, day), seen_place(tx.tenant, stay), row["seen"]),
        "ticket_hash": None if row["ticket"] is None else bytes.fromhex(row["ticket"]),
    }
    put_rows(tx, s.stays, [plain], [own])
    lot = LotId(UUID(row["lot_id"]))
    unsure = float(row["seen"].get("score", 1.0)) < SURE
    parking.add_masks(tx, stay, masks_of(house, tx.tenant, lot, [] if plate is None else [plate], unsure=unsure))
