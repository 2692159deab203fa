"""Cards, codes and tickets at the lanes of an edge: decided by its own copy, and what happened is at the centre as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sealgate.app import edge_application
from sealgate.cli.listening import listening
from sealgate.domain.access import Reason
from sealgate.domain.ids import GateId
from sealgate.domain.lots import Doubt
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means
from sealgate.domain.stays import Cause, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import OpenedBy
from sealgate.flows import campus as campuses
from sealgate.flows import edge_copy, enrol, parking, rules, stay_record
from sealgate.flows.campus import Campus
from sealgate.flows.edge_holders import FRESH, Holders
from sealgate.flows.garage_demo import Garage
from sealgate.flows.rules import GateChange
from sealgate.ports import LatchAnswer

if TYPE_CHECKING:
    from tests.edge.link.conftest import Box, Centre

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DRIVER, VISITOR_OF_BUILDING = 4, 1
BOB = PlateText("苏E66888")
EVERY = frozenset({Means.PLATE, Means.CARD, Means.QR, Means.PIN})


@pytest.fixture
def readers(centre: Centre, garage: Garage) -> dict[GateId, str]:
    """The secrets of the readers at both lanes, which take everything."""
    house = centre.program.house
    for gate in (garage.entry, garage.exit):
        rules.change_gate(house, centre.signed, gate, GateChange(means=EVERY))
    return {gate: rules.kiosk_link(house, centre.signed, gate) for gate in (garage.entry, garage.exit)}


@pytest.fixture
def reader(box: Box, readers: dict[GateId, str]) -> Iterator[Reader]:
    """What a reader at a lane of the box says, over real HTTP."""
    box.link.ask()
    with listening(box.program, edge_application(box.program, box.link)) as server:
        yield Reader(server.address, readers)


class Reader:
    def __init__(self, address: str, secrets: dict[GateId, str]) -> None:
        self._address, self._secrets = address, secrets

    def shows(self, gate: GateId, means: Means, value: str, secret: str | None = None) -> dict[str, Any]:
        shown = {"Authorization": f"Bearer {secret or self._secrets[gate]}"}
        body = {"means": means.value, "value": value}
        answer: dict[str, Any] = httpx.post(f"{self._address}/api/v1/sightings", json=body, headers=shown, timeout=60).json()
        return answer


def test_a_card_opens_both_lanes_while_the_centre_is_gone_and_the_centre_has_it_as_it_was(
    centre: Centre, campus: Campus, garage: Garage, box: Box, reader: Reader
) -> None:
    centre.stop()
    box.cannot_ask()
    card = campuses.card_number(DRIVER)
    assert reader.shows(garage.entry, Means.CARD, card)["opens"]
    assert reader.shows(garage.entry, Means.CARD, card)["reason"] == "already-inside"
    centre.clock.at += 5 * MINUTE
    assert reader.shows(garage.exit, Means.CARD, card)["opens"]
    centre.clock.at += HOUR
    centre.start()
    box.link.ask()
    (row,) = centre.closed(garage)
    assert (row.stay.cause, row.stay.left, row.token) == (Cause.LEFT, centre.clock.at - HOUR, None)
    record = stay_record.stay_record(centre.program.house, centre.signed, campus.site, row.stay.stay)
    assert [(one.means, one.opens, one.rule, one.edge, one.name) for one in record.passages] == [
        (Means.CARD, True, OpenedBy.VISITOR, "Garage box", "欧阳小红"),
        (Means.CARD, True, OpenedBy.FREE, "Garage box", "欧阳小红"),
    ]
    assert centre.calls() == []


def test_whoever_may_not_drive_in_is_refused_at_the_edge_too(
    centre: Centre, campus: Campus, garage: Garage, box: Box, reader: Reader
) -> None:
    strangers = {"99999999": "unknown", campuses.card_number(VISITOR_OF_BUILDING): "not-here"}
    assert {card: reader.shows(garage.entry, Means.CARD, card)["reason"] for card in strangers} == strangers
    assert reader.shows(garage.entry, Means.CARD, campuses.card_number(DRIVER), secret="A" * 64)["code"] == "api.unknown-reader"
    lobby = rules.kiosk_link(centre.program.house, centre.signed, campus.lobby)
    box.link.ask()
    door = reader.shows(garage.entry, Means.CARD, campuses.card_number(DRIVER), secret=lobby)
    assert door["code"] == "api.unknown-reader", "a door is not the box's"


def test_a_card_that_ends_at_the_centre_opens_nothing_at_the_edge(
    centre: Centre, campus: Campus, garage: Garage, box: Box, reader: Reader
) -> None:
    enrol.suspend(centre.program.house, centre.signed, campus.people[DRIVER], on=True, why="he left")
    centre.clock.at += FRESH
    box.link.ask()
    assert reader.shows(garage.entry, Means.CARD, campuses.card_number(DRIVER))["reason"] == "suspended"


def test_a_code_and_a_pin_are_known_and_a_staff_plate_opens_a_lot_without_visitors(
    centre: Centre, campus: Campus, garage: Garage, box: Box, reader: Reader
) -> None:
    house, person = centre.program.house, campus.people[DRIVER]
    enrol.add_credential(house, centre.signed, person, Means.PIN, "482913")
    made = enrol.add_credential(house, centre.signed, person, Means.QR).shown_once
    assert made is not None
    enrol.add_credential(house, centre.signed, person, Means.PLATE, BOB)
    centre.staff_only(campus.site, garage)
    centre.clock.at += FRESH
    box.link.ask()
    centre.stop()
    box.cannot_ask()
    assert reader.shows(garage.entry, Means.PIN, "482914")["reason"] == "unknown"
    assert reader.shows(garage.entry, Means.PIN, "482913")["opens"]
    assert reader.shows(garage.exit, Means.QR, made)["opens"]
    centre.clock.at += MINUTE
    assert reader.shows(garage.entry, Means.PLATE, BOB)["opens"]
    assert reader.shows(garage.entry, Means.PLATE, "浙B77C31")["reason"] == "no-permit"


def test_a_ticket_from_the_centre_is_priced_at_the_edge_and_opens_in_doubt(
    centre: Centre, campus: Campus, garage: Garage, box: Box, reader: Reader
) -> None:
    centre.doubts(campus.site, garage, Doubt.OPEN)
    drawn = parking.draw_ticket(centre.program.house, centre.tenant, garage.entry)
    assert drawn.code is not None
    box.link.ask()
    centre.clock.at += 2 * HOUR
    due = reader.shows(garage.exit, Means.QR, drawn.code)
    assert (due["opens"], due["due"]) == (False, {"amount": "16.00", "currency": "CNY"})
    centre.stop()
    box.cannot_ask()
    centre.clock.at += 5 * MINUTE
    assert reader.shows(garage.exit, Means.QR, drawn.code)["opens"]
    centre.clock.at += HOUR
    centre.start()
    box.link.ask()
    row = centre.stay(drawn.arrival.stay)
    assert (row.stay.state, row.stay.left) == (StayState.WAITING, centre.clock.at - HOUR)
    assert centre.calls() == [CallReason.LEFT_OWING]
    record = stay_record.stay_record(centre.program.house, centre.signed, campus.site, row.stay.stay)
    assert [(one.means, one.opens, one.rule) for one in record.passages[-1:]] == [(Means.QR, True, OpenedBy.LATER)]


def test_a_ticket_that_stands_unpaid_at_the_edge_waits_at_the_centre_and_goes_when_it_is_paid(
    centre: Centre, garage: Garage, box: Box, reader: Reader
) -> None:
    drawn = parking.draw_ticket(centre.program.house, centre.tenant, garage.entry)
    assert drawn.code is not None
    assert drawn.arrival.stay is not None
    box.link.ask()
    centre.clock.at += 2 * HOUR
    reader.shows(garage.exit, Means.QR, drawn.code)
    box.link.ask()
    assert centre.stay(drawn.arrival.stay).stay.state is StayState.WAITING
    centre.pays(drawn.arrival.stay)
    box.link.ask()
    assert box.opened(garage.exit) == 1
    assert centre.stay(drawn.arrival.stay).stay.state is StayState.CLOSED


def test_by_what_rule_each_late_car_went_is_kept(centre: Centre, campus: Campus, garage: Garage, box: Box) -> None:
    centre.doubts(campus.site, garage, Doubt.OPEN)
    stay = centre.enters(garage.entry, BOB)
    box.link.ask()
    centre.stop()
    box.cannot_ask()
    centre.clock.at += 2 * HOUR
    assert box.sees(garage.exit, BOB).opens
    unknown = box.sees(garage.exit, PlateText("粤Z11111"))
    assert (unknown.opens, unknown.reason) == (True, Reason.DESK_ASKED)
    centre.clock.at += HOUR
    centre.start()
    box.link.ask()
    record = stay_record.stay_record(centre.program.house, centre.signed, campus.site, stay)
    assert [(one.opens, one.rule, one.edge, one.latch) for one in record.passages] == [
        (True, OpenedBy.VISITOR, "", LatchAnswer.ACCEPTED),
        (True, OpenedBy.LATER, "Garage box", None),
    ]
    (told,) = [line for line in centre.passages(garage.exit) if line.plate == "粤Z11111"]
    assert (told.opens, told.reason, told.rule, told.edge) == (True, Reason.DESK_ASKED, OpenedBy.DOUBT, "Garage box")


def test_the_copy_of_cards_names_nobody_and_has_nobody_who_may_not_come(centre: Centre, campus: Campus, garage: Garage) -> None:
    with centre.program.house.store.read(centre.tenant) as db:
        holds = Holders().part(centre.program.house, db, campus.site).holds
        parts = edge_copy.parts(centre.program.house, db, campus.site)
    text = json.dumps([holds, *(part.holds for part in parts)], ensure_ascii=False)
    assert [name for name, *_ in campuses.PEOPLE if name in text] == []
    assert {row["value"] for row in holds["credentials"]} == {campuses.card_number(number) for number in range(8)}
    nobody = rules.add_site(centre.program.house, centre.signed, "South Campus", "Asia/Shanghai")
    with centre.program.house.store.read(centre.tenant) as db:
        assert Holders().part(centre.program.house, db, nobody).holds["credentials"] == []
