"""What the doctor can find: every thing that an operator can get wrong has an id that stays, and a weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sealgate.domain.ids import TenantId


class Severity(StrEnum):
    """`BAD` breaks a promise of ours; `WARN` will, or makes a loss larger; `NOTE` should be known."""

    BAD = "bad"
    WARN = "warn"
    NOTE = "note"


class Check(StrEnum):
    """The id of a finding. In docs/operate.md each has its line."""

    LISTENER = "listener-without-tls"
    PROXY = "proxy-anybody"
    OLD_TLS = "tls-old"
    CERTIFICATE_OVER = "certificate-over"
    CERTIFICATE_SOON = "certificate-soon"
    CERTIFICATE = "certificate-not-usable"
    ADDRESS = "address-in-clear"
    DATABASE_PASSWORD = "database-without-password"  # noqa: S105 - an id
    DATABASE_ROLE = "database-strong-role"
    DATABASE_OPEN = "database-open-to-network"
    DATABASE_CLEAR = "database-in-clear"
    BUCKET_LISTS = "bucket-lists-to-strangers"
    BUCKET_GIVES = "bucket-gives-to-strangers"
    BACKUP_KEYS = "backup-with-keys"
    NO_BACKUP = "no-backup"
    KEYS_IN_DATA = "keys-in-data"
    KEYS_BESIDE = "keys-beside-data"
    KEYS_SAME_DATABASE = "keys-in-same-database"
    WEAK_SECRET = "secret-weak"  # noqa: S105 - an id
    TEST_MONEY = "money-made-up"
    FILE_OPEN = "file-open-to-others"
    DISK = "disk-nearly-full"
    CLOCK = "clock-off"
    CLOCK_BACK = "clock-went-back"
    RETENTION = "retention-late"
    JOURNAL = "journal-broken"
    NO_WITNESS = "no-witness"
    WITNESS = "witness-behind"
    NO_CHECKPOINT = "no-checkpoint"
    NO_MAIL = "no-mail"
    CAMERA_DEFAULT = "camera-default-password"
    CAMERA_CLEAR = "camera-password-in-clear"
    MODELS = "models-old"
    NOT_LOOKED = "could-not-look"


_BAD, _WARN, _NOTE = Severity.BAD, Severity.WARN, Severity.NOTE
SEVERITY: Mapping[Check, Severity] = {
    **dict.fromkeys(Check, _BAD),
    Check.CERTIFICATE_SOON: _WARN,
    Check.ADDRESS: _WARN,
    Check.NO_BACKUP: _WARN,
    Check.KEYS_BESIDE: _NOTE,
    Check.TEST_MONEY: _WARN,
    Check.DISK: _WARN,
    Check.CLOCK: _WARN,
    Check.NO_WITNESS: _WARN,
    Check.WITNESS: _WARN,
    Check.NO_CHECKPOINT: _WARN,
    Check.NO_MAIL: _NOTE,
    Check.CAMERA_CLEAR: _WARN,
    Check.NOT_LOOKED: _WARN,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` names a file, a setting, a gate's id or a host: never a secret, never a person. `tenant` is None for what
    concerns the whole installation."""

    check: Check
    where: str = ""
    tenant: TenantId | None = None

    @property
    def severity(self) -> Severity:
        return SEVERITY[self.check]


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Bad ones first, within a weight in the order of the ids."""
    order = {severity: rank for rank, severity in enumerate(Severity)}
    ids = {check: rank for rank, check in enumerate(Check)}
    return sorted(findings, key=lambda one: (order[one.severity], ids[one.check], one.where))
