"""What names a camera: one line of text, read once.

`rtsp://...`, `http://...` (MJPEG), `usb:0`, `/dev/video0`, a picture, a folder of pictures, a video file. Files and
folders take `?loop` (start again at the end), pictures `?hold=2` (show each for two seconds) and `?after=10` (begin ten
seconds later).

The address of a network camera often holds a password, in some makes even in its path or query. So all that is ever
shown of it is the scheme, the host and the port; the whole is read by `streams` alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from sealgate.devices.failures import BadSource, NoSuchCamera

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mjpeg", ".mjpg", ".h264"})
LONGEST = 2048
LONGEST_HOLD = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
_USB = re.compile(r"(?:usb:|/dev/video)(\d{1,3})")
_OPTIONS = re.compile(r"(?:loop|(?:hold|after)=[\d.]+)(?:&(?:loop|(?:hold|after)=[\d.]+))*")


class SourceKind(StrEnum):
    PICTURE = "picture"
    FOLDER = "folder"
    VIDEO = "video"
    RTSP = "rtsp"
    HTTP = "http"
    USB = "usb"


@dataclass(frozen=True, slots=True)
class Source:
    """Where frames come from. `address` may hold a password; `shown` never does, and is what errors and logs say."""

    kind: SourceKind
    shown: str
    address: str = field(repr=False)
    loop: bool = False
    hold: timedelta = timedelta(0)
    after: timedelta = timedelta(0)

    @property
    def live(self) -> bool:
        """Whether the pictures show now: the end of such a stream is a failure, not an end."""
        return self.kind in {SourceKind.RTSP, SourceKind.HTTP, SourceKind.USB}


def parse_source(text: str) -> Source:
    """Read a source. Raises `BadSource` for what cannot be one, `NoSuchCamera` for a file that is not there."""
    text = text.strip()
    if not text or len(text) > LONGEST or any(ord(c) < 32 for c in text):
        raise BadSource("a camera is named by 1 to 2048 printable characters", field="source")
    if "://" in text:
        return _network(text)
    if usb := _USB.fullmatch(text):
        return Source(SourceKind.USB, f"usb:{usb[1]}", f"/dev/video{usb[1]}")
    return _file(text)


def _network(text: str) -> Source:
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        # `from None`: the error of urlsplit quotes the address.
        raise BadSource("the address of the camera cannot be read", field="source", hint="Write rtsp://host/path") from None
    kind = {"rtsp": SourceKind.RTSP, "rtsps": SourceKind.RTSP, "http": SourceKind.HTTP, "https": SourceKind.HTTP}.get(scheme)
    if kind is None or not host or " " in text:
        raise BadSource("an address begins with rtsp://, rtsps://, http:// or https://, and names a host", field="source")
    shown_host = f"[{host}]" if ":" in host else host
    return Source(kind, f"{scheme}://{shown_host}" + (f":{port}" if port else ""), text)


def _file(text: str) -> Source:
    path, options = _split(text)
    loop = "loop" in options
    hold = _seconds(options.get("hold", "0"), LONGEST_HOLD, "a picture is held for at most 60 seconds")
    after = _seconds(options.get("after", "0"), LONGEST_WAIT, "pictures begin at most 3600 seconds later")
    try:
        path.lstat()
    except OSError:  # not there, a name too long, a folder we may not enter
        raise NoSuchCamera(f"{path.name[:80]}: no such file or folder", permanent=True) from None
    if path.is_dir():
        kind = SourceKind.FOLDER
    elif path.is_file() and path.suffix.lower() in PICTURES:
        kind = SourceKind.PICTURE
    elif path.is_file() and path.suffix.lower() in VIDEOS:
        kind = SourceKind.VIDEO
    else:
        known = " ".join(sorted(PICTURES | VIDEOS))
        raise BadSource(f"{path.name}: neither a folder, a picture nor a video", field="source", hint=f"Known are {known}")
    return Source(kind, path.name or str(path), str(path), loop, hold, after)


def _split(text: str) -> tuple[Path, dict[str, str]]:
    """A file may have a question mark in its name: only options that we know are cut off."""
    path, mark, options = text.rpartition("?")
    if not mark or not _OPTIONS.fullmatch(options):
        return Path(text), {}
    return Path(path), dict(parse_qsl(options, keep_blank_values=True))


def _seconds(text: str, most: timedelta, otherwise: str) -> timedelta:
    try:
        span = timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        raise BadSource(f"{text[:20]!r} is no number of seconds", field="source") from None
    if span > most:
        raise BadSource(otherwise, field="source")
    return span
