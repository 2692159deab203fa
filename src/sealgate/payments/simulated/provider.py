"""The simulated provider: its orders, what its pay page may do with one, its notices on their way, and its statement.

The surprising thing: nothing is sent by itself. Notices wait here until `deliver` is called with something that posts
them, and one that is not answered with a 2xx comes again, as a real provider's does. All is in memory: a new process
knows nothing of the old one's orders.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from threading import RLock

from sealgate.domain.agreements import AgreementTold
from sealgate.domain.billing import News, NothingToPay, Payment, Refund, RefundState, Told, reference_of
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement, StatementLine
from sealgate.payments.fields import MOST_NOTICE_BYTES
from sealgate.payments.simulated import notices, statements
from sealgate.payments.simulated.agreements import Papers, Sign, SignPage
from sealgate.ports import (
    BadAccount,
    Clock,
    NoticeAnswer,
    Order,
    OversizedNotice,
    OwnBrowser,
    PayAddress,
    ProviderRefused,
    Started,
    StatementNotReady,
    TooLateToStart,
    VerifiedNotice,
)

AGAIN_AFTER = timedelta(seconds=15)
TRIES = 15
DELAY = timedelta(minutes=1)
LEAST_SECRET = 16

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Posts a notice (address, headers, body) and answers with the status it got; 0 when nobody was there."""


class Act(StrEnum):
    """What the pay page can do. All but `REFUSE` and `CHARGE_BACK` pay; they differ in what we are told of it."""

    PAY = "pay"
    REFUSE = "refuse"
    REPEAT = "repeat"
    DELAY = "delay"
    OTHER_SUM = "other-sum"
    FORGET = "forget"
    CHARGE_BACK = "charge-back"


TO_PAY = (Act.PAY, Act.REFUSE, Act.REPEAT, Act.DELAY, Act.OTHER_SUM, Act.FORGET)


@dataclass(frozen=True, slots=True)
class PayPage:
    """What the page at the pay address shows; `acts` are its buttons, none when there is nothing left to do."""

    handle: str
    subject: str
    money: Money
    news: News
    return_address: str
    expires_at: datetime
    acts: tuple[Act, ...]


@dataclass(slots=True)
class _Sale:
    """One order here. `paid` is what was really paid, which need not be what was asked."""

    handle: str
    order: Order
    news: News = News.WAITING
    provider_ref: str = ""
    paid: Money | None = None
    at: datetime | None = None
    refunds: dict[str, Refund] = field(default_factory=dict)


@dataclass(slots=True)
class _Letter:
    address: str
    body: bytes
    due: datetime
    tries: int = 0


class Simulated:
    """`PaymentProvider` in memory. One lock guards all of it; any thread may call."""

    name = "simulated"
    day_zone: tzinfo = UTC
    own_browser: OwnBrowser | None = None
    agreements: Papers

    def __init__(self, secret: bytes, clock: Clock, *, pages: str = "/simulated", merchant: str = "simulated") -> None:
        """`pages` is where the pay pages are: one order's is `pages/handle`."""
        if len(secret) < LEAST_SECRET:
            raise BadAccount(f"the secret has less than {LEAST_SECRET} bytes")
        self._secret, self._clock = secret, clock
        self._pages, self._merchant = pages.rstrip("/"), merchant
        self._sales: dict[str, _Sale] = {}
        self._by_handle: dict[str, _Sale] = {}
        self._letters: list[_Letter] = []
        self._lines: list[StatementLine] = []
        self._lock = RLock()
        self.agreements = Papers(clock, merchant, f"{self._pages}/agreement", self._lock, self._charge, self._agreed)

    @property
    def merchant(self) -> str:
        return self._merchant

    def start(self, order: Order) -> Started:
        reference, now = reference_of(order.payment), self._clock.now()
        if order.money.minor <= 0:
            raise NothingToPay
        with self._lock:
            sale = self._sales.get(reference)
            if sale is None:
                if order.expires_at <= now:
                    raise TooLateToStart
                sale = self._sales[reference] = _Sale(secrets.token_hex(16), order)
                self._by_handle[sale.handle] = sale
            if sale.order.money != order.money:
                raise ProviderRefused("ORDER_DIFFERS")
            return Started(PayAddress(f"{self._pages}/{sale.handle}"), sale.handle)

    def page(self, handle: str) -> PayPage | None:
        with self._lock:
            sale = self._by_handle.get(handle)
            if sale is None:
                return None
            order, news = sale.order, self._news(sale)
            return PayPage(handle, order.subject, order.money, news, order.return_address, order.expires_at, self._acts(sale))

    def act(self, handle: str, act: Act, money: Money | None = None) -> None:
        """What the driver does on the page; `money` is the other sum. Raises `ProviderRefused` where it cannot be done."""
        with self._lock:
            sale = self._by_handle.get(handle)
            if sale is None or act not in self._acts(sale):
                raise ProviderRefused("NOT_POSSIBLE")
            match act:
                case Act.REFUSE:
                    sale.news = News.FAILED
                    self._tell(sale, News.FAILED)
                case Act.CHARGE_BACK:
                    self._charge_back(sale)
                case _:
                    self._pay(sale, act, money)

    def sign_page(self, handle: str) -> SignPage | None:
        with self._lock:
            paper = self.agreements.paper(handle)
            return None if paper is None else self.agreements.page(paper)

    def act_on_agreement(self, handle: str, act: Sign) -> None:
        """What the driver does on the agreement's page. Raises `ProviderRefused` where it cannot be done."""
        with self._lock:
            paper = self.agreements.paper(handle)
            if paper is None:
                raise ProviderRefused("NOT_POSSIBLE")
            self.agreements.act(paper, act)

    def _charge(self, order: Order, how: Sign) -> tuple[str, Told]:
        """The sale of a charge, made once for each order; one that was declined can be paid no other way."""
        new, handle = reference_of(order.payment) not in self._sales, self.start(order).handle
        sale = self._sales[reference_of(order.payment)]
        if new and how is Sign.DECLINE:
            sale.news = News.CLOSED
            return handle, self._told(sale, News.FAILED)
        if new:
            self._pay(sale, Act.DELAY if how is Sign.DELAY else Act.PAY, None)
        return handle, self._told(sale, News.WAITING if new and how is Sign.DELAY else self._news(sale))

    def _agreed(self, address: str, told: AgreementTold) -> None:
        body = notices.write_agreed(f"evt-{secrets.token_hex(8)}", told)
        self._letters.append(_Letter(address, body, self._clock.now()))

    def _pay(self, sale: _Sale, act: Act, money: Money | None) -> None:
        sale.paid = self._other(sale, money) if act is Act.OTHER_SUM else sale.order.money
        sale.news, sale.at, sale.provider_ref = News.PAID, self._clock.now(), f"sim-{secrets.token_hex(8)}"
        self._line(sale, Movement.PAYMENT, sale.paid)
        if act is not Act.FORGET:
            self._tell(sale, News.PAID, DELAY if act is Act.DELAY else timedelta(0), 3 if act is Act.REPEAT else 1)

    def _other(self, sale: _Sale, money: Money | None) -> Money:
        return money if money is not None else Money(max(sale.order.money.minor // 2, 1), sale.order.money.currency)

    def _charge_back(self, sale: _Sale) -> None:
        sale.news = News.CHARGED_BACK
        self._line(sale, Movement.CHARGEBACK, sale.order.money)
        self._tell(sale, News.CHARGED_BACK)

    def deliver(self, post: Post) -> int:
        """Post every notice that is due, and say how many. What is not taken comes again in 15 seconds, 15 times."""
        now = self._clock.now()
        with self._lock:
            due = [letter for letter in self._letters if letter.due <= now]
            self._letters = [letter for letter in self._letters if letter.due > now]
        for letter in due:
            status = post(letter.address, notices.headers(self._secret, letter.body, now), letter.body)
            letter.tries, letter.due = letter.tries + 1, now + AGAIN_AFTER
            if not 200 <= status < 300 and letter.tries < TRIES:
                with self._lock:
                    self._letters.append(letter)
        return len(due)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> VerifiedNotice:
        if len(body) > MOST_NOTICE_BYTES:
            raise OversizedNotice
        notices.verify(self._secret, headers, body, self._clock.now())
        return notices.read(body)

    def acknowledge(self, *, ok: bool) -> NoticeAnswer:
        return NoticeAnswer(204 if ok else 500, "text/plain", b"")

    def ask(self, payment: Payment) -> Told:
        with self._lock:
            sale = self._sales.get(reference_of(payment.id))
            if sale is None:
                return Told(reference_of(payment.id), self._merchant, News.UNKNOWN, self._clock.now())
            return self._told(sale, News.REFUND if sale.refunds else self._news(sale))

    def close(self, payment: Payment) -> Told:
        with self._lock:
            sale = self._sales.get(reference_of(payment.id))
            if sale is not None and sale.news in (News.WAITING, News.FAILED):
                sale.news = News.CLOSED
        return self.ask(payment)

    def refund(self, payment: Payment, reference: str, money: Money) -> Refund:
        with self._lock:
            sale = self._sales.get(reference_of(payment.id))
            if sale is None or sale.paid is None or sale.news is not News.PAID:
                raise ProviderRefused("NOT_PAID")
            made = sale.refunds.get(reference)
            if made is None:
                made = self._send_back(sale, reference, money)
            if made.money != money:
                raise ProviderRefused("REFUND_DIFFERS")
            return made

    def _send_back(self, sale: _Sale, reference: str, money: Money) -> Refund:
        gone = sum(refund.money.minor for refund in sale.refunds.values())
        if sale.paid is None or money.currency != sale.paid.currency or not 0 < money.minor <= sale.paid.minor - gone:
            raise ProviderRefused("NOT_ENOUGH")
        refund = sale.refunds[reference] = Refund(reference, money, RefundState.DONE)
        self._line(sale, Movement.REFUND, money, reference)
        self._write(sale, replace(self._told(sale, News.REFUND), refund=refund))
        return refund

    def statement(self, day: date) -> Iterator[StatementLine]:
        """A day of UTC, once it is over."""
        if self._clock.now().astimezone(UTC).date() <= day:
            raise StatementNotReady
        with self._lock:
            return iter([line for line in self._lines if line.at.date() == day])

    def take_over(self, other: Simulated) -> None:
        """Know what `other` knew: a real provider remembers what was before its customer's program started."""
        with other._lock, self._lock:
            self._sales |= other._sales
            self._by_handle |= other._by_handle
            self._lines += other._lines

    def read_statement(self, file: bytes) -> Iterator[StatementLine]:
        return iter(statements.read(file))

    def _news(self, sale: _Sale) -> News:
        over = sale.news in (News.WAITING, News.FAILED) and self._clock.now() >= sale.order.expires_at
        return News.CLOSED if over else sale.news

    def _acts(self, sale: _Sale) -> tuple[Act, ...]:
        news = self._news(sale)
        if news in (News.WAITING, News.FAILED):
            return TO_PAY
        return (Act.CHARGE_BACK,) if news is News.PAID and not sale.refunds else ()

    def _told(self, sale: _Sale, news: News) -> Told:
        at = sale.at if news is News.PAID and sale.at is not None else self._clock.now()
        money = sale.paid if sale.paid is not None else sale.order.money
        return Told(reference_of(sale.order.payment), self._merchant, news, at, sale.provider_ref, money)

    def _tell(self, sale: _Sale, news: News, delay: timedelta = timedelta(0), times: int = 1) -> None:
        self._write(sale, self._told(sale, news), delay, times)

    def _write(self, sale: _Sale, told: Told, delay: timedelta = timedelta(0), times: int = 1) -> None:
        """`times` letters with one id: the same notice again."""
        body, due = notices.write(f"evt-{secrets.token_hex(8)}", told), self._clock.now() + delay
        self._letters += [_Letter(sale.order.notify_address, body, due) for _ in range(times)]

    def _line(self, sale: _Sale, movement: Movement, money: Money, refund: str = "") -> None:
        reference, at = reference_of(sale.order.payment), self._clock.now()
        self._lines.append(StatementLine(movement, reference, refund, sale.provider_ref, money, Money(0, money.currency), at))
