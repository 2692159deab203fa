"""`sealgate bench vault`: how many values one core seals and opens, and how many tokens it makes, in a second.

The surprising thing: the keys are warm. A first use costs one question to the key store besides, which is its disk's speed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial

from sealgate.domain.ids import SiteId, TenantId, uuid7
from sealgate.ports import KeyKind
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.envelope import Place
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import new_passphrase_root

VALUE = b"x" * 120
"""A profile or the detail of a passage."""

PICTURE = b"x" * 60_000
DAY = date(2026, 3, 2)
_WORDS = {
    "seals": "values of 120 bytes sealed",
    "opens": "values of 120 bytes opened",
    "picture_seals": "pictures of 60 kB sealed",
    "day_tokens": "day tokens of a plate",
    "standing_tokens": "standing tokens of a plate",
    "first_seals": "values sealed under a new key",
}


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def measure(seconds: float = 2.0) -> dict[str, float]:
    """How often each was done in a second of CPU time on one core; `seconds` is for all of them together."""
    keyring = Keyring(MemoryShelf(), _Now())
    keyring.initialise(new_passphrase_root(secrets.token_hex(32)))
    tenant, site, person = (uuid7(datetime.now(UTC), secrets.token_bytes(10)) for _ in range(3))
    place = Place(TenantId(tenant), "people", "profile", str(person))
    index = BlindIndex(keyring)
    seal = partial(keyring.seal, place.tenant, KeyKind.SUBJECT, str(person), place)
    sealed = seal(VALUE)

    def first_seal() -> None:
        newcomer = uuid7(datetime.now(UTC), secrets.token_bytes(10))
        keyring.seal(place.tenant, KeyKind.SUBJECT, str(newcomer), place, VALUE)

    tasks: dict[str, Callable[[], object]] = {
        "seals": partial(seal, VALUE),
        "opens": partial(keyring.open, place, sealed),
        "picture_seals": partial(seal, PICTURE),
        "day_tokens": partial(index.day_token, place.tenant, SiteId(site), DAY, "plate", "京A12345"),
        "standing_tokens": partial(index.standing_token, place.tenant, "plate", "京A12345"),
        "first_seals": first_seal,
    }
    return {name: _rate(task, seconds / len(tasks)) for name, task in tasks.items()}


def _rate(task: Callable[[], object], seconds: float) -> float:
    """CPU time, not the wall's: another busy process on the core is not the vault's doing."""
    task()  # the first call fetches the key
    done, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(100):
            task()
        done += 100
    return done / spent


def rows(result: dict[str, float]) -> list[tuple[str, str, str]]:
    """What, how many a second on one core, and microseconds each."""
    return [(_WORDS[name], f"{rate:,.0f}", f"{1e6 / rate:.1f}") for name, rate in result.items()]
