"""What a token lets one find, and what it does not show."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.domain.ids import SiteId
from sealgate.ports import KeyKind
from sealgate.vault.blindindex import TOKEN_BYTES, BlindIndex
from sealgate.vault.errors import KeyDestroyed, VaultSealed
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.wrapping import day_scope

if TYPE_CHECKING:
    from tests.vault.conftest import Cast, HandClock, NewRoot

PLATE = "京A12345"


@pytest.fixture
def index(keyring: Keyring) -> BlindIndex:
    return BlindIndex(keyring)


@pytest.fixture(scope="module")
def standing_index(still_clock: HandClock, new_root: NewRoot) -> BlindIndex:
    keyring = Keyring(MemoryShelf(), still_clock)
    keyring.initialise(new_root())
    return BlindIndex(keyring)


def test_the_same_plate_is_found_again_the_same_day(index: BlindIndex, other_process: Keyring, cast: Cast) -> None:
    seen = index.day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE)
    assert len(seen) == TOKEN_BYTES
    assert BlindIndex(other_process).day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE) == seen


def test_a_stolen_copy_does_not_show_who_came_again(index: BlindIndex, cast: Cast) -> None:
    """One plate has another token each day, at each site, at each tenant, as another kind, and where it is enrolled."""
    days = [cast.monday + timedelta(days=number) for number in range(30)]
    tokens = {index.day_token(cast.acme, cast.harbour, day, "plate", PLATE) for day in days}
    tokens.add(index.day_token(cast.acme, cast.airport, cast.monday, "plate", PLATE))
    tokens.add(index.day_token(cast.umbra, cast.harbour, cast.monday, "plate", PLATE))
    tokens.add(index.day_token(cast.acme, cast.harbour, cast.monday, "person", PLATE))
    tokens |= {index.standing_token(tenant, kind, PLATE) for tenant in (cast.acme, cast.umbra) for kind in ("plate", "name")}
    assert len(tokens) == 37


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
@settings(deadline=None)
def test_two_values_meet_only_if_they_are_one(
    standing_index: BlindIndex, cast: Cast, kind: str, value: str, other_kind: str, other: str
) -> None:
    same = (kind, unicodedata.normalize("NFC", value)) == (other_kind, unicodedata.normalize("NFC", other))
    one, two = (
        standing_index.standing_token(cast.acme, kind, value),
        standing_index.standing_token(cast.acme, other_kind, other),
    )
    assert (one == two) == same


def test_two_keyboards_write_one_name(index: BlindIndex, cast: Cast) -> None:
    assert index.standing_token(cast.acme, "name", "zoe\u0308") == index.standing_token(cast.acme, "name", "zo\u00eb")


def test_a_day_past_its_retention_has_no_tokens(index: BlindIndex, keyring: Keyring, cast: Cast) -> None:
    token = index.find_day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE)
    assert token is None  # nothing happened yet on that day
    assert index.day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE)
    keyring.destroy(cast.acme, KeyKind.DAY, day_scope(cast.harbour, cast.monday))
    with pytest.raises(KeyDestroyed):
        index.day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE)
    assert index.find_day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE) is None


def test_a_search_makes_no_keys(index: BlindIndex, shelf: MemoryShelf, cast: Cast) -> None:
    index.standing_token(cast.acme, "plate", PLATE)
    before = list(shelf.all())
    for number in range(30):
        day = cast.monday - timedelta(days=number)
        assert index.find_day_token(cast.acme, cast.harbour, day, "plate", PLATE) is None
    assert list(shelf.all()) == before


def test_a_search_finds_what_a_passage_left(index: BlindIndex, cast: Cast) -> None:
    seen = index.day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE)
    assert index.find_day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE) == seen


def test_a_sealed_vault_makes_no_tokens(clock: HandClock, cast: Cast) -> None:
    index = BlindIndex(Keyring(MemoryShelf(), clock))
    with pytest.raises(VaultSealed):
        index.standing_token(cast.acme, "name", "alice")
    with pytest.raises(VaultSealed):
        index.day_token(cast.acme, SiteId(cast.harbour), date(2026, 3, 2), "plate", PLATE)
    with pytest.raises(VaultSealed):
        index.find_day_token(cast.acme, cast.harbour, cast.monday, "plate", PLATE)
