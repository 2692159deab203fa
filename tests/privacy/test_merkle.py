"""The trees of RFC 6962: known roots, and that no proof shows what is not so."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.privacy.merkle import (
    EMPTY,
    Peaks,
    consistency_proof,
    continues,
    full_subtrees,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)

LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""The roots that Certificate Transparency's own tests have over these eight leaves."""


def roots(leaves: list[bytes]) -> object:
    return lambda first, count: root_of(leaves[first : first + count])


@pytest.mark.parametrize("size", ROOTS)
def test_the_published_roots(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_a_leaf_is_never_taken_for_a_node() -> None:
    assert hashlib.sha256(b"").digest() == EMPTY
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@given(st.integers(1, 70), st.data())
def test_every_leaf_is_shown_to_be_in_its_tree_and_no_other_is(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) for n in range(size)]
    number = data.draw(st.integers(0, size - 1))
    root, proof = root_of(leaves), inclusion_proof(roots(leaves), number, size)  # type: ignore[arg-type]
    assert includes(leaves[number], number, size, proof, root)
    assert not includes(b"another", number, size, proof, root)
    assert not includes(leaves[number], number, size, [*proof, EMPTY], root)
    if proof:
        assert not includes(leaves[number], number, size, proof[:-1], root)
        assert not includes(leaves[number], number, size, [EMPTY, *proof[1:]], root)


@given(st.integers(1, 70), st.data())
def test_a_tree_is_shown_to_begin_with_an_older_one_and_with_no_other(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) for n in range(size)]
    old = data.draw(st.integers(0, size))
    proof = consistency_proof(roots(leaves), old, size)  # type: ignore[arg-type]
    before, after = root_of(leaves[:old]), root_of(leaves)
    assert continues(old, before, size, after, proof)
    assert not continues(old, bytes(32), size, after, proof)
    assert old == 0 or not continues(old, before, size, bytes(32), proof)
    if old:
        changed = [b"edited", *leaves[1:]]
        again = consistency_proof(roots(changed), old, size)  # type: ignore[arg-type]
        assert not continues(old, before, size, root_of(changed), again)


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_tree_grows_from_its_peaks_alone(size: int, more: int) -> None:
    leaves = [n.to_bytes(2, "big") for n in range(size + more)]
    tree = Peaks()
    for leaf in leaves[:size]:
        tree.add(leaf)
    grown = Peaks(tree.size, tree.hashes)
    for first, count in full_subtrees(size, size + more):
        grown.put(root_of(leaves[first : first + count]), count)
    assert (grown.size, grown.root()) == (size + more, root_of(leaves))


@pytest.mark.parametrize(("size", "leaves"), [(1, 2), (4, 8), (4, 3), (4, 0)])
def test_a_subtree_that_does_not_continue_the_tree_is_refused(size: int, leaves: int) -> None:
    tree = Peaks()
    for _ in range(size):
        tree.add(b"")
    with pytest.raises(ValueError, match="does not continue"):
        tree.put(EMPTY, leaves)


def test_peaks_that_are_no_tree_are_refused() -> None:
    with pytest.raises(ValueError, match="one peak"):
        Peaks(3, [EMPTY])
