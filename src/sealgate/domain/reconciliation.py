"""A provider's statement of one day against our rows: every difference, each once.

Both sides are sets of movements. A movement of theirs with a reference that we cannot have given is another till's on
the same account and is counted, not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealgate.domain.billing import payment_of
from sealgate.domain.money import Money


class Movement(StrEnum):
    """What a line of a statement is; its money is positive, whichever way it went."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    CHARGEBACK_LIFTED = "chargeback-lifted"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement. `reference` is the payment as it was named to the provider (perhaps not by us), `refund` the refund.

    `fee` is what the provider kept, None where it does not say; `at` is the provider's instant.
    """

    movement: Movement
    reference: str
    refund: str
    provider_ref: str
    money: Money
    fee: Money | None
    at: datetime


@dataclass(frozen=True, slots=True)
class OurMovement:
    """The same, from our rows: a payment that was settled or a refund that was done on that day."""

    movement: Movement
    reference: str
    refund: str
    money: Money


class Difference(StrEnum):
    """Stable: stored, translated and counted by these words."""

    MISSING_HERE = "missing-here"
    MISSING_THERE = "missing-there"
    OTHER_SUM = "other-sum"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Finding:
    difference: Difference
    ours: OurMovement | None
    theirs: StatementLine | None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`matched` and `foreign` are counts of their lines: those that agree, and those that are not ours."""

    matched: int
    foreign: int
    findings: tuple[Finding, ...]


Key = tuple[Movement, str, str]


def reconcile(ours: Iterable[OurMovement], theirs: Iterable[StatementLine]) -> Reconciled:
    """`ours` should reach a day to either side of the statement's: the two clocks need not agree at midnight.

    Only what fell on the day itself belongs in it once; so a caller drops the `MISSING_THERE` of the days beside.
    """
    left: dict[Key, OurMovement] = {(m.movement, m.reference, m.refund): m for m in ours}
    seen: set[Key] = set()
    findings: list[Finding] = []
    matched = foreign = 0
    for line in theirs:
        if payment_of(line.reference) is None:
            foreign += 1
            continue
        key = (line.movement, line.reference, line.refund)
        finding = _compare(key, line, left, seen)
        seen.add(key)
        if finding is None:
            matched += 1
        else:
            findings.append(finding)
    findings += [Finding(Difference.MISSING_THERE, mine, None) for key, mine in left.items() if key not in seen]
    return Reconciled(matched, foreign, tuple(findings))


def _compare(key: Key, line: StatementLine, left: Mapping[Key, OurMovement], seen: set[Key]) -> Finding | None:
    mine = left.get(key)
    if key in seen:
        return Finding(Difference.TWICE, mine, line)
    if mine is None:
        return Finding(Difference.MISSING_HERE, None, line)
    return None if mine.money == line.money else Finding(Difference.OTHER_SUM, mine, line)
