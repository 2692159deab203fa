"""Checkpoints of Acme's journal: what they prove, and who is found out by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from sealgate.domain.ids import TenantId
from sealgate.privacy import checkpoints
from sealgate.privacy.audit import audit
from sealgate.privacy.checkpoints import Checkpoint, consistency, inclusion, make, origin_of, signer_of, verified
from sealgate.privacy.journal import Flaw, Line, digest, write_all
from sealgate.privacy.merkle import continues, includes, root_of
from sealgate.privacy.notes import BadNote, Signer, Verifier, split
from sealgate.store import checkpoints as rows
from sealgate.store import journal
from sealgate.store.engine import Actor, Store
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import create_key_file

DORA = Actor("operator", "dora")


@pytest.fixture
def grow(store: Store, acme: TenantId, keyring: Keyring, noon: datetime) -> Callable[[int], None]:
    def more(count: int) -> None:
        with store.begin(acme, DORA) as tx:
            write_all(tx, keyring, noon, [Line("person.opened", object=f"n:{n}") for n in range(count)])

    return more


@pytest.fixture
def point(store: Store, acme: TenantId, keyring: Keyring, noon: datetime) -> Callable[[], rows.CheckpointRow]:
    def now() -> rows.CheckpointRow:
        with store.begin(acme, DORA) as tx:
            row = make(tx, keyring, noon)
        assert row is not None
        return row

    return now


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roots over 4 and 16 entries are kept, so that a short journal has all kinds of them."""
    monkeypatch.setattr(checkpoints, "LEVELS", (4, 2))
    monkeypatch.setattr(checkpoints, "BLOCK", 4)


def leaves_of(store: Store, tenant: TenantId) -> list[bytes]:
    with store.read(tenant) as db:
        return [entry.hash for entry in journal.stream(db)]


def test_a_checkpoint_is_the_tree_over_all_entries_signed(
    store: Store, acme: TenantId, keyring: Keyring, grow: Callable[[int], None], point: Callable[[], rows.CheckpointRow]
) -> None:
    grow(9)
    row = point()
    checkpoint = verified(row.note, signer_of(keyring, acme).verifier)
    assert checkpoint == Checkpoint(origin_of(acme), 10, root_of(leaves_of(store, acme)))


def test_where_nothing_came_there_is_no_other_checkpoint(
    store: Store, acme: TenantId, keyring: Keyring, noon: datetime, point: Callable[[], rows.CheckpointRow]
) -> None:
    point()
    with store.begin(acme, DORA) as tx:
        assert make(tx, keyring, noon) is None


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("steps", [(1,), (3, 1), (15,), (16, 1), (2, 30, 5), (70, 1, 1)])
def test_growing_step_by_step_and_at_once_is_the_same_tree(
    store: Store, acme: TenantId, grow: Callable[[int], None], point: Callable[[], rows.CheckpointRow], steps: tuple[int, ...]
) -> None:
    made = []
    for step in steps:
        grow(step)
        made.append(point())
    leaves = leaves_of(store, acme)
    assert [row.root for row in made] == [root_of(leaves[: row.size]) for row in made]
    size, root = made[-1].size, made[-1].root
    with store.read(acme) as db:
        for row in made:
            assert continues(row.size, row.root, size, root, consistency(db, row.size, size))
        for seq in range(1, size + 1):
            assert includes(leaves[seq - 1], seq - 1, size, inclusion(db, seq, size), root)


def test_a_long_past_is_taken_in_parts(
    store: Store,
    acme: TenantId,
    grow: Callable[[int], None],
    point: Callable[[], rows.CheckpointRow],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoints, "MOST", 300)
    grow(700)
    assert [point().size for _ in range(3)] == [300, 600, 701]
    assert audit(store, acme, None).checkpoints == 3


# --- Whoever changes the past ---


@pytest.fixture
def kept(grow: Callable[[int], None], point: Callable[[], rows.CheckpointRow]) -> list[str]:
    """The notes that a witness has: over 10 entries, and over 20."""
    grow(9)
    first = point().note
    grow(10)
    return [first, point().note]


@pytest.fixture
def tamper(store: Store, database_url: str) -> Callable[..., None]:
    """Change the database past every rule of ours, as its owner can."""

    def run(change: Callable[[sa.Connection], None]) -> None:
        url = sa.make_url(database_url)
        if store.is_sqlite:
            store.close()
        engine = sa.create_engine(url if store.is_sqlite else url.set(username="postgres"))
        with engine.begin() as sql:
            change(sql)
        engine.dispose()
        if store.is_sqlite:
            Store.__init__(store, sa.make_url(database_url), wait=timedelta(seconds=5), clock=store.clock, node=0)

    return run


def rechained(store: Store, tenant: TenantId) -> Callable[[sa.Connection], None]:
    """Entry 5 says something else, and everything after it and the head are made to fit: what the chain cannot see."""
    from dataclasses import replace

    with store.read(tenant) as db:
        entries = list(journal.stream(db))
    prev, changed = entries[3].hash, []
    for entry in entries[4:]:
        new = replace(entry, action="nothing" if entry.seq == 5 else entry.action, prev=prev)
        prev = digest(tenant, new)
        changed.append(replace(new, hash=prev))

    def change(sql: sa.Connection) -> None:
        for entry in changed:
            values = {"action": entry.action, "prev": entry.prev, "hash": entry.hash, "seq": entry.seq}
            sql.execute(sa.text("UPDATE journal SET action = :action, prev = :prev, hash = :hash WHERE seq = :seq"), values)
        sql.execute(sa.text("UPDATE journal_heads SET hash = :hash WHERE seq = :seq"), {"hash": prev, "seq": changed[-1].seq})

    return change


def test_a_whole_journal_agrees_with_what_was_kept(store: Store, acme: TenantId, keyring: Keyring, kept: list[str]) -> None:
    found = audit(store, acme, signer_of(keyring, acme).verifier, kept)
    assert (found.verdict.whole, found.verdict.entries, found.checkpoints, found.outside) == (True, 20, 2, 2)


def test_a_past_that_was_rewritten_with_its_chain_does_not_agree(
    store: Store, acme: TenantId, keyring: Keyring, kept: list[str], tamper: Callable[..., None]
) -> None:
    tamper(rechained(store, acme))
    found = audit(store, acme, signer_of(keyring, acme).verifier, [])
    assert (found.verdict.flaw, found.verdict.at) == (Flaw.REWRITTEN, 10)
    tamper(lambda sql: sql.execute(sa.text("DELETE FROM journal_checkpoints")))
    assert audit(store, acme, None, []).verdict.whole  # nobody is left who would know
    assert audit(store, acme, None, kept).verdict.flaw is Flaw.REWRITTEN  # but the witness


def test_an_old_copy_in_the_journals_place_is_found_by_what_was_kept(
    store: Store, acme: TenantId, keyring: Keyring, kept: list[str], tamper: Callable[..., None]
) -> None:
    def roll_back(sql: sa.Connection) -> None:
        hash_of_10 = sql.execute(sa.text("SELECT hash FROM journal WHERE seq = 10")).scalar_one()
        sql.execute(sa.text("DELETE FROM journal WHERE seq > 10"))
        sql.execute(sa.text("DELETE FROM journal_checkpoints WHERE size > 10"))
        sql.execute(sa.text("UPDATE journal_heads SET seq = 10, hash = :hash"), {"hash": hash_of_10})

    tamper(roll_back)
    verifier = signer_of(keyring, acme).verifier
    assert audit(store, acme, verifier, []).verdict.whole
    found = audit(store, acme, verifier, kept).verdict
    assert (found.flaw, found.at) == (Flaw.ROLLED_BACK, 11)


def test_a_checkpoint_that_somebody_else_signed_is_found(
    store: Store, acme: TenantId, keyring: Keyring, kept: list[str], tamper: Callable[..., None]
) -> None:
    tamper(rechained(store, acme))
    forger = Signer(origin_of(acme), bytes(range(32)))
    roots = {size: root_of(leaves_of(store, acme)[:size]) for size in (10, 20)}

    def sign_again(sql: sa.Connection) -> None:
        for size, root in roots.items():
            note = forger.sign(Checkpoint(origin_of(acme), size, root).text)
            values = {"root": root, "note": note, "size": size}
            sql.execute(sa.text("UPDATE journal_checkpoints SET root = :root, note = :note WHERE size = :size"), values)

    tamper(sign_again)
    assert audit(store, acme, signer_of(keyring, acme).verifier, []).verdict.flaw is Flaw.FORGED


def test_another_root_key_signs_another_name(acme: TenantId, keyring: Keyring, tmp_path: Path, store: Store) -> None:
    other = Keyring(MemoryShelf(), store.clock)
    other.initialise(create_key_file(tmp_path / "other.key"))
    assert signer_of(other, acme).verifier != signer_of(keyring, acme).verifier


# --- Notes ---


@pytest.mark.parametrize("seed", range(16), ids=str)  # so many keys that plus signs stand in some of them
def test_a_note_says_what_it_says_and_a_verifier_can_be_written_down(seed: int) -> None:
    signer = Signer("example.com/log", bytes([seed] * 32))
    note = signer.sign("example.com/log\n3\nAAAA\n")
    assert Verifier.parse(str(signer.verifier)) == signer.verifier
    assert signer.verifier.verified(note) == "example.com/log\n3\nAAAA\n"
    assert note.splitlines()[-1].startswith("\u2014 example.com/log ")


def test_a_published_verifier_key_is_read() -> None:
    """The example key of the signed-note specification's reference implementation."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert str(Verifier.parse(text)) == text
    assert Verifier.parse(text).verified(note).startswith("If you think")


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno mark AAAAAAAA\n",
        "text\n\n\u2014 name !!!\n",
        "text\n\n\u2014 n AAAA\n",
        "x" * 20_000,
    ],
)
def test_what_is_no_note_is_said_to_be_none(note: str) -> None:
    with pytest.raises(BadNote):
        split(note)


@pytest.mark.parametrize("text", ["", "name", "name+00000000+AAAA", "name+zz+!!", f"a+b+{'A' * 44}"])
def test_what_is_no_verifier_key_is_said_to_be_none(text: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(text)


@pytest.mark.parametrize("text", ["", "o\n", "o\n3\n", "o\n03\n" + "A" * 43 + "=\n", "o\n-1\nAAAA\n", "o\n3\nAAAA\n"])
def test_what_is_no_checkpoint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)
