"""Running what is asynchronous from a test that is not, also where a browser's own loop already runs in this thread."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(what: Coroutine[Any, Any, T]) -> T:
    """What this coroutine gives, run to its end on a loop and a thread of its own.

    The browser's library keeps a loop running in the thread of the tests from its first page to the end of the session:
    `asyncio.run` refuses there, and which tests share a process with it is chance.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()
