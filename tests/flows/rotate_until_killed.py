"""Run by test_key_hammer.py: on each line of input, forks a child that changes the root and the wrapping keys until it is
killed.

It begins with finishing what the one before it left half done, as a program does at its start; `root`, `tenant` are printed
for each deed that ended, `gone` when the child has.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import TenantId
from sealgate.store.engine import SystemClock
from sealgate.store.keys import DatabaseShelf
from sealgate.vault.keyring import Keyring
from sealgate.vault.rootsource import RootSource


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def rotate_until_killed(url: str, source: RootSource, tenant: TenantId) -> None:
    shelf = DatabaseShelf(url, busy_timeout=timedelta(seconds=60))
    keyring = Keyring(shelf, SystemClock())
    keyring.look_with(source.roots)
    keyring.follow(source.roots(keyring.root_check()))
    if (newest := keyring.newest_root) is not None:
        keyring.rotate_root(newest)
        tell("finished")
    source.settle(keyring.root_check())
    while True:
        keyring.rotate_root(source.new_file())
        source.settle(keyring.root_check())
        tell("root")
        keyring.rotate_tenant(tenant)
        tell("tenant")


def main(url: str, key_file: str, tenant: str) -> None:
    for _line in sys.stdin:
        if (child := os.fork()) == 0:
            try:
                rotate_until_killed(url, RootSource(Path(key_file)), TenantId(UUID(tenant)))
            except (Fault, Refused) as error:
                tell(f"failed {error.code} {error}")
                os._exit(1)
        tell(f"pid {child}")
        os.waitpid(child, 0)
        tell("gone")


main(*sys.argv[1:])
