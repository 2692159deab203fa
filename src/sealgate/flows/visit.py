"""A visit as the people of the house see it: inviting, the board, one record, approving, checking in and out, cancelling.

A visitor is a person of their own kind with a key of their own; nothing here makes one of the staff. What opens gates is
made when the visitor has read the notice, never before.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sealgate.domain.calendar import DAY, zone
from sealgate.domain.errors import Forbidden, NotFound, Refused
from sealgate.domain.ids import ConsentId, GateId, PersonId, SiteId, VisitId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind, Profile, checked, name_key
from sealgate.domain.visits import (
    IN_THE_BUILDING,
    NotNow,
    Step,
    VisitState,
    checked_gates,
    checked_time,
    checked_words,
    pass_times,
)
from sealgate.domain.visits_asking import VisitField, VisitRules
from sealgate.domain.visits_blocks import Verdict
from sealgate.domain.visits_letters import CHINESE, ENGLISH, LetterKind
from sealgate.flows import visit_blocks
from sealgate.flows.kit import House, Signed, fingerprint, new_secret, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.visit_blocks import BlockLine
from sealgate.flows.visit_moves import came
from sealgate.flows.visit_rows import (
    Host,
    VisitLine,
    detail_of,
    end_passes,
    frame_of,
    give_pass,
    gone,
    host_named,
    host_of,
    is_host,
    line_of,
    may_see,
    new_code,
    put_outside,
    seal_detail,
    shown_state,
    told,
    write_to,
)
from sealgate.privacy import journal
from sealgate.store import directory, places, visits
from sealgate.store.engine import Reader, Tx
from sealgate.store.visits import VisitRow
from sealgate.vault.envelope import Place


class Blocked(Refused):
    """On the block list. `reasons` are for operators who may see them, and never for the visitor."""

    code = "visit.blocked"
    status = 409

    def __init__(self, reasons: tuple[BlockLine, ...] = ()) -> None:
        super().__init__("on the block list")
        self.reasons = reasons


class UnknownHost(Refused):
    """Nobody of that name works here."""

    code = "visit.unknown-host"


@dataclass(frozen=True, slots=True)
class NewVisit:
    """`host` is the whole name of somebody else, empty for whoever invites. `language` is the letter's."""

    name: str
    since: datetime
    until: datetime
    gates: tuple[GateId, ...]
    why: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    host: str = ""
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Invited:
    """`link` is the secret of the visitor's page. `mailed`: it is on its way. `flagged`: reception has to look first."""

    visit: VisitId
    link: str
    code: str
    mailed: bool
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """One day of a site. Each visit stands in one list, by where it is now; `overstays` and `asked` need somebody."""

    day: date
    asked: tuple[VisitLine, ...]
    expected: tuple[VisitLine, ...]
    inside: tuple[VisitLine, ...]
    overstays: tuple[VisitLine, ...]
    left: tuple[VisitLine, ...]
    others: tuple[VisitLine, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """One visit whole. `link` and `code` are empty once they lead nowhere. `reasons`: why the block list speaks up."""

    line: VisitLine
    link: str
    code: str
    email_end: str
    answers: dict[str, str]
    guardian: bool
    consent: directory.ConsentRow | None
    letters: tuple[visits.LetterRow, ...]
    reasons: tuple[BlockLine, ...]
    erase_at: datetime
    forget: bool
    rules: VisitRules
    may_answer: bool
    may_end: bool


def invite(house: House, signed: Signed, site: SiteId, new: NewVisit) -> Invited:
    """Raises what is wrong with the time, the gates or the person, `UnknownHost`, and `Blocked`."""
    signed.keep_to(site, "site")
    signed.need(Permission.HOST)
    profile = checked(Profile(new.name, new.phone, new.email))
    why, company = checked_words(new.why, "why"), checked_words(new.company, "company", 120)
    now = house.clock.now()
    checked_time(new.since, new.until, now)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        gates = checked_gates(new.gates, inward_gates(tx, site))
        host = _host(house, tx, signed, new.host)
        found = visit_blocks.hit(house, tx, profile)
        if found.verdict is Verdict.REFUSE:
            raise Blocked(found.reasons if signed.may(Permission.VISITS) else ())
        made = add_visit(
            house,
            tx,
            site,
            profile,
            replace(new, gates=gates, why=why, company=company),
            host,
            state=VisitState.AWAITING if found.verdict is Verdict.ASK else VisitState.INVITED,
            flagged=found.verdict is Verdict.ASK,
        )
        wanted = bool(profile.email) and not made.flagged
        mailed = wanted and write_to(house, tx, made.visit, LetterKind.INVITATION, now)
        journal.write(tx, house.keyring, now, "visit.invited", about=_person(tx, made), object=f"visit:{made.visit}")
    return replace(made, mailed=mailed)


def add_visit(
    house: House,
    tx: Tx,
    site: SiteId,
    profile: Profile,
    new: NewVisit,
    host: Host,
    *,
    state: VisitState,
    flagged: bool = False,
    walk_up: bool = False,
    more: dict[str, Any] | None = None,
) -> Invited:
    """The visitor as a person, and their visit; `more` is what is sealed beside the rest. The caller writes the journal."""
    person, visit = PersonId(house.new_id()), VisitId(house.new_id())
    now, rules = house.clock.now(), visits.latest_rules(tx, site)
    valid = pass_times(new.since, new.until)
    directory.add_person(
        tx,
        directory.PersonRow(
            person=person,
            profile=seal(house, tx.tenant, subject(person), profile_place(tx.tenant, person), asdict(profile)),
            name_token=house.index.standing_token(tx.tenant, "name", name_key(profile.name)),
            kind=PersonKind.VISITOR,
            suspended=False,
            valid_since=valid.since,
            valid_until=valid.until,
            created_at=now,
        ),
    )
    (code, code_token), link = new_code(house, tx), new_secret(tx.tenant)
    asks = state is VisitState.AWAITING
    answer = new_secret(tx.tenant) if asks and not flagged else ""
    detail = {"why": new.why, "company": new.company, "host": host.name, "code": code, "link": link, "answer": answer}
    row = VisitRow(
        visit=visit,
        site=site,
        person=person,
        state=state,
        since=new.since,
        until=new.until,
        gates=new.gates,
        detail=seal_detail(house, tx.tenant, person, visit, {**detail, **(more or {})}),
        link_hash=fingerprint(link),
        asked_at=now,
        erase_at=new.until + rules.keep,
        language=CHINESE if new.language == CHINESE else ENGLISH,
        host_person=host.person,
        host_operator=host.operator,
        walk_up=walk_up,
        flagged=flagged,
        revision=rules.revision,
        answer_hash=fingerprint(answer) if answer else None,
        code_token=code_token,
    )
    visits.add_visit(tx, row)
    told(house, tx, row, "asked" if asks else "invited")
    return Invited(visit, link, code, mailed=False, flagged=flagged)


def inward_gates(db: Reader, site: SiteId) -> list[GateId]:
    """The gates of a site that lead in: what a visit may open. Outwards everybody may go."""
    outside = {line.zone for line in places.zones(db, site) if line.outside}
    return [gate.gate for gate in places.gates(db, site) if gate.to_zone not in outside]


def board(house: House, signed: Signed, site: SiteId, day: date | None = None) -> Board:
    """Everybody's visits for who may see visits, one's own for a host. `day` is the site's; today unless given."""
    if not signed.may(Permission.VISITS):
        signed.need(Permission.HOST)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        tz = zone(places.site(tx, site).time_zone)
        shown = day or now.astimezone(tz).date()
        begin = datetime.combine(shown, time(), tz)
        rows = visits.board(tx, site, begin, datetime.combine(shown + DAY, time(), tz))
        frame = frame_of(house, tx, site, rows)
        seen = [row for row in rows if may_see(signed, row, host_of(row, frame.hosts, {}))]
        lines = [line_of(house, tx, frame, row, signed) for row in seen]
        journal.write(tx, house.keyring, now, "visits.listed", object=f"visits:{len(lines)}")

    def of(*states: VisitState) -> tuple[VisitLine, ...]:
        return tuple(line for line in lines if line.state in states)

    state = VisitState
    return Board(
        day=shown,
        asked=of(state.AWAITING),
        expected=of(state.INVITED, state.EXPECTED),
        inside=of(state.INSIDE),
        overstays=of(state.OVERSTAYED),
        left=of(state.LEFT),
        others=of(state.MISSED, state.REFUSED, state.CANCELLED),
        now=now.astimezone(tz),
    )


def waiting(house: House, signed: Signed, site: SiteId) -> list[VisitLine]:
    """Walk-ups that this operator may answer, for a page that is looked at anyway: `visits.listed` was journaled with it."""
    with house.store.read(signed.tenant) as db:
        rows = visits.asked(db, site)
        frame = frame_of(house, db, site, rows)
        seen = [row for row in rows if may_see(signed, row, host_of(row, frame.hosts, {}))]
        return [line_of(house, db, frame, row, signed) for row in seen]


def record(house: House, signed: Signed, visit: VisitId) -> VisitRecord:
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, host = _seen(house, tx, signed, visit)
        frame = frame_of(house, tx, row.site, [row])
        detail = detail_of(house, tx, row)
        now = house.clock.now()
        line = line_of(house, tx, frame, row, signed)
        given = [one for one in directory.consents_of(tx, row.person) if one.purpose == VISIT]
        letters = tuple(visits.letters_of(tx, visit))
        reasons = _reasons(house, tx, row) if row.flagged and signed.may(Permission.VISITS) else ()
        profile = _profile(house, tx, row.person)
        journal.write(tx, house.keyring, now, "visit.opened", about=row.person, object=f"visit:{visit}")
        asked_at = visits.rules_at(tx, row.site, row.revision)
    live = line.state in IN_THE_BUILDING or line.state in {VisitState.INVITED, VisitState.EXPECTED}
    return VisitRecord(
        line=line,
        link=str(detail.get("link", "")) if live else "",
        code=str(detail.get("code", "")) if live else "",
        email_end="···" + profile.email[profile.email.rfind("@") :] if profile.email else "",
        answers=_shown_answers(detail),
        guardian=any(one.given_by == "guardian" for one in given),
        consent=given[-1] if given else None,
        letters=letters,
        reasons=reasons,
        erase_at=row.erase_at,
        forget=row.forget,
        rules=asked_at,
        may_answer=line.state is VisitState.AWAITING and may_answer(signed, row, host),
        may_end=live or line.state is VisitState.AWAITING,
    )


VISIT = "visit"
"""The purpose of a visitor's consent."""


def at_visit(house: House, signed: Signed, visit: VisitId) -> Signed:
    """The operator at the site of the visit; for who names a visit alone. Raises `NotFound`, also where they have no role."""
    with house.store.read(signed.tenant) as db:
        row = visits.visit(db, visit)
    if row is None or not signed.works_at(row.site):
        raise NotFound("visit")
    return signed.at(row.site)


def may_answer(signed: Signed, row: VisitRow, host: Host) -> bool:
    """Reception may always; a host for their own visitors, unless the block list asks reception."""
    return signed.may(Permission.VISITS) or (signed.may(Permission.HOST) and is_host(signed, row, host) and not row.flagged)


def answer(house: House, signed: Signed, visit: VisitId, *, yes: bool) -> None:
    """Approve a walk-up or refuse it. Raises `NotNow` where somebody was first."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, host = _seen(house, tx, signed, visit)
        if not may_answer(signed, row, host):
            raise Forbidden("visits")
        decide(house, tx, row, yes=yes)


def decide(house: House, tx: Tx, row: VisitRow, *, yes: bool) -> None:
    """The step itself: the pass of a visitor who has agreed to the notice opens from here on."""
    now = house.clock.now()
    step = Step.APPROVE if yes else Step.REFUSE
    if row.state is not VisitState.AWAITING or (yes and row.until <= now):
        raise NotNow("nobody waits for this answer any more")
    if not visits.take_step(tx, row.visit, step, answered_at=now, answer_hash=None, flagged=row.flagged and not yes):
        raise NotNow("somebody was first")
    agreed = directory.has_consent(tx, row.person, VISIT)
    if yes and agreed:
        give_pass(house, tx, row, now)
    if yes and not agreed:  # invited, and held back by the block list: the invitation goes on from here
        visits.change_visit(tx, row.visit, state=VisitState.INVITED)
        if _profile(house, tx, row.person).email:
            write_to(house, tx, row.visit, LetterKind.INVITATION, now)
    told(house, tx, row, step.value)
    action = "visit.approved" if yes else "visit.refused"
    journal.write(tx, house.keyring, now, action, about=row.person, object=f"visit:{row.visit}")


def cancel(house: House, signed: Signed, visit: VisitId) -> None:
    """The pass opens nothing from now on; the visitor is written to where they were. Raises `NotNow`."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, _host = _seen(house, tx, signed, visit)
        call_off(house, tx, row)
        if row.state is not VisitState.AWAITING and _profile(house, tx, row.person).email:
            write_to(house, tx, visit, LetterKind.CANCELLED, house.clock.now())


def call_off(house: House, tx: Tx, row: VisitRow) -> None:
    """By whoever may. Raises `NotNow`."""
    now = house.clock.now()
    if not visits.take_step(tx, row.visit, Step.CANCEL, answer_hash=None, code_token=None):
        raise NotNow("it has begun, or it is over")
    end_passes(house, tx, row.person, now)
    told(house, tx, row, Step.CANCEL.value)
    journal.write(tx, house.keyring, now, "visit.cancelled", about=row.person, object=f"visit:{row.visit}")


def check_in(house: House, signed: Signed, visit: VisitId) -> None:
    """Reception says that the visitor is in: for a door that somebody holds open. Raises `NotNow`."""
    signed.need(Permission.VISITS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, _host = _seen(house, tx, signed, visit)
        if shown_state(row, house.clock.now()) is VisitState.MISSED or not came(house, tx, row, house.clock.now()):
            raise NotNow("not expected, or inside already")
        journal.write(tx, house.keyring, house.clock.now(), "visit.checked-in", about=row.person, object=f"visit:{visit}")


def check_out(house: House, signed: Signed, visit: VisitId) -> None:
    """By reception or the host. Raises `NotNow`."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row, _host = _seen(house, tx, signed, visit)
        leave(house, tx, row)


def leave(house: House, tx: Tx, row: VisitRow) -> None:
    """By whoever may: nothing opens inwards any more; outwards the pass opens until the visit is erased. Raises `NotNow`."""
    now = house.clock.now()
    if not gone(house, tx, row, visits.latest_rules(tx, row.site), now):
        raise NotNow("not inside")
    directory.limit_credentials(tx, row.person, now)
    visits.change_visit(tx, row.visit, code_token=None)
    put_outside(house, tx, row, now)
    journal.write(tx, house.keyring, now, "visit.checked-out", about=row.person, object=f"visit:{row.visit}")


def consent(
    house: House,
    tx: Tx,
    row: VisitRow,
    rules: VisitRules,
    *,
    now: datetime,
    guardian: str = "",
    purpose: str = VISIT,
    version: str = "",
) -> None:
    """Proof of what was agreed to: the version of the text (the visit's notice unless given), when, and by whom."""
    consent_id = ConsentId(house.new_id())
    place = Place(tx.tenant, "consents", "details", str(consent_id))
    details = seal(house, tx.tenant, subject(row.person), place, {"guardian": guardian}) if guardian else None
    given_by = "guardian" if guardian else "person"
    text = version or rules.notice_version
    given = directory.ConsentRow(consent_id, row.person, purpose, text, now, None, given_by, details)
    directory.add_consent(tx, given)


def _host(house: House, db: Reader, signed: Signed, name: str) -> Host:
    if not name.strip():
        return Host(signed.name, operator=signed.operator, email=signed.login)
    found = host_named(house, db, name)
    if not found.known:
        raise UnknownHost("nobody of that name works here")
    return found


def _seen(house: House, tx: Tx, signed: Signed, visit: VisitId) -> tuple[VisitRow, Host]:
    """The visit, where this operator may see it: another's is answered like none."""
    row = visits.visit(tx, visit)
    if row is None:
        raise NotFound("visit")
    signed.keep_to(row.site, "visit")
    host = host_of(row, frame_of(house, tx, row.site, [row]).hosts, {})
    if not may_see(signed, row, host):
        raise NotFound("visit")
    return row, host


def _person(db: Reader, made: Invited) -> PersonId:
    row = visits.visit(db, made.visit)
    assert row is not None
    return row.person


def _profile(house: House, db: Reader, person: PersonId) -> Profile:
    row = directory.person(db, person)
    if row is None:
        raise NotFound("person")
    return Profile(**unseal(house, profile_place(db.tenant, person), row.profile))


def _reasons(house: House, db: Reader, row: VisitRow) -> tuple[BlockLine, ...]:
    found = visit_blocks.hit(house, db, _profile(house, db, row.person)).reasons
    by_number = visit_blocks.of_tokens(house, db, [row.id_token]).reasons if row.id_token else ()
    return (*found, *by_number)


def _shown_answers(detail: dict[str, Any]) -> dict[str, str]:
    """What the visitor said, as a screen may show it: of an identity number the last two characters."""
    kept = dict(detail.get("answers", {}))
    shown = {
        name.value: str(kept[name.value]) for name in (VisitField.COMPANY, VisitField.AGE, VisitField.SEX) if name.value in kept
    }
    if "id-ending" in kept:
        shown[VisitField.ID_NUMBER.value] = "···" + str(kept["id-ending"])
    return shown
