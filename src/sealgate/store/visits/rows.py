"""The visits themselves. Every step is a conditional update: of two who decide at once, one sees that no row was changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from sealgate.domain.ids import GateId, OperatorId, PersonId, SiteId, VisitId
from sealgate.domain.sightings import Means
from sealgate.domain.visits import COMING, IN_THE_BUILDING, STEPS, Step, Visit, VisitState
from sealgate.ports import Sealed, Token
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx

_COLUMNS = {"visit": "visit_id", "site": "site_id", "person": "person_id"}
"""Where a field's column has another name."""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """`detail` is sealed under the visitor's key. `flagged`: the block list asks reception to look.

    `revision` is that of the site's rules whose notice the visitor was shown. At `strip_at` the next answer has been kept
    long enough. `way` and `took_ms` say how they checked in at the kiosk, and for how long.
    """

    visit: VisitId
    site: SiteId
    person: PersonId
    state: VisitState
    since: datetime
    until: datetime
    gates: tuple[GateId, ...]
    detail: Sealed
    link_hash: bytes
    asked_at: datetime
    erase_at: datetime
    language: str
    host_person: PersonId | None = None
    host_operator: OperatorId | None = None
    walk_up: bool = False
    forget: bool = False
    flagged: bool = False
    revision: int = 0
    answered_at: datetime | None = None
    came_at: datetime | None = None
    left_at: datetime | None = None
    remind_at: datetime | None = None
    strip_at: datetime | None = None
    way: Means | None = None
    took_ms: int | None = None
    answer_hash: bytes | None = None
    code_token: Token | None = None
    id_token: Token | None = None

    @property
    def facts(self) -> Visit:
        """As the domain reads it."""
        return Visit(self.state, self.since, self.until, self.gates, self.forget)


v = s.visits.c
_FIELDS = tuple(VisitRow.__dataclass_fields__)
_VISIT = tuple(v[_COLUMNS.get(name, name)] for name in _FIELDS)


def add_visit(tx: Tx, row: VisitRow) -> None:
    """Raises `AlreadyThere` where its code is another visit's."""
    tx.add(s.visits, _values({name: getattr(row, name) for name in _FIELDS}))


def visit(db: Reader, visit: VisitId) -> VisitRow | None:
    return db.row(_query(db, v.visit_id == visit), _row)


def visit_by(
    db: Reader, *, link: bytes | None = None, answer: bytes | None = None, code: Token | None = None
) -> VisitRow | None:
    """The one of that link's or answer's hash, or of that code's token; exactly one of them is given."""
    ways = ((v.link_hash, link), (v.answer_hash, answer), (v.code_token, code))
    column, value = next((column, value) for column, value in ways if value is not None)
    return db.row(_query(db, column == value), _row)


def visits_of(db: Reader, people: Sequence[PersonId]) -> list[VisitRow]:
    """Of these visitors, newest first."""
    return db.rows(_query(db, v.person_id.in_(people)).order_by(v.since.desc(), v.visit_id), _row)


def board(db: Reader, site: SiteId, since: datetime, until: datetime, limit: int = 500) -> list[VisitRow]:
    """What touches that time at the site, and whoever is inside or waits whatever the time; by their beginning."""
    touches = sa.and_(v.until > since, v.since < until)
    now = v.state.in_([*IN_THE_BUILDING, VisitState.AWAITING])
    query = _query(db, v.site_id == site, sa.or_(touches, now))
    return db.rows(query.order_by(v.since, v.visit_id).limit(limit), _row)


def here(db: Reader, site: SiteId | None = None) -> list[VisitRow]:
    """Who is in the building, of one site or of all."""
    query = _query(db, v.state.in_(IN_THE_BUILDING))
    return db.rows((query if site is None else query.where(v.site_id == site)).order_by(v.came_at, v.visit_id), _row)


def asked(db: Reader, site: SiteId | None = None) -> list[VisitRow]:
    """Walk-ups that wait for an answer, longest first."""
    query = _query(db, v.state == VisitState.AWAITING)
    return db.rows((query if site is None else query.where(v.site_id == site)).order_by(v.asked_at, v.visit_id), _row)


def overstayed(db: Reader, now: datetime) -> list[VisitRow]:
    """Inside after their end, and not marked yet."""
    return db.rows(_query(db, v.state == VisitState.INSIDE, v.until <= now), _row)


def missed(db: Reader, now: datetime) -> list[VisitRow]:
    """Invited or expected, and their time is over."""
    coming = [state for state in COMING if state is not VisitState.AWAITING]
    return db.rows(_query(db, v.state.in_(coming), v.until <= now), _row)


def to_remind(db: Reader, now: datetime) -> list[VisitRow]:
    """Inside, and to be reminded of the end by now."""
    return db.rows(_query(db, v.state == VisitState.INSIDE, v.remind_at <= now), _row)


def to_strip(db: Reader, now: datetime, limit: int = 200) -> list[VisitRow]:
    """Those of which an answer has been kept long enough."""
    return db.rows(_query(db, v.strip_at <= now).order_by(v.strip_at, v.visit_id).limit(limit), _row)


def to_erase(db: Reader, now: datetime, limit: int = 200, but: Collection[PersonId] = ()) -> list[VisitRow]:
    """Those whose time is over, of nobody in `but`."""
    return db.rows(
        _query(db, v.erase_at <= now, v.person_id.not_in(sorted(but))).order_by(v.erase_at, v.visit_id).limit(limit), _row
    )


def timings(db: Reader, site: SiteId, since: datetime) -> list[tuple[Means, int]]:
    """By which way and in how many milliseconds each visitor checked in at a kiosk of the site."""
    query = sa.select(v.way, v.took_ms).where(db.mine(s.visits), v.site_id == site, v.came_at >= since, v.took_ms.is_not(None))
    return db.rows(query, lambda way, took: (way, took))


def take_step(tx: Tx, visit: VisitId, step: Step, **values: Any) -> bool:
    """Whether the visit was in a state from which that step is taken; False: somebody was first, or it is too late."""
    before, after = STEPS[step]
    changed = tx.change(s.visits, [v.visit_id == visit, v.state.in_(before)], {**_values(values), "state": after})
    return changed == 1


def change_visit(tx: Tx, visit: VisitId, **values: Any) -> bool:
    """Change the named fields of `VisitRow`, whatever its state; whether there is such a visit."""
    return tx.change(s.visits, [v.visit_id == visit], _values(values)) == 1


def remove_visit(tx: Tx, visit: VisitId) -> bool:
    """With its letters."""
    tx.remove(s.letters, [s.letters.c.visit_id == visit])
    return tx.remove(s.visits, [v.visit_id == visit]) == 1


def _query(db: Reader, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*_VISIT).where(db.mine(s.visits), *where)


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    values = {_COLUMNS.get(name, name): value for name, value in fields.items()}
    return {**values, "gates": [str(gate) for gate in values["gates"]]} if "gates" in values else values


def _row(*columns: Any) -> VisitRow:
    read = VisitRow(*columns)
    return replace(read, gates=tuple(GateId(UUID(str(gate))) for gate in read.gates))
