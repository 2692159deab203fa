"""A visitor agrees to the notice and answers what it names: on their own page, or at the kiosk. Nothing is kept before.

A blocked visitor gets the same answer as one who is to see reception; the reason is on the operators' page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Conflict, Refused
from sealgate.domain.ids import SiteId
from sealgate.domain.people import Profile
from sealgate.domain.visits import NotNow, Step, VisitState
from sealgate.domain.visits_asking import Answers, VisitField, VisitRules, checked_answers, checked_guardian, needs_guardian
from sealgate.domain.visits_blocks import Verdict
from sealgate.flows import visit_blocks
from sealgate.flows.kit import House, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.visit import consent
from sealgate.flows.visit_rows import detail_of, end_passes, give_pass, next_strip, seal_detail, told
from sealgate.privacy import journal
from sealgate.store import directory, places, visits
from sealgate.store.engine import Reader, Tx
from sealgate.store.visits import VisitRow


class SeeReception(Refused):
    """The neutral answer: reception helps on. It is given for a block, and says nothing of one."""

    code = "visit.see-reception"
    status = 409


class NoticeChanged(Conflict):
    """The site's notice was changed while it was being read: it is shown again."""

    code = "visit.notice-changed"


class NotAgreed(Refused):
    """Without a yes to the notice nothing is kept, and reception finds another way."""

    code = "visit.not-agreed"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a visitor sends: yes or no to the notice of that `version`, the answers by the fields' words, and their choices."""

    version: str
    yes: bool
    answers: Mapping[str, str] = field(default_factory=dict)
    minor: bool = False
    guardian: str = ""
    guardian_confirms: bool = False
    forget: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """An agreement whose every part was checked against the site's rules."""

    rules: VisitRules
    answers: Answers
    guardian: str
    forget: bool


def checked(house: House, db: Reader, site: SiteId, agreement: Agreement) -> Checked:
    """Raises `NotAgreed`, `NoticeChanged`, `GuardianNeeded`, and what is wrong with an answer."""
    rules = visits.latest_rules(db, site)
    if not agreement.yes:
        raise NotAgreed("no")
    if agreement.version != rules.notice_version:
        raise NoticeChanged("the notice was changed meanwhile")
    today = today_at(house, db, site)
    answers = checked_answers(rules, agreement.answers, today)
    minor = needs_guardian(answers, today, said_minor=agreement.minor)
    guardian = checked_guardian(agreement.guardian, confirmed=agreement.guardian_confirms) if minor else ""
    return Checked(rules, answers, guardian, agreement.forget)


def register(house: House, tx: Tx, row: VisitRow, agreement: Agreement) -> None:
    """An invited visitor agrees: their pass is made. Raises as `checked`, `NotNow`, and `SeeReception` for a blocked one.

    After `SeeReception` the refusal has to be kept: call `refuse_quietly` in a transaction of its own.
    """
    if row.state is not VisitState.INVITED or row.until <= house.clock.now():
        raise NotNow("not invited, or agreed already")
    agreed = checked(house, tx, row.site, agreement)
    profile = _profile(house, tx, row)
    found = visit_blocks.hit(house, tx, replace(profile, phone=agreed.answers.phone or profile.phone), agreed.answers.id_number)
    if found.verdict is Verdict.REFUSE:
        raise SeeReception("on the block list")
    keep(house, tx, row, agreed, profile)
    if not visits.take_step(tx, row.visit, Step.REGISTER):
        raise NotNow("somebody was first")
    give_pass(house, tx, row, house.clock.now())
    told(house, tx, row, Step.REGISTER.value)
    journal.write(tx, house.keyring, house.clock.now(), "visit.agreed", about=row.person, object=f"visit:{row.visit}")


def refuse_quietly(house: House, tx: Tx, row: VisitRow) -> None:
    """What a blocked visitor's agreement leaves: a refused visit that operators see, and none of the answers."""
    now = house.clock.now()
    visits.take_step(tx, row.visit, Step.REFUSE, flagged=True, answered_at=now, code_token=None)
    end_passes(house, tx, row.person, now)
    told(house, tx, row, Step.REFUSE.value)
    journal.write(tx, house.keyring, now, "visit.blocked", about=row.person, object=f"visit:{row.visit}")


def keep(house: House, tx: Tx, row: VisitRow, agreed: Checked, profile: Profile) -> None:
    """The consent, and the answers in the form in which the rules let them be kept."""
    now = house.clock.now()
    kept = kept_answers(agreed.rules, agreed.answers)
    detail = {**detail_of(house, tx, row), "answers": kept}
    if agreed.answers.phone:
        phoned = replace(profile, phone=agreed.answers.phone)
        place = profile_place(tx.tenant, row.person)
        directory.set_profile(tx, row.person, seal(house, tx.tenant, subject(row.person), place, asdict(phoned)))
    number = agreed.answers.id_number
    visits.change_visit(
        tx,
        row.visit,
        detail=seal_detail(house, tx.tenant, row.person, row.visit, detail),
        revision=agreed.rules.revision,
        forget=agreed.forget,
        id_token=visit_blocks.id_token(house, tx.tenant, number) if number else None,
        strip_at=next_strip(agreed.rules, kept, row.until),
    )
    consent(house, tx, row, agreed.rules, guardian=agreed.guardian, now=now)


def kept_answers(rules: VisitRules, answers: Answers) -> dict[str, Any]:
    """An identity number leaves its last two characters; the whole of it only where a law wants that."""
    kept: dict[str, Any] = {}
    if answers.company:
        kept[VisitField.COMPANY.value] = answers.company
    if answers.phone:
        kept[VisitField.PHONE.value] = True  # the number itself lies in the profile
    if answers.age is not None:
        kept[VisitField.AGE.value] = answers.age
    if answers.sex is not None:
        kept[VisitField.SEX.value] = answers.sex.value
    if answers.id_number is not None:
        kept["id-ending"] = answers.id_number.ending
        if rules.duty:
            kept[VisitField.ID_NUMBER.value] = answers.id_number.number
    return kept


def today_at(house: House, db: Reader, site: SiteId) -> date:
    return local_day(house.clock.now(), zone(places.site(db, site).time_zone))


def _profile(house: House, db: Reader, row: VisitRow) -> Profile:
    person = directory.person(db, row.person)
    assert person is not None
    return Profile(**unseal(house, profile_place(db.tenant, row.person), person.profile))
