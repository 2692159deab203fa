"""Dora signs in; sessions and links end once, for whoever is first."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sealgate.domain.ids import OperatorId, SiteId, TenantId
from sealgate.ports import Sealed, Token
from sealgate.store import accounts
from sealgate.store.engine import Actor, Store
from sealgate.store.faults import AlreadyThere

if TYPE_CHECKING:
    from tests.store.conftest import Cast, Writing

HOUR = timedelta(hours=1)
LOGIN = Token(b"dora@example.org")


@pytest.fixture
def dora(store: Store, acme: TenantId, cast: Cast, noon: datetime) -> OperatorId:
    operator = OperatorId(store.new_id())
    row = accounts.OperatorRow(operator, LOGIN, Sealed(b"p"), Sealed(b"w"), None, ("security", "hr"), noon, None)
    with cast.writing(acme) as tx:
        accounts.add_operator(tx, row)
    return operator


def test_dora_is_found_by_her_login(store: Store, acme: TenantId, umbra: TenantId, dora: OperatorId) -> None:
    with store.read(acme) as db:
        row = accounts.operator_by_login(db, LOGIN)
        assert row is not None
        assert (row.operator, row.roles, row.totp) == (dora, ("hr", "security"), None)
        assert accounts.operator(db, dora) == row
        assert accounts.operators(db) == [row]
    with store.read(umbra) as db:
        assert accounts.operator_by_login(db, LOGIN) is None
        assert accounts.operator(db, dora) is None


def test_a_login_is_there_once(store: Store, acme: TenantId, dora: OperatorId, writing: Writing, noon: datetime) -> None:
    second = accounts.OperatorRow(OperatorId(store.new_id()), LOGIN, Sealed(b"p"), Sealed(b"w"), None, (), noon, None)
    with pytest.raises(AlreadyThere), writing(acme) as tx:
        accounts.add_operator(tx, second)


def test_password_and_factor_are_changed(store: Store, acme: TenantId, dora: OperatorId, writing: Writing) -> None:
    with writing(acme) as tx:
        assert accounts.set_password(tx, dora, Sealed(b"new"))
        assert accounts.set_totp(tx, dora, Sealed(b"factor"))
        assert not accounts.set_password(tx, OperatorId(store.new_id()), Sealed(b"x"))
    with store.read(acme) as db:
        row = accounts.operator(db, dora)
    assert row is not None
    assert (row.password, row.totp) == (b"new", b"factor")


def test_of_two_at_once_the_second_sees_what_the_first_wrote(
    store: Store, acme: TenantId, dora: OperatorId, writing: Writing
) -> None:
    """A code is taken once: the operator's row is locked while one looks at it in a write."""
    taken: list[bytes | None] = []

    def take() -> None:
        with writing(acme) as tx:
            row = accounts.operator(tx, dora)
            assert row is not None
            taken.append(row.totp)
            accounts.set_totp(tx, dora, Sealed((row.totp or b"") + b"x"))

    threads = [Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=lambda value: len(value or b"")) == [None, b"x", b"xx", b"xxx", b"xxxx"]


def test_dora_is_disabled_once(
    store: Store, acme: TenantId, umbra: TenantId, dora: OperatorId, writing: Writing, noon: datetime
) -> None:
    with writing(umbra) as tx:
        assert not accounts.disable_operator(tx, dora, noon)
    with writing(acme) as tx:
        assert accounts.disable_operator(tx, dora, noon)
        assert not accounts.disable_operator(tx, dora, noon + HOUR)
    with store.read(acme) as db:
        row = accounts.operator(db, dora)
    assert row is not None
    assert row.disabled_at == noon


def test_sessions_are_found_used_and_ended(
    store: Store, acme: TenantId, dora: OperatorId, writing: Writing, noon: datetime
) -> None:
    first = accounts.SessionRow(b"1" * 32, dora, noon, noon + 12 * HOUR)
    second = accounts.SessionRow(b"2" * 32, dora, noon + HOUR, noon + 12 * HOUR)
    with writing(acme) as tx:
        accounts.add_session(tx, first)
        accounts.add_session(tx, second)
    with store.begin(acme, Actor("operator", str(dora))) as tx:  # a session that is used needs no journal entry
        accounts.touch(tx, first.secret_hash, noon + HOUR)
    with store.read(acme) as db:
        assert accounts.session_by_hash(db, b"x" * 32) is None
        found = accounts.session_by_hash(db, first.secret_hash)
        assert found is not None
        assert found.seen_at == noon + HOUR
        assert [row.secret_hash for row in accounts.sessions_of(db, dora, noon)] == [second.secret_hash, first.secret_hash]
        assert accounts.sessions_of(db, dora, noon + 12 * HOUR) == []
    with writing(acme) as tx:
        assert not accounts.revoke_session(tx, first.secret_hash, OperatorId(store.new_id()), noon)  # somebody else's
        assert accounts.revoke_session(tx, first.secret_hash, dora, noon)
        assert not accounts.revoke_session(tx, first.secret_hash, dora, noon)
        assert accounts.revoke_all(tx, dora, noon) == 1
    with store.read(acme) as db:
        assert accounts.sessions_of(db, dora, noon) == []
    with store.begin(acme, Actor("system", "worker")) as tx:
        assert accounts.forget_sessions(tx, noon + 13 * HOUR) == 2


def test_a_set_up_link_is_used_once_and_in_time(
    store: Store, acme: TenantId, umbra: TenantId, writing: Writing, noon: datetime
) -> None:
    link, late = b"l" * 32, b"t" * 32
    with writing(acme) as tx:
        guard = frozenset({(SiteId(store.new_id()), "security")})
        accounts.add_setup_link(tx, link, roles=["administrator"], site_roles=guard, expires_at=noon + HOUR)
        accounts.add_setup_link(tx, late, roles=["administrator"], expires_at=noon)
    with store.read(acme) as db:
        assert accounts.setup_link_open(db, link, noon)
        assert not accounts.setup_link_open(db, late, noon)
    with writing(umbra) as tx:
        assert accounts.use_setup_link(tx, link, noon) is None
    with writing(acme) as tx:
        assert accounts.use_setup_link(tx, late, noon) is None
        assert accounts.use_setup_link(tx, link, noon) == (["administrator"], guard)
        assert accounts.use_setup_link(tx, link, noon) is None
    with store.read(acme) as db:
        assert not accounts.setup_link_open(db, link, noon)


def test_of_many_who_open_one_link_one_is_first(store: Store, acme: TenantId, writing: Writing, noon: datetime) -> None:
    with writing(acme) as tx:
        accounts.add_setup_link(tx, b"l" * 32, roles=["administrator"], expires_at=noon + HOUR)
    won: list[bool] = []

    def open_it() -> None:
        with writing(acme) as tx:
            won.append(accounts.use_setup_link(tx, b"l" * 32, noon) is not None)

    threads = [Thread(target=open_it) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 4 + [True]
