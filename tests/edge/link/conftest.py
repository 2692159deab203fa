"""An edge at Acme's garage and its centre, over real HTTP. Both programs have stores and keys of their own.

The link is asked by the test's hand, and the clock is in it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from sealgate.app import Program, initialise, join_centre, running
from sealgate.cli.listening import listening
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.calendar import zone
from sealgate.domain.ids import GateId, SiteId, StayId, TenantId
from sealgate.domain.lots import Doubt, PermitKind
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import PlateSighting
from sealgate.domain.stays_calls import CallReason
from sealgate.edge import link as links
from sealgate.edge.link import Link
from sealgate.flows import campus as campuses
from sealgate.flows import edges, garage_demo, lots, paying, permits
from sealgate.flows.at_gate import admit_at
from sealgate.flows.campus import Campus
from sealgate.flows.garage_demo import Garage
from sealgate.flows.kit import Signed
from sealgate.flows.looking import PassageLine, lines_of
from sealgate.flows.lots import LotTerms
from sealgate.flows.parking import Arrival
from sealgate.payments.simulated import Act, Simulated
from sealgate.ports import Unreachable
from sealgate.settings import Settings, load
from sealgate.store import outbox, passages, schema
from sealgate.store import parking as rows

TEN = datetime(2026, 3, 2, 2, tzinfo=UTC)
ALICE, BOB, CHARLIE, DORA = (PlateText(text) for text in ("沪A12345", "苏E66888", "浙B77C31", "京Q90D72"))
JPEG = b"\xff\xd8\xff made up"


@dataclass
class HandClock:
    at: datetime = TEN

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def sighting(gate: GateId, text: PlateText, at: datetime) -> PlateSighting:
    return PlateSighting(gate, at, text, 0.97, "cn-blue", picture=JPEG)


@dataclass
class Centre:
    """A whole program with its console, in a data folder that outlives it."""

    home: Path
    clock: HandClock
    port: int = 0
    program: Program = field(init=False)
    address: str = ""
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def settings(self) -> Settings:
        return load(data=self.home / "data", keys=self.home / "keys", port=self.port, simulated_payments=True)

    def start(self, *, may_be_sealed: bool = False) -> None:
        """On the port that it had before."""
        here = running(self.settings, faces=None, plates=None, clock=self.clock, may_be_sealed=may_be_sealed)
        self.program = self._open.enter_context(here)
        self.address = self._open.enter_context(listening(self.program)).address
        self.port = int(self.address.rpartition(":")[2])

    def stop(self) -> None:
        self._open.close()

    @property
    def tenant(self) -> TenantId:
        return self.program.house.store.tenants()[0].tenant

    def sees(self, gate: GateId, text: PlateText) -> Arrival:
        found = admit_at(self.program.house, self.tenant, sighting(gate, text, self.clock.at))
        assert isinstance(found, Arrival)
        return found

    def enters(self, gate: GateId, text: PlateText) -> StayId:
        stay = self.sees(gate, text).stay
        assert stay is not None
        return stay

    def pays(self, stay: StayId) -> None:
        house = self.program.house
        started = paying.start(house, self.tenant, stay, Simulated.name, return_to="https://acme.example/")
        provider = house.providers[Simulated.name]
        assert isinstance(provider, Simulated)
        provider.act(started.way.handle, Act.PAY)
        paying.ask(house, self.tenant, started.payment)

    def stay(self, stay: StayId | None) -> rows.StayRow:
        assert stay is not None
        with self.program.house.store.read(self.tenant) as db:
            row = rows.stay(db, stay)
        assert row is not None
        return row

    def live(self, garage: Garage) -> list[rows.StayRow]:
        with self.program.house.store.read(self.tenant) as db:
            return rows.live_stays(db, garage.lot)

    @property
    def signed(self) -> Signed:
        return campuses.system(self.program.house, self.tenant)

    def closed(self, garage: Garage) -> list[rows.StayRow]:
        with self.program.house.store.read(self.tenant) as db:
            names = db.sql.execute(sa.select(schema.stays.c.stay_id).where(db.mine(schema.stays))).scalars().all()
            found = [rows.stay(db, name) for name in names]
        return [row for row in found if row is not None and row.stay.lot == garage.lot and not row.stay.inside]

    def passages(self, gate: GateId) -> list[PassageLine]:
        with self.program.house.store.read(self.tenant) as db:
            return lines_of(self.program.house, db, zone("Asia/Shanghai"), passages.page(db, gate=gate, limit=100))

    def staff_only(self, site: SiteId, garage: Garage) -> None:
        lot = lots.lot(self.program.house, self.signed, site, garage.lot).line.lot
        terms = LotTerms(lot.name, lot.capacity, tariff=lot.tariff, zone=lot.zone, visitors=False)
        lots.change_lot(self.program.house, self.signed, site, garage.lot, terms)

    def doubts(self, site: SiteId, garage: Garage, rule: Doubt) -> None:
        """What the garage does where nobody can tell or pay."""
        lot = lots.lot(self.program.house, self.signed, site, garage.lot).line.lot
        terms = LotTerms(lot.name, lot.capacity, tariff=lot.tariff, zone=lot.zone, doubt=rule)
        lots.change_lot(self.program.house, self.signed, site, garage.lot, terms)

    def calls(self) -> list[CallReason]:
        with self.program.house.store.read(self.tenant) as db:
            return [row.reason for row in rows.open_calls(db)]


@pytest.fixture
def centre(tmp_path: Path, clock: HandClock) -> Iterator[Centre]:
    centre = Centre(tmp_path / "centre", clock)
    initialise(centre.settings, "Acme")
    centre.start()
    yield centre
    centre.stop()


@pytest.fixture
def campus(centre: Centre) -> Campus:
    return campuses.build(centre.program.house, centre.tenant, "Asia/Shanghai", [])


@pytest.fixture
def garage(centre: Centre, campus: Campus) -> Garage:
    """Alice has a season ticket."""
    made = garage_demo.build(centre.program.house, campus, [])
    signed = campuses.system(centre.program.house, centre.tenant)
    season = permits.PermitTerms(PermitKind.SEASON, "Alice", frozenset({made.lot}), plates=(ALICE,))
    permits.add_permit(centre.program.house, signed, season)
    return made


@pytest.fixture
def code(centre: Centre, campus: Campus, garage: Garage) -> str:
    signed = campuses.system(centre.program.house, centre.tenant)
    return edges.add_edge(centre.program.house, signed, campus.site, "Garage box")


@dataclass
class Box:
    """The edge: its program, its latch, and a link that is asked by hand."""

    program: Program
    link: Link
    latch: SimulatedLatch
    clock: HandClock
    tenant: TenantId

    def sees(self, gate: GateId, text: PlateText) -> Arrival:
        seen = sighting(gate, text, self.clock.at)
        found = admit_at(self.program.house, self.tenant, seen, cut_off=self.link.away)
        assert isinstance(found, Arrival)
        return found

    def cannot_ask(self) -> None:
        with pytest.raises(Unreachable):
            self.link.ask()
        assert self.link.away

    def opened(self, gate: GateId) -> int:
        return sum(release.gate == gate for release in self.latch.releases)

    def waiting(self) -> int:
        with self.program.house.store.read(self.tenant) as db:
            return len(outbox.waiting(db, 1000))


@contextmanager
def a_box(home: Path, clock: HandClock) -> Iterator[Box]:
    latch = SimulatedLatch()
    settings = load(data=home / "data", keys=home / "keys", port=0)
    with running(settings, faces=None, plates=None, clock=clock, latch=latch, publishes=False) as program:
        kept = links.kept(program.house)
        with closing(Link(program.house, kept, timeout=links.JOINING)) as link:
            yield Box(program, link, latch, clock, kept.tenant)


@pytest.fixture
def box_home(centre: Centre, code: str, tmp_path: Path) -> Path:
    home = tmp_path / "box"
    assert join_centre(load(data=home / "data", keys=home / "keys"), centre.address, code) == "Garage box"
    return home


@pytest.fixture
def opens_box(box_home: Path, clock: HandClock) -> Callable[[], AbstractContextManager[Box]]:
    """The box, switched on; its disk outlives it."""
    return lambda: a_box(box_home, clock)


@pytest.fixture
def box(box_home: Path, clock: HandClock) -> Iterator[Box]:
    with a_box(box_home, clock) as opened:
        opened.link.ask()
        yield opened
