"""Packs: better models that anybody may add, and that we do not ship. `sealgate models add PACK` takes each file from its
authors' address, or from a file that was brought along, and keeps it in the data directory.

Nothing is taken before its licence was shown and accepted. A download reads no more bytes than the file has, and its hash is
checked before a byte of it is opened or kept under its name. No hash, no pack: what we have not seen is not offered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from sealgate.domain.errors import Fault, Refused
from sealgate.vision.runtime import WrongHash, sha256_of

PATIENCE = 60
"""Seconds without a byte after which a download is given up."""

CHUNK = 1 << 16


class NoSuchPack(Refused):
    code = "models.no-such-pack"
    hint = "`sealgate models packs` lists those that there are"


class LicenceNotAccepted(Refused):
    code = "models.licence-not-accepted"
    hint = "Read the licences above, then run the command again with --accept"


class PackUnreachable(Fault):
    code = "models.pack-unreachable"
    hint = "Bring the files along and name them: sealgate models add PACK --from FILE --from FILE --accept"


@dataclass(frozen=True, slots=True)
class PackFile:
    """`size` in bytes and `sha256` are those of the file as its authors publish it at `address`, and as we keep it."""

    file: str
    address: str
    sha256: str
    size: int
    role: str
    licence: str
    authors: str


@dataclass(frozen=True, slots=True)
class Pack:
    name: str
    about: str
    files: tuple[PackFile, ...]


ZOO = "https://github.com/opencv/opencv_zoo/raw/main/models"

OPENCV = Pack(
    "opencv-2023",
    "YuNet finds faces, SFace tells them apart. Measured by its authors, not by us.",
    (
        PackFile(
            "face_detection_yunet_2023mar.onnx",
            f"{ZOO}/face_detection_yunet/face_detection_yunet_2023mar.onnx",
            "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            232_589,
            "finds faces and five landmarks",
            "MIT",
            "YuNet: Wu, Peng, Yu (2023)",
        ),
        PackFile(
            "face_recognition_sface_2021dec.onnx",
            f"{ZOO}/face_recognition_sface/face_recognition_sface_2021dec.onnx",
            "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            38_696_353,
            "turns a 112 x 112 face into 128 numbers",
            "Apache-2.0",
            "SFace: Zhong, Deng, Hu, Zhao, Li, Wen (2021)",
        ),
    ),
)
PACKS = (OPENCV,)

Fetch = Callable[[PackFile], Iterator[bytes]]
"""A file's bytes, piece by piece. Raises `PackUnreachable`."""


def pack_of(name: str) -> Pack:
    """Raises `NoSuchPack`."""
    found = next((pack for pack in PACKS if pack.name == name), None)
    if found is None:
        raise NoSuchPack(f"there is no pack {name[:80]!r}")
    return found


def is_there(file: PackFile, folder: Path) -> bool:
    """Whether it is kept, and is the one that we know."""
    kept = folder / file.file
    return kept.is_file() and kept.stat().st_size == file.size and sha256_of(kept) == file.sha256


def add(
    pack: Pack, folder: Path, *, accepted: bool, brought: Sequence[Path] = (), fetch: Fetch | None = None
) -> list[PackFile]:
    """Take what is missing; answers with the files that were taken, and takes all of them or none.

    Of the files `brought` along each is known by its hash, whatever it is called. Raises `LicenceNotAccepted`, `WrongHash`,
    `PackUnreachable`.
    """
    missing = [file for file in pack.files if not is_there(file, folder)]
    if not missing:
        return []
    if not accepted:
        raise LicenceNotAccepted(", ".join(sorted({file.licence for file in missing})))
    taken = _brought(missing, brought)
    for file in missing:
        if file not in taken:
            taken[file] = _whole(file, (fetch or over_https)(file))
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in taken.items():
        half = folder / (file.file + ".part")
        half.write_bytes(content)
        half.replace(folder / file.file)
    return list(taken)


def _brought(missing: Sequence[PackFile], paths: Sequence[Path]) -> dict[PackFile, bytes]:
    """Raises `WrongHash` for one that is none of them: whoever names a file wants that file."""
    known = {file.sha256: file for file in missing}
    largest = max(file.size for file in missing)
    found = {}
    for path in paths:
        try:
            with path.open("rb") as opened:
                content = opened.read(largest + 1)
        except OSError as error:
            raise PackUnreachable(f"{path}: {error.strerror or error}") from error
        file = known.get(hashlib.sha256(content).hexdigest())
        if file is None:
            raise WrongHash(f"{path} is none of {', '.join(one.file for one in missing)}")
        found[file] = content
    return found


def _whole(file: PackFile, pieces: Iterator[bytes]) -> bytes:
    """No more is read than the file has."""
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > file.size:
            raise WrongHash(f"{file.address} is larger than {file.size} bytes")
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise WrongHash(f"{file.address} has sha256 {found}, not {file.sha256}")
    return bytes(content)


def over_https(file: PackFile) -> Iterator[bytes]:
    """From its authors' address. A redirect is followed to https only; the hash is what is trusted, not the way."""
    if not file.address.startswith("https://"):
        raise PackUnreachable(f"{file.address} is no https address")
    try:
        with urlopen(Request(file.address), timeout=PATIENCE) as answer:  # noqa: S310 - https, as checked above
            if not answer.geturl().startswith("https://"):
                raise PackUnreachable(f"{file.address} leads to {answer.geturl()[:200]}")
            while piece := answer.read(CHUNK):
                yield piece
    except (URLError, TimeoutError, OSError) as error:
        raise PackUnreachable(f"{file.address}: {error}") from error
