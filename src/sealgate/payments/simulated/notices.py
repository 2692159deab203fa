"""The simulated provider's notices: a JSON object, signed by HMAC-SHA-256 over `time.body`.

They are made and read here, as strictly as a real provider's: what the rest of the program sees is the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sealgate.domain.agreements import AgreementTold, Consent
from sealgate.domain.billing import News, Refund, RefundState, Told
from sealgate.domain.money import Money
from sealgate.payments.fields import Fields, headers_of, read_json
from sealgate.payments.signing import hmac_hex, hmac_verifies, is_fresh
from sealgate.ports import BadSignature, StaleNotice, UnreadableNotice, VerifiedNotice

W = TypeVar("W", News, RefundState, Consent)

TIME, SIGNATURE = "Simulated-Time", "Simulated-Signature"


def write(notice: str, told: Told) -> bytes:
    words: dict[str, Any] = {
        "id": notice,
        "reference": told.reference,
        "merchant": told.merchant,
        "news": told.news.value,
        "at": told.at.isoformat(),
        "provider_ref": told.provider_ref,
    }
    if told.money is not None:
        words["money"] = _sum(told.money)
    if told.refund is not None:
        words["refund"] = {
            "reference": told.refund.reference,
            "state": told.refund.state.value,
            "money": _sum(told.refund.money),
        }
    return json.dumps(words, separators=(",", ":")).encode()


def write_agreed(notice: str, told: AgreementTold) -> bytes:
    words = {
        "id": notice,
        "agreement": told.reference,
        "merchant": told.merchant,
        "consent": told.consent.value,
        "at": told.at.isoformat(),
        "number": told.number,
    }
    return json.dumps(words, separators=(",", ":")).encode()


def _sum(money: Money) -> dict[str, Any]:
    return {"minor": money.minor, "currency": money.currency}


def headers(secret: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """Signed when it is sent, so that a repeat is fresh."""
    unix = str(int(now.timestamp()))
    return {TIME: unix, SIGNATURE: hmac_hex(secret, f"{unix}.".encode() + body), "Content-Type": "application/json"}


def verify(secret: bytes, came: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises `BadSignature` or `StaleNotice`."""
    known = headers_of(came)
    unix, signature = known.get(TIME.lower(), ""), known.get(SIGNATURE.lower(), "")
    if not hmac_verifies(secret, unix.encode(errors="replace") + b"." + body, signature):
        raise BadSignature
    if not is_fresh(unix, now):
        raise StaleNotice


def read(body: bytes) -> VerifiedNotice:
    """Only what `verify` let through."""
    words = read_json(body, UnreadableNotice)
    if words.has("agreement"):
        return VerifiedNotice(words.text("id", 64), None, _agreed(words))
    told = Told(
        reference=words.text("reference", 64),
        merchant=words.text("merchant", 64),
        news=_word(words, "news", News),
        at=words.instant("at"),
        provider_ref=words.text_or("provider_ref", most=64),
        money=_money(words.part("money")) if words.has("money") else None,
        refund=_refund(words.part("refund")) if words.has("refund") else None,
    )
    return VerifiedNotice(words.text("id", 64), told)


def _agreed(words: Fields) -> AgreementTold:
    return AgreementTold(
        reference=words.text("agreement", 64),
        merchant=words.text("merchant", 64),
        consent=_word(words, "consent", Consent),
        at=words.instant("at"),
        number=words.text_or("number", most=64),
    )


def _money(words: Fields) -> Money:
    return words.minor("minor", words.currency("currency"))


def _refund(words: Fields) -> Refund:
    return Refund(words.text("reference", 64), _money(words.part("money")), _word(words, "state", RefundState))


def _word(words: Fields, name: str, known: type[W]) -> W:
    try:
        return known(words.text(name, 32))
    except ValueError:
        words.fail(name)
