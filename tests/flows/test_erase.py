"""Alice asks to be forgotten: she gets everything first, and then nothing of her is left but what the law has kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.errors import Forbidden, Invalid, NotFound
from sealgate.domain.operators import Role
from sealgate.domain.people import PersonKind
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import enrol, erase, looking, people
from sealgate.flows.passage import admit
from sealgate.ports import KeyKind
from sealgate.privacy.notes import Verifier
from sealgate.store import erasing, passages
from sealgate.store import schema as s

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

    from sealgate.domain.ids import PersonId
    from sealgate.flows.kit import Signed


@pytest.fixture
def alice(acme_campus: Campus, colours: dict[str, tuple[int, int, int]], clock: HandClock) -> PersonId:
    """She has a face, a card and a car, and came and went on two days."""
    campus = acme_campus
    person = campus.person("Alice Marsh")
    campus.with_face(person, colours["Alice"])
    enrol.add_credential(campus.house, campus.signed, person, Means.CARD, "0012345678")
    enrol.add_credential(campus.house, campus.signed, person, Means.PLATE, "京A12345")
    for _ in range(2):
        for gate in (campus.door, campus.exit):
            clock.move(timedelta(hours=4))
            shown = CodeSighting(gate, clock.now(), Means.CARD, "0012345678")
            assert admit(campus.house, campus.tenant, shown).decision.opens
        clock.move(timedelta(hours=16))
    return person


@pytest.fixture
def officer(acme_campus: Campus) -> Signed:
    return acme_campus.only(Role.PRIVACY)


def test_everything_is_handed_over_as_a_page_and_as_data(acme_campus: Campus, alice: PersonId, officer: Signed) -> None:
    file = io.BytesIO()
    made = erase.export(acme_campus.house, officer, alice, file, "asked")
    with zipfile.ZipFile(file) as packed:
        told = json.loads(packed.read("data.json"))
        page = packed.read("index.html").decode()
    assert told["profile"]["name"] == "Alice Marsh"
    assert {way["means"]: way.get("value") for way in told["ways_in"]} == {
        "face": None,
        "card": "0012345678",
        "plate": "京A12345",
    }
    assert (made.passages, len(told["passages"])) == (4, 4)
    assert {line["gate"] for line in told["passages"]} == {"Door", "Exit"}
    assert told["consents"][0]["purpose"] == "face"
    assert "template" not in json.dumps(told)
    assert "Alice Marsh" in page
    assert "京A12345" in page
    record = people.record(acme_campus.house, acme_campus.signed, alice)
    assert record.journal[0].action == "person.exported" or "person.exported" in {line.action for line in record.journal}


def test_it_is_said_before_what_would_go(acme_campus: Campus, alice: PersonId, officer: Signed) -> None:
    plan = erase.plan(acme_campus.house, officer, alice)
    assert (plan.name, plan.passages, plan.inside) == ("Alice Marsh", 4, False)
    assert plan.rows == {"people": 1, "credentials": 3, "consents": 1, "group_members": 1, "presence": 1}


def test_nothing_of_her_is_left_and_the_receipt_says_so(acme_campus: Campus, alice: PersonId, officer: Signed) -> None:
    house, tenant = acme_campus.house, acme_campus.tenant
    receipt = erase.erase(house, officer, alice, "asked for it in writing")
    with house.store.read(tenant) as db:
        assert erasing.traces(db, alice) == {}
        rows = passages.page(db, site=acme_campus.site)
        assert [(view.row.token, view.row.who, view.row.detail) for view in rows] == [(None, None, None)] * 4
    assert not house.keyring.has(tenant, KeyKind.SUBJECT, str(alice))
    with pytest.raises(NotFound):
        people.record(house, acme_campus.signed, alice)
    text = Verifier.parse(erase.verifier_of(house, tenant)).verified(receipt.note)
    assert f"person {alice}" in text
    assert "passages made anonymous 4" in text
    assert "Alice" not in receipt.note


def test_her_card_and_her_face_open_nothing_any_more(
    acme_campus: Campus, alice: PersonId, officer: Signed, clock: HandClock
) -> None:
    erase.erase(acme_campus.house, officer, alice, "asked for it")
    shown = CodeSighting(acme_campus.door, clock.now(), Means.CARD, "0012345678")
    assert not admit(acme_campus.house, acme_campus.tenant, shown).decision.opens
    assert len(acme_campus.house.galleries.of(acme_campus.tenant, acme_campus.site)) == 0


def test_bob_stays_as_he_was(acme_campus: Campus, alice: PersonId, officer: Signed, clock: HandClock) -> None:
    bob = acme_campus.person("Bob Ellis")
    enrol.add_credential(acme_campus.house, acme_campus.signed, bob, Means.CARD, "0099999999")
    assert admit(acme_campus.house, acme_campus.tenant, CodeSighting(acme_campus.door, clock.now(), Means.CARD, "0099999999"))
    erase.erase(acme_campus.house, officer, alice, "asked for it")
    assert people.record(acme_campus.house, acme_campus.signed, bob).line.name == "Bob Ellis"
    query = looking.PassageQuery(clock.now() - timedelta(days=5), clock.now() + timedelta(days=1), name="Bob Ellis")
    found = looking.search(acme_campus.house, acme_campus.signed, acme_campus.site, "incident", query)
    assert [line.name for line in found.lines] == ["Bob Ellis"]


def test_who_broke_off_after_the_key_is_asked_again(acme_campus: Campus, alice: PersonId, officer: Signed) -> None:
    acme_campus.house.keyring.destroy(acme_campus.tenant, KeyKind.SUBJECT, str(alice))
    erase.erase(acme_campus.house, officer, alice, "asked for it")
    with acme_campus.house.store.read(acme_campus.tenant) as db:
        assert erasing.traces(db, alice) == {}


def test_who_is_inside_and_who_visits_are_not_erased_here(
    acme_campus: Campus, alice: PersonId, officer: Signed, clock: HandClock
) -> None:
    admit(acme_campus.house, acme_campus.tenant, CodeSighting(acme_campus.door, clock.now(), Means.CARD, "0012345678"))
    with pytest.raises(erase.StillInside):
        erase.erase(acme_campus.house, officer, alice, "asked for it")
    visitor = enrol.enrol(acme_campus.house, acme_campus.signed, enrol.NewPerson("Vera", kind=PersonKind.VISITOR))
    with pytest.raises(erase.VisitorsAreForgotten):
        erase.erase(acme_campus.house, officer, visitor, "asked for it")


@pytest.mark.parametrize("why", ["", "  ", "x" * 301])
def test_a_reason_is_asked_for(acme_campus: Campus, alice: PersonId, officer: Signed, why: str) -> None:
    with pytest.raises(Invalid):
        erase.erase(acme_campus.house, officer, alice, why)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PRIVACY, Role.ADMINISTRATOR}])
@pytest.mark.parametrize("act", ["plan", "export", "erase"])
def test_nobody_else_may(acme_campus: Campus, alice: PersonId, role: Role, act: str) -> None:
    acts: dict[str, Callable[[Signed], object]] = {
        "plan": lambda signed: erase.plan(acme_campus.house, signed, alice),
        "export": lambda signed: erase.export(acme_campus.house, signed, alice, io.BytesIO(), "asked"),
        "erase": lambda signed: erase.erase(acme_campus.house, signed, alice, "because"),
    }
    with pytest.raises(Forbidden):
        acts[act](acme_campus.only(role))


def test_every_table_with_a_person_is_known_to_the_eraser() -> None:
    """A new column that points at a person under another name must be thought of."""
    pointing = {
        (table.name, column.name)
        for table in s.metadata.sorted_tables
        for column in table.c
        if "person" in column.name and column.name != "person_id"
    }
    assert pointing == {("visits", "host_person")}
