"""Who may do what in the console, and the purposes for which a sealed thing may be opened."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One thing an operator may do. Stored nowhere: a role is stored, and means these."""

    WATCH = "watch"
    OPEN_GATES = "open-gates"
    LOCK_DOWN = "lock-down"
    KEYS = "keys"
    SEE_PEOPLE = "see-people"
    ENROL = "enrol"
    TEAMS = "teams"
    PERFORMANCE = "performance"
    ALL_PERFORMANCE = "all-performance"
    SEARCH_PASSAGES = "search-passages"
    SEE_PICTURES = "see-pictures"
    VISITS = "visits"
    HOST = "host"
    SEE_RULES = "see-rules"
    INSTALL = "install"
    CHANGE_RULES = "change-rules"
    SEE_JOURNAL = "see-journal"
    ERASE = "erase"
    PRIVACY = "privacy"
    ANSWER = "answer"
    MANAGE_OPERATORS = "manage-operators"
    SEE_REPORTS = "see-reports"
    PARKING = "parking"
    PARKING_RULES = "parking-rules"
    DESK = "desk"
    REFUND = "refund"
    SEE_HOURS = "see-hours"
    CHANGE_HOURS = "change-hours"
    HOUR_RULES = "hour-rules"
    PAY = "pay"
    APPROVE_PAY = "approve-pay"
    PAY_RULES = "pay-rules"


class Role(StrEnum):
    """Stored by these words, translated by the screens."""

    ADMINISTRATOR = "administrator"
    SECURITY = "security"
    RECEPTION = "reception"
    HOST = "host"
    HR = "hr"
    MANAGER = "manager"
    PRIVACY = "privacy"
    ATTENDANT = "attendant"
    PAYROLL = "payroll"
    AUDITOR = "auditor"
    INSTALLER = "installer"


class Purpose(StrEnum):
    """Why a sealed thing is opened. The person concerned can read it."""

    INCIDENT = "incident"
    LOST_PROPERTY = "lost-property"
    COMPLAINT = "complaint"
    ACCESS_CHECK = "access-check"
    DUTY_OF_CARE = "duty-of-care"
    WORK = "work"
    ASKED = "asked"
    AUDIT = "audit"
    LAW = "law"


LOOKING = (Purpose.INCIDENT, Purpose.LOST_PROPERTY, Purpose.COMPLAINT, Purpose.ACCESS_CHECK, Purpose.DUTY_OF_CARE)
"""For which one passage, picture or number is looked at."""

TAKING = (Purpose.WORK, Purpose.ASKED, Purpose.AUDIT, Purpose.LAW, Purpose.INCIDENT)
"""For which a file that names people is taken, or a payslip of somebody else is read."""


class Scope(StrEnum):
    """What a program's key may do, within the rights of whoever made it."""

    INVITE = "visits.invite"
    READ = "visits.read"
    CANCEL = "visits.cancel"
    PEOPLE = "people.sync"
    PASSAGES = "passages.read"
    REPORTS = "reports.read"
    HOURS = "hours.read"


GRANTED: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.SECURITY: frozenset(
        {
            Permission.WATCH,
            Permission.OPEN_GATES,
            Permission.LOCK_DOWN,
            Permission.SEE_PEOPLE,
            Permission.SEARCH_PASSAGES,
            Permission.SEE_PICTURES,
            Permission.VISITS,
            Permission.HOST,
            Permission.SEE_RULES,
        }
    ),
    Role.HR: frozenset(
        {
            Permission.SEE_PEOPLE,
            Permission.ENROL,
            Permission.ANSWER,
            Permission.TEAMS,
            Permission.PERFORMANCE,
            Permission.ALL_PERFORMANCE,
            Permission.SEE_HOURS,
            Permission.CHANGE_HOURS,
            Permission.HOUR_RULES,
        }
    ),
    Role.RECEPTION: frozenset(
        {
            Permission.WATCH,
            Permission.OPEN_GATES,
            Permission.SEE_PEOPLE,
            Permission.ENROL,
            Permission.VISITS,
            Permission.HOST,
        }
    ),
    Role.HOST: frozenset({Permission.HOST}),
    # Of the people of the teams that they lead; flows/performance.py asks whose those are.
    Role.MANAGER: frozenset({Permission.PERFORMANCE}),
    Role.PRIVACY: frozenset(
        {
            Permission.SEE_PEOPLE,
            Permission.SEE_RULES,
            Permission.SEE_JOURNAL,
            Permission.ERASE,
            Permission.PRIVACY,
            Permission.ANSWER,
            Permission.SEARCH_PASSAGES,
            Permission.KEYS,
        }
    ),
    Role.ATTENDANT: frozenset(
        {Permission.WATCH, Permission.OPEN_GATES, Permission.SEE_REPORTS, Permission.PARKING, Permission.DESK}
    ),
    Role.PAYROLL: frozenset({Permission.SEE_HOURS, Permission.PAY, Permission.APPROVE_PAY, Permission.PAY_RULES}),
    # Reads what was done and how much of it; opens nothing that is sealed.
    Role.AUDITOR: frozenset({Permission.SEE_JOURNAL, Permission.SEE_REPORTS, Permission.SEE_RULES}),
    # Cameras, gates and edges; no person's record. Looks through a camera to aim it, and each time is in the journal.
    Role.INSTALLER: frozenset({Permission.INSTALL}),
}


EMERGENCY = frozenset(
    {
        Permission.WATCH,
        Permission.OPEN_GATES,
        Permission.LOCK_DOWN,
        Permission.SEE_PEOPLE,
        Permission.SEARCH_PASSAGES,
        Permission.SEE_PICTURES,
        Permission.VISITS,
        Permission.HOST,
        Permission.SEE_RULES,
        Permission.PARKING,
        Permission.DESK,
    }
)
"""What rights taken in an emergency are for: to see, to open and to lock, at every site. No rule, money or right is changed."""


def may(roles: Iterable[Role], permission: Permission) -> bool:
    return any(permission in GRANTED[role] for role in roles)
