"""Signing in to the console: a one-time set-up link, a password, a second factor, a session that can be ended.

No default password exists anywhere: the first operator is whoever holds the link that the first start prints.
Wrong login, wrong password and disabled operator get one answer, after the same work.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import OperatorId, SiteId, TenantId
from sealgate.domain.operators import Permission, Role
from sealgate.domain.passwords import needs_factor
from sealgate.domain.people import Profile, checked, name_key
from sealgate.flows import factor, rights, sessions
from sealgate.flows.kit import (
    House,
    Signed,
    fingerprint,
    new_secret,
    organisation,
    seal,
    subject,
    tenant_of,
    unseal,
)
from sealgate.privacy import journal
from sealgate.store import accounts, oversight
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.vault.envelope import Place

SESSION = timedelta(hours=12)
LINK = timedelta(hours=24)
STEP = timedelta(minutes=5)
HASHER = PasswordHasher()  # argon2id, RFC 9106 low-memory profile: 64 MiB, t=3, p=4
NOBODYS = HASHER.hash(secrets.token_hex(16))
"""Verified where there is no such login, so that the answer takes as long."""


class WrongSignIn(Refused):
    code = "signin.wrong"
    status = 401


class TooManyTries(Refused):
    """`wait` says for how long."""

    code = "signin.too-many"
    status = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many tries")
        self.wait = wait


class LinkUsed(Refused):
    code = "signin.link-used"
    status = 410


class WrongCode(Refused):
    code = "signin.wrong-code"


class StepOver(Refused):
    code = "signin.step-over"
    status = 410


@dataclass(frozen=True, slots=True)
class Entered:
    """A session, or the ticket with which the second factor is asked."""

    session: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class OperatorLine:
    operator: OperatorId
    name: str
    login: str
    roles: frozenset[Role]
    has_factor: bool
    disabled: bool
    site_roles: frozenset[tuple[SiteId, Role]] = frozenset()


def first_link(house: House, tenant: TenantId) -> str | None:
    """The secret of a one-time link for the first administrator; None once there is an operator."""
    with house.store.read(tenant) as db:
        if accounts.operators(db):
            return None
    return _new_link(house, tenant, Actor("system", "first-start"), frozenset({Role.ADMINISTRATOR}))


def invite_operator(
    house: House, signed: Signed, roles: frozenset[Role], site_roles: frozenset[tuple[SiteId, Role]] = frozenset()
) -> str:
    """The secret of a link for somebody with these roles at all sites, and those each at its own. Raises `NotFound`."""
    signed.need(Permission.MANAGE_OPERATORS)
    return _new_link(house, signed.tenant, signed.actor, roles, site_roles)


def _new_link(
    house: House,
    tenant: TenantId,
    actor: Actor,
    roles: frozenset[Role],
    site_roles: frozenset[tuple[SiteId, Role]] = frozenset(),
) -> str:
    secret = new_secret(tenant)
    with house.store.begin(tenant, actor) as tx:
        now = house.clock.now()
        rights.known_sites(tx, site_roles)
        accounts.add_setup_link(tx, fingerprint(secret), roles=sorted(roles), site_roles=site_roles, expires_at=now + LINK)
        journal.write(tx, house.keyring, now, "operator.invited", object=rights.told(roles, site_roles))
    return secret


def link_is_good(house: House, secret: str) -> bool:
    """Whether the set-up page should be shown; `set_up` is what decides."""
    tenant = tenant_of(secret)
    if tenant is None:
        return False
    with house.store.read(tenant) as db:
        return accounts.setup_link_open(db, fingerprint(secret), house.clock.now())


def set_up(house: House, secret: str, *, name: str, login: str, password: str) -> str:
    """Use the link: make the operator and answer with a session's token. Raises `LinkUsed`, `WeakPassword`, `BadName`."""
    tenant = tenant_of(secret)
    if tenant is None:
        raise LinkUsed
    profile = checked(Profile(name, email=login))
    short = needs_factor(password, profile.name, profile.email, "sealgate")
    hashed = HASHER.hash(password)
    operator = OperatorId(house.new_id())
    with house.store.begin(tenant, Actor("operator", str(operator))) as tx:
        now = house.clock.now()
        granted = accounts.use_setup_link(tx, fingerprint(secret), now)
        if granted is None:  # used, over, or somebody else was first
            raise LinkUsed
        add_operator(house, tx, operator, profile, granted, {"hash": hashed, "short": short}, now)
        journal.write(tx, house.keyring, now, "operator.added", object=f"operator:{operator}")
        return new_session(tx, operator, now)


def add_operator(
    house: House,
    tx: Tx,
    operator: OperatorId,
    profile: Profile,
    granted: tuple[Sequence[str], accounts.SiteRoles],
    password: dict[str, object],
    now: datetime,
) -> None:
    accounts.add_operator(
        tx,
        accounts.OperatorRow(
            operator=operator,
            login_token=house.index.standing_token(tx.tenant, "login", name_key(profile.email)),
            profile=seal(
                house,
                tx.tenant,
                subject(operator),
                _profile_place(tx, operator),
                {"name": profile.name, "login": profile.email},
            ),
            password=seal(house, tx.tenant, organisation(), password_place(tx, operator), password),
            totp=None,
            roles=tuple(sorted(granted[0])),
            created_at=now,
            disabled_at=None,
            site_roles=granted[1],
        ),
    )


def sign_in(house: House, tenant_name: str | None, login: str, password: str) -> Entered:
    """Raises `WrongSignIn` and `TooManyTries`; guesses are counted by login, known or not."""
    tenant = tenant_called(house, tenant_name)
    now = house.clock.now()
    key = f"{tenant}:{name_key(login)[:200]}"
    wait = house.sign_in_tries.wait(key, now)
    if wait:
        raise TooManyTries(wait)
    operator = _proved(house, tenant, login, password[:1000]) if tenant else None
    if tenant is None or operator is None:
        house.sign_in_tries.missed(key, now)
        raise WrongSignIn
    house.sign_in_tries.forgive(key)
    if operator.totp is not None:
        return Entered(step=factor.step_ticket(house, tenant, operator.operator, now + STEP))
    with house.store.begin(tenant, Actor("operator", str(operator.operator))) as tx:
        journal.write(tx, house.keyring, now, "operator.signed-in", object=f"operator:{operator.operator}")
        return Entered(session=new_session(tx, operator.operator, now))


def second_step(house: House, step: str, code: str) -> str:
    """The session's token for a right code. A code is taken once; raises `StepOver`, `WrongCode`, `TooManyTries`."""
    now = house.clock.now()
    named = factor.step_of(house, step, now)
    if named is None:
        raise StepOver
    tenant, operator = named
    key = f"code:{operator}"
    wait = house.sign_in_tries.wait(key, now)
    if wait:
        raise TooManyTries(wait)
    with house.store.begin(tenant, Actor("operator", str(operator))) as tx:
        right = factor.check(house, tx, operator, code, now)
        journal.write(
            tx, house.keyring, now, "operator.signed-in" if right else "operator.wrong-code", object=f"operator:{operator}"
        )
        session = new_session(tx, operator, now) if right else None
    if session is None:
        house.sign_in_tries.missed(key, now)
        raise WrongCode
    house.sign_in_tries.forgive(key)
    return session


def who_is(house: House, token: str) -> Signed | None:
    """The operator behind a session's token; None when it is unknown, over or ended."""
    tenant = tenant_of(token)
    if tenant is None:
        return None
    with house.store.read(tenant) as db:
        session = accounts.session_by_hash(db, fingerprint(token))
        if session is None or session.revoked_at is not None or session.expires_at <= house.clock.now():
            return None
        found = signed_as(house, db, session.operator, session.secret_hash.hex(), session.expires_at)
        return None if found is None else replace(found, seen_at=session.seen_at)


def signed_as(house: House, db: Reader, operator: OperatorId, session: str, expires_at: datetime) -> Signed | None:
    """An operator in their present rights, by a session or a key that was found; None where they are disabled."""
    row = accounts.operator(db, operator)
    if row is None or row.disabled_at is not None:
        return None
    profile = unseal(house, _profile_place(db, row.operator), row.profile)
    short = bool(unseal(house, password_place(db, row.operator), row.password)["short"])
    return Signed(
        tenant=db.tenant,
        operator=row.operator,
        name=profile["name"],
        login=profile["login"],
        roles=frozenset(Role(role) for role in row.roles),
        session=session,
        expires_at=expires_at,
        must_add_factor=short and row.totp is None,
        has_factor=row.totp is not None,
        site_roles=rights.read(row.site_roles),
        emergency=oversight.glass_of(db, row.operator, house.clock.now()) is not None,
    )


def sign_out(house: House, signed: Signed) -> None:
    sessions.end(house, signed, signed.session)


def operators(house: House, signed: Signed) -> list[OperatorLine]:
    signed.need(Permission.MANAGE_OPERATORS)
    with house.store.read(signed.tenant) as db:
        rows = accounts.operators(db)
        profiles = [unseal(house, _profile_place(db, row.operator), row.profile) for row in rows]
    return [
        OperatorLine(
            row.operator,
            profile["name"],
            profile["login"],
            frozenset(Role(role) for role in row.roles),
            row.totp is not None,
            row.disabled_at is not None,
            rights.read(row.site_roles),
        )
        for row, profile in zip(rows, profiles, strict=True)
    ]


def operator_names(house: House, db: Reader) -> dict[str, str]:
    """Every operator's name by their id as text: few, so one query."""
    return {
        str(row.operator): str(unseal(house, _profile_place(db, row.operator), row.profile)["name"])
        for row in accounts.operators(db)
    }


def names(house: House, signed: Signed) -> list[tuple[str, str]]:
    """Everybody who works or worked here, by id and name, in the order of names: for whoever reads the journal."""
    signed.need(Permission.SEE_JOURNAL)
    with house.store.read(signed.tenant) as db:
        return sorted(operator_names(house, db).items(), key=lambda pair: pair[1])


def operator_contacts(house: House, db: Reader) -> dict[OperatorId, tuple[str, str]]:
    """Name and login, which is an address, of every operator who may sign in: few, so one query."""
    found = {}
    for row in accounts.operators(db):
        if row.disabled_at is None:
            profile = unseal(house, _profile_place(db, row.operator), row.profile)
            found[row.operator] = (str(profile["name"]), str(profile["login"]))
    return found


def disable_operator(house: House, signed: Signed, operator: OperatorId) -> None:
    """Ends every session of that operator too. Nobody disables themselves."""
    signed.need(Permission.MANAGE_OPERATORS)
    if operator == signed.operator:
        raise Refused("one does not disable oneself")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        if not accounts.disable_operator(tx, operator, now):
            raise NotFound("operator")
        accounts.revoke_all(tx, operator, now)
        journal.write(tx, house.keyring, now, "operator.disabled", object=f"operator:{operator}")


def tenant_called(house: House, name: str | None) -> TenantId | None:
    """The organisation of that name; without a name, the only one there is."""
    tenants = house.store.tenants()
    if name:
        tenants = [t for t in tenants if name_key(t.name) == name_key(name)]
    return tenants[0].tenant if len(tenants) == 1 else None


def _proved(house: House, tenant: TenantId, login: str, password: str) -> accounts.OperatorRow | None:
    with house.store.read(tenant) as db:
        row = accounts.operator_by_login(db, house.index.standing_token(tenant, "login", name_key(login)))
        hashed = _hash_of(house, db, row) if row else NOBODYS
    return row if _fits(hashed, password) and row is not None and row.disabled_at is None else None


def knows_password(house: House, signed: Signed, password: str) -> bool:
    """Whether whoever is signed in can say the password; guesses are the caller's to count."""
    with house.store.read(signed.tenant) as db:
        row = accounts.operator(db, signed.operator)
        hashed = _hash_of(house, db, row) if row else NOBODYS
    return _fits(hashed, password)


def _hash_of(house: House, db: Reader, row: accounts.OperatorRow) -> str:
    """Of an operator who has none, as of nobody: it fits nothing, after the same work."""
    return str(unseal(house, password_place(db, row.operator), row.password)["hash"]) or NOBODYS


def _fits(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def new_session(tx: Tx, operator: OperatorId, now: datetime) -> str:
    token = new_secret(tx.tenant)
    accounts.add_session(tx, accounts.SessionRow(fingerprint(token), operator, created_at=now, expires_at=now + SESSION))
    return token


def _profile_place(db: Reader, operator: OperatorId) -> Place:
    return Place(db.tenant, "operators", "profile", str(operator))


def password_place(db: Reader, operator: OperatorId) -> Place:
    return Place(db.tenant, "operators", "password", str(operator))
