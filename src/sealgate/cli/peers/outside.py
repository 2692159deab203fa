"""Another program's lines, of which nothing is believed: how long one is, how long it is silent, how long it goes on."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence

from sealgate.domain.errors import Refused

LONGEST = 64 * 1024
"""Bytes in a line. A vector of 128 numbers is 3 kB, a picture full of text some more."""
REASON = 300
"""Characters of a program's own words that are told on."""
SILENT, WHOLE, ENDING = 900.0, 4 * 3600.0, 60.0
"""Seconds without a word, altogether, and from the last word to the end."""


class PeerFailed(Refused):
    """A peer's program broke off, said what nobody can read, or said nothing for too long."""

    code = "bench.peer-failed"
    hint = "Everything else was measured; run the same again, or with fewer pictures"


def lines(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    silent: float = SILENT,
    whole: float = WHOLE,
    ending: float = ENDING,
    longest: int = LONGEST,
) -> Generator[bytes, None, None]:
    """What the program writes on its standard output, line by line. It and its children are ended when this is left.

    Raises `PeerFailed` with the last words of its standard error if it ends badly, and where it goes beyond a bound.
    """
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(  # noqa: S603 - our own words, and a folder of the operator's choice
            command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=dict(env), start_new_session=True
        )
    except OSError as error:
        raise PeerFailed(f"it cannot be started: {error.strerror}") from error
    try:
        last = yield from _until_closed(process, silent, time.monotonic() + whole, longest)
        if status := process.wait(ending):
            raise PeerFailed(reason(last) or f"it ended with status {status}")
    except subprocess.TimeoutExpired as error:
        raise PeerFailed("it closed its output and did not end") from error
    finally:
        _end(process)


def _until_closed(process: subprocess.Popen[bytes], silent: float, until: float, longest: int) -> Generator[bytes, None, bytes]:
    """Returns the last bytes of the standard error."""
    assert process.stdout is not None
    assert process.stderr is not None
    rest, last = b"", b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        waiting.register(process.stderr, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(max(0.0, min(silent, until - time.monotonic())))
            if not ready or time.monotonic() > until:
                raise PeerFailed("it took too long")
            for key, _ in ready:
                piece = os.read(key.fd, longest)
                if not piece:
                    waiting.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    last = (last + piece)[-4096:]
                else:
                    *found, rest = (rest + piece).split(b"\n")
                    if max(map(len, (*found, rest))) > longest:
                        raise PeerFailed(f"a line of more than {longest} bytes")
                    yield from found
    if rest:
        yield rest
    return last


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def reason(last: bytes) -> str:
    """The line that says most: the last that begins with ERROR, or the last; without colours, controls and addresses.

    >>> reason(b"Looking in http://x/y\\nERROR: No matching distribution found for nothing==1\\n\\n[notice] new pip")
    'No matching distribution found for nothing==1'
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", last.decode("utf-8", "replace"))
    said = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in said if line.startswith("ERROR:")]
    best = (errors or said or [""])[-1]
    printable = "".join(c for c in re.sub(r"\w+://\S+", "(address)", best) if c.isprintable())
    return printable[:REASON]
