"""Every address tried by its own description: what schemathesis makes, as each role, another organisation, nobody.

Nothing may be a fault of ours, and nothing of Acme's may be said to Umbra, whichever of Acme's ids it puts in. FUZZ_TIMES makes
it as many times longer (`make fuzz-api`).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from tests import aside
from tests.web.who.test_who_may import LEAVES, every_route

from sealgate.api.described import Problem, described
from sealgate.domain.operators import Role

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
STREAMS = ("/events", "/listen", "/hear")
TEARS_DOWN = {*LEAVES, "/operators/{operator}/disable", "/my/sign-out"}
"""After these somebody of the test could do no more."""

METHODS = {"get", "post", "put", "patch", "delete"}


def described_whole(application: Any) -> dict[str, Any]:
    """The whole program, also what is no API: forms are described by the same framework."""
    told = get_openapi(title="all", version="1", routes=[route for _, route in every_route(application)])
    told["paths"] = {
        path: {method: what for method, what in methods.items() if method in METHODS}
        for path, methods in told["paths"].items()
        if path not in TEARS_DOWN
    }
    return told


class Tries:
    """Sends what was made, each as another caller, in turn; counts what came."""

    def __init__(self, town: Any) -> None:
        self.town, self.turn, self.random = town, count(), Random(11)
        acme, umbra = town.north.signed.tenant, town.umbra.signed.tenant
        self.callers = [(role.value, town.operator(acme, {role}).cookies["sealgate"]) for role in Role]
        self.callers += [("umbra", town.operator(umbra, {Role.ADMINISTRATOR}).cookies["sealgate"]), ("nobody", "")]
        self.ids = dict(town.north.ids) | {"site": str(town.north.site), "tenant": str(acme)}
        self.seen: Counter[int] = Counter()
        self.faults: list[str] = []

    def send(self, case: Any) -> None:
        who, token = self.callers[next(self.turn) % len(self.callers)]
        self._send(case, who, token)
        self._send(case, "umbra", dict(self.callers)["umbra"])

    def _send(self, case: Any, who: str, token: str) -> None:
        path = case.path
        for name, made in (case.path_parameters or {}).items():
            known = self.ids.get(name) if self.random.random() < 0.8 else None
            path = path.replace("{" + name + "}", str(known or made or "x"))
            path = path.replace("{" + name + ":path}", str(known or made or "x"))
        media, body = written(case)
        query = urlencode({name: str(value) for name, value in (case.query or {}).items()}, errors="replace")
        status, text = aside.run(self._ask(case.method.upper(), path, query, media, body, token))
        self.seen[status] += 1
        if status >= 500 and path != "/healthz":
            self.faults.append(f"{who}: {case.method} {case.path} {query} {body[:300]!r}: {status}")
        if who == "umbra" and status < 400 and not path.startswith("/notice/"):  # a sign says whose gate it is, to everybody
            told = [word for word in self.town.north.words if word in text and word.encode() not in body]
            if told:
                self.faults.append(f"umbra reads {told} at {case.method} {path}")

    async def _ask(self, method: str, path: str, query: str, media: str, body: bytes, token: str) -> tuple[int, str]:
        headers = {"host": "localhost", "accept": "text/html", "sec-fetch-site": "same-origin", "content-type": media}
        headers |= {"cookie": f"sealgate={token}", "authorization": f"Bearer {token}"} if token else {}
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items() if value],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        coming = iter([{"type": "http.request", "body": body, "more_body": False}])
        told: list[Any] = []

        async def receive() -> dict[str, Any]:
            return next(coming, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            told.append(message)

        await self.town.application(scope, receive, send)
        whole = b"".join(message.get("body", b"") for message in told)
        return int(told[0]["status"]), whole.decode("utf-8", "replace")


def written(case: Any) -> tuple[str, bytes]:
    """The body as it goes over the line: a form, JSON, or bytes as they are."""
    made, media = case.body, case.media_type or ""
    if made is None or type(made).__name__ == "NotSet":
        return "", b""
    if isinstance(made, bytes):
        return media or "application/octet-stream", made
    if "form" in media and isinstance(made, dict):
        flat = [(str(key), str(value)) for key, value in made.items()]
        return "application/x-www-form-urlencoded", urlencode(flat, errors="replace").encode()
    return media or "application/json", json.dumps(made, default=str).encode("utf-8", "replace")


def operations(told: dict[str, Any]) -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(told).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


@pytest.mark.filterwarnings("ignore")
def test_no_address_breaks_and_none_tells_another_organisation_anything(town: Any) -> None:
    tries, tried = Tries(town), 0
    for operation in operations(described_whole(town.application)):
        if operation.path.endswith(STREAMS):
            continue
        tried += 1

        @settings(
            max_examples=2 * TIMES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def each(case: Any) -> None:
            tries.send(case)

        each()
    assert tries.faults == []
    assert tried > 250
    assert tries.seen.total() > 600
    assert tries.seen[200] > 50
    assert tries.seen[404] > 20


# The description of the API itself


def test_the_api_is_described_whole_and_true(town: Any) -> None:
    status, text = aside.run(Tries(town)._ask("GET", "/api/v1/openapi.json", "", "", b"", ""))
    assert status == 200
    told = json.loads(text)
    paths = {
        path for _, route in every_route(town.application) for path in [route.path] if path.startswith(("/api/", "/healthz"))
    }
    assert set(told["paths"]) == paths
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert all(answer["description"] for answer in operation["responses"].values())
            good = [answer for code, answer in operation["responses"].items() if code.startswith("2") and code != "204"]
            assert all(answer["content"] for answer in good), path
            if path != "/healthz":
                problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
                assert problem == {"$ref": "#/components/schemas/Problem"}
            if method == "post":
                assert operation["requestBody"]["content"], path
    assert "HTTPValidationError" not in text


@pytest.mark.filterwarnings("ignore")
def test_every_refusal_of_the_api_is_a_problem_as_described(town: Any) -> None:
    tries, refused = Tries(town), 0
    told = described([])
    assert told["components"]["schemas"]["Problem"] == Problem.model_json_schema()
    whole = json.loads(aside.run(tries._ask("GET", "/api/v1/openapi.json", "", "", b"", ""))[1])
    for path, methods in whole["paths"].items():
        for method in methods:
            for body in (b"", b"{}", b"[1]", b"\xff"):
                status, text = aside.run(
                    tries._ask(method.upper(), path.replace("{visit_id}", "7"), "", "application/json", body, "x")
                )
                if status >= 400:
                    Problem.model_validate_json(text)
                    refused += 1
    assert refused > 15
