"""Enrolling, consent and its end, and reading about people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from sealgate.domain.access import Reason
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import enrol, looking, passage, people, rules
from sealgate.flows.kit import House
from sealgate.flows.showing import TicketOver
from sealgate.privacy import journal

Picture = Callable[..., bytes]


def test_no_face_without_consent(house: House, acme_campus: Any, picture: Picture, colours: Any) -> None:
    alice = acme_campus.person("Alice Marsh")
    with pytest.raises(enrol.NoConsent):
        enrol.enrol_face(house, acme_campus.signed, acme_campus.site, alice, [picture(colours["Alice"])])
    assert len(house.galleries.of(acme_campus.tenant, acme_campus.site)) == 0


def test_withdrawn_consent_ends_the_face_at_once_and_leaves_the_card(house: House, acme_campus: Any, colours: Any) -> None:
    alice = acme_campus.person("Alice Marsh")
    acme_campus.with_face(alice, colours["Alice"])
    enrol.add_credential(house, acme_campus.signed, alice, Means.CARD, "04A2B1C3")
    consent = people.record(house, acme_campus.signed, alice).consents[0].consent
    enrol.withdraw_consent(house, acme_campus.signed, consent)
    assert len(house.galleries.of(acme_campus.tenant, acme_campus.site)) == 0
    record = people.record(house, acme_campus.signed, alice)
    assert {(c.means, c.ended_at is None) for c in record.credentials} == {(Means.FACE, False), (Means.CARD, True)}
    assert not record.line.consented
    sighting = CodeSighting(acme_campus.door, house.clock.now(), Means.CARD, "04A2B1C3")
    assert passage.admit(house, acme_campus.tenant, sighting).decision.opens
    with pytest.raises(enrol.AlreadyWithdrawn):
        enrol.withdraw_consent(house, acme_campus.signed, consent)


def test_an_ended_face_leaves_no_template_in_the_database(house: House, acme_campus: Any, colours: Any) -> None:
    from sealgate.store import directory

    alice = acme_campus.person("Alice Marsh")
    first = acme_campus.with_face(alice, colours["Alice"]).credential
    enrol.end_credential(house, acme_campus.signed, first)
    with house.store.read(acme_campus.tenant) as db:
        row = directory.credential(db, first)
    assert row is not None
    assert (row.secret, row.token) == (b"", None)


@pytest.mark.parametrize(
    ("shown", "advice"),
    [([], "nobody-there"), (["Alice", "Bob"], "one-person-only")],
)
def test_a_picture_that_will_not_do_is_answered_with_advice(
    house: House, acme_campus: Any, picture: Picture, colours: Any, shown: list[str], advice: str
) -> None:
    alice = acme_campus.person("Alice Marsh")
    enrol.consent_to_face(house, acme_campus.signed, alice, notice_version="2026-01")
    with pytest.raises(enrol.NoFace) as refusal:
        enrol.enrol_face(house, acme_campus.signed, acme_campus.site, alice, [picture(*(colours[n] for n in shown))])
    assert refusal.value.advice == (advice,)


def test_pictures_of_two_people_make_no_template(house: House, acme_campus: Any, picture: Picture, colours: Any) -> None:
    alice = acme_campus.person("Alice Marsh")
    enrol.consent_to_face(house, acme_campus.signed, alice, notice_version="2026-01")
    house.faces.min_similarity = 0.8  # type: ignore[union-attr, misc]
    with pytest.raises(enrol.NotOnePerson):
        enrol.enrol_face(
            house, acme_campus.signed, acme_campus.site, alice, [picture(colours["Alice"]), picture(colours["Bob"])]
        )


def test_one_card_is_one_persons(house: House, acme_campus: Any) -> None:
    alice, bob = acme_campus.person("Alice Marsh"), acme_campus.person("Bob Ellis")
    enrol.add_credential(house, acme_campus.signed, alice, Means.CARD, "04A2B1C3")
    with pytest.raises(enrol.AlreadyTaken):
        enrol.add_credential(house, acme_campus.signed, bob, Means.CARD, "04-a2-b1-c3")


def test_a_pin_is_shown_once_and_never_stored_in_clear(house: House, acme_campus: Any) -> None:
    alice = acme_campus.person("Alice Marsh")
    made = enrol.add_credential(house, acme_campus.signed, alice, Means.PIN)
    assert made.shown_once is not None
    with pytest.raises(NotFound):
        people.show_secret(house, acme_campus.signed, alice, f"credential:{made.credential}", "incident")


def test_people_are_found_by_their_whole_name_only(house: House, acme_campus: Any) -> None:
    acme_campus.person("Alice Marsh")
    acme_campus.person("王芳", staff=False)

    def names(wanted: str) -> list[str]:
        return [line.name for line in people.roster(house, acme_campus.signed, name=wanted).lines]

    assert names("alice  MARSH") == ["Alice Marsh"]
    assert names("王芳") == ["王芳"]
    assert names("Alice") == []
    everybody = people.roster(house, acme_campus.signed)
    assert {line.groups for line in everybody.lines} == {("Staff",), ()}
    assert everybody.total == 2


def test_a_long_list_comes_in_pages(house: House, acme_campus: Any, clock: Any) -> None:
    for number in range(7):
        clock.move(timedelta(milliseconds=1))
        acme_campus.person(f"Person {number}")
    first = people.roster(house, acme_campus.signed, limit=5)
    second = people.roster(house, acme_campus.signed, limit=5, after=first.next)
    assert [line.name for line in first.lines + second.lines] == [f"Person {n}" for n in range(7)]
    assert second.next is None


def test_whoever_looks_is_in_the_persons_journal(house: House, acme_campus: Any) -> None:
    alice = enrol.enrol(house, acme_campus.signed, enrol.NewPerson("Alice Marsh", phone="+86 138 0013 8000"))
    record = people.record(house, acme_campus.signed, alice)
    assert record.phone_end == "···00"
    with pytest.raises(people.PurposeNeeded):
        people.show_secret(house, acme_campus.signed, alice, "phone", "curiosity")
    shown = people.show_secret(house, acme_campus.signed, alice, "phone", "incident: lost bag")
    assert shown == "+86 138 0013 8000"
    told = people.record(house, acme_campus.signed, alice).journal
    assert [(line.action, line.purpose) for line in told] == [
        ("phone.shown", "incident: lost bag"),
        ("person.opened", ""),
        ("person.enrolled", ""),
    ]


def test_umbra_sees_nobody_of_acme(house: House, acme_campus: Any, umbra_campus: Any) -> None:
    alice = acme_campus.person("Alice Marsh")
    assert people.roster(house, umbra_campus.signed).total == 0
    assert people.roster(house, umbra_campus.signed, name="Alice Marsh").lines == ()
    with pytest.raises(NotFound):
        people.record(house, umbra_campus.signed, alice)
    with pytest.raises(NotFound):
        enrol.consent_to_face(house, umbra_campus.signed, alice, notice_version="2026-01")


def test_passages_are_searched_over_days_with_a_purpose(house: House, acme_campus: Any, clock: Any) -> None:
    for name, number in (("Alice Marsh", "11112222"), ("Bob Ellis", "33334444")):
        enrol.add_credential(house, acme_campus.signed, acme_campus.person(name), Means.CARD, number)
    for _ in range(3):
        for number in ("11112222", "33334444"):
            sighting = CodeSighting(acme_campus.door, clock.now(), Means.CARD, number)
            passage.admit(house, acme_campus.tenant, sighting)
        clock.move(timedelta(days=1))
    query = looking.PassageQuery(since=clock.now() - timedelta(days=5), until=clock.now(), name="Alice Marsh")
    with pytest.raises(people.PurposeNeeded):
        looking.search(house, acme_campus.signed, acme_campus.site, "", query)
    found = looking.search(house, acme_campus.signed, acme_campus.site, "incident", query)
    assert [line.name for line in found.lines] == ["Alice Marsh"] * 3
    record = people.record(house, acme_campus.signed, acme_campus.people["Alice Marsh"])
    assert [line.action for line in record.journal if line.purpose == "incident"] == ["passages.searched"]
    too_long = looking.PassageQuery(since=clock.now() - timedelta(days=32), until=clock.now())
    with pytest.raises(looking.SearchTooLong):
        looking.search(house, acme_campus.signed, acme_campus.site, "incident", too_long)
    with pytest.raises(Forbidden):
        looking.search(house, acme_campus.only(Role.RECEPTION), acme_campus.site, "incident", query)


def test_a_search_makes_no_day_keys(house: House, acme_campus: Any, clock: Any) -> None:
    acme_campus.person("Alice Marsh")
    query = looking.PassageQuery(since=clock.now() - timedelta(days=20), until=clock.now(), name="Alice Marsh")
    looking.search(house, acme_campus.signed, acme_campus.site, "incident", query)
    from sealgate.flows.kit import of_day

    kind, scope = of_day(acme_campus.site, (clock.now() - timedelta(days=10)).date())
    assert not house.keyring.has(acme_campus.tenant, kind, scope)


def test_a_picture_opens_by_ticket_for_sixty_seconds_and_this_session(
    house: House, acme_campus: Any, clock: Any, picture: Picture, colours: Any
) -> None:
    from dataclasses import replace

    from sealgate.domain.plates import normalise
    from sealgate.domain.sightings import PlateSighting

    sighting = PlateSighting(acme_campus.barrier, clock.now(), normalise("沪B66888"), 0.97, picture=b"\xff\xd8 picture")
    passed = passage.admit(house, acme_campus.tenant, sighting)
    ticket = looking.ask_picture(house, acme_campus.signed, passed.passage, "incident")
    assert looking.open_picture(house, acme_campus.signed, ticket) == b"\xff\xd8 picture"
    with pytest.raises(TicketOver):
        looking.open_picture(house, replace(acme_campus.signed, session="22" * 32), ticket)
    with pytest.raises(TicketOver):
        looking.open_picture(house, acme_campus.signed, ticket[:-1] + ("0" if ticket[-1] != "0" else "1"))
    clock.move(timedelta(seconds=61))
    with pytest.raises(TicketOver):
        looking.open_picture(house, acme_campus.signed, ticket)
    with house.store.read(acme_campus.tenant) as db:
        shown = [entry for entry in journal.entries(db, house.keyring) if entry.action == "picture.opened"]
    assert [entry.purpose for entry in shown] == ["incident"]


def test_a_gate_keeps_a_way_in_that_is_no_face(house: House, acme_campus: Any) -> None:
    with pytest.raises(rules.FaceOnly):
        rules.change_gate(house, acme_campus.signed, acme_campus.door, rules.GateChange(means=frozenset({Means.FACE})))
    with pytest.raises(Forbidden):
        rules.change_gate(house, acme_campus.only(Role.SECURITY), acme_campus.door, rules.GateChange(name="Mine"))


def test_somebody_suspended_is_refused_until_restored(house: House, acme_campus: Any) -> None:
    alice = acme_campus.person("Alice Marsh")
    enrol.add_credential(house, acme_campus.signed, alice, Means.CARD, "04A2B1C3")
    reasons = []
    for on in (True, False):
        enrol.suspend(house, acme_campus.signed, alice, on=on, why="lost card")
        sighting = CodeSighting(acme_campus.door, house.clock.now(), Means.CARD, "04A2B1C3")
        reasons.append(passage.admit(house, acme_campus.tenant, sighting).decision.reason)
    assert reasons == [Reason.SUSPENDED, Reason.ALLOWED]


def test_a_face_enrolled_from_looks_to_three_sides_is_known_more_surely(
    house: House, acme_campus: Any, picture: Picture, colours: Any
) -> None:
    alice = acme_campus.person("Alice Marsh")
    assert acme_campus.with_face(alice, colours["Alice"]).weak, "one photograph"
    ahead = np.asarray(cv2.imdecode(np.frombuffer(picture(colours["Alice"]), np.uint8), cv2.IMREAD_COLOR))
    looks = []
    for nose in (58, 80, 102):  # a black spot is the nose; the square is 20 to 140 px from the left
        turned = ahead.copy()
        turned[115:131, nose - 8 : nose + 8] = 0
        looks.append(bytes(cv2.imencode(".png", turned)[1]))
    once = enrol.enrol_face(house, acme_campus.signed, acme_campus.site, alice, looks)
    assert (once.pictures_used, once.poses, once.spread, once.weak) == (3, 3, 1.0, False)
    same = enrol.enrol_face(house, acme_campus.signed, acme_campus.site, alice, looks[:1] * 3)
    assert (same.poses, same.weak) == (1, True)
