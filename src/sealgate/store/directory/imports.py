"""Files of people on their way: brought, looked at, enrolled. The file is sealed, and gone when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sealgate.domain.ids import ImportId, OperatorId
from sealgate.domain.people_file import Field, Flaw, Problem
from sealgate.ports import Sealed
from sealgate.store import schema as s
from sealgate.store.engine import Reader, Tx
from sealgate.store.words import ImportState


@dataclass(frozen=True, slots=True)
class ImportRow:
    """`people` good rows, of which `done` are prepared; `flawed` problems in all, the first of them in `problems`.

    `time_zone` is the one in which its days are meant. `touched_at` is when whoever enrols it last said something.
    """

    id: ImportId
    operator: OperatorId
    state: ImportState
    people: int
    done: int
    flawed: int
    problems: tuple[Problem, ...]
    time_zone: str
    made_at: datetime
    touched_at: datetime
    file: Sealed | None


i = s.imports.c
_ROW = (
    i.import_id, i.operator_id, i.state, i.people, i.done, i.flawed, i.problems, i.time_zone, i.made_at, i.touched_at, i.file
)  # fmt: skip
_ALIVE = (ImportState.READY, ImportState.FAILED)


def add_import(tx: Tx, row: ImportRow) -> None:
    values = {
        "import_id": row.id,
        "operator_id": row.operator,
        "state": row.state,
        "people": row.people,
        "done": row.done,
        "flawed": row.flawed,
        "problems": [[p.row, p.field, p.flaw, p.first] for p in row.problems],
        "time_zone": row.time_zone,
        "made_at": row.made_at,
        "touched_at": row.touched_at,
        "file": row.file,
    }
    tx.add(s.imports, values)


def import_row(db: Reader, which: ImportId) -> ImportRow | None:
    return db.row(sa.select(*_ROW).where(db.mine(s.imports), i.import_id == which), _row)


def claim_import(tx: Tx, which: ImportId, now: datetime, quiet_since: datetime) -> bool:
    """Ours to enrol, if it is ready, or failed, or whoever began has said nothing since `quiet_since`."""
    dead = sa.and_(i.state == ImportState.RUNNING, i.touched_at < quiet_since)
    claim = {"state": ImportState.RUNNING, "done": 0, "touched_at": now}
    return tx.change(s.imports, [i.import_id == which, sa.or_(i.state.in_(_ALIVE), dead)], claim) == 1


def note_progress(tx: Tx, which: ImportId, claimed: datetime, done: int, now: datetime) -> bool:
    """False where somebody else has claimed it since: `claimed` is the last thing that we said. Needs no journal entry."""
    with tx.upkeep():
        same = [i.import_id == which, i.state == ImportState.RUNNING, i.touched_at == claimed]
        return tx.change(s.imports, same, {"done": done, "touched_at": now}) == 1


def end_import(
    tx: Tx, which: ImportId, claimed: datetime, state: ImportState, now: datetime, problems: Sequence[Problem] = ()
) -> bool:
    """Done or not; the file is forgotten when it is done. False where somebody else has claimed it since `claimed`."""
    values: dict[str, Any] = {"state": state, "touched_at": now}
    if state is ImportState.DONE:
        values |= {"file": None, "done": i.people}
    if problems:
        values |= {"problems": [[p.row, p.field, p.flaw, p.first] for p in problems], "flawed": len(problems)}
    return tx.change(s.imports, [i.import_id == which, i.state == ImportState.RUNNING, i.touched_at == claimed], values) == 1


def fail_import(tx: Tx, which: ImportId, now: datetime, quiet_since: datetime) -> bool:
    """Say of one that was being enrolled, and of which nothing was heard since `quiet_since`, that it failed."""
    dead = [i.import_id == which, i.state == ImportState.RUNNING, i.touched_at <= quiet_since]
    return tx.change(s.imports, dead, {"state": ImportState.FAILED, "touched_at": now}) == 1


def forget_import(tx: Tx, which: ImportId) -> bool:
    """Unless it is being enrolled."""
    return tx.remove(s.imports, [i.import_id == which, i.state != ImportState.RUNNING]) == 1


def sweep_imports(tx: Tx, before: datetime) -> int:
    """Forget what was brought before that instant."""
    return tx.remove(s.imports, [i.made_at < before])


def _row(*values: Any) -> ImportRow:
    names = dict(zip(ImportRow.__dataclass_fields__, values, strict=True))
    told = tuple(Problem(row, Field(field), Flaw(flaw), other) for row, field, flaw, other in names["problems"])
    return ImportRow(**{**names, "problems": told})
