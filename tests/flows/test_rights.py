"""Roles at all sites and at one, given by an administrator; sessions that end with them."""

from __future__ import annotations

from typing import Any

import pytest

from sealgate.domain.browsers import device_words
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import SiteId, TenantId
from sealgate.domain.operators import Permission, Role
from sealgate.flows import rights, rules, sessions, signin
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def alice(house: House, acme: TenantId) -> Signed:
    link = signin.first_link(house, acme)
    assert link is not None
    return signed(house, signin.set_up(house, link, name="Alice Ames", login="alice@example.org", password=PASSWORD))


@pytest.fixture
def north(house: House, alice: Signed) -> SiteId:
    return rules.add_site(house, alice, "North", "Asia/Shanghai")


@pytest.fixture
def south(house: House, alice: Signed) -> SiteId:
    return rules.add_site(house, alice, "South", "Asia/Shanghai")


def signed(house: House, token: str) -> Signed:
    found = signin.who_is(house, token)
    assert found is not None
    return found


def doras(house: House, alice: Signed, at: SiteId) -> str:
    link = signin.invite_operator(house, alice, frozenset(), frozenset({(at, Role.SECURITY)}))
    return signin.set_up(house, link, name="Dora Marsh", login="dora@example.org", password=PASSWORD)


def test_security_in_the_north_is_nothing_in_the_south(house: House, alice: Signed, north: SiteId, south: SiteId) -> None:
    dora = signed(house, doras(house, alice, north))
    assert dora.at(north).may(Permission.WATCH)
    assert not dora.at(south).may(Permission.WATCH)
    assert not dora.may(Permission.WATCH)
    assert dora.sites_with(Permission.WATCH) == frozenset({north})
    assert [line.site for line in rules.sites(house, dora)] == [north]
    with pytest.raises(Forbidden):
        dora.at(north).at(south).need(Permission.WATCH)


def test_a_site_of_another_organisation_is_none(house: House, alice: Signed) -> None:
    umbra = rules.found(house, "Umbra")
    link = signin.first_link(house, umbra)
    assert link is not None
    uma = signed(house, signin.set_up(house, link, name="Uma Brandt", login="uma@example.org", password=PASSWORD))
    theirs = rules.add_site(house, uma, "Umbra", "Asia/Shanghai")
    with pytest.raises(NotFound):
        signin.invite_operator(house, alice, frozenset(), frozenset({(theirs, Role.SECURITY)}))
    with pytest.raises(NotFound):
        rights.give(house, alice, uma.operator, frozenset({Role.HOST}), frozenset())


def test_new_rights_end_the_old_sessions(house: House, alice: Signed, north: SiteId) -> None:
    token = doras(house, alice, north)
    dora = signed(house, token)
    rights.give(house, alice, dora.operator, frozenset({Role.HOST}), frozenset({(north, Role.RECEPTION)}))
    assert signin.who_is(house, token) is None
    entered = signin.sign_in(house, None, "dora@example.org", PASSWORD)
    assert entered.session is not None
    again = signed(house, entered.session)
    assert again.roles == {Role.HOST}
    assert again.at(north).in_force == {Role.HOST, Role.RECEPTION}


def test_nobody_changes_their_own_rights(house: House, alice: Signed) -> None:
    with pytest.raises(rights.OwnRights):
        rights.give(house, alice, alice.operator, frozenset({Role.HOST}), frozenset())


def test_dora_gives_nobody_rights(house: House, alice: Signed, north: SiteId) -> None:
    dora = signed(house, doras(house, alice, north))
    with pytest.raises(Forbidden):
        rights.give(house, dora.at(north), alice.operator, frozenset(), frozenset())
    with pytest.raises(Forbidden):
        sessions.end_all(house, dora.at(north), alice.operator)


def test_a_session_says_from_what_and_when_it_was_used(house: House, alice: Signed, clock: Any) -> None:
    sessions.used(house, alice, FIREFOX)
    assert [(line.device, line.seen_at, line.current) for line in sessions.mine(house, alice)] == [
        ("Firefox, Windows", clock.now(), True)
    ]


def test_all_others_end_and_this_one_stays(house: House, alice: Signed) -> None:
    other = signin.sign_in(house, None, "alice@example.org", PASSWORD).session
    assert other is not None
    assert sessions.end_others(house, alice) == 1
    assert signin.who_is(house, other) is None
    assert [line.current for line in sessions.mine(house, alice)] == [True]


def test_an_administrator_signs_dora_out_everywhere(house: House, alice: Signed, north: SiteId) -> None:
    token = doras(house, alice, north)
    dora = signed(house, token)
    assert sessions.end_all(house, alice, dora.operator) == 1
    assert signin.who_is(house, token) is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge, Linux"),
        ("curl/8.5", ""),
        ("x" * 10_000 + "Firefox", ""),
    ],
)
def test_a_device_is_two_words(said: str, words: str) -> None:
    assert device_words(said) == words
