"""What becomes of one car at one lane, and what is the same in both directions: shut, turned away, read again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sealgate.domain.access import Decision, Reason
from sealgate.domain.ids import CallId, PassageId, StayId
from sealgate.domain.money import Money
from sealgate.domain.sightings import Means
from sealgate.domain.stays_pairing import LINGERS
from sealgate.domain.stays_passing import Echo, Passing, echo_of, stands
from sealgate.flows.parking_scene import Scene, is_known
from sealgate.flows.parking_writing import Seen, note, record
from sealgate.ports import LatchAnswer
from sealgate.store import parking


class Outcome(StrEnum):
    """What became of one car at one lane."""

    ENTERED = "entered"
    LEFT = "left"
    WAITS = "waits"
    ASKS = "asks"
    TURNED_AWAY = "turned-away"
    ECHO = "echo"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Arrival:
    """`due` is what the display shows; `call` the desk's; `opens` whether the bar goes up, `latch` what it answered.

    `first_name` is of whoever showed a card or a face instead of a plate.
    """

    outcome: Outcome
    reason: Reason
    opens: bool = False
    passage: PassageId | None = None
    stay: StayId | None = None
    due: Money | None = None
    call: CallId | None = None
    certainty: float | None = None
    latch: LatchAnswer | None = None
    first_name: str | None = None

    @property
    def decision(self) -> Decision:
        """As any gate's."""
        return Decision(opens=self.opens, reason=self.reason)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A ticket, drawn by a car whose plate could not be read. `code` is shown once, as a QR; None where it was turned away."""

    arrival: Arrival
    code: str | None


def shut(scene: Scene, *, entering: bool) -> Arrival | None:
    """What holds for every car at this gate. A lockdown keeps cars out, not in; a late event has passed already."""
    policy, sighting = scene.policy, scene.sighting
    if scene.late:
        return None
    reason = None
    if policy.blocked:
        reason = Reason.GATE_BLOCKED
    elif entering and policy.lockdown:
        reason = Reason.LOCKDOWN
    elif sighting is not None and Means.PLATE not in policy.means:
        reason = Reason.MEANS_NOT_ACCEPTED
    elif entering and sighting is not None and sighting.score < policy.min_plate_score:
        reason = Reason.UNSURE
    if reason is None:
        return None
    return turned_still(scene, reason) or turn_away(scene, note(scene), reason, Means.PLATE if sighting else Means.QR)


def still(scene: Scene, reason: Reason) -> Passing | None:
    """The car was told the very same a moment ago and has not moved: nothing is written of it again."""
    return None if scene.plate is None else stands(scene.lane, scene.at, scene.plate, reason, scene.recent)


def turned_still(scene: Scene, reason: Reason) -> Arrival | None:
    was = still(scene, reason)
    return None if was is None else Arrival(Outcome.TURNED_AWAY, reason, passage=was.passage)


def echo_at(scene: Scene) -> Echo | None:
    """Whether this is the car that was just let through here."""
    if scene.plate is None or not scene.recent:
        return None
    unread = not scene.late and any(was.opened and was.stay and not was.plate for was in scene.recent)
    known = not unread or is_known(scene, scene.plate)
    return echo_of(scene.lane, scene.readings, scene.recent, barrier=scene.policy.open_for, known=known)


def turn_away(scene: Scene, seen: Seen, reason: Reason, means: Means | None) -> Arrival:
    record(scene, seen, "lane.turned-away", reason, opens=False, means=means)
    return Arrival(Outcome.TURNED_AWAY, reason, passage=seen.passage)


def read_again(scene: Scene, stay: StayId | None, seen: Seen | None = None) -> Arrival:
    """The same car once more. It still stands there, so the bar goes up again; what is told late changes nothing at all."""
    if scene.late:
        return Arrival(Outcome.ECHO, Reason.ALLOWED, stay=stay)
    seen = seen or note(scene)
    row = None if stay is None else parking.stay(scene.tx, stay)
    again = Seen(seen.passage, seen.what | {"again": True})
    record(scene, again, "lane.read-again", Reason.ALLOWED, opens=True, stay=row.stay if row else None)
    return Arrival(Outcome.ECHO, Reason.ALLOWED, opens=True, passage=seen.passage, stay=stay)


def trace(scene: Scene, seen: Seen, *, of_unread: bool = False) -> None:
    """A car passed here that nobody could name. `of_unread`: it had come in unread, so it takes its own trace along."""
    enters = scene.lane.role.enters
    if not (of_unread and not enters and parking.clear_unread(scene.tx, scene.lot, scene.at - LINGERS, scene.at)):
        parking.add_unseen(scene.tx, seen.passage, scene.lot, enters=enters, at=scene.at)
