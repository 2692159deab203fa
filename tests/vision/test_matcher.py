"""The gallery finds exactly what is nearest, while others come and go; the site's secret keeps similarities."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.domain.access import Candidate
from sealgate.domain.ids import CredentialId, PersonId, uuid7
from sealgate.ports import Gallery, Vector
from sealgate.vision.matcher import FaissGallery, NotATemplate, rotate, rotation

DICE = np.random.default_rng(7)


def an_id() -> PersonId:
    return PersonId(uuid7(datetime(2026, 11, 23, tzinfo=UTC), DICE.bytes(10)))


def someone(seed: int, size: int = 128) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(size)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def test_nobody_is_near_in_an_empty_gallery() -> None:
    gallery: Gallery = FaissGallery()
    assert gallery.nearest(someone(1).tolist(), 2) == []
    assert len(gallery) == 0


def test_the_nearest_come_best_first_with_their_cosine() -> None:
    gallery = FaissGallery()
    people = [(an_id(), CredentialId(an_id()), someone(n)) for n in range(500)]
    for person, credential, vector in people:
        gallery.put(person, credential, vector)
    wanted = someone(0) + 0.5 * someone(1)
    wanted /= np.linalg.norm(wanted)
    found = gallery.nearest(wanted.tolist(), 3)
    assert [candidate.person for candidate in found[:2]] == [people[0][0], people[1][0]]
    assert [candidate.credential for candidate in found[:2]] == [people[0][1], people[1][1]]
    exact = sorted((float(vector @ wanted) for _, _, vector in people), reverse=True)[:3]
    assert [candidate.similarity for candidate in found] == pytest.approx(exact, abs=1e-3)


def test_fewer_than_asked_for_are_all_there_are() -> None:
    gallery = FaissGallery()
    gallery.put(an_id(), CredentialId(an_id()), someone(1))
    assert len(gallery.nearest(someone(1).tolist(), 5)) == 1
    assert gallery.nearest(someone(1).tolist(), 0) == []


def test_a_credential_that_ended_is_never_found_again() -> None:
    gallery = FaissGallery()
    alice, face, other = an_id(), CredentialId(an_id()), CredentialId(an_id())
    gallery.put(alice, face, someone(1))
    gallery.put(alice, other, someone(2))
    gallery.remove(face)
    gallery.remove(face)
    assert [candidate.credential for candidate in gallery.nearest(someone(1).tolist(), 2)] == [other]
    assert len(gallery) == 1


def test_a_new_template_takes_the_place_of_the_old() -> None:
    gallery = FaissGallery()
    alice, face = an_id(), CredentialId(an_id())
    gallery.put(alice, face, someone(1))
    gallery.put(alice, face, someone(2))
    assert len(gallery) == 1
    assert gallery.nearest(someone(2).tolist(), 1)[0].similarity == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("vector", [np.zeros(64, np.float32), np.full(128, np.nan, np.float32), np.zeros((1, 128), np.float32)])
def test_a_vector_of_another_pack_or_a_damaged_one_is_refused(vector: Vector) -> None:
    gallery = FaissGallery()
    with pytest.raises(NotATemplate):
        gallery.put(an_id(), CredentialId(an_id()), vector)
    with pytest.raises(NotATemplate):
        gallery.nearest(vector.tolist(), 1)
    assert len(gallery) == 0


def test_people_come_and_go_while_others_are_sought() -> None:
    gallery = FaissGallery()
    alice = an_id()
    gallery.put(alice, CredentialId(an_id()), someone(0))
    done = threading.Event()
    wrong: list[Candidate] = []

    def seek() -> None:
        while not done.is_set():
            wrong.extend(c for c in gallery.nearest(someone(0).tolist(), 1) if c.person != alice)

    seekers = [threading.Thread(target=seek) for _ in range(3)]
    for seeker in seekers:
        seeker.start()
    for n in range(1, 300):
        credential = CredentialId(an_id())
        gallery.put(an_id(), credential, someone(n))
        if n % 2:
            gallery.remove(credential)
    done.set()
    for seeker in seekers:
        seeker.join()
    assert wrong == []
    assert len(gallery) == 150


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 11)), max_size=60))
def test_whoever_comes_and_goes_in_whatever_order_the_gallery_knows_exactly_who_is_there(steps: list[tuple[bool, int]]) -> None:
    """Who leaves gives their row to the last one: nobody may be found under another's name."""
    gallery, there = FaissGallery(), {}
    ids = [(an_id(), CredentialId(an_id())) for _ in range(12)]
    for comes, n in steps:
        if comes:
            gallery.put(*ids[n], someone(n))
            there[n] = ids[n]
        else:
            gallery.remove(ids[n][1])
            there.pop(n, None)
    assert len(gallery) == len(there)
    for n, (person, credential) in there.items():
        (found,) = gallery.nearest(someone(n).tolist(), 1)
        assert (found.person, found.credential) == (person, credential)
        assert found.similarity == pytest.approx(1, abs=1e-2)
    for n in set(range(12)) - set(there):
        assert all(found.similarity < 0.9 for found in gallery.nearest(someone(n).tolist(), 1))


def test_the_same_secret_turns_the_same_way_and_another_one_otherwise() -> None:
    assert np.array_equal(rotation(b"a" * 32, 128), rotation(b"a" * 32, 128))
    first, second = rotate(someone(1), rotation(b"a" * 32, 128)), rotate(someone(1), rotation(b"b" * 32, 128))
    assert abs(float(first @ second)) < 0.5


def test_a_rotation_is_known_by_its_numbers_for_templates_are_kept_for_years() -> None:
    matrix = rotation(bytes(range(32)), 128)
    assert matrix.dtype == np.float32
    assert matrix[0, :3].tolist() == pytest.approx(KNOWN, abs=1e-5)


KNOWN = [0.1718895, 0.1261411, -0.0605454]


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=16, max_size=64), st.integers(2, 64), st.integers(0, 2**32))
def test_turning_keeps_every_similarity(secret: bytes, size: int, seed: int) -> None:
    matrix = rotation(secret, size)
    assert np.abs(matrix @ matrix.T - np.eye(size)).max() < 1e-5
    a, b = someone(seed, size), someone(seed + 1, size)
    assert float(rotate(a, matrix) @ rotate(b, matrix)) == pytest.approx(float(a @ b), abs=1e-5)
