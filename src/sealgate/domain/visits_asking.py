"""What a site asks of its visitors, and how long it keeps the answers. Nothing beyond the name is asked by default.

A site switches a field on by saying what for and for how long, and that text is what the visitor reads. Rules are never
changed: a change is a new revision, so that the text somebody agreed to can be shown for as long as their consent stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sealgate.domain.errors import Invalid
from sealgate.domain.people import Profile, checked
from sealgate.domain.residentid import ResidentId, Sex, resident_id
from sealgate.domain.visits import Absent, checked_words

GUARDED_UNDER = 14
"""Years: PIPL art. 31 wants a guardian's consent below."""

NOTICE = "visit-1"
"""The text of the notice that is shown now; `notice_version` joins it with the revision of the site's rules."""


class VisitField(StrEnum):
    """What a site may ask beside the name. All are off unless the site says what for."""

    COMPANY = "company"
    PHONE = "phone"
    AGE = "age"
    SEX = "sex"
    ID_NUMBER = "id-number"


class BadRules(Invalid):
    """A field without a purpose or a time, or a figure outside its range."""

    code = "visit.bad-rules"


class Missing(Invalid):
    """Something that the notice names was not answered."""

    code = "visit.field-missing"


class NotAsked(Invalid):
    """An answer to something that the site does not ask: it is not taken."""

    code = "visit.not-asked"


class BadAge(Invalid):
    code = "visit.bad-age"


class GuardianNeeded(Invalid):
    """Somebody under 14 comes with a guardian, who agrees for them."""

    code = "visit.guardian-needed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one field is asked for, in the site's words, and the days after the visit that the answer is kept."""

    purpose: str
    days: int


@dataclass(frozen=True, slots=True)
class VisitRules:
    """`keep_days` after the visit everything of it is erased. `duty` is the law, in words, that wants the ID number kept
    whole; empty: only a keyed token and the last two characters are kept. `revision` 0 is what holds before anybody chose."""

    revision: int = 0
    fields: Mapping[VisitField, Asked] = field(default_factory=dict)
    keep_days: int = 30
    duty: str = ""
    walk_ups: bool = True
    face: bool = True
    absent: Absent = Absent.RECEPTION
    wait_minutes: int = 5
    remind_minutes: int = 15

    @property
    def notice_version(self) -> str:
        return f"{NOTICE}/{self.revision}"

    @property
    def keep(self) -> timedelta:
        return timedelta(days=self.keep_days)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a visitor said, checked. `id_number` leaves the flows only as a token and an ending, or sealed."""

    company: str = ""
    phone: str = ""
    age: int | None = None
    sex: Sex | None = None
    id_number: ResidentId | None = None


def checked_rules(rules: VisitRules) -> VisitRules:
    """With trimmed words. Raises `BadRules`, naming the form's field."""
    _within(rules.keep_days, 1, 1095, "keep_days")
    _within(rules.wait_minutes, 1, 60, "wait_minutes")
    _within(rules.remind_minutes, 0, 240, "remind_minutes")
    fields = {}
    for name, asked in rules.fields.items():
        purpose = checked_words(asked.purpose, f"{name}-purpose", 200)
        if len(purpose) < 3:
            raise BadRules("say what it is asked for", field=f"{name}-purpose", hint="Visitors read these words")
        _within(asked.days, 1, rules.keep_days, f"{name}-days")
        fields[name] = Asked(purpose, asked.days)
    duty = checked_words(rules.duty, "duty", 200)
    return VisitRules(
        rules.revision,
        fields,
        rules.keep_days,
        duty if VisitField.ID_NUMBER in fields else "",
        rules.walk_ups,
        rules.face,
        rules.absent,
        rules.wait_minutes,
        rules.remind_minutes,
    )


def checked_answers(rules: VisitRules, given: Mapping[str, str], today: date) -> Answers:
    """What was asked and answered. Raises `Missing`, `NotAsked`, and what is wrong with one answer, each naming its field."""
    values = {name: value.strip() for name, value in given.items() if value.strip()}
    for name in values:
        if name not in set(VisitField) or VisitField(name) not in rules.fields:
            raise NotAsked("this is not asked here", field=name)
    for asked in rules.fields:
        if asked not in values:
            raise Missing("this is asked here", field=asked.value)
    number = values.get(VisitField.ID_NUMBER)
    return Answers(
        company=checked_words(values.get(VisitField.COMPANY, ""), VisitField.COMPANY.value, 120),
        phone=checked(Profile("x", phone=values.get(VisitField.PHONE, ""))).phone,
        age=_age(values[VisitField.AGE]) if VisitField.AGE in values else None,
        sex=_sex(values[VisitField.SEX]) if VisitField.SEX in values else None,
        id_number=resident_id(number, today, VisitField.ID_NUMBER.value) if number else None,
    )


def needs_guardian(answers: Answers, today: date, *, said_minor: bool) -> bool:
    """Whether somebody under 14 comes: as they say, by the age, or by the ID number, whichever says so."""
    ages = [answers.age, answers.id_number.age(today) if answers.id_number else None]
    return said_minor or any(age is not None and age < GUARDED_UNDER for age in ages)


def checked_guardian(name: str, *, confirmed: bool) -> str:
    """The guardian's name. Raises `GuardianNeeded`, `BadWords`."""
    words = checked_words(name, "guardian", 120)
    if not words or not confirmed:
        raise GuardianNeeded("a guardian says yes for somebody under 14", field="guardian")
    return words


def rules_text(rules: VisitRules) -> dict[str, Any]:
    """As it is stored."""
    return {
        "fields": {name.value: {"purpose": asked.purpose, "days": asked.days} for name, asked in rules.fields.items()},
        "keep_days": rules.keep_days,
        "duty": rules.duty,
        "walk_ups": rules.walk_ups,
        "face": rules.face,
        "absent": rules.absent.value,
        "wait_minutes": rules.wait_minutes,
        "remind_minutes": rules.remind_minutes,
    }


def read_rules(revision: int, text: Mapping[str, Any]) -> VisitRules:
    """The opposite of `rules_text`."""
    fields = {VisitField(name): Asked(asked["purpose"], asked["days"]) for name, asked in text["fields"].items()}
    rest = {name: text[name] for name in ("keep_days", "duty", "walk_ups", "face", "wait_minutes", "remind_minutes")}
    return VisitRules(revision, fields, absent=Absent(text["absent"]), **rest)


def _within(value: int, low: int, high: int, name: str) -> None:
    if not low <= value <= high:
        raise BadRules(f"{low} to {high}", field=name)


def _age(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 130:
        raise BadAge("an age is 0 to 130 years", field=VisitField.AGE.value)
    return int(text)


def _sex(text: str) -> Sex:
    try:
        return Sex(text)
    except ValueError:
        raise Missing("choose one", field=VisitField.SEX.value) from None
