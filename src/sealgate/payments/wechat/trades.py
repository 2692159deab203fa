"""How WeChat Pay tells of a payment or a refund, in our words. Notices and answers have the same objects.

Its state `REFUND` means that something went back, not how much; and a refund's notice names neither app nor currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sealgate.domain.billing import News, Refund, RefundState, Told
from sealgate.domain.money import Money
from sealgate.payments.fields import Fields
from sealgate.payments.wechat.account import WechatAccount

CURRENCY = "CNY"

NEWS: Mapping[str, News] = {
    "SUCCESS": News.PAID,
    "REFUND": News.REFUND,
    "NOTPAY": News.WAITING,
    "USERPAYING": News.WAITING,
    "ACCEPT": News.WAITING,
    "CLOSED": News.CLOSED,
    "REVOKED": News.CLOSED,
    "PAYERROR": News.FAILED,
}

REFUNDS: Mapping[str, RefundState] = {
    "SUCCESS": RefundState.DONE,
    "CLOSED": RefundState.FAILED,
    "PROCESSING": RefundState.ASKED,
    "ABNORMAL": RefundState.STUCK,
}


def told_of_trade(account: WechatAccount, trade: Fields, now: datetime) -> Told:
    news = NEWS.get(trade.text("trade_state"))
    if news is None:
        trade.fail("trade_state")
    return Told(
        reference=trade.text("out_trade_no", 32),
        merchant=_merchant(account, trade),
        news=news,
        at=trade.instant("success_time") if trade.has("success_time") else now,
        provider_ref=trade.text_or("transaction_id", most=64),
        money=_sum(trade) if news is News.PAID or trade.has("amount") else None,
    )


def told_of_refund(account: WechatAccount, refund: Fields, now: datetime) -> Told:
    amount = refund.part("amount")
    return Told(
        reference=refund.text("out_trade_no", 32),
        merchant=_merchant(account, refund),
        news=News.REFUND,
        at=refund.instant("success_time") if refund.has("success_time") else now,
        provider_ref=refund.text("transaction_id", 64),
        money=amount.minor("total", amount.currency("currency", CURRENCY)),
        refund=refund_of(refund, "refund_status"),
    )


def refund_of(refund: Fields, status: str) -> Refund:
    """`status` names the field that has the state: the notice and the answer differ in it."""
    state = REFUNDS.get(refund.text(status))
    if state is None:
        refund.fail(status)
    amount = refund.part("amount")
    return Refund(refund.text("out_refund_no", 64), amount.minor("refund", amount.currency("currency", CURRENCY)), state)


def _sum(trade: Fields) -> Money:
    amount = trade.part("amount")
    return amount.minor("total", amount.currency("currency", CURRENCY))


def _merchant(account: WechatAccount, told: Fields) -> str:
    """Ours is the merchant number alone; another app of the same merchant is told apart."""
    mchid = told.text("mchid", 32)
    appid = told.text_or("appid", account.appid, 32)
    return mchid if appid == account.appid else f"{mchid}/{appid}"
