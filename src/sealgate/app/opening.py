"""Founding, opening and closing: the store, the key shelf and the clockwork, and what is chosen and joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sealgate.app.backing import backups, begin_backups
from sealgate.app.errors import AlreadyFounded, NotFounded
from sealgate.app.folders import data_url, keys_url, make_folders, new_root
from sealgate.app.memory import SiteGalleries, Turner, Views
from sealgate.app.outside import ask_outside, post, providers, witnesses
from sealgate.app.program import Program
from sealgate.app.roots import open_vault, root_source
from sealgate.app.rounds import FORGET, LOG, ROOT, forgetting, go_round
from sealgate.bus import LocalBus
from sealgate.devices.region import cut_to
from sealgate.devices.simulated import SimulatedLatch
from sealgate.doctor import examine
from sealgate.domain.approvals import Eyes
from sealgate.domain.ids import TenantId
from sealgate.domain.leaks import SecurityTxt
from sealgate.edge import link as links
from sealgate.edge.link import Link
from sealgate.flows import keys, people_arriving
from sealgate.flows.edges import Releases
from sealgate.flows.kit import House
from sealgate.flows.rules import found
from sealgate.flows.unsealing import Unsealing
from sealgate.ports import Bus, Clock, FaceReader, Latch, PlateReader
from sealgate.settings import Settings
from sealgate.store import edges as edge_rows
from sealgate.store import places
from sealgate.store.blobs import FolderBlobs
from sealgate.store.engine import Store, SystemClock, open_store
from sealgate.store.keys import DatabaseShelf
from sealgate.store.migrating import migrate
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.keyring import Keyring
from sealgate.vault.rootsource import RootSource
from sealgate.vision import pictures
from sealgate.vision.faces import Faces
from sealgate.vision.liveness import Judge
from sealgate.vision.plates import Plates
from sealgate.worker import Clockwork, Round


def initialise(settings: Settings, name: str) -> TenantId:
    """Make folders, root key and tables, and the first organisation. Raises `AlreadyFounded` for a second try."""
    _found(settings)
    begin_backups(settings)
    with running(settings, faces=None, plates=None) as program:
        return found(program.house, name)


def _found(settings: Settings) -> None:
    make_folders(settings)
    migrate(data_url(settings))
    shelf = DatabaseShelf(keys_url(settings))
    try:
        keyring = Keyring(shelf, SystemClock())
        if shelf.root_check() is not None:
            raise AlreadyFounded("this data folder is in use already", hint="Start it with `sealgate serve`")
        keyring.initialise(new_root(settings))
    finally:
        shelf.close()


@contextmanager
def running(
    settings: Settings,
    *,
    faces: FaceReader | None,
    plates: PlateReader | None,
    clock: Clock | None = None,
    latch: Latch | None = None,
    publishes: bool = True,
    may_be_sealed: bool = False,
) -> Iterator[Program]:
    """Open everything, start the clockwork, and close it all in the opposite order. `publishes` False leaves the outbox to
    an edge's link. With `may_be_sealed` a root that people hold is waited for (`house.unsealing`); else it is `VaultSealed`."""
    clock = clock or SystemClock()
    if not settings.database and not settings.data.is_dir():
        raise NotFounded(f"there is nothing in {settings.data}", hint="Run `sealgate init` first")
    migrate(data_url(settings))
    with ExitStack() as stack:
        store = open_store(data_url(settings), busy_timeout=settings.wait_for_lock, clock=clock, node=settings.node)
        stack.callback(store.close)
        shelf = DatabaseShelf(keys_url(settings))
        stack.callback(shelf.close)
        keyring = Keyring(shelf, clock)
        source = root_source(settings)
        unsealing = Unsealing(keyring, clock, source.roots)
        open_vault(unsealing, settings, keyring, may_be_sealed=may_be_sealed)
        bus = LocalBus()
        clockwork = Clockwork(store, bus, clock, rests=lambda: keyring.is_sealed)
        releases = Releases(latch or SimulatedLatch())
        views = Views(clock)
        house = _house(
            settings,
            store,
            keyring,
            bus,
            clockwork.wake,
            faces=faces,
            plates=plates,
            releases=releases,
            views=views,
            is_edge=not publishes,
            unsealing=unsealing,
        )
        if house.backups is not None:
            stack.callback(house.backups.stop)
            unsealing.when_open(house.backups.start)
            if not keyring.is_sealed:
                house.backups.start()
        unsealing.when_open(partial(_opened, house, source))
        _know_edges(house, releases)
        _go_round(settings, clockwork, house, unsealing, source)
        clockwork.start(publishes=publishes)
        stack.callback(clockwork.stop)
        yield Program(house, clockwork, settings, releases, views, releases, source)


def _house(
    settings: Settings,
    store: Store,
    keyring: Keyring,
    bus: Bus,
    wake: Callable[[], None],
    *,
    faces: FaceReader | None,
    plates: PlateReader | None,
    releases: Releases,
    views: Views,
    is_edge: bool,
    unsealing: Unsealing,
) -> House:
    clock = store.clock
    kept, blobs = backups(settings, keyring, store, FolderBlobs(settings.data / "blobs"), wanted=not is_edge)
    made = House(
        store=store,
        keyring=keyring,
        index=BlindIndex(keyring),
        blobs=blobs,
        clock=clock,
        bus=bus,
        latch=releases,
        counter=store.ids,
        galleries=SiteGalleries(),
        faces=faces,
        plates=plates,
        decode=pictures.decode,
        encode=pictures.encode_jpeg,
        turn=Turner(),
        wake=wake,
        providers=providers(settings, clock),
        address=settings.public_address.rstrip("/"),
        newest=lambda tenant, gate: views.newest(tenant, gate) or releases.picture(tenant, gate),
        shows=releases.shows,
        cameras=views,
        cut=cut_to,
        post=post(settings, clock),
        witnesses=witnesses(settings),
        backups=kept,
        life=Judge(),
        code_in=pictures.code_in,
        security=SecurityTxt(tuple(settings.security_contacts), settings.security_policy, settings.security_languages),
        outside=ask_outside,
        eyes=Eyes(settings.four_eyes == "on", settings.four_eyes_rows, timedelta(hours=settings.four_eyes_hours)),
        is_edge=is_edge,
        unsealing=unsealing,
        stun=tuple(filter(None, (one.strip() for one in settings.stun_servers.split(",")))),
    )
    return replace(made, examine=partial(examine, settings, made, long=False))


def _go_round(settings: Settings, clockwork: Clockwork, house: House, unsealing: Unsealing, source: RootSource) -> None:
    clockwork.go_round(Round("log", LOG, house.store.empty_log))
    clockwork.go_round(Round("root", ROOT, unsealing.watch, always=True))
    if not house.keyring.is_sealed:
        _tidy_up(house)
        keys.finish_change(house, source)
    if house.is_edge:
        clockwork.go_round(Round("forgetting", FORGET, forgetting(clockwork, house, settings)))
    else:
        go_round(clockwork, house)


def join_centre(settings: Settings, centre: str, code: str) -> str:
    """Make an edge's folders, keys and tables, and join its centre; how the centre calls it.

    Raises `BadCode`, `AlreadyFounded`, and `Unreachable` where the centre does not answer or does not know the code.
    """
    joined = links.joined(centre, code)
    _found(settings)
    with running(settings, faces=None, plates=None, publishes=False) as program:
        with closing(Link(program.house, joined, timeout=links.JOINING)) as link:
            name = link.ask()
        links.keep(program.house, joined)
        return name


@contextmanager
def at_edge(
    settings: Settings, plates: PlateReader | None, *, clock: Clock | None = None, latch: Latch | None = None
) -> Iterator[tuple[Program, Link]]:
    """An edge: its own store, and the link that keeps asking its centre. Raises `NotJoined`."""
    with ExitStack() as stack:
        here = running(settings, faces=None, plates=plates, clock=clock, latch=latch, publishes=False)
        program = stack.enter_context(here)
        link = stack.enter_context(Link(program.house, links.kept(program.house)))
        forgetting(program.clockwork, program.house, settings)()  # a box that is started every morning has no hour
        yield program, link


def _know_edges(house: House, releases: Releases) -> None:
    for tenant in house.store.tenants():
        with house.store.read(tenant.tenant) as db:
            for row in edge_rows.edges(db):
                releases.know(row.edge, {gate.gate for gate in places.gates(db, row.site)})


def _tidy_up(house: House) -> None:
    """On SQLite we are alone: whoever was enrolling a file before us is not any more."""
    if not house.store.is_sqlite:
        return
    for tenant in house.store.tenants():
        people_arriving.tidy(house, tenant.tenant, timedelta())


def _opened(house: House, source: RootSource, how: str) -> None:
    """A vault that was sealed at the start is open now."""
    _tidy_up(house)
    keys.finish_change(house, source)
    keys.note_unsealed(house, how)


def readers(settings: Settings) -> tuple[FaceReader, PlateReader]:
    """The default models. Raises `ModelMissing` where they were not built."""
    return Faces(threads=settings.reader_threads), Plates(threads=settings.reader_threads)
