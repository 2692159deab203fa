"""A laptop is gone from Acme: who is concerned by what, how long until the authority has to know, and whom the list names."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from sealgate.domain.asking import BadAsk
from sealgate.domain.breach import WITHIN, BadBreach, Breach, Taken
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import BreachId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import breach, enrol, erase, rules
from sealgate.flows.passage import admit
from sealgate.privacy import journal
from sealgate.privacy.inventory import INVENTORY, Form
from sealgate.web import records
from sealgate.web.i18n import Language, words_in

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

    from sealgate.domain.ids import PersonId
    from sealgate.flows.kit import Signed

DAY = timedelta(days=1)
NEW = BreachId(UUID(int=0))


@pytest.fixture
def officer(acme_campus: Campus) -> Signed:
    return acme_campus.only(Role.PRIVACY)


@pytest.fixture
def people(acme_campus: Campus, clock: HandClock) -> dict[str, PersonId]:
    """Alice passed on Monday and Tuesday, Bob on Tuesday, Carol never."""
    made = {name: acme_campus.person(name) for name in ("Alice Marsh", "Bob Ellis", "Carol Xu")}
    for number, person in enumerate(made.values()):
        enrol.add_credential(acme_campus.house, acme_campus.signed, person, Means.CARD, f"4000000{number}")
    for cards in (("40000000",), ("40000000", "40000001")):
        for card in cards:
            admit(acme_campus.house, acme_campus.tenant, CodeSighting(acme_campus.door, clock.now(), Means.CARD, card))
        clock.move(DAY)
    return made


def lost(clock: HandClock, **more: object) -> Breach:
    return replace(Breach(NEW, clock.at, Taken.COPY, None, None, None), **more)  # type: ignore[arg-type]


def names(campus: Campus, officer: Signed, made: BreachId) -> dict[str, tuple[date | None, date | None]]:
    return {line.name: (line.first, line.last) for line in breach.addressees(campus.house, officer, made, "law")}


def test_a_whole_copy_concerns_everybody(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    made = breach.open_breach(acme_campus.house, officer, lost(clock), "a laptop is gone")
    assert set(names(acme_campus, officer, made)) == set(people)
    assert breach.reach(acme_campus.house, officer, lost(clock)).people == 3


def test_a_period_concerns_who_passed_then_with_their_days(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    monday = clock.at.date() - 2 * DAY
    scope = lost(clock, site=acme_campus.site, first=monday, last=monday + DAY)
    made = breach.open_breach(acme_campus.house, officer, scope, "two days of a backup")
    assert names(acme_campus, officer, made) == {
        "Alice Marsh": (monday, monday + DAY),
        "Bob Ellis": (monday + DAY, monday + DAY),
    }
    only_monday = replace(scope, last=monday)
    assert breach.reach(acme_campus.house, officer, only_monday).people == 1
    elsewhere = rules.add_site(acme_campus.house, acme_campus.signed, "South", "Asia/Shanghai")
    assert breach.reach(acme_campus.house, officer, replace(scope, site=elsewhere)).people == 0


def test_a_site_concerns_whose_face_is_kept_there_too(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    acme_campus.with_face(people["Carol Xu"], (250, 10, 10))
    assert breach.reach(acme_campus.house, officer, lost(clock, site=acme_campus.site)).people == 3


def test_without_keys_only_what_is_plain_can_be_read(acme_campus: Campus, officer: Signed, clock: HandClock) -> None:
    house = acme_campus.house
    sealed = breach.reach(house, officer, lost(clock))
    assert {entry.form for entry, readable, _rows in sealed.columns if readable} == {Form.PLAIN, Form.IDENTITY}
    opened = breach.reach(house, officer, lost(clock, taken=Taken.COPY_AND_KEYS))
    assert opened.readable == len(INVENTORY) > sealed.readable


def test_the_clock_is_seventy_two_hours_from_when_it_was_found(acme_campus: Campus, officer: Signed, clock: HandClock) -> None:
    house = acme_campus.house
    made = breach.open_breach(house, officer, lost(clock, found_at=clock.at - timedelta(hours=10)), "a laptop is gone")
    assert breach.one(house, officer, made).hours_left == 62
    clock.move(timedelta(hours=63))
    assert breach.one(house, officer, made).hours_left == -1
    breach.told(house, officer, made, people=False)
    with pytest.raises(breach.ToldAlready):
        breach.told(house, officer, made, people=False)
    found = breach.one(house, officer, made).breach
    assert (found.authority_told_at, found.people_told_at) == (clock.at, None)
    assert timedelta(hours=72) == WITHIN


def test_each_on_the_list_reads_that_they_were(
    acme_campus: Campus, people: dict[str, PersonId], officer: Signed, clock: HandClock
) -> None:
    house = acme_campus.house
    erase_me = people["Carol Xu"]
    made = breach.open_breach(house, officer, lost(clock), "a laptop is gone")
    erase.erase(house, officer, erase_me, "asked for it")
    assert set(names(acme_campus, officer, made)) == {"Alice Marsh", "Bob Ellis"}
    with house.store.read(acme_campus.tenant) as db:
        about = journal.entries_about(db, house.keyring, people["Alice Marsh"])
    assert about[0].action == "breach.listed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"found_at": datetime(2020, 1, 1, tzinfo=None).astimezone()}, "found"),
        ({"first": date(2026, 3, 1)}, "last"),
        ({"last": date(2026, 3, 1)}, "first"),
        ({"first": date(2026, 3, 2), "last": date(2026, 3, 1)}, "last"),
    ],
)
def test_a_breach_that_is_not_whole_is_refused(
    acme_campus: Campus, officer: Signed, clock: HandClock, change: dict[str, object], field: str
) -> None:
    with pytest.raises(BadBreach) as refused:
        breach.open_breach(acme_campus.house, officer, lost(clock, **change), "a laptop is gone")
    assert refused.value.field == field
    with pytest.raises(BadAsk):
        breach.open_breach(acme_campus.house, officer, lost(clock), " ")


def test_only_the_privacy_officer_opens_the_kit(
    acme_campus: Campus, umbra_campus: Campus, officer: Signed, clock: HandClock
) -> None:
    house, dora = acme_campus.house, acme_campus.only(Role.HR, Role.SECURITY)
    made = breach.open_breach(house, officer, lost(clock), "a laptop is gone")
    for act in (lambda: breach.one(house, dora, made), lambda: breach.addressees(house, dora, made, "law")):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        breach.one(umbra_campus.house, umbra_campus.only(Role.PRIVACY), made)


@pytest.mark.parametrize("language", Language)
def test_the_records_of_processing_have_every_column_of_the_inventory(language: Language) -> None:
    read = list(csv.reader(io.StringIO(records.as_csv(words_in(language)))))
    told = {(line[-2], line[-1]) for line in read[1:]}
    assert told == {(entry.table, entry.column) for entry in INVENTORY}
    assert all(all(cell for cell in line) for line in read)
