"""How Alipay tells of a trade, in our words.

`TRADE_CLOSED` is two things: timed out without a payment, or paid and wholly refunded. A part refund sends
`TRADE_SUCCESS` again, with the total so far in `refund_fee`: that is no second payment. Where the contract has no
refunds `TRADE_FINISHED` comes at once, and only that.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sealgate.domain.billing import News, Told
from sealgate.domain.money import Money
from sealgate.payments.fields import Fields

CURRENCY = "CNY"
BEIJING = ZoneInfo("Asia/Shanghai")
PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})


def told_of_notice(notice: Fields, merchant: str) -> Told:
    """`merchant` is who the notice says it is for."""
    news, refunded = _news(notice, paid_at="gmt_payment")
    at = {News.PAID: "gmt_payment", News.REFUND: "gmt_refund", News.CLOSED: "gmt_close"}.get(news, "notify_time")
    return Told(
        reference=notice.text("out_trade_no", 64),
        merchant=merchant,
        news=news,
        at=_instant(notice, at if notice.has(at) else "notify_time"),
        provider_ref=notice.text("trade_no", 64),
        money=notice.decimal("total_amount", CURRENCY),
        refunded=refunded,
    )


def told_of_answer(answer: Fields, merchant: str, now: datetime) -> Told:
    news, refunded = _news(answer, paid_at="send_pay_date")
    return Told(
        reference=answer.text("out_trade_no", 64),
        merchant=merchant,
        news=news,
        at=answer.wall("send_pay_date", BEIJING) if news is News.PAID and answer.has("send_pay_date") else now,
        provider_ref=answer.text("trade_no", 64),
        money=answer.decimal("total_amount", CURRENCY),
        refunded=refunded,
    )


def _news(trade: Fields, paid_at: str) -> tuple[News, Money | None]:
    """The news, and how much went back where that is told."""
    status = trade.text("trade_status", 32)
    refunded = trade.decimal("refund_fee", CURRENCY) if trade.has("refund_fee") else None
    went_back = refunded is not None and refunded.minor > 0
    if status in PAID:
        return (News.REFUND, refunded) if went_back else (News.PAID, None)
    if status == "WAIT_BUYER_PAY":
        return News.WAITING, None
    if status != "TRADE_CLOSED":
        trade.fail("trade_status")
    if went_back or trade.has(paid_at) or trade.has("gmt_refund"):
        return News.REFUND, refunded if went_back else trade.decimal("total_amount", CURRENCY)
    return News.CLOSED, None


def _instant(notice: Fields, name: str) -> datetime:
    """Beijing's wall time; `gmt_refund` has thousandths behind a point, against its own description."""
    return Fields({name: notice.text(name, 30).partition(".")[0]}, notice.misfit).wall(name, BEIJING)
