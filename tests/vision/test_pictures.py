"""Bytes from outside: what is a picture is decoded upright, what is none is refused by name before a decoder sees it."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from sealgate.domain.errors import Refused
from sealgate.ports import Pixels
from sealgate.vision.pictures import (
    BrokenPicture,
    EmptyPicture,
    PictureTooLarge,
    UnknownPicture,
    decode,
    encode_jpeg,
    read_header,
)

KINDS = ("jpeg", "png", "webp", "bmp")


def a_picture(height: int = 40, width: int = 60) -> Pixels:
    """Smooth, and different in each corner, so that every turn and flip shows."""
    y, x = np.mgrid[0:height, 0:width]
    return np.dstack([x * 255 // width, y * 255 // height, np.full_like(x, 128)]).astype(np.uint8)


def encoded(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(a_picture()[:, :, ::-1])).save(buffer, kind.upper(), **options)
    return buffer.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def a_bomb(side: int) -> bytes:
    """A PNG that claims side by side pixels and has few bytes."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", KINDS)
def test_the_four_kinds_are_decoded(kind: str) -> None:
    pixels = decode(encoded(kind))
    assert pixels.shape == (40, 60, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - a_picture()).mean() < 12


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_says_the_size_before_anything_is_decoded(kind: str) -> None:
    header = read_header(encoded(kind))
    assert (header.kind, header.width, header.height) == (kind, 60, 40)


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exif": Image.Exif()}])
def test_every_writing_of_webp_is_measured(options: dict[str, object]) -> None:
    assert read_header(encoded("webp", **options)).width == 60


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phone_held_in_any_way_gives_an_upright_picture(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(kind, exif=exif)
    with Image.open(io.BytesIO(data)) as held:
        upright = np.asarray(ImageOps.exif_transpose(held).convert("RGB"))[:, :, ::-1]
    pixels = decode(data)
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 3


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(EmptyPicture) as refusal:
        decode(b"")
    assert refusal.value.code == "picture.empty"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_a_cut_off_picture_is_refused_and_not_shown_in_part(kind: str, share: float) -> None:
    data = encoded(kind)
    with pytest.raises((BrokenPicture, UnknownPicture)):
        decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_without_its_last_two_bytes_is_refused(kind: str) -> None:
    with pytest.raises(BrokenPicture) as refusal:
        decode(encoded(kind)[:-2])
    assert refusal.value.code == "picture.broken"


def test_a_bomb_is_refused_by_what_it_claims() -> None:
    with pytest.raises(PictureTooLarge) as refusal:
        decode(a_bomb(60_000))
    assert refusal.value.code == "picture.too-large"
    assert refusal.value.status == 413


def test_a_picture_that_claims_more_rows_than_it_has_is_broken() -> None:
    with pytest.raises(BrokenPicture):
        decode(a_bomb(2_000))


def test_a_webp_whose_frame_is_larger_than_its_canvas_is_measured_by_the_larger() -> None:
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (9).to_bytes(3, "little") + (9).to_bytes(3, "little")
    frame = b"VP8L" + struct.pack("<I", 6) + b"\x2f" + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + b"\0"
    data = b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(frame)) + b"WEBP" + canvas + frame
    with pytest.raises(PictureTooLarge):
        decode(data)


def test_a_gigantic_file_is_refused_before_its_header_is_read() -> None:
    with pytest.raises(PictureTooLarge):
        decode(b"\xff\xd8\xff" + bytes(20 * 2**20))


@pytest.mark.parametrize("data", [b"GIF89a" + bytes(100), b"%PDF-1.7" + bytes(100), b"<svg></svg>", b"PK\3\4" + bytes(50)])
def test_another_kind_of_file_is_refused_by_its_first_bytes(data: bytes) -> None:
    with pytest.raises(UnknownPicture) as refusal:
        decode(data)
    assert refusal.value.code == "picture.unknown-kind"


def test_a_run_length_coded_bmp_is_refused() -> None:
    data = bytearray(encoded("bmp"))
    data[30] = 1
    with pytest.raises(UnknownPicture):
        decode(bytes(data))


def test_nonsense_in_exif_does_not_spoil_a_good_picture() -> None:
    assert decode(encoded("jpeg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).shape == (40, 60, 3)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        decode(data)
    assert refusal.value.code.startswith("picture.")


@given(st.sampled_from(KINDS), st.data())
def test_no_changed_byte_does_more_than_change_or_break_the_picture(kind: str, data: st.DataObject) -> None:
    picture = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(1, 5))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    assert decoded_or_refused(bytes(picture)) in {"decoded", *CODES}


CODES = {kind.code for kind in (EmptyPicture, PictureTooLarge, UnknownPicture, BrokenPicture)}


def decoded_or_refused(data: bytes) -> str:
    try:
        pixels = decode(data, max_pixels=1_000_000)
    except Refused as refusal:
        return refusal.code
    return "decoded" if pixels.ndim == 3 and pixels.size <= 3_000_000 else f"of a wrong shape: {pixels.shape}"


def test_a_kept_jpeg_is_made_smaller_and_never_larger() -> None:
    assert decode(encode_jpeg(a_picture(400, 800), long_side=200)).shape == (100, 200, 3)
    assert decode(encode_jpeg(a_picture(40, 60), long_side=200)).shape == (40, 60, 3)
    assert decode(encode_jpeg(a_picture(2, 5_000), long_side=100)).shape == (1, 100, 3)


def test_a_kept_jpeg_has_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Bob's phone"
    kept = encode_jpeg(decode(encoded("jpeg", exif=exif)))
    assert b"Bob" not in kept
    assert b"Exif" not in kept


def test_quality_is_what_a_jpeg_costs() -> None:
    dice = np.random.default_rng(1)
    noise = cv2.GaussianBlur(dice.integers(0, 256, (200, 200, 3), np.uint8), (5, 5), 0)
    assert len(encode_jpeg(noise, quality=30)) < len(encode_jpeg(noise, quality=95))
