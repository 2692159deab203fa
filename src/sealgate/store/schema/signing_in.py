"""Ways to sign in beside the password: passkeys, and the tickets that were used on the way in."""

from __future__ import annotations

from sqlalchemy import Index

from sealgate.store.columns import HashBytes, Id, Instant, SealedBytes, TokenBytes, Whole
from sealgate.store.schema.accounts import operators
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.places import tenants

passkeys = table(
    "passkeys",
    ("passkey_id",),
    must("passkey_id", Id),
    must("operator_id", Id),
    must("token", TokenBytes),
    must("detail", SealedBytes),
    must("counter", Whole),
    must("made_at", Instant),
    may("used_at", Instant),
    may("copied_at", Instant),
    needs(operators, "operator_id"),
    Index("uq_passkeys_token", "tenant_id", "token", unique=True),
    Index("ix_passkeys_operator_id", "tenant_id", "operator_id"),
)

spent_tickets = table(
    "spent_tickets",
    ("ticket_hash",),
    must("ticket_hash", HashBytes),
    must("expires_at", Instant),
    needs(tenants),
    Index("ix_spent_tickets_expires_at", "tenant_id", "expires_at"),
)
