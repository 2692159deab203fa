"""Mallory's page in Alice's browser, bodies without end, and what every answer tells the browser."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from sealgate.domain.ids import SiteId
from sealgate.flows.kit import House, Signed
from sealgate.web import console
from sealgate.web.sessions import OPENED, OWNED

Enters = Callable[[Signed], Any]
OPEN_TO_ALL = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-in/service",
    "/sign-in/service/back",
    "/set-up/{secret}",
    "/set-up/{secret}/service",
    "/language/{language}",
    "/.well-known/security.txt",
    "/leak",
    "/notice/{tenant}/{site}",  # what a sign at a gate links to: for whoever stands there
    "/s/{site}/muster/keeper.js",  # a script, the same for everybody
}
"""And the kiosk's own addresses, which prove themselves by their secret."""


def routes(house: House) -> Iterator[APIRoute]:
    def below(found: list[BaseRoute]) -> Iterator[APIRoute]:
        for route in found:
            if isinstance(route, APIRoute):
                yield route
            yield from below(getattr(route, "routes", None) or [])

    for router in console.ROUTERS:
        yield from below(router.routes)


def test_only_these_addresses_are_open_to_everybody(house: House) -> None:
    opened = {route.path for route in routes(house) if getattr(route.endpoint, OPENED, False)}
    known_by_a_secret = ("/kiosk", "/lane", "/pay/", "/simulated-pay/", "/my/enter/", "/visit/", "/leak/")
    assert {path for path in opened if not path.startswith(known_by_a_secret)} == OPEN_TO_ALL


def test_every_other_address_asks_who_it_is(house: House, browser: Callable[[], Any], campus: SiteId) -> None:
    nobody = browser()
    tried = 0
    for route in routes(house):
        if getattr(route.endpoint, OPENED, False) or getattr(route.endpoint, OWNED, False):
            continue
        path = re.sub(r"\{site\}", str(campus), route.path)
        path = re.sub(r"\{day\}", "2026-01-01", path)
        path = re.sub(r"\{\w+\}", str(UUID(int=7)), path)
        for method in route.methods or ():
            answer = nobody.client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)
            assert answer.status_code == 303, (method, path, answer.status_code)
            assert answer.headers["location"].startswith("/sign-in"), (method, path)
            tried += 1
    assert tried > 30


def test_ones_own_pages_ask_for_a_session_of_ones_own_and_no_operators(
    house: House, browser: Callable[[], Any], alice: Signed, enter: Enters
) -> None:
    own = [route for route in routes(house) if getattr(route.endpoint, OWNED, False)]
    assert {route.path.split("/")[1] for route in own} == {"my"}
    assert [route.path for route in routes(house) if route.path.startswith("/my") and route not in own] == [
        "/my/enter/{secret}"
    ] * 2
    for visitor in (browser(), enter(alice)):
        for route in own:
            path = re.sub(r"\{\w+\}", str(UUID(int=7)), route.path)
            for method in route.methods or ():
                answer = visitor.client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)
                assert answer.status_code == 401, (method, path, answer.status_code)


def test_nothing_of_acme_is_there_for_umbra(house: House, campus: SiteId, enter: Enters, umbra: Signed) -> None:
    umbras = enter(umbra)
    for path in ("", "/live", "/people", "/gates", "/gates/new", "/rules", "/rules/zones", "/passages"):
        assert umbras.get(f"/s/{campus}{path}").status_code == 404, path
    assert umbras.post(f"/s/{campus}/lockdown", {"on": "yes", "why": "spite"}).status_code == 404
    assert "North Campus" not in umbras.get("/").text


FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{own}"},
    {},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_on_mallorys_page_changes_nothing(alice: Signed, enter: Enters, headers: dict[str, str]) -> None:
    inside = enter(alice)
    own = str(inside.client.base_url).rstrip("/")
    sent = {name: value.replace("{own}", own) for name, value in headers.items()}
    answer = inside.client.post("/sites/new", data={"name": "Trap", "time_zone": "Asia/Shanghai"}, headers=sent)
    assert answer.status_code == 403
    assert "The request came from another page" in answer.text
    assert "Trap" not in inside.get("/").text


def test_an_old_browser_that_only_says_its_origin_may_send_forms(alice: Signed, enter: Enters) -> None:
    inside = enter(alice)
    own = str(inside.client.base_url).rstrip("/")
    answer = inside.client.post("/sites/new", data={"name": "Yard", "time_zone": "Asia/Shanghai"}, headers={"Origin": own})
    assert answer.status_code == 200
    assert "Yard" in answer.text


def test_every_answer_carries_the_wall(browser: Callable[[], Any]) -> None:
    for path in ("/sign-in", "/nowhere", "/static/sealgate.css", "/static/nothing.css"):
        headers = browser().get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=(self)" in headers["permissions-policy"]
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_pages_are_not_stored_and_static_files_are_for_ever_by_their_digest(browser: Callable[[], Any]) -> None:
    here = browser()
    page = here.get("/sign-in")
    assert page.headers["cache-control"] == "no-store"
    sheet = re.search(r'href="(/static/sealgate\.css\?v=\w+)"', page.text)
    assert sheet is not None
    assert "immutable" in here.get(sheet[1]).headers["cache-control"]
    assert here.get("/static/sealgate.css").headers["cache-control"] == "no-cache"


def test_no_template_has_a_style_or_a_script_of_its_own() -> None:
    folder = Path(console.__file__).parent / "templates"
    for template in sorted(folder.glob("*.html")):
        text = template.read_text()
        assert not re.search(r"\sstyle=", text), template.name
        assert not re.search(r"\son[a-z]+=|hx-on|javascript:", text), template.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), template.name
        assert "http://" not in text.replace("http://www.w3.org/", ""), template.name


def test_pages_are_packed(browser: Callable[[], Any]) -> None:
    assert browser().get("/static/sealgate.css").headers["content-encoding"] == "gzip"


def announced(address: str, length: str) -> int:
    """What is answered to a body of that announced length, of which nothing was sent yet."""
    line = HTTPConnection(urlsplit(address).netloc, timeout=60)
    line.putrequest("POST", "/sign-in")
    line.putheader("Sec-Fetch-Site", "same-origin")
    line.putheader("Content-Length", length)
    line.endheaders()
    status = line.getresponse().status
    line.close()
    return status


def test_a_body_that_says_it_is_huge_is_refused_unread(address: str) -> None:
    assert announced(address, str(10**12)) == 413


def test_a_body_that_never_ends_is_cut_off(alice: Signed, enter: Enters) -> None:
    inside = enter(alice)

    def flood() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="face"; filename="a.jpg"\r\n\r\n'
        for _ in range(console.FORM_LIMIT // 1_000_000 + 2):
            yield b"x" * 1_000_000

    try:
        answer = inside.client.post(
            "/sites/new",
            content=flood(),
            headers={"Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=x"},
        )
    except httpx.TransportError:  # the server hung up while we were still talking: that is a refusal too
        return
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "many", "1.5"])
def test_a_length_that_is_no_number_is_refused(address: str, length: str) -> None:
    assert announced(address, length) in {400, 413}


def test_refusals_are_problems_for_machines_and_pages_for_people(alice: Signed, enter: Enters) -> None:
    inside = enter(alice)
    machine = inside.get("/nowhere", headers={"Accept": "application/json"})
    assert machine.headers["content-type"] == "application/problem+json"
    assert machine.json()["code"] == "http.404"
    assert machine.json()["status"] == 404
    assert "There is nothing at this address" in inside.get("/nowhere").text


def test_without_a_session_a_machine_is_told_so(browser: Callable[[], Any]) -> None:
    answer = browser().get("/account", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "signin.needed"


def test_htmx_is_sent_to_the_sign_in_as_a_whole_page(browser: Callable[[], Any]) -> None:
    answer = browser().client.get("/account", headers={"HX-Request": "true"}, follow_redirects=False)
    assert answer.headers["hx-redirect"] == "/sign-in?next=/account"


def test_our_trouble_is_logged_whole_and_the_reader_sees_only_its_id(
    tmp_path: Path, alice: Signed, enter: Enters, caplog: pytest.LogCaptureFixture
) -> None:
    inside = enter(alice)
    with closing(sqlite3.connect(tmp_path / "data" / "sealgate.sqlite")) as vandal, vandal:
        vandal.execute("ALTER TABLE sessions RENAME TO stolen")
    with caplog.at_level(logging.ERROR, logger="sealgate.web"):
        answer = inside.client.get("/account")
    assert answer.status_code in {500, 503}
    fault = re.search(r"Fault ([0-9a-f]{8})", answer.text)
    assert fault is not None
    assert any(fault[1] in record.getMessage() and record.exc_info for record in caplog.records)
    assert "Traceback" not in answer.text
    assert "sqlite" not in answer.text.lower()


@pytest.mark.parametrize(
    "path", ["/s/not-a-site/live", "/s/00000000-0000-0000-0000-000000000007/live", "/s//live", "/%2e%2e/etc/passwd"]
)
def test_addresses_that_are_none_are_not_found(alice: Signed, campus: SiteId, enter: Enters, path: str) -> None:
    assert enter(alice).get(path).status_code == 404


def test_pages_are_small(alice: Signed, campus: SiteId, enter: Enters) -> None:
    inside = enter(alice)
    for path in ("/account", "/operators", "/sites/new", f"/s/{campus}/gates", f"/s/{campus}/rules"):
        assert len(inside.get(path).content) < 100_000, path
