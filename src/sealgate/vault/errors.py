"""What the vault answers when it does not open, one name for each cause that can honestly be told apart.

The surprising thing: "the wrong key" and "a flipped bit" are often one error here. An authenticated cipher
cannot tell them apart, and a guess would only help whoever is guessing. No message names a person or shows a byte.
"""

from __future__ import annotations

from sealgate.domain.errors import Fault, Refused


class VaultSealed(Fault):
    """The root key is not there yet: the program has started and nobody unlocked it."""

    code = "vault.sealed"
    hint = "Unseal it: on the page /unseal, or with `sealgate keys unseal`"


class NotAnEnvelope(Fault):
    """Too short, too long, or of a form or version that this program does not know."""

    code = "vault.not-an-envelope"
    hint = "The bytes were cut, are of another kind, or were written by a newer version"


class UnknownKey(Fault):
    """Well formed, but no key on the shelf has that name: another shelf, a lost shelf, or changed bytes."""

    code = "vault.unknown-key"
    hint = "Restore the key store that belongs to this data"


class DoesNotOpen(Fault):
    """The key is here and the tag does not fit: changed bytes, or a value that was moved to another place."""

    code = "vault.does-not-open"
    hint = "The value was changed or moved; take it from a backup"


class TooLong(Refused):
    """More than one envelope holds."""

    code = "vault.too-long"
    status = 413


class KeyDestroyed(Refused):
    """The key was destroyed: the person was erased, or the day's retention has ended. Nothing brings it back."""

    code = "vault.key-destroyed"
    status = 410


class NotInitialised(Refused):
    """The key store has no root yet."""

    code = "vault.not-initialised"
    status = 409
    hint = "Run `sealgate init` first"


class AlreadyInitialised(Refused):
    """The key store has a root. A second one would lock away everything under the first."""

    code = "vault.already-initialised"
    status = 409
    hint = "Unlock with the root that was made at `sealgate init`, or rotate it"


class WrongRoot(Refused):
    """Another passphrase or key file than the one that this key store was made with, or was rotated to since."""

    code = "vault.wrong-root"
    status = 403
    hint = "Use the newest root; after a rotation every running program must be unlocked again"


class RotationPending(Refused):
    """A rotation of the root was begun and has not ended, so some keys lie under the one root and some under the other."""

    code = "vault.rotation-pending"
    status = 409
    hint = "Unlock with either of the two roots and rotate to the other one to the end"


class PassphraseTooShort(Refused):
    """The passphrase has to stand against somebody who has the key store and time."""

    code = "vault.passphrase-too-short"
    hint = "Take at least 15 characters; five or more words that have nothing to do with each other are best"


class BadShare(Refused):
    """Not a whole share: words or letters are missing, or one of them is another."""

    code = "vault.bad-share"
    hint = "Read it again from the paper: forty words, or sixty-four letters and digits"


class ForeignShare(Refused):
    """A whole share, and not one of those that open this key store: of another installation, or of an earlier set."""

    code = "vault.foreign-share"
    status = 403
    hint = "Take the paper that was printed last"


class NotAQuorum(Refused):
    """So many of so many cannot be."""

    code = "vault.not-a-quorum"
    hint = "At least 2 and at most 16 holders, and no more needed than there are"


class NoKeyFile(Refused):
    """There is no readable file at that path."""

    code = "vault.no-key-file"
    status = 404


class KeyFileExists(Refused):
    """A key file is never written over: the old one may be all that opens the data."""

    code = "vault.key-file-exists"
    status = 409


class KeyFileOpen(Refused):
    """The key file belongs to somebody else, or others may read or write it."""

    code = "vault.key-file-open"
    status = 403
    hint = "Run `chmod 600` on the key file, as the user that Sealgate runs as"


class NotAKeyFile(Refused):
    """The file is there, and is not a whole, unchanged key file."""

    code = "vault.not-a-key-file"
    hint = "Take the copy that was put away at `sealgate init`"
