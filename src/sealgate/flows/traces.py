"""Where a person's passages and pictures lie: by the token of each day, which a copy of the database cannot make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from uuid import UUID

from sealgate.domain.calendar import DAY, day_number, local_day, zone
from sealgate.domain.ids import PassageId, PersonId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.flows.faces import template_place
from sealgate.flows.kit import House, unseal
from sealgate.ports import Sealed, Token
from sealgate.store import directory, passages, places
from sealgate.store.engine import Reader
from sealgate.store.passages import PassageView
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

AT_A_TIME = 500
MOST_DAYS = 3660
"""Days back that are looked through; no day's key is kept longer."""

Tokens = list[tuple[int, Token]]


def tokens_of(house: House, db: Reader, person: PersonId) -> Tokens:
    """The tokens of every day since they were enrolled whose key is still there; of their cars too, while theirs is."""
    row = directory.person(db, person)
    if row is None:
        return []
    wanted = [("person", str(person)), *(("plate", plate) for plate in plates_of(house, db, person))]
    found: Tokens = []
    for site in places.sites(db):
        tz = zone(site.time_zone)
        last = local_day(house.clock.now(), tz)
        first = max(local_day(row.created_at, tz) - DAY, last - MOST_DAYS * DAY)
        found += tokens_between(house, db.tenant, site.site, first, last, wanted)
    return found


def tokens_between(
    house: House, tenant: TenantId, site: SiteId, first: date, last: date, wanted: Sequence[tuple[str, str]]
) -> Tokens:
    """The tokens at one site of `wanted` (kind, value), of every day of `first` to `last` whose key is still there."""
    found: Tokens = []
    day = first
    while day <= last:
        tokens = (house.index.find_day_token(tenant, site, day, kind, value) for kind, value in wanted)
        found += [(day_number(day), token) for token in tokens if token is not None]
        day += DAY
    return found


def passages_of(db: Reader, tokens: Sequence[tuple[int, Token]]) -> Iterator[PassageView]:
    """All passages under those tokens, the newest first within each bundle of days."""
    for start in range(0, len(tokens), passages.MAX_TOKENS):
        bundle, before = tokens[start : start + passages.MAX_TOKENS], None
        while views := passages.page(db, tokens=bundle, before_id=before, limit=AT_A_TIME):
            yield from views
            before = views[-1].row.passage


def pictures_of(house: House, db: Reader, tokens: Sequence[tuple[int, Token]]) -> list[UUID]:
    """The names of the pictures that the passages under those tokens hold."""
    return pictures_in(house, db, ((view.row.passage, view.row.detail) for view in passages_of(db, tokens)))


def pictures_in(house: House, db: Reader, details: Iterable[tuple[PassageId, Sealed | None]]) -> list[UUID]:
    """The names of the pictures in the sealed details of passages; none of what no key opens any more."""
    names: list[UUID] = []
    for passage, sealed in details:
        if sealed is not None:
            with suppress(KeyDestroyed):
                detail = unseal(house, Place(db.tenant, "passages", "detail", str(passage)), sealed)
                names += [UUID(detail["picture"])] if detail.get("picture") else []
    return names


def plates_of(house: House, db: Reader, person: PersonId) -> list[str]:
    plates: list[str] = []
    for row in directory.credentials_of(db, person):
        if row.means is Means.PLATE and row.ended_at is None:
            with suppress(KeyDestroyed):
                plates.append(str(unseal(house, template_place(db.tenant, row.credential), row.secret)["value"]))
    return plates
