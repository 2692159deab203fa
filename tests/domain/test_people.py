"""Names, codes, passwords and guesses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import Counter, uuid7
from sealgate.domain.operators import GRANTED, Permission, Role, may
from sealgate.domain.passwords import WeakPassword, needs_factor
from sealgate.domain.people import Profile, checked, code_text, ending, first_name, name_key
from sealgate.domain.plates import BadPlate, folded, normalise
from sealgate.domain.sightings import Means
from sealgate.domain.tries import Tries

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "given_name"),
    [
        ("Alice Marsh", "Alice"),
        ("王芳", "芳"),
        ("欧阳小红", "小红"),
        ("Zhao Mingyi", "Zhao"),
        ("Plato", "Plato"),
        ("司马", "马"),
    ],
)
def test_a_kiosk_shows_only_the_first_name(name: str, given_name: str) -> None:
    assert first_name(name) == given_name


@pytest.mark.parametrize(
    "profile",
    [
        Profile(""),
        Profile("   "),
        Profile("A" * 121),
        Profile("Alice\x00Marsh"),
        Profile("Alice", email="nobody"),
        Profile("Alice", phone="call me"),
        Profile("Alice", number="x" * 41),
    ],
)
def test_a_record_that_cannot_be_right_is_refused(profile: Profile) -> None:
    with pytest.raises(Invalid):
        checked(profile)


def test_blanks_and_case_do_not_make_another_name() -> None:
    assert checked(Profile("  Alice   Marsh ")).name == "Alice Marsh"
    assert name_key("ALICE  marsh") == name_key("Alice Marsh")


@pytest.mark.parametrize(
    ("means", "value", "text"),
    [
        (Means.PIN, " 123456 ", "123456"),
        (Means.CARD, "04:a2-1b c3", "04A21BC3"),
        (Means.QR, "SG1.abcdefgh", "SG1.abcdefgh"),
        (Means.PLATE, "京a·12345", "京A12345"),
    ],
)
def test_one_code_has_one_writing(means: Means, value: str, text: str) -> None:
    assert code_text(means, value) == text


@pytest.mark.parametrize(
    ("means", "value"),
    [
        (Means.PIN, "12"),
        (Means.PIN, "12345a"),
        (Means.CARD, "!!"),
        (Means.QR, "two words here"),
        (Means.FACE, "anything"),
        (Means.CARD, "1" * 513),
        (Means.PLATE, "'; DROP TABLE passages"),
        (Means.PIN, "１２３４"),
    ],
)
def test_what_cannot_be_a_code_is_refused(means: Means, value: str) -> None:
    with pytest.raises(Invalid):
        code_text(means, value)


def test_a_screen_shows_the_end_of_a_long_code_and_nothing_of_a_short_one() -> None:
    assert (ending("京A12345"), ending("1234")) == ("···45", "···")


@pytest.mark.parametrize("text", ["", "A", "A" * 13, "A" * 65, "···"])
def test_what_is_no_plate_is_refused(text: str) -> None:
    with pytest.raises(BadPlate):
        normalise(text)


@given(st.text(max_size=64))
def test_writing_a_plate_twice_changes_nothing(text: str) -> None:
    try:
        once = normalise(text)
    except BadPlate:
        return
    assert normalise(once) == once
    assert folded(folded(once)) == folded(once)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaaaaaa", "alice marsh alice", "x" * 257])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        needs_factor(password, "alice marsh alice", "alice@acme.example")


def test_a_short_password_needs_a_second_factor() -> None:
    assert needs_factor("p4ss-w0rd-7")
    assert not needs_factor("correct horse battery")


def test_an_administrator_may_all_and_hr_sees_no_pictures() -> None:
    assert all(may([Role.ADMINISTRATOR], permission) for permission in Permission)
    assert not may([Role.HR], Permission.SEE_PICTURES)
    assert not may([], Permission.WATCH)
    assert set(GRANTED) == set(Role)


def test_the_sixth_guess_waits_until_the_first_is_forgotten() -> None:
    tries = Tries(5, timedelta(minutes=15))
    for second in range(5):
        assert not tries.wait("bob", NOON)
        tries.missed("bob", NOON + timedelta(seconds=second))
    assert tries.wait("bob", NOON + timedelta(minutes=1)) == timedelta(minutes=14)
    assert not tries.wait("alice", NOON)
    assert not tries.wait("bob", NOON + timedelta(minutes=15))


def test_guesses_under_many_names_are_forgotten_oldest_first() -> None:
    tries = Tries(1, timedelta(minutes=15), keys=3)
    for name in "abcd":
        tries.missed(name, NOON)
    assert [bool(tries.wait(name, NOON)) for name in "abcd"] == [False, True, True, True]


@given(st.lists(st.timedeltas(timedelta(days=-2), timedelta(days=2)), min_size=1, max_size=200))
def test_numbers_never_repeat_and_never_fall_whatever_the_clock_does(jumps: list[timedelta]) -> None:
    counter = Counter(7)
    numbers = [counter.next(NOON + jump) for jump in jumps]
    assert numbers == sorted(set(numbers))
    assert all(0 < number < 1 << 63 for number in numbers)


def test_a_full_millisecond_borrows_from_the_next() -> None:
    counter = Counter(0)
    numbers = [counter.next(NOON) for _ in range(3000)]
    assert len(set(numbers)) == 3000


@given(st.integers(0, 2_000_000_000_000), st.binary(min_size=10, max_size=10))
def test_identities_are_version_seven_and_sort_by_time(milliseconds: int, noise: bytes) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    early, late = uuid7(at, noise), uuid7(at + timedelta(milliseconds=2), bytes(10))
    assert (early.version, early.variant) == (7, "specified in RFC 4122")
    assert early < late
