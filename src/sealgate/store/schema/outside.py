"""An organisation's sign-in service, and who at it is which operator here."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.store.columns import Flag, Id, Instant, Json, SealedBytes, TokenBytes
from sealgate.store.schema.accounts import operators
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.places import tenants

signin_services = table(
    "signin_services",
    (),
    must("issuer", Text),
    must("client_id", Text),
    must("label", Text),
    must("domain", Text),
    must("role_claim", Text),
    must("roles", Json),
    must("enabled", Flag),
    must("changed_at", Instant),
    may("secret", SealedBytes),
    needs(tenants),
)

outside_identities = table(
    "outside_identities",
    ("token",),
    must("token", TokenBytes),
    must("operator_id", Id),
    must("detail", SealedBytes),
    must("made_at", Instant),
    may("used_at", Instant),
    needs(operators, "operator_id"),
    Index("ix_outside_identities_operator_id", "tenant_id", "operator_id"),
)
