"""What is one face or one plate over many frames becomes one sighting, by vote, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.ports import FoundFace, FoundPlate, Pixels, Vector
from sealgate.vision.liveness import IDENTICAL, Look, life, look_at, nose_shift, replayed
from sealgate.vision.tracker import (
    MOST_LOOKS,
    MOST_TRACKS,
    FaceLook,
    FaceTracker,
    PlateLook,
    PlateTracker,
    TrackedFace,
    TrackedPlate,
    overlap,
)
from sealgate.vision.votes import Ballot, elect, near

MakeFace = Callable[..., FoundFace]
MakePlate = Callable[..., FoundPlate]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEP = timedelta(milliseconds=200)
PICTURE: Pixels = np.zeros((40, 40, 3), np.uint8)


def someone(seed: int, blur: float = 0.0, dice: int = 0) -> Vector:
    """A person's vector, `blur` away from what it is on other looks."""
    vector = np.random.default_rng(seed).standard_normal(128)
    vector = vector / np.linalg.norm(vector) + blur * np.random.default_rng(1000 + dice).standard_normal(128) / 11.3
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


ALICE, BOB = 1, 2


@pytest.fixture
def a_look(a_face: MakeFace) -> Callable[..., FaceLook]:
    def make(seed: int, *, quality: float = 0.5, n: int = 0) -> FaceLook:
        face = a_face(quality=quality)
        noise = np.random.default_rng(n).integers(0, 256, (24, 24, 3), np.uint8)
        return FaceLook(face, someone(seed, 0.3, n), Look(face.landmarks, noise), PICTURE)

    return make


MakeLook = Callable[..., FaceLook]


def seen(tracker: FaceTracker, frames: list[list[FaceLook]], since: datetime = NOON) -> list[list[TrackedFace]]:
    return [tracker.see(since + n * STEP, looks) for n, looks in enumerate(frames)]


def test_alice_is_told_once_after_enough_frames(a_look: MakeLook) -> None:
    told = seen(FaceTracker(enough=3), [[a_look(ALICE, n=n)] for n in range(10)])
    assert [len(faces) for faces in told] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert told[2][0].frames == 3
    assert told[2][0].vector @ someone(ALICE) > 0.9


def test_a_good_look_is_told_at_once(a_look: MakeLook) -> None:
    told = seen(
        FaceTracker(enough=5, strong=0.8), [[a_look(ALICE, quality=0.3)], [a_look(ALICE, quality=0.9)], [a_look(ALICE)]]
    )
    assert [len(faces) for faces in told] == [0, 1, 0]
    assert told[1][0].quality == 0.9


def test_the_vote_is_closer_to_alice_than_a_single_look(a_look: MakeLook) -> None:
    looks = [a_look(ALICE, n=n) for n in range(6)]
    told = seen(FaceTracker(enough=6), [[look] for look in looks])[-1][0]
    assert told.vector @ someone(ALICE) > max(float(look.vector @ someone(ALICE)) for look in looks)
    assert np.linalg.norm(told.vector) == pytest.approx(1, abs=1e-5)


def test_alice_is_told_again_only_after_she_was_gone(a_look: MakeLook) -> None:
    tracker = FaceTracker(enough=1, gone_after=timedelta(seconds=2))
    assert tracker.see(NOON, [a_look(ALICE)])
    assert not tracker.see(NOON + timedelta(seconds=1.9), [a_look(ALICE, n=1)])
    assert not tracker.see(NOON + timedelta(seconds=3.8), [a_look(ALICE, n=2)])
    assert tracker.see(NOON + timedelta(seconds=6), [a_look(ALICE, n=3)])


def test_bob_behind_alice_in_the_same_place_is_told_too(a_look: MakeLook) -> None:
    told = seen(FaceTracker(enough=2), [[a_look(ALICE)], [a_look(ALICE, n=1)], [a_look(BOB, n=2)], [a_look(BOB, n=3)]])
    assert [len(faces) for faces in told] == [0, 1, 0, 1]
    assert told[3][0].vector @ someone(BOB) > 0.9


def test_two_people_in_one_frame_are_two_tracks(a_look: MakeLook) -> None:
    told = seen(FaceTracker(enough=2), [[a_look(ALICE), a_look(BOB)], [a_look(BOB, n=1), a_look(ALICE, n=1)]])
    assert len(told[1]) == 2


def test_a_clock_that_jumps_does_not_keep_old_tracks(a_look: MakeLook) -> None:
    tracker = FaceTracker(enough=2)
    tracker.see(NOON, [a_look(ALICE)])
    assert tracker.see(NOON - timedelta(days=1), [a_look(ALICE, n=1)]) == []
    assert len(tracker.see(NOON - timedelta(days=1) + STEP, [a_look(ALICE, n=2)])) == 1


def test_memory_is_bounded_in_a_crowd_and_over_hours(a_look: MakeLook) -> None:
    tracker = FaceTracker(enough=100, gone_after=timedelta(days=1))
    for n in range(3 * MOST_TRACKS):
        tracker.see(NOON + n * STEP, [a_look(100 + n, n=n)])
    for n in range(3 * MOST_LOOKS):
        tracker.see(NOON + timedelta(minutes=1) + n * STEP, [a_look(ALICE, n=n)])
    tracks = tracker._tracks.alive
    assert len(tracks) == MOST_TRACKS
    assert max(len(track.looks) for track in tracks) == MOST_LOOKS


def test_what_was_seen_too_seldom_is_told_when_the_source_ends(a_look: MakeLook) -> None:
    tracker = FaceTracker(enough=3)
    tracker.see(NOON, [a_look(ALICE)])
    assert len(tracker.rest()) == 1
    assert tracker.rest() == []


def test_a_picture_fed_in_again_and_again_is_not_alive(a_face: MakeFace) -> None:
    tracker = FaceTracker(enough=IDENTICAL)
    look = FaceLook(a_face(), someone(ALICE), look_at(PICTURE, a_face(box=(0, 0, 30, 30))), PICTURE)
    told = seen(tracker, [[look]] * IDENTICAL)
    assert told[-1][0].live == 0.0


# --- liveness ---


def test_one_look_tells_nothing(a_face: MakeFace) -> None:
    assert life([look_at(PICTURE, a_face(box=(0, 0, 30, 30)))]) is None
    assert life([]) is None


def with_noise(landmarks: Vector, n: int) -> Look:
    return Look(np.asarray(landmarks, np.float32), np.random.default_rng(n).integers(0, 256, (24, 24, 3), np.uint8))


@given(st.floats(-0.4, 0.4), st.floats(0.6, 1.5), st.floats(0.5, 1), st.floats(-50, 50))
def test_a_flat_picture_however_held_shows_no_turn(angle: float, scale: float, squeeze: float, shift: float) -> None:
    face = np.array([[25, 30], [55, 30], [40, 45], [28, 58], [52, 58]], np.float64)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([squeeze, 1])
    looks = [with_noise(np.asarray(face, np.float32), 0), with_noise(np.asarray(face @ turn.T + shift, np.float32), 1)]
    assert nose_shift(looks[0].landmarks, looks[1].landmarks) < 0.01
    assert life(looks) is None


def test_a_head_that_turns_is_alive() -> None:
    face = np.array([[25, 30], [55, 30], [40, 45], [28, 58], [52, 58]], np.float32)
    turned = face.copy()
    turned[2, 0] += 7
    assert life([with_noise(face, 0), with_noise(face + 0.3, 1), with_noise(turned, 2)]) is None, "one look may be a slip"
    alive = life([with_noise(face, 0), with_noise(face + 0.3, 1), with_noise(turned, 2), with_noise(turned + 1, 3)])
    assert alive is not None
    assert alive > 0.5


def test_frames_that_differ_by_a_single_bit_are_no_replay() -> None:
    face = np.zeros((5, 2), np.float32)
    thumbs = [np.zeros((24, 24, 3), np.uint8) for _ in range(4)]
    assert replayed([Look(face, thumb) for thumb in thumbs])
    for n, thumb in enumerate(thumbs):
        thumb[n, n, 0] = 1
    assert not replayed([Look(face, thumb) for thumb in thumbs])


# --- plates ---


def read(tracker: PlateTracker, plates: list[FoundPlate]) -> list[TrackedPlate]:
    told = []
    for n, plate in enumerate(plates):
        told += tracker.see(NOON + n * STEP, [PlateLook(plate, PICTURE)])
    return told


def test_one_misread_frame_is_outvoted(a_plate: MakePlate) -> None:
    told = read(PlateTracker(enough=3), [a_plate("京A12345"), a_plate("京A1Z345", 0.7), a_plate("京A12345")])
    assert [plate.text for plate in told] == ["京A12345"]
    assert told[0].frames == 3
    assert told[0].kind == "cn-blue"


def test_a_sure_reading_is_told_at_once_and_only_once(a_plate: MakePlate) -> None:
    told = read(PlateTracker(), [a_plate(score=0.99)] * 20)
    assert [plate.frames for plate in told] == [1]


def test_two_cars_in_a_frame_are_two_plates(a_plate: MakePlate) -> None:
    tracker = PlateTracker(enough=1)
    cars = [a_plate("京A12345"), a_plate("沪B67890", box=(500, 100, 120, 40))]
    assert len(tracker.see(NOON, [PlateLook(car, PICTURE) for car in cars])) == 2


def test_the_next_car_in_the_same_place_is_another_plate(a_plate: MakePlate) -> None:
    told = read(PlateTracker(enough=1), [a_plate("京A12345"), a_plate("沪B67890")])
    assert [plate.text for plate in told] == ["京A12345", "沪B67890"]


def test_a_plate_that_moves_on_is_still_the_same(a_plate: MakePlate) -> None:
    told = read(PlateTracker(enough=2), [a_plate(box=(60 * n, 100, 120, 40)) for n in range(8)])
    assert len(told) == 1


def test_two_that_contradict_each_other_are_less_sure_than_one() -> None:
    one = elect([Ballot("京A12345", 0.9, (0.9,) * 7)])
    two = elect([Ballot("京A12345", 0.9, (0.9,) * 7), Ballot("京A12346", 0.8, (0.9,) * 7), Ballot("京A12346", 0.8, (0.9,) * 7)])
    assert (one[0], two[0]) == ("京A12345", "京A12346")
    assert one[1] == pytest.approx(0.9)
    assert two[1] < 0.9


def test_a_text_that_no_frame_has_is_worth_its_weakest_place() -> None:
    ballots = [
        Ballot("AB3", 0.8, (0.9, 0.2, 0.9)),
        Ballot("A33", 0.8, (0.9, 0.9, 0.2)),
        Ballot("838", 0.8, (0.2, 0.9, 0.1)),
    ]
    text, score = elect(ballots)
    assert text == "A33"
    assert score <= 0.8


@given(st.lists(st.tuples(st.text("AB12", min_size=2, max_size=5), st.floats(0.01, 1)), min_size=1, max_size=8))
def test_a_vote_is_a_text_of_a_length_that_was_read_and_no_surer_than_the_surest(said: list[tuple[str, float]]) -> None:
    ballots = [Ballot(text, score, (score,) * len(text)) for text, score in said]
    text, score = elect(ballots)
    assert len(text) in {len(ballot.text) for ballot in ballots}
    assert 0 <= score <= 1
    if len({ballot.text for ballot in ballots}) == 1:
        assert text == said[0][0]
        assert score == pytest.approx(max(s for _, s in said))


@given(st.text("AB12", max_size=6), st.text("AB12", max_size=6))
def test_nearness_is_mutual(a: str, b: str) -> None:
    assert near(a, b, 2) == near(b, a, 2)
    assert near(a, a, 0)


def test_lookalikes_are_near() -> None:
    assert near("RK0O1", "RKO0I", 0)
    assert near("京A12345", "京A1234", 1)
    assert not near("京A12345", "沪B67890", 3)


def test_boxes_overlap_by_their_joint_area() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (20, 20, 5, 5)) == 0
