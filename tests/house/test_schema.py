"""What must hold for every table, also for the one somebody adds next year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sealgate.privacy.inventory import INVENTORY, Form, forms
from sealgate.store.columns import HashBytes, SealedBytes, TokenBytes
from sealgate.store.schema import metadata

if TYPE_CHECKING:
    from tests.conftest import Server

TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)
MILLIONS = {"passages", "replays", "latch_answers", "pictures", "journal", "outbox"} | {
    *("stays", "stay_masks", "stay_validations", "readings", "unseen", "bills", "payments", "refunds", "calls")
}
CHAIN = {
    ("journal", "prev"),
    ("journal", "hash"),
    ("journal_heads", "hash"),
    ("journal_nodes", "hash"),
    ("journal_checkpoints", "root"),
}
"""Hashes over the journal itself: they stand for no secret and no person."""

FORMS: dict[type[object], set[Form]] = {
    SealedBytes: {Form.SEALED_SUBJECT, Form.SEALED_DAY, Form.SEALED_TENANT, Form.SEALED_PAY},
    TokenBytes: {Form.OF_THE_DAY, Form.STANDING, Form.HASH},
    HashBytes: {Form.HASH},
}


def name_of(table: sa.Table) -> str:
    return table.name


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_primary_key_begins_with_the_tenant(table: sa.Table) -> None:
    assert next(iter(table.primary_key)).name == "tenant_id"


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_index_and_unique_key_begins_with_the_tenant(table: sa.Table) -> None:
    for index in table.indexes:
        if index.dialect_options["postgresql"]["using"] != "brin":  # a BRIN says where blocks lie, not whose they are
            assert next(iter(index.columns)).name == "tenant_id", index.name


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_foreign_key_stays_within_the_tenant(table: sa.Table) -> None:
    for key in table.foreign_key_constraints:
        pairs = [(element.parent.name, element.column.name) for element in key.elements]
        assert pairs[0] == ("tenant_id", "tenant_id")


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_no_foreign_key_leads_into_or_out_of_what_comes_in_millions(table: sa.Table) -> None:
    targets = {key.referred_table.name for key in table.foreign_key_constraints}
    assert not targets & MILLIONS
    assert table.name not in MILLIONS or not targets


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_table_is_strict_on_sqlite(table: sa.Table) -> None:
    assert table.dialect_options["sqlite"]["strict"] is True


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_sealed_token_and_hash_column_is_in_the_inventory_as_what_it_is(table: sa.Table) -> None:
    known = forms()
    for column in table.columns:
        allowed = FORMS.get(type(column.type))
        if allowed and (table.name, column.name) not in CHAIN:
            assert known.get((table.name, column.name)) in allowed, f"{table.name}.{column.name}"


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_column_that_names_a_person_or_operator_is_in_the_inventory(table: sa.Table) -> None:
    for column in table.columns:
        if column.name in {"person_id", "operator_id", "actor_id"}:
            assert (table.name, column.name) in forms(), f"{table.name}.{column.name}"


def test_all_that_is_plain_of_people_is_in_the_inventory() -> None:
    keys = {"tenant_id", "credential_id", "consent_id", "pack", "space", "notice_version"}
    for name in ("people", "credentials", "consents"):
        for column in metadata.tables[name].columns:
            assert column.name in keys or (name, column.name) in forms(), f"{name}.{column.name}"


def test_the_inventory_names_only_what_is_there_and_each_once() -> None:
    named = [(entry.table, entry.column) for entry in INVENTORY]
    assert len(named) == len(set(named))
    for table, column in named:
        assert column in metadata.tables[table].columns


def test_postgresql_has_the_wall_around_every_table_and_partition(postgres: Server, migrated_database: str) -> None:
    query = """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, count(p.polname)
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY 1, 2
    """
    walls = {name: (secured, policies) for name, secured, policies in postgres.ask(query, migrated_database)}
    assert walls.pop("alembic_version") == (False, 0)  # it says which migration ran, and nothing of anybody
    assert set(metadata.tables) <= set(walls)
    assert len([name for name in walls if str(name).startswith("passages_20")]) == 13
    for name, (secured, policies) in walls.items():
        assert secured is True, name
        assert policies == (2 if name == "tenants" else 1), name
