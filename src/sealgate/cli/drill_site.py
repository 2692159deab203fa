"""The site that `sealgate drill spill` attacks unless it is given one: the demo's campus with all that grows on one.

The surprising thing: what is many (passages) is written in bulk but sealed as a gate seals it, value by value; all else goes
through the console's own flows, by the demo's builders, so that what they write down is what the product writes down.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sealgate.cli.drill_beside import OTHERS, SecondSite, another, blocked, second_site, spooled

if TYPE_CHECKING:
    from sealgate.domain.ids import PersonId
    from sealgate.flows.campus import Campus
    from sealgate.flows.garage_demo import Garage
    from sealgate.flows.kit import House, Signed
    from sealgate.ports import FaceReader
    from sealgate.settings import Settings
    from sealgate.store.passages import PassageRow

DAY = timedelta(days=1)
SHANGHAI = "Asia/Shanghai"
BATCH = 2_000
PICTURES = 24
A_PERMIT = 250
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳敏静丽强磊军洋勇艳杰娟涛明超文海晓建国华红梅玉兰秀英志永春生"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DRIVERS = ("京A12345", "沪B6688C", "粤BD12345")
REGIONS = ("沪A", "沪B", "沪C", "苏E", "浙A")

Told = Callable[[str, int], None]
"""Hears what was made and how many steps forward that is."""


@dataclass(frozen=True, slots=True)
class Sizes:
    people: int
    plates: int
    passages: int
    days: int


@dataclass(frozen=True, slots=True)
class Built:
    """`words` are known to whoever made the site and to no vault: numbers of which tokens alone are kept. `house` is of the
    running program, `signed` may do everything there, and `people` are those out of the file."""

    settings: Settings
    words: dict[str, str]
    house: House
    signed: Signed
    people: Sequence[PersonId]


@contextmanager
def built(
    home: Path, sizes: Sizes, faces: FaceReader | None, shots: Sequence[Sequence[bytes]], told: Told, **given: str
) -> Iterator[Built]:
    """The site while it runs: its database is open and its log is full, as on the day it is stolen. `given` are further
    settings, such as the addresses of databases.
    """
    from sealgate.app import initialise, running
    from sealgate.flows import campus as campuses
    from sealgate.flows import garage_demo, visit_demo
    from sealgate.settings import load

    settings = load(data=home / "data", keys=home / "keys", port=0, simulated_payments=True, **given)
    initialise(settings, "Harbour Works")
    with running(settings, faces=faces or _made_up_faces(), plates=None, publishes=False) as program:
        house, tenant = program.house, program.house.store.tenants()[0].tenant
        campus = campuses.build(house, tenant, SHANGHAI, DRIVERS)
        garage = garage_demo.build(house, campus, DRIVERS)
        visit_demo.build(house, campus)
        told("places", 1)
        site = _Site(house, campus, garage, sizes, told)
        site.faces(shots or _squares())
        site.everybody()
        site.papers()
        site.personnel()
        site.passages()
        site.cars()
        house.store.empty_log()  # as the clockwork does every minute
        site.beside(program, home)
        site.moments()
        yield Built(settings, site.words, house, site.signed, site.people)


def steps(sizes: Sizes) -> int:
    """What `Told` adds up to."""
    return 1 + sizes.passages


class _Site:
    """One site being made; the thread that makes it owns it."""

    _south: SecondSite

    def __init__(self, house: House, campus: Campus, garage: Garage, sizes: Sizes, told: Told) -> None:
        from sealgate.flows.campus import system

        self._house, self._campus, self._garage, self._sizes, self._told = house, campus, garage, sizes, told
        self.signed: Signed = system(house, campus.tenant)
        self._dice = random.Random(17)  # noqa: S311 - made-up people, no secret
        self._plates = list(self._new_plates(sizes.plates))
        self.people: list[PersonId] = []
        self._some_people = b""
        self.words: dict[str, str] = {}
        self._today = house.clock.now().astimezone(ZoneInfo(SHANGHAI)).date()

    def _new_plates(self, count: int) -> Iterator[str]:
        known: set[str] = set()
        while len(known) < count:
            serial = "".join(self._dice.choices("0123456789", k=5))
            if self._dice.random() < 0.4:
                place = self._dice.randrange(5)
                serial = serial[:place] + self._dice.choice(LETTERS) + serial[place + 1 :]
            plate = self._dice.choice(REGIONS) + serial
            if plate not in known:
                known.add(plate)
                yield plate

    def faces(self, shots: Sequence[Sequence[bytes]]) -> None:
        """The campus' people get faces at two sites."""
        from dataclasses import replace

        from sealgate.flows.campus import enrol_faces

        self._south = second_site(self._house, self.signed)
        for site in (self._campus.site, self._south.site):
            enrol_faces(self._house, replace(self._campus, site=site), "drill", shots)
        self._told("faces", 0)

    def everybody(self) -> None:
        """Out of a file with all that a file may say of people; a second one waits to be looked at."""
        from sealgate.flows import people_import
        from sealgate.store import directory

        house, signed = self._house, self.signed
        text = self._file(self._sizes.people, 0)
        self._some_people = b"".join(text.splitlines(keepends=True)[: 1 + OTHERS])
        found = people_import.check(house, signed, text)
        people_import.enrol_all(house, signed, found, ZoneInfo(SHANGHAI))
        people_import.bring(house, signed, self._file(20, self._sizes.people + 1_000), SHANGHAI)
        with house.store.read(signed.tenant) as db:
            self.people = [row.person for row in directory.people(db, limit=self._sizes.people)]
        self._told("people", 0)

    def _file(self, count: int, first: int) -> bytes:
        text = StringIO()
        rows = csv.writer(text)
        rows.writerow(["name", "number", "kind", "groups", "phone", "email", "card", "plate"])
        names = self._names()
        for number in range(first, first + count):
            plate = self._plates[number] if number < len(self._plates) // 2 else ""
            phone = f"138{self._dice.randrange(10**8):08}"
            mail = f"p{number:05}.{self._dice.randrange(10**4):04}@harbour-works.example"
            card = 52_000_000 + number
            rows.writerow([next(names), f"HW-{number:06}", "employee", "Staff", phone, mail, card, plate])
        return text.getvalue().encode()

    def _names(self) -> Iterator[str]:
        known: set[str] = set()
        while True:
            name = self._dice.choice(SURNAMES) + "".join(self._dice.choices(GIVEN, k=self._dice.choice((1, 2, 2))))
            if name not in known:
                known.add(name)
                yield name

    def papers(self) -> None:
        """Permits for the other half of the plates, bans, bookings, an operator who signed in."""
        from sealgate.domain.ids import ReservationId
        from sealgate.domain.lots import PermitKind, Reservation
        from sealgate.flows import permits, signin
        from sealgate.flows.permits import PermitTerms

        house, signed, lots = self._house, self.signed, frozenset({self._garage.lot})
        left = self._plates[len(self._plates) // 2 :]
        for first in range(0, len(left), A_PERMIT):
            some = tuple(left[first : first + A_PERMIT])
            holder = f"{next(self._names())}, Tower {first // A_PERMIT + 1}, fleet office"
            permits.add_permit(house, signed, PermitTerms(PermitKind.SEASON, holder, lots, spaces=2, plates=some))
        for plate in self._plates[:5]:
            permits.ban(house, signed, plate, "drove through a closed barrier twice", self._garage.lot)
        now = house.clock.now()
        for plate in self._plates[5:10]:
            booking = Reservation(ReservationId(house.new_id()), self._garage.lot, now, now + DAY)
            permits.reserve(house, signed, self._campus.site, booking, plate)
        link = signin.first_link(house, signed.tenant)
        assert link is not None
        signin.set_up(house, link, name="Dora Quist", login="dora.quist@harbour-works.example", password=self._password())
        self._told("papers", 0)

    def _password(self) -> str:
        return "-".join("".join(self._dice.choices("abcdefghkmnpqrstuvwxyz23456789", k=6)) for _ in range(4))

    def moments(self) -> None:
        """Cars and people at the gates, some with a picture; looks at them, each for a purpose."""
        from sealgate.domain.plates import normalise
        from sealgate.domain.sightings import CodeSighting, Means, PlateSighting
        from sealgate.flows import looking
        from sealgate.flows.at_gate import admit_at
        from sealgate.flows.looking import PassageQuery
        from sealgate.flows.passage import admit

        house, campus = self._house, self._campus
        for number, plate in enumerate(self._plates[:PICTURES]):
            seen = PlateSighting(
                campus.lane, house.clock.now(), normalise(plate), 0.98, "cn-blue", picture=_drawn(house, number)
            )
            admit_at(house, campus.tenant, seen)
        for number in range(PICTURES):
            card = str(52_000_000 + number)
            admit(house, campus.tenant, CodeSighting(campus.lobby, house.clock.now(), Means.CARD, card))
        purpose = f"incident: {next(self._names())} says that the car was scratched"
        now = house.clock.now()
        query = PassageQuery(since=now - DAY, until=now, plate=self._plates[0])
        looking.search(house, self.signed, campus.site, purpose, query)
        self._told("moments", 0)

    def personnel(self) -> None:
        """Teams, rosters, hours, leave, reviews and pay, by the demo's own builder."""
        from sealgate.cli.demo_people import PAID_MONTHS, Personnel

        begins = self._today.replace(day=1)
        for _ in range(PAID_MONTHS):  # pay is of whole months
            begins = (begins - DAY).replace(day=1)
        for step in Personnel(self._house, self._campus, days=(self._today - begins).days).steps():
            self._told(step, 0)

    def cars(self) -> None:
        """A week of the garage: cars that came, paid and left, and are found by their plates no more."""
        from sealgate.cli.demo_past import live_a_week

        live_a_week(self._house, self._garage)
        self._told("a week of cars", 0)

    def beside(self, program: object, home: Path) -> None:
        """Another organisation that knows the same people and cars, whoever is not let in, and a box at the garage."""
        self.words |= blocked(self._house, self.signed, self._dice)
        another(self._house, self._some_people, DRIVERS, self._plates[:OTHERS])
        self._told("another organisation", 0)
        spooled(program, home, self._campus, self._plates[-PICTURES:])
        self._told("an edge", 0)

    def passages(self) -> None:
        """People and cars over the last days, in the order of time."""
        from sealgate.domain.ids import Counter
        from sealgate.ports import KeyKind
        from sealgate.privacy import journal
        from sealgate.store import passages
        from sealgate.vault.wrapping import day_scope

        house, campus, days = self._house, self._campus, self._sizes.days
        first = self._today - days * DAY
        scopes = [day_scope(campus.site, first + number * DAY) for number in range(days)]
        house.keyring.prepare(campus.tenant, KeyKind.DAY, scopes)
        house.keyring.prepare(campus.tenant, KeyKind.DAY, [day_scope(self._south.site, first + n * DAY) for n in range(days)])
        apart, ids = days * DAY / max(self._sizes.passages, 1), Counter(node=3)
        begins = datetime.combine(first, time(), ZoneInfo(SHANGHAI)).astimezone(UTC)
        for start in range(0, self._sizes.passages, BATCH):
            count = min(BATCH, self._sizes.passages - start)
            rows = [self._row(ids, begins + (start + number) * apart) for number in range(count)]
            with house.store.begin(campus.tenant, self.signed.actor) as tx:
                passages.append(tx, rows)
                journal.write(tx, house.keyring, house.clock.now(), "passages.recorded", object=journal.written(rows))
            self._told("passages", count)

    def _row(self, ids: object, at: datetime) -> PassageRow:
        from sealgate.domain.access import Reason
        from sealgate.domain.calendar import day_number, local_day
        from sealgate.domain.ids import Counter, PassageId
        from sealgate.domain.sightings import Means
        from sealgate.flows.kit import of_day, seal, subject
        from sealgate.store.passages import PassageRow
        from sealgate.vault.envelope import Place

        assert isinstance(ids, Counter)
        house, tenant, site = self._house, self._campus.tenant, self._campus.site
        day, passage = local_day(at, ZoneInfo(SHANGHAI)), PassageId(ids.next(at))
        place, owner = Place(tenant, "passages", "detail", str(passage)), of_day(site, day)
        if (chance := self._dice.random()) < 0.5:
            plate = self._dice.choice(self._plates)
            record = {"plate": plate, "score": round(self._dice.uniform(0.8, 1), 3), "kind": "cn-blue", "frames": 5}
            who, means, gate = None, Means.PLATE, self._campus.lane
            if chance < 0.05:
                site, gate = self._south.site, self._south.lane
                owner = of_day(site, day)
            token = house.index.day_token(tenant, site, day, "plate", plate)
        else:
            person = self._dice.choice(self.people)
            token, means, gate = house.index.day_token(tenant, site, day, "person", str(person)), Means.CARD, self._campus.lobby
            who = seal(house, tenant, owner, Place(tenant, "passages", "who", str(passage)), {"person": str(person)})
            record, owner = {}, subject(person)
        detail = seal(house, tenant, owner, place, record)
        return PassageRow(passage, site, gate, day_number(day), at, means, True, Reason.ALLOWED, token, who, detail)


def _drawn(house: House, number: int) -> bytes:
    """A picture as a lane's camera would take one: a dark car on a street, no two alike."""
    import numpy as np

    pixels = np.random.default_rng(number).integers(90, 140, (180, 320, 3), np.uint8)
    pixels[70:140, 60:260] = (number * 9 % 200, 40, 60)
    return house.encode(pixels)


COLOURS = (
    (250, 10, 10),
    (10, 250, 10),
    (10, 10, 250),
    (250, 250, 10),
    (10, 250, 250),
    (250, 10, 250),
    (250, 130, 10),
    (130, 10, 250),
)


def _made_up_faces() -> FaceReader:
    """Where no pictures of faces are given: people as squares of one colour, each with a direction of its own."""
    import numpy as np

    from sealgate.devices.simulated import SimulatedFaceReader

    draws = np.random.default_rng(23).normal(size=(len(COLOURS), 128)).astype(np.float32)
    return SimulatedFaceReader({colour: draw / np.linalg.norm(draw) for colour, draw in zip(COLOURS, draws, strict=True)})


def _squares() -> list[list[bytes]]:
    import cv2
    import numpy as np

    shots = []
    for colour in COLOURS:
        pixels = np.full((240, 320, 3), 128, np.uint8)
        pixels[60:180, 100:220] = colour
        shots.append([bytes(cv2.imencode(".png", pixels[:, :, ::-1])[1])])
    return shots
