"""Alice asks about her own data: the clock runs from that day, somebody answers with a reason, and the journal has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.asking import (
    AnsweredAlready,
    AskedAlready,
    AskField,
    AskKind,
    AskState,
    BadAsk,
    BadPrivacyRules,
    Clock,
    PrivacyRules,
    Regime,
    a_month_after,
    checked_rules,
    clock_of,
    due_on,
)
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import asking, enrol, erase, own_looks, people, selfservice
from sealgate.flows.passage import admit
from sealgate.flows.selfservice import Own
from sealgate.privacy import journal

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

    from sealgate.domain.ids import PersonId

CARD = "0012345678"


def at_home(campus: Campus, person: PersonId) -> Own:
    """The session of somebody who came in by their link."""
    secret = selfservice.make_link(campus.house, campus.signed, person)
    own = selfservice.who_is(campus.house, selfservice.enter(campus.house, secret))
    assert own is not None
    return own


@pytest.fixture
def alice(acme_campus: Campus) -> Own:
    person = acme_campus.person("Alice Marsh")
    enrol.add_credential(acme_campus.house, acme_campus.signed, person, Means.CARD, CARD)
    return at_home(acme_campus, person)


# --- the clock ---


def never(_day: date) -> bool:
    return False


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2024, 1, 31), date(2024, 2, 29)),
        (date(2026, 12, 9), date(2027, 1, 9)),
        (date(2026, 11, 27), date(2026, 12, 27)),
    ],
)
def test_gdpr_gives_a_month_and_never_more(asked: date, due: date) -> None:
    assert a_month_after(asked) == due
    assert due_on(asked, PrivacyRules(Regime.GDPR), never) == due


def test_working_days_leave_out_chinas_holidays_and_take_in_its_makeup_days(acme_campus: Campus) -> None:
    with acme_campus.house.store.read(acme_campus.tenant) as db:
        rests = asking.rest_days(db)
    rules = PrivacyRules(working_days=5)
    assert due_on(date(2026, 3, 2), rules, rests) == date(2026, 3, 9), "a weekend between"
    assert due_on(date(2026, 9, 30), rules, rests) > date(2026, 10, 9), "the week of the National Day"


def test_a_clock_says_how_many_days_and_is_coloured_when_near() -> None:
    def weekend(day: date) -> bool:
        return day.weekday() > 4

    rules, due = PrivacyRules(), date(2026, 3, 23)
    assert clock_of(due, date(2026, 3, 2), rules, weekend) == Clock(due, 15)
    assert clock_of(due, date(2026, 3, 18), rules, weekend).tone == "warn"
    assert clock_of(due, date(2026, 3, 24), rules, weekend) == Clock(due, -1)
    assert clock_of(due, date(2026, 3, 24), rules, weekend).tone == "bad"
    assert clock_of(due, date(2026, 3, 20), PrivacyRules(Regime.GDPR), weekend).left == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"working_days": "0"}, "working_days"),
        ({"working_days": "61"}, "working_days"),
        ({"working_days": "１５"}, "working_days"),
        ({"regime": "ccpa"}, "regime"),
        ({"contact": "x" * 201}, "contact"),
    ],
)
def test_rules_that_do_not_fit_are_refused(given: dict[str, object], field: str) -> None:
    with pytest.raises(BadPrivacyRules) as refused:
        checked_rules(given)
    assert refused.value.field == field


def test_a_rule_that_is_changed_later_moves_no_promise(acme_campus: Campus, alice: Own) -> None:
    house, officer = acme_campus.house, acme_campus.only(Role.PRIVACY)
    asking.ask(house, alice, AskKind.ACCESS)
    before = asking.my_asks(house, alice)[0].clock
    asking.change_rules(house, officer, {"regime": "gdpr"})
    after = asking.my_asks(house, alice)[0].clock
    assert before is not None
    assert after is not None
    assert before.due == after.due


# --- asking and answering ---


def test_a_correction_waits_for_personnel_and_then_holds(acme_campus: Campus, alice: Own) -> None:
    house, hr = acme_campus.house, acme_campus.only(Role.HR)
    ask = asking.ask(house, alice, AskKind.CORRECT, "I married", field=AskField.NAME, value="Alice  Hall")
    assert people.record(house, acme_campus.signed, alice.person).line.name == "Alice Marsh"
    (line,) = asking.inbox(house, hr)
    assert (line.name, line.field, line.value, line.words) == ("Alice Marsh", AskField.NAME, "Alice Hall", "I married")
    asking.answer(house, hr, ask, grant=True, words="")
    assert people.record(house, acme_campus.signed, alice.person).line.name == "Alice Hall"
    (mine,) = asking.my_asks(house, alice)
    assert (mine.state, mine.clock) == (AskState.GRANTED, None)
    assert people.roster(house, acme_campus.signed, name="alice hall").lines, "found by the new name"


def test_a_refusal_needs_its_reason_and_the_person_reads_it(acme_campus: Campus, alice: Own) -> None:
    house, officer = acme_campus.house, acme_campus.only(Role.PRIVACY)
    ask = asking.ask(house, alice, AskKind.ERASE, "I leave")
    with pytest.raises(BadAsk):
        asking.answer(house, officer, ask, grant=False, words=" ")
    asking.answer(house, officer, ask, grant=False, words="A lawsuit needs it until May")
    (mine,) = asking.my_asks(house, alice)
    assert (mine.state, mine.answer) == (AskState.REFUSED, "A lawsuit needs it until May")
    with pytest.raises(AnsweredAlready):
        asking.answer(house, officer, ask, grant=False, words="once more")
    with house.store.read(acme_campus.tenant) as db:
        told = journal.entries_about(db, house.keyring, alice.person)
    assert (told[0].action, told[0].purpose) == ("ask.refused", "A lawsuit needs it until May")


def test_personnel_see_corrections_and_nothing_else(acme_campus: Campus, alice: Own) -> None:
    house, hr = acme_campus.house, acme_campus.only(Role.HR)
    ask = asking.ask(house, alice, AskKind.ERASE)
    assert asking.inbox(house, hr) == []
    for act in (lambda: asking.one(house, hr, ask), lambda: asking.answer(house, hr, ask, grant=False, words="no, never")):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        asking.inbox(house, acme_campus.only(Role.SECURITY))


def test_what_is_due_first_stands_first(acme_campus: Campus, alice: Own, clock: HandClock) -> None:
    house, officer = acme_campus.house, acme_campus.only(Role.PRIVACY)
    asking.ask(house, alice, AskKind.ACCESS)
    asking.change_rules(house, officer, {"working_days": "3"})
    asking.ask(house, alice, AskKind.ERASE)
    assert [line.kind for line in asking.inbox(house, officer)] == [AskKind.ERASE, AskKind.ACCESS]
    clock.move(timedelta(days=30))
    tones = [line.clock.tone for line in asking.inbox(house, officer) if line.clock]
    assert tones == ["bad", "bad"]


def test_the_same_is_asked_once_and_may_be_taken_back(acme_campus: Campus, alice: Own) -> None:
    house = acme_campus.house
    ask = asking.ask(house, alice, AskKind.ERASE)
    with pytest.raises(AskedAlready):
        asking.ask(house, alice, AskKind.ERASE)
    asking.take_back(house, alice, ask)
    with pytest.raises(AnsweredAlready):
        asking.take_back(house, alice, ask)
    asking.ask(house, alice, AskKind.ERASE)


def test_bob_takes_nothing_of_alices_back(acme_campus: Campus, alice: Own) -> None:
    bob = at_home(acme_campus, acme_campus.person("Bob Ellis"))
    ask = asking.ask(acme_campus.house, alice, AskKind.ERASE)
    with pytest.raises(NotFound):
        asking.take_back(acme_campus.house, bob, ask)
    assert asking.my_asks(acme_campus.house, bob) == []


def test_an_erasure_takes_the_ask_with_it_and_the_journal_keeps_it(acme_campus: Campus, alice: Own) -> None:
    house, officer = acme_campus.house, acme_campus.only(Role.PRIVACY)
    ask = asking.ask(house, alice, AskKind.ERASE)
    with pytest.raises(NotFound):
        asking.answer(house, officer, ask, grant=True, words="")
    erase.erase(house, officer, alice.person, "asked for it")
    assert asking.inbox(house, officer) == []
    with house.store.read(acme_campus.tenant) as db:
        told = [entry.action for entry in journal.entries_about(db, house.keyring, alice.person)]
    assert {"ask.erase", "person.erased"} <= set(told)


def test_she_changes_her_telephone_herself_where_she_may(acme_campus: Campus, alice: Own) -> None:
    house = acme_campus.house
    asking.change_my_contact(house, alice, "+86 138 0013 8000", "alice@example.org")
    assert asking.my_contact(house, alice) == asking.Contact("+86 138 0013 8000", "alice@example.org", may_change=True)
    asking.change_rules(house, acme_campus.only(Role.PRIVACY), {"own_contact": False})
    with pytest.raises(asking.ContactIsNotYours):
        asking.change_my_contact(house, alice, "", "")
    assert not asking.my_contact(house, alice).may_change


# --- what she sees ---


def test_she_sees_every_look_with_who_and_why(acme_campus: Campus, alice: Own) -> None:
    for _ in range(60):
        people.record(acme_campus.house, acme_campus.signed, alice.person)
    first, more = own_looks.looks(acme_campus.house, alice)
    rest, none = own_looks.looks(acme_campus.house, alice, more)
    assert none is None
    assert sum(look.action == "person.opened" for look in (*first, *rest)) == 60
    assert len({look.seq for look in (*first, *rest)}) == len(first) + len(rest)


def test_she_sees_her_own_passages_and_no_others(acme_campus: Campus, alice: Own, clock: HandClock) -> None:
    house, bob = acme_campus.house, acme_campus.person("Bob Ellis")
    enrol.add_credential(house, acme_campus.signed, bob, Means.CARD, "0099999999")
    for card in (CARD, "0099999999", CARD):
        admit(house, acme_campus.tenant, CodeSighting(acme_campus.door, clock.now(), Means.CARD, card))
    today = clock.now().date()
    hers = own_looks.my_passages(house, alice, today.replace(day=1), today)
    assert [(line.gate, line.opens) for line in hers] == [("Door", True), ("Door", True)]
    assert len(own_looks.my_passages(house, at_home(acme_campus, bob), today.replace(day=1), today)) == 1
    with pytest.raises(NotFound):
        own_looks.my_picture(house, alice, hers[0].passage)


def test_nobody_of_umbra_sees_acmes_asks(acme_campus: Campus, umbra_campus: Campus, alice: Own) -> None:
    ask = asking.ask(acme_campus.house, alice, AskKind.ERASE)
    stranger = umbra_campus.only(Role.PRIVACY)
    assert asking.inbox(umbra_campus.house, stranger) == []
    with pytest.raises(NotFound):
        asking.one(umbra_campus.house, stranger, ask)
    with pytest.raises(NotFound):
        asking.take_back(umbra_campus.house, replace(alice, tenant=umbra_campus.tenant), ask)
