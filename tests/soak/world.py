"""A garage's world outside of the program: drivers, cars, bars, a provider, an attendant, and whoever pulls the plug.

What is here is the truth that the program is compared with in the end. The surprising thing: every car is a generator that
yields the instant at which it goes on, so a week of thousands of cars at a few lanes is one loop, with one clock.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tests.soak.killable import Killed, SaidNo, Server

from sealgate.app import initialise, running
from sealgate.domain.desk import Act
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId, StayId
from sealgate.domain.lots import GateRole, SpaceClass
from sealgate.domain.places import GateKind
from sealgate.domain.plates import normalise
from sealgate.domain.sightings import Means, PlateSighting
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_reading import ALIKE
from sealgate.flows import campus, lots, parking, rules, tariffs
from sealgate.flows.assist_acts import Decision
from sealgate.flows.lots import LotTerms
from sealgate.flows.parking import Arrival
from sealgate.payments.simulated import Act as Doing
from sealgate.payments.simulated import Simulated
from sealgate.ports import ProviderRefused
from sealgate.settings import load

Made = TypeVar("Made")
Story = Generator[datetime, None, Made]
"""What somebody does, by the instants at which they go on; and what came of it."""

MONDAY = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LETTERS, FIGURES = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
BUSY_HOURS = (1, 1, 1, 1, 1, 2, 6, 14, 16, 10, 8, 9, 10, 9, 8, 8, 9, 12, 14, 10, 7, 5, 3, 2)

TARIFF = """
name = "Deck"
currency = "CNY"
time_zone = "Asia/Shanghai"
free_time = "15m"
steps = [{ each = "1h", price = 5.50 }]
[[ceiling]]
name = "24 hours"
per = "24h"
price = 66
[after_payment]
leave_within = "20m"
"""


@dataclass
class WorldClock:
    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at


@dataclass
class Visit:
    """One car, once: what really happened. `read_as` are the texts that cameras saw at the entry; `stay` as we were told."""

    plate: str
    entered: datetime | None = None
    left: datetime | None = None
    how_in: str = ""
    how_out: str = ""
    read_as: set[str] = field(default_factory=set)
    stay: StayId | None = None
    told: set[StayId] = field(default_factory=set)
    code: str | None = None
    turned_away: bool = False
    finished: bool = False


class World:
    """Cars, lanes and a provider through a simulated span of time."""

    def __init__(self, folder: Path, *, spaces: int, days: int, visits: int, kills: int, seed: int) -> None:
        self.dice = random.Random(seed)
        self.clock = WorldClock()
        self.provider = Simulated(b"soak" * 8, self.clock)
        self.folder, self.days = folder, days
        self.bars: Counter[GateId] = Counter()
        self.busy: set[GateId] = set()
        self.visits = [Visit(self._plate()) for _ in range(visits)]
        self.last: dict[str, Visit] = {}
        self.ghosts = 0
        self.number = count()
        self.agenda: list[tuple[datetime, int, Iterator[datetime]]] = []
        self.build(spaces)
        until = MONDAY + days * DAY
        instants = sorted(MONDAY + (until - MONDAY) * self.dice.uniform(0.02, 0.98) for _ in range(kills))
        self.server = Server(folder, self, instants)

    def _plate(self) -> str:
        """Of a population that is smaller than the visits, so cars come again; one in fifty is next to another by plate."""
        car = random.Random(self.dice.randrange(4000))
        text = "沪" + car.choice("AB") + "".join(car.choice(LETTERS + FIGURES) for _ in range(5))
        if self.dice.random() < 0.02:
            text = text[:-1] + self.dice.choice(LETTERS + FIGURES)
        return text

    def build(self, spaces: int) -> None:
        settings = load(data=self.folder / "data", keys=self.folder / "keys")
        initialise(settings, "Acme")
        with running(settings, faces=None, plates=None, clock=self.clock) as program:
            house = program.house
            signed = campus.system(house, house.store.tenants()[0].tenant)
            site = rules.add_site(house, signed, "North Campus", "Asia/Shanghai")
            street = rules.zones(house, signed, site)[0].zone
            deck = rules.add_zone(house, signed, site, "Deck")
            means = frozenset({Means.PLATE, Means.QR})
            tariffs.save(house, signed, TARIFF, date(2026, 1, 1))
            lot = lots.add_lot(house, signed, site, LotTerms("Deck", {SpaceClass.VISITORS: spaces}, tariff="Deck"))
            ways = {GateRole.ENTRY: (street, deck), GateRole.EXIT: (deck, street)}
            self.lanes: dict[GateRole, list[GateId]] = {}
            for role, zones in ways.items():
                for number in range(4):
                    gate = rules.NewGate(f"{role.value} {number + 1}", GateKind.BARRIER, *zones, means)
                    self.lanes.setdefault(role, []).append(rules.add_gate(house, signed, site, gate))
                    lots.add_lane(house, signed, site, lot, self.lanes[role][-1], role)

    # --- what the program asks of the world ----------------------------------------------------------------------

    def asked(self, what: str, words: Sequence[Any]) -> tuple[str, Any]:
        if what == "bar":
            self.bars[words[0]] += 1
            return "answer", None
        try:
            answer = getattr(self.provider, what)(*words)
        except (Refused, Fault) as trouble:
            return "raised", trouble
        return "answer", list(answer) if what == "statement" else answer

    # --- time ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until every car has left and every payment is settled."""
        self.server.start()
        for visit in self.visits:
            day, hour = self.dice.randrange(self.days), self.dice.choices(range(24), BUSY_HOURS)[0]
            self.at(MONDAY + day * DAY + hour * HOUR + self.dice.uniform(0, 3600) * SECOND, self.comes_and_goes(visit))
        self.at(MONDAY + 10 * MINUTE, self.clockwork())
        while self.agenda:
            self.clock.at, _, car = heappop(self.agenda)
            self.at(next(car, None), car)

    def at(self, when: datetime | None, what: Iterator[datetime]) -> None:
        if when is not None:
            heappush(self.agenda, (when, next(self.number), what))

    def clockwork(self) -> Iterator[datetime]:
        """Asks after lost notices and delivers late ones, until an hour after the last car."""
        while self.agenda:
            self.deliver()
            self.server.surely("go_round")
            yield self.clock.at + 10 * MINUTE
        for _ in range(10):
            self.deliver()
            self.server.surely("go_round")
            yield self.clock.at + 10 * MINUTE
        last = self.clock.at.date()
        yield self.clock.at + 2 * DAY  # by then the statement of the last day is ready, whenever the last car went
        days = [MONDAY.date() + day * DAY for day in range((last - MONDAY.date()).days + 1)]
        differences = [self.server.surely("reconcile", day) for day in days]
        assert not any(differences), f"the provider's statements differ from our books: {differences}"
        self.server.stop()

    def deliver(self) -> None:
        self.provider.deliver(self.post)

    def post(self, _address: str, headers: Any, body: bytes) -> int:
        """One notice in twenty is lost on the way, and sent again."""
        if self.dice.random() < 0.05:
            return 0
        try:
            return int(self.server.do("notice", headers, body))
        except Killed:
            return 0

    # --- one car ---------------------------------------------------------------------------------------------------

    def comes_and_goes(self, visit: Visit) -> Story[None]:
        before = self.last.get(visit.plate)
        while before is not None and not before.finished:
            yield self.clock.at + HOUR
            before = self.last.get(visit.plate)
        self.last[visit.plate] = visit
        yield self.clock.at + 30 * MINUTE
        lane = yield from self.turn(GateRole.ENTRY)
        yield from self.comes_in(visit, lane)
        yield self.clock.at + 10 * SECOND
        self.busy.discard(lane)
        if not visit.turned_away:
            yield self.clock.at + min(max(self.dice.lognormvariate(0.6, 1.0), 0.1), 40) * HOUR
            if visit.stay is not None and self.dice.random() < 0.4:
                yield from self.pays(visit, visit.stay)
                yield self.clock.at + self.dice.uniform(1, 8) * MINUTE
            lane = yield from self.turn(GateRole.EXIT)
            yield from self.goes_out(visit, lane)
            yield self.clock.at + 10 * SECOND
            self.busy.discard(lane)
        visit.finished = True

    def turn(self, role: GateRole) -> Story[GateId]:
        lane = self.dice.choice(self.lanes[role])
        while lane in self.busy:
            yield self.clock.at + self.dice.uniform(5, 25) * SECOND
        self.busy.add(lane)
        return lane

    def comes_in(self, visit: Visit, lane: GateId) -> Story[None]:
        chance = self.dice.random()
        if chance < 0.01:
            yield from self.draws(visit, lane)
        elif chance < 0.02:
            self.server.surely("unseen", lane)
            visit.how_in, visit.entered = "unseen", self.clock.at
        else:
            visit.how_in = "misread" if chance < 0.05 else "read"
            yield from self.is_read_in(visit, lane, misread=chance < 0.05)

    def draws(self, visit: Visit, lane: GateId) -> Story[None]:
        drawn = None
        while drawn is None:
            try:
                drawn = self.server.do("draw", lane)
            except Killed:
                self.ghosts += 1  # a ticket may have been begun that nobody holds
                yield self.clock.at + 5 * SECOND
        visit.how_in, visit.code, visit.stay = "ticket", drawn.code, drawn.arrival.stay
        visit.entered, visit.turned_away = self.clock.at, drawn.code is None

    def is_read_in(self, visit: Visit, lane: GateId, *, misread: bool) -> Story[None]:
        text, score = self.camera(visit.plate, misread=misread)
        visit.read_as.add(text)
        before = self.bars[lane]
        arrival: Arrival | None = None
        visit.entered = self.clock.at
        while arrival is None and self.bars[lane] == before:
            arrival = yield from self.read(lane, text, score)
        if arrival is not None:
            visit.turned_away = self.bars[lane] == before
            visit.stay = arrival.stay

    def read(self, lane: GateId, text: str, score: float) -> Story[Arrival | None]:
        """One look of the lane's camera; None when nobody answered. One event in a hundred is told twice: it is known for a
        repetition, or answered once more with what was said of the car that stands there, and writes nothing."""
        sighting = PlateSighting(lane, self.clock.at, normalise(text), score, "cn-blue")
        nonce = self.dice.randbytes(16)
        try:
            arrival: Arrival = self.server.do("arrive", sighting, nonce)
        except Killed:
            with suppress(Killed):
                again: Arrival = self.server.do("arrive", sighting, nonce)
                if again.outcome is not parking.Outcome.REPEATED:
                    return again
            yield self.clock.at + 3 * SECOND
            return None
        if self.dice.random() < 0.01:
            bar = self.bars[lane]
            with suppress(Killed):
                repeated: Arrival = self.server.do("arrive", sighting, nonce)
                assert repeated.outcome is parking.Outcome.REPEATED or repeated.passage == arrival.passage
                assert self.bars[lane] == bar
        return arrival

    def camera(self, plate: str, *, misread: bool) -> tuple[str, float]:
        """The text and its score. A misreading is a known confusion, if there is one, or any other character."""
        if not misread:
            return plate, self.dice.uniform(0.95, 0.995)
        place = self.dice.randrange(1, len(plate))
        group = next((group for group in ALIKE if plate[place] in group), LETTERS + FIGURES)
        other = self.dice.choice([letter for letter in group if letter != plate[place]])
        return plate[:place] + other + plate[place + 1 :], self.dice.uniform(0.82, 0.96)

    # --- paying ----------------------------------------------------------------------------------------------------

    def pays(self, visit: Visit, stay: StayId) -> Story[None]:
        """On the phone: most pay at once; some are refused first, pay twice, or their notice is late, repeated or lost."""
        doing = self.dice.choices(
            [Doing.PAY, Doing.REPEAT, Doing.DELAY, Doing.FORGET, Doing.REFUSE, None], [84, 5, 3, 4, 3, 1]
        )[0]
        if doing is Doing.REFUSE:
            self.acts(stay, "", Doing.REFUSE)
            yield self.clock.at + 10 * SECOND
            self.deliver()
        if doing is None:
            self.acts(stay, "somebody-else", Doing.PAY)
        self.acts(stay, "", Doing.PAY if doing in (None, Doing.REFUSE) else doing)
        yield self.clock.at + 3 * SECOND
        self.deliver()
        if doing in (Doing.FORGET, Doing.DELAY):
            yield self.clock.at + 30 * SECOND
            self.server.surely("go_round")

    def acts(self, stay: StayId, payer: str, doing: Doing) -> None:
        try:
            handle, _ = self.server.surely("pay", stay, payer)
        except SaidNo as answer:
            if str(answer) not in {"payment.nothing-to-pay", "stay.over"}:
                raise
            return
        with suppress(ProviderRefused):  # it is paid, only nobody here has heard of it yet: the page has no button left
            self.provider.act(handle, doing)

    # --- going out -------------------------------------------------------------------------------------------------

    def goes_out(self, visit: Visit, lane: GateId) -> Story[None]:
        before, chance = self.bars[lane], self.dice.random()
        if chance < 0.01:
            self.server.surely("unseen", lane)
            visit.how_out, visit.left = "unseen", self.clock.at
            return
        unread, misread = chance < 0.02, 0.02 <= chance < 0.05
        visit.how_out = "unread" if unread else "misread" if misread else "read"
        text, score = self.camera(visit.plate, misread=misread)
        for _ in range(60):
            arrival = yield from self.stands(visit, lane, None if unread else (text, score))
            if self.bars[lane] > before:
                break
            yield from self.waits(visit, lane, arrival, before)
            if self.bars[lane] > before:
                break
        assert self.bars[lane] > before, f"{visit} never got out"
        visit.left = self.clock.at

    def stands(self, visit: Visit, lane: GateId, seen: tuple[str, float] | None) -> Story[Arrival | None]:
        """What the exit says to the car before it; None where nobody answered, or nothing is seen."""
        arrival: Arrival | None = None
        if visit.code is not None:
            sighting = None if seen is None else PlateSighting(lane, self.clock.at, normalise(seen[0]), seen[1], "cn-blue")
            with suppress(Killed):
                arrival = self.server.do("show", lane, visit.code, sighting)
        elif seen is not None:
            arrival = yield from self.read(lane, *seen)
        if arrival is not None and arrival.stay is not None:
            visit.told.add(arrival.stay)
        return arrival

    def waits(self, visit: Visit, lane: GateId, arrival: Arrival | None, before: int) -> Story[None]:
        if arrival is not None and arrival.outcome is parking.Outcome.WAITS:
            stay = arrival.stay
        else:
            stay = yield from self.helped(visit, lane, arrival)
        if stay is not None:
            yield self.clock.at + 15 * SECOND
            yield from self.pays(visit, stay)
        for pause in (2, 15, 30):
            if self.bars[lane] == before:
                yield self.clock.at + pause * SECOND
                self.deliver()
        if self.bars[lane] == before:
            self.server.surely("go_round")

    def helped(self, visit: Visit, lane: GateId, arrival: Arrival | None) -> Story[StayId | None]:
        """Dora looks at both pictures, so she knows which stay it is; without one she lets it go. The stay that is to pay."""
        yield self.clock.at + 30 * SECOND
        given = Decision(Act.SEND_BILL, stay=visit.stay)
        try:
            call = arrival.call if arrival is not None else None
            call = call or self.server.do("help", lane, CallReason.NO_PLATE)
            if visit.stay is not None:
                with suppress(SaidNo):
                    decided = self.server.do("decide", call, given)
                    return visit.stay if decided.due else None
                call = self.server.do("help", lane, CallReason.HELP)
            self.server.do("decide", call, Decision(Act.OPEN, why="came in unseen"))
            visit.how_out = "by hand"
        except (Killed, SaidNo):
            yield self.clock.at + 5 * SECOND
        return None
