"""How we open PostgreSQL: each transaction says whose it is, and row-level security holds it to that.

The tenant is set with SET LOCAL, so it ends with the transaction and never leaks through the pool. A role that
row-level security does not bind is refused at the door.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from sealgate.store.faults import RoleTooStrong

CONNECTIONS = 10
NOBODY = "*"
"""In the place of a tenant: sees the list of tenants, and no row of any other table."""


def engine(url: sa.URL, wait: timedelta) -> sa.Engine:
    seconds = max(int(wait.total_seconds()), 1)
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=wait.total_seconds(),
        pool_pre_ping=True,  # a restarted server costs nobody a passage
        hide_parameters=True,
        connect_args={
            "connect_timeout": seconds,
            "options": f"-c lock_timeout={seconds * 1000} -c synchronous_commit=on -c timezone=UTC",
        },
    )


def become(sql: sa.Connection, tenant: UUID | None, *, writes: bool) -> None:
    """Say whose transaction this is, in one round trip. A tenant is a UUID, so its text is safe to write out."""
    who = NOBODY if tenant is None else str(tenant)
    mode = "" if writes else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
    sql.exec_driver_sql(f"{mode}SET LOCAL sealgate.tenant = '{who}'")


def refuse_strong_role(sql: sa.Connection) -> None:
    """Raise `RoleTooStrong` for a role that could look past row-level security."""
    query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    if sql.exec_driver_sql(query).scalar_one():
        raise RoleTooStrong("the database role is a superuser or bypasses row-level security")
