"""A garage on real pictures: who is seen at the entry has a stay, is billed at the exit, pays, and goes.

The tariff is the demo's: a quarter of an hour is free, then 4.00 for each started half hour by day. The clock is in the hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.app import Program, initialise, running
from sealgate.devices.simulated import SimulatedLatch, SimulatedPlateReader
from sealgate.domain.access import Reason
from sealgate.domain.ids import GateId
from sealgate.domain.lots import GateRole, PermitKind
from sealgate.domain.money import Money
from sealgate.domain.places import GateKind
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import CodeSighting, Means, PlateSighting
from sealgate.domain.stays import Cause, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.edge.gate import GateLoop
from sealgate.edge.opening import open_gate
from sealgate.edge.views import LaneViews
from sealgate.flows import campus as campuses
from sealgate.flows import enrol, garage_demo, lane, lots, parking, paying, permits, rules
from sealgate.flows.at_gate import Answer, admit_at
from sealgate.flows.campus import Campus
from sealgate.flows.garage_demo import Garage
from sealgate.flows.lane import Shown
from sealgate.flows.lots import LotTerms
from sealgate.flows.parking import Arrival, Outcome
from sealgate.payments.simulated import Act, Simulated
from sealgate.ports import Frame, Pixels, PlateReader
from sealgate.settings import load
from sealgate.store import parking as rows
from sealgate.store import passages
from sealgate.vision.plates import Plates

TEN = datetime(2026, 3, 2, 2, tzinfo=UTC)  # ten o'clock in Shanghai
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ALICE = 4
"""Her place among the people of the campus: the first of those who may drive in."""

BLUE, RED, GREEN = (220, 0, 0), (0, 0, 220), (0, 220, 0)
BOB, BOB_MISREAD, CHARLIE = PlateText("沪A12345"), PlateText("沪A12346"), PlateText("苏E66888")


@dataclass
class HandClock:
    at: datetime = TEN

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def latch() -> SimulatedLatch:
    return SimulatedLatch()


@pytest.fixture(scope="module")
def real_plates() -> Plates:
    return Plates(threads=1)


@pytest.fixture
def plate_reader() -> PlateReader:
    return SimulatedPlateReader({BLUE: BOB, RED: BOB_MISREAD, GREEN: CHARLIE}, score=0.97)


@pytest.fixture
def program(tmp_path: Path, clock: HandClock, latch: SimulatedLatch, plate_reader: PlateReader) -> Iterator[Program]:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys", simulated_payments=True)
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=plate_reader, clock=clock, latch=latch) as opened:
        yield opened


@pytest.fixture
def campus(program: Program) -> Campus:
    return campuses.build(program.house, program.house.store.tenants()[0].tenant, "Asia/Shanghai", [])


@dataclass
class Deck:
    """The garage, and short words for what happens at its lanes."""

    program: Program
    campus: Campus
    garage: Garage
    clock: HandClock
    latch: SimulatedLatch

    def opened(self, gate: GateId) -> int:
        return sum(release.gate == gate for release in self.latch.releases)

    def shows(self, gate: GateId, picture: Path | str) -> list[Answer]:
        """The camera of that gate sees the picture, once."""
        told: list[Answer] = []
        open_gate(self.program.house, self.campus.tenant, gate, str(picture), fps=None, told=told.append).run()
        return told

    def sees(self, gate: GateId, text: str, score: float = 0.97, second: PlateSighting | None = None) -> Arrival:
        found = admit_at(self.program.house, self.campus.tenant, self.plate(gate, text, score), second=second)
        assert isinstance(found, Arrival)
        return found

    def plate(self, gate: GateId, text: str, score: float = 0.97) -> PlateSighting:
        return PlateSighting(gate, self.clock.at, PlateText(text), score, "cn-blue")

    def code(self, gate: GateId, value: str, means: Means = Means.CARD) -> Arrival:
        found = admit_at(self.program.house, self.campus.tenant, CodeSighting(gate, self.clock.at, means, value))
        assert isinstance(found, Arrival)
        return found

    def pays(self, arrival: Arrival) -> None:
        """The driver's hand on the provider's page, and the provider's word."""
        assert arrival.stay is not None
        house = self.program.house
        started = paying.start(house, self.campus.tenant, arrival.stay, Simulated.name, return_to="https://acme.example/")
        provider = house.providers[Simulated.name]
        assert isinstance(provider, Simulated)
        provider.act(started.way.handle, Act.PAY)
        paying.ask(house, self.campus.tenant, started.payment)

    def stays(self) -> list[rows.StayRow]:
        with self.program.house.store.read(self.campus.tenant) as db:
            return rows.live_stays(db, self.garage.lot)

    def stay(self, arrival: Answer) -> rows.StayRow:
        assert isinstance(arrival, Arrival)
        assert arrival.stay is not None
        with self.program.house.store.read(self.campus.tenant) as db:
            row = rows.stay(db, arrival.stay)
        assert row is not None
        return row

    def calls(self) -> list[CallReason]:
        with self.program.house.store.read(self.campus.tenant) as db:
            return [row.reason for row in rows.open_calls(db)]

    def passages(self, gate: GateId) -> list[Reason]:
        """Newest first."""
        with self.program.house.store.read(self.campus.tenant) as db:
            return [view.row.reason for view in passages.page(db, gate=gate, limit=100)]


@pytest.fixture
def deck(program: Program, campus: Campus, clock: HandClock, latch: SimulatedLatch) -> Deck:
    return Deck(program, campus, garage_demo.build(program.house, campus, []), clock, latch)


@pytest.fixture
def frames(shared_data: Path) -> Path:
    return shared_data / "plates" / "cn_frames"


class TestRealPictures:
    @pytest.fixture
    def plate_reader(self, real_plates: Plates) -> PlateReader:
        return real_plates

    def test_a_car_comes_in_is_billed_at_the_exit_pays_and_leaves(self, deck: Deck, frames: Path) -> None:
        (came,) = deck.shows(deck.garage.entry, frames / "0002.jpg")
        assert isinstance(came, Arrival)
        assert (came.outcome, deck.opened(deck.garage.entry), len(deck.stays())) == (Outcome.ENTERED, 1, 1)
        deck.clock.at += 2 * HOUR
        (waits,) = deck.shows(deck.garage.exit, frames / "0002.jpg")
        assert isinstance(waits, Arrival)
        assert (waits.outcome, waits.due, deck.opened(deck.garage.exit)) == (Outcome.WAITS, Money(1600, "CNY"), 0)
        deck.clock.at += 3 * MINUTE
        deck.pays(waits)
        assert deck.opened(deck.garage.exit) == 1, "it opens at once, though the car was seen a while ago"
        row = deck.stay(came)
        assert (row.stay.state, row.stay.cause) == (StayState.CLOSED, Cause.LEFT)
        (again,) = deck.shows(deck.garage.exit, frames / "0002.jpg")
        assert isinstance(again, Arrival)
        assert (again.outcome, deck.calls()) == (Outcome.ECHO, []), "it is still in the picture, and no stranger"
        assert deck.stays() == []

    def test_a_street_of_cars_goes_in_and_out_and_nobody_is_billed_for_another(
        self, deck: Deck, frames: Path, tmp_path: Path
    ) -> None:
        street = tmp_path / "street"
        street.mkdir()
        for number in (0, 1, 4, 7, 11, 12):
            (street / f"{number}.jpg").symlink_to(frames / f"{number:04}.jpg")
        came = deck.shows(deck.garage.entry, street)
        assert [answer.decision.opens for answer in came] == [True] * 6
        deck.clock.at += 10 * MINUTE
        left = deck.shows(deck.garage.exit, street)
        assert [answer.decision.opens for answer in left] == [True] * 6, "ten minutes are free"
        assert deck.stays() == []
        assert {deck.stay(answer).stay.stay for answer in came} == {deck.stay(answer).stay.stay for answer in left}

    def test_a_car_that_nobody_saw_coming_in_is_for_the_desk(self, deck: Deck, frames: Path) -> None:
        (asked,) = deck.shows(deck.garage.exit, frames / "0001.jpg")
        assert (asked.decision.reason, asked.decision.opens) == (Reason.DESK_ASKED, False)
        assert deck.calls() == [CallReason.NO_ENTRY]

    def test_a_season_ticket_goes_in_and_out_for_nothing(self, deck: Deck, frames: Path) -> None:
        signed = campuses.system(deck.program.house, deck.campus.tenant)
        terms = permits.PermitTerms(PermitKind.SEASON, "Alice", frozenset({deck.garage.lot}), spaces=1, plates=("京FK5358",))
        permits.add_permit(deck.program.house, signed, terms)
        deck.shows(deck.garage.entry, frames / "0002.jpg")
        deck.clock.at += 8 * HOUR
        (left,) = deck.shows(deck.garage.exit, frames / "0002.jpg")
        assert (left.decision.reason, left.decision.opens) == (Reason.ALLOWED, True)

    def test_a_gate_that_becomes_a_lane_while_its_camera_runs_opens_stays_from_then_on(
        self, program: Program, campus: Campus, clock: HandClock, latch: SimulatedLatch, frames: Path
    ) -> None:
        told: list[Answer] = []
        loop = open_gate(program.house, campus.tenant, campus.lane, str(frames / "0000.jpg"), fps=None, told=told.append)
        deck = Deck(program, campus, garage_demo.build(program.house, campus, []), clock, latch)
        loop.run()
        assert [type(answer) for answer in told] == [Arrival]
        assert len(deck.stays()) == 1


# --- a car that keeps standing there ---------------------------------------------------------------------------


@pytest.fixture
def watch(deck: Deck, paint: Any, tmp_path: Path) -> Callable[..., GateLoop]:
    """The loop of a gate whose frames the test holds up itself, five a second."""

    def made(gate: GateId) -> GateLoop:
        empty = tmp_path / "nothing.png"
        empty.write_bytes(b"")
        return open_gate(deck.program.house, deck.campus.tenant, gate, str(empty))

    return made


def look(loop: GateLoop, clock: HandClock, pixels: Pixels, span: timedelta) -> None:
    until = clock.at + span
    while clock.at < until:
        clock.at += SECOND / 5
        loop.look(Frame(clock.at, pixels))


def test_a_car_that_waits_for_its_driver_to_pay_is_written_down_once_and_goes_when_it_may(
    deck: Deck, paint: Any, watch: Callable[..., GateLoop]
) -> None:
    came = deck.sees(deck.garage.entry, BOB)
    deck.clock.at += 2 * HOUR
    loop = watch(deck.garage.exit)
    look(loop, deck.clock, paint(), SECOND)
    look(loop, deck.clock, paint(BLUE), 30 * SECOND)
    assert loop.health().refused > 3, "it is looked at again and again though nothing moves"
    assert deck.passages(deck.garage.exit) == [Reason.UNPAID]
    look(loop, deck.clock, paint(BLUE), 60 * SECOND)
    assert len(deck.passages(deck.garage.exit)) <= 3
    waits = deck.sees(deck.garage.exit, BOB)
    deck.latch.cut_off = True  # the bar does not hear that it is paid
    deck.pays(waits)
    assert deck.opened(deck.garage.exit) == 0
    deck.latch.cut_off = False
    look(loop, deck.clock, paint(BLUE), 10 * SECOND)
    assert deck.opened(deck.garage.exit) >= 1, "the next look opens it"
    assert deck.stay(came).stay.state is StayState.CLOSED
    assert deck.calls() == []


def test_an_empty_lane_is_not_looked_at(deck: Deck, paint: Any, watch: Callable[..., GateLoop]) -> None:
    deck.sees(deck.garage.entry, BOB)
    deck.clock.at += 2 * HOUR
    loop = watch(deck.garage.exit)
    look(loop, deck.clock, paint(), SECOND)
    look(loop, deck.clock, paint(BLUE), 5 * SECOND)
    look(loop, deck.clock, paint(), 10 * SECOND)  # it drove back
    looked = loop.health().looked
    look(loop, deck.clock, paint(), 60 * SECOND)
    assert loop.health().looked == looked


def test_a_car_before_a_full_lot_comes_in_as_soon_as_another_leaves(
    deck: Deck, paint: Any, watch: Callable[..., GateLoop]
) -> None:
    signed = campuses.system(deck.program.house, deck.campus.tenant)
    record = lots.lot(deck.program.house, signed, deck.campus.site, deck.garage.lot)
    terms = LotTerms(garage_demo.LOT, dict.fromkeys(record.line.lot.capacity, 1), tariff=garage_demo.LOT)
    lots.change_lot(deck.program.house, signed, deck.campus.site, deck.garage.lot, terms)
    deck.sees(deck.garage.entry, CHARLIE)
    deck.clock.at += MINUTE
    loop = watch(deck.garage.entry)
    look(loop, deck.clock, paint(), SECOND)
    look(loop, deck.clock, paint(BLUE), 20 * SECOND)
    assert deck.passages(deck.garage.entry) == [Reason.FULL, Reason.ALLOWED]
    deck.sees(deck.garage.exit, CHARLIE)
    look(loop, deck.clock, paint(BLUE), 10 * SECOND)
    assert deck.passages(deck.garage.entry)[0] is Reason.ALLOWED
    assert len(deck.stays()) == 1


def test_dora_is_called_once_for_a_car_that_stands_there(deck: Deck) -> None:
    for _ in range(6):
        asked = deck.sees(deck.garage.exit, CHARLIE)
        deck.clock.at += 5 * SECOND
    assert asked.outcome is Outcome.ASKS
    assert deck.calls() == [CallReason.NO_ENTRY]
    assert deck.passages(deck.garage.exit) == [Reason.DESK_ASKED]


def test_the_lanes_screen_still_shows_the_sum_after_a_look_that_was_too_late(deck: Deck) -> None:
    deck.sees(deck.garage.entry, BOB)
    deck.clock.at += 2 * HOUR
    waits = deck.sees(deck.garage.exit, BOB)
    late = PlateSighting(deck.garage.exit, deck.clock.at - MINUTE, BOB, 0.97)
    answer = admit_at(deck.program.house, deck.campus.tenant, late)
    assert (answer.decision.reason, answer.decision.opens) == (Reason.STALE, False)
    signed = campuses.system(deck.program.house, deck.campus.tenant)
    here = lane.lane_gate(deck.program.house, rules.kiosk_link(deck.program.house, signed, deck.garage.exit))
    assert here is not None
    screen = lane.screen(deck.program.house, here, paying.prices(deck.program.house, deck.campus.tenant))
    assert (screen.shown, screen.due) == (Shown.PAY, Money(1600, "CNY"))
    deck.pays(waits)
    assert deck.opened(deck.garage.exit) == 1


def test_a_slow_look_at_the_entry_begins_no_stay_behind_a_shut_bar(deck: Deck) -> None:
    late = PlateSighting(deck.garage.entry, deck.clock.at - MINUTE, BOB, 0.97)
    answer = admit_at(deck.program.house, deck.campus.tenant, late)
    assert (answer.decision.reason, deck.stays()) == (Reason.STALE, [])
    assert deck.sees(deck.garage.entry, BOB).outcome is Outcome.ENTERED


# --- two cameras -----------------------------------------------------------------------------------------------


def test_two_cameras_of_an_entry_make_one_stay_and_the_surer_names_it(deck: Deck) -> None:
    views = LaneViews()
    front, rear = deck.plate(deck.garage.entry, BOB_MISREAD, 0.85), deck.plate(deck.garage.entry, BOB, 0.99)
    house, tenant = deck.program.house, deck.campus.tenant
    answers = [admit_at(house, tenant, seen, second=views.beside(view, seen)) for view, seen in enumerate((front, rear))]
    assert [answer.outcome for answer in answers if isinstance(answer, Arrival)] == [Outcome.ENTERED, Outcome.ECHO]
    assert len(deck.stays()) == 1
    deck.clock.at += 10 * MINUTE
    assert deck.sees(deck.garage.exit, BOB, 0.99).certainty == pytest.approx(1, abs=0.01), "it is found by the surer reading"


def test_two_cars_with_neighbouring_plates_are_two_where_one_camera_saw_both(deck: Deck) -> None:
    deck.sees(deck.garage.entry, BOB)
    deck.sees(deck.garage.entry, BOB_MISREAD)
    assert len(deck.stays()) == 2


def test_what_one_camera_cannot_tell_at_the_exit_both_together_can(deck: Deck) -> None:
    deck.sees(deck.garage.entry, BOB, 0.99)
    deck.clock.at += MINUTE
    deck.sees(deck.garage.entry, BOB_MISREAD, 0.99)
    deck.clock.at += 5 * MINUTE
    views = LaneViews()
    front = deck.plate(deck.garage.exit, "沪A1234B", 0.6)  # may be either
    views.beside(0, front)
    assert deck.sees(deck.garage.exit, front.text, front.score).outcome is Outcome.ASKS
    rear = deck.plate(deck.garage.exit, BOB, 0.99)
    left = deck.sees(deck.garage.exit, rear.text, rear.score, second=views.beside(1, rear))
    assert left.outcome is Outcome.LEFT
    assert deck.calls() == [], "the call has answered itself"


def test_views_far_apart_in_time_or_text_are_of_two_cars(deck: Deck) -> None:
    views = LaneViews()
    assert views.beside(0, deck.plate(deck.garage.exit, BOB)) is None
    assert views.beside(1, deck.plate(deck.garage.exit, CHARLIE)) is None
    deck.clock.at += 6 * SECOND
    assert views.beside(1, deck.plate(deck.garage.exit, BOB_MISREAD)) is None


def test_a_second_camera_runs_beside_the_first_at_a_lane_and_only_there(deck: Deck, campus: Campus, tmp_path: Path) -> None:
    signed = campuses.system(deck.program.house, campus.tenant)
    for gate in (deck.garage.exit, campus.way_out):
        rules.change_gate(deck.program.house, signed, gate, rules.GateChange(source="usb:0", second="usb:1"))
        sources = rules.sources_of(deck.program.house, campus.tenant, gate)
        assert sources == ("usb:0", "usb:1")
        loops = deck.program.loops(campus.tenant, gate, sources)
        assert len(loops) == (2 if gate == deck.garage.exit else 1)
    rules.change_gate(deck.program.house, signed, deck.garage.exit, rules.GateChange(second="usb:2"))
    assert rules.sources_of(deck.program.house, campus.tenant, deck.garage.exit) == ("usb:0", "usb:2")
    rules.change_gate(deck.program.house, signed, deck.garage.exit, rules.GateChange(source=""))
    assert rules.sources_of(deck.program.house, campus.tenant, deck.garage.exit) == ()


# --- tickets, cards and codes ----------------------------------------------------------------------------------


def test_a_car_with_a_ticket_takes_the_plate_that_is_read_while_the_bar_is_up(deck: Deck) -> None:
    drawn = parking.draw_ticket(deck.program.house, deck.campus.tenant, deck.garage.entry)
    deck.clock.at += 3 * SECOND
    assert deck.sees(deck.garage.entry, BOB).outcome is Outcome.ECHO
    assert len(deck.stays()) == 1
    deck.clock.at += 10 * MINUTE
    left = deck.sees(deck.garage.exit, BOB)
    assert (left.outcome, left.stay) == (Outcome.LEFT, drawn.arrival.stay)


def test_the_next_car_after_a_ticket_has_a_stay_of_its_own(deck: Deck) -> None:
    parking.draw_ticket(deck.program.house, deck.campus.tenant, deck.garage.entry)
    deck.clock.at += 20 * SECOND
    assert deck.sees(deck.garage.entry, BOB).outcome is Outcome.ENTERED
    assert len(deck.stays()) == 2


def test_a_tickets_code_is_shown_to_the_reader_at_the_exit(deck: Deck) -> None:
    drawn = parking.draw_ticket(deck.program.house, deck.campus.tenant, deck.garage.entry)
    assert drawn.code is not None
    deck.clock.at += 10 * MINUTE
    entry = deck.code(deck.garage.entry, drawn.code, Means.QR)
    assert (entry.outcome, entry.opens) == (Outcome.TURNED_AWAY, False)
    left = deck.code(deck.garage.exit, f"https://acme.example/p/x/{drawn.code}", Means.QR)
    assert (left.outcome, left.stay) == (Outcome.LEFT, drawn.arrival.stay)


@pytest.fixture
def card(deck: Deck) -> str:
    """Alice's, who drives, at lanes that take cards."""
    house, signed = deck.program.house, campuses.system(deck.program.house, deck.campus.tenant)
    for gate in (deck.garage.entry, deck.garage.exit):
        rules.change_gate(house, signed, gate, rules.GateChange(means=frozenset({Means.PLATE, Means.CARD, Means.QR})))
    return campuses.card_number(ALICE)


def test_a_card_opens_a_stay_that_the_same_person_ends_and_pays_for(deck: Deck, card: str) -> None:
    came = deck.code(deck.garage.entry, card)
    assert (came.outcome, came.first_name is not None) == (Outcome.ENTERED, True)
    deck.clock.at += MINUTE
    twice = deck.code(deck.garage.entry, card)
    assert (twice.reason, twice.opens) == (Reason.ALREADY_INSIDE, False)
    deck.clock.at += 2 * HOUR
    waits = deck.code(deck.garage.exit, card)
    assert (waits.outcome, waits.stay) == (Outcome.WAITS, came.stay)
    deck.pays(waits)
    assert deck.stay(came).stay.state is StayState.CLOSED
    deck.clock.at += MINUTE
    assert deck.code(deck.garage.entry, card).outcome is Outcome.ENTERED


@pytest.fixture
def permit(deck: Deck) -> None:
    """For the plate that Alice is enrolled with."""
    house, signed = deck.program.house, campuses.system(deck.program.house, deck.campus.tenant)
    enrol.add_credential(house, signed, deck.campus.people[ALICE], Means.PLATE, BOB)
    permits.add_permit(house, signed, permits.PermitTerms(PermitKind.STAFF, "", frozenset({deck.garage.lot}), plates=(BOB,)))


def test_a_card_whose_holder_has_a_permit_costs_nothing(deck: Deck, card: str, permit: None) -> None:
    deck.code(deck.garage.entry, card)
    deck.clock.at += 8 * HOUR
    assert deck.code(deck.garage.exit, card).outcome is Outcome.LEFT


def test_who_came_by_plate_may_show_the_card_at_the_exit(deck: Deck, card: str, permit: None) -> None:
    came = deck.sees(deck.garage.entry, BOB)
    deck.clock.at += 8 * HOUR
    left = deck.code(deck.garage.exit, card)
    assert (left.outcome, left.stay) == (Outcome.LEFT, came.stay)


def test_a_card_with_no_car_inside_does_not_open_the_exit(deck: Deck, card: str) -> None:
    asked = deck.code(deck.garage.exit, card)
    assert (asked.outcome, asked.opens, deck.calls()) == (Outcome.ASKS, False, [CallReason.NO_ENTRY])


def test_a_strangers_card_opens_neither_way(deck: Deck, card: str) -> None:
    for gate in (deck.garage.entry, deck.garage.exit):
        answer = deck.code(gate, "99999999")
        assert (answer.reason, answer.opens, deck.stays()) == (Reason.UNKNOWN, False, [])


# --- staff plates at a business entrance -----------------------------------------------------------------------


def test_a_lot_without_visitors_takes_the_plates_of_those_who_may_enter_and_no_others(deck: Deck) -> None:
    house, signed = deck.program.house, campuses.system(deck.program.house, deck.campus.tenant)
    yard = lots.add_lot(house, signed, deck.campus.site, LotTerms("Yard", {}, visitors=False))
    zones = {zone.name: zone.zone for zone in rules.zones(house, signed, deck.campus.site)}
    outside = next(zone.zone for zone in rules.zones(house, signed, deck.campus.site) if zone.outside)
    new = rules.NewGate("Yard gate", GateKind.BARRIER, outside, zones[garage_demo.LOT], frozenset({Means.PLATE, Means.QR}))
    gate = rules.add_gate(house, signed, deck.campus.site, new)
    lots.add_lane(house, signed, deck.campus.site, yard, gate, GateRole.ENTRY)
    enrol.add_credential(house, signed, deck.campus.people[ALICE], Means.PLATE, BOB)
    assert deck.sees(gate, BOB).outcome is Outcome.ENTERED
    assert deck.sees(gate, CHARLIE).reason is Reason.NO_PERMIT


def test_a_car_whose_plate_nobody_can_read_stands_there_until_the_desk_is_called_once(
    deck: Deck, paint: Any, watch: Callable[..., GateLoop]
) -> None:
    loop = watch(deck.garage.entry)
    look(loop, deck.clock, paint(), SECOND)
    look(loop, deck.clock, paint((60, 60, 60)), 10 * SECOND)
    assert deck.calls() == [], "there is time to take a ticket"
    look(loop, deck.clock, paint((60, 60, 60)), 60 * SECOND)
    assert deck.calls() == [CallReason.NO_PLATE]
    assert loop.overlooked() == {"no-plate": 1}
    look(loop, deck.clock, paint(), 5 * SECOND)
    assert deck.opened(deck.garage.entry) == 0


def test_a_car_that_stands_under_the_bar_is_counted_and_is_no_second_car(
    deck: Deck, paint: Any, watch: Callable[..., GateLoop]
) -> None:
    loop = watch(deck.garage.entry)
    look(loop, deck.clock, paint(), SECOND)
    look(loop, deck.clock, paint(BLUE), 60 * SECOND)
    assert loop.overlooked() == {"stayed": 1}
    assert deck.opened(deck.garage.entry) == 1
    assert deck.calls() == []


def test_somebody_on_foot_and_a_car_that_shows_something_call_nobody(
    deck: Deck, paint: Any, watch: Callable[..., GateLoop]
) -> None:
    loop = watch(deck.garage.entry)
    walker = paint()
    walker[40:220, 100:160] = (60, 60, 60)
    look(loop, deck.clock, paint(), SECOND)
    look(loop, deck.clock, walker, 30 * SECOND)
    look(loop, deck.clock, paint(), 5 * SECOND)
    look(loop, deck.clock, paint((60, 60, 60)), 5 * SECOND)
    deck.sees(deck.garage.entry, BOB)  # by another reader of the lane
    look(loop, deck.clock, paint((60, 60, 60)), 30 * SECOND)
    assert deck.calls() == []
