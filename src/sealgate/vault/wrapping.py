"""A key inside another key: which bytes lie on the shelf, and what they are bound to.

The surprising thing: a wrapped key carries the name of what wraps it in clear. It lies beside all other keys of the
shelf anyway, and without the name no rotation could tell what it has still to do.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import date

from sealgate.domain.ids import SiteId
from sealgate.ports import KeyKind, WrappedKey
from sealgate.vault.envelope import KEY_BYTES, NONCE_BYTES, Form, fields, header_of, lay, lift
from sealgate.vault.errors import DoesNotOpen, KeyDestroyed
from sealgate.vault.openkeys import OpenKey
from sealgate.vault.roots import Root

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SCOPES = {
    KeyKind.TENANT: re.compile(""),
    KeyKind.SUBJECT: re.compile(_UUID),
    KeyKind.SITE: re.compile(_UUID + "(/([2-9]|[1-9][0-9]{1,5}))?"),
    KeyKind.DAY: re.compile(_UUID + "/[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    KeyKind.PAY: re.compile(_UUID + "/[0-9]{4}"),
}


def day_scope(site: SiteId, day: date) -> str:
    return f"{site}/{day.isoformat()}"


def space_scope(site: SiteId, space: int) -> str:
    """Of a site's secret that turns face templates: a re-key takes the next number."""
    return str(site) if space == 1 else f"{site}/{space}"


def wrapping_scope(number: int) -> str:
    """Where a tenant's wrapping keys lie, from 1 on, under the kind TENANT: other keys are sealed under them, and no value."""
    return f"wrap/{number}"


def check_scope(kind: KeyKind, scope: str) -> None:
    """One writing for one scope: a second one would be a second key, and would survive the destruction of the first."""
    if not _SCOPES[kind].fullmatch(scope):
        raise ValueError(f"not the scope of a {kind} key: {scope!r}")


def bound_to_shelf(key: WrappedKey) -> bytes:
    """The associated data of a wrapping: a wrapped key opens only as what it was made for."""
    return fields(b"wrapped key", key.tenant.bytes, key.key.bytes, key.kind.encode(), key.scope.encode())


def wrapper_of(key: WrappedKey) -> bytes:
    """The name of the root or key that wraps it. Raises `KeyDestroyed`, `NotAnEnvelope`."""
    if not key.wrapped:
        raise KeyDestroyed
    form = Form.WRAPPED_BY_ROOT if key.kind is KeyKind.TENANT else Form.WRAPPED_BY_KEY
    return header_of(form, key.wrapped).name


def wrapped_by_key(wrapper: OpenKey, key: WrappedKey, secret: bytes) -> bytes:
    return lay_key(wrapper, secrets.token_bytes(NONCE_BYTES), key, secret)


def lay_key(wrapper: OpenKey, nonce: bytes, key: WrappedKey, secret: bytes) -> bytes:
    return lay(Form.WRAPPED_BY_KEY, wrapper.name, nonce, wrapper.wraps, bound=bound_to_shelf(key), plain=secret)


def unwrapped_by_key(wrapper: OpenKey, key: WrappedKey) -> bytes:
    header = header_of(Form.WRAPPED_BY_KEY, key.wrapped)
    return _whole(lift(header.nonce, wrapper.wraps, bound_to_shelf(key), key.wrapped))


def wrapped_by_root(root: Root, key: WrappedKey, secret: bytes) -> bytes:
    return root.wrap(secret, bound_to_shelf(key))


def unwrapped_by_root(root: Root, key: WrappedKey) -> bytes:
    return _whole(root.unwrap(key.wrapped, bound_to_shelf(key)))


def _whole(secret: bytes) -> bytes:
    if len(secret) != KEY_BYTES:
        raise DoesNotOpen
    return secret


def holding(key: WrappedKey, wrapped: bytes) -> WrappedKey:
    return replace(key, wrapped=wrapped)
