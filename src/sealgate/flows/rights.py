"""Who has which role at which site: given by an administrator, in force at once.

The surprising thing: whoever's roles are changed signs in anew. What was open under the old rights ends with its session.
"""

from __future__ import annotations

from collections.abc import Iterable

from sealgate.domain.errors import Conflict, NotFound
from sealgate.domain.ids import OperatorId, SiteId
from sealgate.domain.operators import Permission, Role
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store import accounts, places
from sealgate.store.engine import Reader

SiteRoles = frozenset[tuple[SiteId, Role]]


class OwnRights(Conflict):
    """Nobody changes their own rights: a slip would lock the last administrator out, and a thief would let themselves in."""

    code = "operators.own-rights"


def give(house: House, signed: Signed, operator: OperatorId, roles: frozenset[Role], site_roles: SiteRoles) -> None:
    """These roles and no others; every session of theirs ends. Raises `OwnRights`, `NotFound`."""
    signed.need(Permission.MANAGE_OPERATORS)
    if operator == signed.operator:
        raise OwnRights("these are your own rights", hint="Ask another administrator")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        known_sites(tx, site_roles)
        if not accounts.set_roles(tx, operator, sorted(roles), site_roles):
            raise NotFound("operator")
        accounts.revoke_all(tx, operator, now)
        journal.write(tx, house.keyring, now, "operator.roles", object=f"operator:{operator}:{told(roles, site_roles)}")


def read(kept: accounts.SiteRoles) -> SiteRoles:
    return frozenset((site, Role(role)) for site, role in kept)


def told(roles: Iterable[Role], site_roles: SiteRoles) -> str:
    """For the journal: `host,security@<site>`."""
    return ",".join([*sorted(roles), *sorted(f"{role}@{site}" for site, role in site_roles)])


def known_sites(db: Reader, site_roles: SiteRoles) -> None:
    """Raises `NotFound` where one is no site of this organisation."""
    if not {site for site, _role in site_roles} <= {row.site for row in places.sites(db)}:
        raise NotFound("site")
