"""An edge at Acme's garage and its centre, over real HTTP: cars leave while the centre is gone, and it hears of each once.

Both programs have stores and keys of their own. The link is asked by the test's hand, and the clock is in it too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from sealgate.app import initialise, join_centre, running
from sealgate.domain.access import Reason
from sealgate.domain.lots import Doubt
from sealgate.domain.money import Money
from sealgate.domain.plates import PlateText
from sealgate.domain.stays import Cause, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.edge import link as links
from sealgate.edge.link import BadCode, NotJoined
from sealgate.flows import campus as campuses
from sealgate.flows import edges, permits
from sealgate.flows.campus import Campus
from sealgate.flows.garage_demo import Garage
from sealgate.flows.parking import Outcome
from sealgate.ports import LatchAnswer, Unreachable
from sealgate.settings import load
from sealgate.store import parking as rows
from sealgate.vault.link import LinkBroken, link_keys, new_number, open_said, seal_said

TEN = datetime(2026, 3, 2, 2, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
ALICE, BOB, CHARLIE, DORA = (PlateText(text) for text in ("沪A12345", "苏E66888", "浙B77C31", "京Q90D72"))
JPEG = b"\xff\xd8\xff made up"

if TYPE_CHECKING:
    from tests.edge.link.conftest import Box, Centre, HandClock

    OpensBox = Callable[[], AbstractContextManager[Box]]

# --- with the centre there -------------------------------------------------------------------------------------


def test_a_car_that_came_in_at_the_edge_is_inside_at_the_centre_under_the_same_stay(
    centre: Centre, garage: Garage, box: Box
) -> None:
    came = box.sees(garage.entry, BOB)
    assert (came.outcome, box.opened(garage.entry)) == (Outcome.ENTERED, 1)
    box.link.ask()
    (row,) = centre.live(garage)
    assert (row.stay.stay, row.stay.entered) == (came.stay, TEN)


def test_the_edge_prices_a_stay_that_began_at_the_centre_as_the_centre_does(centre: Centre, garage: Garage, box: Box) -> None:
    centre.sees(garage.entry, BOB)
    box.link.ask()
    centre.clock.at += 2 * HOUR
    waits = box.sees(garage.exit, BOB)
    assert (waits.outcome, waits.due, box.opened(garage.exit)) == (Outcome.WAITS, Money(1600, "CNY"), 0)


def test_who_pays_at_the_centre_is_let_out_at_the_edge(centre: Centre, garage: Garage, box: Box) -> None:
    came = box.sees(garage.entry, BOB)
    box.link.ask()
    centre.clock.at += 2 * HOUR
    box.sees(garage.exit, BOB)
    box.link.ask()  # the centre hears that it stands there
    assert came.stay is not None
    centre.pays(came.stay)
    assert box.opened(garage.exit) == 0
    box.link.ask()
    box.link.ask()
    assert box.opened(garage.exit) == 1, "once, though it was told twice"
    assert centre.stay(came.stay).stay.state is StayState.CLOSED
    with box.program.house.store.read(box.tenant) as db:
        assert rows.live_stays(db, garage.lot) == [], "the edge knows that it has left"


def test_a_permit_given_at_the_centre_holds_at_the_edge_and_a_ban_too(centre: Centre, garage: Garage, box: Box) -> None:
    house, signed = centre.program.house, campuses.system(centre.program.house, centre.tenant)
    permits.ban(house, signed, DORA, "did not pay", None, None)
    box.link.ask()
    assert box.sees(garage.entry, DORA).reason is Reason.BANNED
    box.sees(garage.entry, ALICE)
    box.clock.at += 8 * HOUR
    assert box.sees(garage.exit, ALICE).outcome is Outcome.LEFT


def test_a_bar_that_the_desk_opens_is_the_edges_and_without_the_edge_it_says_so(
    centre: Centre, garage: Garage, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert centre.program.house.latch.release(garage.exit, 5 * SECOND) is LatchAnswer.ACCEPTED
    box.link.ask()
    assert box.opened(garage.exit) == 1
    monkeypatch.setattr(edges, "AWAY", -1.0)
    assert centre.program.house.latch.release(garage.exit, 5 * SECOND) is LatchAnswer.UNREACHABLE


# --- with the centre gone --------------------------------------------------------------------------------------


def test_while_the_centre_is_gone_the_edge_decides_and_nothing_is_lost_or_twice(
    centre: Centre, campus: Campus, garage: Garage, box: Box
) -> None:
    centre.doubts(campus.site, garage, Doubt.OPEN)
    stays = {plate: centre.enters(garage.entry, plate) for plate in (ALICE, BOB, CHARLIE)}
    centre.clock.at += 2 * HOUR
    centre.pays(stays[CHARLIE])
    box.link.ask()
    centre.stop()
    box.cannot_ask()
    late = box.sees(garage.entry, DORA)  # she comes while nobody hears
    centre.clock.at += 5 * MINUTE
    left = {plate: box.sees(garage.exit, plate) for plate in (ALICE, BOB, CHARLIE)}
    assert {plate: arrival.opens for plate, arrival in left.items()} == {ALICE: True, BOB: True, CHARLIE: True}
    box.cannot_ask()
    assert box.waiting() == 4, "four facts, and nothing else is kept waiting"
    centre.clock.at += HOUR
    centre.start()
    box.link.ask()
    box.link.ask()
    assert box.waiting() == 0
    closed = {plate: centre.stay(stay).stay for plate, stay in stays.items()}
    assert {plate: stay.left for plate, stay in closed.items()} == dict.fromkeys(stays, centre.clock.at - HOUR)
    assert {plate: stay.state for plate, stay in closed.items()} == {
        ALICE: StayState.CLOSED,
        BOB: StayState.WAITING,  # it left owing, and is billed later
        CHARLIE: StayState.CLOSED,
    }
    assert centre.calls() == [CallReason.LEFT_OWING]
    inside = [row.stay.stay for row in centre.live(garage) if row.stay.inside]
    assert inside == [late.stay]


def test_where_the_rule_is_to_ask_an_unpaid_car_waits_until_the_centre_is_back(
    centre: Centre, garage: Garage, box: Box
) -> None:
    came = centre.sees(garage.entry, BOB)
    box.link.ask()
    centre.clock.at += 2 * HOUR
    centre.stop()
    box.cannot_ask()
    waits = box.sees(garage.exit, BOB)
    assert (waits.outcome, waits.opens) == (Outcome.WAITS, False)
    centre.clock.at += 20 * MINUTE
    centre.start()
    box.link.ask()
    again = box.sees(garage.exit, BOB)
    assert again.outcome is Outcome.WAITS
    box.link.ask()
    assert came.stay is not None
    centre.pays(came.stay)
    box.link.ask()
    assert box.opened(garage.exit) == 1
    assert centre.stay(came.stay).stay.cause is Cause.LEFT


def test_an_answer_that_is_lost_makes_nothing_twice(
    centre: Centre, campus: Campus, garage: Garage, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.doubts(campus.site, garage, Doubt.OPEN)
    box.link.ask()
    centre.stop()
    box.cannot_ask()
    came = box.sees(garage.entry, BOB)
    centre.clock.at += 2 * HOUR
    assert box.sees(garage.exit, BOB).opens
    centre.start()
    real = httpx.Client.post

    def loses(self: httpx.Client, *words: object, **more: object) -> httpx.Response:
        real(self, *words, **more)  # type: ignore[arg-type]
        raise httpx.ReadTimeout("the line broke")

    monkeypatch.setattr(httpx.Client, "post", loses)
    box.cannot_ask()
    box.cannot_ask()
    monkeypatch.undo()
    box.link.ask()
    row = centre.stay(came.stay)
    assert (row.stay.state, row.stay.left) == (StayState.WAITING, TEN + 2 * HOUR)
    assert centre.calls() == [CallReason.LEFT_OWING]
    assert len(centre.live(garage)) == 1
    with centre.program.house.store.read(centre.tenant) as db:
        bill = rows.newest_bill(db, row.stay.stay)
    assert bill is not None
    assert bill.total == Money(1600, "CNY")


def test_an_edge_that_was_switched_off_tells_what_it_did_when_it_is_on_again(
    centre: Centre, garage: Garage, opens_box: OpensBox, clock: HandClock
) -> None:
    with opens_box() as box:
        box.link.ask()
        centre.stop()
        box.cannot_ask()
        came = box.sees(garage.entry, BOB)
    with opens_box() as box:
        box.cannot_ask()
        clock.at += 10 * MINUTE
        assert box.sees(garage.exit, BOB).outcome is Outcome.LEFT, "its copy is on its disk"
        centre.start()
        box.link.ask()
    assert centre.stay(came.stay).stay.state is StayState.CLOSED


def test_the_centres_desk_sees_the_picture_of_a_car_that_it_heard_of_late(centre: Centre, garage: Garage, box: Box) -> None:
    from sealgate.flows.parking_writing import seen_of

    came = box.sees(garage.entry, BOB)
    box.link.ask()
    assert "picture" in seen_of(centre.program.house, centre.tenant, centre.stay(came.stay))


# --- strangers, and the box's disk -----------------------------------------------------------------------------


def test_what_lies_on_the_boxs_disk_names_nobody(
    centre: Centre, garage: Garage, opens_box: OpensBox, box_home: Path, code: str
) -> None:
    centre.sees(garage.entry, BOB)
    with opens_box() as box:
        box.link.ask()
        box.sees(garage.entry, CHARLIE)
    disk = b"\0".join(path.read_bytes() for path in (box_home / "data").rglob("*") if path.is_file())
    secrets = [*(plate.encode() for plate in (ALICE, BOB, CHARLIE)), code.encode(), centre.address.encode(), JPEG]
    assert [secret for secret in secrets if secret in disk] == []
    assert b"North Campus" in disk, "the search could find plain text"


def test_the_copy_holds_no_person_and_only_this_sites_cars(centre: Centre, garage: Garage, box: Box, campus: Campus) -> None:
    from sealgate.flows import edge_copy

    with centre.program.house.store.read(centre.tenant) as db:
        text = json.dumps([part.holds for part in edge_copy.parts(centre.program.house, db, campus.site)], ensure_ascii=False)
    assert ALICE in text
    assert [name for name, *_ in campuses.PEOPLE if name in text] == []
    assert campuses.card_number(0) not in text


def test_nobody_asks_without_the_edges_secret(centre: Centre, code: str, campus: Campus) -> None:
    keys, number = link_keys(code), new_number()
    where = f"{centre.address}/api/v1/edge/{centre.tenant}"
    whole = seal_said(keys.key, "ask", number, json.dumps({"facts": [], "has": {}, "opened": 0}).encode())
    mine = {"Authorization": f"Bearer {keys.shown}"}
    assert httpx.post(where, content=whole, headers=mine, timeout=60).status_code == 200
    assert httpx.post(where, content=whole, timeout=60).json()["code"] == "edge.unknown"
    assert httpx.post(where, content=whole, headers={"Authorization": "Bearer " + "0" * 64}, timeout=60).status_code == 401
    other = f"{centre.address}/api/v1/edge/{campus.site}"
    assert httpx.post(other, content=whole, headers=mine, timeout=60).status_code == 401
    for broken in (b"", whole[:-1], whole[:20] + bytes([whole[20] ^ 1]) + whole[21:]):
        assert httpx.post(where, content=broken, headers=mine, timeout=60).json()["code"] == "link.broken"
    strange = seal_said(keys.key, "ask", number, b'{"facts": 7}')
    assert httpx.post(where, content=strange, headers=mine, timeout=60).json()["code"] == "edge.not-understood"
    assert httpx.post(where, content=bytes(8_000_001), headers=mine, timeout=60).json()["code"] == "edge.too-much"


def test_an_old_answer_is_no_answer_to_a_new_question(code: str) -> None:
    key, first, second = link_keys(code).key, new_number(), new_number()
    answer = seal_said(key, "answer", first, b"{}")
    assert open_said(key, "answer", answer, first) == (first, b"{}")
    for wrong in (("answer", second), ("ask", first)):
        with pytest.raises(LinkBroken):
            open_said(key, wrong[0], answer, wrong[1])


def test_an_edge_that_was_ended_is_answered_no_more(centre: Centre, box: Box, campus: Campus) -> None:
    signed = campuses.system(centre.program.house, centre.tenant)
    (row,) = edges.edges(centre.program.house, signed, campus.site)
    edges.end_edge(centre.program.house, signed, row.edge)
    with pytest.raises(Unreachable, match="401") as refused:
        box.link.ask()
    assert (refused.value.permanent, box.link.away) == (True, True)
    assert edges.edges(centre.program.house, signed, campus.site) == []
    latch, answer = box.program.house.latch, centre.program.house.latch.release(campus.lane, 5 * SECOND)
    assert (answer, latch is centre.program.house.latch) == (LatchAnswer.ACCEPTED, False), "its bars are the centre's again"


def test_a_fact_about_another_sites_gate_changes_nothing(centre: Centre, garage: Garage, box: Box) -> None:
    from sealgate.flows import rules

    house, signed = centre.program.house, campuses.system(centre.program.house, centre.tenant)
    other = rules.add_site(house, signed, "South Campus", "Asia/Shanghai")
    code = edges.add_edge(house, signed, other, "South box")
    edge = edges.edge_shown(house, centre.tenant, link_keys(code).shown)
    assert edge is not None
    fact = edges.Fact(1, garage.entry, TEN, BOB, 0.97, "cn-blue", passed=True)
    heard = edges.exchange(house, edge, [fact], edges.Said({}), centre.program.releases)
    assert (heard.done, centre.live(garage)) == ((1,), [])


@pytest.mark.parametrize(("centre_address", "typed"), [("https://x.example", "short"), ("ftp://x.example", "A" * 64)])
def test_what_is_no_code_or_no_address_is_refused(tmp_path: Path, centre_address: str, typed: str) -> None:
    with pytest.raises(BadCode):
        join_centre(load(data=tmp_path / "data", keys=tmp_path / "keys"), centre_address, typed)


def test_a_box_that_has_not_joined_says_so(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None) as program, pytest.raises(NotJoined):
        links.kept(program.house)
