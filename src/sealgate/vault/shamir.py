"""Shamir's sharing of a secret ("How to share a secret", CACM 1979) over GF(256), byte by byte.

Any `threshold` of the shares give the secret back; fewer say nothing at all about it, however much somebody computes: for every
secret there is exactly one polynomial through what they have. The surprising thing: no table is used to multiply, because which
line of a table was touched can be seen by others on the machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

FIELD = 0x11B
"""x^8 + x^4 + x^3 + x + 1, the polynomial of AES."""

MOST = 255
"""Shares of one secret: their places are the field's elements but 0, where the secret lies."""


def multiply(a: int, b: int) -> int:
    """Of two bytes. The same steps whatever they are."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        b >>= 1
        a = (a << 1) ^ (FIELD & -(a >> 7))
    return product


def inverse(a: int) -> int:
    """a^254, for a^255 is 1. The inverse of 0 is asked by nobody; it would be 0."""
    result, power = 1, a
    for _ in range(7):
        power = multiply(power, power)
        result = multiply(result, power)
    return result


def split(secret: bytes, threshold: int, count: int, draw: Callable[[int], bytes] = secrets.token_bytes) -> dict[int, bytes]:
    """Shares by their place, 1 to `count`, each as long as the secret. `draw(n)` gives n random bytes; vectors bring their own.

    Every coefficient is drawn from all 256 values, 0 among them: a top one that is never 0 would tell something.
    """
    if not 1 <= threshold <= count <= MOST:
        raise ValueError(f"not a quorum: {threshold} of {count}")
    rows = [secret, *(draw(len(secret)) for _ in range(threshold - 1))]
    return {place: bytes(_value(column, place) for column in zip(*rows, strict=True)) for place in range(1, count + 1)}


def join(shares: Mapping[int, bytes]) -> bytes:
    """The secret, from at least as many shares as the threshold; from fewer, or a wrong one, other bytes of that length."""
    places = list(shares)
    if not places or len({len(share) for share in shares.values()}) != 1 or not all(1 <= place <= MOST for place in places):
        raise ValueError("not shares of one secret")
    weights = {place: _weight(place, places) for place in places}
    secret = bytearray(len(shares[places[0]]))
    for place, share in shares.items():
        for at, byte in enumerate(share):
            secret[at] ^= multiply(byte, weights[place])
    return bytes(secret)


def _value(coefficients: tuple[int, ...], place: int) -> int:
    """The polynomial at `place`, the lowest coefficient first (Horner)."""
    value = 0
    for coefficient in reversed(coefficients):
        value = multiply(value, place) ^ coefficient
    return value


def _weight(place: int, places: list[int]) -> int:
    """Lagrange's weight of one share at 0. Places are no secret."""
    weight = 1
    for other in places:
        if other != place:
            weight = multiply(weight, multiply(other, inverse(other ^ place)))
    return weight
