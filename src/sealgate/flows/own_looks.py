"""What a person sees of themselves beyond their record: every look at them, month by month where they passed, their pictures.

One's own look is no entry. The surprising thing: a picture is shown only where the passage carries one of the person's own
tokens of that day; the number of somebody else's passage opens nothing here.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sealgate.domain.access import Reason
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import PassageId, SiteId
from sealgate.domain.operators import Role
from sealgate.domain.sightings import Means
from sealgate.flows.kit import House, unseal
from sealgate.flows.passage_places import picture_place
from sealgate.flows.selfservice import Own
from sealgate.flows.signin import operator_names
from sealgate.flows.traces import passages_of, plates_of, tokens_between
from sealgate.privacy import journal
from sealgate.store import accounts, passages, places
from sealgate.store.blobs import NoSuchBlob
from sealgate.store.columns import FIRST_DAY
from sealgate.store.engine import Reader
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

AT_A_TIME = 50
MOST_PASSAGES = 500


@dataclass(frozen=True, slots=True)
class Look:
    """`who` is an operator's name, or the kind of actor; `roles` are those that the operator has now."""

    seq: int
    at: datetime
    who: str
    roles: tuple[Role, ...]
    action: str
    purpose: str
    own: bool


@dataclass(frozen=True, slots=True)
class MyPassage:
    """`local` is on the clocks of the site."""

    passage: PassageId
    local: datetime
    site: str
    gate: str
    means: Means | None
    opens: bool
    reason: Reason
    plate: str
    has_picture: bool


def looks(house: House, mine: Own, before: int | None = None) -> tuple[list[Look], int | None]:
    """Every entry about the person, newest first, and from where the next page goes on."""
    with house.store.read(mine.tenant) as db:
        entries = journal.entries_about(db, house.keyring, mine.person, before=before, limit=AT_A_TIME + 1)
        names, roles = operator_names(house, db), _roles(db)
    found = [
        Look(
            seq=entry.seq,
            at=entry.at,
            who=names.get(entry.actor_id, entry.actor_kind),
            roles=roles.get(entry.actor_id, ()),
            action=entry.action,
            purpose=entry.purpose,
            own=entry.actor_kind == "person",
        )
        for entry in entries[:AT_A_TIME]
    ]
    return found, found[-1].seq if len(entries) > AT_A_TIME else None


def my_passages(house: House, mine: Own, first: date, last: date) -> list[MyPassage]:
    """Of those local days, newest first, as far as their keys are kept; also of the person's cars."""
    with house.store.read(mine.tenant) as db:
        gates = {gate.gate: gate.name for gate in places.gates(db)}
        found: list[MyPassage] = []
        for site in places.sites(db):
            tz = zone(site.time_zone)
            until = min(last, local_day(house.clock.now(), tz))
            tokens = tokens_between(house, mine.tenant, site.site, first, until, _wanted(house, db, mine))
            for view in passages_of(db, tokens):
                row, detail = view.row, _detail(house, db, view.row)
                found.append(
                    MyPassage(
                        passage=row.passage,
                        local=row.at.astimezone(tz),
                        site=site.name,
                        gate=gates.get(row.gate, ""),
                        means=row.means,
                        opens=row.opens,
                        reason=row.reason,
                        plate=str(detail.get("plate") or ""),
                        has_picture=bool(detail.get("picture")),
                    )
                )
    return sorted(found, key=lambda line: line.passage, reverse=True)[:MOST_PASSAGES]


def my_picture(house: House, mine: Own, passage: PassageId) -> bytes:
    """The JPEG of one of the person's own passages. Raises `NotFound` for any other, and where it is kept no longer."""
    with house.store.read(mine.tenant) as db:
        view = passages.passage(db, passage)
        if view is None or view.row.token is None or view.row.token not in _own_tokens(house, db, mine, view.row):
            raise NotFound("picture")
        name = _detail(house, db, view.row).get("picture")
    if name:
        with suppress(NoSuchBlob, KeyDestroyed):
            return house.keyring.open(picture_place(mine.tenant, UUID(str(name))), house.blobs.get(UUID(str(name)).hex))
    raise NotFound("picture")


def _own_tokens(house: House, db: Reader, mine: Own, row: passages.PassageRow) -> set[bytes]:
    day = FIRST_DAY + timedelta(days=row.day)
    found = tokens_between(house, mine.tenant, SiteId(row.site), day, day, _wanted(house, db, mine))
    return {token for _day, token in found}


def _wanted(house: House, db: Reader, mine: Own) -> list[tuple[str, str]]:
    return [("person", str(mine.person)), *(("plate", plate) for plate in plates_of(house, db, mine.person))]


def _detail(house: House, db: Reader, row: passages.PassageRow) -> dict[str, object]:
    if row.detail is not None:
        with suppress(KeyDestroyed):
            return unseal(house, Place(db.tenant, "passages", "detail", str(row.passage)), row.detail)
    return {}


def _roles(db: Reader) -> dict[str, tuple[Role, ...]]:
    known = {role.value: role for role in Role}
    return {str(row.operator): tuple(known[r] for r in row.roles if r in known) for row in accounts.operators(db)}
