"""Identities. UUIDv7 for what travels (people, places); 64-bit time-ordered integers for what comes in millions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Lock
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
INSTALLATION = TenantId(UUID(int=0))
"""Stands where a tenant's id does for what belongs to all of them: the key of backups."""
SiteId = NewType("SiteId", UUID)
ZoneId = NewType("ZoneId", UUID)
GateId = NewType("GateId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
EdgeId = NewType("EdgeId", UUID)
PasskeyId = NewType("PasskeyId", UUID)
PersonId = NewType("PersonId", UUID)
CredentialId = NewType("CredentialId", UUID)
ConsentId = NewType("ConsentId", UUID)
AskId = NewType("AskId", UUID)
HoldId = NewType("HoldId", UUID)
AssessmentId = NewType("AssessmentId", UUID)
BreachId = NewType("BreachId", UUID)
GlassId = NewType("GlassId", UUID)
ApprovalId = NewType("ApprovalId", UUID)
ImportId = NewType("ImportId", UUID)
TeamId = NewType("TeamId", UUID)
CycleId = NewType("CycleId", UUID)
GoalId = NewType("GoalId", UUID)
GroupId = NewType("GroupId", UUID)
GrantId = NewType("GrantId", UUID)
TimetableId = NewType("TimetableId", UUID)
OperatorId = NewType("OperatorId", UUID)
PictureId = NewType("PictureId", UUID)
PaymentId = NewType("PaymentId", UUID)
PassageId = NewType("PassageId", int)
LotId = NewType("LotId", UUID)
StayId = NewType("StayId", UUID)
PermitId = NewType("PermitId", UUID)
ReservationId = NewType("ReservationId", UUID)
ValidationId = NewType("ValidationId", UUID)
BanId = NewType("BanId", UUID)
BillId = NewType("BillId", UUID)
RefundId = NewType("RefundId", UUID)
AgreementId = NewType("AgreementId", UUID)
CallId = NewType("CallId", UUID)
PayRunId = NewType("PayRunId", UUID)
ShiftId = NewType("ShiftId", UUID)
RosterId = NewType("RosterId", UUID)
HourRecordId = NewType("HourRecordId", UUID)
LeaveId = NewType("LeaveId", UUID)
LeaveKindId = NewType("LeaveKindId", str)
VisitId = NewType("VisitId", UUID)
VisitBlockId = NewType("VisitBlockId", UUID)
LetterId = NewType("LetterId", UUID)
LeakId = NewType("LeakId", UUID)


def uuid7(at: datetime, noise: bytes) -> UUID:
    """A version 7 UUID (RFC 9562) of the instant `at`; `noise` is 10 random bytes, for the caller has the dice."""
    if len(noise) != 10:
        raise ValueError("noise must be 10 bytes")
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | int.from_bytes(noise, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def uuids_in_order(at: datetime, count: int, noise: bytes) -> Iterator[UUID]:
    """`count` of them, each greater than the one before: what was made together stays in its order. `noise` is 8 random bytes
    for each; the 12 bits before it count, and 4,096 of them go into a millisecond, so the last ones lie a little ahead."""
    if len(noise) != 8 * count:
        raise ValueError("noise must be 8 bytes for each")
    for number in range(count):
        tick, within = divmod(number, 4096)
        yield uuid7(at + timedelta(milliseconds=tick), within.to_bytes(2, "big") + noise[8 * number : 8 * number + 8])


EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00Z: 41 bits of milliseconds reach to 2094


class Counter:
    """Time-ordered 63-bit integers: 41 bits of milliseconds, 12 of node, 10 of sequence (docs/adr/0003).

    Never twice the same and never smaller than the one before, also when the clock jumps back:
    then it goes on counting from the last millisecond it gave. Any thread may ask.
    """

    def __init__(self, node: int, after: int = 0) -> None:
        """`after` is the greatest number ever given, by anybody; the first one here is greater."""
        if not 0 <= node < 1 << 12:
            raise ValueError("node must fit 12 bits")
        self._node = node
        self._last = (after >> 22) + 1 if after else 0
        self._sequence = 0
        self._lock = Lock()

    def next(self, at: datetime) -> int:
        with self._lock:
            now = max(int(at.timestamp() * 1000) - EPOCH_MS, 0)
            if now > self._last:
                self._last, self._sequence = now, 0
            elif self._sequence == (1 << 10) - 1:
                self._last, self._sequence = self._last + 1, 0
            else:
                self._sequence += 1
            return self._last << 22 | self._node << 10 | self._sequence
