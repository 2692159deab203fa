"""The one place where parts are chosen and joined.

A running program is a `Program`: it owns the store, the key shelf and the clockwork, and closes them in the
opposite order. Nothing else in the tree reads settings.
"""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from uuid import UUID

from fastapi import FastAPI
from pydantic import SecretStr

from sealgate.api import edges as edge_api
from sealgate.api import ingest, notices
from sealgate.api import visits as visits_api
from sealgate.bus import LocalBus
from sealgate.devices.simulated import SimulatedLatch
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import GateId, SiteId, TenantId
from sealgate.edge import link as links
from sealgate.edge.agent import Agent, OpenLoop
from sealgate.edge.gate import GateLoop
from sealgate.edge.link import Link
from sealgate.edge.opening import open_gate, untold
from sealgate.edge.views import LaneViews
from sealgate.flows import (
    agreeing,
    charging,
    edge_forget,
    hours,
    pay_keeping,
    paying,
    people_arriving,
    reconciling,
    retention,
    visit_letters,
    visit_rounds,
    witnessing,
)
from sealgate.flows.at_gate import Answer, is_lane
from sealgate.flows.edges import Releases
from sealgate.flows.faces import fill_gallery
from sealgate.flows.kit import House
from sealgate.flows.rules import found, sources_of
from sealgate.payments.alipay import Alipay, AlipayAccount
from sealgate.payments.simulated import Simulated
from sealgate.payments.stripe import Stripe, StripeAccount
from sealgate.payments.wechat import WechatAccount, WechatPay
from sealgate.ports import BadAccount, Clock, FaceReader, Gallery, Latch, PaymentProvider, PlateReader, Post, Vector, Witness
from sealgate.post import MailSecurity, MailServer, SmtpPost
from sealgate.settings import Settings
from sealgate.store import edges as edge_rows
from sealgate.store import places
from sealgate.store.blobs import FolderBlobs
from sealgate.store.engine import SystemClock, open_store
from sealgate.store.keys import DatabaseShelf
from sealgate.store.migrating import migrate
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.keyring import Keyring
from sealgate.vault.roots import KeyFileRoot, Root, create_key_file, new_passphrase_root, open_passphrase_root
from sealgate.vision import pictures
from sealgate.vision.faces import Faces
from sealgate.vision.matcher import FaissGallery, rotation
from sealgate.vision.plates import Plates
from sealgate.web import console
from sealgate.witness import FolderWitness, HttpWitness
from sealgate.worker import Clockwork, Round

log = logging.getLogger("sealgate.app")

DIMENSIONS = 128
NOT_NOW = timedelta(seconds=10)


class NotFounded(Refused):
    """There is no organisation in this data folder yet."""

    code = "app.not-initialised"


class NoSuchGate(Refused):
    code = "app.no-such-gate"
    status = 404


class NoSuchSite(Refused):
    code = "app.no-such-site"
    status = 404


class AlreadyFounded(Refused):
    code = "app.already-initialised"


class CannotWrite(Fault):
    code = "app.cannot-write"


@dataclass(frozen=True, slots=True)
class Program:
    house: House
    clockwork: Clockwork
    settings: Settings
    latch: Latch = field(repr=False)
    views: Views = field(repr=False)
    releases: Releases = field(repr=False)

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
                    if number == 1:
                        opened[row.gate] = partial(self.views.opened, tenant.tenant, row.gate, opens)
                    else:
                        opened[row.gate, number] = opens
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


def initialise(settings: Settings, name: str) -> TenantId:
    """Make folders, root key and tables, and the first organisation. Raises `AlreadyFounded` for a second try."""
    _found(settings)
    with running(settings, faces=None, plates=None) as program:
        return found(program.house, name)


def _found(settings: Settings) -> None:
    _make_folders(settings)
    migrate(_data_url(settings))
    shelf = DatabaseShelf(_keys_url(settings))
    try:
        keyring = Keyring(shelf, SystemClock())
        if shelf.root_check() is not None:
            raise AlreadyFounded("this data folder is in use already", hint="Start it with `sealgate serve`")
        keyring.initialise(_new_root(settings))
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
) -> Iterator[Program]:
    """Open everything, start the clockwork, and close it all in the opposite order. `publishes` False leaves the outbox to
    an edge's link."""
    clock = clock or SystemClock()
    if not settings.database and not settings.data.is_dir():
        raise NotFounded(f"there is nothing in {settings.data}", hint="Run `sealgate init` first")
    migrate(_data_url(settings))
    with ExitStack() as stack:
        store = open_store(_data_url(settings), busy_timeout=settings.wait_for_lock, clock=clock, node=settings.node)
        stack.callback(store.close)
        shelf = DatabaseShelf(_keys_url(settings))
        stack.callback(shelf.close)
        keyring = Keyring(shelf, clock)
        keyring.unlock(_root(settings, keyring))
        bus = LocalBus()
        clockwork = Clockwork(store, bus, clock)
        releases = Releases(latch or SimulatedLatch())
        views = Views(clock)
        house = House(
            store=store,
            keyring=keyring,
            index=BlindIndex(keyring),
            blobs=FolderBlobs(settings.data / "blobs"),
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
            wake=clockwork.wake,
            providers=_providers(settings, clock),
            address=settings.public_address.rstrip("/"),
            newest=views.newest,
            post=_post(settings, clock),
            witnesses=_witnesses(settings),
            code_in=pictures.code_in,
            is_edge=not publishes,
            stun=tuple(filter(None, (one.strip() for one in settings.stun_servers.split(",")))),
        )
        _know_edges(house, releases)
        clockwork.go_round(Round("log", LOG, store.empty_log))
        if store.is_sqlite:
            _tidy_up(house)
        if publishes:
            _go_round(clockwork, house)
        else:
            clockwork.go_round(Round("forgetting", FORGET, _forgetting(clockwork, house, settings)))
        clockwork.start(publishes=publishes)
        stack.callback(clockwork.stop)
        yield Program(house, clockwork, settings, releases, views, releases)


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
        _forgetting(program.clockwork, program.house, settings)()  # a box that is started every morning has no hour
        yield program, link


def _forgetting(clockwork: Clockwork, house: House, settings: Settings) -> Callable[[], None]:
    keeps = timedelta(days=settings.edge_keeps_days)
    return clockwork.for_every_tenant(partial(edge_forget.forget, house, keeps=keeps))


def edge_application(program: Program, link: Link) -> FastAPI:
    """What readers at an edge's lanes speak to: their entrance alone, with no console beside it."""
    application = console.build(program.house, routers=())
    application.include_router(ingest.routes(program.house, lambda: link.away))
    return application


def _know_edges(house: House, releases: Releases) -> None:
    for tenant in house.store.tenants():
        with house.store.read(tenant.tenant) as db:
            for row in edge_rows.edges(db):
                releases.know(row.edge, {gate.gate for gate in places.gates(db, row.site)})


def _tidy_up(house: House) -> None:
    """On SQLite we are alone: whoever was enrolling a file before us is not any more."""
    for tenant in house.store.tenants():
        people_arriving.tidy(house, tenant.tenant, timedelta())


def _never() -> bool:
    return False


ASK = timedelta(seconds=20)
FORGET = timedelta(hours=1)
CHARGE = timedelta(seconds=1)
RECONCILE = timedelta(hours=3)
DELIVER = timedelta(seconds=5)
VISITS = timedelta(seconds=20)
LETTERS = timedelta(seconds=3)
HOURS = timedelta(hours=6)
LOG = timedelta(minutes=1)
ARRIVALS = timedelta(minutes=1)
CHECKPOINTS = timedelta(hours=1)
PAY_KEPT = timedelta(hours=6)
RETENTION = timedelta(hours=1)


def _go_round(clockwork: Clockwork, house: House) -> None:
    """What the clockwork does beside the outbox; payments only where there are providers to ask."""
    clockwork.go_round(Round("visits", VISITS, clockwork.for_every_tenant(partial(visit_rounds.round_of, house))))
    clockwork.go_round(Round("pay kept", PAY_KEPT, clockwork.for_every_tenant(partial(pay_keeping.destroy_due, house))))
    clockwork.go_round(Round("arrivals", ARRIVALS, clockwork.for_every_tenant(partial(people_arriving.tidy, house))))
    clockwork.go_round(Round("hours", HOURS, clockwork.for_every_tenant(partial(hours.derive_lately, house))))
    clockwork.go_round(Round("checkpoints", CHECKPOINTS, clockwork.for_every_tenant(partial(witnessing.checkpoint, house))))
    clockwork.go_round(Round("retention", RETENTION, clockwork.for_every_tenant(partial(retention.keep_to_times, house))))
    if house.post is not None:
        clockwork.go_round(Round("letters", LETTERS, clockwork.for_every_tenant(partial(visit_letters.send_due, house))))
    if not house.providers:
        return
    clockwork.go_round(Round("payments", ASK, clockwork.for_every_tenant(partial(paying.ask_pending, house))))
    if any(provider.agreements is not None for provider in house.providers.values()):
        charges = clockwork.for_every_tenant(partial(charging.charge_waiting, house))
        clockwork.go_round(Round("charges", CHARGE, charges))
        clockwork.go_round(Round("agreements", ASK, clockwork.for_every_tenant(partial(agreeing.follow_up, house))))
    lately = partial(reconciling.reconcile_lately, house)
    clockwork.go_round(Round("reconciling", RECONCILE, clockwork.for_every_tenant(lately)))
    simulated = house.providers.get(Simulated.name)
    if isinstance(simulated, Simulated):
        clockwork.go_round(Round("simulated", DELIVER, partial(simulated.deliver, partial(_delivered, house))))


def _delivered(house: House, address: str, headers: Mapping[str, str], body: bytes) -> int:
    """A notice of the simulated provider, taken in this very program; the status that it gets."""
    provider, tenant = address.split("/")[-2:]
    try:
        return paying.hear(house, TenantId(UUID(tenant)), provider, headers, body).status
    except Refused as refusal:
        return refusal.status


def _providers(settings: Settings, clock: Clock) -> dict[str, PaymentProvider]:
    """Every provider at which there is an account. Raises `BadAccount`."""
    made: list[PaymentProvider] = []
    if settings.has_account("wechat"):
        made.append(WechatPay(_wechat(settings), clock))
    if settings.has_account("alipay"):
        keys = _text(settings.alipay_private_key_file), _text(settings.alipay_public_key_file)
        scene = settings.alipay_agreement_scene
        made.append(Alipay(AlipayAccount(settings.alipay_app_id, settings.alipay_seller_id, *keys, scene), clock))
    if settings.has_account("stripe"):
        key, hooks = _secret(settings.stripe_secret_key), _secret(settings.stripe_webhook_secrets)
        live = key.startswith(("sk_live_", "rk_live_"))
        made.append(Stripe(StripeAccount(key, tuple(hooks.split()), live, settings.stripe_account), clock))
    if settings.simulated_payments:
        made.append(Simulated(secrets.token_bytes(32), clock, pages="/simulated-pay"))
    return {provider.name: provider for provider in made}


def _post(settings: Settings, clock: Clock) -> Post | None:
    """The mail server, where there is one."""
    if not settings.smtp_host:
        return None
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        security=MailSecurity(settings.smtp_security),
        user=settings.smtp_user,
        password=_secret(settings.smtp_password),
    )
    return SmtpPost(server, clock)


def _witnesses(settings: Settings) -> tuple[Witness, ...]:
    made: list[Witness] = []
    if settings.witness_folder is not None:
        made.append(FolderWitness(settings.witness_folder))
    if settings.witness_address:
        made.append(HttpWitness(settings.witness_address))
    return tuple(made)


def _wechat(settings: Settings) -> WechatAccount:
    return WechatAccount(
        mchid=settings.wechat_mchid,
        appid=settings.wechat_appid,
        serial=settings.wechat_serial,
        private_key=_text(settings.wechat_private_key_file),
        api_v3_key=_secret(settings.wechat_api_v3_key),
        platform_keys={serial: _text(path) for serial, path in settings.wechat_platform_keys.items()},
        app_secret=_secret(settings.wechat_app_secret),
    )


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value()


def _text(path: Path | None) -> str:
    """What a key file holds. Raises `BadAccount`."""
    try:
        return path.read_text(encoding="ascii") if path is not None else ""
    except (OSError, UnicodeError) as error:
        raise BadAccount(f"{path} cannot be read: {type(error).__name__}", hint="Check the file and who may read it") from error


def readers(settings: Settings) -> tuple[FaceReader, PlateReader]:
    """The default models. Raises `ModelMissing` where they were not built."""
    return Faces(threads=settings.reader_threads), Plates(threads=settings.reader_threads)


class PortTaken(Fault):
    code = "app.port-taken"


def bound_socket(settings: Settings) -> socket.socket:
    """The listening socket, taken before anything is printed. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.host, settings.port))
    except OSError as error:
        sock.close()
        raise PortTaken(f"{settings.host}:{settings.port}: {error.strerror}", hint="Choose another --port") from error
    return sock


def web_application(program: Program) -> FastAPI:
    """The console with the machines' entrances beside it."""
    application = console.build(program.house)
    application.include_router(ingest.routes(program.house))
    application.include_router(notices.routes(program.house))
    application.include_router(visits_api.routes(program.house))
    application.include_router(edge_api.routes(program.house, program.releases))
    return application


class Views:
    """What the cameras that run here see now, by gate, for whoever handles a call there. Any thread may ask."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loops: dict[tuple[TenantId, GateId], GateLoop] = {}

    def opened(self, tenant: TenantId, gate: GateId, opens: Callable[[], GateLoop]) -> GateLoop:
        loop = opens()
        self._loops[tenant, gate] = loop
        return loop

    def newest(self, tenant: TenantId, gate: GateId) -> bytes | None:
        """As JPEG; None where no camera runs, or it has stood still for ten seconds: an old picture is not now."""
        loop = self._loops.get((tenant, gate))
        frame = loop.newest() if loop else None
        if frame is None or abs(self._clock.now() - frame.at) > NOT_NOW:
            return None
        return pictures.encode_jpeg(frame.pixels)


class SiteGalleries:
    """One gallery for each site, made when first asked for. Any thread may ask."""

    def __init__(self) -> None:
        self._galleries: dict[tuple[TenantId, SiteId], Gallery] = {}
        self._lock = Lock()

    def of(self, tenant: TenantId, site: SiteId) -> Gallery:
        with self._lock:
            if (tenant, site) not in self._galleries:
                self._galleries[tenant, site] = FaissGallery(DIMENSIONS)
            return self._galleries[tenant, site]


class Turner:
    """Turns a vector by the site's matrix; remembers the matrices of the last sites (64 KB each)."""

    def __init__(self) -> None:
        self._matrix = lru_cache(maxsize=256)(rotation)

    def __call__(self, seed: bytes, vector: Vector) -> Vector:
        turned: Vector = self._matrix(seed, len(vector)) @ vector
        return turned


def _gates(house: House, tenant: TenantId) -> list[places.GateRow]:
    with house.store.read(tenant) as db:
        return places.gates(db)


def _sites(house: House, tenant: TenantId) -> list[places.SiteRow]:
    with house.store.read(tenant) as db:
        return places.sites(db)


def _fill(house: House, tenant: TenantId) -> int:
    with house.store.read(tenant) as db:
        return sum(fill_gallery(house, db, site.site) for site in places.sites(db))


def _make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.data, settings.keys_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotWrite(f"{error.filename}: {error.strerror}", hint="Choose a folder that this user may write") from error


def _data_url(settings: Settings) -> str:
    return settings.database or f"sqlite:///{(settings.data / 'sealgate.sqlite').absolute()}"


def _keys_url(settings: Settings) -> str:
    return settings.keys_database or f"sqlite:///{(settings.keys_folder / 'keys.sqlite').absolute()}"


def _new_root(settings: Settings) -> Root:
    if settings.passphrase is not None:
        return new_passphrase_root(settings.passphrase.get_secret_value())
    if settings.key_file.exists():  # left by an `init` that stopped half way: the shelf has no root yet
        return KeyFileRoot(settings.key_file)
    return create_key_file(settings.key_file)


def _root(settings: Settings, keyring: Keyring) -> Root:
    if settings.passphrase is not None:
        return open_passphrase_root(settings.passphrase.get_secret_value(), keyring.root_check())
    keyring.root_check()  # says that there is no vault here, before a missing file is complained of
    return KeyFileRoot(settings.key_file)
