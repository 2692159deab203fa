"""Merkle trees over the journal, as RFC 6962 section 2.1 defines them: what a small signed root says of a long past.

A tree grows to the right only. Its `Peaks` (the roots of the full subtrees it consists of, largest first) are all that is
needed to grow it, so a checkpoint reads only what came since the last one. Proofs ask for the roots of full subtrees of
their own; `Range` says how many leaves such a root stands for, and `blocks` cuts a tree along what is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()

Root = Callable[[int, int], bytes]
"""(first, count) -> the root over `count` leaves from `first` on; `count` is a power of two and divides `first`."""


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Peaks:
    """A tree of `size` leaves that can only grow. `hashes` are its full subtrees, the largest first."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count():
            raise ValueError("a tree has one peak for each bit of its size")
        self.size, self.hashes = size, list(hashes)

    def add(self, leaf: bytes) -> None:
        """One more leaf, which is hashed here."""
        self.put(leaf_hash(leaf), 1)

    def put(self, root: bytes, leaves: int) -> None:
        """A full subtree of so many leaves, a power of two that divides the size so far."""
        if leaves < 1 or leaves & (leaves - 1) or self.size % leaves:
            raise ValueError("that subtree does not continue this tree")
        while self.size & leaves:
            root = node_hash(self.hashes.pop(), root)
            self.size -= leaves
            leaves *= 2
        self.hashes.append(root)
        self.size += leaves

    def root(self) -> bytes:
        return folded(self.hashes)


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over full subtrees, largest first."""
    if not peaks:
        return EMPTY
    *others, root = peaks
    for peak in reversed(others):
        root = node_hash(peak, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    tree = Peaks()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def full_subtrees(first: int, end: int) -> list[tuple[int, int]]:
    """(first, count) of the largest full subtrees that make up the leaves from `first` to before `end`, left to right."""
    found = []
    while first < end:
        count = 1 << ((end - first).bit_length() - 1)
        if first:
            count = min(count, first & -first)
        found.append((first, count))
        first += count
    return found


def inclusion_proof(root: Root, number: int, size: int) -> list[bytes]:
    """That leaf `number`, from 0, is in the tree of `size` leaves: the audit path of RFC 6962 2.1.1, from the leaf up."""
    if not 0 <= number < size:
        raise ValueError("no such leaf in this tree")
    return _path(root, number, 0, size)


def _path(root: Root, number: int, first: int, size: int) -> list[bytes]:
    if size == 1:
        return []
    half = _split(size)
    if number < half:
        return [*_path(root, number, first, half), _over(root, first + half, size - half)]
    return [*_path(root, number - half, first + half, size - half), _over(root, first, half)]


def consistency_proof(root: Root, old: int, size: int) -> list[bytes]:
    """That the tree of `size` leaves begins with the one of `old`: RFC 6962 2.1.2. Empty where they are the same, or old 0."""
    if not 0 <= old <= size:
        raise ValueError("the old tree is larger")
    return [] if old in {0, size} else _consistency(root, old, 0, size, whole=True)


def _consistency(root: Root, old: int, first: int, size: int, *, whole: bool) -> list[bytes]:
    if old == size:
        return [] if whole else [_over(root, first, size)]
    half = _split(size)
    if old <= half:
        return [*_consistency(root, old, first, half, whole=whole), _over(root, first + half, size - half)]
    return [*_consistency(root, old - half, first + half, size - half, whole=False), _over(root, first, half)]


def includes(leaf: bytes, number: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that leaf `number` is in the tree of that size and root (RFC 9162 2.1.3.2)."""
    if not 0 <= number < size:
        return False
    at, last, found = number, size - 1, leaf_hash(leaf)
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def continues(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `size` begins with the one of `old` (RFC 9162 2.1.4.2)."""
    if not 0 <= old <= size or (old == size and (proof or old_root != root)):
        return False
    if old in {0, size}:
        return not proof and (old != 0 or old_root == EMPTY)
    steps = [old_root, *proof] if not old & (old - 1) else list(proof)
    if not steps:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _over(root: Root, first: int, count: int) -> bytes:
    """The root over any run of leaves that is a subtree of some tree: a full one, or the ragged right edge."""
    return folded([root(*part) for part in full_subtrees(first, first + count)])


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
