"""Pages of privacy, of rights and of the system, each with something in it: what was asked, held, reported, found and let in.

Nora asks, holds and reports by the same forms as anybody; Alice Marsh looks at her own pages in the same browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, Page

Form = dict[str, str | float | bool]
OURS = {"Sec-Fetch-Site": "same-origin"}
"""What the browser says of a form on our own page; `page.request` is no page, so it is said for it."""

WORDS = (
    "At https://console.harbour.example/s/1/people?page=2 a guest account saw the telephone numbers of the people on the list."
)
REASON = "Smoke in the archive at 21:40, the shift leader cannot be reached"
TELEPHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile"
SERVICE: Form = {
    "label": "Harbour Entra ID",
    "issuer": "https://login.harbour.example/f3b1c9d2/v2.0",
    "client_id": "3fd5bb9a-41c1-4a2d-9a53-8e2f2c1b7a10",
    "secret": "not a secret of anybody",
    "domain": "harbour.example",
    "role_claim": "groups",
    "role-security": "gate-keepers, night-shift",
    "role-auditor": "audit",
    "enabled": "yes",
}


FOLLOWED = {
    "breach": ("/breaches", "main th.lead a"),
    "leak-read": ("/leaks", "main th.lead a"),
    "request": ("/requests", "main th.lead a"),
    "visit": ("{here}/visits", "main th.lead a"),
    "permit": ("{here}/garages/permits", "main th.lead a"),
    "fleet-account": ("{here}/garages/permits", "main td a[href$='/account']"),
    "pay-run": ("/payroll", "main th.lead a"),
    "pay-person": ("/payroll/people", "main th.lead a"),
    "my-payslip": ("/my/payslips", "main a"),
    "my-day": ("/my/hours", 'main a.day-link:has-text(":")'),
}
"""Pages of one thing: the first one of a list."""


@dataclass(frozen=True)
class Law:
    """Addresses of what was brought, and the cookie by which Alice Marsh is at her own pages."""

    here: str
    addresses: dict[str, str]
    mine: list[dict[str, Any]]
    own_link: str

    def scenes(self, page: Page) -> Iterator[tuple[str, Callable[[], object]]]:
        page.context.add_cookies(self.mine)  # type: ignore[arg-type]
        for name, address in self.addresses.items():
            yield name, lambda address=address: page.goto(address)  # type: ignore[misc]
        for name, (address, link) in FOLLOWED.items():
            yield name, lambda address=address, link=link: follow(page, address.format(here=self.here), link)  # type: ignore[misc]

    def emergency(self, page: Page) -> Iterator[tuple[str, Callable[[], object]]]:
        """Taken, used, handed back and reported: these go on from each other."""
        yield "emergency-running", lambda: self._take(page)
        yield "emergency", lambda: self._hand_back(page)
        yield "emergency-report", page.locator("main th.lead a").first.click

    def doorsteps(self, page: Page) -> Iterator[tuple[str, Callable[[], object]]]:
        for name, address in {
            "leak": "/leak",
            "leak-standing": self.addresses["leak-mine"],
            "notice": self.addresses["notice-here"],
            "own-enter": self.own_link,
            "unsealed": "/unseal",
        }.items():
            yield name, lambda address=address: page.goto(address)  # type: ignore[misc]

    def _take(self, page: Page) -> None:
        post(page, "/emergency", {"reason": REASON})
        page.goto(f"{self.here}/people")

    def _hand_back(self, page: Page) -> None:
        page.locator("main > .notice.bad form button").first.click()
        page.wait_for_url("**/emergency")


def follow(page: Page, address: str, link: str) -> None:
    page.goto(address)
    page.locator(link).first.click()
    page.wait_for_load_state("load")


def of_law(page: Page, chromium: Browser, here: str, person: str) -> Law:
    """Bring all of it in, as Nora and as Alice."""
    leak = _leaks(page)
    post(page, "/requests/rules", {"regime": "pipl", "working_days": "15", "contact": "privacy@harbour.example"})
    post(page, f"{here}/garages/edges", {"name": "Box at the garage's entry"})
    post(
        page,
        f"{here}/faces",
        {
            "purpose": "Hands-free entry of laboratory staff to the cleanroom",
            "necessity": "Gloves and suits leave no hand free for a card; a code is offered at the same gate",
            "risks": "A twin may be taken for another. Reception sees every passage and asks where it is unsure.",
        },
    )
    post(page, "/holds", {"name": "Priya Nair", "until": _days(200), "reason": "Accident at the loading bay, insurer's claim"})
    post(
        page,
        "/breaches",
        {
            "taken": "copy",
            "words": "A laptop with last night's backup was left in a taxi",
            "found_on": _days(-1),
            "found_at": "09:30",
        },
    )
    post(page, "/operators/sign-in", SERVICE)
    mine = _alice(page, chromium, f"{here}/people/{person}")
    other = post(page, f"{here}/people/{named(page, f'{here}/people', 'Priya Nair')}/own-link", {})
    attendant = _attendant(page, chromium)
    notice = page.request.get(f"{here}/faces").text()
    found = re.search(r"/notice/[0-9a-f-]{36}/[0-9a-f-]{36}", notice)
    assert found, notice
    return Law(
        here,
        {
            "faces": f"{here}/faces",
            "requests": "/requests",
            "requests-answered": "/requests?show=answered",
            "journal": "/journal",
            "holds": "/holds",
            "breaches": "/breaches",
            "records": "/records",
            "data-map": "/data-map",
            "leaks": "/leaks",
            "edges": f"{here}/garages/edges",
            "pay-rules": "/payroll/rules",
            "shift-new": f"{here}/roster/shifts/new",
            "hour-rules-new": f"{here}/roster/rules/new",
            "desk": "/desk",
            "automatic": f"{here}/garages/automatic",
            "operator": attendant,
            "sign-in-service": "/operators/sign-in",
            "my": "/my",
            "my-requests": "/my/requests",
            "my-looks": "/my/looks",
            "my-passages": "/my/passages",
            "my-hours": "/my/hours",
            "my-leave": "/my/leave",
            "my-payslips": "/my/payslips",
            "my-performance": "/my/performance",
            "leak-mine": leak,
            "notice-here": found[0],
        },
        mine,
        _own_link(other),
    )


def _days(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def _leaks(page: Page) -> str:
    """Two reports; the address at which the reporter sees the answer to one of them."""
    first = page.request.post("/leak", form={"words": WORDS, "contact": "finder@example.org"}, headers=OURS)
    assert "/leak/" in first.url, first.text()
    follow(page, "/leaks", "main th.lead a")
    post(page, page.url, {"state": "in-hand", "answer": "We see it too. The list is closed to guests since 14:00."})
    post(page, "/leak", {"words": "The exit screen of the garage shows whole plates to whoever stands there", "contact": ""})
    return first.url


def _alice(page: Page, chromium: Browser, record: str) -> list[dict[str, Any]]:
    """Alice opens her link, and asks for three things of which one is answered."""
    link = _own_link(post(page, f"{record}/own-link", {}))
    context = chromium.new_context(base_url=link.split("/my/")[0], locale="en-GB")
    own = context.new_page()
    post(own, link, {})
    post(own, "/my/requests", {"kind": "access", "words": "Which guards looked at my passages in October?"})
    follow(page, "/requests", "main th.lead a")
    post(page, page.url, {"verdict": "grant", "words": "Two looks, both after the false alarm of 12 October."})
    post(own, "/my/requests", {"kind": "correct", "field": "name", "value": "Alice Marsh-Li", "words": "I have married"})
    post(own, "/my/requests", {"kind": "erase", "words": "I leave at the end of the year"})
    mine = [dict(cookie) for cookie in context.cookies() if "own" in str(cookie["name"])]
    context.close()
    assert mine
    return mine


def _own_link(shown: str) -> str:
    found = re.search(r"http[^<\s\"]+/my/enter/[\w-]+", shown)
    assert found, shown
    return found[0]


def _attendant(page: Page, chromium: Browser) -> str:
    """Dora, who attends the garage, has come in by her invitation and is signed in on her telephone."""
    invited = re.search(r"http[^<\s\"]+/set-up/[\w-]+", post(page, "/operators/invite", {"role": "attendant"}))
    assert invited
    context = chromium.new_context(locale="en-GB", user_agent=TELEPHONE)
    dora = context.new_page()
    form: Form = {"name": "Dora Quay", "login": "dora@example.org", "password": "nine slow boats go out"}
    answer = dora.request.post(invited[0], form=form, headers=OURS)
    assert answer.ok, answer.text()
    context.close()
    page.goto("/operators")
    return str(page.locator("main a", has_text="Dora Quay").first.get_attribute("href"))


def named(page: Page, address: str, name: str) -> str:
    """The identity of whoever is called so on that list."""
    page.goto(address)
    href = page.get_by_role("link", name=name, exact=True).get_attribute("href")
    assert href
    return href.rsplit("/", 1)[1]


def post(page: Page, address: str, form: Form) -> str:
    answer = page.request.post(address, form=form, headers=OURS)
    assert answer.ok, f"{address}: {answer.status} {answer.text()}"
    return answer.text()
