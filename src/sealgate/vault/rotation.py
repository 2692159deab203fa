"""Putting many keys under a new wrapping while others make, use and destroy keys.

The surprising thing: it goes over the shelf again until it finds nothing left, because a key may be put under the old
wrapping by somebody who read the shelf a moment before. Each key changes by one conditional write, so whoever was
first wins, and a crash anywhere leaves every key under exactly one wrapping.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sealgate.ports import KeyShelf, WrappedKey
from sealgate.vault.errors import KeyDestroyed, RotationPending, UnknownKey, WrongRoot

MAX_PASSES = 10
"""Two are usual. More than these means that the shelf refuses every write, or that somebody rotates against us."""

RETIRE_AFTER = timedelta(days=1)
"""How long a replaced wrapping key stays: nobody who has just read it as the newest takes longer to put a key under it."""


def rewrap_all(shelf: KeyShelf, due: Callable[[WrappedKey], bool], rewrapped: Callable[[WrappedKey], bytes]) -> int:
    """How many keys got a new wrapping. Raises `RotationPending` when some would not take it."""
    changed = 0
    for _ in range(MAX_PASSES):
        left = [key for key in shelf.all() if key.wrapped and due(key)]  # a list: an open cursor must not meet our writes
        if not left:
            return changed
        changed += sum(_rewrap(shelf, key, rewrapped) for key in left)
    raise RotationPending


def _rewrap(shelf: KeyShelf, key: WrappedKey, rewrapped: Callable[[WrappedKey], bytes]) -> bool:
    try:
        return shelf.rewrap(key, rewrapped(key))
    except (WrongRoot, UnknownKey, KeyDestroyed):
        if changed_since(shelf, key) is None:
            raise
        return False


def changed_since(shelf: KeyShelf, key: WrappedKey) -> WrappedKey | None:
    """The key as it lies there now, if that is not how we read it. Else whatever we met is the key's real state."""
    now = shelf.by_id(key.tenant, key.key)
    return None if now is None or now.wrapped == key.wrapped else now
