"""Renaming and removing zones, groups and timetables.

What still decides over somebody's way in is not taken away silently: a zone to which a gate leads and a timetable that keeps
a leave to its hours stay until that is undone. A leave whose timetable vanished would hold always, which nobody asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from sealgate.domain.calendar import parse_timetable, timetable_text
from sealgate.domain.errors import Conflict, NotFound
from sealgate.domain.ids import GroupId, TimetableId, ZoneId
from sealgate.flows.kit import House, Signed
from sealgate.flows.rules import change_rule, title
from sealgate.store import places
from sealgate.store.engine import Tx
from sealgate.store.faults import NoSuchThing


class StillUsed(Conflict):
    """Something else holds on to it: a gate to a zone, a leave to a timetable, a roster to a group."""

    code = "rules.still-used"


def rename_zone(house: House, signed: Signed, zone: ZoneId, name: str) -> None:
    """Raises `NotFound` also for the zone outside, which bears our name."""
    words = title(name)
    write = _there("zone", lambda tx: places.rename_zone(tx, zone, words))
    change_rule(house, signed, "zone.renamed", f"zone:{zone}", write)


def remove_zone(house: House, signed: Signed, zone: ZoneId) -> None:
    """The leaves to enter it go with it. Raises `StillUsed` while a gate leads there or away."""
    _remove(house, signed, "zone", str(zone), lambda tx: places.remove_zone(tx, zone))


def rename_group(house: House, signed: Signed, group: GroupId, name: str) -> None:
    words = title(name)
    change_rule(
        house, signed, "group.renamed", f"group:{group}", _there("group", lambda tx: places.rename_group(tx, group, words))
    )


def remove_group(house: House, signed: Signed, group: GroupId) -> None:
    """Its leaves go with it and its people stay. Raises `StillUsed`."""
    _remove(house, signed, "group", str(group), lambda tx: places.remove_group(tx, group))


def change_timetable(house: House, signed: Signed, timetable: TimetableId, name: str, week: dict[str, object]) -> None:
    """From the next passage on. `week` as `domain.calendar.parse_timetable` reads it. Raises `BadTimetable`."""
    row = places.TimetableRow(timetable, title(name), timetable_text(parse_timetable(week)))
    write = _there("timetable", lambda tx: places.change_timetable(tx, row))
    change_rule(house, signed, "timetable.changed", f"timetable:{timetable}", write)


def remove_timetable(house: House, signed: Signed, timetable: TimetableId) -> None:
    """Raises `StillUsed` while a leave is kept to its hours."""
    _remove(house, signed, "timetable", str(timetable), lambda tx: places.remove_timetable(tx, timetable))


def _remove(house: House, signed: Signed, noun: str, key: str, remove: Callable[[Tx], bool]) -> None:
    try:
        change_rule(house, signed, f"{noun}.removed", f"{noun}:{key}", _there(noun, remove))
    except NoSuchThing as error:  # a foreign key points at it
        raise StillUsed(f"the {noun} is still used", hint="Undo what uses it first") from error


def _there(noun: str, write: Callable[[Tx], bool]) -> Callable[[Tx], None]:
    def written(tx: Tx) -> None:
        if not write(tx):
            raise NotFound(noun)

    return written
