"""May this one pass? The whole answer, and nothing but the answer.

No clock, no database and no camera is reached from here: what a decision needs is handed in as
`Facts`, so the same call gives the same answer at the centre, at an offline edge, and in a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import log10
from zoneinfo import ZoneInfo

from sealgate.domain.calendar import Timetable
from sealgate.domain.ids import CredentialId, GateId, PersonId, SiteId, ZoneId
from sealgate.domain.sightings import CodeSighting, FaceSighting, Means, PlateSighting, Sighting, means_of


class Reason(StrEnum):
    """Why. Stable: stored, translated and counted by these words."""

    ALLOWED = "allowed"
    FORCED = "forced"
    STALE = "stale"
    LOCKDOWN = "lockdown"
    GATE_BLOCKED = "gate-blocked"
    TOO_MANY_TRIES = "too-many-tries"
    MEANS_NOT_ACCEPTED = "means-not-accepted"
    NOT_LIVE = "not-live"
    UNSURE = "unsure"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    SUSPENDED = "suspended"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    CREDENTIAL_ENDED = "credential-ended"
    NO_CONSENT = "no-consent"
    NOT_HERE = "not-here"
    OUTSIDE_HOURS = "outside-hours"
    ALREADY_INSIDE = "already-inside"
    BANNED = "banned"
    FULL = "full"
    NO_PERMIT = "no-permit"
    UNPAID = "unpaid"
    DESK_ASKED = "desk-asked"


SPOOF = 0.25
"""A liveness below it says that this is a picture or a film. None says that nobody can tell."""


class Passback(StrEnum):
    """What a gate does with somebody who, as far as we know, is already on the far side."""

    OFF = "off"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone it might be. `similarity` is cosine, -1..1."""

    person: PersonId
    credential: CredentialId
    similarity: float


@dataclass(frozen=True, slots=True)
class Validity:
    """From an instant until another, the end not included; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def reason(self, now: datetime, ended: Reason) -> Reason | None:
        if self.since is not None and now < self.since:
            return Reason.NOT_YET
        if self.until is not None and now >= self.until:
            return ended
        return None


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to enter a zone: always (`timetable` None) or by a timetable."""

    zone: ZoneId
    timetable: Timetable | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the store knows of the best candidate, read in one query. `zone` is where they were last seen.

    `gates` are those that the credential opens, whatever zones its person may enter (a visitor's pass); None: by the zones.
    """

    person: PersonId
    credential: CredentialId
    suspended: bool
    valid: Validity
    credential_valid: Validity
    consented: bool
    grants: tuple[Grant, ...]
    zone: ZoneId | None
    gates: frozenset[GateId] | None = None


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """One gate and the rules of its site, as far as a decision needs them.

    `min_similarity` and `min_lead` are cosine; `min_liveness` None asks for no liveness; `min_plate_score` 0..1.
    `leaving` gates lead outside: whoever is recognised may always go, so only a blocked gate holds them back.
    A sighting older than `max_age`, or from the future by more than it, is refused as stale: late rather than wrong.
    """

    gate: GateId
    site: SiteId
    tz: ZoneInfo
    to_zone: ZoneId
    means: frozenset[Means]
    min_similarity: float
    min_lead: float
    min_liveness: float | None = None
    min_plate_score: float = 0.8
    passback: Passback = Passback.OFF
    lockdown: bool = False
    blocked: bool = False
    open_for: timedelta = timedelta(seconds=5)
    max_age: timedelta = timedelta(seconds=10)
    holidays: frozenset[date] = frozenset()
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Open or not, with exactly one reason; `person` where one was recognised, refused or not."""

    opens: bool
    reason: Reason
    person: PersonId | None = None
    credential: CredentialId | None = None
    similarity: float | None = None


FEW = 250
"""Faces at a site up to which a reader's own threshold holds: of as many comparisons one in a hundred is with somebody above it
(pairs of strangers of mixed sets; docs/models.md has the groups for which it is more)."""

MOST_ALIKE = 0.98


def likeness_among(least: float, per_tenfold: float, people: int) -> float:
    """The likeness that keeps a stranger's chance to be taken for anybody where it is, among so many: more people, stricter."""
    if people <= FEW:
        return least
    return min(least + per_tenfold * log10(people / FEW), max(least, MOST_ALIKE))


def refuse(reason: Reason, facts: Facts | None = None) -> Decision:
    if facts is None:
        return Decision(opens=False, reason=reason)
    return Decision(opens=False, reason=reason, person=facts.person, credential=facts.credential)


def screen(sighting: Sighting, policy: GatePolicy, now: datetime) -> Reason | None:
    """What can be said before anybody is looked up. None: go on."""
    if abs(now - sighting.at) > policy.max_age:
        return Reason.STALE
    if means_of(sighting) not in policy.means:
        return Reason.MEANS_NOT_ACCEPTED
    match sighting:
        case FaceSighting(liveness=liveness):
            # A spoof is refused whatever its likeness, and wherever: also at a gate that asks for no sign of life.
            if liveness is not None and liveness < SPOOF:
                return Reason.NOT_LIVE
            if policy.min_liveness is not None and (liveness is None or liveness < policy.min_liveness):
                return Reason.NOT_LIVE
        case PlateSighting(score=score):
            if score < policy.min_plate_score:
                return Reason.UNSURE
        case CodeSighting():
            pass
    return None


def recognise(candidates: Sequence[Candidate], policy: GatePolicy) -> Candidate | Reason:
    """The one it is; or why we will not say. `candidates` come best first; two templates of one person are no rivals."""
    if not candidates or candidates[0].similarity < policy.min_similarity:
        return Reason.UNKNOWN
    best = candidates[0]
    rival = next((c for c in candidates[1:] if c.person != best.person), None)
    if rival is not None and best.similarity - rival.similarity < policy.min_lead:
        return Reason.AMBIGUOUS
    return best


def decide(facts: Facts, means: Means, policy: GatePolicy, now: datetime) -> Decision:
    """Decide for one recognised person. The first reason that holds is the one told."""
    if policy.leaving and not policy.blocked:
        return Decision(opens=True, reason=Reason.ALLOWED, person=facts.person, credential=facts.credential)
    reason = (
        (Reason.LOCKDOWN if policy.lockdown else None)
        or (Reason.GATE_BLOCKED if policy.blocked else None)
        or (Reason.SUSPENDED if facts.suspended else None)
        or facts.valid.reason(now, ended=Reason.EXPIRED)
        or facts.credential_valid.reason(now, ended=Reason.CREDENTIAL_ENDED)
        or (Reason.NO_CONSENT if means is Means.FACE and not facts.consented else None)
        or _leave(facts, policy, now)
        or (Reason.ALREADY_INSIDE if policy.passback is Passback.HARD and facts.zone == policy.to_zone else None)
    )
    if reason is not None:
        return refuse(reason, facts)
    return Decision(opens=True, reason=Reason.ALLOWED, person=facts.person, credential=facts.credential)


def _leave(facts: Facts, policy: GatePolicy, now: datetime) -> Reason | None:
    if facts.gates is not None:
        return None if policy.gate in facts.gates else Reason.NOT_HERE
    here = [grant for grant in facts.grants if grant.zone == policy.to_zone]
    if not here:
        return Reason.NOT_HERE
    if any(g.timetable is None or g.timetable.holds(now, policy.tz, policy.holidays) for g in here):
        return None
    return Reason.OUTSIDE_HOURS
