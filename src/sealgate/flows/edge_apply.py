"""At the edge: what the centre told becomes rows of the edge's own store, sealed and indexed under its own keys; and what the
edge did becomes facts for the centre.

The surprising thing: the outbox of the edge's store is the queue of its facts. A decision and its fact are one transaction, so
there is none without the other, and a fact is gone from it only when the centre has said that it has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sealgate.domain.access import Reason
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.ids import (
    BanId,
    CallId,
    CredentialId,
    GateId,
    LotId,
    PassageId,
    PermitId,
    PersonId,
    ReservationId,
    SiteId,
    StayId,
    TenantId,
)
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import OpenedBy
from sealgate.domain.stays_reading import SURE
from sealgate.flows import edge_ways
from sealgate.flows.edge_codes import keep_key
from sealgate.flows.edge_copy import PAPERS, STAYS, Part
from sealgate.flows.edge_holders import HOLDERS
from sealgate.flows.edges import Fact
from sealgate.flows.faces import template_place
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
from sealgate.flows.passage_places import picture_place, profile_place, who_place
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


def count_waiting(house: House, tenant: TenantId) -> int:
    """How many facts the centre has not got."""
    with house.store.read(tenant) as db:
        return outbox.count_waiting(db)


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
    if one.topic == "call":
        return _pressed(db, one)
    if one.topic != "passage" or "latch" in one.payload:
        return None
    view = passages.passage(db, PassageId(one.payload["passage"]))
    if view is None or view.row.detail is None or view.row.reason not in SAID:
        return None
    row = view.row
    what = unseal(house, detail_place(db.tenant, row.passage), view.row.detail)
    read = "plate" in what and "score" in what
    if "again" in what or not (read or "stay" in what):
        return None
    return Fact(
        sequence=one.fact,
        gate=row.gate,
        at=row.at,
        text=PlateText(what["plate"]) if read else None,
        score=float(what["score"]) if read else 1.0,
        kind=str(what.get("kind", "plain")),
        passed=row.opens,
        stay=StayId(UUID(what["stay"])) if "stay" in what else None,
        picture=_picture(house, db.tenant, what.get("picture")),
        means=row.means or Means.PLATE,
        holder=None if row.who is None else PersonId(UUID(unseal(house, who_place(db.tenant, row.passage), row.who)["person"])),
        rule=OpenedBy(what["rule"]) if "rule" in what else None,
        ticket=None if read or "stay" not in what else edges.ticket_of(db, StayId(UUID(what["stay"]))),
    )


def _pressed(db: Reader, one: outbox.OutboxFact) -> Fact | None:
    """Somebody pressed the help button; every other call the centre makes by itself, of the passage that it hears."""
    row = parking.call(db, CallId(UUID(one.payload["call"])))
    if row is None or row.gate is None or row.reason is not CallReason.HELP:
        return None
    return Fact(one.fact, row.gate, row.at, None, 1.0, "", passed=False, asks=row.reason)


def settle_calls(house: House, tenant: TenantId, open_there: frozenset[GateId]) -> None:
    """What was asked here is answered where the centre has no call open at that lane. It knows of all that waited here."""
    with house.store.read(tenant) as db:
        if outbox.count_waiting(db):
            return
        over = [row.call for row in parking.open_calls(db) if row.gate not in open_there]
    if over:
        with house.store.begin(tenant, LINK) as tx, tx.upkeep():
            for call in over:
                parking.finish_call(tx, call, "answered", house.clock.now())


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
        due = [part for part in parts if part.name in WRITES and not (part.name == STAYS and _ahead(house, tx))]
        for part in due:
            WRITES[part.name](house, tx, part.holds)
        if due:
            journal.write(tx, house.keyring, house.clock.now(), "edge.copied", object=" ".join(part.name for part in due))
    return tuple(part.name for part in due)


def _ahead(house: House, tx: Tx) -> bool:
    return any(_fact(house, tx, one) is not None for one in outbox.waiting(tx, MOST_FACTS))


def _papers(house: House, tx: Tx, holds: Mapping[str, Any]) -> None:
    put_rows(tx, s.sites, holds["sites"])
    put_rows(tx, s.zones, holds["zones"])
    put_rows(tx, s.gates, holds["gates"], [_own_of_gate(house, tx, row, holds) for row in holds["gates"]])
    remove_rows(tx, s.holidays)
    put_rows(tx, s.holidays, holds["holidays"])
    put_rows(tx, s.lots, holds["lots"])
    remove_rows(tx, s.lanes)
    put_rows(tx, s.lanes, holds["lanes"])
    edge_ways.keep(house, tx.tenant, holds.get("ways", {}))
    put_rows(tx, s.tariffs, holds["tariffs"])
    _permits(house, tx, holds["permits"])
    remove_rows(tx, s.bans)
    for row in holds["bans"]:
        _ban(house, tx, row)
    remove_rows(tx, s.reservations)
    for row in holds["reservations"]:
        _reservation(house, tx, row)


def _own_of_gate(house: House, tx: Tx, row: Row, holds: Mapping[str, Any]) -> Row:
    """Its cameras, and by what its reader is known."""
    found, shown = holds["sources"].get(row["gate_id"], ()), holds["readers"].get(row["gate_id"])
    return {
        "source": sealed_sources(house, tx.tenant, GateId(UUID(row["gate_id"])), *found) if found else None,
        "kiosk_hash": None if shown is None else bytes.fromhex(shown),
    }


def _permits(house: House, tx: Tx, rows: Sequence[Row]) -> None:
    remove_rows(tx, s.permit_plates)
    edges.remove_others(tx, s.permits.c.permit_id, [row["permit_id"] for row in rows])
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


def _holders(house: House, tx: Tx, holds: Mapping[str, Any]) -> None:
    """Of people only what opens a lane: their names are not here, so each has an empty one."""
    for table in (s.credentials, s.group_members, s.grants, s.groups, s.timetables):
        remove_rows(tx, table)
    for table in (s.presence, s.people):
        edges.remove_others(tx, table.c.person_id, [row["person_id"] for row in holds["people"]])
    for name, table in (("timetables", s.timetables), ("groups", s.groups), ("grants", s.grants)):
        put_rows(tx, table, holds[name])
    plain = [{name: value for name, value in row.items() if name != "groups"} for row in holds["people"]]
    put_rows(tx, s.people, plain, [_nameless(house, tx, row["person_id"]) for row in plain])
    members = [{"group_id": group, "person_id": row["person_id"]} for row in holds["people"] for group in row["groups"]]
    put_rows(tx, s.group_members, members)
    shown = [{name: value for name, value in row.items() if name != "value"} for row in holds["credentials"]]
    put_rows(tx, s.credentials, shown, [_shown(house, tx, row) for row in holds["credentials"]])
    keep_key(house, tx.tenant, bytes.fromhex(holds["codes"]))


def _nameless(house: House, tx: Tx, person: str) -> Row:
    place = profile_place(tx.tenant, PersonId(UUID(person)))
    token = house.index.standing_token(tx.tenant, "edge-person", person)
    return {"profile": seal(house, tx.tenant, organisation(), place, {"name": ""}), "name_token": token, "number_token": None}


def _shown(house: House, tx: Tx, row: Row) -> Row:
    place = template_place(tx.tenant, CredentialId(UUID(row["credential_id"])))
    return {
        "token": house.index.standing_token(tx.tenant, row["means"], row["value"]),
        "secret": seal(house, tx.tenant, organisation(), place, {"value": row["value"]}),
    }


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
    kept = of_day(site, day)
    if not house.keyring.is_usable(tx.tenant, *kept):  # that day is forgotten here, and its car has not left
        kept = organisation()
    own = {
        "token": token,
        "seen": seal(house, tx.tenant, kept, seen_place(tx.tenant, stay), row["seen"]),
        "ticket_hash": None if row["ticket"] is None else bytes.fromhex(row["ticket"]),
    }
    put_rows(tx, s.stays, [plain], [own])
    lot = LotId(UUID(row["lot_id"]))
    unsure = float(row["seen"].get("score", 1.0)) < SURE
    parking.add_masks(tx, stay, masks_of(house, tx.tenant, lot, [] if plate is None else [plate], unsure=unsure))


WRITES: Mapping[str, Callable[[House, Tx, Mapping[str, Any]], None]] = {PAPERS: _papers, HOLDERS: _holders, STAYS: _stays}
