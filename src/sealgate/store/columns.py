"""The kinds of column, each meaning the same on SQLite (STRICT) and PostgreSQL.

SQLite's STRICT tables know INTEGER, REAL, TEXT and BLOB only, so every kind says how it lies there:
instants are microseconds since 1970 in UTC, days are day numbers, identities are 16 bytes.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from sealgate.domain.calendar import day_number

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)

E = TypeVar("E", bound=StrEnum)


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970 of an aware instant; raises TypeError for a naive one."""
    return (at - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


class Whole(TypeDecorator[int]):
    """A 64-bit integer."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.BigInteger())


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept to the microsecond, given back in UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.BigInteger())

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


class Day(TypeDecorator[date]):
    """A local day, as its number (`calendar.day_number`)."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, _dialect: Dialect) -> int | None:
        return None if value is None else day_number(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> date | None:
        return None if value is None else FIRST_DAY + timedelta(days=value)


class Flag(TypeDecorator[bool]):
    """Yes or no, as 1 or 0."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, _dialect: Dialect) -> int | None:  # noqa: FBT001 - SQLAlchemy's signature
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Id(TypeDecorator[UUID]):
    """An identity: `uuid` on PostgreSQL, its 16 bytes on SQLite; both compare by bytes, so version 7 sorts by time."""

    impl = sa.Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.LargeBinary() if dialect.name == "sqlite" else sa.Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | UUID | None:
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: bytes | UUID | None, _dialect: Dialect) -> UUID | None:
        return UUID(bytes=value) if isinstance(value, bytes) else value


class Real(TypeDecorator[float]):
    """A double."""

    impl = sa.Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.REAL() if dialect.name == "sqlite" else sa.Double())


class Word(TypeDecorator[E]):
    """One word of a `StrEnum`, stored as that word."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | None, _dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> E | None:
        return None if value is None else self.words(value)


class Json(TypeDecorator[Any]):
    """JSON, written with sorted keys and no spaces. Never a personal value: those are `SealedBytes`."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class SealedBytes(TypeDecorator[bytes]):
    """What only the vault opens."""

    impl = sa.LargeBinary
    cache_ok = True


class TokenBytes(TypeDecorator[bytes]):
    """16 bytes of a blind index."""

    impl = sa.LargeBinary
    cache_ok = True


class HashBytes(TypeDecorator[bytes]):
    """32 bytes of SHA-256, over something random or already sealed: it stands for nobody."""

    impl = sa.LargeBinary
    cache_ok = True
