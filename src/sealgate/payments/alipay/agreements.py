"""Alipay's way to charge without the driver: an agreement signed on its page (`alipay.user.agreement.page.sign`), then
`alipay.trade.pay` with the agreement's number (product GENERAL_WITHHOLDING).

The surprising thing: signing asks nobody, like paying; and from a phone's browser the signed text travels to the app by an
`alipays:` address, for the page opens in the app only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from sealgate.domain.agreements import Agreement, AgreementTold, Consent, reference_of
from sealgate.domain.billing import News, Told
from sealgate.domain.billing import reference_of as payment_reference
from sealgate.payments.alipay.account import AlipayAccount
from sealgate.payments.alipay.messages import subject_of
from sealgate.payments.alipay.trades import BEIJING, CURRENCY
from sealgate.payments.fields import Fields
from sealgate.ports import Charged, Clock, CurrencyNotTaken, GarbledAnswer, Order, PayAddress, Signing, Started, TooLateToStart

APP = "alipays://platformapi/startapp?appId=60000157&appClearTop=false&startMultApp=YES&sign_params="
STATUS: Mapping[str, Consent] = {
    "NORMAL": Consent.SIGNED,
    "TEMP": Consent.WAITING,
    "STOP": Consent.WITHDRAWN,
    "UNSIGN": Consent.WITHDRAWN,
}
IN_PROCESS = frozenset({"10003", "20000"})
"""Taken in and not done; their system in trouble, so perhaps done. Both are asked for."""


class Wire(Protocol):
    """How the adapter asks Alipay."""

    @property
    def merchant(self) -> str: ...
    @property
    def gateway(self) -> str: ...
    def signed(self, method: str, wanted: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]: ...
    def question(self, method: str, wanted: Mapping[str, Any], own: Mapping[str, str]) -> Fields: ...
    def says(self, answer: Fields, *codes: str) -> bool: ...
    def refuse(self, answer: Fields) -> None: ...


class AlipayAgreements:
    """`Agreements` for one app whose contract has the withholding product."""

    def __init__(self, wire: Wire, account: AlipayAccount, clock: Clock) -> None:
        self._wire, self._account, self._clock = wire, account, clock

    def sign(self, signing: Signing) -> Started:
        if signing.most.currency != CURRENCY:
            raise CurrencyNotTaken
        if signing.expires_at <= self._clock.now():
            raise TooLateToStart
        wanted = {
            **self._names(signing.agreement.hex),
            "access_params": {"channel": "ALIPAYAPP" if signing.phone else "QRCODE"},
            "product_code": "GENERAL_WITHHOLDING",
        }
        own = {"notify_url": signing.notify_address, "return_url": signing.return_address}
        query = urlencode(self._wire.signed("alipay.user.agreement.page.sign", wanted, own))
        address = APP + quote(query, safe="") if signing.phone else f"{self._wire.gateway}?{query}"
        return Started(PayAddress(address), signing.agreement.hex)

    def ask(self, agreement: Agreement) -> AgreementTold:
        answer = self._wire.question("alipay.user.agreement.query", self._names(agreement.id.hex), {})
        if self._wire.says(answer, "AGREEMENT_NOT_EXIST"):
            return self._told(agreement, Consent.WITHDRAWN if agreement.number else Consent.UNKNOWN)
        self._wire.refuse(answer)
        if answer.text_or("external_agreement_no", most=64) not in ("", reference_of(agreement.id)):
            raise GarbledAnswer("the answer is about another agreement")
        consent = STATUS.get(answer.text("status", 32))
        if consent is None:
            answer.fail("status")
        return self._told(agreement, consent, answer.text_or("agreement_no", most=64))

    def charge(self, agreement: Agreement, order: Order) -> Charged:
        if order.money.currency != CURRENCY:
            raise CurrencyNotTaken
        reference = payment_reference(order.payment)
        wanted = {
            "out_trade_no": reference,
            "total_amount": order.money.text,
            "subject": subject_of(order.subject),
            "product_code": "GENERAL_WITHHOLDING",
            "agreement_params": {"agreement_no": agreement.number},
        }
        answer = self._wire.question("alipay.trade.pay", wanted, {"notify_url": order.notify_address})
        if answer.text("code", 16) in IN_PROCESS:
            return Charged(Told(reference, self._wire.merchant, News.WAITING, self._clock.now()), reference)
        self._wire.refuse(answer)
        if answer.text("out_trade_no", 64) != reference:
            raise GarbledAnswer("the answer is about another trade")
        at = answer.wall("gmt_payment", BEIJING) if answer.has("gmt_payment") else self._clock.now()
        money, number = answer.decimal("total_amount", CURRENCY), answer.text("trade_no", 64)
        return Charged(Told(reference, self._wire.merchant, News.PAID, at, number, money), reference)

    def cancel(self, agreement: Agreement) -> AgreementTold:
        answer = self._wire.question("alipay.user.agreement.unsign", self._names(agreement.id.hex), {})
        if self._wire.says(answer, "AGREEMENT_NOT_EXIST", "HAS_UNSIGN"):
            return self._told(agreement, Consent.WITHDRAWN if agreement.number else Consent.UNKNOWN)
        self._wire.refuse(answer)
        return self._told(agreement, Consent.WITHDRAWN, agreement.number)

    def _names(self, reference: str) -> dict[str, Any]:
        """Their three names of one agreement of ours; the scene and the product are those of the contract."""
        product, scene = self._account.agreement_product, self._account.agreement_scene
        return {"personal_product_code": product, "sign_scene": scene, "external_agreement_no": reference}

    def _told(self, agreement: Agreement, consent: Consent, number: str = "") -> AgreementTold:
        return AgreementTold(reference_of(agreement.id), self._wire.merchant, consent, self._clock.now(), number)


def agreed_of_notice(notice: Fields, merchant: str, now: datetime) -> AgreementTold | None:
    """`dut_user_sign` and `dut_user_unsign`; None for one that we did not begin."""
    if not notice.has("external_agreement_no"):
        return None
    consent = STATUS.get(notice.text("status", 32))
    if consent is None:
        notice.fail("status")
    name = "sign_time" if consent is Consent.SIGNED else "unsign_time"
    at = notice.wall(name, BEIJING) if notice.has(name) else now
    return AgreementTold(notice.text("external_agreement_no", 64), merchant, consent, at, notice.text("agreement_no", 64))
