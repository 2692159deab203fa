"""Asking a sign-in service: what it says of itself, its keys, and a code for the word it stands for.

What it says of itself is remembered for minutes; its keys are asked anew when a token names one that we do not know, but not
again and again, for anybody can make up a name.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from joserfc.jwk import Key

from sealgate.domain.errors import Refused
from sealgate.domain.signin_service import Service, is_address
from sealgate.flows import service_tokens
from sealgate.flows.kit import House
from sealgate.flows.service_tokens import ALGORITHMS, BadToken, Expected, KeyMissing
from sealgate.ports import BadAccount, OutsideAnswer, Unreachable

LOG = logging.getLogger("sealgate.signin")
KNOWN_FOR = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=10)
"""A service that did not answer is left alone for so long; so are keys that were asked just now."""

MOST_BYTES = 256 * 1024
SCOPES = "openid email profile"


class ServiceAway(Refused):
    """It does not answer, or not as such a service does."""

    code = "service.away"
    status = 409


class WrongIssuer(Refused):
    """What answers there calls itself by another name than the administrator wrote."""

    code = "service.wrong-issuer"
    status = 409


class NotSuch(Refused):
    """It lacks something that a sign-in here needs."""

    code = "service.not-such"
    status = 409


class ClientRefused(Refused):
    """It does not take our client's id and secret."""

    code = "service.client-refused"
    status = 409


class CodeRefused(Refused):
    """It does not take the code back that it gave: used, over, or made up."""

    code = "service.code-refused"
    status = 401


@dataclass(frozen=True, slots=True)
class Described:
    """What a service says of itself. `posts_secret`: it wants the secret in the form, not in a header."""

    issuer: str
    authorise: str
    token: str
    userinfo: str
    keys: tuple[Key, ...]
    posts_secret: bool
    names_itself: bool
    knows_pkce: bool


def described(house: House, issuer: str) -> Described:
    """Raises `ServiceAway`, `WrongIssuer`, `NotSuch`; after a failure for some seconds without asking."""
    now = house.clock.now()
    known = house.remembered.get(f"service:{issuer}", now)
    if isinstance(known, Refused):
        raise known
    if isinstance(known, Described):
        return known
    try:
        found = _asked(house, issuer)
    except (ServiceAway, WrongIssuer, NotSuch) as refused:
        house.remembered.put(f"service:{issuer}", refused, now, AGAIN_AFTER)
        raise
    house.remembered.put(f"service:{issuer}", found, now, KNOWN_FOR)
    return found


def forget(house: House, issuer: str) -> None:
    house.remembered.forget(f"service:{issuer}")


def _asked(house: House, issuer: str) -> Described:
    said = _document(house, issuer.rstrip("/") + "/.well-known/openid-configuration")
    if said.get("issuer") != issuer:
        raise WrongIssuer("it calls itself otherwise")
    ends = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    methods = said.get("token_endpoint_auth_methods_supported")
    algorithms = said.get("id_token_signing_alg_values_supported")
    if not all(is_address(end) for end in ends.values()) or not isinstance(algorithms, list):
        raise NotSuch("addresses are missing")
    if not set(ALGORITHMS) & {one for one in algorithms if isinstance(one, str)}:
        raise NotSuch("no algorithm that we take")
    keys = tuple(service_tokens.keys_in(_document(house, str(ends["jwks_uri"]))))
    if not keys:
        raise NotSuch("no keys")
    userinfo, challenges = said.get("userinfo_endpoint"), said.get("code_challenge_methods_supported")
    return Described(
        issuer=issuer,
        authorise=str(ends["authorization_endpoint"]),
        token=str(ends["token_endpoint"]),
        userinfo=str(userinfo) if is_address(userinfo) else "",
        keys=keys,
        posts_secret=isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        knows_pkce=isinstance(challenges, list) and "S256" in challenges,
    )


def address(it: Described, service: Service, back: str, *, state: str, nonce: str, challenge: str) -> str:
    """Where the browser is sent."""
    asked = {
        "response_type": "code",
        "client_id": service.client_id,
        "redirect_uri": back,
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{it.authorise}{'&' if '?' in it.authorise else '?'}{urlencode(asked)}"


def claims(
    house: House, it: Described, service: Service, secret: str, *, code: str, back: str, verifier: str, nonce: str
) -> dict[str, Any]:
    """Exchange the code, and check the word that comes. Raises `CodeRefused`, `ClientRefused`, `BadToken`, `ServiceAway`."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    answer = _exchanged(house, it, service, secret, form)
    said = _object(answer.body)
    if answer.status != 200:
        raise ClientRefused if said.get("error") in ("invalid_client", "unauthorized_client") else CodeRefused
    expected = Expected(it.issuer, service.client_id, nonce, house.clock.now())
    found = _read(house, it, said.get("id_token"), expected)
    return _completed(house, it, service, found, said.get("access_token"))


def client_is_known(house: House, it: Described, service: Service, secret: str, back: str) -> bool:
    """Whether the service takes our client: a code that is none is refused for what it is, a client that is none before."""
    form = {"grant_type": "authorization_code", "code": "sealgate", "redirect_uri": back, "code_verifier": "s" * 43}
    answer = _exchanged(house, it, service, secret, form)
    return answer.status == 400 and _object(answer.body).get("error") == "invalid_grant"


def _exchanged(house: House, it: Described, service: Service, secret: str, form: Mapping[str, str]) -> OutsideAnswer:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    sent = dict(form)
    if secret and not it.posts_secret:
        named = f"{quote(service.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(named.encode()).decode()}"
    else:
        sent |= {"client_id": service.client_id} | ({"client_secret": secret} if secret else {})
    return _ask(house, "POST", it.token, headers, urlencode(sent).encode())


def _read(house: House, it: Described, token: object, expected: Expected) -> dict[str, Any]:
    """With the keys we know, and with those of now where the token names another. Raises `BadToken`, `ServiceAway`."""
    try:
        try:
            return service_tokens.read(token, it.keys, expected)
        except KeyMissing:
            return service_tokens.read(token, _newer(house, it.issuer).keys, expected)
    except KeyMissing:
        raise BadToken("no such key") from None
    except BadToken as refused:
        LOG.warning("the sign-in service's token was refused: %s", refused)
        raise


def _newer(house: House, issuer: str) -> Described:
    """The service asked anew, unless that was done just now."""
    now = house.clock.now()
    if house.remembered.get(f"keys:{issuer}", now) is None:
        house.remembered.put(f"keys:{issuer}", True, now, AGAIN_AFTER)
        forget(house, issuer)
    return described(house, issuer)


def _completed(house: House, it: Described, service: Service, found: dict[str, Any], access: object) -> dict[str, Any]:
    """What the token does not say is asked for, and taken only about the same subject."""
    wanted = {"name", "email"} | ({service.role_claim.split(".")[0]} if service.gives_roles else set())
    if wanted <= set(found) or not it.userinfo or not isinstance(access, str) or len(access) > 8000 or not access.isascii():
        return found
    answer = _ask(house, "GET", it.userinfo, {"Authorization": f"Bearer {access}", "Accept": "application/json"})
    more = _object(answer.body) if answer.status == 200 else {}
    return {**more, **found} if more.get("sub") == found["sub"] else found


def _document(house: House, where: str) -> dict[str, Any]:
    answer = _ask(house, "GET", where, {"Accept": "application/json"})
    if answer.status != 200:
        raise ServiceAway(f"it answered {answer.status}")
    return _object(answer.body)


def _ask(house: House, method: str, where: str, headers: Mapping[str, str], body: bytes = b"") -> OutsideAnswer:
    if house.outside is None:
        raise ServiceAway("this program asks nobody outside")
    try:
        answer = house.outside(method, where, headers, body)
    except (Unreachable, BadAccount) as error:
        LOG.warning("the sign-in service does not answer: %s", error)
        raise ServiceAway("it does not answer") from error
    if len(answer.body) > MOST_BYTES or answer.status >= 500:
        raise ServiceAway("too much was said, or it is in trouble")
    return answer


def _object(body: bytes) -> dict[str, Any]:
    """Raises `ServiceAway` for what is no object of JSON."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceAway("no JSON") from error
    if not isinstance(said, dict):
        raise ServiceAway("no object")
    return said
