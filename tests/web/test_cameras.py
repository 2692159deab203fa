"""Alice aims a camera, looks through it and tries a picture; Dora sees how it is and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sealgate.app import Program, initialise, running
from sealgate.devices.cameras import open_camera
from sealgate.devices.simulated import SimulatedFaceReader, SimulatedPlateReader
from sealgate.domain.cameras import CameraLook, Course, Keenness
from sealgate.domain.ids import GateId, SiteId
from sealgate.domain.places import GateKind
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means, Sighting
from sealgate.edge.gate import GateLoop
from sealgate.flows import cameras, rules
from sealgate.flows.at_gate import Answer
from sealgate.flows.kit import House, Signed
from sealgate.settings import Settings
from sealgate.store import journal

BLUE, GREEN = (220, 0, 0), (0, 220, 0)
PLATE = PlateText("京A12345")
Enters = Callable[[Signed], Any]


@pytest.fixture
def program(tmp_path: Path, clock: Any) -> Iterator[Program]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    initialise(settings, "Acme")
    plates = SimulatedPlateReader({BLUE: PLATE}, score=0.7)
    faces = SimulatedFaceReader({GREEN: np.eye(128, dtype=np.float32)[0]}, quality=0.1)
    with running(settings, faces=faces, plates=plates, clock=clock) as opened:
        yield opened


@pytest.fixture
def house(program: Program) -> House:
    return program.house


def lane_with(colour: tuple[int, int, int] | None, *, x: int = 40) -> bytes:
    pixels = np.full((240, 320, 3), 110, np.uint8)
    if colour is not None:
        pixels[80:160, x : x + 80] = colour
    done, data = cv2.imencode(".png", pixels)
    assert done
    return bytes(data)


def undecided(_sighting: Sighting) -> Answer:
    pytest.fail("nobody looks at this film")


@dataclass(frozen=True)
class Lane:
    gate: GateId
    page: str


@pytest.fixture
def lane(program: Program, alice: Signed, campus: SiteId, tmp_path: Path) -> Lane:
    """A barrier with a camera that has shown three pictures, and shows the last of them now."""
    house = program.house
    outside = next(zone.zone for zone in rules.zones(house, alice, campus) if zone.outside)
    yard = rules.add_zone(house, alice, campus, "Yard")
    new = rules.NewGate("Yard barrier", GateKind.BARRIER, outside, yard, frozenset({Means.PLATE, Means.CARD}))
    gate = rules.add_gate(house, alice, campus, new)
    film = tmp_path / "film"
    film.mkdir()
    for n in range(3):
        (film / f"{n}.png").write_bytes(lane_with(None if n < 2 else BLUE))
    rules.change_gate(house, alice, gate, rules.GateChange(source=str(film)))
    camera = open_camera(str(film), house.clock, decode=house.decode, fps=None)
    loop = program.views.opened(alice.tenant, gate, 1, lambda: GateLoop(gate, camera, [], undecided))
    loop.run()
    return Lane(gate, f"/s/{campus}/cameras/{gate}/1")


def actions(house: House, signed: Signed) -> list[str]:
    with house.store.read(signed.tenant) as db:
        return [entry.action for entry in journal.page(db, limit=50) if entry.action.startswith("camera.")]


def test_the_cameras_are_listed_with_how_they_are(
    alice: Signed, dora: Signed, campus: SiteId, lane: Lane, enter: Enters
) -> None:
    for operator in (alice, dora):
        listed = enter(operator).get(f"/s/{campus}/cameras").text
        assert "1 camera at North Campus" in listed
        assert lane.page in listed
    assert f'href="/s/{campus}/cameras"' in enter(dora).get(f"/s/{campus}/gates").text


def test_a_region_a_country_and_a_way_are_kept_and_shown_again(house: House, alice: Signed, lane: Lane, enter: Enters) -> None:
    inside = enter(alice)
    said = inside.post(
        lane.page,
        {
            "x": ["10", "60,5", "60.5", "10", "", "", "", ""],
            "y": ["20", "20", "90", "90", "", "", "", ""],
            "countries": ["br", "cn"],
            "course": "towards",
            "keenness": "calm",
        },
    )
    assert "The camera looks that way now" in said.text
    assert 'points="100,200 605,200 605,900 100,900"' in said.text
    assert 'value="60.5"' in said.text
    look = CameraLook(((100, 200), (605, 200), (605, 900), (100, 900)), ("cn", "br"), Course.TOWARDS, Keenness.CALM)
    assert cameras.camera(house, alice, lane.gate, 1).look == look
    assert actions(house, alice) == ["camera.aimed"]


NO_LOOKS: dict[str, dict[str, Any]] = {
    "two corners": {"x": ["10", "20"], "y": ["10", "20"]},
    "beyond": {"x": ["0", "400", "0"], "y": ["0", "0", "100"]},
    "no figure": {"x": ["0", "nan", "0"], "y": ["0", "0", "100"]},
    "huge": {"x": ["0", "1e300", "0"], "y": ["0", "0", "100"]},
    "words": {"x": ["0", "left", "0"], "y": ["0", "0", "100"]},
    "no way": {"course": "sideways"},
    "no country": {"countries": ["xx"]},
}


def test_what_does_not_fit_is_said_and_changes_nothing(house: House, alice: Signed, lane: Lane, enter: Enters) -> None:
    inside = enter(alice)
    for name, typed in NO_LOOKS.items():
        page = inside.post(lane.page, {"course": "any", "keenness": "usual", **typed})
        assert page.status_code == 422, name
        assert 'role="alert"' in page.text, name
    assert cameras.camera(house, alice, lane.gate, 1).look == CameraLook()
    assert actions(house, alice) == []


def test_looking_through_it_is_asked_for_journaled_and_over_after_five_minutes(
    house: House, alice: Signed, lane: Lane, clock: Any, enter: Enters
) -> None:
    inside = enter(alice)
    assert "cameras/now/" not in inside.get(lane.page).text
    seen = inside.post(f"{lane.page}/look").text
    still = re.search(r'src="(/s/[^"]*/cameras/now/[^"]+)"', seen)
    assert still is not None
    answer = inside.get(still[1])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert actions(house, alice) == ["camera.watched"]
    assert enter(alice).get(still[1]).status_code == 410  # another session's
    clock.move(timedelta(seconds=30))
    assert inside.get(still[1]).status_code == 409  # an old picture is not now
    clock.move(timedelta(minutes=5))
    assert inside.get(still[1]).status_code == 410


def test_a_picture_is_tried_told_of_and_kept_nowhere(house: House, alice: Signed, lane: Lane, enter: Enters) -> None:
    inside, names = enter(alice), set(house.blobs.names())
    page = inside.post(f"{lane.page}/try", files={"picture": ("car.png", lane_with(BLUE), "image/png")}).text
    assert "aria-label" in page
    assert "Less sure than the gate asks for" in page
    assert "0.70" in page
    now = inside.post(f"{lane.page}/try").text  # what the camera sees now
    assert "Less sure than the gate asks for" in now
    inside.post(lane.page, {"x": ["50", "100", "100"], "y": ["0", "0", "100"], "course": "any", "keenness": "usual"})
    assert "Outside of what is read" in inside.post(f"{lane.page}/try").text
    assert actions(house, alice) == ["camera.watched", "camera.aimed", "camera.watched", "camera.tried"]
    assert set(house.blobs.names()) == names


def test_a_picture_that_is_none_is_refused(alice: Signed, lane: Lane, enter: Enters) -> None:
    inside = enter(alice)
    for picture, status in ((b"no picture at all", 415), (lane_with(BLUE)[:200], 422)):
        page = inside.post(f"{lane.page}/try", files={"picture": ("car.jpg", picture, "image/jpeg")})
        assert (page.status_code, "What is read" in page.text) == (status, True)


def test_who_only_reads_the_rules_sees_figures_and_no_picture(dora: Signed, lane: Lane, enter: Enters) -> None:
    inside = enter(dora)
    page = inside.get(lane.page).text
    assert "Frames a second" in inside.get(f"{lane.page}/health").text
    assert "in 3 of 3 frames" in page
    assert "Look through" not in page
    for path in ("", "/look", "/try"):
        assert inside.post(lane.page + path, {"course": "any", "keenness": "usual"}).status_code == 403


def test_a_camera_of_elsewhere_is_none(alice: Signed, lane: Lane, umbra: Signed, enter: Enters) -> None:
    assert enter(umbra).get(lane.page).status_code == 404
    assert enter(alice).get(lane.page[:-1] + "2").status_code == 404
