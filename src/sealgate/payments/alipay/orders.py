"""The adapter: orders, questions, refunds and bills of one merchant at Alipay.

The surprising thing: starting a payment asks nobody. We sign an address and the driver's browser takes it there, so
until the driver has come, Alipay does not know the order: it can be neither found nor closed, only run out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode, urlsplit

from sealgate.domain.billing import News, NothingToPay, Payment, Refund, RefundState, Told, reference_of
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import StatementLine
from sealgate.payments.alipay import bills, messages
from sealgate.payments.alipay.account import AlipayAccount, open_keys
from sealgate.payments.alipay.agreements import AlipayAgreements, agreed_of_notice
from sealgate.payments.alipay.trades import BEIJING, CURRENCY, told_of_answer, told_of_notice
from sealgate.payments.fields import MOST_NOTICE_BYTES, Fields
from sealgate.payments.outbound import TIMEOUT, Outbound, refuse_trouble
from sealgate.ports import (
    BadStatement,
    Clock,
    CurrencyNotTaken,
    GarbledAnswer,
    NoticeAnswer,
    Order,
    OversizedNotice,
    OwnBrowser,
    PayAddress,
    PayForm,
    ProviderRefused,
    Started,
    StatementNotReady,
    TooLateToStart,
    Unreachable,
    VerifiedNotice,
)

GATEWAY = "https://openapi.alipay.com/gateway.do"
LEAST_TIME = timedelta(minutes=1)
STATEMENT_READY = timedelta(days=1, hours=10)
BILL_HOSTS = (".alipay.com", ".alipaydev.com")

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


class Alipay:
    """`PaymentProvider` for one app of one merchant. Holds keys and no connection; any thread may call."""

    name = "alipay"
    day_zone: tzinfo = BEIJING
    own_browser: OwnBrowser | None = None

    def __init__(
        self,
        account: AlipayAccount,
        clock: Clock,
        *,
        gateway: str = GATEWAY,
        timeout: timedelta = TIMEOUT,
        as_form: bool = False,
    ) -> None:
        """`gateway` may be their sandbox, or a stand-in on this machine. `as_form` posts instead of a long address."""
        self._account = account
        self._keys = open_keys(account)
        self._clock = clock
        self._out = Outbound(gateway, timeout)
        self._as_form = as_form
        self.agreements = AlipayAgreements(self, account, clock) if account.agreement_scene else None

    @property
    def merchant(self) -> str:
        return self._account.seller_id

    @property
    def gateway(self) -> str:
        return self._out.base

    def start(self, order: Order) -> Started:
        """An address for the driver's browser; nobody is asked, so nothing can fail on the way."""
        self._check(order)
        method, product = ("wap", "QUICK_WAP_WAY") if order.phone else ("page", "FAST_INSTANT_TRADE_PAY")
        wanted = {
            "out_trade_no": reference_of(order.payment),
            "total_amount": order.money.text,
            "subject": messages.subject_of(order.subject),
            "product_code": product,
            "time_expire": _wall(order.expires_at),
        }
        own = {"notify_url": order.notify_address, "return_url": order.return_address}
        fields = self.signed(f"alipay.trade.{method}.pay", wanted, own)
        if self._as_form:
            return Started(PayForm(f"{self._out.base}?charset=utf-8", tuple(fields.items())))
        return Started(PayAddress(f"{self._out.base}?{urlencode(fields)}"))

    def _check(self, order: Order) -> None:
        if order.money.minor <= 0:
            raise NothingToPay
        if order.money.currency != CURRENCY:
            raise CurrencyNotTaken
        if order.expires_at - self._clock.now() < LEAST_TIME:
            raise TooLateToStart

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> VerifiedNotice:  # noqa: ARG002 their headers say nothing
        """A notice carries no instant to hold against a replay; the same words a second time change nothing."""
        if len(body) > MOST_NOTICE_BYTES:
            raise OversizedNotice
        notice = messages.verified_notice(body, self._keys.theirs)
        kind, number = notice.text("notify_type", 64), notice.text("notify_id", 128)
        if kind == "trade_status_sync":
            return VerifiedNotice(number, told_of_notice(notice, self._merchant_of(notice)))
        if kind in ("dut_user_sign", "dut_user_unsign"):
            app = notice.text("app_id", 32)
            merchant = self.merchant if app == self._account.app_id else f"{self.merchant}/{app}"
            return VerifiedNotice(number, None, agreed_of_notice(notice, merchant, self._clock.now()))
        return VerifiedNotice(number, None)

    def _merchant_of(self, notice: Fields) -> str:
        seller, app = notice.text("seller_id", 32), notice.text("app_id", 32)
        return seller if app == self._account.app_id else f"{seller}/{app}"

    def acknowledge(self, *, ok: bool) -> NoticeAnswer:
        """Their rule: exactly these seven letters, or it comes again."""
        return NoticeAnswer(200, "text/plain", b"success" if ok else b"failure")

    def ask(self, payment: Payment) -> Told:
        answer = self._ask("alipay.trade.query", {"out_trade_no": reference_of(payment.id)})
        if _says(answer, "TRADE_NOT_EXIST"):
            return self._told(payment, News.UNKNOWN)
        _refuse(answer)
        told = told_of_answer(answer, self.merchant, self._clock.now())
        if told.reference != reference_of(payment.id):
            raise GarbledAnswer("the answer is about another trade")
        return told

    def close(self, payment: Payment) -> Told:
        answer = self._ask("alipay.trade.close", {"out_trade_no": reference_of(payment.id)})
        if not _failure(answer):
            return self._told(payment, News.CLOSED)
        if _says(answer, "TRADE_NOT_EXIST"):
            return self._told(payment, News.UNKNOWN)
        told = self.ask(payment)  # they close only what is unpaid: so what is it?
        if told.news is News.WAITING:
            _refuse(answer)
        return told

    def refund(self, payment: Payment, reference: str, money: Money) -> Refund:
        names = {"out_trade_no": reference_of(payment.id), "out_request_no": reference}
        answer = self._ask("alipay.trade.refund", {**names, "refund_amount": money.text})
        _refuse(answer)
        if answer.text("out_trade_no", 64) != reference_of(payment.id):
            raise GarbledAnswer("the answer is about another trade")
        if answer.text("fund_change", 1) == "Y":
            return Refund(reference, money, RefundState.DONE)
        return self._refund_of(names, money)

    def _refund_of(self, names: Mapping[str, str], money: Money) -> Refund:
        """`fund_change` N: nothing moved this time. Whether it moved before, or will, is another question."""
        answer = self._ask("alipay.trade.fastpay.refund.query", names)
        _refuse(answer)
        reference = names["out_request_no"]
        if not answer.has("refund_status"):
            return Refund(reference, money, RefundState.ASKED)
        if answer.text("out_request_no", 64) != reference or answer.decimal("refund_amount", CURRENCY) != money:
            raise GarbledAnswer("the answer is about another refund")
        done = answer.text("refund_status", 32) == "REFUND_SUCCESS"
        return Refund(reference, money, RefundState.DONE if done else RefundState.ASKED)

    def statement(self, day: date) -> Iterator[StatementLine]:
        """A day of Beijing; made by ten the next morning."""
        age = self._clock.now() - datetime.combine(day, datetime.min.time(), BEIJING)
        if age < STATEMENT_READY:
            raise StatementNotReady
        wanted = {"bill_type": "trade", "bill_date": day.isoformat()}
        answer = self._ask("alipay.data.dataservice.bill.downloadurl.query", wanted)
        if _says(answer, "BILL_NOT_EXIST", "NO_BILL_DATA"):
            return iter(())  # nothing moved on that day
        _refuse(answer)
        return iter(bills.read(self._download(answer.text("bill_download_url", 2048))))

    def read_statement(self, file: bytes) -> Iterator[StatementLine]:
        """The zip of the merchant platform."""
        if len(file) > bills.MOST_PACKED:
            raise BadStatement("the bill is too large")
        return iter(bills.read(file))

    def _download(self, address: str) -> bytes:
        """The address lives 30 seconds. It comes as http, and its answer is not signed: so it is asked by https."""
        parts, base = urlsplit(address), urlsplit(self._out.base)
        host = parts.hostname or ""
        if parts.netloc != base.netloc and not (parts.port is None and host.endswith(BILL_HOSTS)):
            raise GarbledAnswer("the bill lies on a stranger's machine")
        address = f"{base.scheme}://{parts.netloc}{parts.path}?{parts.query}"
        answer = self._out.ask("GET", address, most=bills.MOST_PACKED)
        if not answer.ok:
            raise Unreachable(f"the bill's address answered {answer.status}")
        return answer.body

    def _ask(self, method: str, wanted: Mapping[str, Any]) -> Fields:
        return self.question(method, wanted, {})

    def says(self, answer: Fields, *codes: str) -> bool:
        return _says(answer, *codes)

    def refuse(self, answer: Fields) -> None:
        """Raises for anything but success."""
        _refuse(answer)

    def question(self, method: str, wanted: Mapping[str, Any], own: Mapping[str, str]) -> Fields:
        """The verified answer, which may be a refusal. Raises where Alipay could not answer."""
        body = urlencode(self.signed(method, wanted, own)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        answer = self._out.ask("POST", f"{self._out.base}?charset=utf-8", headers=headers, body=body)
        refuse_trouble(answer)
        if not answer.ok:
            raise Unreachable(f"the provider answered {answer.status}")
        return messages.verified_answer(answer.body, method, self._keys.theirs)

    def signed(self, method: str, wanted: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]:
        fields = {
            "app_id": self._account.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": messages.SIGN_TYPE,
            "timestamp": _wall(self._clock.now()),
            "version": "1.0",
            "biz_content": json.dumps(wanted, ensure_ascii=False, separators=(",", ":")),
            **own,
        }
        return messages.signed(fields, self._keys.ours)

    def _told(self, payment: Payment, news: News) -> Told:
        return Told(reference_of(payment.id), self.merchant, news, self._clock.now())


def _failure(answer: Fields) -> str:
    """Their code of the failure; empty for success."""
    code = answer.text("code", 16)
    if code == "10000":
        return ""
    said = answer.text_or("sub_code", code, 128)
    return said if _CODE.fullmatch(said) else code


def _says(answer: Fields, *codes: str) -> bool:
    """A failure of the trade itself, so signed. Their codes are spelt with `ACQ.`, with `isp.` or without, in any case."""
    return answer.text("code", 16) == "40004" and any(code in _failure(answer).upper() for code in codes)


def _refuse(answer: Fields) -> None:
    """Raise for anything but success."""
    said, code = _failure(answer), answer.text("code", 16)
    if not said:
        return
    if code.startswith("2") or "SYSTEM_ERROR" in said or "RATE_LIMIT" in said:
        raise Unreachable(said)
    if code != "40004":
        raise Unreachable(said, permanent=True, hint="check the account's keys and numbers at Alipay")
    raise ProviderRefused(said)


def _wall(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
