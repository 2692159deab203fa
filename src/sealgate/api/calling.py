"""Who calls: a key of a program (`Authorization: Bearer sgk_...`) with the needed scope, or an operator's session."""

from __future__ import annotations

from sealgate.domain.errors import NotFound, Refused
from sealgate.domain.ids import SiteId
from sealgate.domain.operators import Scope
from sealgate.flows import api_keys, signin
from sealgate.flows.kit import House, Signed


class UnknownCaller(Refused):
    """No session or key is this token, or it has ended."""

    code = "api.unknown-caller"
    status = 401


def caller(house: House, authorization: str, scope: Scope) -> Signed:
    """The operator in whose rights the call acts. Raises `UnknownCaller`, `Forbidden` for a key without the scope."""
    token = authorization.removeprefix("Bearer ").strip()
    is_key = token.startswith(api_keys.PREFIX)
    signed = api_keys.acting(house, token, scope) if is_key else signin.who_is(house, token)
    if signed is None:
        raise UnknownCaller("no such key or session", hint="Send a key made under Operators, API keys")
    return signed


def caller_at(house: House, authorization: str, scope: Scope, site: SiteId) -> Signed:
    """As they are at that site. Raises `NotFound` where they have no role there."""
    signed = caller(house, authorization, scope).at(site)
    if not signed.works_at(site):
        raise NotFound("site")
    return signed
