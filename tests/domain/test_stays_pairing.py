"""Who is leaving: weighed readings, second views, tickets, and when nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.ids import StayId
from sealgate.domain.plates import PlateText
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_pairing import Ask, How, Likely, Open, Paired, Traces, pair, pair_ticket
from sealgate.domain.stays_reading import Reading, folded, further_keys, likelihood, search_keys, twice_misread

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, MONTH = timedelta(hours=1), timedelta(days=30)


def open_stay(number: int, plate: str | None, hours_ago: float = 1.0, **more: object) -> Open:
    text = None if plate is None else PlateText(plate)
    return Open(StayId(UUID(int=number)), NOON - hours_ago * HOUR, text, 0.97, **more)  # type: ignore[arg-type]


def read(text: str, score: float = 0.95) -> Reading:
    return Reading(PlateText(text), NOON, score)


BOB, CHARLIE = open_stay(1, "沪A12345"), open_stay(2, "沪A12347")


def found(*readings: Reading, stays: list[Open] | None = None, **more: object) -> Paired | Ask:
    given_stays = [BOB] if stays is None else stays
    return pair(readings, given_stays, min_certainty=0.93, longest=MONTH, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "score", "how"),
    [
        ("沪A12345", 0.99, How.EXACT),
        ("沪AI2345", 0.95, How.MISREAD),
        ("沪AI2B45", 0.9, CallReason.UNSURE),
        ("沪AIZ345", 0.95, How.MISREAD),
        ("沪A1234S", 0.99, How.MISREAD),
        ("沪A1X345", 0.9, How.MISREAD),
        ("沪A12X45", 0.95, How.MISREAD),
        ("京A12345", 0.9, How.MISREAD),
        ("沪A2345", 0.9, How.MISREAD),
        ("沪A1Y2345", 0.9, How.MISREAD),
        ("沪A2345", 0.99, CallReason.UNSURE),
        ("沪A1Y2345", 0.99, CallReason.UNSURE),
        ("沪AXX345", 0.6, CallReason.NO_ENTRY),
        ("粤B98765", 0.99, CallReason.NO_ENTRY),
    ],
)
def test_what_a_reading_is_worth(text: str, score: float, how: How | CallReason) -> None:
    answer = found(read(text, score))
    assert (answer.how if isinstance(answer, Paired) else answer.reason) is how


def test_two_it_could_be_are_both_shown_to_the_attendant() -> None:
    answer = found(read("沪A12348", 0.9), stays=[BOB, CHARLIE])
    assert isinstance(answer, Ask)
    assert answer.reason is CallReason.AMBIGUOUS
    assert {likely.stay for likely in answer.candidates} == {BOB.stay, CHARLIE.stay} == set(answer.doubts)


@pytest.mark.parametrize(
    ("other", "may_be"),
    [("沪A1X34Y", True), ("沪AIZX4S", True), ("沪AXYZ45", False), ("沪A1X345Y", True), ("沪A345612", False)],
)
def test_two_readings_of_one_plate_differ_in_two_places_at_most(other: str, may_be: bool) -> None:
    assert twice_misread("沪A12345", other) is may_be


def test_an_exact_reading_beats_a_neighbour_where_it_is_sure() -> None:
    answer = found(read("沪A12347", 0.97), stays=[BOB, CHARLIE])
    assert isinstance(answer, Paired)
    assert (answer.stay, answer.how) == (CHARLIE.stay, How.EXACT)
    assert found(read("沪A12347", 0.9), stays=[BOB, CHARLIE]) == Ask(
        CallReason.AMBIGUOUS, (Likely(CHARLIE.stay, 0.9913), Likely(BOB.stay, 0.0087))
    )


def test_a_car_that_was_misread_at_both_ends_is_not_taken_for_its_neighbour() -> None:
    """Charlie came in as A1X347 and goes as A1234Y: one place from Bob, two from what he came in as."""
    misread = replace(open_stay(2, "沪A1X347"), score=0.85)
    answer = found(read("沪A1234Y", 0.85), stays=[BOB, misread])
    assert isinstance(answer, Ask)
    assert answer.reason is CallReason.AMBIGUOUS
    assert isinstance(found(read("沪A1234Y", 0.85), stays=[BOB, replace(misread, score=0.99)]), Paired)


def test_a_stay_that_was_ended_by_another_entry_may_be_a_neighbours() -> None:
    """Charlie came in as A12345, then Bob did; Bob's stay is not Charlie's, though only Bob's is open."""
    ended = replace(open_stay(2, "沪A12345", 2, until=NOON - HOUR), score=0.85)
    for text, score in (("沪A12347", 0.9), ("沪A12345", 0.9)):
        answer = found(read(text, score), stays=[BOB, ended])
        assert isinstance(answer, Ask)
        assert answer.reason is CallReason.TWO_VISITS
    assert isinstance(found(read("沪A12345", 0.99), stays=[BOB, ended]), Paired)


def test_an_unread_car_among_a_few_may_be_anybodys_neighbour() -> None:
    came = Traces(inside=3, entries=(NOON - 2 * HOUR,))
    assert isinstance(found(read("沪A12X45", 0.9), traces=came), Ask)
    assert isinstance(found(read("沪A12X45", 0.9), traces=replace(came, inside=2000)), Paired)
    assert isinstance(found(read("沪A12X45", 0.9), traces=Traces(inside=3, entries=(NOON - 30 * HOUR,))), Paired)


def test_an_unread_car_that_may_be_it_is_ruled_out_by_what_was_paid() -> None:
    """Whoever has just paid leaves within minutes, others within hours."""
    came = Traces(inside=150, entries=(NOON - 2 * HOUR,) * 3)
    answer = found(read("沪A12X45", 0.9), traces=came)
    assert isinstance(answer, Ask)
    assert answer.reason is CallReason.UNSURE
    assert isinstance(found(read("沪A12X45", 0.9), stays=[replace(BOB, expected=True)], traces=came), Paired)
    assert isinstance(found(read("沪A1Z345", 0.85), traces=came), Paired)  # a 2 is often read as a Z


def test_a_sure_reading_of_which_nothing_is_here_is_of_a_car_that_came_in_unread() -> None:
    for score, surely in ((0.97, True), (0.95, False)):
        seen = read("粤B98765", score)
        answer = found(seen)
        assert isinstance(answer, Ask)
        assert answer.of_unread([seen]) is surely
    unsure = found(read("沪A1Y2345", 0.99))
    assert isinstance(unsure, Ask)
    assert not unsure.of_unread([read("沪A1Y2345", 0.99)])


def test_a_second_view_decides_between_two() -> None:
    answer = found(read("沪A12348", 0.9), read("沪A12345", 0.8), stays=[BOB, CHARLIE])
    assert isinstance(answer, Paired)
    assert answer.stay == BOB.stay


def test_two_views_of_a_car_that_has_no_stay_are_no_misreading() -> None:
    answer = found(read("沪A12346"), read("沪A12346"))
    assert isinstance(answer, Ask)
    assert answer.reason is CallReason.UNSURE


def test_a_plate_that_passed_today_is_hardly_a_misreading() -> None:
    assert isinstance(found(read("沪A1X345", 0.9)), Paired)
    assert isinstance(found(read("沪A1X345", 0.9), passed_before=True), Ask)


def test_a_stay_holds_from_its_entry_until_the_next_one() -> None:
    earlier = open_stay(3, "沪A12345", 5, until=NOON - 2 * HOUR)
    later = open_stay(4, "沪A12345", 2)
    early = Reading(PlateText("沪A12345"), NOON - 3 * HOUR, 0.95)
    before = Reading(PlateText("沪A12345"), NOON - 9 * HOUR, 0.95)
    answers = [found(reading, stays=[earlier, later]) for reading in (early, read("沪A12345", 0.97), before)]
    assert [getattr(answer, "stay", None) for answer in answers] == [earlier.stay, later.stay, None]


@pytest.mark.parametrize(
    ("stay", "reason"),
    [
        (open_stay(1, "沪A12345", 31 * 24), CallReason.TOO_LONG),
        (open_stay(1, "沪A12345", nested=True), CallReason.STILL_NESTED),
        (open_stay(1, "沪A12345", doubted=True), CallReason.TWO_VISITS),
    ],
)
def test_some_stays_are_never_billed_by_themselves(stay: Open, reason: CallReason) -> None:
    answer = found(read("沪A12345"), stays=[stay])
    assert isinstance(answer, Ask)
    assert answer.reason is reason


class TestCarsThatNobodyCouldName:
    STAYED = open_stay(1, "沪A12345", 8)

    def test_a_car_may_have_left_unseen_and_come_back_unread(self) -> None:
        both = Traces(inside=5, exits=(NOON - 4 * HOUR,), entries=(NOON - 2 * HOUR,))
        wrong_order = Traces(inside=5, exits=(NOON - 2 * HOUR,), entries=(NOON - 4 * HOUR,))
        assert isinstance(found(read("沪A12345"), stays=[self.STAYED], traces=both), Ask)
        assert isinstance(found(read("沪A12345"), stays=[self.STAYED], traces=wrong_order), Paired)

    def test_in_a_large_garage_it_was_most_likely_another(self) -> None:
        both = Traces(inside=2000, exits=(NOON - 4 * HOUR,), entries=(NOON - 2 * HOUR,))
        assert isinstance(found(read("沪A12345"), stays=[self.STAYED], traces=both), Paired)

    def test_or_have_come_back_misread(self) -> None:
        """Which a sure reading is not."""
        seen, left = read("沪A12345", 0.97), Traces(inside=2000, exits=(NOON - 4 * HOUR,))
        back = open_stay(2, "沪A1234S", 2)
        answer = found(seen, stays=[self.STAYED, replace(back, score=0.9)], traces=left)
        assert isinstance(answer, Ask)
        assert answer.reason is CallReason.TWO_VISITS
        assert isinstance(found(seen, stays=[self.STAYED, back], traces=left), Paired)


class TestTickets:
    TICKET = open_stay(9, None, 3)

    def shown(self, *readings: Reading, ticket: Open = TICKET, stays: tuple[Open, ...] = ()) -> Paired | Ask:
        return pair_ticket(ticket, NOON, readings, stays, MONTH)

    def test_it_names_its_stay(self) -> None:
        assert self.shown() == Paired(self.TICKET.stay, 1.0, How.TICKET) == self.shown(read("粤B98765"))

    def test_it_does_not_serve_a_car_that_is_inside_by_its_plate(self) -> None:
        answer = self.shown(read("沪A12345"), stays=(BOB,))
        assert answer == Ask(CallReason.OTHER_CAR, (Likely(self.TICKET.stay, 0.5), Likely(BOB.stay, 0.5)))

    def test_it_does_not_serve_another_car_than_the_one_that_drew_it(self) -> None:
        assert isinstance(self.shown(read("粤B98765"), ticket=BOB), Ask)
        assert isinstance(self.shown(read("沪A1234S"), ticket=BOB), Paired)

    def test_it_does_not_hold_for_ever(self) -> None:
        assert self.shown(ticket=open_stay(9, None, 24 * 31)) == Ask(CallReason.TOO_LONG, (Likely(self.TICKET.stay, 1.0),))


PLATES = st.text("ABC0128沪", min_size=2, max_size=8)


@given(PLATES, PLATES, st.floats(0, 1))
def test_a_likelihood_is_one_and_the_same_both_ways(one: str, other: str, score: float) -> None:
    there = likelihood(Reading(PlateText(one), NOON, score), other)
    assert 0 <= there <= 1
    assert there == likelihood(Reading(PlateText(other), NOON, score), one)
    assert (there > likelihood(Reading(PlateText(one), NOON, score), one)) is False


@given(PLATES, PLATES)
def test_whatever_is_likely_is_found_by_a_key(one: str, other: str) -> None:
    if likelihood(Reading(PlateText(one), NOON, 0.9), other) > 0:
        assert search_keys(one) & search_keys(other)


@given(PLATES, st.data())
def test_two_misreadings_of_one_plate_are_known_for_that_and_share_a_further_key(plate: str, data: st.DataObject) -> None:
    places = st.integers(0, len(plate) - 1)
    one, other = (
        plate[:place] + data.draw(st.sampled_from("X8沪")) + plate[place + 1 :]
        for place in data.draw(st.tuples(places, places))
    )
    assert further_keys(one) & further_keys(other)
    assert twice_misread(one, other)


@given(PLATES)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.lists(PLATES, min_size=1, max_size=6, unique=True), st.data())
def test_never_more_certain_than_the_weights_allow(plates: list[str], data: st.DataObject) -> None:
    stays = [open_stay(number, plate) for number, plate in enumerate(plates, 1)]
    answer = found(read(data.draw(st.sampled_from(plates)), data.draw(st.floats(0.5, 1))), stays=stays)
    if isinstance(answer, Paired):
        assert 0.93 <= answer.certainty <= 1
    else:
        assert sum(likely.certainty for likely in answer.candidates) <= 1.001


@given(st.lists(PLATES, min_size=1, max_size=6, unique=True), PLATES, st.floats(0.3, 1), st.floats(0.5, 1))
def test_below_the_limit_nobody_is_billed_and_the_attendant_is_shown_whom_it_could_be(
    plates: list[str], text: str, score: float, limit: float
) -> None:
    stays = [open_stay(number, plate) for number, plate in enumerate(plates, 1)]
    answer = pair([read(text, score)], stays, min_certainty=limit, longest=MONTH)
    if isinstance(answer, Paired):
        assert answer.certainty >= limit
    else:
        assert (answer.candidates == ()) is (answer.reason is CallReason.NO_ENTRY)
