"""A dispute at Acme: what is held stays for as long as it is held, everything else goes as always, and Alice is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sealgate.domain.asking import BadAsk
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.holds import BadHold, HoldOver, HoldScope
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means
from sealgate.flows import enrol, erase, holds, own_looks, retention, selfservice
from sealgate.flows.faces import turned
from sealgate.flows.passage import admit
from sealgate.flows.selfservice import Own
from sealgate.ports import KeyKind
from sealgate.store.schema import metadata
from sealgate.vault.wrapping import day_scope

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

    from sealgate.domain.ids import PersonId
    from sealgate.flows.kit import Signed

DAY = timedelta(days=1)
CARDS = {"Alice Marsh": "0012345678", "Bob Ellis": "0099999999"}


@pytest.fixture
def people(acme_campus: Campus) -> dict[str, PersonId]:
    made = {name: acme_campus.person(name) for name in CARDS}
    for name, card in CARDS.items():
        enrol.add_credential(acme_campus.house, acme_campus.signed, made[name], Means.CARD, card)
    return made


@pytest.fixture
def officer(acme_campus: Campus) -> Signed:
    return acme_campus.only(Role.PRIVACY)


def both_come(campus: Campus) -> None:
    for card in CARDS.values():
        admit(campus.house, campus.tenant, CodeSighting(campus.door, campus.house.clock.now(), Means.CARD, card))


def count(campus: Campus, table: str) -> int:
    source = metadata.tables[table]
    with campus.house.store.read(campus.tenant) as db:
        return int(db.sql.execute(sa.select(sa.func.count()).select_from(source).where(db.mine(source))).scalar_one())


def home(campus: Campus, person: PersonId) -> Own:
    own = selfservice.who_is(
        campus.house, selfservice.enter(campus.house, selfservice.make_link(campus.house, campus.signed, person))
    )
    assert own is not None
    return own


def on(person: PersonId | None, until: date, first: date | None = None, last: date | None = None) -> HoldScope:
    return HoldScope(person, None, first, last, until)


def test_what_is_held_of_one_person_stays_and_bobs_goes(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    house, tenant = acme_campus.house, acme_campus.tenant
    began = clock.at.date()
    both_come(acme_campus)
    made = holds.hold(house, officer, on(people["Alice Marsh"], began + 300 * DAY), "she sues us")
    clock.move(120 * DAY)
    retention.keep_to_times(house, tenant)
    hers = own_looks.my_passages(house, home(acme_campus, people["Alice Marsh"]), began, began)
    assert [(line.gate, line.opens) for line in hers] == [("Door", True)]
    assert count(acme_campus, "passages") == 1, "Bob's went"
    assert house.keyring.has(tenant, KeyKind.DAY, day_scope(acme_campus.site, began))
    holds.lift(house, officer, made, "settled out of court")
    retention.keep_to_times(house, tenant)
    assert count(acme_campus, "passages") == 0
    assert list(house.keyring.scopes(tenant, KeyKind.DAY)) == []


def test_days_are_held_whole_and_end_by_themselves(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    house, tenant, began = acme_campus.house, acme_campus.tenant, clock.at.date()
    both_come(acme_campus)
    clock.move(DAY)
    both_come(acme_campus)
    holds.hold(house, officer, on(None, began + 200 * DAY, began, began), "an accident in the hall")
    clock.move(120 * DAY)
    retention.keep_to_times(house, tenant)
    assert count(acme_campus, "passages") == 2, "the other day went"
    clock.move(90 * DAY)
    retention.keep_to_times(house, tenant)
    assert count(acme_campus, "passages") == 0


def test_a_picture_of_a_held_day_stays_and_the_others_go(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock, picture: Callable[..., bytes]
) -> None:
    house, tenant, began = acme_campus.house, acme_campus.tenant, clock.at.date()
    acme_campus.with_face(people["Alice Marsh"], (250, 10, 10))
    assert house.faces is not None
    for _ in range(2):
        pixels = house.decode(picture((250, 10, 10)))
        face = house.faces.find(pixels)[0]
        vector = house.faces.embed(pixels, face)
        seen = FaceSighting(
            gate=acme_campus.door,
            at=clock.now(),
            vector=turned(house, tenant, acme_campus.site, vector).tolist(),
            quality=0.9,
            liveness=0.99,
            picture=picture((250, 10, 10)),
        )
        admit(house, tenant, seen)
        clock.move(DAY)
    assert count(acme_campus, "pictures") == 2
    holds.hold(house, officer, on(people["Alice Marsh"], began + 300 * DAY, began, began), "she sues us")
    clock.move(120 * DAY)
    retention.keep_to_times(house, tenant)
    assert (count(acme_campus, "pictures"), len(list(house.blobs.names()))) == (1, 1)
    (line,) = own_looks.my_passages(house, home(acme_campus, people["Alice Marsh"]), began, began)
    assert own_looks.my_picture(house, home(acme_campus, people["Alice Marsh"]), line.passage)


def test_nobody_who_is_held_is_erased_and_she_is_told_until_when(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    house, alice, until = acme_campus.house, people["Alice Marsh"], clock.at.date() + 30 * DAY
    made = holds.hold(house, officer, on(alice, until), "she sues us")
    assert erase.plan(house, officer, alice).held_until == until
    with pytest.raises(holds.OnHold):
        erase.erase(house, officer, alice, "asked for it")
    (told,) = holds.my_holds(house, home(acme_campus, alice))
    assert (told.scope.until, told.reason) == (until, "she sues us")
    assert holds.my_holds(house, home(acme_campus, people["Bob Ellis"])) == []
    clock.move(31 * DAY)
    assert [line.in_force for line in holds.lines(house, officer)] == [False]
    erase.erase(house, officer, alice, "asked for it")
    with pytest.raises(NotFound):
        holds.lift(house, officer, made, "gone with her")


def test_a_template_goes_with_its_consent_also_of_somebody_held(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed
) -> None:
    house, alice = acme_campus.house, people["Alice Marsh"]
    acme_campus.with_face(alice, (250, 10, 10))
    holds.hold(house, officer, on(alice, house.clock.now().date() + DAY), "she sues us")
    mine = home(acme_campus, alice)
    selfservice.withdraw(house, mine, selfservice.my_record(house, mine).consents[0].consent)
    assert len(house.galleries.of(acme_campus.tenant, acme_campus.site)) == 0


def test_a_hold_says_whom_or_what_and_why_and_ends(acme_campus: Campus, officer: Signed, clock: HandClock) -> None:
    house, today = acme_campus.house, clock.at.date()
    for scope, field in (
        (on(None, today), "name"),
        (on(None, today, today), "last"),
        (on(None, today, today, today - DAY), "last"),
        (on(None, today - DAY, today, today), "until"),
        (on(None, today + 2000 * DAY, today, today), "until"),
    ):
        with pytest.raises(BadHold) as refused:
            holds.hold(house, officer, scope, "a reason")
        assert refused.value.field == field
    with pytest.raises(BadAsk):
        holds.hold(house, officer, on(None, today, today, today), "  ")
    made = holds.hold(house, officer, on(None, today, today, today), "a reason")
    holds.lift(house, officer, made, "over and done")
    with pytest.raises(HoldOver):
        holds.lift(house, officer, made, "over and done")


def test_only_the_privacy_officer_holds_and_umbra_sees_nothing(
    acme_campus: Campus, umbra_campus: Campus, officer: Signed, clock: HandClock
) -> None:
    house, today = acme_campus.house, clock.at.date()
    with pytest.raises(Forbidden):
        holds.hold(house, acme_campus.only(Role.HR), on(None, today, today, today), "a reason")
    made = holds.hold(house, officer, on(None, today, today, today), "a reason")
    assert holds.lines(house, umbra_campus.only(Role.PRIVACY)) == []
    with pytest.raises(NotFound):
        holds.lift(house, umbra_campus.only(Role.PRIVACY), made, "not mine at all")
