"""The steps of a visit, whose turn it is to answer, what a site may ask, and the letters' words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.visits import (
    ALPHABET,
    COMING,
    IN_THE_BUILDING,
    OVER,
    STEPS,
    Absent,
    BadWords,
    NotNow,
    Step,
    Turn,
    Visit,
    VisitState,
    checked_words,
    erase_at,
    step,
    turn,
    word_code,
)
from sealgate.domain.visits_asking import (
    Asked,
    BadAge,
    BadRules,
    GuardianNeeded,
    Missing,
    NotAsked,
    VisitField,
    VisitRules,
    checked_answers,
    checked_guardian,
    checked_rules,
    needs_guardian,
    read_rules,
    rules_text,
)
from sealgate.domain.visits_blocks import BadBlock, BlockKind, Verdict, checked_end, digits, known, verdict
from sealgate.domain.visits_letters import CHINESE, ENGLISH, WORDINGS, LetterKind, worded

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(("state", "taken"), list(product(VisitState, Step)))
def test_a_step_leads_from_the_states_it_names_and_from_no_other(state: VisitState, taken: Step) -> None:
    before, after = STEPS[taken]
    if state in before:
        assert step(state, taken) is after
    else:
        with pytest.raises(NotNow):
            step(state, taken)


def test_every_state_is_coming_in_the_building_or_over_and_each_is_reached() -> None:
    assert set(VisitState) == COMING | IN_THE_BUILDING | OVER
    assert not COMING & OVER
    reached = {after for _, after in STEPS.values()} | {VisitState.INVITED, VisitState.AWAITING}
    assert reached == set(VisitState)


def test_nobody_who_was_refused_or_cancelled_comes_in() -> None:
    assert not STEPS[Step.ENTER][0] & {VisitState.REFUSED, VisitState.CANCELLED, VisitState.MISSED, VisitState.AWAITING}


@pytest.mark.parametrize(
    ("absent", "known_host", "minutes", "expected"),
    [
        (Absent.RECEPTION, True, 0, Turn.RECEPTION),
        (Absent.RECEPTION, False, 60, Turn.RECEPTION),
        (Absent.WAIT, True, 4, Turn.HOST),
        (Absent.WAIT, True, 5, Turn.RECEPTION),
        (Absent.WAIT, False, 0, Turn.RECEPTION),
        (Absent.REFUSE, True, 4, Turn.HOST),
        (Absent.REFUSE, True, 5, Turn.NOBODY),
        (Absent.REFUSE, False, 0, Turn.NOBODY),
    ],
)
def test_whose_turn_it_is_when_nobody_is_near(absent: Absent, known_host: bool, minutes: int, expected: Turn) -> None:
    now = NOW + minutes * MINUTE
    assert turn(absent, host_known=known_host, asked_at=NOW, wait=5 * MINUTE, now=now) is expected


def test_what_is_kept_goes_after_the_days_or_when_they_have_left_and_asked_for_it() -> None:
    visit = Visit(VisitState.EXPECTED, NOW, NOW + timedelta(hours=2), ())
    keep = timedelta(days=30)
    assert erase_at(visit, keep, None) == visit.until + keep
    assert erase_at(visit, keep, NOW) == NOW + keep
    assert erase_at(replace(visit, forget=True), keep, NOW) == NOW + 15 * MINUTE
    assert erase_at(replace(visit, forget=True), keep, None) == visit.until + keep


def test_a_code_is_read_as_people_type_it_and_has_no_letters_that_look_alike() -> None:
    assert word_code(" kt4-m2x ") == "KT4M2X"
    for wrong in ("", "KT4M2", "KT4M2XX", "KT4M2O", "KT4M2Ä", "SG1.abcdefgh"):
        assert word_code(wrong) is None
    assert not set(ALPHABET) & set("01OIL5S")


@given(st.text(max_size=400))
def test_words_are_one_line_or_refused(text: str) -> None:
    try:
        words = checked_words(text, "why")
    except BadWords:
        return
    assert len(words) <= 300
    assert "\n" not in words


def test_nothing_but_the_name_is_asked_by_default() -> None:
    assert VisitRules().fields == {}
    assert VisitRules().keep_days == 30


FIELDS = st.dictionaries(st.sampled_from(VisitField), st.builds(Asked, st.just("because of the dock"), st.integers(1, 30)))


@given(FIELDS, st.booleans(), st.booleans(), st.sampled_from(Absent), st.integers(1, 60), st.integers(0, 240))
def test_rules_come_back_as_they_were_stored(
    fields: dict[VisitField, Asked], walk_ups: bool, face: bool, absent: Absent, wait: int, remind: int
) -> None:
    rules = checked_rules(VisitRules(4, fields, 30, "", walk_ups, face, absent, wait, remind))
    assert read_rules(4, rules_text(rules)) == rules


@pytest.mark.parametrize(
    "rules",
    [
        VisitRules(keep_days=0),
        VisitRules(keep_days=2000),
        VisitRules(wait_minutes=0),
        VisitRules(remind_minutes=500),
        VisitRules(fields={VisitField.AGE: Asked("", 5)}),
        VisitRules(fields={VisitField.AGE: Asked("children", 0)}),
        VisitRules(fields={VisitField.AGE: Asked("children", 31)}),
    ],
)
def test_a_field_without_a_purpose_or_a_time_is_refused(rules: VisitRules) -> None:
    with pytest.raises(BadRules):
        checked_rules(rules)


def test_answers_are_what_is_asked_and_no_more() -> None:
    rules = VisitRules(fields={VisitField.AGE: Asked("children", 5), VisitField.COMPANY: Asked("the list", 5)})
    assert checked_answers(rules, {"age": " 41 ", "company": "Lang & Co"}, TODAY).age == 41
    for answers, error in (
        ({"age": "41"}, Missing),
        ({"age": "41", "company": "x", "sex": "female"}, NotAsked),
        ({"age": "41", "company": "x", "shoe-size": "44"}, NotAsked),
        ({"age": "-1", "company": "x"}, BadAge),
        ({"age": "131", "company": "x"}, BadAge),
        ({"age": "٤١", "company": "x"}, BadAge),
        ({"age": "4" * 1000, "company": "x"}, BadAge),
    ):
        with pytest.raises(error):
            checked_answers(rules, answers, TODAY)


def test_who_is_under_fourteen_comes_with_a_guardian_whichever_says_so() -> None:
    rules = VisitRules(fields={VisitField.AGE: Asked("children", 5)})
    child, grown = checked_answers(rules, {"age": "13"}, TODAY), checked_answers(rules, {"age": "14"}, TODAY)
    assert needs_guardian(child, TODAY, said_minor=False)
    assert needs_guardian(grown, TODAY, said_minor=True)
    assert not needs_guardian(grown, TODAY, said_minor=False)
    assert needs_guardian(checked_answers(rules, {"age": "0"}, TODAY), TODAY, said_minor=False)
    for name, confirmed in (("", True), ("Vera Lang", False)):
        with pytest.raises(GuardianNeeded):
            checked_guardian(name, confirmed=confirmed)


def test_a_name_alone_asks_and_refuses_nobody() -> None:
    assert verdict([]) is Verdict.FREE
    assert verdict([BlockKind.NAME]) is Verdict.ASK
    assert verdict([BlockKind.NAME, BlockKind.PHONE]) is Verdict.REFUSE


def test_one_telephone_number_is_one_whatever_stands_before_it() -> None:
    assert digits("+86 138-0013-8000") == digits("13800138000")
    assert known(BlockKind.EMAIL, " Vera@Example.org ", TODAY).value == "vera@example.org"
    assert known(BlockKind.NAME, "VERA  LANG", TODAY) == known(BlockKind.NAME, "Vera Lang", TODAY)
    with pytest.raises(BadBlock):
        known(BlockKind.EMAIL, "", TODAY)


def test_a_block_ends_within_five_years() -> None:
    assert checked_end(NOW + timedelta(days=1826), NOW)
    for wrong in (NOW - MINUTE - timedelta(days=1), NOW + timedelta(days=1900)):
        with pytest.raises(BadBlock):
            checked_end(wrong, NOW)


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_is_worded_in_both_languages_with_the_same_facts(kind: LetterKind) -> None:
    def facts(language: str) -> set[str]:
        wording = WORDINGS[kind, language]
        return {name for _, name, _, _ in Formatter().parse(wording.subject + wording.text) if name}

    assert facts(CHINESE) == facts(ENGLISH)
    values = dict.fromkeys(facts(ENGLISH), "{braces} stay")
    assert "{braces} stay" in worded(kind, CHINESE, **values).text
