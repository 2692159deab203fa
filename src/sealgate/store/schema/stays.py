"""Parking that comes in millions: stays, readings, bills, payments, calls. No foreign key points into these either."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Index, Text

from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.lots import SpaceClass
from sealgate.domain.stays import Cause, RightKind, StayState
from sealgate.domain.stays_calls import CallReason, CallState
from sealgate.store.columns import (
    Flag,
    HashBytes,
    Id,
    Instant,
    Json,
    SealedBytes,
    TokenBytes,
    Whole,
    Word,
)
from sealgate.store.schema.making import may, must, table, where

stays = table(
    "stays",
    ("stay_id",),
    must("stay_id", Id),
    must("site_id", Id),
    must("lot_id", Id),
    must("day", sa.Integer),
    must("state", Word(StayState)),
    must("entered_at", Instant),
    must("entry_gate", Id),
    may("left_at", Instant),
    may("exit_gate", Id),
    may("closed_at", Instant),
    may("cause", Word(Cause)),
    may("superseded_at", Instant),
    may("paid_until", Instant),
    may("doubted_at", Instant),
    must("right_kind", Word(RightKind)),
    must("space", Word(SpaceClass)),
    may("permit_id", Id),
    may("reservation_id", Id),
    may("outer_id", Id),
    must("vehicle", Text),
    must("tailgated", Flag),
    may("token", TokenBytes),
    may("ticket_hash", HashBytes),
    may("seen", SealedBytes),
    may("seen_leaving", SealedBytes),
    may("ticket_lost_at", Instant),
    may("area", Text),
    may("came_before", Flag),
    Index("ix_stays_lot_entered", "tenant_id", "lot_id", "entered_at"),
    # What is looked up at every arrival holds live stays only: a million closed ones cost it nothing.
    where("ix_stays_live", "tenant_id", "lot_id", "entered_at", unique=False, only="state <> 'closed'"),
    where("ix_stays_token", "tenant_id", "token", unique=False, only="token IS NOT NULL"),
    where("ix_stays_unread", "tenant_id", "lot_id", "entered_at", unique=False, only="token IS NULL AND cause IS NULL"),
    where("uq_stays_inside", "tenant_id", "lot_id", "token", unique=True, only="token IS NOT NULL AND cause IS NULL"),
    where("ix_stays_permit", "tenant_id", "permit_id", unique=False, only="permit_id IS NOT NULL AND cause IS NULL"),
    where("ix_stays_outer", "tenant_id", "outer_id", unique=False, only="outer_id IS NOT NULL"),
    where("uq_stays_ticket_hash", "tenant_id", "ticket_hash", unique=True, only="ticket_hash IS NOT NULL"),
)

stay_masks = table(
    "stay_masks",
    ("mask", "stay_id"),
    must("mask", TokenBytes),
    must("stay_id", Id),
    Index("ix_stay_masks_stay_id", "tenant_id", "stay_id"),
    sqlite_with_rowid=False,
)

stay_validations = table(
    "stay_validations",
    ("stay_id", "validation_id"),
    must("stay_id", Id),
    must("validation_id", Id),
    may("minutes", Whole),
    may("share", Whole),
    must("at", Instant),
    may("coupon", Text),
    may("points", Whole),
    sqlite_with_rowid=False,
)

# A pass that was taken for another plate than the one that was read is found under either.
readings = table(
    "readings",
    ("day", "token", "passage_id"),
    must("day", sa.Integer),
    must("token", TokenBytes),
    must("passage_id", Whole),
    sqlite_with_rowid=False,
)

unseen = table(
    "unseen",
    ("passage_id",),
    must("passage_id", Whole),
    must("lot_id", Id),
    must("enters", Flag),
    must("at", Instant),
    may("cleared_at", Instant),
    where("ix_unseen_open", "tenant_id", "lot_id", "at", unique=False, only="cleared_at IS NULL"),
)

bills = table(
    "bills",
    ("bill_id",),
    must("bill_id", Id),
    must("stay_id", Id),
    must("at", Instant),
    must("lines", Json),
    must("total_minor", Whole),
    must("currency", Text),
    must("final", Flag),
    Index("ix_bills_stay_id", "tenant_id", "stay_id", "bill_id"),
    where("uq_bills_final", "tenant_id", "stay_id", unique=True, only="final = 1"),
)

payments = table(
    "payments",
    ("payment_id",),
    must("payment_id", Id),
    must("stay_id", Id),
    may("bill_id", Id),
    must("provider", Text),
    must("merchant", Text),
    must("state", Word(PaymentState)),
    must("minor", Whole),
    must("currency", Text),
    must("idempotency", Text),
    must("started_at", Instant),
    must("expires_at", Instant),
    may("paid_at", Instant),
    must("refunded_told", Whole),
    may("disputed_at", Instant),
    may("ref_token", TokenBytes),
    may("refs", SealedBytes),
    may("covers_until", Instant),
    may("automatic", Flag),
    Index("ix_payments_stay_id", "tenant_id", "stay_id"),
    Index("ix_payments_paid_at", "tenant_id", "provider", "paid_at"),
    Index("uq_payments_idempotency", "tenant_id", "idempotency", unique=True),
    where("ix_payments_ref_token", "tenant_id", "ref_token", unique=False, only="ref_token IS NOT NULL"),
    where("ix_payments_pending", "tenant_id", "started_at", unique=False, only="state = 'pending'"),
    where("ix_payments_charging", "tenant_id", "started_at", unique=False, only="automatic = 1 AND state = 'pending'"),
)

refunds = table(
    "refunds",
    ("refund_id",),
    must("refund_id", Id),
    must("payment_id", Id),
    must("state", Word(RefundState)),
    must("minor", Whole),
    must("currency", Text),
    must("reference", SealedBytes),
    may("reason", SealedBytes),
    must("asked_at", Instant),
    may("done_at", Instant),
    Index("ix_refunds_payment_id", "tenant_id", "payment_id"),
    where("ix_refunds_under_way", "tenant_id", "asked_at", unique=False, only="state IN ('asked', 'stuck')"),
)

invoice_requests = table(
    "invoice_requests",
    ("payment_id",),
    must("payment_id", Id),
    must("stay_id", Id),
    must("asked_at", Instant),
    must("detail", SealedBytes),
    may("done_at", Instant),
    may("number", Text),
    where("ix_invoice_requests_open", "tenant_id", "asked_at", unique=False, only="done_at IS NULL"),
)

calls = table(
    "calls",
    ("call_id",),
    must("call_id", Id),
    must("lot_id", Id),
    may("gate_id", Id),
    must("reason", Word(CallReason)),
    must("state", Word(CallState)),
    must("at", Instant),
    may("stay_id", Id),
    may("passage_id", Whole),
    may("token", TokenBytes),
    may("detail", SealedBytes),
    may("claimed_by", Id),
    may("claimed_at", Instant),
    may("done_at", Instant),
    may("outcome", Text),
    Index("ix_calls_lot_at", "tenant_id", "lot_id", "at"),
    where("ix_calls_open", "tenant_id", "at", unique=False, only="state <> 'done'"),
    where("ix_calls_token", "tenant_id", "token", unique=False, only="token IS NOT NULL"),
    where("ix_calls_stay", "tenant_id", "stay_id", unique=False, only="stay_id IS NOT NULL"),
)
