"""Pictures that come from outside, as bytes: looked at before they are decoded, then decoded or refused.

A few hundred bytes can claim sixty thousand by sixty thousand pixels. So the size is read from the header by our own
few lines, and a picture that is too large, cut off or of a kind we do not know never reaches a decoder.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from sealgate.domain.errors import Refused
from sealgate.ports import Box, Pixels

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000


class EmptyPicture(Refused):
    code = "picture.empty"
    hint = "The file has no bytes: take the picture again"


class PictureTooLarge(Refused):
    code = "picture.too-large"
    status = 413
    hint = "Send a picture of at most 20 MB and 50 million pixels"


class UnknownPicture(Refused):
    code = "picture.unknown-kind"
    status = 415
    hint = "Send a JPEG, PNG, WebP or BMP picture"


class BrokenPicture(Refused):
    code = "picture.broken"
    hint = "The file is cut off or damaged: send it again"


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture says of itself. `orientation` is that of EXIF, 1 (upright) to 8."""

    kind: str
    width: int
    height: int
    orientation: int = 1


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> Pixels:
    """(height, width, 3) uint8, blue-green-red, upright as EXIF says.

    Raises `EmptyPicture`, `PictureTooLarge`, `UnknownPicture`, `BrokenPicture`.
    """
    if not data:
        raise EmptyPicture("the file is empty")
    if len(data) > max_bytes:
        raise PictureTooLarge(f"{len(data)} bytes, at most {max_bytes}")
    header = read_header(data)
    if header.width * header.height > max_pixels:
        raise PictureTooLarge(f"{header.width} x {header.height} pixels, at most {max_pixels}")
    pixels = _decoded(data)
    if pixels.shape[:2] != (header.height, header.width):
        raise BrokenPicture("the picture is not of the size that its header says")
    return _upright(pixels, header.orientation)


def _decoded(data: bytes) -> Pixels:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise BrokenPicture("the decoder gave up") from error
    if pixels is None:
        raise BrokenPicture("the decoder found no picture")
    return cast("Pixels", pixels)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def encode_jpeg(pixels: Pixels, long_side: int = 640, quality: int = 85) -> bytes:
    """A JPEG without any metadata, made smaller (never larger) so that no side is longer than `long_side`."""
    height, width = pixels.shape[:2]
    share = min(1.0, long_side / max(height, width))
    if share < 1.0:
        size = (max(1, round(width * share)), max(1, round(height * share)))
        pixels = cast("Pixels", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    done, buffer = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return bytes(buffer)


CODE_SIDE = 960
"""Pixels of the longer side at which codes are looked for: a telephone held before a kiosk is read, and a look is cheap."""


def code_in(pixels: Pixels) -> str:
    """The text of a QR code in the picture, empty where none is read. Never raises on odd pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, CODE_SIDE / max(height, width, 1))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    try:
        text, _corners, _straight = cv2.QRCodeDetector().detectAndDecode(small)
    except (cv2.error, UnicodeDecodeError):
        return ""
    return str(text)


def as_colour(pixels: Pixels) -> Pixels | None:
    """Any picture as (height, width, 3) uint8; None for what is no picture."""
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or pixels.size == 0:
        return None
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[:, :, :3] if pixels.shape[2] in (3, 4) else None


def inside(corners: NDArray[np.float32], width: int, height: int) -> Box | None:
    """The part of a box that lies in the picture, in whole pixels; None where nothing does."""
    left, top = max(0, int(corners[0])), max(0, int(corners[1]))
    right, bottom = min(width, int(np.ceil(corners[2]))), min(height, int(np.ceil(corners[3])))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def read_header(data: bytes) -> Header:
    """The size that the picture claims, and whether its end is there. Raises `UnknownPicture`, `BrokenPicture`."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            header = _jpeg(data)
        elif data.startswith(b"\x89PNG\r\n\x1a\n"):
            header = _png(data)
        elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            header = _webp(data)
        elif data.startswith(b"BM"):
            header = _bmp(data)
        else:
            raise UnknownPicture("not a JPEG, PNG, WebP or BMP picture")
    except IndexError:
        raise BrokenPicture("the header is cut off") from None
    if header.width < 1 or header.height < 1:
        raise BrokenPicture("a picture without pixels")
    return header


def _number(data: bytes, at: int, length: int, *, big: bool) -> int:
    """An unsigned integer; raises `IndexError` past the end."""
    part = data[at : at + length]
    if len(part) < length:
        raise IndexError
    return int.from_bytes(part, "big" if big else "little")


# --- JPEG ---

_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _EXIF_SEGMENT = 0xDA, 0xE1


def _jpeg(data: bytes) -> Header:
    """Walks the segments to the first scan. Inside a scan 0xFF is always escaped, so FFD9 is the end and nothing else."""
    size: tuple[int, int] | None = None
    orientation = 1
    for marker, start, end in _jpeg_segments(data):
        if marker in _FRAME_MARKERS:
            size = _number(data, start + 3, 2, big=True), _number(data, start + 1, 2, big=True)
        elif marker == _EXIF_SEGMENT and data[start : start + 6] == b"Exif\0\0":
            orientation = exif_orientation(data[start + 6 : end])
        elif marker == _START_OF_SCAN and data.find(b"\xff\xd9", end) < 0:
            raise BrokenPicture("the end of the JPEG is missing")
    if size is None:
        raise BrokenPicture("a JPEG without a frame")
    return Header("jpeg", *size, orientation)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, first byte, byte behind the last) of each segment up to and with the first scan's."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise BrokenPicture("a JPEG segment does not begin where it should")
        marker, length = data[at + 1], _number(data, at + 2, 2, big=True)
        if length < 2 or at + 2 + length > len(data):
            raise BrokenPicture("a JPEG segment is cut off")
        yield marker, at + 4, at + 2 + length
        if marker == _START_OF_SCAN:
            return
        at += 2 + length


# --- PNG ---


def _png(data: bytes) -> Header:
    """Walks all chunks: IHDR first, IEND last, every checksum right."""
    if data[12:16] != b"IHDR":
        raise BrokenPicture("a PNG without a header")
    width, height = _number(data, 16, 4, big=True), _number(data, 20, 4, big=True)
    orientation, at, kind = 1, 8, b""
    while kind != b"IEND":
        length, kind = _number(data, at, 4, big=True), data[at + 4 : at + 8]
        body = memoryview(data)[at + 4 : at + 8 + length]
        if zlib.crc32(body) != _number(data, at + 8 + length, 4, big=True):
            raise BrokenPicture("a part of the PNG is damaged")
        if kind == b"eXIf":
            orientation = exif_orientation(bytes(body[4:]))
        at += 12 + length
    return Header("png", width, height, orientation)


# --- WebP ---


def _webp(data: bytes) -> Header:
    """The largest size that any of its chunks claims: the canvas and the frame may differ."""
    if _number(data, 4, 4, big=False) + 8 > len(data):
        raise BrokenPicture("the end of the WebP is missing")
    width = height = 0
    orientation, at = 1, 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], _number(data, at + 4, 4, big=False)
        if kind == b"EXIF":
            orientation = exif_orientation(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        elif (size := _webp_size(data, kind, at + 8)) is not None:
            width, height = max(width, size[0]), max(height, size[1])
        at += 8 + length + length % 2
    return Header("webp", width, height, orientation)


def _webp_size(data: bytes, kind: bytes, at: int) -> tuple[int, int] | None:
    match kind:
        case b"VP8X":
            return _number(data, at + 4, 3, big=False) + 1, _number(data, at + 7, 3, big=False) + 1
        case b"VP8 ":
            return _number(data, at + 6, 2, big=False) & 0x3FFF, _number(data, at + 8, 2, big=False) & 0x3FFF
        case b"VP8L":
            bits = _number(data, at + 1, 4, big=False)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return None


# --- BMP ---

_PLAIN, _BITFIELDS = 0, 3


def _bmp(data: bytes) -> Header:
    """Uncompressed ones only: a run-length coded BMP can claim any size in a few bytes, and nobody sends one."""
    start, header_size = _number(data, 10, 4, big=False), _number(data, 14, 4, big=False)
    if header_size < 40:
        raise UnknownPicture("a BMP of the last century")
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = abs(int.from_bytes(data[22:26], "little", signed=True))
    if _number(data, 30, 4, big=False) not in (_PLAIN, _BITFIELDS):
        raise UnknownPicture("a compressed BMP")
    row = (width * _number(data, 28, 2, big=False) + 31) // 32 * 4
    if start + row * height > len(data):
        raise BrokenPicture("the end of the BMP is missing")
    return Header("bmp", width, height)


# --- EXIF ---

_ORIENTATION_TAG = 0x0112


def exif_orientation(exif: bytes) -> int:
    """1 to 8; 1 where the EXIF data says nothing, or nonsense: a wrong note about a good picture is no reason to refuse it."""
    big = exif[:2] == b"MM"
    try:
        directory = _number(exif, 4, 4, big=big)
        for entry in range(_number(exif, directory, 2, big=big)):
            at = directory + 2 + 12 * entry
            if _number(exif, at, 2, big=big) == _ORIENTATION_TAG:
                value = _number(exif, at + 8, 2, big=big)
                return value if 1 <= value <= 8 else 1
    except IndexError:
        pass
    return 1
