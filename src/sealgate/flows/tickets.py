"""Tickets: what a browser carries from one step of signing in to the next. Each is good for minutes, for one purpose, once.

The surprising thing: nothing is kept of a ticket before it is used. It says itself what it is for and until when, under a key
that only we have, and whatever must not be guessed (a challenge, a state, a nonce) is derived from the secret in it. Whoever
does not bring the cookie back has neither.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sealgate.domain.errors import Refused
from sealgate.domain.ids import TenantId
from sealgate.flows.kit import House
from sealgate.ports import KeyKind
from sealgate.store import passkeys as rows
from sealgate.store.engine import Tx

GOOD_FOR = timedelta(minutes=5)
LONGEST = 3000
"""Characters of a cookie that are looked at."""


class StepUsed(Refused):
    """A step of signing in was taken a second time: somebody repeats what they heard."""

    code = "signin.step-used"
    status = 409


@dataclass(frozen=True, slots=True)
class Ticket:
    """`words` are what was known when it was made; `secret` is random, in hex."""

    purpose: str
    tenant: TenantId
    words: Mapping[str, str]
    until: datetime
    secret: str


def issued(house: House, tenant: TenantId, purpose: str, words: Mapping[str, str] | None = None) -> tuple[Ticket, str]:
    """A new ticket, and its text for a cookie."""
    until = datetime.fromtimestamp(int((house.clock.now() + GOOD_FOR).timestamp()), UTC)
    ticket = Ticket(purpose, tenant, dict(words or {}), until, secrets.token_hex(32))
    body = [purpose, str(tenant), ticket.words, int(until.timestamp()), ticket.secret]
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    return ticket, f"{base64.urlsafe_b64encode(text).decode()}.{_mac(house, tenant, text).hex()}"


def shown(house: House, text: str, purpose: str) -> Ticket | None:
    """The ticket in a cookie; None for one that is over, for something else, changed or made up."""
    try:
        body, mac = text[:LONGEST].split(".")
        raw = base64.urlsafe_b64decode(body)
        said, tenant_text, words, until, secret = json.loads(raw)
        tenant = TenantId(UUID(tenant_text))
        ours = tenant in {known.tenant for known in house.store.tenants()}
        if not ours or not hmac.compare_digest(mac, _mac(house, tenant, raw).hex()) or said != purpose:
            return None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    if house.clock.now().timestamp() >= until:
        return None
    return Ticket(said, tenant, words, datetime.fromtimestamp(until, UTC), secret)


def derived(ticket: Ticket, what: str) -> bytes:
    """32 bytes that nobody can say who does not have the ticket; others for each `what`."""
    return hmac.digest(bytes.fromhex(ticket.secret), f"{ticket.purpose}/{what}".encode(), "sha256")


def spend(tx: Tx, ticket: Ticket, now: datetime) -> None:
    """Use the ticket up, in this transaction. Raises `StepUsed`."""
    if not rows.spend(tx, hashlib.sha256(ticket.secret.encode()).digest(), ticket.until, now):
        raise StepUsed


def _mac(house: House, tenant: TenantId, text: bytes) -> bytes:
    return hmac.digest(house.keyring.derive(tenant, KeyKind.TENANT, "", "sign-in-ticket"), text, "sha256")
