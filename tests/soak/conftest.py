"""A span of time in a garage, lived through and reckoned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.soak.reckoning import reckon
from tests.soak.world import World


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A span of time lived through and reckoned; the figures, as text."""
    worlds: list[World] = []

    def live(**terms: int) -> str:
        worlds.append(World(tmp_path, **terms))
        worlds[-1].run()
        return reckon(worlds[-1])

    yield live
    for world in worlds:
        world.server.stop()
