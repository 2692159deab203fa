"""Which place an address means."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sealgate.backup.depots import BadDepot, Depot
from sealgate.backup.folders import FolderDepot
from sealgate.backup.making import Place
from sealgate.backup.safe import Safe


def depot_of(address: str, *, endpoint: str = "", access_key: str = "", secret_key: str = "", region: str = "") -> Depot:
    """A folder, or `s3://bucket/folder` at `endpoint`. Raises `BadDepot`, `Unreachable`."""
    if not address:
        raise BadDepot("no place for backups is given", hint="Give --to, or set SEALGATE_BACKUP_TO")
    if not address.startswith("s3://"):
        return FolderDepot(Path(address).expanduser())
    from sealgate.backup.objects import Account, ObjectDepot  # noqa: PLC0415 - its client is wanted there alone

    return ObjectDepot(address, Account(endpoint, access_key, secret_key, region))


def place(depot: Depot, safe: Safe, lock_days: int) -> Place:
    return Place(depot, safe, timedelta(days=lock_days) if lock_days else None)
