"""Witnesses of the journal: a folder that lies elsewhere, and an HTTP endpoint as public transparency logs have them.

The folder keeps every checkpoint and judges nothing; that is what `sealgate journal verify` does. The endpoint is C2SP's
tlog-witness: it checks that a checkpoint continues the one it signed before, and answers with its own signature.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from sealgate.ports import Unreachable, WitnessAhead, WitnessRefused

MOST_KEPT = 64 * 1024 * 1024
"""Bytes of one journal's file that are read: some hundred thousand checkpoints."""
NEWEST = 64 * 1024
"""Bytes in which the newest note of a file is."""
MOST_SAID = 4096
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
BETWEEN = "\n\f\n"
"""What stands between two notes in a file."""


class FolderWitness:
    """A `ports.Witness`. Best a mounted folder of another machine that we may append to and not change."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, note: str, old: int, proof: Sequence[bytes]) -> str:  # noqa: ARG002 - judged by who verifies
        origin, size = _told(note)
        seen = max((_told(kept)[1] for kept in self._read(origin, NEWEST)[-1:]), default=0)
        if seen != old:
            raise WitnessAhead(seen)
        if size > seen:
            self._append(origin, note)
        return ""

    def kept(self, origin: str) -> list[str]:
        return self._read(origin, MOST_KEPT)

    def _read(self, origin: str, most: int) -> list[str]:
        """The notes in the last `most` bytes, the first of them perhaps cut."""
        try:
            with self._file(origin).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - most))
                return read_notes(file.read(most))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreachable(error) from error

    def _append(self, origin: str, note: str) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._file(origin).open("ab") as file:
                file.write((note + BETWEEN).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unreachable(error) from error

    def _file(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.checkpoints"

    def _unreachable(self, error: OSError) -> Unreachable:
        return Unreachable(
            f"the witness folder: {error.strerror}", hint="Check SEALGATE_WITNESS_FOLDER and who may write there"
        )


class HttpWitness:
    """A `ports.Witness` at an address such as `https://witness.example.org/add-checkpoint`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.name = urlsplit(address).netloc or address

    def take(self, note: str, old: int, proof: Sequence[bytes]) -> str:
        body = f"old {old}\n" + "".join(f"{base64.b64encode(step).decode()}\n" for step in proof) + f"\n{note}"
        status, said = self._asked(body.encode())
        if status == httpx.codes.CONFLICT and said.strip().isdecimal():
            raise WitnessAhead(int(said.strip()))
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
            raise Unreachable(f"the witness {self.name} answered {status}")
        if status != httpx.codes.OK:
            raise WitnessRefused(f"the witness {self.name} answered {status}")
        return said

    def kept(self, origin: str) -> list[str]:  # noqa: ARG002 - it signs, and shows nothing
        return []

    def _asked(self, body: bytes) -> tuple[int, str]:
        """The status, and what was said as far as it matters."""
        headers = {"Accept-Encoding": "identity", "User-Agent": "sealgate"}
        try:
            with (
                httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
                client.stream("POST", self._address, content=body, headers=headers) as answer,
            ):
                said = next(answer.iter_raw(MOST_SAID), b"")
                return answer.status_code, said.decode("utf-8", "replace")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"the witness {self.name}: {type(error).__name__}") from error


def read_notes(data: bytes) -> list[str]:
    """The notes in a witness's file, or the one note that it is."""
    return [note for note in data.decode("utf-8", "replace").split(BETWEEN) if note]


def _told(note: str) -> tuple[str, int]:
    """Origin and size of a checkpoint as it stands in its first two lines; a size of 0 where there is none."""
    origin, _, rest = note.partition("\n")
    size = rest.partition("\n")[0]
    return origin, int(size) if size.isdecimal() and len(size) < 20 else 0
