"""Mixed writing that tells what was acknowledged: people at a door, cars that come, pay and go with pictures, enrolments; and
what of it is still there afterwards. A drill and the tests kill it in the middle.

The surprising thing: as a program of its own it waits for lines on its standard input, and each forks a life that writes
until it is killed. It prints what a life has acknowledged as `table:id`, one line for each thing done, and `gone` when the
life is over: forking what has imported everything makes a thousand kills a matter of minutes.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sealgate.app import initialise, running
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import StayId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import CodeSighting, Means, PlateSighting
from sealgate.flows import campus as campuses
from sealgate.flows import enrol, garage_demo, paying
from sealgate.flows.at_gate import admit_at
from sealgate.flows.parking_outcomes import Arrival
from sealgate.flows.refunds import ByHand
from sealgate.ports import BlobStore, Sealed
from sealgate.privacy import journal
from sealgate.settings import Settings, load
from sealgate.store import schema
from sealgate.store.blobs import NoSuchBlob

if TYPE_CHECKING:
    from sealgate.flows.campus import Campus
    from sealgate.flows.garage_demo import Garage
    from sealgate.flows.kit import House, Signed

FASTER = 600
"""A second on the wall is ten minutes in the garage, so that there is something to pay."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
SPACES = 100_000
KINDS = {
    "passages": schema.passages.c.id,
    "stays": schema.stays.c.stay_id,
    "payments": schema.payments.c.payment_id,
    "people": schema.people.c.person_id,
    "outbox": schema.outbox.c.id,
    "journal": schema.journal.c.seq,
}
PICTURE = "blob"


@dataclass(frozen=True, slots=True)
class FastClock:
    began: datetime

    def now(self) -> datetime:
        return self.began + (datetime.now(UTC) - self.began) * FASTER


@dataclass
class NotedBlobs:
    """A `ports.BlobStore` that remembers what was put."""

    inner: BlobStore
    put_names: list[str] = field(default_factory=list)

    def put(self, name: str, sealed: Sealed) -> None:
        self.inner.put(name, sealed)
        self.put_names.append(name)

    def get(self, name: str) -> Sealed:
        return self.inner.get(name)

    def delete(self, name: str) -> None:
        self.inner.delete(name)

    def names(self) -> Iterator[str]:
        return self.inner.names()


class Writing:
    """One life of somebody at every gate. The thread that made it owns it."""

    def __init__(self, house: House, campus: Campus, garage: Garage, dice: random.Random) -> None:
        self._blobs = NotedBlobs(house.blobs)
        self._house, self._campus, self._garage = replace(house, blobs=self._blobs), campus, garage
        self._signed: Signed = campuses.system(house, campus.tenant)
        self._dice = dice
        self._inside: list[PlateText] = []

    def step(self) -> list[str]:
        """Do one thing; what it acknowledged."""
        self._blobs.put_names.clear()
        chance = self._dice.random()
        if chance < 0.35:
            done = self._door()
        elif chance < 0.65 or not self._inside:
            done = self._comes()
        elif chance < 0.9:
            done = self._goes()
        else:
            done = self._enrols()
        return [*done, *(f"{PICTURE}:{name}" for name in self._blobs.put_names), *self._newest()]

    def _door(self) -> list[str]:
        card = campuses.card_number(self._dice.randrange(len(campuses.PEOPLE)))
        answer = admit_at(
            self._house, self._campus.tenant, CodeSighting(self._campus.lobby, self._house.clock.now(), Means.CARD, card)
        )
        return [f"passages:{answer.passage}"]

    def _comes(self) -> list[str]:
        plate = PlateText("沪A" + "".join(self._dice.choice(LETTERS) for _ in range(5)))
        arrival = self._seen(self._garage.entry, plate)
        self._inside.append(plate)
        return _told(arrival)

    def _goes(self) -> list[str]:
        plate = self._inside.pop(0)
        arrival = self._seen(self._garage.exit, plate)
        done = _told(arrival)
        if arrival.due is not None and arrival.stay is not None and arrival.due.minor > 0:
            done.append(f"payments:{paying.cash(self._house, self._signed, arrival.stay, arrival.due, ByHand.CASH)}")
        return done

    def _enrols(self) -> list[str]:
        name = f"Made Up {self._dice.randrange(10**9)}"
        return [f"people:{enrol.enrol(self._house, self._signed, enrol.NewPerson(name))}"]

    def _seen(self, gate: object, plate: PlateText) -> Arrival:
        picture = self._dice.randbytes(12_000)
        sighting = PlateSighting(gate, self._house.clock.now(), plate, 0.98, "cn-blue", picture=picture)  # type: ignore[arg-type]
        answer = admit_at(self._house, self._campus.tenant, sighting)
        assert isinstance(answer, Arrival)
        return answer

    def _newest(self) -> list[str]:
        """The journal and the outbox as far as they had come."""
        with self._house.store.read(self._campus.tenant) as db:
            seq = db.sql.execute(sa.select(sa.func.max(schema.journal.c.seq)).where(db.mine(schema.journal))).scalar()
            fact = db.sql.execute(sa.select(sa.func.max(schema.outbox.c.id)).where(db.mine(schema.outbox))).scalar()
        return [f"journal:{seq}", *([f"outbox:{fact}"] if fact else [])]


def _told(arrival: Arrival) -> list[str]:
    stay: StayId | None = arrival.stay
    return [
        *([f"passages:{arrival.passage}"] if arrival.passage is not None else []),
        *([f"stays:{stay}"] if stay is not None else []),
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """`lost` of what was acknowledged; `whole` says that every journal is."""

    lost: tuple[str, ...]
    whole: bool


def found(house: House, acknowledged: Iterable[str]) -> Found:
    """What of it is there in this house."""
    lost: list[str] = []
    wanted: dict[str, set[str]] = {}
    for one in acknowledged:
        kind, _, name = one.partition(":")
        wanted.setdefault(kind, set()).add(name)
    tenants = [tenant.tenant for tenant in house.store.tenants()]
    for kind, names in wanted.items():
        if kind == PICTURE:
            lost += [f"{kind}:{name}" for name in names if not _opens(house, name)]
            continue
        there: set[str] = set()
        for tenant in tenants:
            with house.store.read(tenant) as db:
                column = KINDS[kind]
                there |= {str(one) for one in db.sql.execute(sa.select(column).where(db.mine(column.table))).scalars()}
        lost += [f"{kind}:{name}" for name in names - there]
    return Found(tuple(sorted(lost)), all(journal.verify(house.store, tenant).whole for tenant in tenants))


def _opens(house: House, name: str) -> bool:
    try:
        return len(house.blobs.get(name)) > 0
    except NoSuchBlob:
        return False


def prepare(settings: Settings, began: datetime) -> None:
    """A campus with a garage in a new data folder."""
    initialise(settings, "Acme")
    with running(settings, faces=None, plates=None, clock=FastClock(began), publishes=False) as program:
        campus = campuses.build(program.house, program.house.store.tenants()[0].tenant, "Asia/Shanghai", [])
        garage_demo.build(program.house, campus, [], spaces=SPACES)


def live(settings: Settings, began: datetime, seed: int) -> None:
    """Write until somebody kills us."""
    with running(settings, faces=None, plates=None, clock=FastClock(began)) as program:
        campus = campuses.recall(program.house, program.house.store.tenants()[0].tenant)
        assert campus is not None
        garage = garage_demo.recall(program.house, campus)
        assert garage is not None
        writing = Writing(program.house, campus, garage, random.Random(seed))  # noqa: S311 - made-up people, no secret
        while True:
            tell(" ".join(writing.step()))


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main(began: str) -> None:
    settings = load()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            tell(f"pid {os.getpid()}")
            try:
                live(settings, datetime.fromisoformat(began), int(line))
            except (Fault, Refused) as error:
                tell(f"fault {error.code} {error}")
            os._exit(0)
        os.waitpid(pid, 0)
        tell("gone")


if __name__ == "__main__":
    main(sys.argv[1])
