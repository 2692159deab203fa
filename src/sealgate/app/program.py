"""A running program: the house with its clockwork, and the loops of its gates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from sealgate.app.errors import NoSuchGate, NoSuchSite
from sealgate.app.memory import Views
from sealgate.domain.ids import GateId, SiteId, TenantId
from sealgate.edge.agent import Agent, OpenLoop
from sealgate.edge.gate import GateLoop
from sealgate.edge.opening import open_gate, untold
from sealgate.edge.views import LaneViews
from sealgate.flows.at_gate import Answer, is_lane
from sealgate.flows.edges import Releases
from sealgate.flows.faces import fill_gallery
from sealgate.flows.kit import House
from sealgate.flows.rules import sources_of
from sealgate.ports import Latch
from sealgate.settings import Settings
from sealgate.store import edges as edge_rows
from sealgate.store import places
from sealgate.vault.rootsource import RootSource
from sealgate.worker import Clockwork


@dataclass(frozen=True, slots=True)
class Program:
    house: House
    clockwork: Clockwork
    settings: Settings
    latch: Latch = field(repr=False)
    views: Views = field(repr=False)
    releases: Releases = field(repr=False)
    source: RootSource = field(repr=False)

    @property
    def is_sealed(self) -> bool:
        return self.house.keyring.is_sealed

    @property
    def unsealed(self) -> Event:
        """Set once the vault is open."""
        assert self.house.unsealing is not None
        return self.house.unsealing.open

    def site_named(self, name: str) -> tuple[TenantId, SiteId]:
        """The site of that name or id, in whichever organisation. Raises `NoSuchSite` for none, and for two."""
        found = [
            (tenant.tenant, row.site)
            for tenant in self.house.store.tenants()
            for row in _sites(self.house, tenant.tenant)
            if name in {row.name, str(row.site)}
        ]
        if len(found) != 1:
            raise NoSuchSite(
                f"{len(found)} sites are called {name!r}", hint="Use the site's id from its address in the console"
            )
        return found[0]

    def fill_galleries(self) -> int:
        """Open the face templates of every site into memory; how many."""
        return sum(_fill(self.house, tenant.tenant) for tenant in self.house.store.tenants())

    def gate_named(self, name: str) -> tuple[TenantId, GateId]:
        """The gate of that name or id, in whichever organisation. Raises `NoSuchGate` for none, and for two."""
        found = [
            (tenant.tenant, row.gate)
            for tenant in self.house.store.tenants()
            for row in _gates(self.house, tenant.tenant)
            if name in {row.name, str(row.gate)}
        ]
        if len(found) != 1:
            raise NoSuchGate(f"{len(found)} gates are called {name!r}", hint="Use the gate's id from its page in the console")
        return found[0]

    @contextmanager
    def gates(
        self, sources: Mapping[GateId, str] | None = None, cut_off: Callable[[], bool] | None = None
    ) -> Iterator[Agent[GateId | tuple[GateId, int]]]:
        """Run the loop of every gate that has a camera: one of `sources`, or the addresses kept with the gate.

        At an edge `cut_off` tells whether the centre is away, and only the lanes are run; at the centre the gates of a site
        with an edge are the edge's.

        A lane may have two cameras: the second one's loop has a life of its own, so that either goes on without the other.
        """
        opened: dict[GateId | tuple[GateId, int], OpenLoop] = {}
        for tenant in self.house.store.tenants():
            for row in self._mine(tenant.tenant, edge=cut_off is not None):
                given = (sources or {}).get(row.gate)
                named = (given,) if given else sources_of(self.house, tenant.tenant, row.gate)
                for number, opens in enumerate(self.loops(tenant.tenant, row.gate, named, cut_off=cut_off), 1):
                    name = row.gate if number == 1 else (row.gate, number)
                    opened[name] = partial(self.views.opened, tenant.tenant, row.gate, number, opens)
        with Agent(opened) as agent:
            yield agent

    def loops(
        self,
        tenant: TenantId,
        gate: GateId,
        sources: Sequence[str],
        told: Callable[[Answer], None] = untold,
        *,
        cut_off: Callable[[], bool] | None = None,
    ) -> list[Callable[[], GateLoop]]:
        """What opens the loop of each camera of one gate. Only a lane has a second one."""
        fps, views = self.settings.frames_per_second, LaneViews()
        used = sources if is_lane(self.house, tenant, gate) else sources[:1]
        here = partial(open_gate, self.house, tenant, gate, fps=fps, told=told, views=views, cut_off=cut_off or _never)
        return [partial(here, source=source, view=view) for view, source in enumerate(used)]

    def _mine(self, tenant: TenantId, *, edge: bool) -> list[places.GateRow]:
        rows = _gates(self.house, tenant)
        if edge:
            return [row for row in rows if is_lane(self.house, tenant, row.gate)]
        with self.house.store.read(tenant) as db:
            theirs = {row.site for row in edge_rows.edges(db)}
        return [row for row in rows if row.site not in theirs]

    def watch(
        self, gate: tuple[TenantId, GateId], source: str, told: Callable[[Answer], None], *, second: str | None = None
    ) -> None:
        """One gate in this thread, until its source ends or Ctrl-C; a `second` camera of a lane in a thread beside it."""
        first, *others = self.loops(*gate, [source, *filter(None, [second])], told)
        loop = first()
        with Agent({(gate[1], number): other for number, other in enumerate(others, 2)}) as beside:
            try:
                loop.run()
                beside.wait()
            except KeyboardInterrupt:
                loop.stop()


def _gates(house: House, tenant: TenantId) -> list[places.GateRow]:
    with house.store.read(tenant) as db:
        return places.gates(db)


def _sites(house: House, tenant: TenantId) -> list[places.SiteRow]:
    with house.store.read(tenant) as db:
        return places.sites(db)


def _fill(house: House, tenant: TenantId) -> int:
    with house.store.read(tenant) as db:
        return sum(fill_gallery(house, db, site.site) for site in places.sites(db))


def _never() -> bool:
    return False
