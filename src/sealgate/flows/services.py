"""Signing in by an organisation's own service (OpenID Connect, code flow with PKCE), and what an administrator says about it.

The surprising thing: nobody becomes an operator by having an account there. Who they are is issuer and subject; the first time
somebody comes from there they bring an invitation, or are signed in here already. An e-mail address opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sealgate.domain.errors import Conflict, NotFound, Refused
from sealgate.domain.ids import OperatorId, TenantId
from sealgate.domain.operators import Role
from sealgate.domain.people import Profile
from sealgate.domain.people import checked as checked_profile
from sealgate.domain.signin_service import Service, comes_from, roles_by
from sealgate.flows import passkeys, service_asking, signin, tickets
from sealgate.flows.freshly import freshly
from sealgate.flows.kit import House, Signed, fingerprint, seal, subject, tenant_of, unseal
from sealgate.flows.service_asking import Described
from sealgate.flows.service_settings import NoService, live, secret_of, service_of, way_back
from sealgate.flows.signin import LinkUsed, StepOver
from sealgate.flows.tickets import Ticket
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import accounts
from sealgate.store import services as rows
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.vault.envelope import Place

LOG = logging.getLogger("sealgate.signin")
PURPOSE = "service"
ENTER, LINK, INVITED = "enter", "link", "invited"
LONGEST_CODE = 4096


class Denied(Refused):
    """The service did not let them in, or they turned back there."""

    code = "service.denied"
    status = 401


class WrongState(Refused):
    """This answer belongs to no sign-in that began in this browser."""

    code = "service.wrong-state"
    status = 401


class NotLinked(Refused):
    """Nobody who may come in here is linked to that account."""

    code = "service.not-linked"
    status = 401


class WrongDomain(Refused):
    code = "service.wrong-domain"
    status = 403


class NoRoleThere(Refused):
    """The service says nothing of this person that gives a role here."""

    code = "service.no-role"
    status = 403


class NoNameThere(Refused):
    """A new operator needs a name and an address, and the service says neither."""

    code = "service.no-profile"
    status = 409


class LinkedAlready(Conflict):
    """That account is somebody's already."""

    code = "service.linked-already"


class OnlyWay(Conflict):
    """Without it this operator could not come in any more."""

    code = "service.only-way"


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the browser goes, and the ticket that it brings back."""

    address: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody is back: `session` is a new one; None where an account was linked to who was signed in."""

    session: str | None
    next: str


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """`key` is the token in hex; `known_as` is how the service calls the person, or their subject there."""

    key: str
    issuer: str
    known_as: str
    made_at: datetime
    used_at: datetime | None


def begin_entering(house: House, tenant_name: str | None, next_address: str) -> Onward:
    """Raises `NoService`, also for an organisation that is none, `NoAddress`, and what `described` raises."""
    tenant = signin.tenant_called(house, tenant_name)
    if tenant is None:
        raise NoService
    return _onward(house, tenant, {"for": ENTER, "next": next_address})


def begin_linking(house: House, signed: Signed) -> Onward:
    """Whoever is signed in says that the account is theirs. Raises `SignInAgain` beside the others."""
    freshly(house, signed)
    words = {"for": LINK, "next": "/account", "operator": str(signed.operator), "session": signed.session}
    return _onward(house, signed.tenant, words)


def begin_invited(house: House, secret: str) -> Onward:
    """Whoever holds an invitation becomes an operator by their account. Raises `LinkUsed`."""
    tenant = tenant_of(secret)
    if tenant is None or not signin.link_is_good(house, secret):
        raise LinkUsed
    return _onward(house, tenant, {"for": INVITED, "next": "/", "link": secret})


def back(house: House, ticket_text: str, said: Mapping[str, str]) -> Came:
    """Somebody comes back from the service. Raises what is above, `BadToken`, `CodeRefused`, `StepOver`, `StepUsed`."""
    ticket = tickets.shown(house, ticket_text, PURPOSE)
    if ticket is None:
        raise StepOver
    if not hmac.compare_digest(said.get("state", "").encode(), _text(ticket, "state").encode()):
        raise WrongState
    with house.store.read(ticket.tenant) as db:
        row = live(db)
        secret = secret_of(house, db, row)
    service, it = service_of(row), service_asking.described(house, row.issuer)
    claims = _claims(house, it, service, secret, ticket, said)
    if not comes_from(service, claims):
        raise WrongDomain
    match ticket.words.get("for"):
        case "link":
            return _link(house, ticket, service, claims)
        case "invited":
            return _come_to_be(house, ticket, service, claims)
        case _:
            return _enter(house, ticket, service, claims)


def linked(house: House, signed: Signed) -> list[IdentityLine]:
    with house.store.read(signed.tenant) as db:
        found = rows.identities_of(db, signed.operator)
        details = [unseal(house, _identity_place(db, row.token), row.detail) for row in found]
    return [
        IdentityLine(row.token.hex(), told["issuer"], told["known_as"], row.made_at, row.used_at)
        for row, told in zip(found, details, strict=True)
    ]


def unlink(house: House, signed: Signed, key: str) -> None:
    """One's own. Raises `NotFound`, `OnlyWay`."""
    try:
        token = Token(bytes.fromhex(key))
    except ValueError:
        raise NotFound("identity") from None
    with house.store.begin(signed.tenant, signed.actor) as tx:
        others = len(rows.identities_of(tx, signed.operator)) - 1
        if others < 1 and not _has_password(house, tx, signed.operator) and not passkeys.has_any(tx, signed.operator):
            raise OnlyWay("there is no other way in")
        if not rows.remove_identity(tx, token, signed.operator):
            raise NotFound("identity")
        journal.write(tx, house.keyring, house.clock.now(), "sign-in-service.unlinked", object=f"operator:{signed.operator}")


def _onward(house: House, tenant: TenantId, words: dict[str, str]) -> Onward:
    with house.store.read(tenant) as db:
        service = service_of(live(db))
    back, it = way_back(house), service_asking.described(house, service.issuer)
    ticket, text = tickets.issued(house, tenant, PURPOSE, words)
    challenge = _encoded(hashlib.sha256(_text(ticket, "verifier").encode()).digest())
    state, nonce = _text(ticket, "state"), _text(ticket, "nonce")
    return Onward(service_asking.address(it, service, back, state=state, nonce=nonce, challenge=challenge), text)


def _claims(
    house: House, it: Described, service: Service, secret: str, ticket: Ticket, said: Mapping[str, str]
) -> dict[str, Any]:
    """What the service vouches for. Raises `Denied`, `WrongState`, and what `service_asking.claims` raises."""
    named = said.get("iss")
    if named != it.issuer and (it.names_itself or named is not None):  # RFC 9207: another service's answer
        raise WrongState
    code = said.get("code", "")
    if "error" in said or not 1 <= len(code) <= LONGEST_CODE:
        LOG.warning("the sign-in service let nobody in: %s", "".join(c for c in said.get("error", "")[:60] if c.isalnum()))
        raise Denied
    verifier, nonce = _text(ticket, "verifier"), _text(ticket, "nonce")
    return service_asking.claims(house, it, service, secret, code=code, back=way_back(house), verifier=verifier, nonce=nonce)


def _enter(house: House, ticket: Ticket, service: Service, claims: Mapping[str, Any]) -> Came:
    with house.store.read(ticket.tenant) as db:
        row = rows.identity(db, _token(house, ticket.tenant, service.issuer, claims))
    if row is None:
        raise NotLinked
    roles = roles_by(service, claims) if service.gives_roles else None
    if roles is not None and not roles:
        raise NoRoleThere
    with house.store.begin(ticket.tenant, Actor("operator", str(row.operator))) as tx:
        now, operator = house.clock.now(), accounts.operator(tx, row.operator)
        there = rows.identity(tx, row.token)
        if operator is None or operator.disabled_at is not None or there is None or there.operator != row.operator:
            raise NotLinked
        tickets.spend(tx, ticket, now)
        rows.identity_used(tx, row.token, now)
        if roles is not None and _new_roles(tx, operator, roles):
            rows.take_roles(tx, row.operator, sorted(roles))
            journal.write(tx, house.keyring, now, "operator.roles", object=f"operator:{row.operator}:{','.join(sorted(roles))}")
        journal.write(tx, house.keyring, now, "operator.signed-in", object=f"operator:{row.operator}")
        return Came(signin.new_session(tx, row.operator, now), ticket.words.get("next", "/"))


def _new_roles(tx: Tx, operator: accounts.OperatorRow, roles: frozenset[Role]) -> bool:
    """Whether the service's roles are others than those held, and somebody is left who can administer."""
    if frozenset(operator.roles) == roles:
        return False
    others = [row for row in accounts.operators(tx) if row.disabled_at is None and row.operator != operator.operator]
    last = Role.ADMINISTRATOR in operator.roles and not any(Role.ADMINISTRATOR in row.roles for row in others)
    return Role.ADMINISTRATOR in roles or not last


def _link(house: House, ticket: Ticket, service: Service, claims: Mapping[str, Any]) -> Came:
    """The cookie of the session stays away on a way back from elsewhere; the ticket says whose browser this is."""
    operator = OperatorId(UUID(ticket.words["operator"]))
    with house.store.begin(ticket.tenant, Actor("operator", str(operator))) as tx:
        now, session = house.clock.now(), accounts.session_by_hash(tx, bytes.fromhex(ticket.words["session"]))
        over = session is None or session.revoked_at is not None or session.expires_at <= now
        if over or session is None or session.operator != operator:
            raise StepOver
        tickets.spend(tx, ticket, now)
        _add_identity(house, tx, operator, service, claims, now)
    return Came(None, ticket.words.get("next", "/"))


def _come_to_be(house: House, ticket: Ticket, service: Service, claims: Mapping[str, Any]) -> Came:
    """A new operator, with the roles of the invitation and no password. Raises `LinkUsed`, `NoNameThere`, `AlreadyThere`."""
    name, email = claims.get("name") or claims.get("preferred_username"), claims.get("email")
    if not isinstance(name, str) or not isinstance(email, str):
        raise NoNameThere
    profile = checked_profile(Profile(name[:120], email=email))
    operator = OperatorId(house.new_id())
    with house.store.begin(ticket.tenant, Actor("operator", str(operator))) as tx:
        now = house.clock.now()
        granted = accounts.use_setup_link(tx, fingerprint(ticket.words["link"]), now)
        if granted is None:
            raise LinkUsed
        tickets.spend(tx, ticket, now)
        signin.add_operator(house, tx, operator, profile, granted, {"hash": "", "short": False}, now)
        _add_identity(house, tx, operator, service, claims, now)
        journal.write(tx, house.keyring, now, "operator.added", object=f"operator:{operator}")
        return Came(signin.new_session(tx, operator, now), "/")


def _add_identity(
    house: House, tx: Tx, operator: OperatorId, service: Service, claims: Mapping[str, Any], now: datetime
) -> None:
    """Raises `LinkedAlready`."""
    token = _token(house, tx.tenant, service.issuer, claims)
    if rows.identity(tx, token) is not None:
        raise LinkedAlready("somebody's already")
    known_as = next((str(claims[key])[:200] for key in ("email", "preferred_username", "name") if claims.get(key)), "")
    detail = {"issuer": service.issuer, "subject": claims["sub"], "known_as": known_as or claims["sub"]}
    sealed = seal(house, tx.tenant, subject(operator), _identity_place(tx, token), detail)
    rows.add_identity(tx, rows.IdentityRow(token, operator, sealed, now))
    journal.write(tx, house.keyring, now, "sign-in-service.linked", object=f"operator:{operator}")


def _has_password(house: House, db: Reader, operator: OperatorId) -> bool:
    row = accounts.operator(db, operator)
    return row is not None and bool(unseal(house, signin.password_place(db, operator), row.password)["hash"])


def _token(house: House, tenant: TenantId, issuer: str, claims: Mapping[str, Any]) -> Token:
    return house.index.standing_token(tenant, "outside-identity", f"{issuer}\n{claims['sub']}")


def _text(ticket: Ticket, what: str) -> str:
    return _encoded(tickets.derived(ticket, what))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _identity_place(db: Reader, token: Token) -> Place:
    return Place(db.tenant, "outside_identities", "detail", token.hex())
