"""The page of edge boxes: Alice makes one, sees what it says, and ends it; Dora only looks, Umbra finds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.ids import EdgeId, SiteId, TenantId
from sealgate.flows import edges, signin
from sealgate.flows.edges import Releases, Said
from sealgate.flows.kit import House, Signed
from sealgate.vault.link import link_keys

if TYPE_CHECKING:
    from tests.web.conftest import Browser, HandClock

CODE = re.compile(r'<code class="secret" id="code">([\w-]{64})</code>')


@pytest.fixture
def box(house: House, alice: Signed, campus: SiteId) -> Callable[..., None]:
    """The box of the site speaks, with so many facts waiting there."""
    code = edges.add_edge(house, alice, campus, "Garage box")
    releases = Releases(SimulatedLatch())

    def speaks(waiting: int = 0, has: dict[str, str] | None = None) -> None:
        edge = edges.edge_shown(house, alice.tenant, link_keys(code).shown)
        assert edge is not None
        edges.exchange(house, edge, [], Said(has or {}, waiting=waiting), releases)

    return speaks


def test_a_site_without_a_box_says_so_and_a_code_is_shown_once(
    house: House, alice: Signed, campus: SiteId, enter: Callable[[Signed], Browser]
) -> None:
    browser, where = enter(alice), f"/s/{campus}/garages/edges"
    assert "No box at this site" in browser.get(where).text
    made = browser.post(where, {"name": "Garage box"})
    found = CODE.search(made.text)
    assert found is not None
    assert made.headers["cache-control"] == "no-store"
    assert edges.edge_shown(house, alice.tenant, link_keys(found[1]).shown) is not None
    listed = browser.get(where).text
    assert "Garage box" in listed
    assert "Has not joined yet" in listed
    assert found[1] not in listed
    assert browser.post(where, {"name": "  "}).status_code == 422


def test_the_page_says_when_a_box_spoke_what_waits_there_and_which_copy_it_has(
    alice: Signed, campus: SiteId, enter: Callable[[Signed], Browser], box: Callable[..., None], clock: HandClock
) -> None:
    browser, where = enter(alice), f"/s/{campus}/garages/edges"
    box(7)
    said = browser.get(where).text
    assert "Connected" in said
    assert "7 facts" in said
    clock.move(timedelta(seconds=11))
    box(0, {"papers": "0" * 64})
    said = browser.get(where).text
    assert edges.version_of({"papers": "0" * 64}) in said
    assert "being renewed" in said
    assert "0 facts" in said
    clock.move(timedelta(minutes=5))
    said = browser.get(where).text
    assert "Silent" in said
    assert "5 min 0 s ago" in said


def test_ending_a_box_asks_first_and_says_what_would_be_lost(
    house: House, alice: Signed, campus: SiteId, enter: Callable[[Signed], Browser], box: Callable[..., None]
) -> None:
    browser, where = enter(alice), f"/s/{campus}/garages/edges"
    box(3)
    said = browser.get(where).text
    assert "End Garage box?" in said
    assert "3 facts have not come here yet and will be lost." in said
    (row,) = edges.edges(house, alice, campus)
    assert "The box is known no more" in browser.post(f"{where}/{row.edge}/end").text
    assert "No box at this site" in browser.get(where).text
    assert browser.post(f"{where}/{row.edge}/end").status_code == 404


def test_dora_at_the_desk_and_umbra_end_nothing(
    house: House,
    alice: Signed,
    dora: Signed,
    umbra: TenantId,
    campus: SiteId,
    enter: Callable[[Signed], Browser],
    box: Callable[..., None],
) -> None:
    link = signin.first_link(house, umbra)
    assert link is not None
    token = signin.set_up(house, link, name="Uma Brandt", login="uma@example.org", password="rusty anchors sing at dusk")
    uma = signin.who_is(house, token)
    assert uma is not None
    box(1)
    (row,) = edges.edges(house, alice, campus)
    where = f"/s/{campus}/garages/edges"
    dora_at, stranger = enter(dora), enter(uma)
    assert dora_at.post(where, {"name": "Another"}).status_code == 403
    assert dora_at.post(f"{where}/{row.edge}/end").status_code == 403
    assert stranger.get(where).status_code == 404
    assert stranger.post(f"{where}/{row.edge}/end").status_code == 404
    assert [one.edge for one in edges.edges(house, alice, campus)] == [EdgeId(row.edge)]


def test_the_same_word_is_not_written_again_and_again(
    house: House, alice: Signed, campus: SiteId, box: Callable[..., None], clock: HandClock
) -> None:
    box(1)
    (first,) = edges.edges(house, alice, campus)
    clock.move(timedelta(seconds=1))
    box(1)
    (second,) = edges.edges(house, alice, campus)
    assert second.word == first.word
    box(2)
    (third,) = edges.edges(house, alice, campus)
    assert third.word is not None
    assert first.word is not None
    assert (third.word.waiting, third.word.heard_at - first.word.heard_at) == (2, timedelta(seconds=1))
