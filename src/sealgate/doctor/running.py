"""What a house that runs shows of itself: its rounds, its journal, its cameras, its models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from sealgate.doctor.patient import Patient
from sealgate.domain.findings import Check, Finding
from sealgate.flows import retention, witnessing
from sealgate.flows.rules import sources_of
from sealgate.store import checkpoints as checkpoint_rows
from sealgate.store import journal, places
from sealgate.vision.catalogue import MODELS
from sealgate.vision.own import OWN_FOLDER, OWN_MODELS
from sealgate.vision.runtime import ModelMissing, WrongHash, check

LATE = timedelta(days=2)
"""After what the times ask: a round comes every hour, so days without one mean that there was none."""

BEHIND = timedelta(days=1)
FIRST = timedelta(hours=2)
NETWORK = ("rtsp", "rtsps", "http", "https")
DEFAULTS = frozenset(
    {
        *("admin", "12345", "123456", "1234", "password", "pass", "root", "user", "system", "888888", "666666", "9999", "4321"),
        *("admin123", "admin1234", "admin12345", "abc123", "abcd1234", "hikvision", "dahua", "axis", "ubnt", "service", ""),
    }
)
"""What cameras leave the factory with, or stand on the first page that a search finds."""


def retention_late(patient: Patient) -> Iterator[Finding]:
    if patient.house is None:
        return
    for tenant in patient.house.store.tenants():
        found = retention.status(patient.house, tenant.tenant)
        last = (patient.clock.now() - LATE - timedelta(days=found.times.passages)).date()
        if found.oldest is not None and found.oldest < last:
            yield Finding(Check.RETENTION, found.oldest.isoformat(), tenant.tenant)


def journal_broken(patient: Patient) -> Iterator[Finding]:
    """Walks every entry: minutes with millions of them."""
    if patient.house is None:
        return
    for tenant in patient.house.store.tenants():
        verdict = witnessing.audited(patient.house, tenant.tenant).verdict
        if not verdict.whole:
            yield Finding(Check.JOURNAL, f"{verdict.flaw} at {verdict.at}", tenant.tenant)


def witnesses(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    if settings.witness_folder is None and not settings.witness_address:
        yield Finding(Check.NO_WITNESS, "witness_folder")
    if patient.house is None:
        return
    for tenant in patient.house.store.tenants():
        with patient.house.store.read(tenant.tenant) as db:
            newest, told = checkpoint_rows.newest(db), checkpoint_rows.witnesses(db)
        for row in told.values():
            if newest is not None and (row.trouble or (row.size < newest.size and patient.clock.now() - row.at > BEHIND)):
                yield Finding(Check.WITNESS, row.name, tenant.tenant)


def checkpoints(patient: Patient) -> Iterator[Finding]:
    """Entries that are older than a checkpoint should be, and stand in none."""
    if patient.house is None:
        return
    for tenant in patient.house.store.tenants():
        with patient.house.store.read(tenant.tenant) as db:
            newest = checkpoint_rows.newest(db)
            size = 0 if newest is None else newest.size
            oldest = journal.entry(db, size + 1) if journal.head(db).seq > size else None
        if oldest is not None and patient.clock.now() - oldest.at > (BEHIND if newest else FIRST):
            yield Finding(Check.NO_CHECKPOINT, f"entry {oldest.seq}", tenant.tenant)


def mail(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.smtp_host:
        yield Finding(Check.NO_MAIL, "smtp_host")


def cameras(patient: Patient) -> Iterator[Finding]:
    """Passwords in the addresses of cameras. The addresses are sealed with us; on the way to the camera they may not be."""
    if patient.house is None:
        return
    for tenant in patient.house.store.tenants():
        with patient.house.store.read(tenant.tenant) as db:
            gates = [row.gate for row in places.gates(db) if row.source is not None]
        for gate in gates:
            for source in sources_of(patient.house, tenant.tenant, gate):
                for found in _of_address(source):
                    yield Finding(found, str(gate), tenant.tenant)


def _of_address(source: str) -> Iterator[Check]:
    scheme, mark, _ = source.partition("://")
    if not mark or scheme.lower() not in NETWORK:
        return
    parts = urlsplit(source)
    if parts.username is None and parts.password is None:
        return
    name, password = unquote(parts.username or "").casefold(), unquote(parts.password or "").casefold()
    if password in DEFAULTS or password == name:
        yield Check.CAMERA_DEFAULT
    if scheme.lower() in {"rtsp", "http"}:
        yield Check.CAMERA_CLEAR


def models(patient: Patient) -> Iterator[Finding]:
    for model in MODELS:
        try:
            check(model, patient.models)
        except (ModelMissing, WrongHash):
            yield Finding(Check.MODELS, model.name)
    for own in OWN_MODELS:
        try:
            check(own, OWN_FOLDER)
        except (ModelMissing, WrongHash):
            yield Finding(Check.MODELS, own.name)
