"""The page of keys: what an administrator and the privacy officer see of them, and new ones in one touch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sealgate.domain.ids import SiteId
from sealgate.domain.operators import Role
from sealgate.flows import keys, signin
from sealgate.flows.kit import House, Signed
from sealgate.ports import KeyCount, KeyKind
from sealgate.store import journal
from sealgate.web.i18n import Language, words_in
from sealgate.web.keys import drawn

if TYPE_CHECKING:
    from tests.web.conftest import HandClock

Enter = Callable[[Signed], Any]


def told(house: House, signed: Signed) -> list[tuple[str, str]]:
    with house.store.read(signed.tenant) as db:
        return [(entry.action, entry.actor_id) for entry in journal.page(db, limit=20)]


def test_it_says_who_holds_the_root_and_how_old_keys_are(enter: Enter, alice: Signed, campus: SiteId) -> None:
    page = enter(alice).get("/keys")
    for said in ("A key file", "Unsealed", "Oldest in use", "0 days", "keys open something"):
        assert said in page.text, said
    assert "<svg" in page.text


def test_new_keys_are_made_in_one_touch_and_nobody_is_signed_out(
    house: House, enter: Enter, alice: Signed, campus: SiteId, clock: HandClock
) -> None:
    browser = enter(alice)
    before = keys.standing(house, alice).rotated_at
    clock.move(timedelta(days=2))
    browser = enter(alice)
    page = browser.post("/keys/rotate")
    assert "Every key lies under a new one" in page.text
    after = keys.standing(house, alice).rotated_at
    assert before is not None
    assert after == clock.now()
    assert browser.get("/account").status_code == 200
    assert ("keys.rotated", str(alice.operator)) in told(house, alice)


def test_faces_get_a_new_secret_from_the_page(house: House, enter: Enter, alice: Signed, campus: SiteId) -> None:
    page = enter(alice).post(f"/s/{campus}/keys/faces")
    assert "turned by a new secret" in page.text
    assert "faces.rekeying" in [action for action, _ in told(house, alice)]


def test_only_whoever_may(house: House, enter: Enter, alice: Signed, dora: Signed, umbra: Signed, campus: SiteId) -> None:
    browser = enter(dora)
    assert browser.get("/keys").status_code == 403
    assert browser.post("/keys/rotate").status_code == 403
    assert browser.post(f"/s/{campus}/keys/faces").status_code == 403
    assert 'href="/keys"' not in browser.get("/account").text
    assert enter(umbra).post(f"/s/{campus}/keys/faces").status_code == 404
    assert signin.invite_operator(house, alice, frozenset({Role.PRIVACY}))


def test_the_drawing_counts_living_keys_by_month_and_says_how_many_are_older() -> None:
    today = date(2026, 3, 15)
    counts = (
        KeyCount(KeyKind.SUBJECT, date(2026, 3, 1), alive=True, number=5),
        KeyCount(KeyKind.DAY, date(2026, 3, 2), alive=True, number=2),
        KeyCount(KeyKind.DAY, date(2026, 1, 2), alive=False, number=9),
        KeyCount(KeyKind.SUBJECT, date(2024, 1, 2), alive=True, number=3),
    )
    found = keys.KeysStanding(keys.RootStanding(sealed=False, holders=()), None, (), counts)
    plot, said = drawn(found, words_in(Language.EN), today)
    assert [bar.title for bar in plot.bars][-3:] == ["2026-01: 0", "2026-02: 0", "2026-03: 7"]
    assert len(plot.bars) == 12
    assert said == "10 keys open something; 3 are older than a year."
