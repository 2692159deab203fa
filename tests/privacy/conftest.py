"""A keyring that is open, over the real store, and Dora who writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sealgate.store.engine import SystemClock
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import create_key_file


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    keyring = Keyring(MemoryShelf(), SystemClock())
    keyring.initialise(create_key_file(tmp_path / "root.key"))
    return keyring


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 3, 2, 12, tzinfo=UTC)
