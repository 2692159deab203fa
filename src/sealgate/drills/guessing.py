"""The attack on tokens: whatever anybody could compute is computed, for known words and for plates that might exist.

The surprising thing: the whole space of mainland plates is 10^10, too many for a drill and few for a thief. But a token that
falls to guessing falls for a known plate too, so all known ones are tried under every function; a part of the space goes with
them, to count what a thief's hour costs, and so that a function that fits by accident of ours is not the only thing looked at.
It is the same with telephone numbers (10^10) and ID numbers (some 10^11 that are likely).
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice, product

from sealgate.domain.platepatterns import DIGITS, LETTERS
from sealgate.domain.residentid import check_character
from sealgate.drills.scene import Attack, Count, Scene, columns_like
from sealgate.drills.truth import Truth
from sealgate.store.columns import HashBytes, TokenBytes
from sealgate.vault.envelope import expand, fields

HASHES = ("md5", "sha1", "sha224", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")
PUBLIC_KEYS = (b"", bytes(32), b"\xff" * 32, b"sealgate", b"secret", b"changeme", b"password", b"index/standing", b"index/day")
WORDS = {
    "plate": ("plate", "stay", "permit", "ban", "reservation", "stay-holder"),
    "telephone": ("phone", "visitor-phone", "login"),
    "ID number": ("visitor-id-number", "number"),
    "name": ("name", "visitor-name"),
    "e-mail": ("visitor-email", "login", "email"),
    "number": ("number", "card", "person"),
    "card or plate": ("card", "qr", "pin", "plate"),
}
"""The kinds under which our own tokens are made, by what the word is: they are in the source, so they are public."""

MOST_SALTS = 12
REGIONS = 5
Guess = Callable[[bytes], bytes]


def functions(truth: Truth) -> dict[str, list[Guess]]:
    """Every function of a text that needs no secret, by the kind of the text; those of any kind under "". Hashes bare and
    salted, HMAC and our own way under public keys."""
    salts = _salts(truth)
    ours = [
        expand(key.ljust(32, b"\0")[:32], "derive", purpose) for key in salts for purpose in ("index/standing", "index/day")
    ]
    made = {"": [*_hashes(salts), *(_keyed(key) for key in (*PUBLIC_KEYS, *salts, *ours))]}
    for kind, words in WORDS.items():
        made[kind] = made[""] + [
            _with_kind(hmac.new(key, digestmod="sha256"), w) for key in (*PUBLIC_KEYS, *ours) for w in words
        ]
    return made


def _hashes(salts: list[bytes]) -> Iterator[Guess]:
    for name in HASHES:
        yield lambda text, name=name: hashlib.new(name, text).digest()  # type: ignore[misc]
        yield lambda text, name=name: hashlib.new(name, hashlib.new(name, text).digest()).digest()  # type: ignore[misc]
    for salt in salts:
        yield lambda text, salt=salt: hashlib.sha256(salt + text).digest()  # type: ignore[misc]
        yield lambda text, salt=salt: hashlib.sha256(text + salt).digest()  # type: ignore[misc]
        yield lambda text, salt=salt: hashlib.md5(salt + text, usedforsecurity=False).digest()  # type: ignore[misc]


def _keyed(key: bytes) -> Guess:
    keyed = hmac.new(key, digestmod="sha256")
    return lambda text: _under(keyed, text)


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


def phones_like(known: list[str], most: int) -> Iterator[str]:
    """Numbers that begin as most of the known ones do: the network and the town, then anything."""
    begins = [begin for begin, _ in Counter(text[:-6] for text in known if text.isdigit()).most_common(REGIONS)]
    return islice((begin + f"{number:06}" for number in range(10**6) for begin in begins), most)


def numbers_like(known: list[str], most: int) -> Iterator[str]:
    """ID numbers of the known ones' counties and birthdays, each with its check character."""
    begins = [begin for begin, _ in Counter(text[:14] for text in known if len(text) == 18).most_common(REGIONS)]
    every = (f"{begin}{number:03}" for number in range(1_000) for begin in begins if begin.isdigit())
    return (digits + check_character(digits) for digits in islice(every, most))


def guesses_like(truth: Truth, most: int) -> Iterator[tuple[str, str]]:
    """Texts that nobody told us, with their kinds: `most` plates, and a quarter as many of either number."""
    for kind, like, some in (
        ("plate", plates_like, most),
        ("telephone", phones_like, most // 4),
        ("ID number", numbers_like, most // 4),
    ):
        known = [text for text, is_of in truth.words.items() if is_of == kind]
        yield from ((text, kind) for text in like(known, some))


def guessing(most: int) -> Attack:
    """`most` plates of the space, and some numbers, are tried beside all known words."""

    def run(scene: Scene, count: Count) -> None:
        tokens = {token[:16]: where for token, where in tokens_of(scene).items()}
        made = functions(scene.truth)
        for text, kind in dict(_texts(scene.truth)).items():
            _try(count, made.get(kind, made[""]), text, kind, tokens)
        for number, (text, kind) in enumerate(guesses_like(scene.truth, most)):
            if number % 5_000 == 0:
                scene.told(f"{number:,}")
            _try(count, made[kind], text, kind, tokens)

    return Attack(
        "tokens by guessing",
        "Computes every public function of known words, possible plates, telephone and ID numbers, and compares all tokens.",
        run,
    )


def _texts(truth: Truth) -> Iterator[tuple[str, str]]:
    for text, kind in truth.words.items():
        if kind != "words":
            yield text, kind
            yield " ".join(text.split()).casefold(), kind


def _try(count: Count, made: list[Guess], text: str, kind: str, tokens: dict[bytes, str]) -> None:
    count.tries += len(made)
    raw = text.encode()
    for guess in made:
        digest = guess(raw)
        for part in (digest[:16], digest[-16:]):
            if part in tokens:
                count.found(tokens[part], f"a token of a {kind} that anybody can compute")
