"""Operators of the console, their sessions and set-up links, and the keys of programs that act for them."""

from __future__ import annotations

from sqlalchemy import Index, Text

from sealgate.store.columns import (
    HashBytes,
    Id,
    Instant,
    Json,
    SealedBytes,
    TokenBytes,
)
from sealgate.store.schema.making import may, must, needs, table
from sealgate.store.schema.places import tenants

operators = table(
    "operators",
    ("operator_id",),
    must("operator_id", Id),
    must("login_token", TokenBytes),
    must("profile", SealedBytes),
    must("password", SealedBytes),
    may("totp", SealedBytes),
    must("roles", Json),
    must("created_at", Instant),
    may("disabled_at", Instant),
    must("site_roles", Json),
    needs(tenants),
    Index("uq_operators_login_token", "tenant_id", "login_token", unique=True),
)

sessions = table(
    "sessions",
    ("secret_hash",),
    must("secret_hash", HashBytes),
    must("operator_id", Id),
    must("created_at", Instant),
    must("expires_at", Instant),
    may("revoked_at", Instant),
    may("seen_at", Instant),
    may("device", Text),
    needs(operators, "operator_id"),
    Index("ix_sessions_operator_id", "tenant_id", "operator_id"),
)

api_keys = table(
    "api_keys",
    ("key_id",),
    must("key_id", Id),
    must("operator_id", Id),
    must("name", Text),
    must("secret_hash", HashBytes),
    must("scopes", Json),
    must("made_at", Instant),
    must("expires_at", Instant),
    may("used_at", Instant),
    may("revoked_at", Instant),
    needs(operators, "operator_id"),
    Index("uq_api_keys_secret_hash", "tenant_id", "secret_hash", unique=True),
    Index("ix_api_keys_operator_id", "tenant_id", "operator_id"),
)

setup_links = table(
    "setup_links",
    ("secret_hash",),
    must("secret_hash", HashBytes),
    must("roles", Json),
    must("expires_at", Instant),
    may("used_at", Instant),
    must("site_roles", Json),
    needs(tenants),
)
