"""`sealgate bench pairing`: how many bills would be another car's, and how many cars go to the desk, at given error rates.

A garage on a busy day, again and again: cars of a population come, stay and leave; cameras misread or lose a share of the
passes; some cars belong to fleets whose plates differ in one place. Only the decisions are run, the ones of `domain/stays_*`,
so hundreds of thousands of bills take minutes. The surprising thing: it judges against the truth, which only a model knows.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from sealgate.cli.pairing_book import DAY, DECK, MINUTE, START, Book, Charge, Event
from sealgate.domain.stays_reading import ALIKE

LETTERS, FIGURES = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
RIGHT, WRONG = (0.95, 0.995), (0.82, 0.96)
"""Between these a camera scores what it read rightly, and wrongly: surer of wrong readings than it should be."""

AGAIN = 0.01
"""Of readings, so many are told twice."""

FORGETS = 500
"""Visits after which the books drop what is over."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`misread` and `lost`: shares of all passes. Of lost entries half draw a ticket, the others are only counted; of lost
    exits half are only counted, at the others the driver calls. `fleets`: share of cars whose plate is one place from that of
    nine others. `pays_ahead`: share of drivers who pay before they walk to their car.
    """

    misread: float = 0.03
    lost: float = 0.02
    cars: int = 4000
    fleets: float = 0.1
    visits_a_day: int = 1143
    pays_ahead: float = 0.4
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Counted:
    """`desk` of `visits` went there. A bill made by another visit's exit, found out later or not, is `wrong`; or, where nobody
    could have told: `merged`, a car whose exit was lost, and its next entry as well; `to_the_letter`, a car whose entry was
    lost, and that was misread as precisely the plate of one inside.
    """

    visits: int
    bills: int
    wrong: int
    merged: int
    to_the_letter: int
    desk: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A driver pays on the phone before walking to the car."""

    visit: int
    at: datetime


Told = Event | Ahead


@dataclass
class Truth:
    """Of each visit: its car's plate, and what was read of it when it came (True) and went (False)."""

    plates: dict[int, str] = field(default_factory=dict)
    read: dict[tuple[int, bool], str | None] = field(default_factory=dict)

    def judge(self, charge: Charge) -> str:
        came, went = charge.began, charge.ended
        if came == went:
            return "right"
        lost = self.read.get((went, True)) is None
        if lost and self.plates[came] == self.plates[went]:
            return "merged"
        read = self.read.get((went, False))
        misread = read != self.plates[went] and read == self.read.get((came, True))
        return "to_the_letter" if lost and misread else "wrong"


def measure(terms: Terms, bills: int, done: Callable[[int], None] = lambda _: None) -> Counted:
    """Until so many bills were made without anybody looking."""
    book, truth, made = Book(desk=True), Truth(), 0
    visits = 0
    for visits, event in _passes(terms, truth):
        if isinstance(event, Ahead):
            book.pays(event.visit, event.at)
            continue
        truth.read.setdefault((event.visit, event.entering), event.text)
        if event.calls:
            book.calls(event)
            continue
        book.hear(event)
        if visits % FORGETS == 0 and len(book.charges) > made:
            done(len(book.charges) - made)
            made = len(book.charges)
            book.forget(event.at - 3 * DAY)
            if made >= bills:
                break
    judged = Counter(truth.judge(one) for charges in book.charges.values() for one in charges)
    tally = Counter({reason.value: times for reason, times in book.asked.items()})
    kinds = judged["wrong"], judged["merged"], judged["to_the_letter"]
    return Counted(visits, judged.total(), *kinds, tally.total(), dict(tally.most_common()))


def _plates(dice: random.Random, terms: Terms) -> list[str]:
    def plate() -> str:
        return "沪" + dice.choice("AB") + "".join(dice.choices(LETTERS + FIGURES, k=5))

    fleet = [
        base[:place] + other + base[place + 1 :]
        for base in (plate() for _ in range(int(terms.cars * terms.fleets / 10)))
        for place in [dice.randrange(2, 7)]
        for other in dice.sample(LETTERS + FIGURES, 10)
    ]
    return list(dict.fromkeys([*fleet, *(plate() for _ in range(terms.cars - len(fleet)))]))


def _passes(terms: Terms, truth: Truth) -> Iterator[tuple[int, Told]]:
    """In the order in which they happen, with the number of visits so far."""
    dice = random.Random(terms.seed)  # noqa: S311 - a made-up garage, no secret
    plates, number, visits = _plates(dice, terms), count(), count()
    due: list[tuple[datetime, int, Iterator[datetime | Told]]] = []
    apart = terms.cars / terms.visits_a_day * DAY / HOUR
    for plate in plates:
        first = START + dice.uniform(0, 2 * apart) * HOUR
        heappush(due, (first, next(number), _car(dice, terms, plate, first, apart, visits, truth)))
    begun = 0
    while due:
        _, _, car = heappop(due)
        for told in car:
            if isinstance(told, datetime):
                heappush(due, (told, next(number), car))
                break
            begun = max(begun, told.visit)
            yield begun, told


def _car(
    dice: random.Random, terms: Terms, plate: str, at: datetime, apart: float, visits: Iterator[int], truth: Truth
) -> Iterator[datetime | Told]:
    """The instants at which it does something, and what is told of it then."""
    while True:
        visit, lot = next(visits), DECK.lot
        truth.plates[visit] = plate
        drawn = dice.random() < terms.lost / 2
        lost = drawn or dice.random() < terms.lost / 2
        text, score = (None, 0.0) if lost else camera(dice, plate, terms.misread)
        yield from _told(dice, Event(visit, True, at, at, text, score, lot, ticket=drawn))
        stays = min(max(dice.lognormvariate(0.6, 1.0), 0.1), 40) * HOUR
        at += stays
        if not (lost and not drawn) and dice.random() < terms.pays_ahead:
            before = at - dice.uniform(1, 8) * MINUTE
            yield before
            yield Ahead(visit, before)
        yield at
        chance = dice.random()
        text, score = camera(dice, plate, terms.misread)
        if chance < terms.lost / 2:
            yield Event(visit, False, at, at, None, 0.0, lot)
        elif chance < terms.lost and not drawn:
            yield Event(visit, False, at, at, None, 0.0, lot, calls=True)
        else:
            yield from _told(dice, Event(visit, False, at, at, text, score, lot, ticket=drawn))
        at += dice.expovariate(1 / apart) * HOUR + HOUR / 2
        yield at


def _told(dice: random.Random, event: Event) -> Iterator[Event]:
    yield event
    if event.text is not None and dice.random() < AGAIN:
        yield replace(event, at=event.at + 5 * SECOND, told=event.told + 5 * SECOND)


def camera(dice: random.Random, plate: str, misread: float) -> tuple[str, float]:
    """A misreading is a known confusion, if there is one, or any other character."""
    if dice.random() >= misread:
        return plate, dice.uniform(*RIGHT)
    place = dice.randrange(1, len(plate))
    group = next((group for group in ALIKE if plate[place] in group), LETTERS + FIGURES)
    other = dice.choice([letter for letter in group if letter != plate[place]])
    return plate[:place] + other + plate[place + 1 :], dice.uniform(*WRONG)


def rows(terms: Terms, counted: Counted) -> Iterator[tuple[str, str]]:
    """What `tell` prints."""
    yield "misread, lost", f"{terms.misread:.0%}, {terms.lost:.0%} of the passes"
    yield "visits", f"{counted.visits:,}"
    yield "bills", f"{counted.bills:,}"
    yield "of another car or visit", f"{counted.wrong:,}"
    yield "the same, where exit and next entry were lost", f"{counted.merged:,}"
    yield "the same, where the entry was lost and another's plate read", f"{counted.to_the_letter:,}"
    yield "to the desk", f"{counted.desk:,} ({counted.desk / max(counted.visits, 1):.1%})"
    for reason, times in counted.reasons.items():
        yield f"  {reason}", f"{times:,}"


def whole(terms: Terms, counted: Counted) -> dict[str, object]:
    return asdict(terms) | asdict(counted)
