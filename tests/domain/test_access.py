"""Alice works here, Bob's contract has ended, Charlie is a stranger, Dora is suspended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.access import (
    Candidate,
    Facts,
    GatePolicy,
    Grant,
    Passback,
    Reason,
    Validity,
    decide,
    likeness_among,
    recognise,
    screen,
)
from sealgate.domain.calendar import Span, Timetable
from sealgate.domain.ids import CredentialId, GateId, PersonId, SiteId, ZoneId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means, PlateSighting

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday, 16:00 in Shanghai
ALICE, BOB = PersonId(UUID(int=1)), PersonId(UUID(int=2))
CARD = CredentialId(UUID(int=9))
GATE, SITE = GateId(UUID(int=3)), SiteId(UUID(int=4))
OFFICE, STREET = ZoneId(UUID(int=5)), ZoneId(UUID(int=6))
DOOR = GatePolicy(
    gate=GATE,
    site=SITE,
    tz=ZoneInfo("Asia/Shanghai"),
    to_zone=OFFICE,
    means=frozenset({Means.FACE, Means.CARD, Means.PLATE}),
    min_similarity=0.6,
    min_lead=0.05,
    min_liveness=None,
    passback=Passback.HARD,
)
ALICES = Facts(
    person=ALICE,
    credential=CARD,
    suspended=False,
    valid=Validity(until=NOW + timedelta(days=1)),
    credential_valid=Validity(),
    consented=True,
    grants=(Grant(OFFICE),),
    zone=STREET,
)
MORNINGS = Timetable({day: (Span(time(8), time(12)),) for day in range(5)})


def test_alice_walks_in() -> None:
    decision = decide(ALICES, Means.FACE, DOOR, NOW)
    assert (decision.opens, decision.reason, decision.person) == (True, Reason.ALLOWED, ALICE)


@pytest.mark.parametrize(
    ("facts", "policy", "reason"),
    [
        (ALICES, replace(DOOR, lockdown=True), Reason.LOCKDOWN),
        (ALICES, replace(DOOR, blocked=True), Reason.GATE_BLOCKED),
        (replace(ALICES, suspended=True), DOOR, Reason.SUSPENDED),
        (replace(ALICES, valid=Validity(since=NOW + timedelta(seconds=1))), DOOR, Reason.NOT_YET),
        (replace(ALICES, valid=Validity(until=NOW)), DOOR, Reason.EXPIRED),
        (replace(ALICES, credential_valid=Validity(until=NOW)), DOOR, Reason.CREDENTIAL_ENDED),
        (replace(ALICES, consented=False), DOOR, Reason.NO_CONSENT),
        (replace(ALICES, grants=(Grant(STREET),)), DOOR, Reason.NOT_HERE),
        (replace(ALICES, grants=()), DOOR, Reason.NOT_HERE),
        (replace(ALICES, grants=(Grant(OFFICE, MORNINGS),)), DOOR, Reason.OUTSIDE_HOURS),
        (replace(ALICES, zone=OFFICE), DOOR, Reason.ALREADY_INSIDE),
    ],
)
def test_whoever_is_refused_is_told_why(facts: Facts, policy: GatePolicy, reason: Reason) -> None:
    decision = decide(facts, Means.FACE, policy, NOW)
    assert (decision.opens, decision.reason, decision.person) == (False, reason, ALICE)


def test_the_first_reason_that_holds_is_the_one_told() -> None:
    hopeless = replace(ALICES, suspended=True, valid=Validity(until=NOW), consented=False, grants=())
    assert decide(hopeless, Means.FACE, replace(DOOR, lockdown=True), NOW).reason is Reason.LOCKDOWN
    assert decide(hopeless, Means.FACE, DOOR, NOW).reason is Reason.SUSPENDED


def test_a_card_asks_for_no_consent_to_face() -> None:
    assert decide(replace(ALICES, consented=False), Means.CARD, DOOR, NOW).opens


def test_one_grant_by_hours_and_one_without_is_always() -> None:
    assert decide(replace(ALICES, grants=(Grant(OFFICE, MORNINGS), Grant(OFFICE))), Means.CARD, DOOR, NOW).opens


def test_whoever_is_inside_can_always_leave_but_not_through_a_blocked_gate() -> None:
    out = replace(DOOR, to_zone=STREET, leaving=True, lockdown=True)
    bobs = replace(ALICES, valid=Validity(until=NOW), grants=(), suspended=True)
    assert decide(bobs, Means.CARD, out, NOW).opens
    assert decide(bobs, Means.CARD, replace(out, blocked=True), NOW).reason is not Reason.ALLOWED


@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from([OFFICE, STREET, None]), st.sampled_from(list(Means)))
def test_a_lockdown_lets_nobody_in(suspended: bool, consented: bool, granted: bool, zone: ZoneId | None, means: Means) -> None:
    facts = replace(ALICES, suspended=suspended, consented=consented, grants=(Grant(OFFICE),) if granted else (), zone=zone)
    assert not decide(facts, means, replace(DOOR, lockdown=True), NOW).opens


@given(st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_validity_is_half_open(shift: timedelta) -> None:
    at = NOW + shift
    facts = replace(ALICES, valid=Validity(since=NOW, until=NOW + timedelta(days=7)))
    assert decide(facts, Means.CARD, DOOR, at).opens == (timedelta(0) <= shift < timedelta(days=7))


# --- who is it ---


def candidate(person: PersonId, similarity: float) -> Candidate:
    return Candidate(person, CARD, similarity)


def test_nobody_near_is_unknown() -> None:
    assert recognise([], DOOR) is Reason.UNKNOWN
    assert recognise([candidate(ALICE, 0.59)], DOOR) is Reason.UNKNOWN


def test_two_alike_open_nothing() -> None:
    assert recognise([candidate(ALICE, 0.80), candidate(BOB, 0.76)], DOOR) is Reason.AMBIGUOUS


def test_two_templates_of_alice_are_no_rivals() -> None:
    best = recognise([candidate(ALICE, 0.80), candidate(ALICE, 0.79), candidate(BOB, 0.3)], DOOR)
    assert isinstance(best, Candidate)
    assert best.person == ALICE


@given(st.lists(st.tuples(st.sampled_from([ALICE, BOB]), st.floats(-1, 1)), max_size=6))
def test_somebody_is_recognised_only_above_the_threshold_and_with_a_lead(found: list[tuple[PersonId, float]]) -> None:
    ranked = sorted((candidate(person, score) for person, score in found), key=lambda c: -c.similarity)
    who = recognise(ranked, DOOR)
    if isinstance(who, Candidate):
        assert who.similarity >= DOOR.min_similarity
        assert all(c.person == who.person or who.similarity - c.similarity >= DOOR.min_lead for c in ranked)


# --- before anybody is looked up ---


def face(at: datetime = NOW, liveness: float | None = None) -> FaceSighting:
    return FaceSighting(GATE, at, [1.0], quality=0.9, liveness=liveness)


@pytest.mark.parametrize("seconds", [-11, 11, 3600, -3600])
def test_a_late_or_future_sighting_is_stale_so_a_clock_that_jumps_opens_nothing(seconds: int) -> None:
    assert screen(face(NOW + timedelta(seconds=seconds)), DOOR, NOW) is Reason.STALE


def test_a_gate_takes_only_what_it_accepts() -> None:
    assert screen(CodeSighting(GATE, NOW, Means.PIN, "1234"), DOOR, NOW) is Reason.MEANS_NOT_ACCEPTED
    assert screen(CodeSighting(GATE, NOW, Means.CARD, "1234"), DOOR, NOW) is None


def test_a_photograph_of_alice_opens_nothing() -> None:
    strict = replace(DOOR, min_liveness=0.7)
    assert screen(face(liveness=0.2), strict, NOW) is Reason.NOT_LIVE
    assert screen(face(liveness=None), strict, NOW) is Reason.NOT_LIVE
    assert screen(face(liveness=0.9), strict, NOW) is None
    assert screen(face(liveness=0.0), DOOR, NOW) is Reason.NOT_LIVE, "a spoof, also where no life is asked for"
    assert screen(face(liveness=0.3), DOOR, NOW) is None


def test_a_plate_read_badly_is_unsure() -> None:
    assert screen(PlateSighting(GATE, NOW, PlateText("京A12345"), 0.5), DOOR, NOW) is Reason.UNSURE
    assert screen(PlateSighting(GATE, NOW, PlateText("京A12345"), 0.95), DOOR, NOW) is None


def test_a_holiday_closes_what_a_weekday_opens() -> None:
    monday = date(2026, 3, 2)
    open_all_day = Timetable({day: (Span(time(0), time(0)),) for day in range(7)})
    facts = replace(ALICES, grants=(Grant(OFFICE, open_all_day),))
    assert decide(facts, Means.CARD, DOOR, NOW).opens
    assert decide(facts, Means.CARD, replace(DOOR, holidays=frozenset({monday})), NOW).reason is Reason.OUTSIDE_HOURS


@pytest.mark.parametrize("means", sorted(set(Means) - {Means.FACE}))
def test_who_said_no_to_their_face_passes_by_everything_else_just_so(means: Means) -> None:
    """Measures for facial recognition (China) art. 12: refusing costs nothing."""
    policy, refuser = replace(DOOR, means=frozenset(Means)), replace(ALICES, consented=False)
    assert decide(refuser, means, policy, NOW) == decide(ALICES, means, policy, NOW)
    assert decide(refuser, Means.FACE, policy, NOW).reason is Reason.NO_CONSENT


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_faces_are_never_less_strict_and_never_beyond_reach(some: int, more: int) -> None:
    few, many = (likeness_among(0.88, 0.02, people) for people in sorted((some, more)))
    assert 0.88 <= few <= many <= 0.98


def test_ten_times_as_many_faces_ask_for_one_step_more() -> None:
    assert likeness_among(0.88, 0.02, 250) == 0.88
    assert likeness_among(0.88, 0.02, 2_500) == pytest.approx(0.90)
    assert likeness_among(0.99, 0.02, 2_500) == 0.99
