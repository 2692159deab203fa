"""`sealgate bench desk`: from the press of a lane's button until the call is in the stream of an attendant's page.

A whole program with its console, a lane's screen and a signed-in desk, over real HTTP on this machine. What a browser then
needs to draw one line more is not in it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from statistics import quantiles
from threading import Thread
from time import perf_counter
from typing import Any

import httpx

from sealgate.app import Program, initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.desk import Act
from sealgate.domain.ids import CallId
from sealgate.domain.operators import Role
from sealgate.flows import assist, assist_acts, garage_demo, rules, signin
from sealgate.flows import campus as campuses
from sealgate.flows.kit import House, Signed
from sealgate.flows.pricing import prices
from sealgate.settings import load

CALL = re.compile(r'data-call="([0-9a-f-]{36})"')
OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
LOGIN, PASSWORD = "dora@example.org", "rusty anchors sing at dusk"
PATIENCE = 60.0


def measure(presses: int = 100) -> dict[str, Any]:
    """Milliseconds; `lost` are presses that never came onto the desk within a minute."""
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as folder:
        home = Path(folder)
        settings = load(data=home / "data", keys=home / "keys", port=0)
        initialise(settings, "Acme")
        with running(settings, faces=None, plates=None) as program, listening(program) as server:
            took = list(_presses(program, server.address, presses))
    seen = [seconds for seconds in took if seconds is not None]
    cuts = quantiles(seen, n=100)
    return {"n": presses, "lost": len(took) - len(seen), "ms_p50": round(cuts[49] * 1e3, 1), "ms_p95": round(cuts[94] * 1e3, 1)}


def rows(result: dict[str, Any]) -> Iterator[Sequence[str]]:
    yield "from the button to the desk's page", f"{result['ms_p50']:.1f}", f"{result['ms_p95']:.1f}", str(result["lost"])


def _presses(program: Program, address: str, presses: int) -> Iterator[float | None]:
    house = program.house
    tenant = house.store.tenants()[0].tenant
    garage = garage_demo.build(house, campuses.build(house, tenant, "Asia/Shanghai", []), [])
    system = campuses.system(house, tenant)
    dora = _attendant(house, system)
    with _heard_at_the_desk(address) as heard, httpx.Client(base_url=address, headers=OURS, timeout=PATIENCE) as lane:
        lane.get(f"/lane/{rules.kiosk_link(house, system, garage.exit)}", follow_redirects=True)
        for _ in range(presses):
            began = perf_counter()
            lane.post("/lane/help")
            found = _next(heard)
            yield None if found is None else found[1] - began
            for line in assist.queue(house, dora).lines:
                _done(house, dora, line.call)


def _attendant(house: House, system: Signed) -> Signed:
    link = signin.invite_operator(house, system, frozenset({Role.ATTENDANT}))
    signed = signin.who_is(house, signin.set_up(house, link, name="Dora Marsh", login=LOGIN, password=PASSWORD))
    assert signed is not None
    return signed


def _done(house: House, dora: Signed, call: CallId) -> None:
    assist.take(house, dora, call)
    assist_acts.decide(house, dora, call, assist_acts.Decision(Act.NOT_OPEN), prices(house, dora.tenant))


@contextmanager
def _heard_at_the_desk(address: str) -> Iterator[Queue[tuple[str, float]]]:
    """Each call, once, and when it came."""
    heard: Queue[tuple[str, float]] = Queue()
    with httpx.Client(base_url=address, headers=OURS, timeout=httpx.Timeout(PATIENCE, read=None)) as desk:
        desk.post("/sign-in", data={"tenant": "Acme", "login": LOGIN, "password": PASSWORD, "next": "/desk"})
        with desk.stream("GET", "/desk/stream", headers={"Accept": "text/event-stream"}) as stream:
            lines = stream.iter_lines()
            for line in lines:
                if line.startswith("event: queue"):
                    break
            Thread(target=_listen, args=(lines, heard), daemon=True).start()
            yield heard


def _listen(lines: Iterator[str], heard: Queue[tuple[str, float]]) -> None:
    known: set[str] = set()
    try:
        for line in lines:
            for call in CALL.findall(line):
                if call not in known:
                    known.add(call)
                    heard.put((call, perf_counter()))
    except httpx.HTTPError:
        return


def _next(heard: Queue[tuple[str, float]]) -> tuple[str, float] | None:
    try:
        return heard.get(timeout=PATIENCE)
    except Empty:
        return None
