"""A root key that somebody outside keeps sealed for us: the machine's TPM by systemd-creds, or an outside key service.

What they sealed lies in the root check, in the open: nobody but they can open it. The surprising thing: they are asked once, at
the start. From then on the root is in this process as any other, so a key service that is away closes no gate.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Protocol

from sealgate.domain.errors import Fault, Refused
from sealgate.ports import Unreachable
from sealgate.vault.envelope import KEY_BYTES
from sealgate.vault.errors import NotAnEnvelope
from sealgate.vault.roots import HeldRoot, Root, RootKind, read_check, verify

MOST_SEALED = 4000


class KeeperRefused(Refused):
    """Whoever keeps the root key says no: our token is not good, or may not do that."""

    code = "root-keeper.refused"
    status = 502
    hint = "Give Sealgate a token whose policy allows encrypt and decrypt with that key, and nothing else"


class KeeperHasNoKey(Refused):
    """The key service knows no key of that name."""

    code = "root-keeper.no-such-key"
    status = 502
    hint = "Make the key there, or correct `transit_key` and `transit_mount`"


class KeeperSealed(Unreachable):
    """The key service is itself sealed, or stands by."""

    code = "root-keeper.sealed"


class KeeperGarbled(Fault):
    """An answer that is none of the protocol."""

    code = "root-keeper.garbled"
    hint = "Something else listens at that address"


class NotTheirs(Refused):
    """What lies on our shelf was not sealed by this TPM, machine or key, or was changed."""

    code = "root-keeper.not-theirs"
    status = 502
    hint = "Unseal on the machine or with the key that sealed it, or take the copy of the root that was put away"


class NoKeeper(Refused):
    """The root lies with a keeper that this program was not told of, or that this machine has not."""

    code = "root-keeper.none"
    status = 409
    hint = "For a key service set transit_address, transit_key and transit_token_file; for a TPM install systemd-creds"


class Holder(StrEnum):
    """Who holds the root of a shelf, by the kind that its preface begins with."""

    KEY_FILE = "key-file"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word
    CREDENTIAL = "credential"
    SERVICE = "key-service"
    QUORUM = "quorum"

    @classmethod
    def of(cls, root: Root) -> Holder:
        return _HOLDERS[RootKind(root.preface[0])]


_HOLDERS = {
    RootKind.KEY_FILE: Holder.KEY_FILE,
    RootKind.PASSPHRASE: Holder.PASSPHRASE,
    RootKind.CREDENTIAL: Holder.CREDENTIAL,
    RootKind.SERVICE: Holder.SERVICE,
    RootKind.QUORUM: Holder.QUORUM,
}


def holders(check: bytes) -> list[Holder]:
    """Of each root that the check names, in its order. Raises `NotAnEnvelope`."""
    try:
        return [_HOLDERS[RootKind(entry.preface[0])] for entry in read_check(check)]
    except ValueError:
        raise NotAnEnvelope from None


class RootKeeper(Protocol):
    """Seals 32 bytes so that only they open them again. tests/contracts/test_root_keepers.py says what each must do.

    Both raise `KeeperRefused`, `KeeperHasNoKey`, `KeeperSealed`, `KeeperGarbled` and `Unreachable`.
    """

    @property
    def kind(self) -> RootKind: ...

    def seal(self, secret: bytes) -> bytes:
        """At most 4,000 bytes."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """Raises `NotTheirs` for what they did not seal, or was changed."""
        ...


class KeptRoot(HeldRoot):
    """Made by `new_kept_root`, made again by `open_kept_root`."""

    def __init__(self, secret: bytes, kind: RootKind, sealed: bytes) -> None:
        super().__init__(secret, bytes((kind,)) + sealed)


def new_kept_root(keeper: RootKeeper) -> KeptRoot:
    """A new root; it is opened once more before it is trusted, for a root that does not open again would be the end."""
    secret = secrets.token_bytes(KEY_BYTES)
    sealed = keeper.seal(secret)
    if len(sealed) > MOST_SEALED or keeper.open(sealed) != secret:
        raise KeeperGarbled("what was sealed does not open as it was")
    return KeptRoot(secret, keeper.kind, sealed)


def open_kept_root(keeper: RootKeeper, check: bytes) -> KeptRoot:
    """The root that this keeper sealed, by the shelf's root check. Raises `NoKeeper` where it sealed none of them."""
    for entry in read_check(check):
        if entry.preface[0] == keeper.kind:
            secret = keeper.open(entry.preface[1:])
            if len(secret) != KEY_BYTES:
                raise KeeperGarbled("not a key of 32 bytes")
            root = KeptRoot(secret, keeper.kind, entry.preface[1:])
            verify(root, check)
            return root
    raise NoKeeper("no root of this shelf lies with that keeper")
