"""Shares of a root: the field's laws, vectors recomputed by another implementation, and what a wrong share is told."""

from __future__ import annotations

import base64
import hashlib
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from sealgate.vault import shamir
from sealgate.vault.errors import BadShare, ForeignShare, NotAnEnvelope, NotAQuorum, WrongRoot
from sealgate.vault.roots import entry_of, read_check, verify, write_check
from sealgate.vault.shares import (
    Quorum,
    QuorumRoot,
    Share,
    join_quorum,
    new_quorum,
    open_quorum,
    quorum_of,
    quorums,
    read_share,
)
from sealgate.vault.sharewords import WORDS

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "vault" / "shares.json").read_text())
BYTE = st.integers(0, 255)
PLACE = st.integers(1, 255)


# --- Another implementation of docs/format.md: by powers of 3, which run through the whole field ---

POWERS = [1]
for _ in range(254):
    doubled = POWERS[-1] << 1
    POWERS.append((doubled ^ (0x11B if doubled & 0x100 else 0)) ^ POWERS[-1])
LOG = {value: power for power, value in enumerate(POWERS)}


def times(a: int, b: int) -> int:
    return POWERS[(LOG[a] + LOG[b]) % 255] if a and b else 0


def over(a: int, b: int) -> int:
    return POWERS[(LOG[a] - LOG[b]) % 255] if a else 0


def at(coefficients: list[int], x: int) -> int:
    value = 0
    for power, coefficient in enumerate(coefficients):
        term = coefficient
        for _ in range(power):
            term = times(term, x)
        value ^= term
    return value


def interpolated(points: dict[int, int]) -> int:
    """The polynomial through the points, at 0."""
    value = 0
    for x, y in points.items():
        for other in points:
            if other != x:
                y = times(y, over(other, other ^ x))  # noqa: PLW2901
        value ^= y
    return value


def listed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def hkdf(secret: bytes, *words: str, length: int) -> bytes:
    info = listed(b"sealgate/1", *(word.encode() for word in words), length.to_bytes(4, "big"))
    return HKDF(SHA256(), length, salt=None, info=info).derive(secret)


# --- The field ---


def test_every_product_is_that_of_the_powers() -> None:
    assert all(shamir.multiply(a, b) == times(a, b) for a in range(256) for b in range(256))


def test_every_element_but_zero_has_an_inverse() -> None:
    assert all(shamir.multiply(a, shamir.inverse(a)) == 1 for a in range(1, 256))


def test_the_product_of_aes() -> None:
    """FIPS 197, 4.2: {57} x {83} = {c1}."""
    assert shamir.multiply(0x57, 0x83) == 0xC1


# --- Sharing ---


@given(st.binary(min_size=1, max_size=40), st.integers(1, 8), st.integers(0, 6), st.randoms(use_true_random=False))
def test_any_quorum_gives_the_secret_back(secret: bytes, threshold: int, more: int, random: Any) -> None:
    shares = shamir.split(secret, threshold, threshold + more)
    some = dict(random.sample(sorted(shares.items()), random.randint(threshold, len(shares))))
    assert shamir.join(some) == secret


@given(st.binary(min_size=32, max_size=32), st.integers(2, 6))
def test_one_share_too_few_gives_something_else(secret: bytes, threshold: int) -> None:
    shares = shamir.split(secret, threshold, threshold)
    del shares[1]
    assert shamir.join(shares) != secret  # by chance once in 2^256


@given(PLACE, BYTE, PLACE, BYTE)
def test_fewer_shares_fit_every_secret_alike(x: int, y: int, other: int, seen: int) -> None:
    """Of a threshold of three, two shares: for each of the 256 secrets there is exactly one polynomial through them."""
    if x == other:
        return
    fitting = [
        (secret, linear, square)
        for secret in range(256)
        for linear, square in [_through(secret, x, y, other, seen)]
        if at([secret, linear, square], x) == y and at([secret, linear, square], other) == seen
    ]
    assert len(fitting) == 256


def _through(secret: int, x: int, y: int, other: int, seen: int) -> tuple[int, int]:
    """a, b with secret + a x + b x^2 = y, and the same at the other place: two equations, one answer."""
    first, second = over(y ^ secret, x), over(seen ^ secret, other)
    square = over(first ^ second, x ^ other)
    return first ^ times(square, x), square


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (2, 256), (-1, 1)])
def test_what_is_no_quorum_is_not_split(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match="not a quorum"):
        shamir.split(b"secret", threshold, count)


# --- Vectors: docs/format.md 7a ---


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["case"])
def test_vectors_are_recomputed_twice(case: dict[str, Any]) -> None:
    secret, rows = bytes.fromhex(case["secret"]), [bytes.fromhex(row) for row in case["coefficients"]]
    drawn = iter(rows)
    ours = shamir.split(secret, case["threshold"], case["count"], lambda _length: next(drawn))
    for place, share in enumerate(case["shares"], 1):
        value = bytes(at([secret[n], *(row[n] for row in rows)], place) for n in range(len(secret)))
        body = bytes([1]) + bytes.fromhex(case["set"]) + bytes([place]) + value
        packed = body + hashlib.sha256(b"sealgate share" + body).digest()[:4]
        assert packed.hex() == share["packed"]
        assert base64.b32encode(packed).decode() == share["letters"]
        assert [WORDS[byte] for byte in packed] == share["words"].split()
        assert ours[place] == value
        assert read_share(share["words"]) == read_share(share["letters"]) == Share(bytes.fromhex(case["set"]), place, value)
        assert hkdf(value, "share", "print", length=16).hex() == share["print"]
    for some in combinations(range(1, case["count"] + 1), case["threshold"]):
        points = {place: bytes.fromhex(case["shares"][place - 1]["packed"])[4:36] for place in some}
        assert bytes(interpolated({x: value[n] for x, value in points.items()}) for n in range(len(secret))) == secret
        assert shamir.join(points) == secret


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["case"])
def test_the_root_check_of_a_vector_opens_by_its_shares(case: dict[str, Any]) -> None:
    head = bytes([5, case["threshold"], case["count"]]) + bytes.fromhex(case["set"])
    preface = head + b"".join(bytes.fromhex(share["print"]) for share in case["shares"])
    secret, nonce = bytes.fromhex(case["secret"]), bytes.fromhex(case["nonce"])
    header = bytes([3]) + hkdf(secret, "root", "name", length=16) + nonce
    cipher = AESGCM(hkdf(secret, "root", "wrap", length=32))
    proof = header + cipher.encrypt(nonce, bytes(16), header + listed(b"root check", preface))
    check = bytes([4, 1]) + len(preface).to_bytes(2, "big") + preface + len(proof).to_bytes(2, "big") + proof
    assert check.hex() == case["check"]
    [quorum] = quorums(check)
    assert quorum.preface() == preface
    given_ = {n: read_share(case["shares"][n - 1]["words"]) for n in range(1, case["threshold"] + 1)}
    verify(open_quorum(given_, quorum, check), check)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["case"])
def test_a_vector_that_is_no_share(case: dict[str, Any]) -> None:
    with pytest.raises(BadShare):
        read_share(case["text"])


# --- As people have them ---


@pytest.fixture(scope="module")
def made() -> tuple[QuorumRoot, list[Share], bytes]:
    root, shares = new_quorum(2, 3)
    return root, shares, write_check(entry_of(root))


def test_a_share_is_read_however_it_was_typed(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    share = made[1][0]
    words = share.words()
    for text in (
        " ".join(words).upper(),
        "\n".join(word[:4] for word in words),
        share.letters(),
        share.letters().replace(" ", "").lower(),
        share.letters().replace(" ", "-"),
    ):
        assert read_share(text) == share


def test_one_wrong_word_is_told(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    words = made[1][0].words()
    for n in range(len(words)):
        wrong = [*words[:n], "zebra" if words[n] != "zebra" else "acid", *words[n + 1 :]]
        with pytest.raises(BadShare):
            read_share(" ".join(wrong))


@given(st.text(max_size=1200))
def test_nothing_typed_breaks_the_reading(text: str) -> None:
    with pytest.raises(BadShare):
        read_share(text)


def test_any_two_of_three_open_it(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    root, shares, check = made
    for one, other in combinations(shares, 2):
        quorum = quorum_of(one, check)
        assert open_quorum({one.place: one, other.place: other}, quorum, check).name == root.name


def test_one_alone_does_not(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    _, shares, check = made
    with pytest.raises(WrongRoot):
        open_quorum({1: shares[0]}, quorum_of(shares[0], check), check)


def test_a_share_of_another_root_is_told_at_once(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    _, shares, check = made
    mine = shares[0]
    for stranger in (
        new_quorum(2, 3)[1][0],
        Share(mine.set, 2, mine.value),
        Share(mine.set, 9, mine.value),
        Share(mine.set, 1, bytes(32)),
    ):
        with pytest.raises(ForeignShare) as told:
            quorum_of(stranger, check)
        assert mine.value.hex() not in str(told.value)


def test_no_repr_shows_a_share(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    root, shares, _ = made
    assert shares[0].value.hex() not in repr(shares[0])
    assert repr(shares[0].value) not in repr(shares)
    assert repr(root).startswith("QuorumRoot(")


def test_a_quorum_made_elsewhere_is_joined_here_from_its_preface(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    root, shares, _ = made
    assert join_quorum(root.preface, [share.letters() for share in shares]).name == root.name
    with pytest.raises(NotAQuorum):
        join_quorum(root.preface, [shares[0].letters(), shares[0].letters()])
    with pytest.raises(NotAnEnvelope):
        join_quorum(b"\x01", [shares[0].letters()])


@pytest.mark.parametrize(("needed", "holders"), [(1, 3), (4, 3), (2, 17), (0, 0)])
def test_a_quorum_of_one_or_of_a_crowd_is_none(needed: int, holders: int) -> None:
    with pytest.raises(NotAQuorum):
        new_quorum(needed, holders)


def test_a_damaged_preface_is_told(made: tuple[QuorumRoot, list[Share], bytes]) -> None:
    root, _, check = made
    [entry] = read_check(check)
    for preface in (root.preface[:-1], root.preface[:3], b"\x05", bytes([5, 9, 3]) + root.preface[3:]):
        proof = entry.proof
        damaged = bytes([4, 1]) + len(preface).to_bytes(2, "big") + preface + len(proof).to_bytes(2, "big") + proof
        with pytest.raises(NotAnEnvelope):
            quorums(damaged)
    assert isinstance(quorums(check)[0], Quorum)
