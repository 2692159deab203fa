"""Inviting, agreeing, coming and going; who may see what; and that no two decide one visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Role
from sealgate.domain.people import PersonKind
from sealgate.domain.residentid import BadIdCheck, check_character
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.visits import BadTime, NoGate, NotNow, TimeOver, TooFar, TooLong, VisitState
from sealgate.domain.visits_asking import (
    Asked,
    GuardianNeeded,
    Missing,
    NotAsked,
    VisitField,
    VisitRules,
)
from sealgate.flows import people, visit, visit_page
from sealgate.flows.kit import new_secret
from sealgate.flows.passage import admit
from sealgate.flows.visit import UnknownHost
from sealgate.flows.visit_agree import NotAgreed, NoticeChanged
from sealgate.flows.visit_rows import detail_of
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store import visits as rows

HOUR = timedelta(hours=1)
ID_NUMBER = "810000199002030170"
"""A made-up number of the region Hong Kong; the check character is put right where it is used."""


def valid_number() -> str:
    return ID_NUMBER[:17] + check_character(ID_NUMBER[:17])


def test_vera_is_invited_agrees_and_comes_in_by_her_code_only_where_she_is_invited(reception: Any, clock: Any) -> None:
    made = reception.invite(why="audit")
    assert reception.state(made) is VisitState.INVITED
    assert visit_page.page(reception.house, made.link).pass_text == ""  # no pass before the notice
    visit_page.agree(reception.house, made.link, reception.agreement())
    assert reception.state(made) is VisitState.EXPECTED
    refused = reception.show(made, reception.campus.barrier)
    assert (refused.decision.opens, refused.decision.reason) == (False, Reason.NOT_HERE)
    admitted = reception.show(made, reception.campus.door)
    assert admitted.decision.opens
    assert admitted.first_name == "Vera"
    assert reception.state(made) is VisitState.INSIDE
    clock.move(HOUR)
    assert reception.show(made, reception.campus.exit).decision.opens
    assert reception.state(made) is VisitState.LEFT


def test_the_pass_opens_half_an_hour_early_and_not_after_the_end_but_always_outwards(reception: Any, clock: Any) -> None:
    now = clock.now()
    made = reception.agreed(since=now + HOUR, until=now + 2 * HOUR)
    assert reception.show(made, reception.campus.door).decision.reason is Reason.NOT_YET
    clock.move(timedelta(minutes=30))
    assert reception.show(made, reception.campus.door).decision.opens
    clock.move(3 * HOUR)
    assert reception.show(made, reception.campus.door).decision.reason is Reason.EXPIRED
    assert reception.show(made, reception.campus.exit).decision.opens


def test_a_visitor_who_was_out_for_lunch_comes_back_and_the_host_is_told_once(reception: Any, clock: Any) -> None:
    made = reception.agreed()
    for gate in (reception.campus.door, reception.campus.exit, reception.campus.door):
        clock.move(timedelta(minutes=5))
        assert reception.show(made, gate).decision.opens
    assert reception.state(made) is VisitState.INSIDE
    kinds = [letter.kind for letter in visit.record(reception.house, reception.dora, made.visit).letters]
    assert kinds == ["arrived"]


def test_who_checks_out_is_outside_and_the_code_only_opens_outwards(reception: Any) -> None:
    made = reception.agreed()
    reception.show(made, reception.campus.door)
    text = visit_page.page(reception.house, made.link).pass_text
    visit_page.check_out(reception.house, made.link)
    assert reception.state(made) is VisitState.LEFT

    def shown(gate: Any) -> Any:
        return admit(reception.house, reception.campus.tenant, CodeSighting(gate, reception.house.clock.now(), Means.QR, text))

    assert shown(reception.campus.door).decision.reason is Reason.CREDENTIAL_ENDED
    assert shown(reception.campus.exit).decision.opens
    with pytest.raises(NotNow):
        visit_page.check_out(reception.house, made.link)


def test_a_visitor_is_a_person_of_their_own_kind_and_is_not_counted_among_the_staff(reception: Any) -> None:
    reception.campus.person("Alice Marsh")
    made = reception.agreed()
    with reception.house.store.read(reception.campus.tenant) as db:
        row = rows.visit(db, made.visit)
        assert row is not None
        person = directory.person(db, row.person)
        assert person is not None
        assert person.kind is PersonKind.VISITOR
    assert people.roster(reception.house, reception.dora).total == 1


def test_a_host_sees_their_own_visitors_reception_all_and_others_none(reception: Any, bob: Any, stranger: Any) -> None:
    made = reception.invite()
    assert [line.name for line in visit.board(reception.house, reception.alice, reception.campus.site).expected] == [
        "Vera Lang"
    ]
    assert visit.board(reception.house, reception.dora, reception.campus.site).expected[0].host == "Alice Ames"
    assert visit.board(reception.house, bob, reception.campus.site).expected == ()
    for other in (bob, stranger):
        with pytest.raises(NotFound):
            visit.record(reception.house, other, made.visit)
    with pytest.raises(Forbidden):
        visit.board(reception.house, reception.campus.only(Role.HR), reception.campus.site)
    with pytest.raises(Forbidden):
        reception.invite(by=reception.campus.only(Role.ATTENDANT))


def test_reception_invites_for_somebody_of_the_staff_by_their_whole_name(reception: Any) -> None:
    reception.campus.person("Zhao Mingyi")
    made = reception.invite(by=reception.dora, host="zhao mingyi")
    assert visit.record(reception.house, reception.dora, made.visit).line.host == "Zhao Mingyi"
    with pytest.raises(UnknownHost):
        reception.invite(by=reception.dora, host="Nobody At All")
    with pytest.raises(UnknownHost):  # a visitor is no host
        reception.invite(by=reception.dora, host="Vera Lang")


@pytest.mark.parametrize(
    ("begin", "end", "error"),
    [
        (2 * HOUR, HOUR, BadTime),
        (-2 * HOUR, -HOUR, TimeOver),
        (-24 * HOUR, HOUR, TimeOver),
        (timedelta(0), timedelta(days=32), TooLong),
        (timedelta(days=400), timedelta(days=401), TooFar),
    ],
)
def test_a_time_that_makes_no_sense_is_refused_and_nothing_is_kept(
    reception: Any, clock: Any, begin: timedelta, end: timedelta, error: type[Exception]
) -> None:
    now = clock.now()
    with pytest.raises(error):
        reception.invite(since=now + begin, until=now + end)
    assert visit.board(reception.house, reception.dora, reception.campus.site).expected == ()


def test_gates_are_those_of_the_site_that_lead_in(reception: Any, umbra_campus: Any) -> None:
    for gates in ((), (umbra_campus.door,), (reception.campus.exit,)):
        with pytest.raises(NoGate):
            reception.invite(gates=gates)


def test_the_notice_must_be_the_one_that_was_read_and_a_no_keeps_nothing(reception: Any) -> None:
    made = reception.invite()
    agreement = reception.agreement()
    with pytest.raises(NotAgreed):
        visit_page.agree(reception.house, made.link, replace(agreement, yes=False))
    reception.rules(VisitRules(fields={VisitField.COMPANY: Asked("the fire brigade's list", 5)}))
    with pytest.raises(NoticeChanged):
        visit_page.agree(reception.house, made.link, agreement)
    with pytest.raises(Missing):
        visit_page.agree(reception.house, made.link, reception.agreement())
    assert reception.state(made) is VisitState.INVITED
    visit_page.agree(reception.house, made.link, reception.agreement(answers={"company": "Lang & Co"}))
    record = visit.record(reception.house, reception.dora, made.visit)
    assert record.consent is not None
    assert record.consent.notice_version == "visit-1/1"
    assert record.answers == {"company": "Lang & Co"}


def test_nothing_is_taken_that_is_not_asked(reception: Any) -> None:
    made = reception.invite()
    with pytest.raises(NotAsked):
        visit_page.agree(reception.house, made.link, reception.agreement(answers={"id-number": valid_number()}))


def test_of_an_identity_number_only_a_token_and_two_characters_are_kept(reception: Any) -> None:
    reception.rules(VisitRules(fields={VisitField.ID_NUMBER: Asked("the harbour police ask for it", 3)}))
    made = reception.invite()
    wrong = valid_number()[:-1] + ("0" if valid_number()[-1] != "0" else "1")
    with pytest.raises(BadIdCheck):
        visit_page.agree(reception.house, made.link, reception.agreement(answers={"id-number": wrong}))
    visit_page.agree(reception.house, made.link, reception.agreement(answers={"id-number": valid_number()}))
    with reception.house.store.read(reception.campus.tenant) as db:
        row = rows.visit(db, made.visit)
        assert row is not None
        assert row.id_token is not None
        assert valid_number() not in str(detail_of(reception.house, db, row))
    assert visit.record(reception.house, reception.dora, made.visit).answers == {"id-number": "···" + valid_number()[-2:]}


def test_where_a_law_wants_it_whole_the_number_lies_sealed(reception: Any) -> None:
    fields = {VisitField.ID_NUMBER: Asked("port security", 3)}
    reception.rules(VisitRules(fields=fields, duty="Port Security Act, section 5"))
    made = reception.invite()
    visit_page.agree(reception.house, made.link, reception.agreement(answers={"id-number": valid_number()}))
    with reception.house.store.read(reception.campus.tenant) as db:
        row = rows.visit(db, made.visit)
        assert row is not None
        assert row.detail.find(valid_number().encode()) == -1
        assert detail_of(reception.house, db, row)["answers"]["id-number"] == valid_number()


def test_under_fourteen_a_guardian_says_yes_and_the_consent_says_so(reception: Any) -> None:
    made = reception.invite("Timo Lang")
    with pytest.raises(GuardianNeeded):
        visit_page.agree(reception.house, made.link, reception.agreement(minor=True, guardian="Vera Lang"))
    yes = reception.agreement(minor=True, guardian="Vera Lang", guardian_confirms=True)
    visit_page.agree(reception.house, made.link, yes)
    assert visit.record(reception.house, reception.dora, made.visit).guardian


def test_an_age_below_fourteen_asks_for_the_guardian_whatever_was_said(reception: Any) -> None:
    reception.rules(VisitRules(fields={VisitField.AGE: Asked("children are not left alone here", 1)}))
    made = reception.invite("Timo Lang")
    with pytest.raises(GuardianNeeded):
        visit_page.agree(reception.house, made.link, reception.agreement(answers={"age": "9"}))


def test_two_cannot_take_one_step_and_a_cancelled_pass_opens_nothing(reception: Any) -> None:
    made = reception.agreed()
    visit.cancel(reception.house, reception.alice, made.visit)
    assert reception.state(made) is VisitState.CANCELLED
    with pytest.raises(NotNow):
        visit.cancel(reception.house, reception.dora, made.visit)
    with pytest.raises(NotNow):
        visit_page.not_coming(reception.house, made.link)
    assert reception.show(made, reception.campus.door).decision.reason is Reason.UNKNOWN


def test_reception_checks_in_and_out_without_a_gate(reception: Any) -> None:
    made = reception.agreed()
    visit.check_in(reception.house, reception.dora, made.visit)
    assert reception.state(made) is VisitState.INSIDE
    with pytest.raises(NotNow):
        visit.check_in(reception.house, reception.dora, made.visit)
    visit.check_out(reception.house, reception.alice, made.visit)
    assert reception.state(made) is VisitState.LEFT


def test_a_link_of_nobody_leads_nowhere(reception: Any, stranger: Any) -> None:
    for secret in ("", "x", new_secret(reception.campus.tenant), new_secret(stranger.tenant)):
        with pytest.raises(visit_page.LinkOver):
            visit_page.page(reception.house, secret)


def test_the_whole_story_is_in_the_journal_and_the_chain_holds(reception: Any) -> None:
    made = reception.agreed()
    reception.show(made, reception.campus.door)
    visit.check_out(reception.house, reception.dora, made.visit)
    with reception.house.store.read(reception.campus.tenant) as db:
        row = rows.visit(db, made.visit)
        assert row is not None
        told = [entry.action for entry in journal.entries_about(db, reception.house.keyring, row.person)]
    assert told == ["visit.checked-out", "visit.agreed", "visit.invited"]
    assert journal.verify(reception.house.store, reception.campus.tenant).whole
