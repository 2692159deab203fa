"""Charlie, a stranger, finds a leak: he reaches somebody, learns what becomes of it, and no word of his lies in clear."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.leaks import SecurityTxt
from sealgate.domain.operators import Role
from sealgate.flows import leaks, retention, signin
from sealgate.flows.kit import House, Signed
from sealgate.ports import Letter, Unreachable
from sealgate.settings import BadSettings, load
from sealgate.store import journal

Browsers = Callable[[], Any]
Enters = Callable[[Signed], Any]
FOUND = "A bucket called acme-backups lists itself to anybody"


@dataclass
class Mailbox:
    letters: list[Letter] = field(default_factory=list)
    away: bool = False

    def send(self, letter: Letter) -> None:
        if self.away:
            raise Unreachable("mail server: gone")
        self.letters.append(letter)


def bring(browser: Any, words: str = FOUND, **more: str) -> str:
    """The address of the page that says what becomes of it."""
    answer = browser.client.post(
        "/leak", data={"words": words, **more}, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_stranger_reports_is_answered_and_nobody_else_reads_it(
    browser: Browsers, alice: Signed, dora: Signed, enter: Enters, house: House, tmp_path: Path
) -> None:
    charlie = browser()
    assert "Report a leak" in charlie.get("/sign-in").text
    page = charlie.get("/leak").text
    assert "<script" not in page.split("<body")[1]
    address = bring(charlie, contact="charlie@example.net")
    assert "Not read yet" in charlie.get(address).text
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or b"acme-backups" not in file.read_bytes(), file
    assert enter(dora).get("/leaks").status_code == 403
    inbox = enter(alice)
    link = re.search(r'href="(/leaks/[0-9a-f-]{36})"', inbox.get("/leaks").text)
    assert link is not None
    opened = inbox.get(link[1]).text
    assert FOUND in opened
    assert "charlie@example.net" in opened
    assert enter(dora).get(link[1]).status_code == 403
    done = inbox.post(link[1], {"state": "fixed", "answer": "Closed at noon."})
    assert "The reporter sees it" in done.text
    seen = charlie.get(address).text
    assert "Leak closed" in seen
    assert "Closed at noon." in seen
    with house.store.read(alice.tenant) as db:
        actions = {entry.action for entry in journal.page(db)}
    assert {"leak.reported", "leak.read", "leak.settled"} <= actions


def test_the_page_of_a_report_is_found_by_its_secret_only(browser: Browsers, alice: Signed, house: House) -> None:
    here = browser()
    address = bring(here)
    assert here.get(address[:-1] + ("A" if address[-1] != "A" else "B")).status_code == 404
    for nothing in ("/leak/x", "/leak/" + "A" * 64, f"/leaks/{alice.tenant}"):
        assert here.client.get(nothing, follow_redirects=False).status_code in {303, 404}


@pytest.mark.parametrize("words", ["", "short", "x" * 10_001, "\x00" * 20])
def test_what_says_nothing_or_too_much_is_asked_for_again(browser: Browsers, alice: Signed, words: str) -> None:
    answer = browser().post("/leak", {"words": words, "contact": "c@example.net"})
    assert answer.status_code == 422
    assert "10 to 10,000 characters" in answer.text
    assert 'value="c@example.net"' in answer.text


def test_one_address_brings_five_in_an_hour(browser: Browsers, alice: Signed, clock: Any) -> None:
    flood = browser()
    for _ in range(5):
        bring(flood)
    refused = flood.post("/leak", {"words": FOUND})
    assert refused.status_code == 429
    clock.move(timedelta(minutes=61))
    bring(flood)


def test_a_flood_of_reports_fills_no_disk(house: House, alice: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "MOST_OPEN", 3)
    for _ in range(3):
        leaks.bring(house, "", FOUND, "")
    with pytest.raises(leaks.TooManyReports):
        leaks.bring(house, "", FOUND, "")
    first = leaks.inbox(house, alice)[0]
    leaks.settle(house, alice, first.report, "no-leak", "")
    leaks.bring(house, "", FOUND, "")


def test_a_report_goes_to_the_organisation_that_is_named_else_to_the_first(house: House, alice: Signed, umbra: Signed) -> None:
    def reports() -> dict[str, int]:
        return {signed.name: len(leaks.inbox(house, signed)) for signed in (alice, umbra)}

    leaks.bring(house, "  umbra ", FOUND, "")
    leaks.bring(house, "Acme", FOUND, "")
    assert reports() == {"Alice Ames": 1, "Uma Brandt": 1}
    leaks.bring(house, "Whoever", FOUND, "")
    first = alice if house.store.tenants()[0].tenant == alice.tenant else umbra
    assert reports()[first.name] == 2
    theirs = leaks.inbox(house, umbra)[0].report
    with pytest.raises(NotFound):
        leaks.read(house, alice, theirs)
    with pytest.raises(NotFound):
        leaks.settle(house, alice, theirs, "fixed", "")


def test_whoever_answers_for_privacy_is_written_to_once_and_never_what_was_found(
    house: House, alice: Signed, dora: Signed, clock: Any
) -> None:
    link = signin.invite_operator(house, alice, frozenset({Role.PRIVACY}))
    signin.set_up(house, link, name="Petra Pohl", login="petra@example.org", password="rusty anchors sing at dusk")
    box = Mailbox(away=True)
    posted = replace(house, post=box, address="https://gate.example.org")
    leaks.bring(posted, "", FOUND, "")
    assert leaks.tell_due(posted, alice.tenant) == 0  # the mail server is away
    box.away = False
    assert leaks.tell_due(posted, alice.tenant) == 0  # and is asked again a little later
    clock.move(timedelta(minutes=3))
    assert leaks.tell_due(posted, alice.tenant) == 2
    assert leaks.tell_due(posted, alice.tenant) == 0
    assert {letter.to for letter in box.letters} == {"alice@example.org", "petra@example.org"}
    assert all("https://gate.example.org/leaks/" in letter.text and "bucket" not in letter.text for letter in box.letters)


def test_a_report_goes_when_its_time_is_over(house: House, alice: Signed, clock: Any) -> None:
    leaks.bring(house, "", FOUND, "")
    leaks.settle(house, alice, leaks.inbox(house, alice)[0].report, "fixed", "")
    leaks.bring(house, "", FOUND, "")
    clock.move(timedelta(days=91))
    retention.keep_to_times(house, alice.tenant)
    assert [line.state.value for line in leaks.inbox(house, alice)] == ["new"]


def test_only_who_answers_for_privacy_settles(house: House, alice: Signed, dora: Signed) -> None:
    leaks.bring(house, "", FOUND, "")
    report = leaks.inbox(house, alice)[0].report
    for act in (lambda: leaks.inbox(house, dora), lambda: leaks.read(house, dora, report)):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(Forbidden):
        leaks.settle(house, dora, report, "fixed", "")


# security.txt (RFC 9116)


def test_security_txt_leads_to_the_page_and_ends_some_day(browser: Browsers, house: House, clock: Any) -> None:
    answer = browser().get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = [line.partition(": ")[::2] for line in answer.text.splitlines()]
    said = dict(fields)
    assert said["Contact"].endswith("/leak")
    assert said["Canonical"].endswith("/.well-known/security.txt")
    assert said["Preferred-Languages"] == "zh, en"
    expires = datetime.fromisoformat(said["Expires"])
    assert timedelta(days=30) < expires - clock.now() < timedelta(days=366)  # RFC 9116: less than a year is recommended
    assert browser().client.get("/leak").status_code == 200


def test_security_txt_says_whom_the_operator_named() -> None:
    given = SecurityTxt(("mailto:security@example.org", "https://example.org/report"), "https://example.org/rules", "de")
    lines = given.text("https://gate.example.org", datetime(2026, 3, 1, 12, tzinfo=UTC)).splitlines()
    assert lines == [
        "Contact: mailto:security@example.org",
        "Contact: https://example.org/report",
        "Contact: https://gate.example.org/leak",
        "Expires: 2026-05-30T00:00:00Z",
        "Preferred-Languages: de",
        "Canonical: https://gate.example.org/.well-known/security.txt",
        "Policy: https://example.org/rules",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTACT", "security@example.org"),
        ("CONTACT", "mailto:a@example.org\nPolicy: x"),
        ("POLICY", "http://example.org"),
        ("LANGUAGES", "en\nX: y"),
    ],
)
def test_what_security_txt_cannot_say_is_refused_at_start(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SEALGATE_SECURITY_{name}", value)
    with pytest.raises(BadSettings):
        load()
