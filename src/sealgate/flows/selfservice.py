"""People at their own data: a one-time link that somebody hands over, a session, and what they may read and undo.

Nobody here is an operator: an `Own` is one person, and every function takes it and answers about that person alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import ConsentId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.people import PersonKind
from sealgate.flows.enrol import AlreadyWithdrawn, forget_faces
from sealgate.flows.kit import House, Signed, fingerprint, new_secret, tenant_of, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.people import PersonRecord, record_of
from sealgate.privacy import journal
from sealgate.store import directory, own, places
from sealgate.store.engine import Actor
from sealgate.vault.errors import KeyDestroyed

LINK = timedelta(hours=24)
SESSION = timedelta(days=30)
"""A phone stays in one pocket; whoever loses it asks for a new link, which ends the session."""


class OwnLinkOver(Refused):
    """The link was used, is over, or a newer one took its place."""

    code = "own.link-over"
    status = 410


@dataclass(frozen=True, slots=True)
class Own:
    """Somebody who looks at their own data. `session` is the hash under which it is stored, in hex."""

    tenant: TenantId
    person: PersonId
    name: str
    kind: PersonKind
    organisation: str
    session: str
    expires_at: datetime

    @property
    def actor(self) -> Actor:
        return Actor("person", str(self.person))


def make_link(house: House, signed: Signed, person: PersonId) -> str:
    """The secret of a one-time link for that person, shown once. Older links and all open sessions of theirs end."""
    signed.need(Permission.ENROL)
    secret = new_secret(signed.tenant)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if directory.person(tx, person) is None:
            raise NotFound("person")
        own.end_links(tx, person, now)
        own.end_sessions(tx, person, now)
        own.add_link(tx, fingerprint(secret), person, now + LINK)
        journal.write(tx, house.keyring, now, "own.link-made", about=person, object=f"person:{person}")
    return secret


def link_is_good(house: House, secret: str) -> bool:
    """Whether the page should ask; `enter` is what decides."""
    tenant = _tenant(house, secret)
    if tenant is None:
        return False
    with house.store.read(tenant) as db:
        return own.link_open(db, fingerprint(secret), house.clock.now())


def enter(house: House, secret: str) -> str:
    """Use the link; the token of a session. Raises `OwnLinkOver`."""
    tenant = _tenant(house, secret)
    if tenant is None:
        raise OwnLinkOver
    token = new_secret(tenant)
    with house.store.begin(tenant, Actor("person", "link")) as tx:
        now = house.clock.now()
        person = own.use_link(tx, fingerprint(secret), now)
        if person is None:  # used, over, or somebody else was first
            raise OwnLinkOver
        own.add_session(tx, fingerprint(token), person, now, now + SESSION)
        journal.write(tx, house.keyring, now, "own.entered", about=person, object=f"person:{person}")
    return token


def who_is(house: House, token: str) -> Own | None:
    """The person behind a session's token; None when it is unknown, over or ended, and when the person was erased."""
    tenant = _tenant(house, token)
    if tenant is None:
        return None
    with house.store.read(tenant) as db:
        found = own.session(db, fingerprint(token), house.clock.now())
        row = directory.person(db, found.person) if found else None
        if found is None or row is None:
            return None
        try:
            profile = unseal(house, profile_place(tenant, row.person), row.profile)
        except KeyDestroyed:
            return None
        named = places.tenant_name(db)
    return Own(tenant, row.person, profile["name"], row.kind, named, fingerprint(token).hex(), found.expires_at)


def leave(house: House, mine: Own) -> None:
    with house.store.begin(mine.tenant, mine.actor) as tx:
        now = house.clock.now()
        own.end_session(tx, bytes.fromhex(mine.session), now)
        journal.write(tx, house.keyring, now, "own.left", about=mine.person, object=f"person:{mine.person}")


def my_record(house: House, mine: Own) -> PersonRecord:
    """What is stored, which ways in there are, what was agreed to, and who looked. One's own look is no entry."""
    with house.store.read(mine.tenant) as db:
        return record_of(house, db, mine.person)


def withdraw(house: House, mine: Own, consent: ConsentId) -> None:
    """The template is gone at once; card, code and plate stay. Raises `NotFound` for another's, `AlreadyWithdrawn`."""
    with house.store.begin(mine.tenant, mine.actor) as tx:
        if consent not in {row.consent for row in directory.consents_of(tx, mine.person)}:
            raise NotFound("consent")
        now = house.clock.now()
        if directory.withdraw_consent(tx, consent, now) is None:
            raise AlreadyWithdrawn("withdrawn already")
        forgotten = forget_faces(house, tx, mine.person, now)
        journal.write(tx, house.keyring, now, "consent.withdrawn", about=mine.person, object=f"consent:{consent}")
        tx.after_commit(forgotten)


def home_zone(house: House, mine: Own) -> str:
    """The time zone of the organisation's first site; UTC while there is none."""
    with house.store.read(mine.tenant) as db:
        sites = places.sites(db)
    return sites[0].time_zone if sites else "UTC"


def _tenant(house: House, secret: str) -> TenantId | None:
    tenant = tenant_of(secret)
    return tenant if tenant in {row.tenant for row in house.store.tenants()} else None
