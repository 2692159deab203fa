"""At a kiosk that asks for life Alice turns her head as asked and comes in; a photograph, a film and an accomplice do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from sealgate.domain.access import Reason
from sealgate.domain.head_turns import TURNS, Turn
from sealgate.flows import kiosk, rules
from sealgate.flows.kiosk import KioskGate, NothingSeen
from sealgate.flows.kiosk_life import Asked
from sealgate.flows.kit import House

Colour = tuple[int, int, int]
NOSES = {Turn.LEFT: 82, Turn.RIGHT: 38, Turn.AHEAD: 60}


@dataclass
class Before:
    """What stands before the kiosk: a square whose black spot is its nose. It never stands quite still, and every sensor has
    its noise."""

    house: House
    clock: Any
    at: KioskGate
    shown: int = 0
    said: list[Any] = field(default_factory=list)

    def shows(self, colour: Colour | None, facing: Turn = Turn.AHEAD, *, still: bool = False) -> Any:
        self.clock.move(timedelta(seconds=0.4))
        self.shown += 0 if still else 1
        pixels = np.full((240, 320, 3), 128, np.uint8)
        if colour is not None:
            left, nose = 90 + self.shown % 7, NOSES[facing]
            pixels[60:180, left : left + 120] = colour
            pixels[60 + 58 : 60 + 74, left + nose - 8 : left + nose + 8] = 0
        noise = np.random.default_rng(self.shown).normal(0, 6, pixels.shape)
        pixels = np.clip(cv2.GaussianBlur(pixels, (0, 0), 1.5) + noise, 0, 255).astype(np.uint8)
        self.said.append(kiosk.look(self.house, self.at, bytes(cv2.imencode(".png", pixels)[1])))
        return self.said[-1]

    def does_as_asked(self, colours: Callable[[Turn], Colour]) -> Any:
        """Until it is over."""
        said = self.shows(colours(Turn.AHEAD))
        for _ in range(4 * TURNS):
            if not isinstance(said, Asked):
                break
            said = self.shows(colours(said.turn), said.turn)
        return said


@pytest.fixture
def before(house: House, acme_campus: Any, clock: Any) -> Before:
    campus = acme_campus
    rules.change_gate(house, campus.signed, campus.door, rules.GateChange(asks_for_life=True))
    alice = campus.person("Alice")
    campus.with_face(alice, (250, 10, 10))
    gate = kiosk.kiosk_gate(house, rules.kiosk_link(house, campus.signed, campus.door))
    assert gate is not None
    return Before(house, clock, gate)


ALICE, BOB = (250, 10, 10), (10, 250, 10)


def test_alice_turns_as_she_is_asked_and_comes_in(before: Before) -> None:
    answer = before.does_as_asked(lambda _turn: ALICE)
    assert answer.decision.opens
    assert answer.first_name == "Alice"
    asked = [said for said in before.said if isinstance(said, Asked)]
    assert [said.turn for said in asked[1::2]] == [Turn.AHEAD] * TURNS
    assert [said.done for said in asked[::2]] == list(range(TURNS))


def test_a_photograph_that_does_not_turn_is_refused_when_the_time_is_up(before: Before) -> None:
    answers = [before.shows(ALICE) for _ in range(25)]
    refused = next(said for said in answers if not isinstance(said, Asked))
    assert refused.decision.reason is Reason.NOT_LIVE
    assert not refused.decision.opens


def test_a_film_that_turns_the_other_way_is_refused_whatever_its_likeness(before: Before) -> None:
    asked = before.shows(ALICE)
    other = Turn.RIGHT if asked.turn is Turn.LEFT else Turn.LEFT
    assert before.shows(ALICE, other).decision.reason is Reason.NOT_LIVE


def test_an_accomplice_who_turns_for_a_photograph_is_noticed(before: Before) -> None:
    answer = before.does_as_asked(lambda turn: ALICE if turn is Turn.AHEAD else BOB)
    assert answer.decision.reason is Reason.NOT_LIVE


def test_a_picture_fed_in_is_refused_after_three_frames(before: Before) -> None:
    answers = [before.shows(ALICE, still=True) for _ in range(3)]
    assert answers[-1].decision.reason is Reason.NOT_LIVE


def test_who_walks_off_leaves_nothing_begun(before: Before, clock: Any) -> None:
    first = before.shows(ALICE)
    before.shows(ALICE, first.turn)
    assert before.shows(None) == NothingSeen("")
    clock.move(timedelta(seconds=5))
    said = before.shows(ALICE)
    assert (said.done, said.of) == (0, TURNS)


def test_after_five_tries_a_kiosk_listens_to_no_face_for_a_while(before: Before, clock: Any) -> None:
    def wrong() -> Any:
        asked = before.shows(ALICE)
        return before.shows(ALICE, Turn.RIGHT if asked.turn is Turn.LEFT else Turn.LEFT)

    assert {wrong().decision.reason for _ in range(5)} == {Reason.NOT_LIVE}
    assert before.shows(ALICE) == NothingSeen("face-rests")
    clock.move(timedelta(minutes=5))
    assert isinstance(before.shows(ALICE), Asked)


def test_a_spoof_is_refused_at_a_gate_that_asks_for_no_life_too(house: House, acme_campus: Any, before: Before) -> None:
    rules.change_gate(house, acme_campus.signed, acme_campus.door, rules.GateChange(asks_for_life=False))
    assert before.shows(ALICE).decision.opens
    house.faces.live = 0.0  # type: ignore[union-attr]
    assert before.shows(ALICE).decision.reason is Reason.NOT_LIVE


def test_a_change_of_something_else_leaves_it_asked(house: House, acme_campus: Any, before: Before) -> None:
    rules.change_gate(house, acme_campus.signed, acme_campus.door, rules.GateChange(open_seconds=9.0))
    assert rules.gate(house, acme_campus.signed, acme_campus.door).min_liveness == rules.LIVELY
    assert isinstance(before.shows(ALICE), Asked)
