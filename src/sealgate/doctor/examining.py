"""All checks in their order. One that fails itself is a finding too: nothing that was not looked at counts as good."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from sealgate.doctor import buckets, clocks, databases, folders, listening, running, secrets
from sealgate.doctor.patient import Looks, Patient
from sealgate.domain.findings import Check, Finding, worst_first
from sealgate.flows.kit import House
from sealgate.ports import Clock
from sealgate.settings import Settings

log = logging.getLogger("sealgate.doctor")

AT_THE_SETTINGS: tuple[Looks, ...] = (
    *(listening.listener, listening.proxies, listening.address, listening.certificate, listening.old_tls),
    *(databases.password, databases.role, databases.network, databases.in_clear, databases.keys_apart),
    *(buckets.strangers, folders.keys_in_backup, folders.no_backup, folders.keys_in_data, folders.keys_beside),
    *(secrets.secrets, secrets.money, folders.modes, folders.room, clocks.clock, running.mail, running.models),
)
"""These need nothing to be open."""

IN_THE_HOUSE: tuple[Looks, ...] = (
    *(clocks.went_back, running.retention_late, running.witnesses, running.checkpoints, running.cameras),
)
LONG: tuple[Looks, ...] = (running.journal_broken,)
"""These take as long as there is journal: not while a page waits."""


def examine(settings: Settings, house: House, *, long: bool = True) -> list[Finding]:
    """Everything, the worst first. Without `long` the journal's chain is not walked."""
    patient = Patient(settings, house.clock, house)
    looks = (*AT_THE_SETTINGS, *IN_THE_HOUSE, *(LONG if long else ()))
    return worst_first([finding for one in looks for finding in looked(one, patient)])


def examine_from_outside(settings: Settings, clock: Clock, why: str) -> list[Finding]:
    """What can be seen of a house that does not open here; `why` is the code of what keeps it shut."""
    patient = Patient(settings, clock)
    found = [finding for one in (*AT_THE_SETTINGS, running.witnesses) for finding in looked(one, patient)]
    return worst_first([*found, Finding(Check.NOT_LOOKED, f"inside: {why}")])


def looked(one: Looks, patient: Patient) -> Iterator[Finding]:
    try:
        yield from one(patient)
    except Exception as error:
        log.warning("%s could not look", _name(one), exc_info=error)
        yield Finding(Check.NOT_LOOKED, f"{_name(one)}: {getattr(error, 'code', type(error).__name__)}")


def _name(one: Any) -> str:
    return f"{one.__module__.rpartition('.')[2]}.{one.__name__}"
