"""Payment providers: docs/payments.md. Every error of a provider is one of these, whoever the provider is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from sealgate.domain.agreements import Agreement, AgreementTold
from sealgate.domain.billing import Payment, Refund, Told
from sealgate.domain.errors import Conflict, Fault, Refused
from sealgate.domain.ids import AgreementId, PaymentId
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import StatementLine
from sealgate.ports.common import Unreachable


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
