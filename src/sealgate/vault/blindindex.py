"""Equality search over sealed values: the same value under the same key gives the same 16 bytes, and says no more.

The surprising thing: what passes a gate has another token each day, so a stolen copy does not show who came again, and
a search over thirty days asks for thirty tokens. Standing tokens (names, logins, enrolled plates and cards) are made
under the tenant's own key for another purpose, so they never match a passage's.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Sequence
from datetime import date

from sealgate.domain.ids import SiteId, TenantId
from sealgate.ports import KeyKind, Token
from sealgate.vault.envelope import fields
from sealgate.vault.errors import KeyDestroyed
from sealgate.vault.keyring import Keyring
from sealgate.vault.wrapping import day_scope

TOKEN_BYTES = 16
"""128 bits: that any two of 800 million values share a token by chance has odds of 1 to 10^21."""


class BlindIndex:
    """HMAC-SHA-256 of kind and value, cut to 128 bits. `kind` is a word of ours (`plate`, `person`, `login`).

    The value must be in its one writing already (`plates.normalise`, a folded name): here only Unicode is brought to NFC.
    Each raises `VaultSealed`.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def day_token(self, tenant: TenantId, site: SiteId, day: date, kind: str, value: str) -> Token:
        """For what happens on the site's local day `day`. Raises `KeyDestroyed` when its retention has ended."""
        return _token(self._keyring.keyed(tenant, KeyKind.DAY, day_scope(site, day), "index/day"), kind, value)

    def find_day_token(self, tenant: TenantId, site: SiteId, day: date, kind: str, value: str) -> Token | None:
        """For a search: None for a day that has no key, because nothing happened on it or its key is destroyed."""
        try:
            made = self._keyring.has(tenant, KeyKind.DAY, day_scope(site, day))
            return self.day_token(tenant, site, day, kind, value) if made else None
        except KeyDestroyed:
            return None

    def find_day_tokens(self, tenant: TenantId, site: SiteId, day: date, kind: str, values: Sequence[str]) -> list[Token]:
        """As `find_day_token`, for very many values of one day; none for a day that has no key. Unlike there, a day whose
        key is destroyed raises `KeyDestroyed`: whoever counts must not take it for a day on which nobody came."""
        keyed = self._keyring.keyed_if_made(tenant, KeyKind.DAY, day_scope(site, day), "index/day")
        return [] if keyed is None else [_token(keyed, kind, value) for value in values]

    def standing_token(self, tenant: TenantId, kind: str, value: str) -> Token:
        """For what is enrolled. Raises `KeyDestroyed` for a destroyed tenant."""
        return _token(self._keyring.keyed(tenant, KeyKind.TENANT, "", "index/standing"), kind, value)


def _token(keyed: hmac.HMAC, kind: str, value: str) -> Token:
    mac = keyed.copy()
    mac.update(fields(kind.encode(), unicodedata.normalize("NFC", value).encode()))
    return Token(mac.digest()[:TOKEN_BYTES])
