"""Every column that says something of a person: why it is there, how long, and what a stolen copy shows of it.

tests/house compares this with the schema: a column that is sealed, a token or about a person, and is not here, fails. A new
personal column is three edits: schema, migration, and a line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How it lies there."""

    SEALED_SUBJECT = "sealed under the person's key"
    SEALED_DAY = "sealed under the site's key of that day, or the person's"
    SEALED_PAY = "sealed under the person's pay key of that year"
    SEALED_TENANT = "sealed under the organisation's key"
    OF_THE_DAY = "a token of that site and day"
    STANDING = "a token of the organisation"
    HASH = "a hash of something random"
    IDENTITY = "a random identity: says that it is one person, not who"
    PLAIN = "plain"


class Keep(StrEnum):
    """How long. Keys are destroyed first, rows after."""

    PERSON = "until the person is erased"
    IMPORT = "the file until it is enrolled or a day old, the row a day longer"
    CREDENTIAL = "its secret until a week after its end, the row until the person is erased"
    PASSAGE = "until the passages' time is over"
    ASSESSMENT = "three years after it was replaced by a newer one"
    HOLD = "until the hold has ended and the papers’ time is over"
    LEAK = "until the report is closed and the papers’ time is over"
    JOURNAL = "as long as the organisation is there: proof of who looked"
    OPERATOR = "until the operator's account is removed"
    SESSION = "until it has expired"
    REPLAY = "until a batch of that day is accepted no more"
    VISIT = "until the days after the visit that the site chose are over, 30 unless it did"
    VISIT_LIVE = "until the visit is over"
    VISIT_BLOCK = "until the papers' time after the block's end is over"
    STAY_LIVE = "until the stay is closed"
    STAY = "until the passages' time is over and the stay is closed"
    PERMIT = "until the permit, reservation or ban has ended and the papers' time is over"
    AGREEMENT = "until the agreement is withdrawn, and the provider has been told"
    CALL = "until the desk is done with the call"
    HOURS = "as long as wages may be asked about, at the longest until the person is erased"
    ACCOUNTS = "as long as the law has accounts kept"
    PAY = "until the years are over for which pay is kept (10 unless the policy says), also when the person is erased"


@dataclass(frozen=True, slots=True)
class Personal:
    table: str
    column: str
    purpose: str
    keep: Keep
    form: Form


INVENTORY: tuple[Personal, ...] = (
    Personal("people", "person_id", "joins what is one person's", Keep.PERSON, Form.IDENTITY),
    Personal("people", "profile", "name, telephone, e-mail, number: shown to operators", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("people", "name_token", "finds a person by the whole name", Keep.PERSON, Form.STANDING),
    Personal("people", "number_token", "finds a person by the staff number", Keep.PERSON, Form.STANDING),
    Personal("people", "kind", "employee, worker, student or visitor: which rules apply", Keep.PERSON, Form.PLAIN),
    Personal("people", "suspended", "whether the person may pass at all", Keep.PERSON, Form.PLAIN),
    Personal("people", "valid_since", "from when the person may pass", Keep.PERSON, Form.PLAIN),
    Personal("people", "valid_until", "until when the person may pass", Keep.PERSON, Form.PLAIN),
    Personal("people", "created_at", "when the person was enrolled", Keep.PERSON, Form.PLAIN),
    Personal("people", "arriving", "out of which file, until all of it is enrolled", Keep.IMPORT, Form.PLAIN),
    Personal("synced_people", "person_id", "who is kept in step with the organisation's directory", Keep.PERSON, Form.IDENTITY),
    Personal("synced_people", "user_token", "finds a person by what the directory calls them", Keep.PERSON, Form.STANDING),
    Personal("synced_people", "external_token", "finds a person by the directory's number", Keep.PERSON, Form.STANDING),
    Personal("synced_people", "detail", "what the directory calls them", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("imports", "operator_id", "who brought the file", Keep.IMPORT, Form.IDENTITY),
    Personal("imports", "file", "people who are to be enrolled, as the file gives them", Keep.IMPORT, Form.SEALED_TENANT),
    Personal("teams", "operator_id", "which operator leads the team", Keep.OPERATOR, Form.IDENTITY),
    Personal("teams", "person_id", "which person leads the team", Keep.PERSON, Form.IDENTITY),
    Personal("team_members", "person_id", "who is in the team", Keep.PERSON, Form.IDENTITY),
    Personal("team_members", "since", "from which day the person is in the team", Keep.PERSON, Form.PLAIN),
    Personal("team_members", "until", "through which day the person was in the team", Keep.PERSON, Form.PLAIN),
    Personal("team_members", "detail", "the person's trade: real-name list", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("reviews", "person_id", "who is spoken of", Keep.PERSON, Form.IDENTITY),
    Personal("reviews", "said", "the manager's score and words", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("reviews", "scored_by", "which operator scored", Keep.PERSON, Form.IDENTITY),
    Personal("reviews", "own", "the person's own words", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("goals", "person_id", "whose goal it is", Keep.PERSON, Form.IDENTITY),
    Personal("goals", "detail", "what is to be reached, until when, how far it is", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("goals", "made_by", "which operator set it", Keep.PERSON, Form.IDENTITY),
    Personal("group_members", "person_id", "which groups, hence which zones", Keep.PERSON, Form.IDENTITY),
    Personal("presence", "person_id", "joins the presence to its person", Keep.PERSON, Form.IDENTITY),
    Personal("presence", "state", "the zone last entered and when: passback, roll call", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("credentials", "person_id", "whose it is", Keep.PERSON, Form.IDENTITY),
    Personal("credentials", "means", "face, plate, card, QR or PIN", Keep.PERSON, Form.PLAIN),
    Personal("credentials", "token", "finds the credential that was shown", Keep.CREDENTIAL, Form.STANDING),
    Personal("credentials", "secret", "template, plate, number or PIN", Keep.CREDENTIAL, Form.SEALED_SUBJECT),
    Personal("credentials", "label", "what the person calls it", Keep.CREDENTIAL, Form.SEALED_SUBJECT),
    Personal("credentials", "site_id", "at which site the face opens", Keep.PERSON, Form.PLAIN),
    Personal("credentials", "since", "from when it opens", Keep.PERSON, Form.PLAIN),
    Personal("credentials", "until", "until when it opens", Keep.PERSON, Form.PLAIN),
    Personal("credentials", "gates", "which gates alone it opens: a visitor's pass", Keep.PERSON, Form.PLAIN),
    Personal("credentials", "created_at", "when it was added", Keep.PERSON, Form.PLAIN),
    Personal("credentials", "ended_at", "when it was ended", Keep.PERSON, Form.PLAIN),
    Personal("consents", "person_id", "whose consent it is", Keep.PERSON, Form.IDENTITY),
    Personal("consents", "purpose", "what was agreed to: proof", Keep.PERSON, Form.PLAIN),
    Personal("consents", "given_at", "when: proof", Keep.PERSON, Form.PLAIN),
    Personal("consents", "withdrawn_at", "when it ended: proof", Keep.PERSON, Form.PLAIN),
    Personal("consents", "given_by", "the person or a guardian: proof", Keep.PERSON, Form.PLAIN),
    Personal("consents", "details", "who the guardian is: proof", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("asks", "person_id", "who asked", Keep.PERSON, Form.IDENTITY),
    Personal("asks", "kind", "what was asked about one’s own data: a copy, a correction, an erasure", Keep.PERSON, Form.PLAIN),
    Personal("asks", "asked_at", "from when the clock of the answer runs: proof", Keep.PERSON, Form.PLAIN),
    Personal("asks", "detail", "what is to be corrected, and the person’s words", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("asks", "answered_by", "which operator answered", Keep.PERSON, Form.IDENTITY),
    Personal("asks", "answer", "what was answered, with the reason", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("legal_holds", "person_id", "whose data must not be erased for a while", Keep.HOLD, Form.IDENTITY),
    Personal("legal_holds", "reason", "why it is held, in words", Keep.HOLD, Form.SEALED_TENANT),
    Personal("legal_holds", "made_by", "which operator made the hold", Keep.HOLD, Form.IDENTITY),
    Personal("breaches", "words", "what happened, in words", Keep.JOURNAL, Form.SEALED_TENANT),
    Personal("breaches", "made_by", "which operator opened the breach", Keep.JOURNAL, Form.IDENTITY),
    Personal("face_uses", "written_by", "which operator answers for the purpose of faces", Keep.ASSESSMENT, Form.IDENTITY),
    Personal("face_assessments", "made_by", "which operator made the assessment", Keep.ASSESSMENT, Form.IDENTITY),
    Personal("visits", "person_id", "whose visit it is", Keep.VISIT, Form.IDENTITY),
    Personal("visits", "host_person", "whom they visit, where that is somebody enrolled", Keep.VISIT, Form.IDENTITY),
    Personal("visits", "host_operator", "whom they visit, where that is an operator", Keep.VISIT, Form.IDENTITY),
    Personal("visits", "detail", "why, company, what the site asked, codes and links", Keep.VISIT, Form.SEALED_SUBJECT),
    Personal("visits", "code_token", "finds the visit by the code that is typed at a kiosk", Keep.VISIT_LIVE, Form.STANDING),
    Personal("visits", "id_token", "knows an identity number again without keeping it", Keep.VISIT, Form.STANDING),
    Personal("visits", "link_hash", "finds the visit by the visitor's link", Keep.VISIT, Form.HASH),
    Personal("visits", "answer_hash", "finds the visit by the host's link", Keep.VISIT_LIVE, Form.HASH),
    Personal("visits", "came_at", "when they came: who is inside", Keep.VISIT, Form.PLAIN),
    Personal("visits", "left_at", "when they left", Keep.VISIT, Form.PLAIN),
    Personal("visit_blocks", "token", "knows who is not to be let in", Keep.VISIT_BLOCK, Form.STANDING),
    Personal("visit_blocks", "reason", "why, in words", Keep.VISIT_BLOCK, Form.SEALED_TENANT),
    Personal("passages", "token", "finds the passages of one person or plate on one day", Keep.PASSAGE, Form.OF_THE_DAY),
    Personal("passages", "who", "whose passage it was", Keep.PASSAGE, Form.SEALED_DAY),
    Personal("passages", "detail", "plate, scores, picture of the passage", Keep.PASSAGE, Form.SEALED_DAY),
    Personal("replays", "nonce", "knows a batch that came before", Keep.REPLAY, Form.HASH),
    Personal("gates", "source", "the camera's address and password: a way to watch people", Keep.OPERATOR, Form.SEALED_TENANT),
    Personal("edges", "auth_hash", "knows an edge by what it shows", Keep.OPERATOR, Form.HASH),
    Personal("edges", "link_key", "opens what an edge says: plates at a site's lanes", Keep.OPERATOR, Form.SEALED_TENANT),
    Personal("gates", "kiosk_hash", "knows a kiosk by its secret", Keep.OPERATOR, Form.HASH),
    Personal("permits", "person_id", "whose permit it is, where the holder is enrolled", Keep.PERMIT, Form.IDENTITY),
    Personal("permits", "holder", "who to write to", Keep.PERMIT, Form.SEALED_TENANT),
    Personal("permit_plates", "token", "finds the permit of a plate at the gate", Keep.PERMIT, Form.STANDING),
    Personal("permit_plates", "plate", "shown to operators", Keep.PERMIT, Form.SEALED_TENANT),
    Personal("validations", "code_hash", "knows a coupon by its code", Keep.PERMIT, Form.HASH),
    Personal("bans", "token", "finds the ban at the gate", Keep.PERMIT, Form.STANDING),
    Personal("bans", "plate", "shown to operators", Keep.PERMIT, Form.SEALED_TENANT),
    Personal("bans", "reason", "why, in words", Keep.PERMIT, Form.SEALED_TENANT),
    Personal("reservations", "token", "finds the reservation at the gate", Keep.PERMIT, Form.STANDING),
    Personal("reservations", "plate", "shown to operators", Keep.PERMIT, Form.SEALED_TENANT),
    Personal("agreements", "token", "finds the agreement of a car at the exit", Keep.AGREEMENT, Form.STANDING),
    Personal("agreements", "plate", "shown to its driver and to operators", Keep.AGREEMENT, Form.SEALED_TENANT),
    Personal("agreements", "refs", "the provider's numbers, by which it is charged", Keep.AGREEMENT, Form.SEALED_TENANT),
    Personal("agreements", "proof", "how an operator knew whose car it is", Keep.ACCOUNTS, Form.SEALED_TENANT),
    Personal("stays", "token", "finds the stay at the exit", Keep.STAY_LIVE, Form.STANDING),
    Personal("stays", "ticket_hash", "finds the stay by the ticket's code", Keep.STAY, Form.HASH),
    Personal("stays", "seen", "plate and picture at the entry", Keep.STAY, Form.SEALED_DAY),
    Personal("stays", "seen_leaving", "plate and picture at the exit", Keep.STAY, Form.SEALED_DAY),
    Personal("stays", "entered_at", "from when it is billed", Keep.ACCOUNTS, Form.PLAIN),
    Personal("stays", "left_at", "until when it is billed", Keep.ACCOUNTS, Form.PLAIN),
    Personal("stays", "permit_id", "by which permit it stands there", Keep.STAY, Form.IDENTITY),
    Personal("stay_masks", "mask", "finds the stay when the plate is misread", Keep.STAY_LIVE, Form.STANDING),
    Personal("readings", "token", "finds a pass by the plate as it was misread", Keep.PASSAGE, Form.OF_THE_DAY),
    Personal("payments", "ref_token", "finds the payment by the provider's number", Keep.ACCOUNTS, Form.STANDING),
    Personal("invoice_requests", "detail", "to whom an electronic invoice is made out and sent", Keep.STAY, Form.SEALED_DAY),
    Personal("payments", "refs", "the provider's numbers, which lead to the payer there", Keep.ACCOUNTS, Form.SEALED_TENANT),
    Personal("refunds", "reference", "the provider's number of the refund", Keep.ACCOUNTS, Form.SEALED_TENANT),
    Personal("refunds", "reason", "why, in words", Keep.ACCOUNTS, Form.SEALED_TENANT),
    Personal("differences", "refs", "the provider's numbers of what differs", Keep.ACCOUNTS, Form.SEALED_TENANT),
    Personal("differences", "settled_by", "which operator settled it", Keep.ACCOUNTS, Form.IDENTITY),
    Personal("differences", "settled_why", "how it came about, in words", Keep.ACCOUNTS, Form.SEALED_TENANT),
    Personal("calls", "token", "finds an undecided exit when its entry comes late", Keep.CALL, Form.STANDING),
    Personal("calls", "detail", "plate, pictures and candidates for the attendant", Keep.STAY, Form.SEALED_DAY),
    Personal("calls", "claimed_by", "which attendant took it", Keep.STAY, Form.IDENTITY),
    Personal("rosters", "person_id", "whose roster it is", Keep.HOURS, Form.IDENTITY),
    Personal("roster_days", "person_id", "whose single day it is", Keep.HOURS, Form.IDENTITY),
    Personal("hour_records", "person_id", "whose day it is about", Keep.HOURS, Form.IDENTITY),
    Personal("hour_records", "detail", "marks added or taken away, minutes approved, why", Keep.HOURS, Form.SEALED_SUBJECT),
    Personal("hour_records", "made_by", "which operator wrote it", Keep.HOURS, Form.IDENTITY),
    Personal("hour_records", "settled_by", "which operator settled it", Keep.HOURS, Form.IDENTITY),
    Personal("leaves", "person_id", "whose leave it is", Keep.HOURS, Form.IDENTITY),
    Personal("leaves", "first", "from which day the person is away: finds who is away", Keep.HOURS, Form.PLAIN),
    Personal("leaves", "last", "until which day the person is away: finds who is away", Keep.HOURS, Form.PLAIN),
    Personal("leaves", "detail", "which kind of leave, which part of the day, why", Keep.HOURS, Form.SEALED_SUBJECT),
    Personal("leaves", "asked_by", "which operator asked for the person", Keep.HOURS, Form.IDENTITY),
    Personal("leaves", "settled_by", "which operator approved or refused", Keep.HOURS, Form.IDENTITY),
    Personal("leave_grants", "person_id", "whose leave it is", Keep.HOURS, Form.IDENTITY),
    Personal("leave_grants", "detail", "leave given by hand: kind, minutes, why", Keep.HOURS, Form.SEALED_SUBJECT),
    Personal("leave_grants", "given_by", "which operator gave it", Keep.HOURS, Form.IDENTITY),
    Personal("services", "person_id", "whose service it is", Keep.HOURS, Form.IDENTITY),
    Personal("services", "detail", "since when here and at work: what leave the law gives", Keep.HOURS, Form.SEALED_SUBJECT),
    Personal("work_months", "person_id", "whose derived days these are", Keep.HOURS, Form.IDENTITY),
    Personal("work_months", "days", "the derived days with what each figure came from", Keep.HOURS, Form.SEALED_SUBJECT),
    Personal("pay_terms", "person_id", "whose pay it is", Keep.PERSON, Form.IDENTITY),
    Personal("pay_terms", "detail", "what was agreed about pay, the bank account", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("pay_entries", "person_id", "whose pay it belongs to", Keep.PERSON, Form.IDENTITY),
    Personal("pay_entries", "detail", "bonus, score, pieces, damage of one month", Keep.PERSON, Form.SEALED_SUBJECT),
    Personal("pay_runs", "made_by", "who drafted it: four eyes", Keep.PAY, Form.IDENTITY),
    Personal("pay_runs", "checked_by", "who checked it: four eyes", Keep.PAY, Form.IDENTITY),
    Personal("pay_runs", "approved_by", "who approved it: four eyes", Keep.PAY, Form.IDENTITY),
    Personal("pay_runs", "closed_by", "who closed it", Keep.PAY, Form.IDENTITY),
    Personal("pay_runs", "summary", "the sums: of a small run, somebody's pay", Keep.PAY, Form.SEALED_TENANT),
    Personal("payslips", "person_id", "whose payslip it is", Keep.PAY, Form.IDENTITY),
    Personal("payslips", "detail", "the payslip, with name and account", Keep.PAY, Form.SEALED_PAY),
    Personal("leak_reports", "said", "what a stranger tells of a leak, and how to reach them", Keep.LEAK, Form.SEALED_TENANT),
    Personal("leak_reports", "answer", "what they were told", Keep.LEAK, Form.SEALED_TENANT),
    Personal("leak_reports", "secret_hash", "knows a reporter's page by its link", Keep.LEAK, Form.HASH),
    Personal("journal", "actor_id", "who did or looked", Keep.JOURNAL, Form.IDENTITY),
    Personal("journal", "about", "finds what was done or looked at about one person", Keep.JOURNAL, Form.STANDING),
    Personal("journal", "purpose", "why it was looked at, in words", Keep.JOURNAL, Form.SEALED_TENANT),
    Personal("operators", "operator_id", "joins what is one operator's", Keep.OPERATOR, Form.IDENTITY),
    Personal("operators", "login_token", "finds the operator who signs in", Keep.OPERATOR, Form.STANDING),
    Personal("operators", "profile", "name and login, shown to other operators", Keep.OPERATOR, Form.SEALED_SUBJECT),
    Personal("operators", "password", "its argon2id hash", Keep.OPERATOR, Form.SEALED_TENANT),
    Personal("operators", "totp", "the secret of the second factor", Keep.OPERATOR, Form.SEALED_TENANT),
    Personal("passkeys", "operator_id", "whose passkey it is", Keep.OPERATOR, Form.IDENTITY),
    Personal("passkeys", "token", "finds the passkey that was shown", Keep.OPERATOR, Form.STANDING),
    Personal("passkeys", "detail", "its identity, public key and name", Keep.OPERATOR, Form.SEALED_SUBJECT),
    Personal("spent_tickets", "ticket_hash", "knows a step of signing in that was taken before", Keep.SESSION, Form.HASH),
    Personal("signin_services", "secret", "our own secret at the sign-in service", Keep.OPERATOR, Form.SEALED_TENANT),
    Personal("outside_identities", "token", "finds who the sign-in service vouches for", Keep.OPERATOR, Form.STANDING),
    Personal("outside_identities", "operator_id", "whose account at the sign-in service it is", Keep.OPERATOR, Form.IDENTITY),
    Personal("outside_identities", "detail", "who they are there", Keep.OPERATOR, Form.SEALED_SUBJECT),
    Personal("sessions", "operator_id", "whose session it is", Keep.SESSION, Form.IDENTITY),
    Personal("sessions", "secret_hash", "knows a session by its secret", Keep.SESSION, Form.HASH),
    Personal("own_links", "person_id", "whose own page the link opens", Keep.SESSION, Form.IDENTITY),
    Personal("own_links", "secret_hash", "knows a link to one's own page by its secret", Keep.SESSION, Form.HASH),
    Personal("api_keys", "operator_id", "whose rights a program's key has", Keep.OPERATOR, Form.IDENTITY),
    Personal("api_keys", "secret_hash", "knows a key by its secret", Keep.OPERATOR, Form.HASH),
    Personal("own_sessions", "person_id", "who looks at their own data", Keep.SESSION, Form.IDENTITY),
    Personal("own_sessions", "secret_hash", "knows that session by its secret", Keep.SESSION, Form.HASH),
    Personal(
        "sessions", "device", "from what somebody is signed in: a browser and a system, nothing finer", Keep.SESSION, Form.PLAIN
    ),
    Personal("break_glass", "operator_id", "which operator took rights in an emergency", Keep.JOURNAL, Form.IDENTITY),
    Personal("break_glass", "reason", "what had happened, in words", Keep.JOURNAL, Form.SEALED_TENANT),
    Personal("alarm_letters", "operator_id", "which operator is told of an emergency", Keep.JOURNAL, Form.IDENTITY),
    Personal("backup_letters", "operator_id", "which operator is told that backups are late", Keep.JOURNAL, Form.IDENTITY),
    Personal("approvals", "asked_by", "which operator asked a second one", Keep.JOURNAL, Form.IDENTITY),
    Personal("approvals", "decided_by", "which operator was the second", Keep.JOURNAL, Form.IDENTITY),
    Personal("approvals", "reason", "why something was asked for that takes two people", Keep.JOURNAL, Form.SEALED_TENANT),
    Personal("setup_links", "secret_hash", "knows a set-up link by its secret", Keep.SESSION, Form.HASH),
)


def forms() -> dict[tuple[str, str], Form]:
    """How each personal column lies there, by table and column."""
    return {(entry.table, entry.column): entry.form for entry in INVENTORY}
