"""Whether our clock is that of the others: times of the journal, of payments and of day keys hang on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from sealgate.doctor.databases import now_of
from sealgate.doctor.patient import PATIENCE, Patient
from sealgate.domain.findings import Check, Finding
from sealgate.store import journal

MOST = timedelta(seconds=30)


def clock(patient: Patient) -> Iterator[Finding]:
    """Against the databases, and whatever else we speak to over HTTP: each answer there says what time it is."""
    for name, seconds in now_of(patient.settings):
        if abs(datetime.fromtimestamp(seconds, UTC) - patient.clock.now()) > MOST:
            yield Finding(Check.CLOCK, name)
    if patient.settings.witness_address:
        said = _date(patient.settings.witness_address)
        if said is not None and abs(said - patient.clock.now()) > MOST:
            yield Finding(Check.CLOCK, "witness_address")


def _date(address: str) -> datetime | None:
    try:
        answer = httpx.get(address, timeout=PATIENCE, follow_redirects=False)
        return parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return None


def went_back(patient: Patient) -> Iterator[Finding]:
    """The newest entry of a journal lies in the future."""
    if patient.house is None:
        return
    for tenant in patient.house.store.tenants():
        with patient.house.store.read(tenant.tenant) as db:
            newest = journal.page(db, limit=1)
        if newest and newest[0].at > patient.clock.now() + MOST:
            yield Finding(Check.CLOCK_BACK, newest[0].at.isoformat(timespec="seconds"), tenant.tenant)
