"""What Sealgate trained itself, and is therefore part of the repository: the plates' second reader (training/).

`chances.json` says how often a reading with given signs was right; it belongs to the network beside it (vision/chances.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OWN_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class OwnModel:
    """One ONNX file. `made` is the command that made it, with its seed; `sha256` is checked whenever it is loaded."""

    name: str
    file: str
    sha256: str
    role: str
    licence: str
    authors: str
    made: str
    inputs: str
    outputs: str


PLATE_READER = OwnModel(
    name="plate-reader",
    file="plate_reader.onnx",
    sha256="a4d23bcd35b65e116830055eaafeaa902173aa375b2e2b0470818f9f1c210698",
    role="reads a plate, as a second opinion and as the fast first look",
    licence="Apache-2.0",
    authors="Sealgate; trained on drawn plates alone (training/)",
    made="python -m platereader --samples 1000000 --seed 1, the mean of the weights after batch 6750 of 7812",
    inputs="(N, 3, 32, 128) float32 BGR 0..255",
    outputs="(N, 32, 75) float32: a character's likelihood at each step, none first",
)
OWN_MODELS = (PLATE_READER,)
