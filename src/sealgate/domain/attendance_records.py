"""What people write about a day: manual punches, corrections, requests for them, approved overtime. Each is a record of its
own, with who and why; the derived day is never written into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sealgate.domain.attendance import Direction, Source
from sealgate.domain.attendance_errors import BadRecord, NegativeHours, WhyNeeded
from sealgate.domain.ids import HourRecordId, OperatorId, PersonId

MOST_ADDED = 8
MOST_MINUTES = 1440
REACH = timedelta(days=2)
"""A mark that is added lies within two days of the day it corrects."""


class RecordKind(StrEnum):
    """PUNCH adds one mark (a phone, a paper list); CORRECTION adds and takes away marks; OVERTIME approves minutes."""

    PUNCH = "punch"
    CORRECTION = "correction"
    OVERTIME = "overtime"


class RecordState(StrEnum):
    """Only APPROVED counts. ASKED waits for somebody; WITHDRAWN and REFUSED are kept, and count nothing."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AddedMark:
    at: datetime
    direction: Direction


@dataclass(frozen=True, slots=True)
class Change:
    """What a record does: marks added, marks taken away by their source, overtime minutes approved."""

    added: tuple[AddedMark, ...] = ()
    taken: tuple[Source, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class HourRecord:
    """`made_by` None: the person. `why` are the words of whoever made it, `answer` of whoever settled it."""

    record: HourRecordId
    person: PersonId
    day: date
    kind: RecordKind
    state: RecordState
    change: Change
    why: str
    made_at: datetime
    made_by: OperatorId | None
    settled_at: datetime | None = None
    settled_by: OperatorId | None = None
    answer: str = ""


def checked_why(why: str) -> str:
    """The words with blanks trimmed. Raises `WhyNeeded`."""
    words = " ".join(why.split())
    if not 3 <= len(words) <= 300:
        raise WhyNeeded("say why in 3 to 300 characters", field="why")
    return words


def checked_change(kind: RecordKind, day: date, change: Change, noon: datetime) -> Change:
    """`noon` is noon of `day` in its zone. Raises `BadRecord`, `NegativeHours`."""
    if change.minutes < 0:
        raise NegativeHours("minutes are not below zero", field="minutes")
    if kind is RecordKind.OVERTIME:
        if change.added or change.taken or change.minutes > MOST_MINUTES:
            raise BadRecord(f"overtime is 0 to {MOST_MINUTES} minutes of one day", field="minutes")
        return change
    if change.minutes or not (change.added or change.taken) or len(change.added) > MOST_ADDED or len(change.taken) > 40:
        raise BadRecord("a correction adds or takes away marks", field="added")
    if kind is RecordKind.PUNCH and (change.taken or len(change.added) != 1):
        raise BadRecord("a punch is one mark", field="added")
    if any(not told.startswith(("passage:", "punch:", "correction:")) or len(told) > 80 for told in change.taken):
        raise BadRecord("only marks can be taken away", field="taken")
    for mark in change.added:
        if mark.at.tzinfo is None:
            raise BadRecord("a time needs its zone", field="added")
        if abs(mark.at - noon) > REACH:
            raise BadRecord(f"the mark is too far from {day}", field="added")
    _ends_after_beginning(sorted(change.added, key=lambda mark: mark.at))
    return change


def _ends_after_beginning(marks: Sequence[AddedMark]) -> None:
    """Two marks that somebody gives as a pair: the way in comes first."""
    if len(marks) == 2 and [mark.direction for mark in marks] == [Direction.OUT, Direction.IN]:
        raise NegativeHours("somebody would have left before coming", field="added")


def change_document(change: Change) -> dict[str, Any]:
    return {
        "added": [[mark.at.isoformat(), mark.direction.value] for mark in change.added],
        "taken": list(change.taken),
        "minutes": change.minutes,
    }


def read_change(document: Mapping[str, Any]) -> Change:
    return Change(
        tuple(AddedMark(datetime.fromisoformat(at), Direction(direction)) for at, direction in document["added"]),
        tuple(Source(told) for told in document["taken"]),
        int(document["minutes"]),
    )
