"""One version of a rule set and one day of a calendar, as somebody changes them in the console.

The surprising thing: what is shipped (the rules `standard`, the calendar `cn`) becomes the organisation's own with its first
change, whole, so that a later release never moves a day that somebody has looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sealgate.domain.attendance_calendar import Calendar, SpecialDay, calendar_text, checked_day, read_calendar
from sealgate.domain.attendance_errors import NoSuchRules, RulesTaken
from sealgate.domain.attendance_rules import read_rules, rules_document
from sealgate.domain.errors import NotFound
from sealgate.domain.operators import Permission
from sealgate.flows import hours_book
from sealgate.flows.hours_book import changed
from sealgate.flows.kit import House, Signed
from sealgate.store.engine import Tx
from sealgate.store.hours import shifts as rows

Document = list[dict[str, Any]]


def add_rules(house: House, signed: Signed, name: str, version: Mapping[str, Any]) -> None:
    """A new set with its first version. Raises `RulesTaken`, and as `read_rules` does."""

    def made(known: Document | None) -> Document:
        if known is not None:
            raise RulesTaken("there is one of that name")
        return [dict(version)]

    _set(house, signed, name, made)


def put_version(house: House, signed: Signed, name: str, version: Mapping[str, Any], replaces: date | None = None) -> None:
    """A version more, or in the place of the one that began on `replaces`.

    Raises `NoSuchRules`, `NotFound`, `BadHourRules`, `NegativeHours`, `RulesGap`, `RulesOverlap`, `NoSuchCalendar`.
    """

    def made(known: Document | None) -> Document:
        kept = _known(name, known) if replaces is None else _without(_known(name, known), replaces)
        return [*kept, dict(version)]

    _set(house, signed, name, made)


def drop_version(house: House, signed: Signed, name: str, since: date) -> None:
    """Raises `NotFound`, `RulesGap` where it leaves one, and `BadHourRules` for the last version of all."""
    _set(house, signed, name, lambda known: _without(_known(name, known), since))


def put_day(house: House, signed: Signed, name: str, special: SpecialDay) -> None:
    """One day of a calendar that is there, in the place of what it said of that day. Raises `NotFound`, `BadCalendar`."""
    day = checked_day(special)
    _change(house, signed, name, lambda known: {**known.days, day.day: day})


def drop_day(house: House, signed: Signed, name: str, day: date) -> None:
    """The day is by its weekday again. Raises `NotFound`."""

    def without(known: Calendar) -> dict[date, SpecialDay]:
        if day not in known.days:
            raise NotFound("day")
        return {one: special for one, special in known.days.items() if one != day}

    _change(house, signed, name, without)


def _set(house: House, signed: Signed, name: str, made: Callable[[Document | None], Document]) -> None:
    def write(tx: Tx) -> None:
        known = hours_book.rule_sets(tx).get(name)
        read = read_rules(name, made(None if known is None else rules_document(known)))
        calendars = hours_book.calendars(tx)
        for version in read.versions:
            hours_book.known_calendar(calendars, version.calendar)
        rows.put_rules(tx, name, rules_document(read), house.clock.now())

    changed(house, signed, Permission.HOUR_RULES, "hours.rules-set", f"rules:{name[:40]}", write)


def _known(name: str, known: Document | None) -> Document:
    if known is None:
        raise NoSuchRules(f"there is no rule set {name[:40]!r}", field="name")
    return known


def _without(versions: Document, since: date) -> Document:
    kept = [version for version in versions if version["since"] != since.isoformat()]
    if len(kept) == len(versions):
        raise NotFound("version")
    return kept


def _change(house: House, signed: Signed, name: str, made: Callable[[Calendar], Mapping[date, SpecialDay]]) -> None:
    def write(tx: Tx) -> None:
        known = hours_book.calendars(tx).get(name)
        if known is None:
            raise NotFound("calendar")
        text = calendar_text(Calendar(name, made(known)))
        read_calendar(name, text)
        rows.put_calendar(tx, name, text, house.clock.now())

    changed(house, signed, Permission.HOUR_RULES, "calendar.set", f"calendar:{name[:40]}", write)
