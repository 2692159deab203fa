"""What can be wrong with shifts, rosters, rules and records of hours. Each is said before anything is written."""

from __future__ import annotations

from sealgate.domain.errors import Conflict, Invalid


class BadMonth(Invalid):
    code = "hours.bad-month"
    hint = "Write 2026-10"


class BadShift(Invalid):
    code = "shift.invalid"


class ShiftRostered(Conflict):
    """The shift is still on a roster, so it cannot be removed."""

    code = "shift.rostered"
    hint = "Take it off the rosters from that day on first"


class ShiftMissing(Invalid):
    """A roster names a shift that is not there, or not yet, on that day."""

    code = "shift.missing"
    hint = "Give the shift a version for that day, or take it off the roster"


class BadRoster(Invalid):
    code = "roster.invalid"


class BadHourRules(Invalid):
    code = "hours.bad-rules"


class RulesGap(Invalid):
    """A day is covered by no version of the rules."""

    code = "hours.rules-gap"
    hint = "Let each version begin the day after the one before it ends, the first before the first day derived"


class RulesOverlap(Invalid):
    code = "hours.rules-overlap"
    hint = "End a version the day before the next one begins"


class RulesTaken(Conflict):
    """There is a rule set of that name already."""

    code = "hours.rules-taken"
    hint = "Choose another name, or add a version to the one that is there"


class NoSuchRules(Invalid):
    code = "hours.no-such-rules"


class NegativeHours(Invalid):
    """Somebody would have left before coming, or minutes are below zero."""

    code = "hours.negative"


class BadRecord(Invalid):
    code = "hours.bad-record"


class AlreadySettled(Conflict):
    """Somebody settled the request first."""

    code = "hours.already-settled"


class WhyNeeded(Invalid):
    code = "hours.why-needed"
    hint = "Say why in 3 to 300 characters"


class PassagesGone(Conflict):
    """The passages of that time were destroyed when their retention ended; the days derived from them stand."""

    code = "hours.passages-gone"
    hint = "Read the days as they stand; what is wrong in them is corrected in the pay of a later month"


class TooManyDays(Invalid):
    code = "hours.too-many-days"


class BadCalendar(Invalid):
    code = "calendar.invalid"


class NoSuchCalendar(Invalid):
    code = "calendar.unknown"
    hint = "Import it first; `cn` is there from the start"


class BadLeave(Invalid):
    code = "leave.invalid"


class NoBalance(Conflict):
    """Not enough of that leave is left."""

    code = "leave.no-balance"


class LeaveOverlaps(Conflict):
    code = "leave.overlaps"
