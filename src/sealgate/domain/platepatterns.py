"""Which texts number plates have, country by country: to sort out a reader's mistakes, never to refuse a car.

A pattern is written one symbol a place (see `CLASSES`), a symbol may be followed by `{m,n}`, and whatever is no
symbol stands for itself. A plate that breaks every pattern is still a car in front of the gate: with each country's
usual series goes a free one that takes any text, at a price (`cost`), so that it wins only where the picture insists.

Sources: GA 36-2018 for the mainland, and the usual series of today for the others (docs/models.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TAILS = "挂学警港澳使领"
ALPHABET = PROVINCES + DIGITS + LETTERS + TAILS


def _without(letters: str) -> str:
    return "".join(c for c in LETTERS if c not in letters)


CLASSES = {
    "p": PROVINCES,
    "o": _without("I"),  # the issuing office; O was for police and government cars
    "s": _without("IO") + DIGITS,  # a mainland serial: 0 and 1 are always digits
    "e": "ABCDEFGHJK",  # new energy
    "t": "挂学警",
    "d": DIGITS,
    "n": "123456789",
    "a": LETTERS,
    "m": LETTERS + DIGITS,
    "h": _without("IOQ"),
    "f": _without("IOU"),
    "i": _without("IOQU"),
    "c": _without("AEIOUQ"),  # Spain: no vowels, no Q
    "b": _without("IQ"),
    "j": "ABCDEFGHIJ",  # Mercosul: 0..9 as letters
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """`places` has the characters allowed at each place. `cost` is a natural logarithm: how much less usual it is."""

    country: str
    name: str
    places: tuple[str, ...]
    cost: float = 0.0

    @property
    def usual(self) -> bool:
        """False for those that take any text."""
        return self.cost < FREE


FREE = 2.0
"""The cost of a text that is in no series, where any country may be meant."""

FOREIGN = 6.0
"""The cost of such a text where the countries are named."""

_SERIES: dict[str, Sequence[tuple[str, str, float]]] = {
    "cn": (
        ("small car", "posssss", 0.0),
        ("new energy small", "poesdddd", 0.0),
        ("new energy large", "poddddde", 0.5),
        ("trailer, school, police", "posssst", 0.5),
        ("consulate", "podddd领", 0.5),
        ("cross-border", "粤Zssss港", 0.5),
        ("cross-border", "粤Zssss澳", 0.5),
        ("embassy", "dddddd使", 0.5),
        ("embassy", "使dddddd", 0.5),
        ("armed police", "WJp{0,1}dddds", 1.0),
    ),
    "hk": (("car", "hhd{1,4}", 0.0), ("personal", "m{2,8}", FREE)),
    "mo": (("car", "Ma{0,1}dddd", 0.0),),
    "tw": (("car", "aaadddd", 0.0), ("older", "ddddaa", 0.5), ("older", "aadddd", 0.5)),
    "gb": (("since 2001", "bbddbbb", 0.0), ("prefix", "hd{1,3}bbb", 0.5), ("Northern Ireland", "a{1,3}d{1,4}", 1.0)),
    "ie": (("since 1987", "d{2,3}a{1,2}d{1,6}", 0.0),),
    "de": (
        ("car", "a{1,3}a{1,2}nd{0,3}", 0.0),
        ("electric", "a{1,3}a{1,2}nd{0,2}E", 0.7),
        ("historic", "a{1,3}a{1,2}nd{0,2}H", 0.7),
    ),
    "at": (("car", "a{1,2}d{1,5}a{1,3}", 0.0), ("personal", "a{2,6}d{1,3}", 0.7)),
    "ch": (("car", "aad{1,6}", 0.0),),
    "fr": (("since 2009", "ffdddff", 0.0), ("old", "nd{0,3}a{2,3}dd", 0.7)),
    "it": (("since 1994", "iidddii", 0.0),),
    "es": (("since 2000", "ddddccc", 0.0), ("old", "a{1,2}dddda{1,2}", 0.7)),
    "pt": (("since 2020", "aaddaa", 0.0), ("older", "aadddd", 0.3), ("older", "ddddaa", 0.3), ("older", "ddaadd", 0.0)),
    "nl": (
        ("car", "aaddda", 0.0),
        ("car", "adddaa", 0.0),
        ("car", "ddaaad", 0.0),
        ("car", "daaadd", 0.0),
        ("car", "aaadda", 0.0),
        ("car", "ddaaaa", 0.3),
        ("car", "aaddaa", 0.3),
        ("car", "aaaadd", 0.3),
        ("car", "addaaa", 0.0),
    ),
    "be": (("since 2010", "naaaddd", 0.0), ("older", "aaaddd", 0.5)),
    "lu": (("car", "aadddd", 0.0), ("older", "d{4,6}", 1.0)),
    "pl": (("car", "a{2,3}d{4,5}", 0.0), ("car", "a{2,3}m{4,5}", 1.0)),
    "cz": (("car", "dadd{4,4}", 0.0), ("car", "daad{4,4}", 0.0), ("older", "aaadddd", 0.5)),
    "sk": (("car", "aadddaa", 0.0),),
    "hu": (("since 2022", "aaaaddd", 0.0), ("older", "aaaddd", 0.0)),
    "ro": (("county", "aaddaaa", 0.0), ("Bucharest", "Bd{2,3}aaa", 0.0)),
    "se": (("car", "bbbddb", 0.3), ("car", "bbbddd", 0.0)),
    "no": (("car", "aaddddd", 0.0),),
    "dk": (("car", "aaddddd", 0.0),),
    "fi": (("car", "a{2,3}d{1,3}", 0.0),),
    "gr": (("car", "aaadddd", 0.0),),
    "tr": (("car", "dda{1,3}d{2,5}", 0.0),),
    "br": (("old", "aaadddd", 0.0), ("Mercosul", "aaadjdd", 0.0)),
    "ar": (("Mercosul", "aadddaa", 0.0), ("older", "aaaddd", 0.3)),
    "mx": (("car", "aaad{3,4}", 0.0), ("car", "aaad{3,4}a", 0.3)),
    "us": (
        ("any state", "m{2,8}", FREE),
        ("letters, digits", "aaad{3,4}", 0.0),
        ("digits, letters", "dddaaa", 0.0),
        ("California car", "naaaddd", 0.0),
        ("California lorry", "naddddd", 0.5),
        ("Missouri", "aadada", 0.3),
        ("Florida", "aaaadd", 0.3),
        ("Illinois, Connecticut", "aaddddd", 0.3),
        ("New Jersey", "addaaa", 0.3),
        ("Maryland", "daadddd", 0.3),
        ("Massachusetts", "daaadd", 0.5),
        ("digits", "d{6,7}", 0.3),
        ("letter, digits", "ad{5,6}", 0.5),
    ),
    "ca": (("Ontario", "aaaaddd", 0.0), ("letters, digits", "aaaddd", 0.0)),
    "in": (
        ("state series", "aadda{0,3}dddd", 0.0),
        ("state series", "aada{1,3}dddd", 0.5),
        ("BH series", "ddBHdddda{1,2}", 0.5),
    ),
    "au": (("New South Wales", "aaadda", 0.0), ("Victoria", "daadaa", 0.0), ("letters, digits", "aaaddd", 0.3)),
    "za": (("Gauteng", "aaddaaGP", 0.0),),
}

EUROPE = (
    "at",
    "be",
    "ch",
    "cz",
    "de",
    "dk",
    "es",
    "fi",
    "fr",
    "gb",
    "gr",
    "hu",
    "ie",
    "it",
    "lu",
    "nl",
    "no",
    "pl",
    "pt",
    "ro",
    "se",
    "sk",
)
COUNTRIES = (*_SERIES, "eu")
"""Lower-case ISO 3166 codes, and `eu` for all of Europe."""

_BY_ZONE = {
    "Asia/Shanghai": ("cn",),
    "Asia/Urumqi": ("cn",),
    "Asia/Hong_Kong": ("hk", "cn"),
    "Asia/Macau": ("mo", "cn"),
    "America/Sao_Paulo": ("br",),
    "Asia/Kolkata": ("in",),
    "Europe": ("eu",),
    "America": ("us",),
}


def countries_of(time_zone: str) -> tuple[str, ...]:
    """The plates to expect at a site of that IANA zone, as far as the zone tells; none named where it does not.

    >>> countries_of("Asia/Shanghai"), countries_of("Europe/Berlin"), countries_of("Asia/Tokyo")
    (('cn',), ('eu',), ())
    """
    return _BY_ZONE.get(time_zone) or _BY_ZONE.get(time_zone.partition("/")[0], ())


_SYMBOL = re.compile(r"(.)(?:\{(\d),(\d)\})?")


def patterns(countries: Sequence[str]) -> list[Pattern]:
    """The patterns of these countries with a free one beside them; of all, if none is named or none is known."""
    wanted = list(dict.fromkeys(part for c in countries for part in (EUROPE if c == "eu" else (c,)) if part in _SERIES))
    found = [pattern for country in wanted or _SERIES for pattern in _of(country)]
    return [*found, *expanded("", "any", "m{4,8}", FOREIGN if wanted else FREE)]


@cache
def _of(country: str) -> tuple[Pattern, ...]:
    return tuple(p for name, text, cost in _SERIES[country] for p in expanded(country, name, text, cost))


def expanded(country: str, name: str, text: str, cost: float) -> Iterator[Pattern]:
    """One pattern for each length that the text allows; written as `CLASSES` and the module say."""
    longer: list[tuple[str, ...]] = [()]
    for symbol, least, most in _SYMBOL.findall(text):
        counts = range(int(least or 1), int(most or 1) + 1)
        longer = [places + (CLASSES.get(symbol, symbol),) * count for places in longer for count in counts]
    return (Pattern(country, name, places, cost) for places in longer)


class Grammar:
    """Many patterns at once, for a reader that grows texts one character at a time.

    The patterns that a beginning still fits are the bits of an integer, so that one step costs one `&`.
    """

    def __init__(self, found: Iterable[Pattern]) -> None:
        self.patterns = tuple(dict.fromkeys(found))
        self.longest = max(len(pattern.places) for pattern in self.patterns)
        self.all = (1 << len(self.patterns)) - 1
        self.fits = [[self._fitting(at, char) for char in ALPHABET] for at in range(self.longest)]
        """[place][index in ALPHABET]: the patterns that allow that character there."""
        self._ending = [self._of_length(length) for length in range(self.longest + 1)]

    def allowed(self, alive: int, at: int) -> tuple[int, ...]:
        """Indices in ALPHABET of the characters that may come next."""
        return tuple(index for index, fitting in enumerate(self.fits[at]) if fitting & alive) if at < self.longest else ()

    def complete(self, alive: int, length: int) -> Pattern | None:
        """The cheapest pattern that a text of this length fulfils; None if it is only a beginning."""
        done = alive & self._ending[length]
        return min((p for i, p in enumerate(self.patterns) if done >> i & 1), key=lambda p: p.cost, default=None)

    def _fitting(self, at: int, char: str) -> int:
        return sum(1 << i for i, p in enumerate(self.patterns) if at < len(p.places) and char in p.places[at])

    def _of_length(self, length: int) -> int:
        return sum(1 << i for i, p in enumerate(self.patterns) if len(p.places) == length)


@cache
def grammar(countries: tuple[str, ...]) -> Grammar:
    return Grammar(patterns(countries))


def pattern_of(text: str, countries: Sequence[str] = ()) -> Pattern | None:
    """The usual series that a whole text belongs to; None if it is in none."""
    found = grammar(tuple(countries))
    alive = found.all
    for at, char in enumerate(text):
        if at >= found.longest or char not in ALPHABET:
            return None
        alive &= found.fits[at][ALPHABET.index(char)]
    best = found.complete(alive, len(text))
    return best if best and best.usual else None
