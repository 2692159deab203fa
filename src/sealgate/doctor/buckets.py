"""Object stores as a stranger meets them: without a name and without a signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from sealgate.doctor.patient import PATIENCE, Patient
from sealgate.domain.findings import Check, Finding
from sealgate.settings import Settings

_KEY = re.compile(r"<Key>([^<]{1,1024})</Key>")
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Bucket:
    """`known` are names of things in it, where we have any: a bucket that does not list may give all the same."""

    endpoint: str
    name: str
    known: tuple[str, ...] = ()


def strangers(patient: Patient) -> Iterator[Finding]:
    for bucket in buckets_of(patient.settings):
        yield from asked(bucket)


def asked(bucket: Bucket) -> Iterator[Finding]:
    """Lists it and takes one thing out of it, as anybody on the internet may try."""
    base = f"{bucket.endpoint.rstrip('/')}/{quote(bucket.name)}"
    with httpx.Client(timeout=PATIENCE, follow_redirects=False) as line:
        listed = line.get(base, params={"list-type": "2", "max-keys": "1"})
        found = _KEY.findall(listed.text[:LARGEST]) if listed.status_code == 200 else []
        if listed.status_code == 200:
            yield Finding(Check.BUCKET_LISTS, bucket.name)
        for name in [*bucket.known, *found][:3]:
            with line.stream("GET", f"{base}/{quote(name)}") as given:
                if given.status_code == 200:
                    yield Finding(Check.BUCKET_GIVES, bucket.name)
                    return


def buckets_of(settings: Settings) -> list[Bucket]:
    """The bucket of the backups, where there is one."""
    to = settings.backup_to
    if not to.startswith("s3://"):
        return []
    name, _, _ = to.removeprefix("s3://").partition("/")
    return [Bucket(settings.backup_endpoint, name)]
