"""The English of every closed list of the domain: the words that are stored, and how a page says them.

A test holds this table against the lists themselves, and the catalogue against this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sealgate.domain.access import Passback, Reason
from sealgate.domain.asking import AskField, AskKind, AskState, Regime
from sealgate.domain.attendance import DayClass, Direction, Figure, Issue, Verdict
from sealgate.domain.attendance_calendar import CalendarDay
from sealgate.domain.attendance_facts import LeavePart
from sealgate.domain.attendance_leave import LeaveState
from sealgate.domain.attendance_records import RecordKind, RecordState
from sealgate.domain.attendance_rules import Counting, Forgotten, Period, Rounding, System
from sealgate.domain.billing import PaymentState, RefundState
from sealgate.domain.breach import Taken
from sealgate.domain.cameras import CameraState, Course, Keenness, Overlooked
from sealgate.domain.cameras import Verdict as Tried
from sealgate.domain.desk import Act
from sealgate.domain.face_use import RoomKind
from sealgate.domain.invoices import Buyer
from sealgate.domain.leaks import LeakState
from sealgate.domain.lots import Doubt, GateRole, PermitKind, SpaceClass
from sealgate.domain.operators import Permission, Purpose, Role, Scope
from sealgate.domain.payroll_lines import LineKind
from sealgate.domain.payroll_pack import Basic, Certainty
from sealgate.domain.payroll_run import Account, FindingKind, RunKind, RunState
from sealgate.domain.payroll_terms import PayBasis
from sealgate.domain.people import PersonKind
from sealgate.domain.people_file import Field, Flaw
from sealgate.domain.places import GateKind
from sealgate.domain.reconciliation import Difference, Movement
from sealgate.domain.residentid import Sex
from sealgate.domain.sightings import Means
from sealgate.domain.stays import RightKind, StayState
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import OpenedBy
from sealgate.domain.tariff_bill import BillReason
from sealgate.domain.teams import TeamKind
from sealgate.domain.visits import Absent, Turn, VisitState
from sealgate.domain.visits_asking import VisitField
from sealgate.domain.visits_blocks import BlockKind
from sealgate.domain.visits_letters import LetterKind
from sealgate.ports import LatchAnswer
from sealgate.store.words import Standing


def _(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    AskKind: {
        AskKind.ACCESS: _("Explanation or copy"),
        AskKind.CORRECT: _("Correction"),
        AskKind.ERASE: _("Erasure"),
    },
    Taken: {
        Taken.COPY: _("A copy of the data, without its keys"),
        Taken.COPY_AND_KEYS: _("The data with its keys"),
        Taken.SCREEN: _("What a screen showed"),
    },
    RoomKind: {
        RoomKind.ORDINARY: _("Ordinary room"),
        RoomKind.GUEST_ROOM: _("Guest room"),
        RoomKind.BATH: _("Bath"),
        RoomKind.CHANGING_ROOM: _("Changing room"),
        RoomKind.TOILET: _("Toilet"),
    },
    AskState: {
        AskState.OPEN: _("Waits for the answer"),
        AskState.GRANTED: _("Done"),
        AskState.REFUSED: _("Refused"),
        AskState.TAKEN_BACK: _("Taken back"),
    },
    AskField: {
        AskField.NAME: _("Full name"),
        AskField.PHONE: _("Phone"),
        AskField.EMAIL: _("E-mail"),
        AskField.NUMBER: _("Number"),
        AskField.OTHER: _("Something else"),
    },
    Regime: {
        Regime.PIPL: _("PIPL (China): timely, in working days"),
        Regime.GDPR: _("GDPR (European Union): one month"),
    },
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
        Reason.BANNED: _("On the block list"),
        Reason.FULL: _("The lot is full"),
        Reason.NO_PERMIT: _("No permit for this lot"),
        Reason.UNPAID: _("Not paid yet"),
        Reason.DESK_ASKED: _("The desk was asked"),
    },
    OpenedBy: {
        OpenedBy.VISITOR: _("Anybody may come in"),
        OpenedBy.PERMIT: _("By its permit"),
        OpenedBy.RESERVATION: _("By its reservation"),
        OpenedBy.FREE: _("Nothing was due"),
        OpenedBy.PAID: _("It was paid"),
        OpenedBy.LATER: _("Opened, billed later"),
        OpenedBy.DOUBT: _("Opened in doubt"),
    },
    Verdict: {
        Verdict.AHEAD: _("Still to come"),
        Verdict.UNDER_WAY: _("Under way"),
        Verdict.OFF: _("Day off"),
        Verdict.PRESENT: _("Present"),
        Verdict.HALF_DAY_ABSENT: _("Absent for half a day"),
        Verdict.ABSENT: _("Absent"),
        Verdict.ON_LEAVE: _("On leave"),
    },
    Issue: {
        Issue.ASSUMED_IN: _("Coming was assumed; somebody must confirm it"),
        Issue.ASSUMED_OUT: _("Leaving was assumed; somebody must confirm it"),
        Issue.UNPAIRED: _("A mark has no partner"),
        Issue.OUTSIDE_WINDOW: _("A mark lies outside the window of the shift"),
        Issue.OVERLAPPING_SHIFTS: _("Two shifts overlap"),
        Issue.WORKED_ON_LEAVE: _("Worked while on leave"),
        Issue.UNPLANNED_WORK: _("Worked without a shift"),
        Issue.OVERTIME_WAITS: _("Overtime waits for an approval"),
        Issue.OVER_DAILY_CAP: _("More overtime than a day allows"),
        Issue.TWO_SITES: _("Came in at one site and left at another"),
        Issue.CLOCKS_CHANGED: _("The clocks were changed on this day"),
    },
    Figure: {
        Figure.PLANNED: _("Planned"),
        Figure.WORKED: _("Worked"),
        Figure.HOLIDAY_WORK: _("Worked on a public holiday"),
        Figure.PAID_BREAK: _("Paid break"),
        Figure.LEAVE: _("Leave"),
        Figure.EXCUSED: _("Within the grace"),
        Figure.LATE: _("Late"),
        Figure.EARLY: _("Left early"),
        Figure.AWAY: _("Away in between"),
        Figure.ABSENT: _("Absent"),
        Figure.OVERTIME: _("Overtime"),
    },
    DayClass: {
        DayClass.WORKDAY: _("Working day"),
        DayClass.RESTDAY: _("Rest day"),
        DayClass.HOLIDAY: _("Public holiday"),
    },
    CalendarDay: {
        CalendarDay.STATUTORY: _("Public holiday, paid as such"),
        CalendarDay.REST_SWAPPED: _("Day off, made up for on another"),
        CalendarDay.REST_IN_LIEU: _("Day off in place of one that fell on a rest day"),
        CalendarDay.REST_WEEKEND: _("Day off"),
        CalendarDay.MAKEUP_WORKDAY: _("Make-up working day"),
    },
    Counting: {
        Counting.INSIDE: _("Time inside, going out not counted"),
        Counting.SPAN: _("From first mark to last"),
    },
    Forgotten: {
        Forgotten.PLAN: _("The roster’s time, assumed"),
        Forgotten.NOTHING: _("Nothing is counted"),
    },
    Rounding: {
        Rounding.EARLIER: _("To the earlier step"),
        Rounding.LATER: _("To the later step"),
        Rounding.NEAREST: _("To the nearest step"),
    },
    System: {
        System.STANDARD: _("Standard: overtime by the day"),
        System.COMPREHENSIVE: _("Comprehensive: by the period"),
        System.FLEXIBLE: _("Flexible: on holidays only"),
    },
    Period: {
        Period.WEEK: _("A week"),
        Period.MONTH: _("A month"),
        Period.QUARTER: _("A quarter"),
        Period.YEAR: _("A year"),
    },
    Direction: {
        Direction.IN: _("came"),
        Direction.OUT: _("left"),
    },
    RecordKind: {
        RecordKind.PUNCH: _("A mark by hand"),
        RecordKind.CORRECTION: _("A correction"),
        RecordKind.OVERTIME: _("Overtime settled"),
    },
    RecordState: {
        RecordState.ASKED: _("asked for"),
        RecordState.APPROVED: _("approved"),
        RecordState.REFUSED: _("refused"),
        RecordState.WITHDRAWN: _("taken back"),
    },
    LeaveState: {
        LeaveState.ASKED: _("asked for"),
        LeaveState.APPROVED: _("approved"),
        LeaveState.REFUSED: _("refused"),
        LeaveState.WITHDRAWN: _("taken back"),
    },
    LeavePart: {
        LeavePart.WHOLE: _("Whole days"),
        LeavePart.FIRST_HALF: _("First half"),
        LeavePart.SECOND_HALF: _("Second half"),
        LeavePart.HOURS: _("Some hours"),
    },
    Role: {
        Role.ADMINISTRATOR: _("Administrator"),
        Role.SECURITY: _("Security"),
        Role.RECEPTION: _("Reception"),
        Role.HOST: _("Host"),
        Role.HR: _("Personnel"),
        Role.MANAGER: _("Team manager"),
        Role.PRIVACY: _("Privacy officer"),
        Role.ATTENDANT: _("Attendant"),
        Role.PAYROLL: _("Payroll clerk"),
        Role.AUDITOR: _("Auditor"),
        Role.INSTALLER: _("Installer"),
    },
    Permission: {
        Permission.WATCH: _("Watch the gates"),
        Permission.OPEN_GATES: _("Open gates by hand"),
        Permission.LOCK_DOWN: _("Lock down a site"),
        Permission.KEYS: _("See and renew keys"),
        Permission.SEE_PEOPLE: _("See people"),
        Permission.ENROL: _("Enrol people"),
        Permission.TEAMS: _("Change teams"),
        Permission.PERFORMANCE: _("See performance of the own teams"),
        Permission.ALL_PERFORMANCE: _("See everybody’s performance"),
        Permission.SEARCH_PASSAGES: _("Search passages"),
        Permission.SEE_PICTURES: _("Open pictures"),
        Permission.VISITS: _("See visits and decide on them"),
        Permission.HOST: _("Invite visitors"),
        Permission.SEE_RULES: _("See gates and rules"),
        Permission.CHANGE_RULES: _("Change gates and rules"),
        Permission.INSTALL: _("Set up gates, cameras and edge boxes"),
        Permission.SEE_JOURNAL: _("Read the journal"),
        Permission.ERASE: _("Hand over and erase personal data"),
        Permission.PRIVACY: _("Hold data, answer for the use of faces and for a breach"),
        Permission.ANSWER: _("Answer people about their own data"),
        Permission.MANAGE_OPERATORS: _("Give roles to operators"),
        Permission.SEE_REPORTS: _("Read reports of garages"),
        Permission.PARKING: _("See lots and stays"),
        Permission.PARKING_RULES: _("Change lots, tariffs and permits"),
        Permission.DESK: _("Take calls at the desk"),
        Permission.REFUND: _("Send money back"),
        Permission.SEE_HOURS: _("See hours and leave"),
        Permission.CHANGE_HOURS: _("Correct and approve hours and leave"),
        Permission.HOUR_RULES: _("Change shifts, rosters and rules of hours"),
        Permission.PAY: _("See pay and prepare pay runs"),
        Permission.APPROVE_PAY: _("Approve pay runs of others"),
        Permission.PAY_RULES: _("Change pay rules"),
    },
    LineKind: {
        LineKind.BASE: _("Base pay"),
        LineKind.PAID_LEAVE: _("Paid leave"),
        LineKind.UNPAID_LEAVE: _("Leave that is not paid in full"),
        LineKind.MISSING: _("Time not worked"),
        LineKind.OVERTIME_WORKDAY: _("Overtime, work day"),
        LineKind.OVERTIME_RESTDAY: _("Overtime, rest day"),
        LineKind.OVERTIME_HOLIDAY: _("Work on a statutory holiday"),
        LineKind.ALLOWANCE: _("Allowance"),
        LineKind.PERFORMANCE: _("Performance pay"),
        LineKind.BONUS: _("Bonus"),
        LineKind.SEPARATE_BONUS: _("Bonus, taxed by itself"),
        LineKind.OTHER: _("Other pay"),
        LineKind.INSURANCE: _("Insurance"),
        LineKind.INCOME_TAX: _("Income tax"),
        LineKind.BONUS_TAX: _("Tax on the bonus"),
        LineKind.LATE: _("Coming late"),
        LineKind.DAMAGE: _("Damage"),
    },
    RunState: {
        RunState.DRAFT: _("Draft"),
        RunState.CHECKED: _("Checked"),
        RunState.APPROVED: _("Approved"),
        RunState.CLOSED: _("Closed"),
        RunState.REVERSED: _("Reversed"),
        RunState.DROPPED: _("Dropped"),
    },
    RunKind: {
        RunKind.REGULAR: _("Pay run"),
        RunKind.REVERSAL: _("Reversing run"),
    },
    FindingKind: {
        FindingKind.CANNOT: _("Cannot be worked out"),
        FindingKind.BELOW_ZERO: _("Nothing would be left"),
        FindingKind.OPEN_CLOCK: _("Clock-in or clock-out is missing"),
        FindingKind.OVERTIME_WAITS: _("Overtime waits for approval"),
        FindingKind.NO_HOURS: _("No hours in this month"),
        FindingKind.BELOW_MINIMUM: _("Below the minimum wage"),
        FindingKind.CARRIED: _("More to take off than the limit lets"),
        FindingKind.NO_ACCOUNT: _("No bank account"),
        FindingKind.NEW: _("First pay here"),
        FindingKind.GONE: _("Was paid last month, not now"),
        FindingKind.CHANGED: _("Differs from last month"),
        FindingKind.WEAK_RULE: _("A rule in doubt was used"),
    },
    PayBasis: {
        PayBasis.MONTHLY: _("By the month"),
        PayBasis.DAILY: _("By the day"),
        PayBasis.HOURLY: _("By the hour"),
        PayBasis.PIECE: _("By the piece"),
    },
    Basic: {
        Basic.MONTHLY: _("Month by month"),
        Basic.FIRST_JOB: _("From January: first employment of the year"),
        Basic.LUMP: _("The year’s at once: kept on, low pay"),
    },
    Account: {
        Account.WAGES: _("Wages"),
        Account.EMPLOYER_INSURANCE: _("Employer’s insurance"),
        Account.INSURANCE_DUE: _("Insurance due"),
        Account.TAX_DUE: _("Income tax due"),
        Account.DEDUCTIONS: _("Deductions"),
        Account.PAYABLE: _("Pay due"),
    },
    Certainty: {
        Certainty.SEEN: _("Read in a public source"),
        Certainty.PUBLISHED: _("Read in a newsletter that repeats the notice"),
        Certainty.SECONDARY: _("Read in an article"),
        Certainty.CONFLICT: _("Sources disagree"),
        Certainty.MEMORY: _("From memory, to be checked"),
    },
    Scope: {
        Scope.INVITE: _("Invite visitors"),
        Scope.READ: _("Read where a visit stands"),
        Scope.CANCEL: _("Cancel visits"),
        Scope.PEOPLE: _("Keep people in step with a directory"),
        Scope.PASSAGES: _("Read passages, without pictures"),
        Scope.REPORTS: _("Read figures of garages"),
        Scope.HOURS: _("Read derived working hours"),
    },
    Purpose: {
        Purpose.INCIDENT: _("Look into an incident"),
        Purpose.LOST_PROPERTY: _("Return lost property"),
        Purpose.COMPLAINT: _("Answer a complaint"),
        Purpose.ACCESS_CHECK: _("Check a refused or unsure passage"),
        Purpose.DUTY_OF_CARE: _("Somebody may need aid"),
        Purpose.WORK: _("Daily work, such as paying or rostering"),
        Purpose.ASKED: _("The person asked for it"),
        Purpose.AUDIT: _("An audit or an inspection"),
        Purpose.LAW: _("A duty by law"),
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
    Field: {
        Field.NAME: _("Name"),
        Field.KIND: _("Kind"),
        Field.NUMBER: _("Staff number"),
        Field.GROUPS: _("Groups"),
        Field.PHONE: _("Phone"),
        Field.EMAIL: _("E-mail"),
        Field.CARD: _("Card"),
        Field.PLATE: _("Plate"),
        Field.SINCE: _("Valid from"),
        Field.UNTIL: _("Valid until"),
        Field.ROW: _("Whole row"),
    },
    Flaw: {
        Flaw.BAD_NAME: _("A name has 1 to 120 characters"),
        Flaw.BAD_KIND: _("Not employee, worker, student or visitor"),
        Flaw.BAD_NUMBER: _("A staff number has up to 40 characters"),
        Flaw.BAD_PHONE: _("Not a telephone number"),
        Flaw.BAD_EMAIL: _("Not an e-mail address"),
        Flaw.BAD_CARD: _("A card number has 4 to 40 letters and digits"),
        Flaw.BAD_PLATE: _("Not a number plate"),
        Flaw.BAD_DAY: _("Not a day, such as 2026-03-01"),
        Flaw.ENDS_FIRST: _("Ends before it begins"),
        Flaw.TOO_MANY_GROUPS: _("More than 20 groups"),
        Flaw.UNKNOWN_GROUP: _("There is no group of that name"),
        Flaw.WRONG_LENGTH: _("More or fewer cells than the first row"),
        Flaw.TWICE: _("Twice in the file"),
        Flaw.TAKEN: _("Somebody enrolled has it already"),
    },
    TeamKind: {
        TeamKind.DEPARTMENT: _("Department"),
        TeamKind.CREW: _("Crew"),
    },
    Standing: {
        Standing.CURRENT: _("Current"),
        Standing.SUSPENDED: _("Suspended"),
        Standing.COMING: _("Not valid yet"),
        Standing.ENDED: _("Ended"),
    },
    CameraState: {
        CameraState.OPENING: _("Opening"),
        CameraState.LIVE: _("Running"),
        CameraState.STALLED: _("No pictures come"),
        CameraState.FROZEN: _("The same picture again and again"),
        CameraState.RECONNECTING: _("Connecting anew"),
        CameraState.FAILED: _("Failed"),
        CameraState.ENDED: _("Not read any more"),
    },
    Course: {
        Course.ANY: _("Any way"),
        Course.TOWARDS: _("Towards the camera"),
        Course.AWAY: _("Away from the camera"),
    },
    Keenness: {
        Keenness.CALM: _("Calm: trees and rain move"),
        Keenness.USUAL: _("Usual"),
        Keenness.KEEN: _("Keen: small or dark things move"),
    },
    Overlooked: {
        Overlooked.CROWD: _("More at once than are followed"),
        Overlooked.OTHER_WAY: _("Went the other way"),
        Overlooked.POSTER: _("A face that has always been there"),
        Overlooked.ON_A_PERSON: _("A plate that a person carries"),
        Overlooked.NO_PLATE: _("A car without a legible plate"),
        Overlooked.STAYED: _("A car that stayed after the bar rose"),
    },
    Tried: {
        Tried.OUTSIDE: _("Outside of what is read"),
        Tried.SMALL: _("Too small: bring the camera nearer"),
        Tried.BLURRED: _("Blurred, dark or from the side"),
        Tried.WEAK: _("Less sure than the gate asks for"),
        Tried.NO_SERIES: _("In no series of the countries chosen"),
        Tried.GOOD: _("Good"),
    },
    Passback: {
        Passback.OFF: _("Allowed"),
        Passback.HARD: _("Refused"),
    },
    SpaceClass: {
        SpaceClass.VISITORS: _("Visitors’ spaces"),
        SpaceClass.PERMITS: _("Permit spaces"),
        SpaceClass.DISABLED: _("Disabled drivers’ spaces"),
        SpaceClass.ELECTRIC: _("Charging spaces"),
    },
    GateRole: {
        GateRole.ENTRY: _("Entry"),
        GateRole.EXIT: _("Exit"),
        GateRole.NESTED_IN: _("In from the lot around it"),
        GateRole.NESTED_OUT: _("Out to the lot around it"),
    },
    Doubt: {
        Doubt.ASK: _("Ask the desk"),
        Doubt.OPEN: _("Open and bill later"),
    },
    PermitKind: {
        PermitKind.PERMIT: _("Permit"),
        PermitKind.SEASON: _("Season ticket"),
        PermitKind.FLEET: _("Fleet"),
        PermitKind.STAFF: _("Staff"),
    },
    StayState: {
        StayState.OPEN: _("Inside"),
        StayState.WAITING: _("Waits to pay"),
        StayState.PAID: _("Paid"),
        StayState.CLOSED: _("Over"),
        StayState.DISPUTED: _("At the desk"),
    },
    RightKind: {
        RightKind.VISITOR: _("By the tariff"),
        RightKind.PERMIT: _("Permit"),
        RightKind.RESERVATION: _("Reservation"),
    },
    PaymentState: {
        PaymentState.PENDING: _("Under way"),
        PaymentState.PAID: _("Paid"),
        PaymentState.REFUSED: _("Refused"),
        PaymentState.EXPIRED: _("Expired"),
        PaymentState.REFUNDED: _("All sent back"),
        PaymentState.PART_REFUNDED: _("Partly sent back"),
        PaymentState.CHARGED_BACK: _("Charged back"),
    },
    RefundState: {
        RefundState.ASKED: _("On its way back"),
        RefundState.STUCK: _("Stuck at the provider"),
        RefundState.DONE: _("Sent back"),
        RefundState.FAILED: _("Refused by the provider"),
    },
    Buyer: {
        Buyer.PERSON: _("A person"),
        Buyer.COMPANY: _("A company"),
    },
    Act: {
        Act.SAME_CAR: _("The same car"),
        Act.ANOTHER_CAR: _("Another car"),
        Act.PLATE: _("The plate was typed"),
        Act.SEND_BILL: _("The bill was sent"),
        Act.OPEN: _("Opened by hand"),
        Act.CHARGE_LATER: _("Opened, the bill stays due"),
        Act.WAIVE: _("Waived"),
        Act.REDUCE: _("Reduced"),
        Act.LOST_TICKET: _("The ticket was lost"),
        Act.DESCRIBE: _("The car was described"),
        Act.POINTS: _("Points were taken"),
        Act.NOT_OPEN: _("Not opened"),
        Act.BLOCK: _("The lane was blocked"),
        Act.MAINTENANCE: _("Maintenance was called"),
    },
    VisitState: {
        VisitState.INVITED: _("Invited"),
        VisitState.AWAITING: _("Waits for an answer"),
        VisitState.EXPECTED: _("Expected"),
        VisitState.INSIDE: _("Inside"),
        VisitState.OVERSTAYED: _("Overstayed"),
        VisitState.LEFT: _("Left"),
        VisitState.MISSED: _("Did not visit"),
        VisitState.REFUSED: _("Refused"),
        VisitState.CANCELLED: _("Cancelled"),
    },
    VisitField: {
        VisitField.COMPANY: _("Company"),
        VisitField.PHONE: _("Phone"),
        VisitField.AGE: _("Age"),
        VisitField.SEX: _("Sex"),
        VisitField.ID_NUMBER: _("Identity number"),
    },
    Sex: {
        Sex.FEMALE: _("Female"),
        Sex.MALE: _("Male"),
    },
    Absent: {
        Absent.RECEPTION: _("Reception is asked at once, beside the host"),
        Absent.WAIT: _("The host is waited for, then reception is asked"),
        Absent.REFUSE: _("The host is waited for, then the answer is no"),
    },
    Turn: {
        Turn.HOST: _("The host is asked"),
        Turn.RECEPTION: _("Reception is asked"),
        Turn.NOBODY: _("Nobody answered"),
    },
    BlockKind: {
        BlockKind.ID_NUMBER: _("Identity number"),
        BlockKind.EMAIL: _("E-mail"),
        BlockKind.PHONE: _("Phone"),
        BlockKind.NAME: _("Name"),
    },
    LeakState: {
        LeakState.NEW: _("Not read yet"),
        LeakState.IN_HAND: _("Being looked into"),
        LeakState.FIXED: _("Leak closed"),
        LeakState.NO_LEAK: _("No leak"),
    },
    LetterKind: {
        LetterKind.INVITATION: _("Invitation"),
        LetterKind.CANCELLED: _("Cancellation"),
        LetterKind.REMINDER: _("Reminder of the end"),
        LetterKind.ASKED: _("Question to the host"),
        LetterKind.ARRIVED: _("Arrival, to the host"),
        LetterKind.OVERSTAYED: _("Still inside, to the host"),
    },
    Difference: {
        Difference.MISSING_HERE: _("Not in our books"),
        Difference.MISSING_THERE: _("Not in their statement"),
        Difference.OTHER_SUM: _("Another sum"),
        Difference.TWICE: _("Twice in their statement"),
    },
    Movement: {
        Movement.PAYMENT: _("Payment"),
        Movement.REFUND: _("Refund"),
        Movement.CHARGEBACK: _("Chargeback"),
        Movement.CHARGEBACK_LIFTED: _("Chargeback lifted"),
    },
    CallReason: {
        CallReason.NO_PLATE: _("No plate was read"),
        CallReason.NO_ENTRY: _("No entry is known"),
        CallReason.AMBIGUOUS: _("Several cars could be meant"),
        CallReason.UNSURE: _("The plate is not sure"),
        CallReason.TWO_VISITS: _("Two visits taken for one"),
        CallReason.OTHER_CAR: _("Another car than at the entry"),
        CallReason.TOO_LONG: _("Longer than a stay can be"),
        CallReason.EXIT_MISSED: _("Left and nobody saw it"),
        CallReason.STILL_NESTED: _("Still in a lot within"),
        CallReason.TAILGATING: _("Followed another car through"),
        CallReason.LEFT_OWING: _("Left without paying"),
        CallReason.UNPAID: _("Stands at the exit unpaid"),
        CallReason.WRONG_SUM: _("The sum is disputed"),
        CallReason.BARRIER_STUCK: _("The barrier does not move"),
        CallReason.HELP: _("The help button"),
    },
    BillReason: {
        BillReason.FREE_TIME: _("Free minutes"),
        BillReason.FREE_HOURS: _("Free hours"),
        BillReason.PERMIT_HOURS: _("Hours of the permit"),
        BillReason.STARTED_UNITS: _("Begun units"),
        BillReason.FULL_UNITS: _("Full units"),
        BillReason.UP_TO: _("Price up to this time"),
        BillReason.FLAT: _("Flat price"),
        BillReason.TIME_OFF: _("Time taken off"),
        BillReason.WINDOW_CEILING: _("No more than this for these hours"),
        BillReason.DAY_CEILING: _("No more than this a day"),
        BillReason.HOURS_CEILING: _("No more than this for so many hours"),
        BillReason.PERIOD_CEILING: _("No more than this for the period"),
        BillReason.STAY_CEILING: _("No more than this for a stay"),
        BillReason.FEE: _("Fee"),
        BillReason.OFFER: _("Offer"),
        BillReason.LOST_TICKET: _("Lost ticket"),
        BillReason.MINIMUM: _("Least price"),
        BillReason.RATE_SHARE: _("Share of this class"),
        BillReason.SHARE_OFF: _("Share taken off"),
        BillReason.AMOUNT_OFF: _("Discount"),
        BillReason.WAIVED: _("Waived by the attendant"),
        BillReason.ROUNDING: _("Rounding"),
        BillReason.TAX: _("Tax"),
        BillReason.NOTHING_DUE: _("Nothing to pay"),
    },
}
