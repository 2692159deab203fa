"""Letters of visits on their way: the worker claims one, writes it from what is sealed, hands it over, and marks it.

A letter is written down in the transaction of its fact and sent after it, so none is lost with a crash and none tells of
what was undone. A crash between handing over and marking sends it twice, under one name.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.ids import TenantId
from sealgate.domain.people import Profile
from sealgate.domain.visits import IN_THE_BUILDING, VisitState
from sealgate.domain.visits_letters import TO_HOST, LetterKind, worded
from sealgate.flows.kit import House, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.visit_rows import detail_of, frame_of, host_of
from sealgate.ports import Appointment, Letter, Unreachable
from sealgate.store import directory, visits
from sealgate.store.engine import Reader
from sealgate.store.visits import LetterRow, VisitRow
from sealgate.vault.errors import KeyDestroyed

log = logging.getLogger("sealgate.letters")

CLAIM = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=2)
TRIES = 15
"""About a day of trying."""

STILL_TRUE = {
    LetterKind.INVITATION: frozenset({VisitState.INVITED, VisitState.EXPECTED}),
    LetterKind.CANCELLED: frozenset({VisitState.CANCELLED}),
    LetterKind.REMINDER: IN_THE_BUILDING,
    LetterKind.ASKED: frozenset({VisitState.AWAITING}),
    LetterKind.OVERSTAYED: IN_THE_BUILDING,
}
"""A letter that waited until it is true no more is not sent."""

OVER, NO_ADDRESS, GIVEN_UP = "letter.over", "letter.no-address", "letter.given-up"


@dataclass(frozen=True, slots=True)
class Hopeless:
    """Why a letter will never be sent: a word that is stored with it."""

    code: str


def send_due(house: House, tenant: TenantId) -> int:
    """Send what is due; how many went. One that cannot be sent now is tried again, later and later."""
    if house.post is None:
        return 0
    now, sent = house.clock.now(), 0
    with house.store.read(tenant) as db:
        due = visits.due_letters(db, now)
    for letter in due:
        if visits.claim(house.store, tenant, letter.letter, now, now + CLAIM):
            sent += _send(house, tenant, letter)
    return sent


def pause(tries: int) -> timedelta:
    """How long to wait after that many tries."""
    return min(FIRST_PAUSE * (1 << min(tries, 20)), LONGEST_PAUSE)


def _send(house: House, tenant: TenantId, row: LetterRow) -> bool:
    assert house.post is not None
    with house.store.read(tenant) as db:
        letter = written(house, db, row)
    if isinstance(letter, Hopeless):
        visits.failed(house.store, tenant, row.letter, letter.code)
        return False
    try:
        house.post.send(letter)
    except Unreachable as error:
        log.warning("letter %s not sent: %s", row.letter, error)
        if error.permanent or row.tries + 1 >= TRIES:
            visits.failed(house.store, tenant, row.letter, error.code if error.permanent else GIVEN_UP)
        else:
            visits.retry(house.store, tenant, row.letter, house.clock.now() + pause(row.tries))
        return False
    visits.mark_sent(house.store, tenant, row.letter, house.clock.now())
    return True


def written(house: House, db: Reader, row: LetterRow) -> Letter | Hopeless:
    visit = visits.visit(db, row.visit)
    if visit is None or visit.state not in STILL_TRUE.get(row.kind, frozenset(VisitState)):
        return Hopeless(OVER)
    try:
        return _written(house, db, row, visit)
    except KeyDestroyed:
        return Hopeless(OVER)


def _written(house: House, db: Reader, row: LetterRow, visit: VisitRow) -> Letter | Hopeless:
    frame, detail = frame_of(house, db, visit.site, [visit]), detail_of(house, db, visit)
    host = host_of(visit, frame.hosts, detail)
    person = directory.person(db, visit.person)
    if person is None:
        return Hopeless(OVER)
    profile = Profile(**unseal(house, profile_place(db.tenant, visit.person), person.profile))
    to = host.email if row.kind in TO_HOST else profile.email
    if not to:
        return Hopeless(NO_ADDRESS)
    link = f"{house.address}/visit/{detail['link']}"

    def local(at: datetime) -> str:
        return f"{at.astimezone(frame.tz):%Y-%m-%d %H:%M}"

    said = worded(
        row.kind,
        visit.language,
        visitor=profile.name,
        host=host.name,
        site=frame.site_name,
        day=local(visit.since)[:10],
        since=local(visit.since),
        until=local(visit.until),
        came=local(visit.came_at or visit.since),
        why=str(detail.get("why", "")) or "-",
        code=str(detail["code"]),
        link=link,
        answer=f"{house.address}/visit/answer/{detail.get('answer', '')}",
    )
    return Letter(str(row.letter), to, said.subject, said.text, _appointment(row, visit, said.subject, frame.site_name, link))


def _appointment(row: LetterRow, visit: VisitRow, title: str, place: str, link: str) -> Appointment | None:
    if row.kind not in {LetterKind.INVITATION, LetterKind.CANCELLED}:
        return None
    cancelled = row.kind is LetterKind.CANCELLED
    return Appointment(str(visit.visit), title, place, visit.since, visit.until, "" if cancelled else link, cancelled)
