"""What a gate means to a visit: a passage inwards is checking in, one to the outside is checking out.

Called within the transaction of the passage, so a visitor who is in has a visit that says so, and the host is told once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sealgate.domain.ids import PersonId
from sealgate.domain.visits import Step, VisitState
from sealgate.domain.visits_letters import LetterKind
from sealgate.flows.kit import House
from sealgate.flows.visit_rows import gone, told, write_to
from sealgate.store import visits
from sealgate.store.engine import Tx
from sealgate.store.visits import VisitRow


def passed(house: House, tx: Tx, person: PersonId, *, leaving: bool, now: datetime) -> None:
    """A visitor went through a gate, outside or further in. Who has no visit that fits (it ended) only went through."""
    for row in visits.visits_of(tx, [person])[:1]:
        rules = visits.latest_rules(tx, row.site)
        if leaving:
            gone(house, tx, row, rules, now)
        else:
            came(house, tx, row, now)


def came(house: House, tx: Tx, row: VisitRow, now: datetime) -> bool:
    """The visitor is in, by a gate or by what reception says. Coming back within the time is no second arrival.

    False: they are inside already, or their visit is in no state to begin.
    """
    rules = visits.latest_rules(tx, row.site)
    remind_at = row.until - timedelta(minutes=rules.remind_minutes)
    times = {
        "came_at": row.came_at or now,
        "left_at": None,
        "remind_at": remind_at if rules.remind_minutes and remind_at > now else None,
        "strip_at": None,
        "erase_at": row.until + rules.keep,
    }
    if not visits.take_step(tx, row.visit, Step.ENTER, **times):
        return False
    if row.state is VisitState.EXPECTED:
        write_to(house, tx, row.visit, LetterKind.ARRIVED, now)
    told(house, tx, row, Step.ENTER.value)
    return True
