"""Python's search for cycles, less often while a month is derived.

The surprising thing: what is made in that time are millions of small tuples without a cycle among them, and looking for one
every 700 objects took a third of the whole. The search goes on, every 50,000, for other threads make cycles too.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

RARELY = (50_000, 20, 100)
_lock = Lock()
_inside: list[tuple[int, int, int]] = []


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Any thread may come in; the last one out puts back what the first one found."""
    with _lock:
        _inside.append(_inside[0] if _inside else gc.get_threshold())
        gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        with _lock:
            found = _inside.pop()
            if not _inside:
                gc.set_threshold(*found)
