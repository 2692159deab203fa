"""Checkpoints: a small signed root that says what the whole journal was at one moment, for somebody outside to keep.

The tree is RFC 6962's over the entries' hashes in their order, the note C2SP's checkpoint (origin, size, root). Whoever holds
one and the journal can tell whether anything before it was changed, and a proof of a few hashes shows that one entry is in
it or that a later checkpoint continues it. Roots over 256 and 65,536 entries are kept, so that a new checkpoint reads what is
new and a proof a few hundred hashes, however long the journal is.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sealgate.domain.ids import TenantId
from sealgate.ports import KeyKind
from sealgate.privacy.merkle import Peaks, consistency_proof, folded, full_subtrees, inclusion_proof, leaf_hash, root_of
from sealgate.privacy.notes import BadNote, Signer, Verifier
from sealgate.store import checkpoints as rows
from sealgate.store import journal
from sealgate.store.checkpoints import CheckpointRow
from sealgate.store.engine import Reader, Tx
from sealgate.vault.keyring import Keyring

LEVELS = (16, 8)
"""Of the subtrees whose roots are kept, as powers of two; the larger first."""
BLOCK = 1 << LEVELS[-1]

MOST = 100_000
"""New entries under one checkpoint: whoever writes must not wait long behind one over a past of years."""

PURPOSE = "journal checkpoints"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`root` over the first `size` entries of `origin`."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `BadNote`."""
        lines = text.splitlines()
        try:
            size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        except (IndexError, ValueError, binascii.Error) as error:
            raise BadNote("not a checkpoint") from error
        if len(root) != 32 or size < 0 or str(size) != lines[1]:
            raise BadNote("not a checkpoint")
        return cls(lines[0], size, root)

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def origin_of(tenant: TenantId) -> str:
    return f"sealgate/journal/{tenant}"


def signer_of(keyring: Keyring, tenant: TenantId) -> Signer:
    """The tenant's own, derived from its key: it exists where the root key is and nowhere else. Raises `VaultSealed`."""
    return Signer(origin_of(tenant), keyring.derive(tenant, KeyKind.TENANT, "", PURPOSE))


def make(tx: Tx, keyring: Keyring, at: datetime) -> CheckpointRow | None:
    """Write a checkpoint over all there is, MOST new entries at most; None where nothing came since the last one."""
    last = rows.newest(tx)
    known = 0 if last is None else last.size
    size = min(journal.head(tx).seq, known + MOST)
    if size <= known:
        return None
    tree, nodes = _grown(tx, known, size)
    checkpoint = Checkpoint(origin_of(tx.tenant), size, tree.root())
    row = CheckpointRow(size, checkpoint.root, at, signer_of(keyring, tx.tenant).sign(checkpoint.text))
    rows.keep(tx, row, nodes)
    return row


def verified(note: str, verifier: Verifier) -> Checkpoint:
    """Raises `BadNote`."""
    return Checkpoint.parse(verifier.verified(note))


def consistency(db: Reader, old: int, size: int) -> list[bytes]:
    """That the checkpoint of `size` continues the one of `old`; both within the newest checkpoint."""
    return consistency_proof(_Kept(db), old, size)


def inclusion(db: Reader, seq: int, size: int) -> list[bytes]:
    """That entry `seq`, from 1, is under the checkpoint of `size`. Raises ValueError where it is not."""
    return inclusion_proof(_Kept(db), seq - 1, size)


class _Kept:
    """The roots of full subtrees below the newest checkpoint, as `merkle.Root`: out of the largest that are kept."""

    def __init__(self, db: Reader) -> None:
        self._db = db

    def __call__(self, first: int, count: int) -> bytes:
        level = next((level for level in LEVELS if count >= 1 << level), None)
        if level is None:
            return root_of(journal.hashes(self._db, first + 1, count))
        return full(rows.nodes(self._db, level, first >> level, count >> level))


def full(roots: list[bytes]) -> bytes:
    """The root over the roots of full subtrees of one size; there are a power of two of them."""
    tree = Peaks()
    for root in roots:
        tree.put(root, 1)
    return folded(tree.hashes)


def _grown(db: Reader, known: int, size: int) -> tuple[Peaks, dict[tuple[int, int], bytes]]:
    """The tree over `size` entries, and the roots to keep that were not there when it was `known`."""
    kept, begin = _Kept(db), known // BLOCK * BLOCK
    tree = Peaks(begin, [kept(*part) for part in full_subtrees(0, begin)])
    nodes: dict[tuple[int, int], bytes] = {}
    small, large = LEVELS[-1], LEVELS[0]
    for first in range(begin, size, BLOCK):
        block = journal.hashes(db, first + 1, min(BLOCK, size - first))
        if len(block) < BLOCK:
            for leaf in block:
                tree.add(leaf)
            break
        root = nodes[small, first >> small] = full([leaf_hash(leaf) for leaf in block])
        tree.put(root, BLOCK)
        if tree.size & (1 << large) - 1 == 0:
            number = (tree.size >> large) - 1
            since = number << large - small
            below = rows.nodes(db, small, since, 1 << large - small)
            new = [nodes[small, n] for n in range(since + len(below), since + (1 << large - small))]
            nodes[large, number] = full(below + new)
    return tree, nodes
