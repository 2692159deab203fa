"""Visitors at a kiosk: finding their visit by code, asking to come in without one, checking in and out.

What a kiosk asks is kept only from the moment the visitor says yes to the notice. It is told the visitor's first name, the
host's name that was typed or invited, and where the pass opens: never why somebody is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import SiteId, VisitId
from sealgate.domain.operators import Permission
from sealgate.domain.people import Profile, first_name
from sealgate.domain.people import checked as checked_profile
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.visits import IN_THE_BUILDING, NotNow, VisitState, checked_words, pass_times, word_code
from sealgate.domain.visits_asking import VisitRules
from sealgate.domain.visits_blocks import Verdict
from sealgate.domain.visits_letters import LetterKind
from sealgate.flows import enrol, visit_blocks
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House, Signed
from sealgate.flows.passage import Admission, admit
from sealgate.flows.visit import NewVisit, add_visit, consent, leave
from sealgate.flows.visit_agree import Agreement, SeeReception, checked, keep, refuse_quietly, register
from sealgate.flows.visit_rows import (
    frame_of,
    host_named,
    line_of,
    pass_text,
    shown_state,
    write_to,
)
from sealgate.privacy import journal
from sealgate.store import directory, places, visits
from sealgate.store.engine import Actor, Reader
from sealgate.store.visits import VisitRow

FACE = Means.FACE.value
STAY = timedelta(hours=4)
"""For so long a walk-up may stay."""

MOST_WAITING = 40
"""Walk-ups that may wait at one site at a time: a kiosk cannot be made to fill the store."""

MEDIANS_OVER = timedelta(days=30)


class UnknownCode(Refused):
    """No visit now has this code."""

    code = "visit.unknown-code"
    status = 404


class TooManyCodes(Refused):
    """Too many wrong codes at this kiosk; `wait` says for how long."""

    code = "visit.too-many-codes"
    status = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many wrong codes")
        self.wait = wait


class NoWalkUps(Refused):
    """This site takes visitors by invitation only, or too many wait already."""

    code = "visit.no-walk-ups"
    status = 409


@dataclass(frozen=True, slots=True)
class AtKiosk:
    """A visit as the kiosk sees it. `opens`: the kiosk's own gate is among those of the visit."""

    visit: VisitId
    first_name: str
    host: str
    state: VisitState
    until: datetime
    gates: tuple[str, ...]
    opens: bool
    rules: VisitRules
    offers_face: bool

    @property
    def must_agree(self) -> bool:
        return self.state is VisitState.INVITED

    @property
    def inside(self) -> bool:
        return self.state in IN_THE_BUILDING


@dataclass(frozen=True, slots=True)
class Medians:
    """How long checking in at the kiosks takes, in seconds, by way; None where nobody did. `counts` says of how many."""

    by_code: float | None
    by_face: float | None
    counts: tuple[int, int]


def rules_here(house: House, kiosk: KioskGate) -> VisitRules:
    with house.store.read(kiosk.tenant) as db:
        return visits.latest_rules(db, places.gate(db, kiosk.gate).site)


def find(house: House, kiosk: KioskGate, text: str) -> AtKiosk:
    """By the six letters or the text of the QR code, of a visit of this site. Raises `UnknownCode`, `TooManyCodes`."""
    now = house.clock.now()
    wait = house.code_tries.wait(str(kiosk.gate), now)
    if wait:
        raise TooManyCodes(wait)
    with house.store.read(kiosk.tenant) as db:
        row = _by_text(house, db, text)
        if row is None or row.site != places.gate(db, kiosk.gate).site or not _may_check(row, now):
            house.code_tries.missed(str(kiosk.gate), now)
            raise UnknownCode("no visit has this code now")
        return _at_kiosk(house, db, kiosk, row)


def at_kiosk(house: House, kiosk: KioskGate, visit: VisitId) -> AtKiosk:
    """A visit that this kiosk has found or made before. Raises `NotFound`."""
    with house.store.read(kiosk.tenant) as db:
        return _at_kiosk(house, db, kiosk, _here(db, kiosk, visit))


def agree(house: House, kiosk: KioskGate, visit: VisitId, agreement: Agreement) -> None:
    """An invited visitor agrees at the kiosk. Raises as `visit_agree.register`; a blocked one's refusal is kept."""
    try:
        with house.store.begin(kiosk.tenant, _actor(kiosk)) as tx:
            register(house, tx, _here(tx, kiosk, visit), agreement)
    except SeeReception:
        with house.store.begin(kiosk.tenant, _actor(kiosk)) as tx:
            refuse_quietly(house, tx, _here(tx, kiosk, visit))
        raise


def walk_up(
    house: House, kiosk: KioskGate, name: str, host_name: str, why: str, agreement: Agreement, language: str
) -> VisitId:
    """Somebody without an invitation asks to come in. The host is told where there is one of that name, else reception.

    Who is on the block list waits like everybody else, and reception reads why. Raises `NoWalkUps`, and what is wrong with
    a name or an answer.
    """
    profile = checked_profile(Profile(name))
    host_words = checked_words(host_name, "host", 120, needed=True)
    reason = checked_words(why, "why")
    with house.store.begin(kiosk.tenant, _actor(kiosk)) as tx:
        now = house.clock.now()
        site = places.gate(tx, kiosk.gate).site
        agreed = checked(house, tx, site, agreement)
        if not agreed.rules.walk_ups or len(visits.asked(tx, site)) >= MOST_WAITING:
            raise NoWalkUps("not without an invitation")
        host = host_named(house, tx, host_words)
        phoned = replace(profile, phone=agreed.answers.phone)
        found = visit_blocks.hit(house, tx, phoned, agreed.answers.id_number)
        new = NewVisit(profile.name, now, now + STAY, (kiosk.gate,), reason, language=language)
        made = add_visit(
            house,
            tx,
            site,
            profile,
            new,
            host,
            state=VisitState.AWAITING,
            flagged=found.verdict is not Verdict.FREE,
            walk_up=True,
        )
        row = visits.visit(tx, made.visit)
        assert row is not None
        keep(house, tx, row, agreed, profile)
        if not row.flagged and host.known:
            write_to(house, tx, made.visit, LetterKind.ASKED, now)
        journal.write(tx, house.keyring, now, "visit.asked", about=row.person, object=f"visit:{made.visit}")
    return made.visit


def check_in(
    house: House,
    kiosk: KioskGate,
    visit: VisitId,
    started_at: datetime,
    pictures: Sequence[bytes] = (),
    face_notice: str = "",
) -> Admission | None:
    """In by the visitor's code; with `pictures` the face is enrolled first, for the gates and the time of the visit.

    None where the pass does not open this kiosk's own gate: then it was registered, and opens the others. The time since
    `started_at` is kept by the way chosen. Raises `NotNow`, and the refusals of enrolling a face.
    """
    with house.store.read(kiosk.tenant) as db:
        row = _here(db, kiosk, visit)
        if shown_state(row, house.clock.now()) not in {VisitState.EXPECTED, VisitState.LEFT}:
            raise NotNow("not expected, or inside already")
        offers = _offers_face(house, db, kiosk, visits.latest_rules(db, row.site))
        text = pass_text(house, kiosk.tenant, row.person, row.visit)
    if pictures:
        if not offers:
            raise enrol.FacesOff("no face is asked here")
        _with_face(house, kiosk, row, pictures, face_notice)
    admission = None
    if kiosk.gate in row.gates:
        admission = admit(house, kiosk.tenant, CodeSighting(kiosk.gate, house.clock.now(), Means.QR, text))
    if admission is None or admission.decision.opens:
        _time(house, kiosk, row, Means.FACE if pictures else Means.QR, started_at)
    return admission


def check_out(house: House, kiosk: KioskGate, visit: VisitId) -> None:
    """Raises `NotNow`."""
    with house.store.begin(kiosk.tenant, _actor(kiosk)) as tx:
        leave(house, tx, _here(tx, kiosk, visit))


def medians(house: House, signed: Signed, site: SiteId) -> Medians:
    """Over the last thirty days, as far as the visits are still kept."""
    signed.need(Permission.VISITS)
    with house.store.read(signed.tenant) as db:
        took = visits.timings(db, site, house.clock.now() - MEDIANS_OVER)
    face = [ms for way, ms in took if way is Means.FACE]
    code = [ms for way, ms in took if way is not Means.FACE]
    return Medians(_seconds(code), _seconds(face), (len(code), len(face)))


def _seconds(times: Sequence[int]) -> float | None:
    return round(median(times) / 1000, 1) if times else None


def _with_face(house: House, kiosk: KioskGate, row: VisitRow, pictures: Sequence[bytes], notice: str) -> None:
    """A consent of its own, then the template; a picture that will not do takes the consent back."""
    actor = _actor(kiosk)
    with house.store.begin(kiosk.tenant, actor) as tx:
        now = house.clock.now()
        if not directory.has_consent(tx, row.person, FACE):
            rules = visits.rules_at(tx, row.site, row.revision)
            consent(house, tx, row, rules, now=now, purpose=FACE, version=notice)
        journal.write(tx, house.keyring, now, "consent.given", about=row.person, object=f"visit:{row.visit}")
    valid = enrol.Pass(row.gates, pass_times(row.since, row.until))
    try:
        enrol.take_face(house, kiosk.tenant, actor, row.site, row.person, pictures, pass_=valid)
    except Refused:
        with house.store.begin(kiosk.tenant, actor) as tx:
            now = house.clock.now()
            for one in directory.consents_of(tx, row.person):
                if one.purpose == FACE and one.withdrawn_at is None:
                    directory.withdraw_consent(tx, one.consent, now)
            journal.write(tx, house.keyring, now, "consent.withdrawn", about=row.person, object=f"visit:{row.visit}")
        raise


def _time(house: House, kiosk: KioskGate, row: VisitRow, way: Means, started_at: datetime) -> None:
    took = round((house.clock.now() - started_at) / timedelta(milliseconds=1))
    if 0 <= took <= 3_600_000:
        with house.store.begin(kiosk.tenant, _actor(kiosk)) as tx, tx.upkeep():
            visits.change_visit(tx, row.visit, way=way, took_ms=took)


def _by_text(house: House, db: Reader, text: str) -> VisitRow | None:
    code = word_code(text)
    if code is not None:
        return visits.visit_by(db, code=house.index.standing_token(db.tenant, "visit-code", code))
    token = house.index.standing_token(db.tenant, Means.QR.value, text.strip()[:512])
    credential = directory.credential_by_token(db, Means.QR, token)
    return next(iter(visits.visits_of(db, [credential.person])), None) if credential else None


def _may_check(row: VisitRow, now: datetime) -> bool:
    """Whether a code means anything now: soon, now, or inside still."""
    state = shown_state(row, now)
    early = pass_times(row.since, row.until).since
    coming = state in {VisitState.INVITED, VisitState.EXPECTED, VisitState.LEFT} and early is not None
    return state in IN_THE_BUILDING or (coming and early is not None and early <= now < row.until)


def _here(db: Reader, kiosk: KioskGate, visit: VisitId) -> VisitRow:
    row = visits.visit(db, visit)
    if row is None or row.site != places.gate(db, kiosk.gate).site:
        raise NotFound("visit")
    return row


def _at_kiosk(house: House, db: Reader, kiosk: KioskGate, row: VisitRow) -> AtKiosk:
    frame = frame_of(house, db, row.site, [row])
    line = line_of(house, db, frame, row)
    return AtKiosk(
        visit=row.visit,
        first_name=first_name(line.name),
        host=line.host,
        state=line.state,
        until=line.until,
        gates=line.gates,
        opens=kiosk.gate in row.gates,
        rules=frame.rules,
        offers_face=_offers_face(house, db, kiosk, frame.rules),
    )


def _offers_face(house: House, db: Reader, kiosk: KioskGate, rules: VisitRules) -> bool:
    return rules.face and house.faces is not None and Means.FACE in places.gate(db, kiosk.gate).means


def _actor(kiosk: KioskGate) -> Actor:
    return Actor("gate", str(kiosk.gate))
