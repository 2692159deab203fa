"""Walk-ups, letters, the block list, what time does, forgetting, and the roll call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealgate.domain.access import Reason
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.operators import Role
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.visits import Absent, NotNow, Turn, VisitState
from sealgate.domain.visits_asking import Asked, VisitField, VisitRules
from sealgate.domain.visits_blocks import BlockKind
from sealgate.flows import enrol, kiosk, visit, visit_blocks, visit_kiosk, visit_letters, visit_page
from sealgate.flows.enrol import FacesOff, NoFace
from sealgate.flows.looking import watch
from sealgate.flows.muster import muster
from sealgate.flows.passage import Admission, admit
from sealgate.flows.visit import Blocked
from sealgate.flows.visit_agree import SeeReception
from sealgate.flows.visit_kiosk import NoWalkUps, TooManyCodes, UnknownCode
from sealgate.flows.visit_rounds import round_of
from sealgate.flows.visit_rows import pass_text
from sealgate.ports import Letter, Unreachable
from sealgate.store import directory, pictures
from sealgate.store import visits as rows
from sealgate.vault.errors import KeyDestroyed

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


def send(reception: Any) -> list[Letter]:
    """What goes out now."""
    reception.mailbox.letters.clear()
    visit_letters.send_due(reception.house, reception.campus.tenant)
    return list(reception.mailbox.letters)


def round_now(reception: Any) -> dict[str, int]:
    return round_of(reception.house, reception.campus.tenant)


def walk_up(reception: Any, name: str = "Charlie Stone", host: str = "Alice Ames", **more: Any) -> Any:
    return visit_kiosk.walk_up(reception.house, reception.kiosk, name, host, "a parcel", reception.agreement(**more), "en")


# --- walking up ---


def test_charlie_walks_up_alice_is_written_to_and_lets_him_in_by_her_link(reception: Any) -> None:
    asked = walk_up(reception)
    (letter,) = send(reception)
    assert letter.to == "alice@acme.example"
    assert "Charlie Stone" in letter.subject
    secret = letter.text.rsplit("/visit/answer/", 1)[1].split()[0]
    assert visit_page.question(reception.house, secret).why == "a parcel"
    visit_page.answer(reception.house, secret, yes=True)
    for again in (visit_page.question, lambda house, s: visit_page.answer(house, s, yes=False)):
        with pytest.raises(visit_page.LinkOver):  # it was good for one answer
            again(reception.house, secret)
    admitted = visit_kiosk.check_in(reception.house, reception.kiosk, asked, reception.house.clock.now())
    assert admitted is not None
    assert admitted.decision.opens
    assert reception.state(asked) is VisitState.INSIDE


def test_nothing_opens_before_the_answer_and_a_no_stays_a_no(reception: Any) -> None:
    asked = walk_up(reception)
    with pytest.raises(NotNow):
        visit_kiosk.check_in(reception.house, reception.kiosk, asked, reception.house.clock.now())
    visit.answer(reception.house, reception.alice, asked, yes=False)
    with pytest.raises(NotNow):
        visit.answer(reception.house, reception.dora, asked, yes=True)
    with pytest.raises(NotNow):
        visit_kiosk.check_in(reception.house, reception.kiosk, asked, reception.house.clock.now())
    assert reception.state(asked) is VisitState.REFUSED


def test_a_host_nobody_knows_is_no_hint_and_reception_answers(reception: Any, bob: Any) -> None:
    asked = walk_up(reception, host="Somebody Else")
    assert visit_kiosk.at_kiosk(reception.house, reception.kiosk, asked).state is VisitState.AWAITING
    assert send(reception) == []
    assert [line.visit for line in visit.waiting(reception.house, reception.dora, reception.campus.site)] == [asked]
    assert visit.waiting(reception.house, bob, reception.campus.site) == []
    with pytest.raises(NotFound):
        visit.answer(reception.house, bob, asked, yes=True)


@pytest.mark.parametrize(
    ("absent", "after"),
    [(Absent.RECEPTION, VisitState.AWAITING), (Absent.WAIT, VisitState.AWAITING), (Absent.REFUSE, VisitState.REFUSED)],
)
def test_the_sites_rule_says_what_happens_when_the_host_does_not_answer(
    reception: Any, clock: Any, absent: Absent, after: VisitState
) -> None:
    reception.rules(VisitRules(absent=absent, wait_minutes=5))
    asked = walk_up(reception)
    clock.move(4 * MINUTE)
    round_now(reception)
    (line,) = visit.waiting(reception.house, reception.dora, reception.campus.site)
    assert line.turn is (Turn.RECEPTION if absent is Absent.RECEPTION else Turn.HOST)
    clock.move(MINUTE)
    round_now(reception)
    assert reception.state(asked) is after


def test_a_site_may_take_no_walk_ups_and_never_too_many(reception: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_kiosk, "MOST_WAITING", 2)
    walk_up(reception)
    walk_up(reception)
    with pytest.raises(NoWalkUps):
        walk_up(reception)
    reception.rules(VisitRules(walk_ups=False))
    with pytest.raises(NoWalkUps):
        walk_up(reception)


# --- at the kiosk ---


def test_a_code_is_typed_and_guessing_is_stopped(reception: Any) -> None:
    made = reception.invite()
    assert visit_kiosk.find(reception.house, reception.kiosk, made.code.lower()).must_agree
    for number in range(10):
        with pytest.raises(UnknownCode):
            visit_kiosk.find(reception.house, reception.kiosk, f"ABCDE{'FGHJKMNPQR'[number]}")
    with pytest.raises(TooManyCodes):
        visit_kiosk.find(reception.house, reception.kiosk, made.code)


def test_a_code_says_nothing_at_another_site_or_a_day_early(reception: Any, umbra_campus: Any, clock: Any) -> None:
    made = reception.invite(since=clock.now() + DAY, until=clock.now() + DAY + HOUR)
    with pytest.raises(UnknownCode):
        visit_kiosk.find(reception.house, reception.kiosk, made.code)
    elsewhere = replace(reception.kiosk, tenant=umbra_campus.tenant, gate=umbra_campus.door)
    with pytest.raises(UnknownCode):
        visit_kiosk.find(reception.house, elsewhere, made.code)


def test_a_face_is_offered_opens_what_the_code_opens_and_both_are_timed(
    reception: Any, clock: Any, picture: Any, colours: Any
) -> None:
    by_code, by_face = reception.agreed(), reception.agreed("Charlie Stone")
    started = clock.now()
    clock.move(timedelta(seconds=12))
    assert visit_kiosk.check_in(reception.house, reception.kiosk, by_code.visit, started) is not None
    with pytest.raises(NoFace):
        visit_kiosk.check_in(reception.house, reception.kiosk, by_face.visit, started, [picture()], "face-1")
    clock.move(timedelta(seconds=18))
    look = picture(colours["Charlie"])
    visit_kiosk.check_in(reception.house, reception.kiosk, by_face.visit, started, [look], "face-1")
    found = visit_kiosk.medians(reception.house, reception.dora, reception.campus.site)
    assert (found.by_code, found.by_face, found.counts) == (12.0, 30.0, (1, 1))
    with reception.house.store.read(reception.campus.tenant) as db:
        row = rows.visit(db, by_face.visit)
        assert row is not None
        face = next(c for c in directory.credentials_of(db, row.person) if c.means is Means.FACE)
        assert face.gates == (str(reception.campus.door),)
        withdrawn = [one.withdrawn_at is not None for one in directory.consents_of(db, row.person) if one.purpose == "face"]
    assert withdrawn == [True, False]  # the picture that would not do took its consent back
    with pytest.raises(Forbidden):
        visit_kiosk.medians(reception.house, reception.alice, reception.campus.site)


def test_a_site_that_wants_no_faces_takes_none(reception: Any, picture: Any, colours: Any) -> None:
    reception.rules(VisitRules(face=False))
    made = reception.agreed()
    look = picture(colours["Charlie"])
    with pytest.raises(FacesOff):
        visit_kiosk.check_in(reception.house, reception.kiosk, made.visit, reception.house.clock.now(), [look], "face-1")


# --- letters ---


def test_an_invitation_is_a_letter_with_a_link_a_code_and_a_calendar(reception: Any) -> None:
    made = reception.invite(email="vera@example.org", language="zh-Hans")
    assert made.mailed
    (letter,) = send(reception)
    assert letter.to == "vera@example.org"
    assert f"https://gate.acme.example/visit/{made.link}" in letter.text
    assert made.code in letter.text
    assert "邀请您" in letter.text
    assert letter.appointment is not None
    assert send(reception) == []  # once


def test_a_server_that_is_away_is_tried_again_and_one_that_refuses_is_not(reception: Any, clock: Any) -> None:
    made = reception.invite(email="vera@example.org")
    reception.mailbox.away = Unreachable("away")
    assert send(reception) == []
    reception.mailbox.away = None
    assert send(reception) == []  # not at once
    clock.move(MINUTE)
    assert len(send(reception)) == 1
    other = reception.invite("Eve Stone", email="eve@example.org")
    reception.mailbox.away = Unreachable("no such mailbox", permanent=True)
    send(reception)
    letters = visit.record(reception.house, reception.dora, other.visit).letters
    assert [(line.failed, line.sent_at) for line in letters] == [("port.unreachable", None)]
    assert visit.record(reception.house, reception.dora, made.visit).letters[0].sent_at is not None


def test_a_worker_that_died_with_a_letter_in_its_hands_loses_it_to_the_next(reception: Any, clock: Any) -> None:
    reception.invite(email="vera@example.org")
    with reception.house.store.read(reception.campus.tenant) as db:
        (waiting,) = rows.due_letters(db, clock.now())
    now = clock.now()
    assert rows.claim(reception.house.store, reception.campus.tenant, waiting.letter, now, now + 5 * MINUTE)
    assert send(reception) == []
    clock.move(6 * MINUTE)
    assert len(send(reception)) == 1


def test_a_letter_that_is_true_no_more_is_not_sent(reception: Any) -> None:
    made = reception.invite(email="vera@example.org")
    visit.cancel(reception.house, reception.alice, made.visit)
    (letter,) = send(reception)
    assert "cancelled" in letter.subject
    assert letter.appointment is not None
    assert letter.appointment.cancelled


def test_without_a_server_nobody_is_written_to_and_the_link_is_there(reception: Any) -> None:
    reception.house = replace(reception.house, post=None)
    made = reception.invite(email="vera@example.org")
    assert not made.mailed
    record = visit.record(reception.house, reception.dora, made.visit)
    assert record.letters == ()
    assert record.link == made.link


# --- the block list ---


def test_who_is_blocked_is_answered_neutrally_and_reception_reads_why(reception: Any, clock: Any) -> None:
    today = clock.now().date()
    fields = {VisitField.PHONE: Asked("to call you back", 5)}
    reception.rules(VisitRules(fields=fields))
    end = clock.now() + 90 * DAY
    visit_blocks.block(reception.house, reception.dora, BlockKind.PHONE, "+86 138 0013 8000", "broke a lock", end, today)
    made = reception.invite()
    with pytest.raises(SeeReception):
        visit_page.agree(reception.house, made.link, reception.agreement(answers={"phone": "13800138000"}))
    assert reception.state(made) is VisitState.REFUSED
    record = visit.record(reception.house, reception.dora, made.visit)
    assert record.line.flagged
    assert record.answers == {}


def test_a_host_who_invites_them_is_refused_without_the_reason_and_reception_with_it(reception: Any, clock: Any) -> None:
    end = clock.now() + 90 * DAY
    today = clock.now().date()
    block = visit_blocks.block(reception.house, reception.dora, BlockKind.EMAIL, "eve@example.org", "threats", end, today)
    with pytest.raises(Blocked) as host:
        reception.invite("Eve Stone", email="EVE@example.org")
    assert host.value.reasons == ()
    with pytest.raises(Blocked) as desk:
        reception.invite("Eve Stone", email="eve@example.org", by=reception.dora)
    assert [line.reason for line in desk.value.reasons] == ["threats"]
    visit_blocks.lift(reception.house, reception.dora, block)
    assert reception.invite("Eve Stone", email="eve@example.org").visit


def test_a_namesake_is_asked_about_and_may_come(reception: Any, clock: Any) -> None:
    end = clock.now() + 90 * DAY
    visit_blocks.block(reception.house, reception.dora, BlockKind.NAME, "Charlie Stone", "stole", end, clock.now().date())
    asked = walk_up(reception)
    assert send(reception) == []  # the host is not asked
    with pytest.raises(Forbidden):
        visit.answer(reception.house, reception.alice, asked, yes=True)
    record = visit.record(reception.house, reception.dora, asked)
    assert [line.reason for line in record.reasons] == ["stole"]
    assert visit.record(reception.house, reception.alice, asked).reasons == ()
    visit.answer(reception.house, reception.dora, asked, yes=True)
    assert reception.state(asked) is VisitState.EXPECTED


def test_a_block_ends_by_itself_and_the_list_keeps_nothing_of_the_person(reception: Any, clock: Any) -> None:
    end, today = clock.now() + 2 * DAY, clock.now().date()
    visit_blocks.block(reception.house, reception.dora, BlockKind.NAME, "Eve Stone", "stole", end, today)
    with reception.house.store.read(reception.campus.tenant) as db:
        (row,) = rows.blocks(db, clock.now())
    assert b"Eve" not in bytes(row.reason) + bytes(row.token)
    clock.move(2 * DAY)
    assert visit_blocks.listed(reception.house, reception.dora) == []
    assert not reception.invite("Eve Stone").flagged
    with pytest.raises(Forbidden):
        visit_blocks.listed(reception.house, reception.alice)


# --- what time does ---


def test_overstays_no_shows_and_reminders_come_by_the_clock(reception: Any, clock: Any) -> None:
    inside = reception.agreed(email="vera@example.org", until=clock.now() + HOUR)
    away = reception.invite("Eve Stone", until=clock.now() + HOUR)
    reception.show(inside, reception.campus.door)
    send(reception)
    clock.move(46 * MINUTE)
    assert round_now(reception)["reminded"] == 1
    assert ["ends at" in letter.subject for letter in send(reception)] == [True]
    clock.move(20 * MINUTE)
    board = visit.board(reception.house, reception.dora, reception.campus.site)
    assert [line.name for line in board.overstays] == ["Vera Lang"]  # before the worker has looked
    done = round_now(reception)
    assert (done["overstayed"], done["missed"], done["reminded"]) == (1, 1, 0)
    assert reception.state(inside) is VisitState.OVERSTAYED
    assert reception.state(away) is VisitState.MISSED
    (letter,) = send(reception)
    assert letter.to == "alice@acme.example"
    assert not any(round_now(reception).values())
    visit.check_out(reception.house, reception.dora, inside.visit)
    assert reception.state(inside) is VisitState.LEFT


def test_an_answer_goes_when_its_days_are_over_and_the_visit_stays(reception: Any, clock: Any) -> None:
    fields = {VisitField.COMPANY: Asked("the list", 2), VisitField.AGE: Asked("children", 5)}
    reception.rules(VisitRules(fields=fields, keep_days=10))
    made = reception.invite()
    visit_page.agree(reception.house, made.link, reception.agreement(answers={"company": "Lang & Co", "age": "41"}))
    reception.show(made, reception.campus.door)
    reception.show(made, reception.campus.exit)
    clock.move(2 * DAY)
    assert round_now(reception)["stripped"] == 1
    assert visit.record(reception.house, reception.dora, made.visit).answers == {"age": "41"}
    clock.move(3 * DAY)
    assert round_now(reception)["stripped"] == 1
    assert visit.record(reception.house, reception.dora, made.visit).answers == {}
    clock.move(5 * DAY)
    assert round_now(reception)["erased"] == 1


def test_thirty_days_after_the_visit_nothing_of_it_opens_or_is_found(reception: Any, clock: Any) -> None:
    made = reception.agreed(email="vera@example.org", why="audit")
    text = visit_page.page(reception.house, made.link).pass_text
    reception.show(made, reception.campus.door)
    reception.show(made, reception.campus.exit)
    with reception.house.store.read(reception.campus.tenant) as db:
        row = rows.visit(db, made.visit)
        assert row is not None
    clock.move(29 * DAY + 23 * HOUR)
    assert round_now(reception)["erased"] == 0
    clock.move(HOUR)
    assert round_now(reception)["erased"] == 1
    with reception.house.store.read(reception.campus.tenant) as db:
        assert rows.visit(db, made.visit) is None
        assert directory.person(db, row.person) is None
        assert rows.letters_of(db, made.visit) == []
    with pytest.raises(KeyDestroyed):
        pass_text(reception.house, reception.campus.tenant, row.person, made.visit)
    with pytest.raises(visit_page.LinkOver):
        visit_page.page(reception.house, made.link)
    shown = CodeSighting(reception.campus.door, clock.now(), Means.QR, text)
    assert admit(reception.house, reception.campus.tenant, shown).decision.reason is Reason.UNKNOWN


def test_pictures_and_passages_of_a_forgotten_visitor_go_with_them(
    reception: Any, clock: Any, picture: Any, colours: Any
) -> None:
    made = reception.agreed("Charlie Stone")
    look = picture(colours["Charlie"])
    visit_kiosk.check_in(reception.house, reception.kiosk, made.visit, clock.now(), [look], "face-1")
    seen = kiosk.look(reception.house, reception.kiosk, look)
    assert isinstance(seen, Admission)
    assert seen.first_name == "Charlie"
    with reception.house.store.read(reception.campus.tenant) as db:
        assert len(list(pictures.names(db))) == 1
    visit_page.choose_forgetting(reception.house, made.link, forget=True)
    visit_page.check_out(reception.house, made.link)
    clock.move(15 * MINUTE)
    assert round_now(reception)["erased"] == 1
    with reception.house.store.read(reception.campus.tenant) as db:
        assert list(pictures.names(db)) == []
    assert list(reception.house.blobs.names()) == []
    assert len(reception.house.galleries.of(reception.campus.tenant, reception.campus.site)) == 0
    security = reception.campus.only(Role.SECURITY)
    lines = watch(reception.house, security, reception.campus.site).lines
    assert [(line.name, line.person, line.has_picture, line.gone) for line in lines] == [(None, None, False, False)] * 2


# --- the roll call ---


def test_the_roll_call_has_staff_and_visitors_apart_and_nobody_who_left(reception: Any, clock: Any) -> None:
    house, campus = reception.house, reception.campus
    zhao = campus.person("Zhao Mingyi")
    enrol.add_credential(house, campus.signed, zhao, Means.CARD, "40000001")
    admit(house, campus.tenant, CodeSighting(campus.door, clock.now(), Means.CARD, "40000001"))
    by_gate, by_hand, gone = reception.agreed(), reception.agreed("Eve Stone"), reception.agreed("Fay Moss")
    reception.show(by_gate, campus.door)
    visit.check_in(house, reception.dora, by_hand.visit)
    reception.show(gone, campus.door)
    visit_page.check_out(house, gone.link)
    found = muster(house, reception.dora, campus.site)
    assert [(line.name, line.zone, line.visitor) for line in found.lines] == [
        ("Eve Stone", "", True),
        ("Vera Lang", "Office", True),
        ("Zhao Mingyi", "Office", False),
    ]
    assert (found.staff, found.visitors) == (1, 2)
    assert found.lines[1].belongs == "Alice Ames"
    with pytest.raises(Forbidden):
        muster(house, reception.alice, campus.site)


def test_a_code_held_before_the_kiosks_camera_is_a_code_shown_and_its_picture_is_not_kept(reception: Any, picture: Any) -> None:
    made = reception.agreed()
    text = visit_page.page(reception.house, made.link).pass_text
    seeing = replace(reception.house, code_in=lambda _pixels: text)
    seen = kiosk.look(seeing, reception.kiosk, picture())
    assert isinstance(seen, Admission)
    assert seen.decision.opens
    assert reception.state(made) is VisitState.INSIDE
    assert list(reception.house.blobs.names()) == []
    advert = replace(reception.house, code_in=lambda _pixels: "https://example.org/buy")
    assert isinstance(kiosk.look(advert, reception.kiosk, picture()), kiosk.NothingSeen)
