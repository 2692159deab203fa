"""A site's faces under a new secret: Alice comes in before, meanwhile and after, and is never asked to enrol again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from sealgate.app.memory import SiteGalleries
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import CredentialId, PersonId, SiteId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means
from sealgate.drills.rekeyed import Kept, compared
from sealgate.flows import enrol, rekeying
from sealgate.flows.faces import fill_gallery, kept_form, space_seed, template_place, turned
from sealgate.flows.kit import House, subject
from sealgate.ports import KeyKind, Vector
from sealgate.privacy import journal
from sealgate.store import directory, places
from sealgate.store import journal as entries
from sealgate.store.directory import CredentialRow
from sealgate.vault.errors import KeyDestroyed


@pytest.fixture
def campus(acme_campus: Any) -> Any:
    return acme_campus


def faces(number: int, seed: int) -> list[Vector]:
    """As the default pack makes them: all near one direction, and different from each other."""
    random = np.random.default_rng(seed)
    middle = random.normal(size=128)
    made = middle / np.linalg.norm(middle) * 0.8 + random.normal(size=(number, 128)) * 0.6 / np.sqrt(128)
    return [np.asarray(one / np.linalg.norm(one), np.float32) for one in made]


def enrolled(house: House, campus: Any, vectors: list[Vector]) -> dict[PersonId, Vector]:
    """People whose templates are put in as an enrolment would."""
    assert house.faces is not None
    people = {campus.person(f"Person {n}"): vector for n, vector in enumerate(vectors)}
    with house.store.begin(campus.tenant, campus.signed.actor) as tx:
        space = places.face_space(tx, campus.site)
        now = house.clock.now()
        for person, vector in people.items():
            credential = CredentialId(house.new_id())
            kept = kept_form(house, campus.tenant, campus.site, space, vector)
            secret = house.keyring.seal(campus.tenant, *subject(person), template_place(campus.tenant, credential), kept)
            at = (house.faces.pack, campus.site, None, None, now, None)
            directory.add_credential(tx, CredentialRow(credential, person, Means.FACE, None, secret, *at, space=space))
        journal.write(tx, house.keyring, now, "face.enrolled", object=f"faces:{len(people)}")
    return people


def stolen(house: House, campus: Any) -> list[Kept]:
    """The templates as they lie there, opened for the test."""
    assert house.faces is not None
    with house.store.read(campus.tenant) as db:
        rows = list(directory.face_templates(db, campus.site, house.faces.pack))
    opened = [(row.person, house.keyring.open(template_place(campus.tenant, row.credential), row.secret)) for row in rows]
    return [Kept(person, np.frombuffer(kept, "<f4")) for person, kept in opened]


def refilled(house: House, campus: Any) -> House:
    """Another program on the same data: galleries and the secret of its memory are its own."""
    other = replace(house, galleries=SiteGalleries(), memory=bytes(range(32)))
    with other.store.read(campus.tenant) as db:
        fill_gallery(other, db, campus.site)
    return other


def scores(house: House, campus: Any, people: dict[PersonId, Vector]) -> dict[PersonId, list[tuple[PersonId, float]]]:
    gallery = house.galleries.of(campus.tenant, campus.site)
    seen = {person: turned(house, campus.tenant, campus.site, vector) for person, vector in people.items()}
    return {
        person: [(one.person, one.similarity) for one in gallery.nearest(list(vector), 5)] for person, vector in seen.items()
    }


def test_matches_are_the_same_afterwards(house: House, campus: Any) -> None:
    people = enrolled(house, campus, faces(60, 1))
    running = refilled(house, campus)
    before = scores(running, campus, people)
    told: list[tuple[int, int]] = []
    done = rekeying.rekey_faces(house, campus.signed, campus.site, lambda n, of: told.append((n, of)))
    assert (done.space, done.moved, done.destroyed) == (2, 60, 1)
    assert told[0] == (0, 60)
    assert told[-1] == (60, 60)
    assert scores(running, campus, people) == before  # a program that runs on does not notice
    after = scores(refilled(house, campus), campus, people)
    for person, nearest in before.items():
        assert after[person][0][0] == nearest[0][0] == person
        assert [score for _, score in after[person]] == pytest.approx([score for _, score in nearest], abs=1e-3)


def test_again_and_again(house: House, campus: Any) -> None:
    people = enrolled(house, campus, faces(5, 2))
    for space in range(2, 12):
        assert rekeying.rekey_faces(house, campus.signed, campus.site).space == space
    found = scores(refilled(house, campus), campus, people)
    assert all(nearest[0][0] == person and nearest[0][1] > 0.999 for person, nearest in found.items())


def test_old_and_new_cannot_be_linked(house: House, campus: Any) -> None:
    """One template at a time, as somebody compares who found it in an old copy. A false alarm has odds of 1 in 10^6."""
    enrolled(house, campus, faces(200, 3))
    old = stolen(house, campus)
    rekeying.rekey_faces(house, campus.signed, campus.site)
    new = stolen(house, campus)
    unlinked = compared(old, new)
    assert unlinked.pairs == 200
    assert unlinked.by_chance, unlinked
    assert not compared(old, old).by_chance  # and it would see a site that was not re-keyed
    assert not compared(new, new).by_chance


def test_the_old_secret_is_gone(house: House, campus: Any) -> None:
    enrolled(house, campus, faces(3, 4))
    rekeying.rekey_faces(house, campus.signed, campus.site)
    with pytest.raises(KeyDestroyed):
        space_seed(house, campus.tenant, campus.site, 1)
    with house.store.read(campus.tenant) as db:
        told = [(entry.action, entry.object) for entry in entries.page(db, limit=4)]
    assert ("keys.destroyed", f"site:{campus.site}") in told


def test_faces_enrolled_meanwhile_lie_in_the_new_space(
    house: House, campus: Any, picture: Callable[..., bytes], colours: dict[str, tuple[int, int, int]]
) -> None:
    enrolled(house, campus, faces(4, 5))
    alice = campus.person("Alice")
    enrol.consent_to_face(house, campus.signed, alice, notice_version="1")

    def enrol_once(done: int, _of: int) -> None:
        if done == 0:
            enrol.enrol_face(house, campus.signed, campus.site, alice, [picture(colours["Alice"])])

    rekeying.rekey_faces(house, campus.signed, campus.site, enrol_once)
    with house.store.read(campus.tenant) as db:
        assert directory.count_faces(db, campus.site) == 5
        assert directory.count_faces(db, campus.site, 2) == 0
    assert len(refilled(house, campus).galleries.of(campus.tenant, campus.site)) == 5


class PowerCut(Exception):
    """Stands for kill -9."""


def test_cut_short_everybody_still_comes_in_and_it_goes_on_where_it_was(
    house: House, campus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekeying, "AT_ONCE", 10)
    people = enrolled(house, campus, faces(35, 6))

    def cut(done: int, _of: int) -> None:
        if done == 20:
            raise PowerCut

    with pytest.raises(PowerCut):
        rekeying.rekey_faces(house, campus.signed, campus.site, cut)
    with house.store.read(campus.tenant) as db:
        assert 0 < directory.count_faces(db, campus.site, 2) < 35
    half = scores(refilled(house, campus), campus, people)
    assert all(nearest[0][0] == person for person, nearest in half.items())
    done = rekeying.rekey_faces(house, campus.signed, campus.site)
    assert (done.space, done.moved, done.destroyed) == (2, 15, 1)
    assert all(nearest[0][0] == person for person, nearest in scores(refilled(house, campus), campus, people).items())


def test_somebody_erased_meanwhile_stays_erased(house: House, campus: Any) -> None:
    people = enrolled(house, campus, faces(3, 7))
    gone = next(iter(people))
    house.keyring.destroy(campus.tenant, KeyKind.SUBJECT, str(gone))
    assert rekeying.rekey_faces(house, campus.signed, campus.site).moved == 2
    assert len(refilled(house, campus).galleries.of(campus.tenant, campus.site)) == 2


def test_another_site_and_a_stranger_are_refused(house: House, campus: Any) -> None:
    with pytest.raises(NotFound):
        rekeying.rekey_faces(house, campus.signed, SiteId(house.new_id()))
    dora = replace(campus.signed, roles=frozenset({Role.SECURITY}))
    with pytest.raises(Forbidden):
        rekeying.rekey_faces(house, dora, campus.site)


def test_gates_go_on_meanwhile(house: House, campus: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate looks all the while that the site is re-keyed five times; nobody is ever taken for a stranger."""
    monkeypatch.setattr(rekeying, "AT_ONCE", 5)
    people = enrolled(house, campus, faces(40, 8))
    running, over, looks = refilled(house, campus), Event(), [0]
    wrong: list[PersonId] = []

    def look() -> None:
        while not over.is_set():
            for person, nearest in scores(running, campus, people).items():
                looks[0] += 1
                if nearest[0][0] != person or nearest[0][1] < 0.999:
                    wrong.append(person)

    gate = Thread(target=look)
    gate.start()
    try:
        for _ in range(5):
            rekeying.rekey_faces(house, campus.signed, campus.site)
    finally:
        over.set()
        gate.join(60)
    assert not wrong
    assert looks[0] > 0
