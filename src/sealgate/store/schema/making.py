"""How a table is made: one naming convention, the tenant first in every key.

Every primary key begins with the tenant and every foreign key carries it: one schema serves SQLite, PostgreSQL and Citus.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Table

from sealgate.store.columns import Id

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def table(name: str, key: tuple[str, ...], *parts: Any, **options: Any) -> Table:
    """A table of one tenant's rows: `tenant_id` and then `key` are its primary key."""
    tenant = Column("tenant_id", Id, nullable=False)
    return Table(name, metadata, tenant, *parts, PrimaryKeyConstraint("tenant_id", *key), sqlite_strict=True, **options)


def needs(target: Table, *columns: str) -> ForeignKeyConstraint:
    """A composite foreign key to the primary key of `target`, within the tenant."""
    return ForeignKeyConstraint(("tenant_id", *columns), [f"{target.name}.{column.name}" for column in target.primary_key])


def must(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


def may(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=True)


def where(name: str, *columns: str, unique: bool, only: str) -> Index:
    """An index of the rows for which `only` holds, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=sa.text(only), postgresql_where=sa.text(only))
