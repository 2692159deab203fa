"""Run by test_kill.py: on each line of input, forks a child that writes passages until it is killed.

The child prints the numbers of each passage once its commit came back, and `latch <number>` once that answer did; `gone`
is printed when the child has ended. Forking a program that has imported everything makes forty kills a matter of seconds.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
from datetime import UTC, datetime
from uuid import UUID

from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number
from sealgate.domain.errors import Fault
from sealgate.domain.ids import GateId, PassageId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.ports import LatchAnswer, Sealed, Token
from sealgate.privacy import journal
from sealgate.store import passages
from sealgate.store.engine import Actor, Store, SystemClock, open_store
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf

GATE = Actor("gate", "door")
SITE, DOOR = SiteId(UUID(int=1)), GateId(UUID(int=2))
KEYRING = Keyring(MemoryShelf(), SystemClock())


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def write_until_killed(store: Store, tenant: TenantId) -> None:
    while True:
        batch = [a_passage(store) for _ in range(random.choice((1, 1, 1, 5, 50)))]
        with store.begin(tenant, GATE) as tx:
            passages.append(tx, batch)
            journal.write(tx, KEYRING, datetime.now(UTC), "passages.recorded", object=journal.written(batch))
        tell(" ".join(str(row.passage) for row in batch))
        with store.begin(tenant, GATE) as tx:
            passages.answer_latch(tx, batch[0].passage, LatchAnswer.ACCEPTED, datetime.now(UTC))
            journal.write(tx, KEYRING, datetime.now(UTC), "latch.answered")
        tell(f"latch {batch[0].passage}")


def a_passage(store: Store) -> passages.PassageRow:
    now = datetime.now(UTC)
    return passages.PassageRow(
        passage=PassageId(store.ids.next(now)),
        site=SITE,
        gate=DOOR,
        day=day_number(now.date()),
        at=now,
        means=Means.CARD,
        opens=True,
        reason=Reason.ALLOWED,
        token=Token(secrets.token_bytes(16)),
        who=Sealed(secrets.token_bytes(80)),
        detail=Sealed(secrets.token_bytes(200)),
        nonce=secrets.token_bytes(16),
    )


def child(url: str, tenant: TenantId) -> None:
    tell(f"pid {os.getpid()}")
    try:
        write_until_killed(open_store(url), tenant)
    except Fault as fault:  # the server was killed, and not we
        tell(f"fault {fault.code}")


def main(url: str, tenant: TenantId) -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(url, tenant)
            os._exit(0)
        os.waitpid(pid, 0)
        tell("gone")


main(sys.argv[1], TenantId(UUID(sys.argv[2])))
