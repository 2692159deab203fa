"""Every socket in the wall, in our words. Adapters translate; nobody above them knows a vendor.

Pixels are numpy arrays (height, width, 3), uint8, blue-green-red. A port says `Unreachable` when its
device or service did not answer; `permanent` tells whether asking again can help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType, Protocol
from uuid import UUID

from sealgate.domain.access import Candidate
from sealgate.domain.agreements import Agreement, AgreementTold
from sealgate.domain.billing import Payment, Refund, Told
from sealgate.domain.errors import Conflict, Fault, Refused
from sealgate.domain.ids import AgreementId, CredentialId, GateId, PaymentId, PersonId, SiteId, TenantId
from sealgate.domain.money import Money
from sealgate.domain.plates import PlateText
from sealgate.domain.reconciliation import StatementLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Vector = NDArray[np.float32]
else:
    Pixels = Vector = Any

Sealed = NewType("Sealed", bytes)
"""Bytes that only the vault opens (docs/format.md). The store takes personal values in no other form."""

Token = NewType("Token", bytes)
"""16 bytes that stand for a value in an equality search."""


class Unreachable(Fault):
    code = "port.unreachable"

    def __init__(self, message: str = "", *, permanent: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent


class Clock(Protocol):
    def now(self) -> datetime:
        """An aware instant in UTC."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    at: datetime
    pixels: Pixels


class Camera(Protocol):
    """A source of frames. Only the newest frame is kept: late rather than wrong."""

    def frames(self) -> Iterator[Frame]:
        """Frames until the source ends (a file) or `close` is called. Raises `Unreachable`."""
        ...

    def close(self) -> None: ...


Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the frame; inside it."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """`landmarks` is (5, 2) float32: eyes, nose, mouth corners; `score`, `quality` 0..1; `live` 0..1 or None: cannot tell."""

    box: Box
    score: float
    landmarks: Vector
    quality: float
    live: float | None = None


@dataclass(frozen=True, slots=True)
class FoundPlate:
    """`score` 0..1 for the whole text, `scores` one for each character; `kind` as `.plate data-kind` (cn-blue, eu...)."""

    text: PlateText
    score: float
    scores: tuple[float, ...]
    box: Box
    kind: str


class FaceReader(Protocol):
    @property
    def pack(self) -> str:
        """Names the models; templates of two packs never meet."""
        ...

    @property
    def min_similarity(self) -> float:
        """The cosine from which two looks are one person: the pack's default for a gate (docs/models.md)."""
        ...

    @property
    def min_lead(self) -> float:
        """How much better than the second best person the best has to be."""
        ...

    def find(self, pixels: Pixels) -> list[FoundFace]:
        """Largest first. Never raises on odd pixels: a frame without a face is an empty list."""
        ...

    def embed(self, pixels: Pixels, face: FoundFace) -> Vector:
        """(128,) float32 of length 1 for the default pack; similarity is the dot product."""
        ...


class PlateReader(Protocol):
    def read(self, pixels: Pixels, countries: Sequence[str] = ()) -> list[FoundPlate]:
        """Most certain first. `countries` are lower-case ISO 3166 codes whose grammars are tried; empty tries all."""
        ...

    def glance(
        self, pixels: Pixels, countries: Sequence[str] = (), *, near: Box | None = None, closer: int = 0
    ) -> list[FoundPlate]:
        """One look, for a frame of a video: at all of it, or `near` a box in full resolution, which costs the same.

        `closer`, 0 to 2, looks for smaller plates, and costs more each time.
        """
        ...


class Gallery(Protocol):
    """The templates of one site's people, in memory. Exact search."""

    def put(self, person: PersonId, credential: CredentialId, vector: Vector) -> None: ...
    def remove(self, credential: CredentialId) -> None: ...
    def nearest(self, vector: Sequence[float], k: int) -> list[Candidate]: ...
    def __len__(self) -> int: ...


class Galleries(Protocol):
    def of(self, tenant: TenantId, site: SiteId) -> Gallery:
        """That site's gallery; an empty one at first."""
        ...


class LatchAnswer(StrEnum):
    """What the controller said. Accepted is not open: only a position input or a passage says that."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class Latch(Protocol):
    def release(self, gate: GateId, open_for: timedelta) -> LatchAnswer: ...


class BlobStore(Protocol):
    """Sealed bytes under random names. What is put is on the disk when `put` returns."""

    def put(self, name: str, sealed: Sealed) -> None: ...
    def get(self, name: str) -> Sealed: ...
    def delete(self, name: str) -> None: ...
    def names(self) -> Iterator[str]: ...


class Bus(Protocol):
    """Tells whoever listens right now. Never the only place a fact is."""

    def publish(self, topic: str, message: dict[str, Any]) -> None: ...
    def subscribe(self, topic: str, heard: Callable[[dict[str, Any]], None]) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Appointment:
    """What a calendar takes in. `name` stays the same when it is sent again; a cancelled one is taken out again."""

    name: str
    title: str
    place: str
    since: datetime
    until: datetime
    address: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one address. `name` stays the same when a letter is sent again, so that a receiver may know it again."""

    name: str
    to: str
    subject: str
    text: str
    appointment: Appointment | None = None


class Post(Protocol):
    """Takes letters to people who are not here. Any thread may call."""

    def send(self, letter: Letter) -> None:
        """When it returns, somebody else has it in their hands. Raises `Unreachable`; `permanent`: it will never go."""
        ...


class WitnessAhead(Conflict):
    """The witness has taken `size` entries of this journal, and we said another number."""

    code = "witness.ahead"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the witness has seen {size} entries", hint="Look for an older copy that was put in the journal's place"
        )
        self.size = size


class WitnessRefused(Fault):
    """The witness did not take a checkpoint: it does not continue the one before, or is not signed by whom it knows."""

    code = "witness.refused"


class Witness(Protocol):
    """Somebody outside who keeps checkpoints of the journal, so that a past that was rewritten does not agree with them."""

    @property
    def name(self) -> str: ...

    def take(self, note: str, old: int, proof: Sequence[bytes]) -> str:
        """Take a checkpoint that continues the one of `old` entries, 0 for none; its signature lines, or nothing.

        Raises `WitnessAhead` where it has another one than `old`, `WitnessRefused`, `Unreachable`.
        """
        ...

    def kept(self, origin: str) -> list[str]:
        """The notes of that journal that it has kept, the oldest first; none where it shows none. Raises `Unreachable`."""
        ...


class KeyKind(StrEnum):
    TENANT = "tenant"
    SUBJECT = "subject"
    SITE = "site"
    DAY = "day"
    PAY = "pay"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key as the key store holds it. `scope` is a person's or site's id, `<site id>/<YYYY-MM-DD>` for a day,
    `<person id>/<YYYY>` for the pay of a year.

    `wrapped` is empty where the key was destroyed: its id and scope stay, so that no second key is ever made for it.
    """

    tenant: TenantId
    key: UUID
    kind: KeyKind
    scope: str
    wrapped: bytes
    made_at: datetime


class KeyShelf(Protocol):
    """Where wrapped keys lie: apart from the data (VAULT 2)."""

    def put(self, key: WrappedKey) -> WrappedKey:
        """Keep it, durably; or, where that tenant, kind and scope has a key already, answer with the one that was first."""
        ...

    def put_all(self, keys: Sequence[WrappedKey]) -> list[WrappedKey]:
        """`put` for many at once: all of them are kept, or none; answers in their order. No two are of one scope."""
        ...

    def of_scope(self, tenant: TenantId, kind: KeyKind, scope: str) -> WrappedKey | None:
        """The one key of that scope, destroyed or not (then with empty `wrapped`; so answer `by_id` and `put` too)."""
        ...

    def of_scopes(self, tenant: TenantId, kind: KeyKind, scopes: Sequence[str]) -> list[WrappedKey]:
        """`of_scope` for many at once; a scope without a key is missing."""
        ...

    def by_id(self, tenant: TenantId, key: UUID) -> WrappedKey | None: ...
    def all(self) -> Iterator[WrappedKey]:
        """Every key, destroyed ones too. Keys may be rewrapped on the way; one that is put meanwhile may be missed."""
        ...

    def rewrap(self, key: WrappedKey, wrapped: bytes) -> bool:
        """Replace the wrapping if it is still the one in `key`; False if somebody was first."""
        ...

    def destroy(self, tenant: TenantId, key: UUID, at: datetime) -> bool:
        """Overwrite the wrapped bytes and remember that and when; False if it was gone already."""
        ...

    def destroy_all(self, tenant: TenantId, keys: Sequence[UUID], at: datetime) -> int:
        """`destroy` for many at once; how many were not gone already."""
        ...

    def root_check(self) -> bytes | None:
        """What the root of this shelf wrote at `init`, to tell a wrong root from a broken shelf (vault/roots.py)."""
        ...

    def set_root_check(self, sealed: bytes) -> None: ...


# Payments: docs/payments.md. Every error of a provider is one of these, whoever the provider is.


class NoticeRefused(Refused):
    """A notice that we do not believe, or cannot read. Nothing was changed; a genuine sender repeats it."""

    code = "payment.notice-refused"
    status = 400


class BadSignature(NoticeRefused):
    """The signature is missing or is not of these bytes: forged, changed on the way, or a provider's probe."""

    code = "payment.bad-signature"
    status = 401


class UnknownKey(NoticeRefused):
    """Signed with a key that this account does not hold. Nobody is called to fetch it."""

    code = "payment.unknown-key"
    status = 401


class StaleNotice(NoticeRefused):
    """Signed too long ago, or in the future: a replay, or a wrong clock."""

    code = "payment.stale-notice"


class UnreadableNotice(NoticeRefused):
    """Genuine or not, it is not in the form that was agreed."""

    code = "payment.unreadable-notice"


class OversizedNotice(NoticeRefused):
    """Larger than any notice is; it was not looked at."""

    code = "payment.oversized-notice"
    status = 413


class WrongMode(NoticeRefused):
    """A test payment told to a live account, or the other way round."""

    code = "payment.wrong-mode"


class CurrencyNotTaken(Refused):
    """This provider does not take this currency, or not this sum of it."""

    code = "payment.currency-not-taken"


class TooLateToStart(Conflict):
    """The order is nearly over, or so old that starting it again could make a second one."""

    code = "payment.too-late-to-start"


class ProviderRefused(Refused):
    """The provider said no and will say so again. `said` is its own code: capitals, digits, `.`, `_` and `-` only."""

    code = "payment.provider-refused"
    status = 502

    def __init__(self, said: str) -> None:
        super().__init__(f"the provider refused: {said}")
        self.said = said


class ForgedAnswer(Unreachable):
    """An answer without the provider's signature, so not the provider's. Somebody may stand in between."""

    code = "payment.forged-answer"


class GarbledAnswer(Unreachable):
    """The provider answered something that is not what was agreed."""

    code = "payment.garbled-answer"


class StatementNotReady(Unreachable):
    """The statement of that day is not made yet, or is no longer kept (then `permanent`)."""

    code = "payment.statement-not-ready"


class BadStatement(Fault):
    """A statement that is cut off, not what its checksum says, too large, or not in the form we know."""

    code = "payment.bad-statement"


class BadAccount(Fault):
    """The keys or numbers of an account at a provider cannot be used as they are."""

    code = "payment.bad-account"


@dataclass(frozen=True, slots=True)
class Order:
    """One payment about to be started. All three instants stay the same when it is started again.

    `subject` is what the driver reads: the lot, never a plate. `notify_address` is ours for notices, `return_address`
    the page to come back to. `payer` is the WeChat openid, where the driver's page runs inside WeChat. `phone` is
    False for a driver at a desk.
    """

    payment: PaymentId
    money: Money
    subject: str
    notify_address: str
    return_address: str
    started_at: datetime
    expires_at: datetime
    payer: str = ""
    phone: bool = True


@dataclass(frozen=True, slots=True)
class PayAddress:
    """Send the driver's browser there."""

    address: str


@dataclass(frozen=True, slots=True)
class QrText:
    """Draw it as a QR code, to be scanned with the provider's app."""

    text: str


@dataclass(frozen=True, slots=True)
class PayForm:
    """Post these fields there from the driver's browser."""

    address: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PageCall:
    """Inside the provider's own browser, call its function `name` with `arguments` (WeChat's JSAPI)."""

    name: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Started:
    """How to pay. `handle` is the provider's name of the attempt, to be kept in the payment; empty where it has none."""

    way: PayAddress | QrText | PayForm | PageCall
    handle: str = ""


@dataclass(frozen=True, slots=True)
class VerifiedNotice:
    """A notice whose signature holds. `id` stays the same over its repeats; `told` None: genuine, and not of a payment.

    `agreed` is its word about an agreement instead.
    """

    id: str
    told: Told | None
    agreed: AgreementTold | None = None


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """What to answer the sender of a notice with."""

    status: int
    media_type: str
    body: bytes


class OwnBrowser(Protocol):
    """The provider's own app as a browser: a page of ours may call its pay function there (WeChat's JSAPI)."""

    def is_there(self, user_agent: str) -> bool:
        """Whether a browser that calls itself so is that app. It may lie: the worst that comes of it is a button that fails."""
        ...

    def ask_payer(self, return_address: str, state: str) -> str:
        """Where to send the driver's browser, so that it comes to `return_address` with `code` and `state` in its query.

        `state` is 1 to 128 ASCII letters and digits.
        """
        ...

    def payer(self, code: str) -> str:
        """Who brought that code, for `Order.payer`. Raises `Unreachable`; `ProviderRefused` for a code used up or made up."""
        ...


@dataclass(frozen=True, slots=True)
class Signing:
    """One agreement about to be signed. `most` is what one charge may be at most; `subject` is the lot, never a plate.

    The addresses, instants and `phone` are as in an `Order`.
    """

    agreement: AgreementId
    most: Money
    subject: str
    notify_address: str
    return_address: str
    started_at: datetime
    expires_at: datetime
    phone: bool = True


@dataclass(frozen=True, slots=True)
class Charged:
    """What came of a charge. `handle` is the provider's name of it, to be kept; never empty, so that we know it got there."""

    told: Told
    handle: str


class Agreements(Protocol):
    """Charging without the driver, by an agreement that the driver signed at the provider. Raises as `PaymentProvider`."""

    def sign(self, signing: Signing) -> Started:
        """Where the driver signs. The same signing may be started again."""
        ...

    def ask(self, agreement: Agreement) -> AgreementTold:
        """What the provider says of it now."""
        ...

    def charge(self, agreement: Agreement, order: Order) -> Charged:
        """Take the order's money now: `PAID`, `FAILED` (the driver may still pay otherwise), or `WAITING`: ask.

        The same order moves money once.
        """
        ...

    def cancel(self, agreement: Agreement) -> AgreementTold:
        """Withdraw it there: `WITHDRAWN`, or `UNKNOWN` where nothing was ever signed. Again changes nothing."""
        ...


class PaymentProvider(Protocol):
    """One account at one provider. Any thread may call; every call ends, at the latest after its time-out.

    What asks over the network raises `Unreachable` (with its kinds above: nothing is known, ask later unless it is
    `permanent`) and `ProviderRefused`. Everything is idempotent by our ids: when in doubt, call again with the same.
    """

    @property
    def name(self) -> str:
        """Stable: `wechat`, `alipay`, `stripe`, `simulated`; stored with each payment."""
        ...

    @property
    def merchant(self) -> str:
        """Our account there; stored with each payment and told in each notice."""
        ...

    @property
    def day_zone(self) -> tzinfo:
        """In whose days its statements are."""
        ...

    @property
    def own_browser(self) -> OwnBrowser | None:
        """None where it has none, or the account does not allow it: then `start` never answers with a `PageCall`."""
        ...

    @property
    def agreements(self) -> Agreements | None:
        """None where this provider cannot charge by an agreement, or the account may not."""
        ...

    def start(self, order: Order) -> Started:
        """Make the order there, or find it made. Also raises `CurrencyNotTaken`, `NothingToPay`, `TooLateToStart`."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> VerifiedNotice:
        """Verify, then read. `body` is what came, untouched. Raises only `NoticeRefused`; never asks anybody."""
        ...

    def acknowledge(self, *, ok: bool) -> NoticeAnswer:
        """The answer to a notice: `ok` once it is written down, or was refused for good; else it is sent again."""
        ...

    def ask(self, payment: Payment) -> Told:
        """What the provider says of it now."""
        ...

    def close(self, payment: Payment) -> Told:
        """Let nobody pay it any more; what the provider then says: `CLOSED`, or `PAID` when the driver was first.

        `UNKNOWN` where the driver never opened it: then only its expiry ends it (Alipay).
        """
        ...

    def refund(self, payment: Payment, reference: str, money: Money) -> Refund:
        """Send `money` back. The same `reference` moves money once, and called again tells how far it is."""
        ...

    def statement(self, day: date) -> Iterator[StatementLine]:
        """All that moved on the provider's day. Also raises `StatementNotReady` and `BadStatement`."""
        ...

    def read_statement(self, file: bytes) -> Iterator[StatementLine]:
        """The same from a file that somebody downloaded at the provider's pages. Asks nobody; raises only `BadStatement`."""
        ...
