"""Where a program looks for its root without asking anybody: a file, a setting, this machine's TPM, an outside key service.

Which of them it is the shelf says itself (the root check), so no setting can name the wrong one. What people hold, a passphrase
that was not set or the shares of a quorum, is not found here: then the program starts sealed and waits for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sealgate.domain.errors import Fault, Refused
from sealgate.vault.envelope import NAME_BYTES
from sealgate.vault.errors import NoKeyFile, NotAKeyFile, WrongRoot
from sealgate.vault.keptroots import Holder, NoKeeper, RootKeeper, holders, new_kept_root, open_kept_root
from sealgate.vault.roots import KeyFileRoot, Root, create_key_file, open_passphrase_root, read_check, sync_folder
from sealgate.vault.systemdcreds import SealedBy, SystemdCreds
from sealgate.vault.transit import TransitAccount, TransitKeeper


@dataclass(frozen=True, slots=True)
class RootSource:
    """`loaded` is systemd's folder of opened credentials."""

    key_file: Path
    passphrase: str | None = field(default=None, repr=False)
    transit: TransitAccount | None = None
    loaded: Path | None = None
    systemd_creds: str = "systemd-creds"

    def roots(self, check: bytes) -> list[Root]:
        """Every root of the check that is to be had; none where people must give it.

        Raises what a file, setting or keeper that is there and does not fit raises, unless another root was found.
        """
        found: list[Root] = []
        trouble: Fault | Refused | None = None
        for holder in dict.fromkeys(holders(check)):
            try:
                found += self._of(holder, check)
            except (Fault, Refused) as error:
                trouble = error
        if trouble is not None and not found:
            raise trouble
        return found

    def _of(self, holder: Holder, check: bytes) -> list[Root]:
        match holder:
            case Holder.KEY_FILE:
                return self._files(check)
            case Holder.PASSPHRASE:
                return [] if self.passphrase is None else [open_passphrase_root(self.passphrase, check)]
            case Holder.CREDENTIAL:
                return [open_kept_root(self.machine(), check)]
            case Holder.SERVICE:
                return [open_kept_root(self.service(), check)]
            case Holder.QUORUM:
                return []

    def _files(self, check: bytes) -> list[Root]:
        """The key file, and the one that was to follow it in a rotation that did not end.

        Another process may put the one in the other's place while we look, or be writing it: so the first is looked at twice.
        """
        known = {entry.root_name for entry in read_check(check)}
        there: dict[bytes, Root] = {}
        for path in (self.key_file, self.next_file, self.key_file):
            try:
                root = KeyFileRoot(path)
            except NoKeyFile:
                continue
            except NotAKeyFile:
                if path == self.next_file:
                    continue
                raise
            there[root.name] = root
        if not there and self.key_file.exists():
            KeyFileRoot(self.key_file)  # which says why it cannot be read
        fitting = [root for name, root in there.items() if name in known]
        if there and not fitting:
            raise WrongRoot
        return fitting

    @property
    def next_file(self) -> Path:
        return self.key_file.with_name(self.key_file.name + ".next")

    def machine(self, sealed_by: SealedBy = SealedBy.TPM2) -> SystemdCreds:
        return SystemdCreds(sealed_by, self.loaded, self.systemd_creds)

    def service(self) -> RootKeeper:
        """Raises `NoKeeper` where the settings name none."""
        if self.transit is None:
            raise NoKeeper("no key service is set", hint="Set transit_address, transit_key and transit_token_file")
        return TransitKeeper(self.transit)

    def new_file(self) -> Root:
        """A key file for a rotation, under another name until it is the shelf's; one that was left half way is gone on with."""
        return KeyFileRoot(self.next_file) if self.next_file.exists() else create_key_file(self.next_file)

    def new_kept(self, holder: Holder, sealed_by: SealedBy = SealedBy.TPM2) -> Root:
        """Sealed by this machine or the key service. Raises what their keepers do."""
        return new_kept_root(self.service() if holder is Holder.SERVICE else self.machine(sealed_by))

    def settle(self, check: bytes) -> Path | None:
        """Bring the files to what the shelf says once a rotation is over; where a key file was put away that was used until
        then.

        It is kept, for it opens what was backed up of the shelf so far. Called again it changes nothing.
        """
        known = {entry.root_name for entry in read_check(check)}
        old = self._put_away(known) if self.key_file.exists() else None
        if self.next_file.exists() and not self.key_file.exists() and KeyFileRoot(self.next_file).name in known:
            self.next_file.replace(self.key_file)
            sync_folder(self.key_file.parent)
        return old

    def _put_away(self, known: set[bytes]) -> Path | None:
        name = KeyFileRoot(self.key_file).name
        if name in known:
            return None
        old = self.key_file.with_name(f"{self.key_file.name}.{name[: NAME_BYTES // 2].hex()}")
        self.key_file.replace(old)
        sync_folder(old.parent)
        return old
