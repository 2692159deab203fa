"""The root key sealed by this machine: its TPM2, or systemd's host key, through `systemd-creds` (systemd 250 or newer).

The surprising thing: a service that does not run as root cannot ask `systemd-creds` for what only root may open. Then systemd
itself opens it before it starts us (`LoadCredentialEncrypted=sealgate-root:...`) and lays it in `$CREDENTIALS_DIRECTORY`, in
memory.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sealgate.ports import Unreachable
from sealgate.vault.envelope import KEY_BYTES
from sealgate.vault.keptroots import MOST_SEALED, KeeperGarbled, KeeperRefused, NoKeeper, NotTheirs
from sealgate.vault.roots import RootKind

NAME = "sealgate-root"
TIMEOUT = 30.0
"""Seconds. A TPM may take several for one unsealing."""


class SealedBy(StrEnum):
    """What `--with-key` takes of it: `tpm2` binds to this machine's TPM, `host` to its disk, both need both."""

    TPM2 = "tpm2"
    HOST = "host"
    BOTH = "host+tpm2"


@dataclass(frozen=True, slots=True)
class SystemdCreds:
    """A `RootKeeper`. `loaded` is the folder that systemd opened credentials into, where there is one."""

    sealed_by: SealedBy = SealedBy.TPM2
    loaded: Path | None = None
    command: str = "systemd-creds"
    timeout: float = TIMEOUT
    kind = RootKind.CREDENTIAL

    def seal(self, secret: bytes) -> bytes:
        sealed = self._run(["encrypt", f"--with-key={self.sealed_by}", f"--name={NAME}", "-", "-"], secret)
        return b"".join(sealed.split())

    def open(self, sealed: bytes) -> bytes:
        if self.loaded is not None and (self.loaded / NAME).is_file():
            return self._loaded(self.loaded / NAME)
        return self._run(["decrypt", f"--name={NAME}", "-", "-"], sealed)

    def _loaded(self, file: Path) -> bytes:
        try:
            with file.open("rb") as opened:
                return opened.read(KEY_BYTES + 1)
        except OSError as error:
            raise KeeperRefused(f"{file}: {error.strerror}") from None

    def _run(self, words: Sequence[str], given: bytes) -> bytes:
        """What it says is not shown: it may quote what it was given."""
        found = shutil.which(self.command)
        if found is None:
            raise NoKeeper(f"there is no {self.command} on this machine")
        try:
            done = subprocess.run([found, *words], input=given, capture_output=True, timeout=self.timeout, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{self.command} did not answer in {self.timeout:g} s") from None
        except OSError as error:
            raise Unreachable(f"{self.command}: {error.strerror}", permanent=True) from None
        if done.returncode != 0:
            raise _refusal(words[0], done.stderr.decode(errors="replace").lower())
        if not 0 < len(done.stdout) <= MOST_SEALED:
            raise KeeperGarbled(f"{self.command} gave {len(done.stdout)} bytes")
        return done.stdout


def _refusal(verb: str, said: str) -> Exception:
    if "tpm" in said and any(word in said for word in ("support", "not installed", "not available", "no such", "no tpm")):
        return NoKeeper(
            "this machine has no TPM2 that systemd-creds can use", hint="Use a key file, or --host-key for the disk's"
        )
    if "permission" in said or "access" in said:
        return KeeperRefused("systemd-creds may not open it for this user", hint="Let systemd load it: LoadCredentialEncrypted")
    return NotTheirs("systemd-creds does not open it") if verb == "decrypt" else KeeperRefused("systemd-creds cannot seal it")
