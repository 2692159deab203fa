"""What a person may ask for about their own data, and the day by which it has to be answered.

PIPL (China) art. 50 wants a convenient and timely answer and names no number, so the organisation sets one: 15 working days
unless it chooses otherwise. GDPR art. 12(3) wants it within one month. The surprising thing: the day is fixed when somebody
asks, so that a rule that is changed later moves no promise that was made.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sealgate.domain.errors import Conflict, Invalid

A_DAY = timedelta(days=1)
LEAST_DAYS, MOST_DAYS = 1, 60
NEAR = 3
"""Days left from which a clock is coloured."""

SHORTEST, LONGEST = 3, 400


class AskKind(StrEnum):
    """A withdrawal of consent is none of them: it holds at once and waits for nobody."""

    ACCESS = "access"
    CORRECT = "correct"
    ERASE = "erase"


class AskState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    TAKEN_BACK = "taken-back"


class AskField(StrEnum):
    """What is to be corrected; OTHER is told in words and put right by hand."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    NUMBER = "number"
    OTHER = "other"


class Regime(StrEnum):
    """By whose law the clock runs."""

    PIPL = "pipl"
    GDPR = "gdpr"


class BadAsk(Invalid):
    """What somebody asks for is not whole: no words, or no new value."""

    code = "ask.not-whole"


class AnsweredAlready(Conflict):
    """Somebody else has answered it, or the person took it back."""

    code = "ask.answered-already"


class AskedAlready(Conflict):
    """The same was asked for and is not answered yet."""

    code = "ask.asked-already"


class BadPrivacyRules(Invalid):
    """A rule about people's own data does not fit; it names the field."""

    code = "privacy-rules.invalid"


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """`working_days` until an answer under PIPL; `own_contact`: telephone and e-mail are changed by the person directly.

    `contact` is how the privacy officer is reached, told on notices; `authority` is the one that a breach is reported to.
    """

    regime: Regime = Regime.PIPL
    working_days: int = 15
    own_contact: bool = True
    contact: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """`left` days until `due`, negative when it is late: working days under PIPL, days under GDPR."""

    due: date
    left: int

    @property
    def tone(self) -> str:
        return "bad" if self.left < 0 else "warn" if self.left <= NEAR else ""


def checked_rules(given: Mapping[str, object]) -> PrivacyRules:
    """Raises `BadPrivacyRules`. What is missing is ours."""
    try:
        regime = Regime(str(given.get("regime", Regime.PIPL)))
    except ValueError:
        raise BadPrivacyRules("choose a law", field="regime") from None
    typed = str(given.get("working_days", 15)).strip()
    if not typed.isascii() or not typed.isdigit() or len(typed) > 3 or not LEAST_DAYS <= int(typed) <= MOST_DAYS:
        raise BadPrivacyRules(f"{LEAST_DAYS} to {MOST_DAYS} days", field="working_days")
    contact, authority = (" ".join(str(given.get(name, "")).split()) for name in ("contact", "authority"))
    if len(contact) > 200 or len(authority) > 200:
        raise BadPrivacyRules("200 characters at most", field="contact" if len(contact) > 200 else "authority")
    return PrivacyRules(regime, int(typed), given.get("own_contact") in {True, "yes", "True"}, contact, authority)


def due_on(asked: date, rules: PrivacyRules, rests: Callable[[date], bool]) -> date:
    """The last day on which the answer is in time. `rests` says which days nobody works.

    >>> due_on(date(2026, 1, 31), PrivacyRules(Regime.GDPR), lambda day: False)
    datetime.date(2026, 2, 28)
    """
    if rules.regime is Regime.GDPR:
        return a_month_after(asked)
    return after_working_days(asked, rules.working_days, rests)


def after_working_days(day: date, count: int, rests: Callable[[date], bool]) -> date:
    """The last of `count` working days after `day`."""
    while count:
        day += A_DAY
        count -= not rests(day)
    return day


def clock_of(due: date, today: date, rules: PrivacyRules, rests: Callable[[date], bool]) -> Clock:
    if rules.regime is Regime.GDPR:
        return Clock(due, (due - today).days)
    sign, first, last = (1, today, due) if due >= today else (-1, due, today)
    worked = sum(not rests(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))
    return Clock(due, sign * max(worked, int(sign < 0)))


def a_month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def checked_words(words: str, field: str = "why", *, needed: bool = True) -> str:
    """Words in one line. Raises `BadAsk`."""
    said = " ".join(words.split())
    if len(said) > LONGEST or (needed and len(said) < SHORTEST):
        raise BadAsk(f"{SHORTEST} to {LONGEST} characters", field=field)
    return said
