"""How a word is looked for: in every form, not by chance, and as a whole."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import secrets
import zlib
from collections.abc import Callable

import pytest

from sealgate.drills.needles import Needles, needles_for
from sealgate.drills.streams import unwrapped

NAME, PHONE, PLATE = "欧阳小红", "13812345678", "沪A12B45"


@pytest.fixture(scope="module")
def needles() -> Needles:
    return needles_for([(NAME, "name"), ("王芳", "name"), (PHONE, "telephone"), (PLATE, "plate"), ("Tomás Ferreira", "name")])


def found(needles: Needles, data: bytes, *, in_text: bool = False) -> set[str]:
    return {hit.needle.kind for hit in needles.hits(data, in_text=in_text)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_a_word_is_found_in_every_encoding_in_the_middle_of_noise(needles: Needles, encoding: str) -> None:
    noise = secrets.token_bytes(10_007)
    for word, kind in ((NAME, "name"), (PLATE, "plate"), (PHONE, "telephone")):
        data = noise + " ".encode(encoding) + word.encode(encoding) + " ".encode(encoding) + noise
        assert kind in found(needles, data), (word, encoding)


@pytest.mark.parametrize("shift", range(3))
def test_base64_is_found_wherever_it_begins(needles: Needles, shift: int) -> None:
    whole = base64.b64encode(b"x" * shift + PLATE.encode() + b"yy")
    assert found(needles, whole) == {"plate"}


def test_hex_json_and_url_escapes_are_found(needles: Needles) -> None:
    for written in (
        NAME.encode().hex(),
        NAME.encode().hex().upper(),
        "\\u6b27\\u9633\\u5c0f\\u7ea2",
        "%E6%AC%A7%E9%98%B3%E5%B0%8F%E7%BA%A2",
    ):
        assert found(needles, b"a=" + written.encode()) == {"name"}, written


def test_case_does_not_hide_a_name(needles: Needles) -> None:
    assert found(needles, "TOMÁS FERREIRA was here".encode()) == {"name"}


def test_noise_holds_nobody(needles: Needles) -> None:
    assert found(needles, secrets.token_bytes(8 << 20)) == set()


def test_a_short_name_counts_only_where_text_stands_around_it(needles: Needles) -> None:
    short = "王芳".encode("gb18030")
    assert found(needles, secrets.token_bytes(64) + b"\x91" + short + b"\x83" + secrets.token_bytes(64)) == set()
    assert found(needles, b'{"name": "' + short + b'", "a": 1}') == {"name"}
    assert found(needles, '"name": "王芳", '.encode("utf-16-le")) == {"name"}


def test_digits_count_as_a_whole_number_only(needles: Needles) -> None:
    assert found(needles, f"id 99{PHONE}99 of".encode(), in_text=True) == set()
    assert found(needles, f"call {PHONE}.".encode(), in_text=True) == {"telephone"}


@pytest.mark.parametrize(
    "pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress, base64.b64encode, base64.b32encode]
)
def test_what_is_packed_is_unpacked_wherever_it_begins(needles: Needles, pack: Callable[[bytes], bytes]) -> None:
    data = b"\0\0\0" + pack(f"the driver of {PLATE} called from {PHONE} today".encode()) + b"\0\0\0"
    assert any({"plate", "telephone"} <= found(needles, inner) for _at, _how, inner in unwrapped(data))


def test_what_is_packed_twice_is_unpacked_twice(needles: Needles) -> None:
    data = base64.b64encode(gzip.compress(f"{PLATE} {PLATE} {PLATE}".encode()))
    assert any(found(needles, inner) == {"plate"} for _at, _how, inner in unwrapped(data))
