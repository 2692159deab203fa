"""The desk at the centre looks at a lane that a box runs: pictures come while somebody looks, and none is kept."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from tests.edge.conftest import ReelCamera

from sealgate.domain.errors import NotFound
from sealgate.domain.ids import CallId
from sealgate.domain.stays_calls import CallReason
from sealgate.edge import link as links
from sealgate.edge.gate import GateLoop
from sealgate.flows import assist, assist_look, edge_looks, edges
from sealgate.flows.assist import NotTaken
from sealgate.flows.garage_demo import Garage
from sealgate.flows.pricing import prices
from sealgate.ports import Frame
from sealgate.vault.link import link_keys, new_number, open_said, seal_said
from sealgate.vision.pictures import decode

if TYPE_CHECKING:
    from tests.edge.link.conftest import Box, Centre

BRIGHT, DARK = 200, 40


def shows(box: Box, garage: Garage, brightness: int) -> GateLoop:
    """The camera at the box's exit, which sees a wall of this brightness."""
    loop = GateLoop(garage.exit, ReelCamera([]), [], lambda _: pytest.fail("nobody is there"))
    box.program.views.opened(box.tenant, garage.exit, 1, lambda: loop)
    loop.look(Frame(box.clock.at, np.full((120, 160, 3), brightness, np.uint8)))
    return loop


def called(centre: Centre, garage: Garage) -> CallId:
    call = assist.call(centre.program.house, centre.tenant, garage.exit, CallReason.HELP)
    assist.take(centre.program.house, centre.signed, call)
    return call


def seen(centre: Centre, call: CallId) -> float:
    """How bright the lane is that the attendant sees now. Raises `NotFound` where nothing is seen."""
    jpeg = assist_look.picture_at_gate(centre.program.house, centre.signed, call, live=True)
    return float(decode(jpeg).mean())


def test_whoever_has_the_call_sees_the_boxs_lane_as_it_is_and_no_picture_comes_when_nobody_looks(
    centre: Centre, garage: Garage, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(box, garage, BRIGHT)
    box.link.ask()  # it says that it knows the word
    asked = watched(box, monkeypatch)
    house, price = centre.program.house, prices(centre.program.house, centre.tenant)
    call = called(centre, garage)
    box.link.ask()
    assert asked[-1]["pictures"] == [], "nobody has looked yet"
    view = assist_look.look(house, centre.signed, call, price)
    assert (view.live, view.awaited) == (True, True)
    with pytest.raises(NotFound):
        seen(centre, call)
    box.link.ask()
    box.link.ask()
    assert seen(centre, call) == pytest.approx(BRIGHT, abs=3)
    assert not assist_look.look(house, centre.signed, call, price).awaited
    shows(box, garage, DARK)
    box.link.ask()
    assert seen(centre, call) == pytest.approx(DARK, abs=3)
    monkeypatch.setattr(edge_looks, "LOOKED", -1.0)  # nobody has looked for a while
    box.link.ask()
    box.link.ask()
    assert asked[-1]["pictures"] == []
    monkeypatch.undo()
    with pytest.raises(NotFound):
        seen(centre, call)
    assert list(centre.home.rglob("blobs/*")) == [], "no picture was ever kept"


def watched(box: Box, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the box asks from now on, opened with the key of the link."""
    asked: list[dict[str, Any]] = []
    keys = links.kept(box.program.house).keys
    real = httpx.Client.post

    def listens(self: httpx.Client, address: str, content: bytes) -> httpx.Response:
        asked.append(json.loads(open_said(keys.key, "ask", content)[1]))
        return real(self, address, content=content)

    monkeypatch.setattr(httpx.Client, "post", listens)
    return asked


def test_the_lane_is_for_whoever_has_taken_the_call(centre: Centre, garage: Garage, box: Box) -> None:
    box.link.ask()
    call = assist.call(centre.program.house, centre.tenant, garage.exit, CallReason.HELP)
    with pytest.raises(NotTaken):
        seen(centre, call)
    (row,) = edges.edges(centre.program.house, centre.signed)
    assert centre.program.releases.looks.wanted(row.edge) == (), "and nobody is asked for a picture"


def test_a_box_of_an_older_version_is_never_asked_and_what_is_no_picture_is_none(
    centre: Centre, garage: Garage, box: Box, code: str
) -> None:
    keys = link_keys(code)
    where, shown = f"{centre.address}/api/v1/edge/{centre.tenant}", {"Authorization": f"Bearer {keys.shown}"}

    def says(**more: object) -> dict[str, Any]:
        number = new_number()
        question = json.dumps({"facts": [], "has": {}, "opened": 0, **more}).encode()
        reply = httpx.post(where, content=seal_said(keys.key, "ask", number, question), headers=shown, timeout=60)
        if reply.status_code != 200:
            return dict(reply.json())
        answer: dict[str, Any] = json.loads(open_said(keys.key, "answer", reply.content, number)[1])
        return answer

    def picture(jpeg: bytes) -> list[dict[str, str]]:
        return [{"gate": str(garage.exit), "jpeg": base64.b64encode(jpeg).decode()}]

    says()
    call = called(centre, garage)
    with pytest.raises(NotFound):
        seen(centre, call)
    assert says()["looks"] == []
    says(pictures=[])
    with pytest.raises(NotFound):
        seen(centre, call)
    assert says(pictures=[])["looks"] == [str(garage.exit)]
    for broken in (b"<script>", b"\xff\xd8\xff" + bytes(edge_looks.MOST_PICTURE)):
        says(pictures=picture(broken))
        with pytest.raises(NotFound):
            seen(centre, call)
    assert says(pictures=picture(bytes(300_000)))["code"] == "edge.not-understood"
    assert says(pictures=[{"gate": str(garage.exit), "jpeg": "no base 64 €"}])["code"] == "edge.not-understood"
