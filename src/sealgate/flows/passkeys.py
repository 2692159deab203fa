"""Passkeys (WebAuthn): a key in somebody's device that signs them in, with the device's own lock as the second factor.

The surprising thing: a passkey names its operator itself, so nobody types who they are. It is asked with a challenge that is
good once, for minutes, and only in the browser that asked for it; a counter that runs backwards means that there are two of it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from sealgate.domain.errors import Conflict, NotFound, Refused
from sealgate.domain.ids import OperatorId, PasskeyId, TenantId
from sealgate.flows import tickets
from sealgate.flows.freshly import freshly
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.rules import title
from sealgate.flows.signin import StepOver, new_session
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import accounts
from sealgate.store import passkeys as rows
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.vault.envelope import Place

MOST = 20
"""Passkeys of one operator."""

MOST_BYTES = 32 * 1024
"""Of what a browser brings: an answer has some hundred bytes, one with an attestation a few thousand."""

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
ADDING, ENTERING = "passkey-add", "passkey-enter"
VERIFIED = UserVerificationRequirement.REQUIRED
HOSTILE = (WebAuthnException, InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, LookupError, AttributeError)
"""What comes of bytes that are not an answer: the library's own words, and those of what it stands on."""

T = TypeVar("T")


class NoName(Refused):
    """Browsers make passkeys for a name only, and this installation has not been told its own."""

    code = "passkey.no-name"
    status = 409


class PasskeyRefused(Refused):
    """Unknown, removed, of somebody disabled, or not answered as asked: one answer for all."""

    code = "passkey.refused"
    status = 401


class PasskeyCopied(Refused):
    """Its counter ran backwards: somewhere there is a second one."""

    code = "passkey.copied"
    status = 401


class PasskeyKnown(Conflict):
    code = "passkey.known"


class TooManyPasskeys(Conflict):
    code = "passkey.too-many"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is for: a host's name, and the one origin whose pages may ask."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser is to be asked, as JSON, and the ticket for its cookie."""

    options: str
    ticket: str


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    passkey: PasskeyId
    name: str
    made_at: datetime
    used_at: datetime | None
    synced: bool
    copied: bool


def relying_party(address: str) -> RelyingParty | None:
    """By how browsers reach us (`public_address`); None for an address that no browser makes a passkey for."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    named = bool(host) and not _is_number(host)
    if not named or (parts.scheme != "https" and not (parts.scheme == "http" and host == "localhost")):
        return None
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{port}")


def _is_number(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def possible(house: House) -> bool:
    return relying_party(house.address) is not None


def mine(house: House, signed: Signed) -> list[PasskeyLine]:
    with house.store.read(signed.tenant) as db:
        return [_line(house, db, row) for row in rows.passkeys_of(db, signed.operator)]


def has_any(db: Reader, operator: OperatorId) -> bool:
    """Whether one of the operator's passkeys still opens."""
    return any(row.copied_at is None for row in rows.passkeys_of(db, operator))


def begin_adding(house: House, signed: Signed) -> Asked:
    """Raises `NoName`, `SignInAgain`, `TooManyPasskeys`."""
    party = _party(house)
    freshly(house, signed)
    with house.store.read(signed.tenant) as db:
        there = rows.passkeys_of(db, signed.operator)
        known = [_decoded(_detail(house, db, row)["id"]) for row in there]
    if len(there) >= MOST:
        raise TooManyPasskeys(f"at most {MOST}")
    ticket, text = tickets.issued(house, signed.tenant, ADDING, {"session": signed.session})
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name="Sealgate",
        user_id=signed.tenant.bytes + signed.operator.bytes,
        user_name=signed.login,
        user_display_name=signed.name,
        challenge=tickets.derived(ticket, "challenge"),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return Asked(webauthn.options_to_json(options), text)


def add(house: House, signed: Signed, ticket_text: str, name: str, answer: dict[str, Any]) -> None:
    """Keep the passkey that the browser made. Raises `StepOver`, `StepUsed`, `PasskeyRefused`, `PasskeyKnown`, `BadTitle`."""
    party, called = _party(house), title(name)
    freshly(house, signed)
    ticket = tickets.shown(house, ticket_text, ADDING)
    if ticket is None or ticket.tenant != signed.tenant or ticket.words.get("session") != signed.session:
        raise StepOver
    told = _checked(lambda: _registered(party, tickets.derived(ticket, "challenge"), answer))
    token = _token(house, signed.tenant, told.credential_id)
    passkey, now = PasskeyId(house.new_id()), house.clock.now()
    with house.store.begin(signed.tenant, signed.actor) as tx:
        tickets.spend(tx, ticket, now)
        if rows.passkey_by_token(tx, token) is not None:
            raise PasskeyKnown("known already")
        detail = {
            "id": _text(told.credential_id),
            "key": _text(told.credential_public_key),
            "name": called,
            "synced": told.credential_backed_up,
        }
        sealed = seal(house, tx.tenant, subject(signed.operator), _place(tx, passkey), detail)
        rows.add_passkey(tx, rows.PasskeyRow(passkey, signed.operator, token, sealed, told.sign_count, now))
        journal.write(tx, house.keyring, now, "passkey.added", object=f"passkey:{passkey}")


def remove(house: House, signed: Signed, passkey: PasskeyId) -> None:
    """One's own. Raises `NotFound`."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not rows.remove_passkey(tx, passkey, signed.operator):
            raise NotFound("passkey")
        journal.write(tx, house.keyring, house.clock.now(), "passkey.removed", object=f"passkey:{passkey}")


def begin_entering(house: House) -> Asked:
    """Nobody says yet who they are: the passkey will. Raises `NoName`."""
    party = _party(house)
    first = house.store.tenants()[0].tenant  # whose key stands for the house: an organisation is not known yet
    ticket, text = tickets.issued(house, first, ENTERING)
    options = webauthn.generate_authentication_options(
        rp_id=party.id, challenge=tickets.derived(ticket, "challenge"), user_verification=VERIFIED
    )
    return Asked(webauthn.options_to_json(options), text)


def enter(house: House, ticket_text: str, answer: dict[str, Any]) -> str:
    """The session's token for a passkey's answer. Raises `StepOver`, `StepUsed`, `PasskeyRefused`, `PasskeyCopied`."""
    party, now = _party(house), house.clock.now()
    ticket = tickets.shown(house, ticket_text, ENTERING)
    if ticket is None:
        raise StepOver
    credential, tenant, operator = _checked(lambda: _who(answer))
    if tenant not in {known.tenant for known in house.store.tenants()}:
        raise PasskeyRefused
    session = ""
    with house.store.begin(tenant, Actor("operator", str(operator))) as tx:
        row = _live(house, tx, credential, operator)
        key = _decoded(_detail(house, tx, row)["key"])
        told = _checked(lambda: _authenticated(party, tickets.derived(ticket, "challenge"), key, answer))
        tickets.spend(tx, ticket, now)
        if told.new_sign_count > row.counter or told.new_sign_count == row.counter == 0:  # many count nothing, and say 0
            if not rows.counted(tx, row, told.new_sign_count, now):
                raise PasskeyRefused
            journal.write(tx, house.keyring, now, "operator.signed-in", object=f"operator:{operator}")
            session = new_session(tx, operator, now)
        else:
            rows.found_copied(tx, row.passkey, now)
            journal.write(tx, house.keyring, now, "passkey.copied", object=f"passkey:{row.passkey}")
    if not session:
        raise PasskeyCopied
    return session


def _live(house: House, tx: Tx, credential: bytes, operator: OperatorId) -> rows.PasskeyRow:
    """The passkey, if it is that operator's and both may still come in. Raises `PasskeyRefused`, `PasskeyCopied`."""
    whose = accounts.operator(tx, operator)
    row = rows.passkey_by_token(tx, _token(house, tx.tenant, credential))
    if row is None or row.operator != operator or whose is None or whose.disabled_at is not None:
        raise PasskeyRefused
    if row.copied_at is not None:
        raise PasskeyCopied
    return row


def _registered(party: RelyingParty, challenge: bytes, answer: dict[str, Any]) -> VerifiedRegistration:
    return webauthn.verify_registration_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=party.id,
        expected_origin=party.origin,
        require_user_verification=True,
        supported_pub_key_algs=ALGORITHMS,
    )


def _authenticated(party: RelyingParty, challenge: bytes, key: bytes, answer: dict[str, Any]) -> VerifiedAuthentication:
    """The counter is not judged here: a copied passkey is to be written down."""
    return webauthn.verify_authentication_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=party.id,
        expected_origin=party.origin,
        credential_public_key=key,
        credential_current_sign_count=0,
        require_user_verification=True,
    )


def _checked(check: Callable[[], T]) -> T:
    """Whatever hostile bytes make of a check is one refusal."""
    try:
        return check()
    except (*HOSTILE, RecursionError) as error:
        raise PasskeyRefused from error


def _who(answer: dict[str, Any]) -> tuple[bytes, TenantId, OperatorId]:
    """Credential, organisation and operator as the passkey names them: claims, until its signature is checked."""
    handle = _decoded(answer["response"]["userHandle"])
    if len(handle) != 32:
        raise PasskeyRefused
    return _decoded(answer["rawId"]), TenantId(UUID(bytes=handle[:16])), OperatorId(UUID(bytes=handle[16:]))


def read_answer(data: bytes) -> dict[str, Any]:
    """What a browser sent, if it is an object of JSON. Raises `PasskeyRefused`."""
    said = _checked(lambda: json.loads(data))
    if not isinstance(said, dict):
        raise PasskeyRefused
    return said


def _party(house: House) -> RelyingParty:
    party = relying_party(house.address)
    if party is None:
        raise NoName("no name that browsers make passkeys for", hint="Set SEALGATE_PUBLIC_ADDRESS to https and a name")
    return party


def _line(house: House, db: Reader, row: rows.PasskeyRow) -> PasskeyLine:
    detail = _detail(house, db, row)
    return PasskeyLine(
        row.passkey, detail["name"], row.made_at, row.used_at, bool(detail["synced"]), copied=row.copied_at is not None
    )


def _detail(house: House, db: Reader, row: rows.PasskeyRow) -> dict[str, Any]:
    return unseal(house, _place(db, row.passkey), row.detail)


def _token(house: House, tenant: TenantId, credential: bytes) -> Token:
    return house.index.standing_token(tenant, "passkey", _text(credential))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _place(db: Reader, passkey: PasskeyId) -> Place:
    return Place(db.tenant, "passkeys", "detail", str(passkey))
