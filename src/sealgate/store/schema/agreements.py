"""Agreements by which a car's bills are charged without its driver.

What the car is stands here only while the agreement holds: with its end, plate and token are gone.
"""

from __future__ import annotations

from sqlalchemy import Text

from sealgate.domain.agreements import AgreementState
from sealgate.store.columns import Id, Instant, SealedBytes, TokenBytes, Whole, Word
from sealgate.store.schema.making import may, must, needs, table, where
from sealgate.store.schema.parking import lots
from sealgate.store.schema.places import tenants

agreements = table(
    "agreements",
    ("agreement_id",),
    must("agreement_id", Id),
    must("lot_id", Id),
    must("provider", Text),
    must("merchant", Text),
    must("state", Word(AgreementState)),
    must("most_minor", Whole),
    must("currency", Text),
    must("made_at", Instant),
    must("expires_at", Instant),
    may("signed_at", Instant),
    may("ended_at", Instant),
    may("token", TokenBytes),
    may("plate", SealedBytes),
    may("refs", SealedBytes),
    may("proof", SealedBytes),
    needs(tenants),
    needs(lots, "lot_id"),
    where("uq_agreements_active", "tenant_id", "token", unique=True, only="state = 'active'"),
    where("ix_agreements_open", "tenant_id", "made_at", unique=False, only="state IN ('pending', 'ending')"),
)
