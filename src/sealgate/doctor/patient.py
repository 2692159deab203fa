"""What is looked at: the settings always, the house where it could be opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sealgate.domain.findings import Finding
from sealgate.flows.kit import House
from sealgate.ports import Clock
from sealgate.settings import Settings
from sealgate.vision.catalogue import MODELS_FOLDER

PATIENCE = 5.0
"""Seconds for anything that is asked over a network."""


@dataclass(frozen=True, slots=True)
class Patient:
    """`house` is None where the program could not be opened, or runs elsewhere."""

    settings: Settings
    clock: Clock
    house: House | None = None
    models: Path = MODELS_FOLDER


Looks = Callable[[Patient], Iterator[Finding]]
