"""QR texts and PINs at an edge. The centre keeps nothing of them but a token that only it can make, so an edge gets another:
made under a key that edges share, sealed beside the credential, and good for recognising and for nothing else.

The surprising thing: who has a box with its keys could try all PINs against these, as the cards' numbers lie there too. Where
that matters PINs have more than six digits, or are not taken at lanes.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from uuid import UUID

from sealgate.domain.ids import TenantId
from sealgate.domain.sightings import Means
from sealgate.flows.kit import House, organisation, seal, unseal
from sealgate.ports import KeyKind
from sealgate.store.blobs import NoSuchBlob
from sealgate.vault.envelope import Place, fields

CODES = frozenset({Means.QR, Means.PIN})
KEY = UUID(int=1).hex
"""The blob of an edge in which the shared key lies, sealed under the edge's own."""


def code_key(house: House, tenant: TenantId) -> bytes:
    """At the centre."""
    return house.keyring.derive(tenant, KeyKind.TENANT, "", "edge-codes")


def edge_code(key: bytes, means: Means, value: str) -> str:
    text = fields(means.value.encode(), unicodedata.normalize("NFC", value).encode())
    return hmac.digest(key, text, hashlib.sha256).hex()


def code_record(house: House, tenant: TenantId, means: Means, value: str) -> dict[str, str]:
    """What is kept, sealed, of a QR text or a PIN: nothing of it is ever shown again, not even its end."""
    return {"hint": "", "edge": edge_code(code_key(house, tenant), means, value)}


def keep_key(house: House, tenant: TenantId, key: bytes) -> None:
    """At the edge."""
    if _kept(house, tenant) != key:
        house.blobs.delete(KEY)
        house.blobs.put(KEY, seal(house, tenant, organisation(), _place(tenant), {"key": key.hex()}))


def sought(house: House, tenant: TenantId, means: Means, value: str) -> str:
    """As what a shown value is looked up: at an edge a QR text or PIN by its edge code."""
    key = _kept(house, tenant) if house.is_edge and means in CODES else None
    return value if key is None else edge_code(key, means, value)


def _kept(house: House, tenant: TenantId) -> bytes | None:
    try:
        return bytes.fromhex(unseal(house, _place(tenant), house.blobs.get(KEY))["key"])
    except NoSuchBlob:
        return None


def _place(tenant: TenantId) -> Place:
    return Place(tenant, "edges", "codes", "key")
