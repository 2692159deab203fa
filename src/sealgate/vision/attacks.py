"""Films of somebody alive, and of what an attacker holds before a camera, made out of one photograph.

They exist to measure `liveness` (`sealgate bench liveness`) and to test it: a face is turned by a rough relief of a head,
a print has its raster and its paper, a screen its grid, rim and reflections, and a hand holds either and is never quite
still. The surprising thing is what follows from that: all of it is drawn, the living too. A sign that finds these finds
what we thought of; it says little about a good print, a good screen or a mask (docs/models.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sealgate.ports import Pixels, Vector

WIDTH, HEIGHT = 640, 480
FRAMES = 8
WALL = 180

Map = NDArray[np.float32]
Dice = np.random.Generator


class Film(StrEnum):
    """What is before the camera. Those that begin with `live` are people; the others are attacks."""

    LIVE_STILL = "live-still"
    LIVE_TURNS = "live-turns"
    PRINT_RASTER = "print-raster"
    PRINT_PHOTO = "print-photo"
    PRINT_BENT = "print-bent"
    PRINT_TURNED = "print-turned"
    SCREEN_PICTURE = "screen-picture"
    SCREEN_FILM = "screen-film"
    SCREEN_FINE = "screen-fine"
    FED_FROZEN = "fed-frozen"
    FED_LOOP = "fed-loop"

    @property
    def alive(self) -> bool:
        return self.value.startswith("live")


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photograph (h, w, 3) with one face; `landmarks` (5, 2) lie in it."""

    pixels: Pixels
    landmarks: Vector


def film(kind: Film, portrait: Portrait, seed: int, frames: int = FRAMES) -> list[Pixels]:
    """(480, 640, 3) each; the same for the same seed. About five a second, as a gate's eye sees them."""
    dice = np.random.default_rng(seed)
    match kind:
        case Film.LIVE_STILL | Film.LIVE_TURNS:
            made = list(_alive(portrait, dice, frames, turns=kind is Film.LIVE_TURNS))
        case Film.FED_FROZEN:
            made = [next(_alive(portrait, dice, 1, turns=False))] * frames
        case Film.FED_LOOP:
            loop = list(_alive(portrait, dice, 3, turns=True))
            made = [loop[n % 3] for n in range(frames)]
        case _:
            made = list(_shown(kind, portrait, dice, frames))
    return made


def turning(portrait: Portrait, angles: Sequence[float], seed: int) -> Iterator[Pixels]:
    """Somebody alive who turns to each of these angles (yaw, degrees) one after another, looking ahead before and between."""
    dice = np.random.default_rng(seed)
    place = np.array([320.0, 250.0])
    for yaw in (0.0, *angles):
        for part in (0.6, 1.0, 0.0) if yaw else (0.0,):
            moved = place + dice.uniform(-4, 4, 2)
            yield camera(_placed(head(portrait, yaw=part * yaw), portrait, moved, 92.0), dice)


def head(portrait: Portrait, *, yaw: float = 0.0, pitch: float = 0.0) -> Pixels:
    """The photograph with its head turned: `yaw` in degrees towards the right edge, `pitch` downwards.

    The head is an ellipsoid with a nose on it, as wide as the distance of the eyes says; what lies around it stays.
    """
    marks = portrait.landmarks.astype(np.float64)
    height, width = portrait.pixels.shape[:2]
    eyes = max(float(np.linalg.norm(marks[1] - marks[0])), 4.0)
    middle = (marks[:2].mean(0) + marks[3:].mean(0)) / 2
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float64)
    target = np.stack([(xs - middle[0]) / eyes, (ys - middle[1]) / eyes])
    nose = (marks[2] - middle) / eyes
    source = target.copy()
    angles = np.radians([yaw, pitch])
    for _ in range(4):
        # The relief is known where a point comes from, and that is what we look for: a few rounds settle it.
        depth, held = _relief(source, nose)
        moved = source * np.cos(angles)[:, None, None] + depth * np.sin(angles)[:, None, None]
        source = target - held * (moved - source)
    maps = (source * eyes + middle[:, None, None]).astype(np.float32)
    return cast("Pixels", cv2.remap(portrait.pixels, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _relief(at: NDArray[np.float64], nose: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Depth towards the camera, in distances of the eyes and measured from the eyes' own, and how far a point is the head's."""
    round_ = at[0] ** 2 / 1.15**2 + at[1] ** 2 / 1.6**2
    ball = 1.0 * np.sqrt(np.clip(1 - round_, 0.0, None))
    bump = 0.35 * np.exp(-(((at[0] - nose[0]) / 0.22) ** 2) - ((at[1] - nose[1]) / 0.3) ** 2)
    return ball + bump - 0.75, np.clip((1.9 - np.sqrt(round_)) / 0.8, 0.0, 1.0)


def _alive(portrait: Portrait, dice: Dice, frames: int, *, turns: bool) -> Iterator[Pixels]:
    sway = dice.uniform(-4, 4, 2)
    side = dice.choice([-1.0, 1.0])
    for n in range(frames):
        yaw = side * 26 * np.sin(np.pi * n / max(frames - 1, 1)) if turns else sway[0] * np.sin(n)
        face = head(portrait, yaw=float(yaw), pitch=float(sway[1] * np.cos(0.7 * n)))
        place = np.array([320, 250]) + 6 * np.array([np.sin(0.5 * n + sway[0]), np.cos(0.4 * n)])
        yield camera(_placed(face, portrait, place, 92 + 2 * np.sin(0.3 * n)), dice)


def _placed(face: Pixels, portrait: Portrait, place: NDArray[np.float64], eyes: float) -> Pixels:
    """The face in front of a wall, so large that its eyes are `eyes` pixels apart."""
    marks = portrait.landmarks.astype(np.float64)
    scale = eyes / max(float(np.linalg.norm(marks[1] - marks[0])), 4.0)
    middle = (marks[:2].mean(0) + marks[3:].mean(0)) / 2
    matrix = np.array([[scale, 0, place[0] - scale * middle[0]], [0, scale, place[1] - scale * middle[1]]])
    wall = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cv2.warpAffine(face, matrix, (WIDTH, HEIGHT), dst=wall, flags=how, borderMode=cv2.BORDER_TRANSPARENT)
    return cast("Pixels", wall)


def camera(scene: Pixels, dice: Dice) -> Pixels:
    """What a sensor makes of it: a little blur, noise, and a JPEG as a kiosk sends it."""
    noisy = cv2.GaussianBlur(scene, (0, 0), 0.6).astype(np.float32) + dice.normal(0, 2.5, scene.shape)
    data = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
    return cast("Pixels", cv2.imdecode(data, cv2.IMREAD_COLOR))


def drawn(seed: int) -> Pixels:
    """(300, 300, 3): nobody's face, drawn of ovals, so that the detector finds it; skin, hair and noise by the seed."""
    dice = np.random.default_rng(seed)
    skin = dice.uniform((70, 100, 140), (150, 180, 220))
    hair = skin * dice.uniform(0.1, 0.35)
    face = np.full((300, 300, 3), (150, 140, 130), np.float32)
    for oval in ((150, 300, 120, 70, skin * 0.35), (150, 250, 38, 60, skin * 0.75), (150, 125, 82, 100, hair)):
        face = _oval(face, *oval)
    face = _oval(face, 150, 150, 68, 90, skin)
    for side in (-1, 1):
        eye = 150 + side * 28
        face = _oval(face, eye, 118, 17, 4, hair)
        face = _oval(face, eye, 135, 20, 12, skin * 0.8, 0.6)
        face = _oval(face, eye, 136, 12, 6, np.array([235.0, 235, 235]))
        face = _oval(face, eye, 136, 6, 6, np.array([40.0, 40, 50]))
        face = _oval(face, 150 + side * 9, 178, 6, 4, skin * 0.55, 0.8)
    for oval in ((150, 160, 8, 28, skin * 1.08), (150, 182, 15, 6, skin * 0.8)):
        face = _oval(face, *oval, 0.9)
    face = _oval(face, 150, 208, 26, 8, skin * np.array([0.7, 0.6, 0.85]), 0.4)
    face = _oval(face, 150, 208, 24, 1.5, skin * 0.35, 0.4)
    face += cv2.GaussianBlur(dice.normal(0, 12, face.shape).astype(np.float32), (0, 0), 1.2)
    return np.clip(face, 0, 255).astype(np.uint8)


def _oval(on: Map, x: float, y: float, across: float, down: float, colour: NDArray[np.float64], soft: float = 0.15) -> Map:
    """`soft` is the part of its radius over which it fades in from its edge."""
    ys, xs = np.mgrid[0 : on.shape[0], 0 : on.shape[1]].astype(np.float32)
    inside = np.clip((1 - np.sqrt(((xs - x) / across) ** 2 + ((ys - y) / down) ** 2)) / soft, 0, 1)[..., None]
    return np.asarray(on * (1 - inside) + inside * colour, np.float32)


# --- prints and screens ---


def _shown(kind: Film, portrait: Portrait, dice: Dice, frames: int) -> Iterator[Pixels]:
    sheet = _Sheet.of(kind, dice)
    side = dice.choice([-1.0, 1.0])
    for n in range(frames):
        turning = kind in {Film.SCREEN_FILM, Film.SCREEN_FINE}
        yaw = side * 26 * np.sin(np.pi * n / max(frames - 1, 1)) if turning else 0.0
        face = head(portrait, yaw=float(yaw))
        yield camera(sheet.before(_placed(face, portrait, np.array([320.0, 250.0]), 92.0), n), dice)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A print or a screen in a hand. `pitch` is that of its raster in pixels of the camera, `depth` how strong it shows."""

    screen: bool
    bent: float
    pitch: float
    depth: float
    slant: float
    tilt: float
    phase: float

    @classmethod
    def of(cls, kind: Film, dice: Dice) -> _Sheet:
        screen = kind in {Film.SCREEN_PICTURE, Film.SCREEN_FILM, Film.SCREEN_FINE}
        shows = kind in {Film.PRINT_RASTER, Film.SCREEN_PICTURE, Film.SCREEN_FILM}
        return cls(
            screen=screen,
            bent=float(dice.uniform(0.25, 0.5)) if kind is Film.PRINT_BENT else 0.0,
            pitch=float(dice.uniform(1.15, 1.8) if screen else dice.uniform(2.2, 3.4)),
            depth=float(dice.uniform(0.05, 0.14)) if shows else 0.0,
            slant=float(dice.uniform(-0.12, 0.12) if screen else dice.uniform(0.5, 1.0)),
            tilt=float((0.75 if kind is Film.PRINT_TURNED else dice.uniform(0.25, 0.5)) * dice.choice([-1, 1])),
            phase=float(dice.uniform(0, 6)),
        )

    def before(self, content: Pixels, n: int) -> Pixels:
        """The scene with the sheet in it, as it is held in frame `n`."""
        ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        x, y = self._seen_at(xs, ys, n)
        page = cv2.remap(self._page(content), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        page *= self._raster(x, y)
        if self.screen:
            glow = 60 * np.exp(-(((x - 200 - 8 * n) / 90) ** 2) - ((y - 120) / 70) ** 2)
            page = page * 1.05 + 8 + glow[..., None]
        inside = (x > 90) & (x < 550) & (y > 10) & (y < 470)
        rim = (x > 78) & (x < 562) & (y > -2) & (y < 482) & ~inside
        scene = np.full((HEIGHT, WIDTH, 3), WALL, np.float32)
        scene[inside] = page[inside]
        scene[rim] = 25 if self.screen else 235
        return np.asarray(np.clip(scene, 0, 255), np.uint8)

    def _page(self, content: Pixels) -> Pixels:
        """Ink has less contrast than light, and paper a colour of its own."""
        if self.screen:
            return content
        faded = 40 + content.astype(np.float32) * 0.75
        return np.asarray(np.clip(faded * np.array([0.93, 0.98, 1.0]), 0, 255), np.uint8)

    def _seen_at(self, xs: Map, ys: Map, n: int) -> tuple[Map, Map]:
        """Where on the sheet each pixel looks: tilted about an upright axis, more or less from frame to frame."""
        tilt = self.tilt * np.sin(0.8 * n + self.phase)
        u, v = (xs - 320 - 5 * np.sin(0.6 * n)) / 320, (ys - 240 - 4 * np.cos(0.5 * n)) / 320
        # A plane seen at an angle under a lens of about 60 degrees: x' = x / (cos - x sin f), the usual homography.
        away = 1 / (np.cos(tilt) - 0.55 * u * np.sin(tilt))
        across = u * away
        if self.bent:
            across = across * (1 + self.bent * across**2)
        x, y = across * 320 + 320, v * np.cos(tilt) * away * 320 + 240
        return x.astype(np.float32), y.astype(np.float32)

    def _raster(self, x: Map, y: Map) -> NDArray[np.float32]:
        """(480, 640, 3) about 1: the grid of a screen, each colour a third further on; the four rasters of a print as two."""
        if not self.depth:
            return np.ones((*x.shape, 3), np.float32)
        along = x * np.cos(self.slant) + y * np.sin(self.slant)
        across = -x * np.sin(self.slant) + y * np.cos(self.slant)
        step = 2 * np.pi / self.pitch
        colours = [np.cos(along * step + self.phase + (2.1 * c if self.screen else 0)) for c in range(3)]
        if not self.screen:
            colours = [(c + np.cos(across * step + self.phase)) / 2 for c in colours]
        else:
            colours = [c + 0.5 * np.cos(across * step) for c in colours]
        return (1 + self.depth * np.stack(colours, -1)).astype(np.float32)
