"""A driver's agreement that one car's bills are charged without the driver: its life, and what a provider's word does to it.

The surprising thing: an end is final. Whoever withdrew, the driver here, the desk, or the driver at the provider, no later word
makes the agreement hold again; a signature that comes after the end has to be withdrawn at the provider as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sealgate.domain.errors import Conflict
from sealgate.domain.ids import AgreementId
from sealgate.domain.money import Money


class AgreementState(StrEnum):
    """`pending`: not signed yet. `ending`: over here, and the provider has not been told. `ended`: over on both sides."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"


OVER = frozenset({AgreementState.ENDING, AgreementState.ENDED})
"""Nothing is charged by it any more."""


class Consent(StrEnum):
    """What a provider says of an agreement. `UNKNOWN` and `WAITING` come only as answers to a question."""

    UNKNOWN = "unknown"
    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AgreementTold:
    """One verified word. `reference` is the agreement as we named it (`reference_of`); `number` is theirs, to charge by."""

    reference: str
    merchant: str
    consent: Consent
    at: datetime
    number: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The row, as far as a decision or a provider needs it. `most` is the greatest sum of one charge.

    `handle` is the provider's name of the signing, `number` that of the signed agreement; empty where there is none.
    """

    id: AgreementId
    provider: str
    merchant: str
    most: Money
    state: AgreementState
    made_at: datetime
    expires_at: datetime
    handle: str = ""
    number: str = ""
    signed_at: datetime | None = None
    ended_at: datetime | None = None


class AgreementOver(Conflict):
    """It was withdrawn, or never signed in time."""

    code = "agreement.over"


def reference_of(agreement: AgreementId) -> str:
    """How an agreement is named to every provider: 32 hex digits."""
    return agreement.hex


def agreement_of(reference: str) -> AgreementId | None:
    """The agreement so named; None for a reference that we cannot have given."""
    if len(reference) != 32 or not set(reference) <= set("0123456789abcdef"):
        return None
    return AgreementId(UUID(hex=reference))


def apply(agreement: Agreement, told: AgreementTold) -> Agreement:
    """What it has become; the same where the word is of another agreement or merchant, or brings nothing new."""
    if (told.reference, told.merchant) != (reference_of(agreement.id), agreement.merchant):
        return agreement
    match told.consent:
        case Consent.SIGNED:
            return _signed(agreement, told)
        case Consent.REFUSED | Consent.WITHDRAWN if agreement.state is not AgreementState.ENDED:
            return replace(agreement, state=AgreementState.ENDED, ended_at=agreement.ended_at or told.at)
        case Consent.UNKNOWN if agreement.state is AgreementState.ENDING:
            return replace(agreement, state=AgreementState.ENDED)
    return agreement


def _signed(agreement: Agreement, told: AgreementTold) -> Agreement:
    known = replace(agreement, number=agreement.number or told.number, signed_at=agreement.signed_at or told.at)
    if agreement.state is AgreementState.PENDING:
        return replace(known, state=AgreementState.ACTIVE)
    if agreement.state is AgreementState.ENDED and agreement.signed_at is None:  # it ran out here, and was signed there
        return replace(known, state=AgreementState.ENDING)
    return agreement


def withdraw(agreement: Agreement, at: datetime) -> Agreement:
    """Over here and now; the provider is told next. Raises `AgreementOver` for one that is over."""
    if agreement.state in OVER:
        raise AgreementOver("this agreement is over")
    return replace(agreement, state=AgreementState.ENDING, ended_at=at)


def run_out(agreement: Agreement, now: datetime) -> Agreement:
    """It was not signed in time. Ask the provider first: a lost notice looks just like this."""
    if agreement.state is AgreementState.PENDING and now >= agreement.expires_at:
        return replace(agreement, state=AgreementState.ENDED, ended_at=now)
    return agreement


def covers(agreement: Agreement, due: Money) -> bool:
    """Whether this sum may be charged by it."""
    same = due.currency == agreement.most.currency
    return agreement.state is AgreementState.ACTIVE and same and 0 < due.minor <= agreement.most.minor
