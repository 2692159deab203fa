"""What every flow is handed: the parts that `app` joined, and who is asking.

The surprising thing: a flow opens and closes sealed values here and nowhere else, always with the place
(tenant, table, column, row) that the value belongs to, so that a value moved in the database does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sealgate.backup.keeping import Backups
from sealgate.domain.approvals import Eyes
from sealgate.domain.cameras import Region
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.findings import Finding
from sealgate.domain.ids import Counter, GateId, OperatorId, PersonId, SiteId, TenantId, uuid7
from sealgate.domain.leaks import SecurityTxt
from sealgate.domain.operators import EMERGENCY, Permission, Role, may
from sealgate.domain.remembered import Remembered
from sealgate.domain.tries import Tries
from sealgate.flows.unsealing import Unsealing
from sealgate.ports import (
    BlobStore,
    Bus,
    Cameras,
    Clock,
    FaceReader,
    Galleries,
    KeyKind,
    Latch,
    LifeJudge,
    NoCameras,
    Outside,
    PaymentProvider,
    Pixels,
    PlateReader,
    Post,
    Sealed,
    Turner,
    Witness,
)
from sealgate.store.engine import Actor, Store
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.envelope import Place
from sealgate.vault.keyring import Keyring


@dataclass(frozen=True, slots=True)
class House:
    """The parts of one running program. `turn(seed, vector)` is the rotation of a face template, `turn.back` the way back;
    `memory` is a secret of this process, by which templates are turned while they are in its memory.

    `providers` are by their names; `address` is how browsers and providers reach us, without a slash at its end.
    `newest(tenant, gate)` is the JPEG of what the gate's camera sees now, None where no camera runs here. `shows`: an edge
    runs that gate's camera, and is asked for its picture once somebody asks for the newest. `stun` are the servers by which
    voice finds its way out of a network; none are needed within one. Without a `post` nobody is written to: links are shown,
    to be copied. `code_in(pixels)` is the text of a QR code in a picture, empty where none is read.
    `unsealing` waits for the root of a program that may start sealed.
    `outside` asks servers whose address an administrator typed.
    """

    store: Store
    keyring: Keyring
    index: BlindIndex
    blobs: BlobStore
    clock: Clock
    bus: Bus
    latch: Latch
    counter: Counter
    galleries: Galleries
    faces: FaceReader | None
    plates: PlateReader | None
    decode: Callable[[bytes], Pixels]
    encode: Callable[[Pixels], bytes]
    turn: Turner
    wake: Callable[[], None]
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
    address: str = ""
    newest: Callable[[TenantId, GateId], bytes | None] = lambda _tenant, _gate: None
    shows: Callable[[TenantId, GateId], bool] = lambda _tenant, _gate: False
    cameras: Cameras = field(default_factory=NoCameras)
    """Those that run here: how they are, and what they see now."""
    cut: Callable[[Region, Pixels], Pixels] = lambda _region, pixels: pixels
    """The part of a picture that lies in a region, grey around it."""
    stun: tuple[str, ...] = ()
    is_edge: bool = False
    """What lies here is an edge's copy: money and letters are its centre's."""
    unsealing: Unsealing | None = None
    post: Post | None = None
    witnesses: tuple[Witness, ...] = ()
    backups: Backups | None = None
    life: LifeJudge | None = None
    code_in: Callable[[Pixels], str] = lambda _pixels: ""
    security: SecurityTxt = field(default_factory=SecurityTxt)
    examine: Callable[[], Sequence[Finding]] = tuple
    """What is set up wrongly here, the worst first; without what takes longer than a page may."""
    memory: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    outside: Outside | None = None
    sign_in_tries: Tries = field(default_factory=lambda: Tries(5, timedelta(minutes=15)))
    eyes: Eyes = field(default_factory=Eyes)
    """When something takes two people, see flows/approving.py."""
    remembered: Remembered[object] = field(default_factory=Remembered)
    code_tries: Tries = field(default_factory=lambda: Tries(10, timedelta(minutes=5)))
    watches: Remembered[object] = field(default_factory=Remembered)
    """Who is being asked to turn their head, by gate (flows/kiosk_life.py)."""
    life_tries: Tries = field(default_factory=lambda: Tries(5, timedelta(minutes=5)))

    def new_id(self) -> UUID:
        return uuid7(self.clock.now(), secrets.token_bytes(10))


@dataclass(frozen=True, slots=True)
class Signed:
    """An operator with a live session. `session` is the hash under which it is stored, in hex.

    `roles` hold at every site, `site_roles` each at its own. Without a `site` only those of every site are in force: who works
    at some sites may do nothing until it is said at which.
    """

    tenant: TenantId
    operator: OperatorId
    name: str
    login: str
    roles: frozenset[Role]
    session: str
    expires_at: datetime
    must_add_factor: bool = False
    has_factor: bool = False
    site_roles: frozenset[tuple[SiteId, Role]] = frozenset()
    site: SiteId | None = None
    seen_at: datetime | None = None
    emergency: bool = False
    """They have taken the rights of an emergency, at every site; see flows/emergency.py."""

    @property
    def in_force(self) -> frozenset[Role]:
        """The roles that count here."""
        return self.roles | {role for site, role in self.site_roles if site == self.site}

    def at(self, site: SiteId | None) -> Signed:
        """The same operator at one site, or (None) for what concerns all sites."""
        return replace(self, site=site)

    def may(self, permission: Permission) -> bool:
        return may(self.in_force, permission) or self._by_emergency(permission)

    def may_everywhere(self, permission: Permission) -> bool:
        return may(self.roles, permission) or self._by_emergency(permission)

    def _by_emergency(self, permission: Permission) -> bool:
        return self.emergency and permission in EMERGENCY

    def sites_with(self, permission: Permission) -> frozenset[SiteId] | None:
        """The sites at which that may be done; None: at every one."""
        if self.may_everywhere(permission):
            return None
        return frozenset(site for site, role in self.site_roles if may([role], permission))

    def need_somewhere(self, permission: Permission) -> frozenset[SiteId] | None:
        """The sites at which that may be done; None: at every one. Raises `Forbidden` where there is none."""
        sites = self.sites_with(permission)
        if self.must_add_factor or sites == frozenset():
            raise Forbidden(permission.value)
        return sites

    def works_at(self, site: SiteId) -> bool:
        """Whether there is any role there; to everybody else the site is none."""
        return self.emergency or bool(self.at(site).in_force)

    def keep_to(self, site: SiteId, what: str) -> None:
        """Raises `NotFound` for a thing of another site than the one at which somebody asks."""
        if self.site is not None and site != self.site:
            raise NotFound(what)

    def need(self, *permissions: Permission) -> None:
        """Raises `Forbidden` for who may do none of these here."""
        if self.must_add_factor or not any(map(self.may, permissions)):
            raise Forbidden(permissions[0].value)

    @property
    def actor(self) -> Actor:
        return Actor("operator", str(self.operator))


def seal(house: House, tenant: TenantId, owner: tuple[KeyKind, str], place: Place, value: dict[str, Any]) -> Sealed:
    """Seal a small record under its owner's key: `subject(person)`, `day(site, day)` or `organisation()`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return house.keyring.seal(tenant, *owner, place, text.encode())


def unseal(house: House, place: Place, sealed: Sealed) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(house.keyring.open(place, sealed))
    return record


def subject(person: PersonId | OperatorId) -> tuple[KeyKind, str]:
    return KeyKind.SUBJECT, str(person)


def of_day(site: SiteId, day: date) -> tuple[KeyKind, str]:
    return KeyKind.DAY, f"{site}/{day:%Y-%m-%d}"


def organisation() -> tuple[KeyKind, str]:
    return KeyKind.TENANT, ""


def new_secret(tenant: TenantId) -> str:
    """The tenant's id and 32 random bytes: what comes back in a cookie must lead to a tenant before any row is read."""
    return base64.urlsafe_b64encode(tenant.bytes + secrets.token_bytes(32)).decode().rstrip("=")


def tenant_of(secret: str) -> TenantId | None:
    if len(secret) != 64:
        return None
    try:
        return TenantId(UUID(bytes=base64.urlsafe_b64decode(secret)[:16]))
    except (ValueError, binascii.Error):
        return None


def fingerprint(secret: str) -> bytes:
    """What the store keeps of a secret of 256 random bits: its SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
