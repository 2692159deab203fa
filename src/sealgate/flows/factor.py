"""The second factor: a time-based code (RFC 6238) from an app, each code taken once."""

from __future__ import annotations

import base64
import hmac
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
import segno

from sealgate.domain.errors import Refused
from sealgate.domain.ids import OperatorId, TenantId
from sealgate.flows.kit import House, Signed, organisation, seal, unseal
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import accounts
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

PERIOD = 30


class WrongFactor(Refused):
    code = "signin.wrong-factor"


class FactorNeeded(Refused):
    """The password is too short to stand alone."""

    code = "signin.factor-needed"
    status = 409


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A secret to scan; nothing is kept before a code proves that the app has it. `svg` is a QR drawing of `uri`."""

    secret: str
    uri: str
    svg: str


def new_factor(signed: Signed) -> NewFactor:
    return shown(signed, pyotp.random_base32())


def shown(signed: Signed, secret: str) -> NewFactor:
    """The same secret once more, for a form that comes back after a wrong code; a new one where it was none of ours."""
    if not _is_secret(secret):
        return new_factor(signed)
    uri = pyotp.TOTP(secret).provisioning_uri(name=signed.login, issuer_name="Sealgate")
    drawing = io.BytesIO()
    segno.make(uri, error="m").save(drawing, kind="svg", scale=4, border=2, xmldecl=False, svgns=True)
    return NewFactor(secret, uri, drawing.getvalue().decode())


def confirm_factor(house: House, signed: Signed, secret: str, code: str) -> None:
    now = house.clock.now()
    step = matching_step(secret, code, now) if _is_secret(secret) else None
    if step is None:
        raise WrongFactor("the code does not fit", hint="Look at the app's clock, and type the newest code")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        sealed = seal(house, tx.tenant, organisation(), _place(tx, signed.operator), {"secret": secret, "last": step})
        accounts.set_totp(tx, signed.operator, sealed)
        journal.write(tx, house.keyring, now, "factor.added", object=f"operator:{signed.operator}")


def remove_factor(house: House, signed: Signed, code: str) -> None:
    """Needs a code of the factor itself; refused where the password is too short to stand alone."""
    now = house.clock.now()
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = accounts.operator(tx, signed.operator)
        if row is None or not check(house, tx, signed.operator, code, now):
            raise WrongFactor
        if unseal(house, Place(tx.tenant, "operators", "password", str(row.operator)), row.password)["short"]:
            raise FactorNeeded
        accounts.set_totp(tx, signed.operator, None)
        journal.write(tx, house.keyring, now, "factor.removed", object=f"operator:{signed.operator}")


def check(house: House, tx: Tx, operator: OperatorId, code: str, now: datetime) -> bool:
    """Whether the code is right and newer than the last one taken, which it then becomes."""
    row = accounts.operator(tx, operator)
    if row is None or row.disabled_at is not None or row.totp is None:
        return False
    known = unseal(house, _place(tx, operator), row.totp)
    step = matching_step(known["secret"], code, now)
    if step is None or step <= known["last"]:
        return False
    sealed = seal(house, tx.tenant, organisation(), _place(tx, operator), {**known, "last": step})
    return accounts.set_totp(tx, operator, sealed)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is: now, or one to either side."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    current = int(now.timestamp()) // PERIOD
    otp = pyotp.TOTP(secret)
    return next((s for s in (current, current - 1, current + 1) if hmac.compare_digest(otp.generate_otp(s), digits)), None)


def step_ticket(house: House, tenant: TenantId, operator: OperatorId, until: datetime) -> str:
    """Says that the password was right; good until then, for this operator, and only to ask for the code."""
    text = json.dumps([str(tenant), str(operator), int(until.timestamp())]).encode()
    return f"{base64.urlsafe_b64encode(text).decode()}.{_mac(house, tenant, text)}"


def step_of(house: House, ticket: str, now: datetime) -> tuple[TenantId, OperatorId] | None:
    try:
        body, mac = ticket[:1000].split(".")
        text = base64.urlsafe_b64decode(body)
        tenant_text, operator_text, until = json.loads(text)
        tenant, operator = TenantId(UUID(tenant_text)), OperatorId(UUID(operator_text))
        good = tenant in {t.tenant for t in house.store.tenants()}
        if not good or not hmac.compare_digest(mac, _mac(house, tenant, text)) or now.timestamp() >= until:
            return None
    except (ValueError, TypeError, AttributeError):
        return None
    return tenant, operator


def _mac(house: House, tenant: TenantId, text: bytes) -> str:
    return hmac.digest(house.keyring.derive(tenant, KeyKind.TENANT, "", "sign-in-step"), text, "sha256").hex()


def _is_secret(secret: str) -> bool:
    return re.fullmatch(r"[A-Z2-7]{32}", secret) is not None


def _place(db: Reader, operator: OperatorId) -> Place:
    return Place(db.tenant, "operators", "totp", str(operator))
