"""A sign-in service of an organisation (OpenID Connect): what an administrator says about it, and what its word is worth.

The surprising thing: an e-mail address is no identity. It may be given to somebody else, and some services let people type it
themselves. Whose account it is, is said by issuer and subject alone; the address only narrows who may come in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sealgate.domain.errors import Invalid
from sealgate.domain.operators import Role

LONGEST = 300
MOST_VALUES = 40
_DOMAIN = re.compile(r"(?=.{1,190}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_PRINTED = re.compile(r"[\x21-\x7e]{1,300}")


class BadService(Invalid):
    """What was typed about a sign-in service does not fit; `field` says what."""

    code = "service.bad-settings"


@dataclass(frozen=True, slots=True)
class Service:
    """`label` is on the button. `domain`, if any, is the only one whose addresses come in. `roles` is by values of the claim
    `role_claim`; without that claim roles are given by hand."""

    issuer: str
    client_id: str
    label: str
    domain: str = ""
    role_claim: str = ""
    roles: Mapping[str, Role] | None = None
    enabled: bool = True

    @property
    def gives_roles(self) -> bool:
        return bool(self.role_claim and self.roles)


def checked(service: Service) -> Service:
    """With blanks trimmed. Raises `BadService`."""
    issuer, label = service.issuer.strip(), " ".join(service.label.split())
    domain, claim = service.domain.strip().lower().removeprefix("@"), service.role_claim.strip()
    if not is_address(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise BadService("an issuer is an https address", field="issuer")
    if not _PRINTED.fullmatch(service.client_id.strip()):
        raise BadService("a client has an id", field="client_id")
    if not 1 <= len(label) <= 60 or not label.isprintable():
        raise BadService("a name has 1 to 60 characters", field="label")
    if domain and not _DOMAIN.fullmatch(domain):
        raise BadService("not a domain", field="domain")
    roles = {value.strip(): role for value, role in (service.roles or {}).items() if value.strip()}
    if claim and not _PRINTED.fullmatch(claim):
        raise BadService("not a claim", field="role_claim")
    if len(roles) > MOST_VALUES or any(len(value) > LONGEST for value in roles):
        raise BadService("too many or too long values", field="role_claim")
    if bool(claim) != bool(roles):
        raise BadService("a claim and its values belong together", field="role_claim")
    return Service(issuer, service.client_id.strip(), label, domain, claim, roles, service.enabled)


def is_address(text: object) -> bool:
    """Whether it is an address that may be asked: https, or http on this very machine, without a name and password in it."""
    if not isinstance(text, str) or not _PRINTED.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    here = parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}
    return bool(host) and parts.username is None and (parts.scheme == "https" or here)


def comes_from(service: Service, claims: Mapping[str, Any]) -> bool:
    """Whether the address that the service vouches for is of the domain that may come in."""
    email = claims.get("email")
    if not service.domain:
        return True
    vouched = claims.get("email_verified", True) is True  # several services say nothing; none that says no is believed
    return vouched and isinstance(email, str) and email.lower().rpartition("@")[2] == service.domain


def roles_by(service: Service, claims: Mapping[str, Any]) -> frozenset[Role]:
    """What the claim gives; none for values that nobody mapped."""
    values = claim_values(claims, service.role_claim)
    return frozenset(role for value, role in (service.roles or {}).items() if value in values)


def claim_values(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """A claim's text or texts. Some services nest them: `realm_access.roles` is looked for as it stands, then step by step."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return frozenset(value for value in values[:500] if isinstance(value, str))
