"""Lots and the papers for them: spaces, permits and their hours, validations, reservations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.access import Validity
from sealgate.domain.calendar import parse_timetable
from sealgate.domain.ids import LotId, PermitId, ReservationId, SiteId, ValidationId, ZoneId
from sealgate.domain.lots import (
    BadLot,
    BadPermit,
    BadValidation,
    GateRole,
    Lot,
    Permit,
    Reservation,
    Sign,
    SpaceClass,
    Stretch,
    Validation,
    free,
    signs,
    uncovered,
)
from sealgate.domain.stays import RightKind
from sealgate.domain.stays_rights import Papers, PermitUse, Turned, right_of

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday 09:00 in Shanghai
GARAGE = ZoneId(UUID(int=7))
DECK = Lot(
    LotId(UUID(int=1)),
    SiteId(UUID(int=2)),
    "Deck",
    {SpaceClass.VISITORS: 10, SpaceClass.PERMITS: 2},
    tariff="hourly",
    zone=GARAGE,
)
ALICES = Permit(
    PermitId(UUID(int=3)), lots=frozenset({DECK.lot}), times=parse_timetable({"mon": ["08:00-18:00"], "tue": ["22:00-06:00"]})
)


def right(papers: Papers, lot: Lot = DECK, at: datetime = NINE) -> object:
    return right_of(lot, papers, at, SHANGHAI)


def test_a_class_without_spaces_of_its_own_stands_among_the_visitors() -> None:
    assert DECK.space_of(SpaceClass.ELECTRIC) is SpaceClass.VISITORS
    assert DECK.space_of(SpaceClass.PERMITS) is SpaceClass.PERMITS


def test_the_sign_says_what_is_left_after_what_is_held() -> None:
    taken, held = {SpaceClass.VISITORS: 7, SpaceClass.PERMITS: 3}, {SpaceClass.VISITORS: 3}
    assert signs(DECK, taken, held) == (Sign(SpaceClass.VISITORS, 0, True), Sign(SpaceClass.PERMITS, 0, True))
    assert free(DECK, taken, {}, SpaceClass.VISITORS) == 3


def test_a_lot_that_is_not_counted_is_never_full() -> None:
    driveway = replace(DECK, capacity={}, tariff=None)
    assert (free(driveway, {SpaceClass.VISITORS: 999}, {}, SpaceClass.VISITORS), signs(driveway, {}, {})) == (None, ())
    assert not driveway.bills


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": {SpaceClass.VISITORS: -1}},
        {"parent": DECK.lot},
        {"min_certainty": 0.4},
        {"echo": timedelta(hours=1)},
        {"echo": timedelta(seconds=-1)},
    ],
)
def test_a_lot_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadLot):
        replace(DECK, **wrong)  # type: ignore[arg-type]


def test_only_two_roles_lead_in() -> None:
    assert [role for role in GateRole if role.enters] == [GateRole.ENTRY, GateRole.NESTED_IN]


class TestPermits:
    def test_it_covers_its_lots_and_the_lots_of_its_zones(self) -> None:
        by_zone = replace(ALICES, lots=frozenset(), zones=frozenset({GARAGE}))
        elsewhere = replace(DECK, lot=LotId(UUID(int=9)), zone=None)
        assert [permit.covers(lot) for permit in (ALICES, by_zone) for lot in (DECK, elsewhere)] == [True, False, True, False]

    @pytest.mark.parametrize("wrong", [{"spaces": 0}, {"spaces": 10_001}, {"lots": frozenset()}])
    def test_one_that_cannot_be_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(BadPermit):
            replace(ALICES, **wrong)  # type: ignore[arg-type]

    def test_what_lies_outside_its_hours_is_paid_for(self) -> None:
        entered, left = NINE - 3 * HOUR, NINE + 11 * HOUR  # 06:00 to 20:00
        assert uncovered(ALICES, entered, left, SHANGHAI) == (
            Stretch(entered, NINE - HOUR),
            Stretch(NINE + 9 * HOUR, left),
        )

    def test_a_night_span_is_one_stretch_of_leave(self) -> None:
        tuesday_evening = NINE + 35 * HOUR  # 20:00
        gaps = uncovered(ALICES, tuesday_evening, tuesday_evening + 12 * HOUR, SHANGHAI)
        assert [(gap.since - tuesday_evening, gap.until - tuesday_evening) for gap in gaps] == [
            (0 * HOUR, 2 * HOUR),
            (10 * HOUR, 12 * HOUR),
        ]

    def test_it_ends_in_the_middle_of_a_stay(self) -> None:
        ending = replace(ALICES, times=None, valid=Validity(None, NINE + HOUR))
        assert uncovered(ending, NINE, NINE + 3 * HOUR, SHANGHAI) == (Stretch(NINE + HOUR, NINE + 3 * HOUR),)

    @given(st.integers(0, 60 * 24 * 9), st.integers(1, 60 * 24 * 9), st.integers(0, 60 * 24 * 9))
    def test_an_instant_is_uncovered_exactly_when_it_does_not_hold(self, start: int, length: int, probe: int) -> None:
        """Over the night on which Berlin's clocks go back, too."""
        permit = replace(ALICES, times=parse_timetable({"sat": ["21:10-02:30"], "sun": ["02:45-12:00"], "holidays": None}))
        entered = datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=start)
        left, at = entered + timedelta(minutes=length), entered + timedelta(minutes=probe % length)
        gaps = uncovered(permit, entered, left, BERLIN)
        assert any(gap.since <= at < gap.until for gap in gaps) is not permit.holds(at, BERLIN)
        assert all(a.until < b.since for a, b in pairwise(gaps))


class TestRights:
    def test_a_ban_comes_before_everything(self) -> None:
        assert right(Papers(banned=True, permits=[PermitUse(ALICES, 0)])) is Turned.BANNED

    def test_a_permit_lets_in_above_the_capacity(self) -> None:
        full = {SpaceClass.VISITORS: 10, SpaceClass.PERMITS: 2}
        found = right(Papers(permits=[PermitUse(ALICES, 0)], taken=full))
        assert getattr(found, "permit", None) == ALICES.permit
        assert right(Papers(taken=full)) is Turned.FULL

    @pytest.mark.parametrize(
        ("use", "at"),
        [
            (PermitUse(ALICES, 1), NINE),
            (PermitUse(ALICES, 0), NINE - 3 * HOUR),
            (PermitUse(replace(ALICES, lots=frozenset({LotId(UUID(int=9))})), 0), NINE),
        ],
        ids=["its space is taken", "outside its hours", "of another lot"],
    )
    def test_without_its_permit_a_car_is_a_visitor(self, use: PermitUse, at: datetime) -> None:
        found = right(Papers(permits=[use]), at=at)
        assert getattr(found, "kind", None) is RightKind.VISITOR
        assert right(Papers(permits=[use]), replace(DECK, visitors=False), at) is Turned.NO_PERMIT

    def test_a_reservation_holds_from_its_beginning_until_its_end(self) -> None:
        booked = Reservation(ReservationId(UUID(int=5)), DECK.lot, NINE, NINE + HOUR)
        kinds = [getattr(right(Papers(reservations=[booked]), at=at), "kind", None) for at in (NINE - HOUR, NINE, NINE + HOUR)]
        assert kinds == [RightKind.VISITOR, RightKind.RESERVATION, RightKind.VISITOR]

    def test_a_car_with_a_badge_takes_a_marked_space_first_and_then_any(self) -> None:
        lot = replace(DECK, capacity={SpaceClass.VISITORS: 1, SpaceClass.DISABLED: 1})
        spaces = [
            getattr(right(Papers(wanted=SpaceClass.DISABLED, taken={SpaceClass.DISABLED: n}), lot), "space", None)
            for n in (0, 1)
        ]
        assert spaces == [SpaceClass.DISABLED, SpaceClass.VISITORS]


@pytest.mark.parametrize(
    "wrong",
    [{}, {"time": HOUR, "share": 50}, {"share": 0}, {"share": 101}, {"time": timedelta(0)}, {"time": timedelta(days=32)}],
)
def test_a_validation_gives_time_or_a_share(wrong: dict[str, object]) -> None:
    with pytest.raises(BadValidation):
        Validation(ValidationId(UUID(int=1)), **wrong)  # type: ignore[arg-type]
