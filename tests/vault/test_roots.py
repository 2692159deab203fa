"""The one secret apart from the data: a passphrase, or a file that only we may read."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealgate.vault.envelope import fields
from sealgate.vault.errors import (
    DoesNotOpen,
    KeyFileExists,
    KeyFileOpen,
    NoKeyFile,
    NotAKeyFile,
    NotAnEnvelope,
    PassphraseTooShort,
    WrongRoot,
)
from sealgate.vault.roots import (
    PROOF,
    SECOND_RECOMMENDATION,
    CheckEntry,
    Cost,
    KeyFileRoot,
    PassphraseRoot,
    RootKind,
    create_key_file,
    entry_of,
    new_passphrase_root,
    open_passphrase_root,
    read_check,
    verify,
    write_check,
)

if TYPE_CHECKING:
    from tests.vault.conftest import NewRoot

WORDS = "seven ships sail at dawn"

# --- A passphrase ---


def test_a_passphrase_makes_its_root_again() -> None:
    """At the real cost, RFC 9106's second recommendation."""
    assert (SECOND_RECOMMENDATION.memory, SECOND_RECOMMENDATION.passes, SECOND_RECOMMENDATION.lanes) == (65536, 3, 4)
    root = new_passphrase_root(WORDS)
    again = open_passphrase_root(WORDS, write_check(entry_of(root)))
    assert again.name == root.name
    assert again.unwrap(root.wrap(b"tenant key", b"here"), b"here") == b"tenant key"


def test_another_passphrase_is_a_wrong_root(cheap: Cost) -> None:
    check = write_check(entry_of(new_passphrase_root(WORDS, cheap)))
    for wrong in ("seven ships sail at Dawn", "", "x" * 1_000_000):
        with pytest.raises(WrongRoot):
            open_passphrase_root(wrong, check)


def test_one_passphrase_on_two_shelves_is_two_roots(cheap: Cost) -> None:
    assert new_passphrase_root(WORDS, cheap).name != new_passphrase_root(WORDS, cheap).name


def test_two_keyboards_write_one_passphrase(cheap: Cost) -> None:
    composed, decomposed = "caf\u00e9 on the harbour", "cafe\u0301 on the harbour"
    root = new_passphrase_root(composed, cheap)
    assert open_passphrase_root(decomposed, write_check(entry_of(root))).name == root.name


def test_a_terminal_that_sends_no_text_gets_an_answer_too(cheap: Cost) -> None:
    root = new_passphrase_root("half a letter \udce9 and more", cheap)
    assert open_passphrase_root("half a letter \udce9 and more", write_check(entry_of(root))).name == root.name


@pytest.mark.parametrize("words", ["", "correct horse", "x" * 1025])
def test_a_short_or_endless_passphrase_is_refused(words: str, cheap: Cost) -> None:
    with pytest.raises(PassphraseTooShort):
        new_passphrase_root(words, cheap)


@pytest.mark.parametrize(
    "cost",
    [Cost(1 << 31, 3, 4), Cost(64, 1 << 20, 1), Cost(64, 0, 1), Cost(64, 1, 0), Cost(64, 1, 255), Cost(8, 1, 4), Cost(0, 1, 1)],
)
def test_a_shelf_cannot_make_us_spend_more_than_we_would(cost: Cost, cheap: Cost) -> None:
    numbers = b"".join(number.to_bytes(4, "big") for number in (cost.memory, cost.passes, cost.lanes))
    proof = entry_of(new_passphrase_root(WORDS, cheap)).proof
    check = write_check(CheckEntry(bytes((RootKind.PASSPHRASE,)) + numbers + bytes(16), proof))
    with pytest.raises(NotAnEnvelope):
        open_passphrase_root(WORDS, check)


def test_a_passphrase_entry_of_another_length_is_not_one(cheap: Cost) -> None:
    proof = entry_of(new_passphrase_root(WORDS, cheap)).proof
    with pytest.raises(NotAnEnvelope):
        open_passphrase_root(WORDS, write_check(CheckEntry(bytes((RootKind.PASSPHRASE,)) + bytes(20), proof)))


# --- The root check ---


def test_a_check_tells_the_right_root_from_a_wrong_one(new_root: NewRoot) -> None:
    ours, other = new_root(), new_root()
    verify(ours, write_check(entry_of(ours)))
    with pytest.raises(WrongRoot):
        verify(other, write_check(entry_of(ours)))


def test_in_the_middle_of_a_rotation_both_roots_are_right(new_root: NewRoot, tmp_path: Path) -> None:
    old, new = new_root(), create_key_file(tmp_path / "root.key")
    check = write_check(entry_of(old), entry_of(new))
    verify(old, check)
    verify(new, check)
    assert open_passphrase_root("a root for one afternoon", check).name == old.name
    assert [entry.root_name for entry in read_check(check)] == [old.name, new.name]


def test_a_proof_of_something_else_is_damage(new_root: NewRoot) -> None:
    root = new_root()
    elsewhere = CheckEntry(root.preface, root.wrap(PROOF, b"bound to something else"))
    with pytest.raises(DoesNotOpen):
        verify(root, write_check(elsewhere))
    other_words = CheckEntry(root.preface, root.wrap(b"x" * 16, fields(b"root check", root.preface)))
    with pytest.raises(DoesNotOpen):
        verify(root, write_check(other_words))


def test_a_wrapping_of_another_root_says_so(new_root: NewRoot) -> None:
    with pytest.raises(WrongRoot):
        new_root().unwrap(new_root().wrap(b"tenant key", b""), b"")


# --- A key file ---


def test_a_key_file_is_ours_alone_and_opens_again(tmp_path: Path) -> None:
    root = create_key_file(tmp_path / "root.key")
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600
    assert KeyFileRoot(tmp_path / "root.key").name == root.name
    assert create_key_file(tmp_path / "other.key").name != root.name


def test_a_careless_umask_makes_no_difference(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_key_file(tmp_path / "wide.key")
        os.umask(0o777)
        create_key_file(tmp_path / "narrow.key")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    root = create_key_file(tmp_path / "root.key")
    with pytest.raises(KeyFileExists):
        create_key_file(tmp_path / "root.key")
    (tmp_path / "link.key").symlink_to(tmp_path / "elsewhere.key")
    with pytest.raises(KeyFileExists):
        create_key_file(tmp_path / "link.key")
    assert KeyFileRoot(tmp_path / "root.key").name == root.name


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o602, 0o601, 0o644, 0o666, 0o777])
def test_a_key_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    create_key_file(tmp_path / "root.key")
    (tmp_path / "root.key").chmod(mode)
    with pytest.raises(KeyFileOpen):
        KeyFileRoot(tmp_path / "root.key")


def test_a_key_file_may_be_read_only(tmp_path: Path) -> None:
    root = create_key_file(tmp_path / "root.key")
    (tmp_path / "root.key").chmod(0o400)
    assert KeyFileRoot(tmp_path / "root.key").name == root.name


def test_a_link_is_judged_by_the_file_behind_it(tmp_path: Path) -> None:
    """As a secret mounted into a container is: the link says 0777, the file says who may read."""
    root = create_key_file(tmp_path / "root.key")
    (tmp_path / "link.key").symlink_to(tmp_path / "root.key")
    assert KeyFileRoot(tmp_path / "link.key").name == root.name
    (tmp_path / "root.key").chmod(0o644)
    with pytest.raises(KeyFileOpen):
        KeyFileRoot(tmp_path / "link.key")


def test_what_is_no_file_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(NoKeyFile):
        KeyFileRoot(tmp_path / "root.key")
    with pytest.raises(NotAKeyFile):
        KeyFileRoot(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(NotAKeyFile):
        KeyFileRoot(tmp_path / "pipe")


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.strip,
        lambda text: text + "\n",
        lambda text: text.replace(" ", "  "),
        lambda text: "",
        lambda text: text * 1000,
    ],
)
def test_only_the_one_writing_of_a_key_file_is_taken(tmp_path: Path, change: object) -> None:
    assert callable(change)
    create_key_file(tmp_path / "root.key")
    text = (tmp_path / "root.key").read_text()
    (tmp_path / "root.key").write_text(change(text))
    with pytest.raises(NotAKeyFile):
        KeyFileRoot(tmp_path / "root.key")


def test_a_full_disk_leaves_no_half_key_file(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the write fails after sixteen bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            create_key_file(tmp_path / "root.key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_both_kinds_wrap_for_one_place_only(new_root: NewRoot, tmp_path: Path) -> None:
    for root in (new_root(), create_key_file(tmp_path / "root.key")):
        wrapped = root.wrap(b"tenant key", b"Acme")
        assert root.unwrap(wrapped, b"Acme") == b"tenant key"
        with pytest.raises(DoesNotOpen):
            root.unwrap(wrapped, b"Umbra")


def test_two_wrappings_of_one_key_share_nothing(new_root: NewRoot) -> None:
    root: PassphraseRoot = new_root()
    assert root.wrap(b"tenant key", b"")[17:] != root.wrap(b"tenant key", b"")[17:]
