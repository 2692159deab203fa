"""The screen at a box's lanes: a ticket is drawn and taken there while the centre is gone, and the centre has it as its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from sealgate.app import edge_application
from sealgate.cli.listening import listening
from sealgate.domain.desk import Act
from sealgate.domain.ids import GateId
from sealgate.domain.lots import Doubt
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means
from sealgate.domain.stays import Cause
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import OpenedBy
from sealgate.edge.link import tellable
from sealgate.flows import assist, assist_acts, driving, lane, rules, stay_record
from sealgate.flows.campus import Campus
from sealgate.flows.edge_ways import AtBox
from sealgate.flows.edges import Fact
from sealgate.flows.garage_demo import Garage
from sealgate.flows.pricing import prices
from sealgate.flows.rules import GateChange

if TYPE_CHECKING:
    from tests.edge.link.conftest import Box, Centre

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BOB = PlateText("苏E66888")


class Screens:
    """The screens at both lanes of the box. A phone is no part of it: what a driver scans is read from the flow."""

    def __init__(self, box: Box, address: str, secrets: dict[GateId, str]) -> None:
        self._box, self._at = box, AtBox(box.link.centre, lambda: box.link.away)
        self._pages = {gate: self._opened(address, secret) for gate, secret in secrets.items()}
        self._lanes = {gate: lane.lane_gate(box.program.house, secret) for gate, secret in secrets.items()}

    @staticmethod
    def _opened(address: str, secret: str) -> httpx.Client:
        page = httpx.Client(base_url=address, timeout=60, follow_redirects=True, headers={"Accept-Language": "en"})
        assert page.get(f"/lane/{secret}").status_code == 200
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.close()

    def page(self, gate: GateId) -> httpx.Client:
        return self._pages[gate]

    def says(self, gate: GateId) -> str:
        return self._pages[gate].get("/lane").text

    def presses(self, gate: GateId, button: str, **typed: str) -> str:
        page = self._pages[gate]
        reply = page.post(f"/lane/{button}", data=typed, headers={"Origin": str(page.base_url).rstrip("/")})
        assert reply.status_code == 200, reply.text
        return reply.text

    def draws(self, gate: GateId) -> str:
        """What the ticket's QR leads to."""
        here = self._lanes[gate]
        assert here is not None
        path = lane.draw_ticket(self._box.program.house, here, self._at)
        assert path is not None
        return self._at.base(self._box.program.house, self._box.tenant) + path


@pytest.fixture
def screens(centre: Centre, garage: Garage, box: Box) -> Iterator[Screens]:
    house, lanes = centre.program.house, (garage.entry, garage.exit)
    for gate in lanes:
        rules.change_gate(house, centre.signed, gate, GateChange(means=frozenset({Means.PLATE, Means.QR})))
    secrets = {gate: rules.kiosk_link(house, centre.signed, gate) for gate in lanes}
    box.link.ask()
    with listening(box.program, edge_application(box.program, box.link)) as server:
        made = Screens(box, server.address, secrets)
        yield made
        made.close()


def test_a_ticket_that_the_box_draws_while_the_centre_is_gone_lets_one_car_out_once(
    centre: Centre, campus: Campus, garage: Garage, box: Box, screens: Screens
) -> None:
    centre.stop()
    box.cannot_ask()
    shown = screens.presses(garage.entry, "ticket")
    assert "Your ticket" in shown
    assert "The line to the desk is interrupted" in shown
    ticket = screens.draws(garage.entry)  # for the car behind it
    assert box.opened(garage.entry) == 2
    assert ticket.startswith(f"{centre.address}/pay/")
    centre.clock.at += 5 * MINUTE
    assert "Not opened" in screens.presses(garage.exit, "code", value=ticket[:-4] + "AAAA"), "no ticket of ours"
    assert "Drive on" in screens.presses(garage.exit, "code", value=ticket)
    assert box.opened(garage.exit) == 1
    centre.clock.at += MINUTE
    assert "Not opened" in screens.presses(garage.exit, "code", value=ticket), "it was used"
    assert box.opened(garage.exit) == 1
    centre.clock.at += HOUR
    centre.start()
    box.link.ask()
    box.link.ask()
    (gone,) = centre.closed(garage)
    assert (gone.stay.cause, gone.stay.left, gone.token) == (Cause.LEFT, centre.clock.at - HOUR - MINUTE, None)
    record = stay_record.stay_record(centre.program.house, centre.signed, campus.site, gone.stay.stay)
    assert [(one.means, one.rule, one.edge) for one in record.passages] == [
        (Means.QR, OpenedBy.VISITOR, "Garage box"),
        (Means.QR, OpenedBy.FREE, "Garage box"),
    ]
    (inside,) = centre.live(garage)
    assert inside.ticket_hash is not None, "the other car is inside by its ticket"
    assert centre.calls() == []


def test_a_ticket_of_the_box_is_paid_at_the_centre_and_opens_the_boxs_exit(
    centre: Centre, garage: Garage, box: Box, screens: Screens
) -> None:
    house = centre.program.house
    ticket = screens.draws(garage.entry)
    spot = driving.spot(house, ticket.split("/pay/")[1].split("/")[0])
    with pytest.raises(driving.CodeUnknown):
        driving.prove(house, spot, ticket, "a phone")  # the link has not told it yet
    box.link.ask()
    centre.clock.at += 2 * HOUR
    assert driving.prove(house, spot, ticket, "a phone")
    screens.presses(garage.exit, "code", value=ticket)
    assert "To pay: ¥16.00" in screens.says(garage.exit)
    assert "Or type this code" not in screens.says(garage.exit), "the box cannot make it"
    box.link.ask()
    (row,) = centre.live(garage)
    centre.pays(row.stay.stay)
    box.link.ask()
    box.link.ask()
    assert box.opened(garage.exit) == 1
    assert "To pay" not in screens.says(garage.exit)
    assert "Not opened" in screens.presses(garage.exit, "code", value=ticket)


def test_while_the_centre_is_gone_a_ticket_that_owes_goes_by_the_lots_rule(
    centre: Centre, campus: Campus, garage: Garage, box: Box, screens: Screens
) -> None:
    centre.doubts(campus.site, garage, Doubt.OPEN)
    ticket = screens.draws(garage.entry)
    box.link.ask()
    centre.stop()
    box.cannot_ask()
    centre.clock.at += 2 * HOUR
    assert "Drive on" in screens.presses(garage.exit, "code", value=ticket)
    centre.start()
    box.link.ask()
    assert centre.calls() == [CallReason.LEFT_OWING]


def test_help_at_a_boxs_lane_reaches_the_desk_once_and_its_answer_reaches_the_screen(
    centre: Centre, garage: Garage, box: Box, screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "We are asking somebody" in screens.presses(garage.exit, "help")
    screens.presses(garage.exit, "help")
    real = httpx.Client.post

    def loses(self: httpx.Client, *words: object, **more: object) -> httpx.Response:
        real(self, *words, **more)  # type: ignore[arg-type]
        raise httpx.ReadTimeout("the line broke")

    monkeypatch.setattr(httpx.Client, "post", loses)
    box.cannot_ask()
    monkeypatch.undo()
    box.link.ask()
    assert centre.calls() == [CallReason.HELP]
    assert "We are asking somebody" in screens.says(garage.exit)
    house, signed = centre.program.house, centre.signed
    (line,) = assist.queue(house, signed).lines
    assert line.gate == garage.exit
    assist.take(house, signed, line.call)
    act = assist_acts.Decision(Act.NOT_OPEN, "it was the radio")
    assist_acts.decide(house, signed, line.call, act, prices(house, centre.tenant))
    box.link.ask()
    assert "We are asking somebody" not in screens.says(garage.exit)
    assert (centre.calls(), box.waiting()) == ([], 0)


def test_help_that_was_pressed_long_ago_is_not_asked_of_anybody(
    centre: Centre, garage: Garage, box: Box, screens: Screens
) -> None:
    centre.stop()
    box.cannot_ask()
    screens.presses(garage.exit, "help")
    centre.clock.at += HOUR
    centre.start()
    box.link.ask()
    assert (centre.calls(), box.waiting()) == ([], 0)
    box.link.ask()
    assert "We are asking somebody" not in screens.says(garage.exit)


def test_a_screen_of_no_lane_shows_nothing_and_an_exit_draws_no_ticket(garage: Garage, box: Box, screens: Screens) -> None:
    page = screens.page(garage.exit)
    assert page.get("/desk").status_code == 404, "there is no console"
    stranger = httpx.Client(base_url=page.base_url, timeout=60)
    assert (stranger.get("/lane").status_code, stranger.get(f"/lane/{'A' * 64}").status_code) == (401, 404)
    refused = page.post("/lane/ticket", headers={"Origin": str(page.base_url).rstrip("/")})
    assert refused.status_code == 404
    assert box.opened(garage.exit) == 0
    stranger.close()


def test_a_centre_of_an_older_version_is_told_only_what_it_knows(garage: Garage, box: Box) -> None:
    plain = Fact(1, garage.entry, box.clock.at, BOB, 0.9, "cn-blue", passed=True)
    drawn = Fact(2, garage.entry, box.clock.at, None, 1.0, "plain", passed=True, means=Means.QR, ticket=bytes(32))
    asked = Fact(3, garage.exit, box.clock.at, None, 1.0, "", passed=False, asks=CallReason.HELP)
    assert tellable([plain, drawn, asked], None) == ([plain], [])
    assert tellable([plain, drawn, asked], frozenset({"lanes"})) == ([plain, drawn, asked], [])
    told, never = tellable([plain, drawn, asked], frozenset())
    assert [(one.sequence, one.ticket) for one in told] == [(1, None), (2, None)]
    assert never == [3]
