"""What time does to visits, once a minute: overstays and no-shows, a host who does not answer, reminders, answers and whole
visits that have been kept long enough. Each is done again harmlessly when a round broke off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sealgate.domain.ids import TenantId
from sealgate.domain.people import Profile
from sealgate.domain.visits import Step, Turn
from sealgate.domain.visits_asking import VisitField
from sealgate.domain.visits_letters import LetterKind
from sealgate.flows import holds
from sealgate.flows.kit import House, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.visit import decide
from sealgate.flows.visit_forget import forget
from sealgate.flows.visit_rows import (
    detail_of,
    end_passes,
    frame_of,
    host_of,
    next_strip,
    seal_detail,
    told,
    whose_turn,
    write_to,
)
from sealgate.privacy import journal
from sealgate.store import directory, visits
from sealgate.store.engine import Actor, Tx
from sealgate.store.visits import VisitRow

WORKER = Actor("system", "worker")


def round_of(house: House, tenant: TenantId) -> dict[str, int]:
    """One round for one organisation; how many visits each part moved."""
    now = house.clock.now()
    with house.store.read(tenant) as db:
        due = {
            "overstayed": visits.overstayed(db, now),
            "missed": visits.missed(db, now),
            "asked": visits.asked(db),
            "reminded": visits.to_remind(db, now),
            "stripped": visits.to_strip(db, now),
        }
        held = holds.holding(house, db).people
        erase = visits.to_erase(db, now, but=held)
        due["stripped"] = [row for row in due["stripped"] if row.person not in held]
    works = {"overstayed": _overstayed, "missed": _missed, "asked": _asked, "reminded": _reminded, "stripped": _stripped}
    done = {name: sum(_one(house, tenant, works[name], row, now) for row in rows) for name, rows in due.items()}
    return {**done, "erased": sum(forget(house, tenant, row.visit) for row in erase)}


def _one(house: House, tenant: TenantId, work: Any, row: VisitRow, now: datetime) -> int:
    """Each visit in a transaction of its own, and only if it still is as it was read."""
    with house.store.begin(tenant, WORKER) as tx:
        fresh = visits.visit(tx, row.visit)
        return int(fresh is not None and fresh.state is row.state and work(house, tx, fresh, now))


def _overstayed(house: House, tx: Tx, row: VisitRow, now: datetime) -> bool:
    if not visits.take_step(tx, row.visit, Step.OVERSTAY):
        return False
    write_to(house, tx, row.visit, LetterKind.OVERSTAYED, now)
    told(house, tx, row, Step.OVERSTAY.value)
    journal.write(tx, house.keyring, now, "visit.overstayed", about=row.person, object=f"visit:{row.visit}")
    return True


def _missed(house: House, tx: Tx, row: VisitRow, now: datetime) -> bool:
    if not visits.take_step(tx, row.visit, Step.MISS, code_token=None):
        return False
    end_passes(house, tx, row.person, now)
    told(house, tx, row, Step.MISS.value)
    journal.write(tx, house.keyring, now, "visit.missed", about=row.person, object=f"visit:{row.visit}")
    return True


def _asked(house: House, tx: Tx, row: VisitRow, now: datetime) -> bool:
    """Nobody answered in time, or the time of the visit is over: the answer is no."""
    frame = frame_of(house, tx, row.site, [row])
    host = host_of(row, frame.hosts, detail_of(house, tx, row))
    if row.until > now and whose_turn(row, frame.rules, host, now) is not Turn.NOBODY:
        return False
    decide(house, tx, row, yes=False)
    return True


def _reminded(house: House, tx: Tx, row: VisitRow, now: datetime) -> bool:
    with tx.upkeep():
        visits.change_visit(tx, row.visit, remind_at=None)
    if row.until > now:
        write_to(house, tx, row.visit, LetterKind.REMINDER, now)
        journal.write(tx, house.keyring, now, "visit.reminded", about=row.person, object=f"visit:{row.visit}")
    return True


def _stripped(house: House, tx: Tx, row: VisitRow, now: datetime) -> bool:
    """Take out what has been kept as long as the notice said."""
    rules, detail = visits.rules_at(tx, row.site, row.revision), detail_of(house, tx, row)
    over_at = row.left_at or row.until
    gone = {name for name, asked in rules.fields.items() if over_at + timedelta(days=asked.days) <= now}
    kept = {name: value for name, value in detail.get("answers", {}).items() if not _goes(name, gone)}
    values: dict[str, Any] = {"strip_at": next_strip(rules, kept, over_at)}
    if detail:
        values["detail"] = seal_detail(house, tx.tenant, row.person, row.visit, {**detail, "answers": kept})
    if VisitField.ID_NUMBER in gone:
        values["id_token"] = None
    if VisitField.PHONE in gone:
        _forget_phone(house, tx, row)
    visits.change_visit(tx, row.visit, **values)
    words = ",".join(sorted(gone))
    journal.write(tx, house.keyring, now, "visit.answers-erased", about=row.person, object=f"visit:{row.visit}:{words}")
    return True


def _goes(name: str, gone: set[VisitField]) -> bool:
    return name in gone or (name == "id-ending" and VisitField.ID_NUMBER in gone)


def _forget_phone(house: House, tx: Tx, row: VisitRow) -> None:
    person = directory.person(tx, row.person)
    if person is not None:
        place = profile_place(tx.tenant, row.person)
        profile = Profile(**unseal(house, place, person.profile))
        bare = {"name": profile.name, "phone": "", "email": profile.email, "number": profile.number}
        directory.set_profile(tx, row.person, seal(house, tx.tenant, subject(row.person), place, bare))
