"""The data map: every line of the inventory, in both languages, and the times that an organisation chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sealgate.domain.retention import Times
from sealgate.flows import retention
from sealgate.flows.kit import House, Signed
from sealgate.privacy.inventory import INVENTORY

Enter = Callable[[Signed], Any]


def test_the_page_shows_every_line(enter: Enter, alice: Signed) -> None:
    page = enter(alice).get("/data-map")
    assert page.status_code == 200
    for entry in INVENTORY:
        assert f"{entry.table}.{entry.column}" in page.text


def test_a_time_is_chosen_and_one_outside_the_law_is_told(house: House, enter: Enter, alice: Signed) -> None:
    browser = enter(alice)
    times: dict[str, object] = {"passages": "30", "papers": "90", "hours": "1096", "accounts": "3653"}
    assert "Times saved" in browser.post("/data-map", times).text
    assert retention.times_of(house, alice.tenant) == Times(passages=30)
    refused = browser.post("/data-map", {**times, "hours": "30"})
    assert refused.status_code == 422
    assert "A time is outside what may be chosen" in refused.text
    assert retention.times_of(house, alice.tenant) == Times(passages=30)


def test_the_attendant_does_not_see_it(enter: Enter, dora: Signed) -> None:
    assert enter(dora).get("/data-map").status_code == 403


def test_another_organisation_keeps_its_own_times(house: House, enter: Enter, alice: Signed, umbra: Signed) -> None:
    retention.change_times(house, alice, {"passages": "30"})
    assert 'value="90"' in enter(umbra).get("/data-map").text
