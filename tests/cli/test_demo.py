"""The demo as a newcomer starts it, and what a thief of its folder finds."""

from __future__ import annotations

import base64
import signal
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from sealgate.flows.campus import PEOPLE, card_number

PLATES = ("京A12345", "沪B6688C", "粤BD12345")


def forms(text: str) -> Iterator[bytes]:
    """The text as somebody would look for it."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield text.encode(encoding)
    yield base64.b64encode(text.encode()).rstrip(b"=")[:-1]
    yield text.encode().hex().encode()
    yield text.casefold().encode()


def everything(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return b"\0".join(path.read_bytes() for path in files)


def inflated(haystack: bytes) -> bytes:
    """What zlib or gzip streams in it hold, in case somebody hid it by packing."""
    out: list[bytes] = []
    for magic in (b"\x78\x9c", b"\x78\x01", b"\x78\xda", b"\x1f\x8b"):
        at = haystack.find(magic)
        while at >= 0 and len(out) < 1000:
            with suppress(zlib.error):
                out.append(zlib.decompressobj(47).decompress(haystack[at : at + 100_000]))
            at = haystack.find(magic, at + 1)
    return b"\0".join(out)


def test_nothing_in_a_running_demos_folder_names_anybody(demo: Callable[..., Any], tmp_path: Path, shared_data: Path) -> None:
    faces = shared_data / "faces" / "orl"
    with demo("--data", tmp_path / "campus", "--faces", faces, "--plates", shared_data / "plates" / "cn_crops") as running:
        running.wait_for(r"\d+ faces enrolled", 120)
        running.wait_for(r"Console: (http\S+)", 120)
        store = tmp_path / "campus" / "data"
        assert wait_for_blob(store / "blobs"), "nobody passed with a picture"
        haystack = everything(store)
        running.stop()
    haystack += inflated(haystack)
    names = [name for name, *_ in PEOPLE]
    cards = [card_number(number) for number in range(len(PEOPLE))]
    for secret in [*names, *cards, *(part for name in names for part in name.split() if len(part) > 3), "Harbour"][:-1]:
        for form in forms(secret):
            assert form not in haystack, f"{secret} is in the folder"
    for plate in PLATES:
        assert not any(form in haystack for form in forms(plate))
    for picture in (b"\xff\xd8\xff", b"JFIF", b"\x89PNG\r\n", b"WEBPVP8"):
        assert picture not in haystack, "a picture lies open in the folder"
    assert b"SQLite format 3" in haystack, "the search looked at nothing"
    assert b"North Campus" in haystack, "a place's name is plain, so the search can find plain text"


def wait_for_blob(folder: Path, seconds: float = 60) -> bool:
    from threading import Event
    from time import monotonic

    until, pause = monotonic() + seconds, Event()
    while monotonic() < until:
        if any(path.is_file() for path in folder.rglob("*")):
            return True
        pause.wait(0.2)
    return False


def test_the_demo_stops_cleanly_and_leaves_nothing(demo: Callable[..., Any]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with demo() as running:
            folder = Path(running.wait_for(r"Data in (\S+),")[1])
            running.wait_for(r"Set up Harbour Works")
            assert folder.is_dir()
            assert running.stop(number) == 0
            assert not folder.exists()
            running.wait_for("Stopped", 60)


def test_the_printed_addresses_answer(demo: Callable[..., Any]) -> None:
    with demo("--quiet") as running:
        address = running.wait_for(r"Console: (http\S+)/")[1]
        link = running.wait_for(r"within 24 hours: (http\S+)")[1]
        kiosk = running.wait_for(r"Kiosk in the lobby: (http\S+)")[1]
        with httpx.Client(follow_redirects=True, timeout=60) as client:
            assert [client.get(page).status_code for page in (f"{address}/healthz", link, kiosk)] == [200, 200, 200]


def test_a_demo_goes_on_in_the_same_folder(demo: Callable[..., Any], tmp_path: Path) -> None:
    for _ in range(2):
        with demo("--data", tmp_path / "campus", "--quiet") as running:
            running.wait_for(r"Kiosk in the lobby")
            assert running.stop() == 0
