"""The English of every closed list of the domain: the words that are stored, and how a page says them.

A test holds this table against the lists themselves, and the catalogue against this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sealgate.domain.access import Passback, Reason
from sealgate.domain.operators import Permission, Purpose, Role
from sealgate.domain.people import PersonKind
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.ports import LatchAnswer
from sealgate.store.words import Standing


def _(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    Reason: {
        Reason.ALLOWED: _("May pass"),
        Reason.FORCED: _("Opened by hand"),
        Reason.STALE: _("Seen too long ago"),
        Reason.LOCKDOWN: _("The site is locked down"),
        Reason.GATE_BLOCKED: _("The gate is blocked"),
        Reason.MEANS_NOT_ACCEPTED: _("Not accepted at this gate"),
        Reason.NOT_LIVE: _("Could be a picture of a face"),
        Reason.UNSURE: _("Not read clearly enough"),
        Reason.TOO_MANY_TRIES: _("Too many wrong codes"),
        Reason.UNKNOWN: _("Not enrolled here"),
        Reason.AMBIGUOUS: _("Two people look alike"),
        Reason.SUSPENDED: _("Suspended"),
        Reason.NOT_YET: _("Not valid yet"),
        Reason.EXPIRED: _("Expired"),
        Reason.CREDENTIAL_ENDED: _("This way in has ended"),
        Reason.NO_CONSENT: _("No consent to face"),
        Reason.NOT_HERE: _("No leave for this zone"),
        Reason.OUTSIDE_HOURS: _("Outside the hours"),
        Reason.ALREADY_INSIDE: _("Already inside"),
    },
    Role: {
        Role.ADMINISTRATOR: _("Administrator"),
        Role.SECURITY: _("Security"),
        Role.RECEPTION: _("Reception"),
        Role.HR: _("Personnel"),
        Role.PRIVACY: _("Privacy officer"),
    },
    Permission: {
        Permission.WATCH: _("Watch the gates"),
        Permission.OPEN_GATES: _("Open gates by hand"),
        Permission.LOCK_DOWN: _("Lock down a site"),
        Permission.SEE_PEOPLE: _("See people"),
        Permission.ENROL: _("Enrol people"),
        Permission.SEARCH_PASSAGES: _("Search passages"),
        Permission.SEE_PICTURES: _("Open pictures"),
        Permission.SEE_RULES: _("See gates and rules"),
        Permission.CHANGE_RULES: _("Change gates and rules"),
        Permission.SEE_JOURNAL: _("Read the journal"),
        Permission.MANAGE_OPERATORS: _("Give roles to operators"),
    },
    Purpose: {
        Purpose.INCIDENT: _("Look into an incident"),
        Purpose.LOST_PROPERTY: _("Return lost property"),
        Purpose.COMPLAINT: _("Answer a complaint"),
        Purpose.ACCESS_CHECK: _("Check a refused or unsure passage"),
        Purpose.DUTY_OF_CARE: _("Somebody may need aid"),
    },
    Means: {
        Means.FACE: _("Face"),
        Means.PLATE: _("Plate"),
        Means.CARD: _("Card"),
        Means.QR: _("QR"),
        Means.PIN: _("PIN"),
    },
    LatchAnswer: {
        LatchAnswer.ACCEPTED: _("The latch accepted"),
        LatchAnswer.REFUSED: _("The latch refused"),
        LatchAnswer.UNREACHABLE: _("The latch did not answer"),
    },
    GateKind: {
        GateKind.DOOR: _("Door"),
        GateKind.TURNSTILE: _("Turnstile"),
        GateKind.BARRIER: _("Barrier"),
        GateKind.KIOSK: _("Kiosk"),
    },
    PersonKind: {
        PersonKind.EMPLOYEE: _("Employee"),
        PersonKind.WORKER: _("Worker"),
        PersonKind.STUDENT: _("Student"),
        PersonKind.VISITOR: _("Visitor"),
    },
    Standing: {
        Standing.CURRENT: _("Current"),
        Standing.SUSPENDED: _("Suspended"),
        Standing.COMING: _("Not valid yet"),
        Standing.ENDED: _("Ended"),
    },
    Passback: {
        Passback.OFF: _("Allowed"),
        Passback.HARD: _("Refused"),
    },
}
