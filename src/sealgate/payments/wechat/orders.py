"""The adapter: orders, questions, refunds and bills of one merchant at WeChat Pay.

The surprising thing: a 2xx answer without a signature is forged, while an error need not be signed. So an error may
stop us from doing something, and never tells us that money moved.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from sealgate.domain.billing import News, NothingToPay, Payment, Refund, Told, reference_of
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import StatementLine
from sealgate.payments.fields import MOST_NOTICE_BYTES, Fields, headers_of, read_json
from sealgate.payments.outbound import TIMEOUT, Answer, Outbound, refuse_trouble
from sealgate.payments.wechat import bills, messages
from sealgate.payments.wechat.account import WechatAccount, open_keys
from sealgate.payments.wechat.inside import InsideWechat
from sealgate.payments.wechat.trades import CURRENCY, refund_of, told_of_refund, told_of_trade
from sealgate.ports import (
    Agreements,
    Clock,
    CurrencyNotTaken,
    ForgedAnswer,
    GarbledAnswer,
    NoticeAnswer,
    NoticeRefused,
    Order,
    OversizedNotice,
    PageCall,
    ProviderRefused,
    QrText,
    Started,
    StatementNotReady,
    TooLateToStart,
    Unreachable,
    UnreadableNotice,
    VerifiedNotice,
)

API = "https://api.mch.weixin.qq.com"
OPENIDS = "https://api.weixin.qq.com"
BEIJING = ZoneInfo("Asia/Shanghai")
LEAST_TIME = timedelta(minutes=1)
"""An order that ends sooner is moved to this by them."""

STATEMENT_READY = timedelta(days=1, hours=10)
STATEMENT_KEPT = timedelta(days=89)
AGAIN = frozenset({"SYSTEM_ERROR", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "BANK_ERROR"})
_CODE = re.compile(r"[A-Z0-9_.-]{1,64}", re.ASCII)


def _nonce() -> str:
    return secrets.token_hex(16)


class WechatPay:
    """`PaymentProvider` for one merchant. Holds keys and no connection; any thread may call."""

    name = "wechat"
    day_zone: tzinfo = BEIJING
    agreements: Agreements | None = None
    """Its vehicle product is agreed in WeChat's own mini program, and wants to be told of every car that comes in."""

    def __init__(
        self,
        account: WechatAccount,
        clock: Clock,
        *,
        api: str = API,
        openids: str = OPENIDS,
        timeout: timedelta = TIMEOUT,
        nonce: Callable[[], str] = _nonce,
    ) -> None:
        """`api` may be their second host, or a stand-in on this machine, as may `openids`. Raises `BadAccount`."""
        self._account = account
        self._keys = open_keys(account)
        self._clock = clock
        self._out = Outbound(api, timeout)
        self._nonce = nonce
        self.own_browser = InsideWechat(account, Outbound(openids, timeout)) if account.app_secret else None

    @property
    def merchant(self) -> str:
        return self._account.mchid

    def start(self, order: Order) -> Started:
        """A QR code; inside WeChat, where the payer is known, a call for its page. The same order may be started again."""
        self._check(order)
        wanted = {
            "appid": self._account.appid,
            "mchid": self._account.mchid,
            "description": _cut(order.subject, 127),
            "out_trade_no": reference_of(order.payment),
            "time_expire": order.expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
            "notify_url": order.notify_address,
            "amount": {"total": order.money.minor, "currency": CURRENCY},
        }
        if not order.payer:
            answer = self._asked("POST", "/v3/pay/transactions/native", wanted)
            return Started(QrText(answer.text("code_url", 512)))
        answer = self._asked("POST", "/v3/pay/transactions/jsapi", {**wanted, "payer": {"openid": order.payer}})
        call = messages.page_call(
            self._account.appid, self._keys.merchant, self._unix(), self._nonce(), answer.text("prepay_id", 64)
        )
        return Started(PageCall("getBrandWCPayRequest", call))

    def _check(self, order: Order) -> None:
        if order.money.minor <= 0:
            raise NothingToPay
        if order.money.currency != CURRENCY:
            raise CurrencyNotTaken
        if order.expires_at - self._clock.now() < LEAST_TIME:
            raise TooLateToStart

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> VerifiedNotice:
        if len(body) > MOST_NOTICE_BYTES:
            raise OversizedNotice
        now = self._clock.now()
        messages.verify(self._keys.platform, headers_of(headers), body, now)
        envelope, inside = messages.open_notice(self._keys.notices, body)
        kind, told = envelope.text("event_type", 64), None
        if kind.startswith("TRANSACTION."):
            told = told_of_trade(self._account, inside, now)
        elif kind.startswith("REFUND."):
            told = told_of_refund(self._account, inside, now)
        return VerifiedNotice(envelope.text("id", 64), told)

    def acknowledge(self, *, ok: bool) -> NoticeAnswer:
        """Their rule: the status alone decides."""
        if ok:
            return NoticeAnswer(204, "application/json", b"")
        return NoticeAnswer(500, "application/json", b'{"code":"FAIL","message":"not now"}')

    def ask(self, payment: Payment) -> Told:
        reference = reference_of(payment.id)
        path = f"/v3/pay/transactions/out-trade-no/{reference}?" + urlencode({"mchid": self._account.mchid})
        answer = self._send("GET", path)
        if answer.status == 404:
            return self._told(payment, News.UNKNOWN)
        told = told_of_trade(self._account, self._read(answer), self._clock.now())
        if told.reference != reference:
            raise GarbledAnswer("the answer is about another order")
        return told

    def close(self, payment: Payment) -> Told:
        path = f"/v3/pay/transactions/out-trade-no/{reference_of(payment.id)}/close"
        answer = self._send("POST", path, {"mchid": self._account.mchid})
        if answer.ok:
            self._verify(answer)
            return self._told(payment, News.CLOSED)
        told = self.ask(payment)  # paid, closed or unknown: what they say of it counts, not why they would not close it
        if told.news is News.WAITING:
            raise self._refusal(answer)
        return told

    def refund(self, payment: Payment, reference: str, money: Money) -> Refund:
        wanted = {
            "out_trade_no": reference_of(payment.id),
            "out_refund_no": reference,
            "amount": {"refund": money.minor, "total": payment.asked.minor, "currency": CURRENCY},
        }
        refund = refund_of(self._asked("POST", "/v3/refund/domestic/refunds", wanted), "status")
        if refund.reference != reference or refund.money != money:
            raise GarbledAnswer("the answer is about another refund")
        return refund

    def statement(self, day: date) -> Iterator[StatementLine]:
        """A day of Beijing; made by ten the next morning, kept three months."""
        age = self._clock.now() - datetime.combine(day, datetime.min.time(), BEIJING)
        if not STATEMENT_READY <= age <= STATEMENT_KEPT:
            raise StatementNotReady(permanent=age > STATEMENT_KEPT)
        query = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"})
        answer = self._send("GET", f"/v3/bill/tradebill?{query}")
        if not answer.ok and self._refusal_code(answer) == "NO_STATEMENT_EXIST":
            return iter(())  # nothing moved on that day
        if not answer.ok and self._refusal_code(answer) == "STATEMENT_CREATING":
            raise StatementNotReady
        bill = self._read(answer)
        if bill.text("hash_type") != "SHA1":
            bill.fail("hash_type")
        packed = self._download(bill.text("download_url", 2048))
        return iter(bills.read(bills.unpack(packed, bill.text("hash_value", 64)), self._account.mchid))

    def read_statement(self, file: bytes) -> Iterator[StatementLine]:
        """The CSV of the merchant platform, packed by gzip or not."""
        return iter(bills.read(bills.unpacked(file), self._account.mchid))

    def _download(self, address: str) -> bytes:
        """Signed as asked, not signed as answered: its checksum came in a signed answer."""
        parts, base = urlsplit(address), urlsplit(self._out.base)
        ours = parts.netloc == base.netloc or parts.netloc.endswith(".mch.weixin.qq.com")
        if parts.scheme != base.scheme or not ours:
            raise GarbledAnswer("the bill lies on a stranger's machine")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = self._signed("GET", path, b"")
        answer = self._out.ask("GET", f"{parts.scheme}://{parts.netloc}{path}", headers=headers, most=bills.MOST_PACKED)
        if not answer.ok:
            raise Unreachable(f"the bill's address answered {answer.status}")
        return answer.body

    def _asked(self, method: str, path: str, wanted: Mapping[str, Any]) -> Fields:
        return self._read(self._send(method, path, wanted))

    def _send(self, method: str, path: str, wanted: Mapping[str, Any] | None = None) -> Answer:
        body = b"" if wanted is None else json.dumps(wanted, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", **self._signed(method, path, body)}
        if body:
            headers["Content-Type"] = "application/json"
        if self._keys.asked:
            headers["Wechatpay-Serial"] = self._keys.asked
        answer = self._out.ask(method, self._out.base + path, headers=headers, body=body)
        refuse_trouble(answer)
        return answer

    def _signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        unix, nonce = self._unix(), self._nonce()
        text = messages.request_text(method, path, unix, nonce, body)
        return {"Authorization": messages.authorization(self._account, self._keys.merchant, unix, nonce, text)}

    def _read(self, answer: Answer) -> Fields:
        if not answer.ok:
            raise self._refusal(answer)
        self._verify(answer)
        return read_json(answer.body, GarbledAnswer)

    def _verify(self, answer: Answer) -> None:
        try:
            messages.verify(self._keys.platform, answer.headers, answer.body, self._clock.now())
        except NoticeRefused as error:
            raise ForgedAnswer(f"{error.code}: an answer of WeChat Pay") from error

    def _refusal(self, answer: Answer) -> Unreachable | ProviderRefused:
        code = self._refusal_code(answer)
        return Unreachable(code) if code in AGAIN else ProviderRefused(code)

    def _refusal_code(self, answer: Answer) -> str:
        try:
            code = read_json(answer.body, UnreadableNotice).text("code", 64)
        except UnreadableNotice:
            code = ""
        return code if _CODE.fullmatch(code) else f"HTTP-{answer.status}"

    def _told(self, payment: Payment, news: News) -> Told:
        return Told(reference_of(payment.id), self.merchant, news, self._clock.now())

    def _unix(self) -> str:
        return str(int(self._clock.now().timestamp()))


def _cut(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, at the end of a character."""
    return text.encode()[:most].decode(errors="ignore")
