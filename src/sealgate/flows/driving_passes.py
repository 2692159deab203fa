"""The addresses that a driver holds: of a lot, of one stay, of one receipt. Signed, so that nothing is stored of them.

The surprising thing: nobody signs in. Whoever holds such an address may see what it names, so each names one thing, says
how much may be shown of it, and cannot be guessed or turned into another: 120 bits under the organisation's key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import AgreementId, LotId, PaymentId, StayId, TenantId
from sealgate.flows.kit import House, tenant_of
from sealgate.ports import KeyKind

MAC_BYTES = 15
PROVEN_FOR = timedelta(hours=12)
"""A ticket or a code was shown: the stay may be looked at for so long."""

PAYING_FOR = timedelta(hours=2)
"""Whoever began to pay without any proof may come back for so long to see what became of it."""

CODE_DIGITS = 6
CODE_STEP = timedelta(minutes=10)
"""The exit display's code changes so often; the one before is taken too."""


class PassOver(Refused):
    """This address was good for a while only."""

    code = "pay.pass-over"
    status = 410


class Shows(StrEnum):
    """How much an address shows. The first letter stands in it."""

    DETAILS = "d"
    SUM = "s"


@dataclass(frozen=True, slots=True)
class StayPass:
    stay: StayId
    shows: Shows


@dataclass(frozen=True, slots=True)
class ReceiptPass:
    payment: PaymentId
    shows: Shows


def lot_secret(house: House, tenant: TenantId, lot: LotId) -> str:
    """64 letters, the same for ever: they hang on a wall as a QR. Others cannot be made up from them."""
    return _text(tenant.bytes + lot.bytes + _mac(house, tenant, "lot", lot.bytes, 16))


def lot_of(house: House, secret: str) -> tuple[TenantId, LotId]:
    """Raises `NotFound` for whatever we did not give."""
    tenant, raw = tenant_of(secret), _bytes(secret)
    known = {row.tenant for row in house.store.tenants()}
    if tenant not in known or tenant is None or len(raw) != 48:
        raise NotFound("lot")
    if not hmac.compare_digest(raw[32:], _mac(house, tenant, "lot", raw[16:32], 16)):
        raise NotFound("lot")
    return tenant, LotId(UUID(bytes=raw[16:32]))


def stay_pass(house: House, tenant: TenantId, stay: StayId, shows: Shows) -> str:
    lasts = PROVEN_FOR if shows is Shows.DETAILS else PAYING_FOR
    until = int((house.clock.now() + lasts).timestamp()).to_bytes(5, "big")
    body = stay.bytes + shows.encode() + until
    return _text(body + _mac(house, tenant, "stay", body))


def read_stay_pass(house: House, tenant: TenantId, text: str) -> StayPass:
    """Raises `NotFound` for one that is not ours, `PassOver`."""
    body = _body(house, tenant, "stay", text, 22)
    if datetime.fromtimestamp(int.from_bytes(body[17:], "big"), UTC) <= house.clock.now():
        raise PassOver
    return StayPass(StayId(UUID(bytes=body[:16])), Shows(body[16:17].decode()))


def agreement_pass(house: House, tenant: TenantId, agreement: AgreementId) -> str:
    """Without an end of its own: a driver may withdraw at any time."""
    return _text(agreement.bytes + _mac(house, tenant, "agreement", agreement.bytes))


def read_agreement_pass(house: House, tenant: TenantId, text: str) -> AgreementId:
    """Raises `NotFound` for one that is not ours."""
    return AgreementId(UUID(bytes=_body(house, tenant, "agreement", text, 16)))


def payer_state(house: House, tenant: TenantId, held: str, provider: str) -> str:
    """24 letters and digits that come back with the payer's code: only who went from this page's button brings them."""
    return _mac(house, tenant, "payer", f"{provider}/{held}".encode(), 12).hex()


def is_payer_state(house: House, tenant: TenantId, held: str, provider: str, text: str) -> bool:
    return hmac.compare_digest(payer_state(house, tenant, held, provider).encode(), text.encode(errors="replace"))


def receipt_pass(house: House, tenant: TenantId, payment: PaymentId, shows: Shows) -> str:
    """Without an end of its own: it shows something as long as the stay's key opens."""
    body = payment.bytes + shows.encode()
    return _text(body + _mac(house, tenant, "receipt", body))


def read_receipt_pass(house: House, tenant: TenantId, text: str) -> ReceiptPass:
    """Raises `NotFound` for one that is not ours."""
    body = _body(house, tenant, "receipt", text, 17)
    return ReceiptPass(PaymentId(UUID(bytes=body[:16])), Shows(body[16:].decode()))


def exit_code(house: House, tenant: TenantId, stay: StayId, now: datetime) -> str:
    """Six digits for the exit's display while this car waits there."""
    return _code(house, tenant, stay, int(now.timestamp() // CODE_STEP.total_seconds()))


def fits_exit_code(house: House, tenant: TenantId, stay: StayId, typed: str, now: datetime) -> bool:
    step = int(now.timestamp() // CODE_STEP.total_seconds())
    codes = [_code(house, tenant, stay, number) for number in (step, step - 1)]
    return any([hmac.compare_digest(code, typed) for code in codes])  # noqa: C419 - both are compared, always


def _code(house: House, tenant: TenantId, stay: StayId, step: int) -> str:
    mac = _mac(house, tenant, "exit-code", stay.bytes + step.to_bytes(8, "big"))
    return f"{int.from_bytes(mac, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def _mac(house: House, tenant: TenantId, purpose: str, body: bytes, length: int = MAC_BYTES) -> bytes:
    mac = house.keyring.keyed(tenant, KeyKind.TENANT, "", f"driver/{purpose}").copy()
    mac.update(body)
    return mac.digest()[:length]


def _body(house: House, tenant: TenantId, purpose: str, text: str, length: int) -> bytes:
    raw = _bytes(text)
    body, mac = raw[:length], raw[length:]
    if len(body) != length or not hmac.compare_digest(mac, _mac(house, tenant, purpose, body)):
        raise NotFound(purpose)
    return body


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    if len(text) > 100 or not text.isascii():
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
