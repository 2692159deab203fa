"""A program that starts sealed: what it answers, and the page on which it is opened, share by share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from tests.web.conftest import HandClock, Served

from sealgate.app import Program, initialise, running, web_application
from sealgate.app.folders import keys_url
from sealgate.flows import keys, rules
from sealgate.flows.unsealing import Unsealing
from sealgate.ports import KeyKind, WrappedKey
from sealgate.settings import Settings
from sealgate.store import journal
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.keyring import Keyring
from sealgate.vault.shares import Share, new_quorum

FROM_HERE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "en"}


@dataclass
class Sealed:
    """Acme's program, whose root three people hold of whom two are needed."""

    program: Program
    client: httpx.Client
    shares: list[Share]
    clock: HandClock
    settings: Settings

    def gives(self, text: str) -> httpx.Response:
        return self.client.post("/unseal", data={"share": text}, headers=FROM_HERE)

    def page(self) -> str:
        answer = self.client.get("/unseal", headers=FROM_HERE)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def sealed(tmp_path: Path, clock: HandClock) -> Iterator[Sealed]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    root, shares = new_quorum(2, 3)
    with running(settings, faces=None, plates=None, clock=clock) as program:
        keys.change_root(program.house, program.source, root)
    with running(settings, faces=None, plates=None, clock=clock, may_be_sealed=True) as program:
        served = Served(web_application(program))
        with httpx.Client(base_url=served.address, timeout=120) as client:
            yield Sealed(program, client, shares, clock, settings)
        served.stop()


def words(share: Share) -> str:
    return " ".join(share.words())


def test_every_address_answers_with_one_named_error_until_it_is_unsealed(sealed: Sealed) -> None:
    paths = web_application(sealed.program).openapi()["paths"]
    tried = 0
    for path, methods in paths.items():
        if path.startswith(("/unseal", "/api/v1/unseal", "/healthz", "/language/", "/.well-known/security.txt")):
            continue
        address = re.sub(r"\{\w+\}", str(UUID(int=7)), re.sub(r"\{day\}", "2026-01-01", path))
        for method in methods:
            headers = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
            answer = sealed.client.request(method.upper(), address, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "vault.sealed"), (method, path)
            tried += 1
    assert tried > 300


def test_people_are_led_to_the_page_and_screens_on_a_wall_say_what_is_so(sealed: Sealed) -> None:
    for path in ("/", "/sign-in", f"/s/{UUID(int=7)}/live"):
        answer = sealed.client.get(path, headers=FROM_HERE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/unseal"), path
    kiosk = sealed.client.get("/kiosk/whatever", headers=FROM_HERE)
    assert kiosk.status_code == 503
    assert "Sealed" in kiosk.text
    assert sealed.client.get("/static/sealgate.css").status_code == 200


def test_two_of_three_open_it_one_by_one(sealed: Sealed) -> None:
    assert "0 of 2 shares" in sealed.page()
    assert sealed.gives(words(sealed.shares[2])).status_code == 303
    assert "1 of 2 shares" in sealed.page()
    health = sealed.client.get("/healthz")
    assert (health.status_code, health.json()["have"], health.json()["need"]) == (503, 1, 2)
    opened = sealed.gives(sealed.shares[0].letters())
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    assert sealed.client.get("/healthz").json() == {"status": "ok"}
    assert sealed.client.get("/", headers=FROM_HERE).headers["location"].startswith("/sign-in")
    assert "Everything works" in sealed.page()
    assert sealed.gives(words(sealed.shares[1])).status_code == 409


def test_a_wrong_share_is_told_without_a_word_on_the_secret(sealed: Sealed) -> None:
    foreign = words(new_quorum(2, 3)[1][0])
    mistyped = words(sealed.shares[0]).split()
    mistyped[5], mistyped[6] = mistyped[6], mistyped[5] if mistyped[5] != mistyped[6] else "acid"
    for text, status, said in ((foreign, 403, "does not belong here"), (" ".join(mistyped), 422, "not a whole share")):
        answer = sealed.gives(text)
        assert answer.status_code == status
        assert said in answer.text
        assert text not in answer.text
        assert not any(
            word in answer.text for word in ("acde", sealed.shares[1].words()[4] + " " + sealed.shares[1].words()[5])
        )
    assert "0 of 2 shares" in sealed.page()


def test_the_same_share_twice_counts_once(sealed: Sealed) -> None:
    sealed.gives(words(sealed.shares[0]))
    again = sealed.gives(sealed.shares[0].letters())
    assert again.status_code == 409
    assert "given already" in again.text
    assert "1 of 2 shares" in sealed.page()


def test_a_share_is_forgotten_after_a_quarter_of_an_hour(sealed: Sealed) -> None:
    sealed.gives(words(sealed.shares[0]))
    sealed.clock.move(timedelta(minutes=16))
    assert "0 of 2 shares" in sealed.page()
    assert sealed.gives(words(sealed.shares[1])).status_code == 303
    assert sealed.program.house.keyring.is_sealed


def test_guessing_is_slowed_down(sealed: Sealed) -> None:
    answers = [sealed.gives("acid " * 40).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]
    assert sealed.gives(words(sealed.shares[0])).status_code == 429
    sealed.clock.move(timedelta(minutes=6))
    assert sealed.gives(words(sealed.shares[0])).status_code == 303


def test_another_site_gives_no_share_for_somebody(sealed: Sealed) -> None:
    answer = sealed.client.post("/unseal", data={"share": words(sealed.shares[0])}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_no_share_lies_anywhere(sealed: Sealed) -> None:
    sealed.gives(words(sealed.shares[0]))
    sealed.gives(words(sealed.shares[1]))
    needles = [form for share in sealed.shares for form in (share.value, share.value.hex().encode(), share.packed())]
    needles += [share.letters().replace(" ", "").encode() for share in sealed.shares]
    needles += [" ".join(share.words()[4:8]).encode() for share in sealed.shares]
    looked = 0
    for file in [*sealed.settings.data.rglob("*"), *sealed.settings.keys_folder.rglob("*")]:
        if file.is_file():
            content = file.read_bytes()
            looked += 1
            assert not [needle for needle in needles if needle in content], file
    assert looked > 2


def test_the_journal_says_which_shares_and_names_nobody(sealed: Sealed) -> None:
    sealed.gives(words(sealed.shares[0]))
    sealed.gives(words(sealed.shares[2]))
    house = sealed.program.house
    with house.store.read(house.store.tenants()[0].tenant) as db:
        entries = journal.page(db, limit=10)
    assert ("keys.unsealed", "root:quorum:1,3") in [(entry.action, entry.object) for entry in entries]
    assert [entry.action for entry in entries].count("keys.root-changed") == 1


def test_a_machine_asks_and_gives_by_the_api(sealed: Sealed) -> None:
    asked = sealed.client.get("/api/v1/unseal").json()
    assert asked == {"sealed": True, "held_by": ["quorum"], "have": 0, "need": 2, "trouble": None, "changing": False}
    refused = sealed.client.post("/api/v1/unseal", json={"share": "acid"})
    assert (refused.status_code, refused.json()["code"]) == (422, "vault.bad-share")
    assert sealed.client.post("/api/v1/unseal", json={"share": "x" * 2000}).status_code == 422
    assert sealed.client.post("/api/v1/unseal", json={"secret": "x"}).status_code == 422
    for share in sealed.shares[:2]:
        answer = sealed.client.post("/api/v1/unseal", json={"share": words(share)})
        assert answer.status_code == 200
    assert answer.json()["sealed"] is False


class PowerCut(Exception):
    """Stands for kill -9."""


def test_a_change_that_was_cut_short_is_finished_when_the_other_shares_come_too(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes in the middle of a change from these people to four others, when some keys lie under each root."""
    for share in sealed.shares[:2]:
        sealed.gives(words(share))
    house = sealed.program.house
    tenants = [house.store.tenants()[0].tenant, rules.found(house, "Umbra")]
    kept = {tenant: house.keyring.derive(tenant, KeyKind.TENANT, "", "test") for tenant in tenants}
    root, shares = new_quorum(3, 4)
    with monkeypatch.context() as power:
        rewrap, left = DatabaseShelf.rewrap, iter([True])

        def cut(shelf: DatabaseShelf, key: WrappedKey, wrapped: bytes) -> bool:
            if not next(left, False):
                raise PowerCut
            return rewrap(shelf, key, wrapped)

        power.setattr(DatabaseShelf, "rewrap", cut)
        with pytest.raises(PowerCut):
            keys.change_root(house, sealed.program.source, root)
    with next_process(sealed) as (keyring, unsealing):
        for share in sealed.shares[1:]:
            standing = unsealing.give_share(words(share))
        assert (standing.sealed, standing.changing, standing.wants_share) == (False, True, True)
        for share in shares[1:]:
            standing = unsealing.give_share(words(share))
        assert (standing.sealed, standing.changing) == (False, False)
        assert keys.root_standing(keyring).quorum == (3, 4)
        assert {tenant: keyring.derive(tenant, KeyKind.TENANT, "", "test") for tenant in tenants} == kept


@contextmanager
def next_process(sealed: Sealed) -> Iterator[tuple[Keyring, Unsealing]]:
    """The next process on the same keys, sealed, which ends a change as a program does."""
    house = sealed.program.house
    with closing(DatabaseShelf(keys_url(sealed.settings))) as shelf:
        keyring = Keyring(shelf, sealed.clock)
        unsealing = Unsealing(keyring, sealed.clock, lambda _check: [])
        next_house = replace(house, keyring=keyring, unsealing=unsealing)
        unsealing.when_open(lambda _how: keys.finish_change(next_house, sealed.program.source))
        yield keyring, unsealing
