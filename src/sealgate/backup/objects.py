"""Backups in an object store that speaks S3, each object locked until its date where the bucket has Object Lock.

The surprising thing: a lock keeps a *version*. Whoever may write can still put another version over it or a delete marker
before it; so we list versions, not names, and read on beneath the newest one until something opens.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.datatypes import Object
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.retention import Retention

from sealgate.backup.depots import LARGEST, BadDepot, Kept
from sealgate.ports import Unreachable

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ABSENT = {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "NoSuchObjectLockConfiguration"}
_HELD = {"AccessDenied", "ObjectLocked", "InvalidRequest", "MethodNotAllowed"}
_UNLOCKED = {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", "InvalidRequest"}


@dataclass(frozen=True, slots=True)
class Account:
    """At which store, and as whom. `endpoint` is such as `https://s3.example.org`."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = ""


class ObjectDepot:
    """A `Depot` below `s3://bucket/prefix`. The bucket is there already, for its lock is chosen when it is made."""

    def __init__(self, address: str, account: Account) -> None:
        """Asks nothing yet. Raises `BadDepot`."""
        parts, at = urlsplit(address), urlsplit(account.endpoint)
        if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or at.scheme not in {"http", "https"} or not at.netloc:
            raise BadDepot("not such as s3://bucket/folder at https://endpoint", hint="Check backup_to and backup_endpoint")
        self.address = address.rstrip("/")
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=30), retries=urllib3.Retry(2), maxsize=8)
        self._client = Minio(
            at.netloc,
            account.access_key,
            account.secret_key,
            secure=at.scheme == "https",
            region=account.region or None,
            http_client=pool,
        )
        self._locks: bool | None = None

    @property
    def locks(self) -> bool:
        """Asked once. Raises `BadDepot`, `Unreachable`."""
        if self._locks is None:
            self._locks = self._has_lock()
        return self._locks

    def begin(self) -> None:
        """The bucket's lock is chosen when it is made, so we make none."""

    def put(self, name: str, data: bytes, until: datetime | None = None) -> None:
        kept = Retention(COMPLIANCE, until) if until and self.locks else None
        summed = base64.b64encode(hashlib.sha256(data).digest()).decode()
        headers: dict[str, str | list[str] | tuple[str]] = {
            "x-amz-sdk-checksum-algorithm": "SHA256",  # a lock is not taken without a sum of what is locked
            "x-amz-checksum-sha256": summed,
        }
        with self._told():
            self._client.put_object(
                self._bucket, self._key(name), io.BytesIO(data), len(data), metadata=headers, retention=kept
            )

    def hold(self, name: str, until: datetime) -> None:
        if self.locks:
            for version in self._versions(name):
                with self._told():
                    kept = Retention(COMPLIANCE, until)
                    self._client.set_object_retention(self._bucket, self._key(name), kept, version.version_id)

    def held_until(self, name: str) -> datetime | None:
        """Of the version that was first, which is ours."""
        if not self.locks:
            return None
        for version in self._versions(name):
            with self._told(absent=None):
                told = self._client.stat_object(self._bucket, self._key(name), version_id=version.version_id)
                until = (told.metadata or {}).get("x-amz-object-lock-retain-until-date")
                return None if until is None else datetime.fromisoformat(str(until))
        return None

    def copies(self, name: str) -> Iterator[bytes]:
        newest = self._read(name, None)
        if newest is not None:
            yield newest
        for version in self._versions(name):
            data = self._read(name, version.version_id)
            if data is not None and data != newest:
                yield data

    def names(self, prefix: str) -> Iterator[Kept]:
        """A version stands before the older ones of its name, so the last that is told of a name was the first to be put."""
        last: Kept | None = None
        for found in self._listed(prefix):
            name = (found.object_name or "")[len(self._prefix) :]
            if last is not None and last.name != name:
                yield last
            last = Kept(name, found.size or 0, found.last_modified or datetime.now(UTC))
        if last is not None:
            yield last

    def delete(self, name: str) -> bool:
        gone = False
        for version in [*self._versions(name, markers=True)]:
            try:
                self._client.remove_object(self._bucket, self._key(name), version.version_id)
                gone = gone or not version.is_delete_marker
            except S3Error as error:
                if error.code not in _HELD:
                    raise _ours(error) from error
                return False
            except (urllib3.exceptions.HTTPError, ServerError, InvalidResponseError) as error:
                raise Unreachable(type(error).__name__) from error
        return gone

    def _has_lock(self) -> bool:
        try:
            with self._told():
                if not self._client.bucket_exists(self._bucket):
                    raise BadDepot(f"there is no bucket {self._bucket}", hint="Make it first, with Object Lock")
            self._client.get_object_lock_config(self._bucket)
        except S3Error as error:
            if error.code in _UNLOCKED:
                return False
            raise _ours(error) from error
        return True

    def _read(self, name: str, version: str | None) -> bytes | None:
        data: bytes | None = None
        with self._told(absent=None):
            answer = self._client.get_object(self._bucket, self._key(name), version_id=version)
            try:
                data = answer.read(LARGEST)
            finally:
                answer.close()
                answer.release_conn()
        return data

    def _versions(self, name: str, *, markers: bool = False) -> list[Object]:
        """Of one name, the oldest first."""
        found = [one for one in self._listed(name, markers=markers) if one.object_name == self._key(name)]
        return found[::-1]

    def _listed(self, prefix: str, *, markers: bool = False) -> Iterator[Object]:
        with self._told():
            listed = self._client.list_objects(self._bucket, self._key(prefix), recursive=True, include_version=True)
            for found in listed:
                if markers or not found.is_delete_marker:
                    yield found

    def _key(self, name: str) -> str:
        return self._prefix + name

    @contextmanager
    def _told(self, **absent: None) -> Iterator[None]:
        """Run the body; the client's errors come out as ours. Given `absent`, what is not there is no error."""
        try:
            yield
        except S3Error as error:
            if absent and error.code in _ABSENT:
                return
            raise _ours(error) from error
        except (urllib3.exceptions.HTTPError, ServerError, InvalidResponseError) as error:
            raise Unreachable(f"the object store: {type(error).__name__}") from error


def _ours(error: S3Error) -> Unreachable:
    return Unreachable(f"the object store answered {error.code}", permanent=error.code in {"AccessDenied", "NoSuchBucket"})
