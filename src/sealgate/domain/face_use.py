"""Whether a site may use faces: what for, why nothing milder would do, and an assessment of what the site really does.

Measures for facial recognition (China, in force 2025-06-01), art. 4: a specific purpose and sufficient necessity, strict
protection; art. 9: an impact assessment before it begins, kept for three years, made anew when what was assessed changes;
art. 13: no face recognition device inside private rooms; art. 15: 100,000 people are to be filed within 30 working days.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sealgate.domain.asking import Clock
from sealgate.domain.errors import Conflict, Invalid, Refused
from sealgate.domain.ids import AssessmentId, SiteId

SHORTEST, LONGEST = 10, 2_000
GRACE = timedelta(days=30)
"""From the day on which the facts were found changed: as long are faces still enrolled. Gates are never stopped by a paper."""

KEPT = timedelta(days=3 * 366)
"""Art. 9: an assessment is kept three years at least."""

FILED_FROM = 100_000
FILED_WITHIN = 30
"""Art. 15: people with face information in store, and working days from that moment until the filing."""


class RoomKind(StrEnum):
    """What kind of place a zone is. In any but an ordinary one nobody is watched."""

    ORDINARY = "ordinary"
    GUEST_ROOM = "guest-room"
    BATH = "bath"
    CHANGING_ROOM = "changing-room"
    TOILET = "toilet"

    @property
    def private(self) -> bool:
        return self is not RoomKind.ORDINARY


class Standing(StrEnum):
    """`OFF`: no face is taken or looked for. `DUE`: faces are used, and an assessment is missing or of facts that changed."""

    OFF = "off"
    DUE = "due"
    ON = "on"


class NotSwitchedOn(Conflict):
    """Faces are off at this site until their purpose and necessity are written and assessed."""

    code = "face.not-switched-on"


class AssessmentDue(Conflict):
    """The facts have changed, and the assessment was not made anew in time: no more faces are enrolled until it is."""

    code = "face.assessment-due"


class BadFaceUse(Invalid):
    """Purpose, necessity and what is left of the risks are said in at least ten characters each."""

    code = "face.not-whole"


class PrivateRoom(Refused):
    """No camera and no face at a gate of a guest room, a bath, a changing room or a toilet."""

    code = "zone.private-room"
    status = 409


@dataclass(frozen=True, slots=True)
class Assessment:
    """One that was made: `facts` as they were, `risks` in the officer's words; `replaced_at` None while it is the newest."""

    assessment: AssessmentId
    site: SiteId
    made_at: datetime
    facts: Mapping[str, Any]
    digest: str
    risks: str
    replaced_at: datetime | None = None

    @property
    def keep_until(self) -> datetime | None:
        return None if self.replaced_at is None else self.replaced_at + KEPT


@dataclass(frozen=True, slots=True)
class Filing:
    """`people` have a face in store now. `reached_at` is when it was first FILED_FROM or more; `clock` runs until filed."""

    people: int
    reached_at: datetime | None = None
    filed_on: date | None = None
    number: str = ""
    clock: Clock | None = None


def digest_of(facts: Mapping[str, Any]) -> str:
    """SHA-256 in hex over the facts, however they are ordered.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def checked_text(text: str, field: str) -> str:
    """Raises `BadFaceUse`."""
    said = " ".join(text.split())
    if not SHORTEST <= len(said) <= LONGEST:
        raise BadFaceUse(f"{SHORTEST} to {LONGEST} characters", field=field)
    return said
