"""Inputs for parsers: true samples bent in many ways, pieces of several, and plain noise. Seeded: a run comes again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any

NUMBERS = (
    *(b"0", b"-0", b"-1", b"1e9", b"1e400", b"-1e400", b"NaN", b"Infinity", b"0x7f", b"00", b"1_000", b"9" * 19, b"9" * 400),
    *(b"2147483648", b"18446744073709551616", b"0.1", b".5", b"5.", b"1,5", b"\xe0\xb9\x91", b"\xc2\xb2", b"\xef\xbc\x91"),
)
WORDS = (
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"[[",
        b"}}",
        b'"',
        b"\\u0000",
        b"\\ud800",
        b"\x00",
        b"\r\n",
        b"\n\n",
        b"\r",
        b"\t",
    ),
    *(b",", b";", b"=", b"&", b"%00", b"%", b"..", b"../", b"'", b"--", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80"),
    *("ß".encode(), "İ".encode(), "沪A12345".encode(), "\u202e".encode(), "\u2028".encode(), "é".encode(), b"\xf0\x9f\x9a\x97"),
    *(b"9999-12-31", b"0000-00-00", b"2026-02-30", b"2026-03-01T25:61:61Z", b"+99:99", b"0001-01-01T00:00:00+23:59"),
)


def raw(random: Random, _samples: Sequence[bytes]) -> bytes:
    """Noise: any bytes, or any letters that JSON, CSV and TOML are made of."""
    size = random.choice((0, 1, 2, 3, 8, 30, 200, 2000))
    if random.random() < 0.5:
        return random.randbytes(size)
    return bytes(random.choice(b'{}[]",:;=&%+-.0123456789abcxyzAZ \n\r\t#') for _ in range(size))


def bent(random: Random, samples: Sequence[bytes]) -> bytes:
    """A true sample with one to six changes."""
    data = bytearray(random.choice(samples))
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choice(BENDS)(random, data)
    return bytes(data[:2_000_000])


def joined(random: Random, samples: Sequence[bytes]) -> bytes:
    """The head of one sample and the tail of another."""
    one, other = random.choice(samples), random.choice(samples)
    return one[: random.randint(0, len(one))] + other[random.randint(0, len(other)) :]


def told(random: Random, samples: Sequence[bytes]) -> bytes:
    """A true sample in which numbers and words stand for others: it keeps its form, and says what nobody would."""
    data = random.choice(samples)
    spots = [at for at in range(len(data)) if data[at : at + 1].isdigit() and not data[at - 1 : at].isdigit()] or [0]
    at = random.choice(spots)
    end = at
    while data[end : end + 1].isdigit():
        end += 1
    return data[:at] + random.choice((*NUMBERS, *WORDS)) + data[max(end, at) :]


ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1 << 31, 1 << 63, 10**30, 0.5, -0.0, 1e308, "", " ", "0", "-1", "1e9", "NaN", [], {}, [[]]),
    *(
        "x" * 5000,
        "\x00",
        "\u202e",
        "\ud800",
        "٣",
        "２",
        "ß" * 100,
        "2026-02-30",
        "24:00",
        "99:99",
        "9999-12-31T23:59:59-12:00",
    ),
    *(["a"] * 1000, {"": ""}, {"a": {"a": {"a": []}}}, "00000000-0000-0000-0000-000000000000", "CNY", "JPY", "1.005", "-0.01"),
)


def grown(random: Random, samples: Sequence[bytes]) -> bytes:
    """A true sample that is JSON, with values of another kind, keys that are gone and lists that are longer."""
    data = random.choice(samples)
    try:
        tree = json.loads(data)
    except ValueError:
        return bent(random, samples)
    for _ in range(random.choice((1, 1, 2, 4))):
        spots = list(_spots(tree))
        if not spots:
            break
        inside, key = random.choice(spots)
        match random.randrange(4):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, list):
                inside.append(deepcopy(inside[key]))
            case 2:
                inside[key] = [inside[key]]
            case _:
                inside[key] = deepcopy(random.choice(ODD))
    return json.dumps(tree, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _spots(tree: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _spots(tree[key])


def _flip(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))


def _cut(random: Random, data: bytearray) -> None:
    at = random.randint(0, len(data))
    del data[at : at + random.choice((1, 2, 8, 64, len(data)))]


def _put(random: Random, data: bytearray) -> None:
    at = random.randint(0, len(data))
    data[at:at] = random.choice((*NUMBERS, *WORDS, random.randbytes(random.randint(1, 8))))


def _again(random: Random, data: bytearray) -> None:
    at = random.randint(0, len(data))
    piece = data[at : at + random.choice((1, 4, 40, 400))]
    data[at:at] = piece * random.choice((1, 2, 30))


def _swap(random: Random, data: bytearray) -> None:
    lines = data.split(b"\n")
    if len(lines) > 1:
        one, other = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        data[:] = b"\n".join(lines)


def _length(random: Random, data: bytearray) -> None:
    """A binary length somewhere, as large as it can be."""
    width = random.choice((1, 2, 4, 8))
    if len(data) >= width:
        at = random.randint(0, len(data) - width)
        data[at : at + width] = random.choice((b"\xff", b"\x7f", b"\x00", b"\x80")) + bytes([random.choice((0, 255))]) * (
            width - 1
        )


BENDS: tuple[Callable[[Random, bytearray], None], ...] = (_flip, _set, _cut, _put, _put, _again, _swap, _length)
KINDS: tuple[Callable[[Random, Sequence[bytes]], bytes], ...] = (raw, bent, bent, told, grown, grown, joined)
"""Most of what is tried is a true sample with a few changes."""


def inputs(seed: int, name: str, samples: Sequence[bytes], count: int) -> list[bytes]:
    """For tests; a long run makes them one by one (`made`)."""
    random = Random(f"{seed} {name}")
    return [made(random, samples) for _ in range(count)]


def made(random: Random, samples: Sequence[bytes]) -> bytes:
    return random.choice(KINDS)(random, samples)
