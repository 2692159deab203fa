"""The attack on tokens: whatever anybody could compute is computed, for known words and for plates that might exist.

The surprising thing: the whole space of mainland plates is 10^10, too many for a drill and few for a thief. But a token that
falls to guessing falls for a known plate too, so all known ones are tried under every function; a part of the space goes with
them, to count what a thief's hour costs, and so that a function that fits by accident of ours is not the only thing looked at.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice, product

from sealgate.domain.platepatterns import DIGITS, LETTERS
from sealgate.drills.scene import Attack, Count, Scene, columns_like
from sealgate.drills.truth import Truth
from sealgate.store.columns import HashBytes, TokenBytes
from sealgate.vault.envelope import expand, fields

HASHES = ("md5", "sha1", "sha224", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")
PUBLIC_KEYS = (b"", bytes(32), b"\xff" * 32, b"sealgate", b"secret", b"changeme", b"password", b"index/standing", b"index/day")
WORDS = (
    "plate",
    "stay",
    "permit",
    "ban",
    "reservation",
    "name",
    "number",
    "card",
    "login",
    "person",
    "agreement",
    "stay-holder",
)
"""The kinds under which our own tokens are made: they are in the source, so they are public."""

MOST_SALTS = 12
REGIONS = 5
Guess = Callable[[bytes], bytes]


def functions(truth: Truth) -> list[Guess]:
    """Every function of a text that needs no secret: hashes bare and salted, HMAC and our own way under public keys."""
    salts = _salts(truth)
    made: list[Guess] = []
    for name in HASHES:
        made.append(lambda text, name=name: hashlib.new(name, text).digest())  # type: ignore[misc]
        made.append(lambda text, name=name: hashlib.new(name, hashlib.new(name, text).digest()).digest())  # type: ignore[misc]
    for salt in salts:
        made.append(lambda text, salt=salt: hashlib.sha256(salt + text).digest())  # type: ignore[misc]
        made.append(lambda text, salt=salt: hashlib.sha256(text + salt).digest())  # type: ignore[misc]
        made.append(lambda text, salt=salt: hashlib.md5(salt + text, usedforsecurity=False).digest())  # type: ignore[misc]
    ours = [
        expand(key.ljust(32, b"\0")[:32], "derive", purpose) for key in salts for purpose in ("index/standing", "index/day")
    ]
    for key in (*PUBLIC_KEYS, *salts, *ours):
        keyed = hmac.new(key, digestmod="sha256")
        made.append(lambda text, keyed=keyed: _under(keyed, text))  # type: ignore[misc]
    for key in (*PUBLIC_KEYS, *ours):
        keyed = hmac.new(key, digestmod="sha256")
        made.extend(_with_kind(keyed, word) for word in WORDS[:6])
    return made


def _with_kind(keyed: hmac.HMAC, word: str) -> Guess:
    begun = word.encode()
    return lambda text: _under(keyed, fields(begun, text))


def _under(keyed: hmac.HMAC, text: bytes) -> bytes:
    mac = keyed.copy()
    mac.update(text)
    return mac.digest()


def _salts(truth: Truth) -> list[bytes]:
    """What a thief would salt with: ids of tenants and sites, and days, in the ways they are written."""
    ids = [*truth.tenants[:3], *truth.sites[:3]]
    salts = [salt for one in ids for salt in (one.bytes, str(one).encode(), one.hex.encode())]
    days = sorted(truth.days)[-2:]
    salts += [salt for day in days for salt in _writings(day)]
    return list(dict.fromkeys(salts))[: 2 * MOST_SALTS]


def _writings(day: int) -> tuple[bytes, ...]:
    written = date(1970, 1, 1) + timedelta(days=day)
    return str(day).encode(), day.to_bytes(4, "big"), written.isoformat().encode(), f"{written:%Y%m%d}".encode()


def tokens_of(scene: Scene) -> dict[bytes, str]:
    """Every token and hash in the databases, and the column that it stands in."""
    found: dict[bytes, str] = {}
    for name, sql in scene.each():
        for table, column in columns_like(sql, TokenBytes, HashBytes):
            for (cell,) in sql.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'):
                found.setdefault(bytes(cell), f"{name}{table}.{column}")
    return found


def plates_like(known: list[str], most: int) -> Iterator[str]:
    """Plates of the regions (province and letter) seen most, the most usual serials first: five digits, then one letter."""
    regions = [region for region, _ in Counter(text[:2] for text in known).most_common(REGIONS)]
    serials = (*(("digits",) * 5,), *(tuple("letter" if at == place else "digits" for at in range(5)) for place in range(5)))
    signs = {"digits": DIGITS, "letter": "".join(letter for letter in LETTERS if letter not in "IO")}
    every = (
        region + "".join(serial)
        for shape in serials
        for serial in product(*(signs[sign] for sign in shape))
        for region in regions
    )
    return islice(every, most)


def guessing(most: int) -> Attack:
    """`most` plates of the space are tried beside all known words."""

    def run(scene: Scene, count: Count) -> None:
        tokens = tokens_of(scene)
        short = {token[:16]: where for token, where in tokens.items()}
        made = functions(scene.truth)
        for text in dict.fromkeys(_texts(scene.truth)):
            _try(count, made, text.encode(), short)
        for number, plate in enumerate(plates_like(scene.truth.plates, most)):
            if number % 5_000 == 0:
                scene.told(f"plate {number:,} of {most:,}")
            _try(count, made, plate.encode(), short)

    return Attack(
        "tokens by guessing",
        "Computes every public function of known words and of possible plates, and compares with all tokens and hashes.",
        run,
    )


def _texts(truth: Truth) -> Iterator[str]:
    for text, kind in truth.words.items():
        if kind != "words":
            yield text
            yield " ".join(text.split()).casefold()


def _try(count: Count, made: list[Guess], text: bytes, tokens: dict[bytes, str]) -> None:
    count.tries += len(made)
    for guess in made:
        digest = guess(text)
        for part in (digest[:16], digest[-16:]):
            if part in tokens:
                count.found(tokens[part], "a token that anybody can compute")
