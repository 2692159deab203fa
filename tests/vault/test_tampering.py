"""Every sealed form, with every byte flipped and cut at every length: one named error each, and never a wrong plaintext."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.ports import KeyKind, Sealed
from sealgate.vault.envelope import HEADER_BYTES, TAG_BYTES
from sealgate.vault.errors import DoesNotOpen, KeyDestroyed, NotAKeyFile, NotAnEnvelope, UnknownKey, WrongRoot
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.roots import (
    Cost,
    create_key_file,
    entry_of,
    new_passphrase_root,
    open_passphrase_root,
    parse_key_file,
    verify,
    write_check,
)

if TYPE_CHECKING:
    from tests.vault.conftest import Cast, HandClock

PASSPHRASE = "nine lives of a cat"
SHORTEST = HEADER_BYTES + TAG_BYTES

Error = type[Exception]
masks = st.integers(1, 255)


@dataclass(frozen=True)
class Form:
    """One sealed form. `spans` says for each stretch of bytes, from the front, what a flipped byte in it must answer."""

    whole: bytes
    open: Callable[[bytes], object]
    spans: tuple[tuple[int, tuple[Error, ...]], ...]
    shortest: int = SHORTEST
    too_short: Error = NotAnEnvelope
    cut: Error = DoesNotOpen
    empty: Error = NotAnEnvelope

    def cuts(self) -> Iterator[tuple[int, Error]]:
        for length in range(len(self.whole)):
            yield length, self.empty if not length else self.too_short if length < self.shortest else self.cut

    def flips(self) -> Iterator[tuple[int, tuple[Error, ...]]]:
        at = 0
        for count, errors in self.spans:
            for _ in range(count):
                yield at, errors
                at += 1
        assert at == len(self.whole)


class Scene:
    """Alice's profile sealed at Acme, on a shelf of its own, under a passphrase; and a key file."""

    def __init__(self, cast: Cast, clock: HandClock, cheap: Cost, key_file: Path) -> None:
        self.cast, self.clock = cast, clock
        self.root = new_passphrase_root(PASSPHRASE, cheap)
        self.file_root = create_key_file(key_file)
        self.file = key_file.read_bytes()
        self.shelf = MemoryShelf()
        self.keyring = Keyring(self.shelf, clock)
        self.keyring.initialise(self.root)
        self.value = self.sealed(b"Alice")

    def sealed(self, plain: bytes) -> Sealed:
        alice = self.cast.alice
        return self.keyring.seal(self.cast.acme, KeyKind.SUBJECT, str(alice), self.cast.profile(alice), plain)

    def opened(self, sealed: bytes) -> bytes:
        return self.keyring.open(self.cast.profile(self.cast.alice), Sealed(sealed))

    def value_form(self, sealed: bytes) -> Form:
        """The veil over the key's name hangs on the nonce, so another nonce names another key."""
        spans = ((1, (NotAnEnvelope,)), (28, (UnknownKey,)), (len(sealed) - 29, (DoesNotOpen,)))
        return Form(sealed, self.opened, spans)

    def wrapping_form(self, kind: KeyKind, scope: str, unnamed: Error) -> Form:
        key = self.shelf.of_scope(self.cast.acme, kind, scope)
        assert key is not None

        def opened_by_a_fresh_process(wrapped: bytes) -> bytes:
            changed = MemoryShelf()
            for other in self.shelf.all():
                changed.put(replace(other, wrapped=wrapped) if other.key == key.key else other)
            changed.set_root_check(self.keyring.root_check())
            fresh = Keyring(changed, self.clock)
            fresh.unlock(self.root)
            return fresh.open(self.cast.profile(self.cast.alice), self.value)

        spans = ((1, (NotAnEnvelope,)), (16, (unnamed,)), (len(key.wrapped) - 17, (DoesNotOpen,)))
        return Form(
            key.wrapped, opened_by_a_fresh_process, spans, empty=KeyDestroyed
        )  # an empty wrapping is how a shelf says so

    def forms(self) -> dict[str, Form]:
        proof = ((3, (NotAnEnvelope,)), (16, (WrongRoot,)), (44, (DoesNotOpen,)))  # its length, form, name; the rest
        by_file, by_passphrase = write_check(entry_of(self.file_root)), write_check(entry_of(self.root))
        return {
            "value": self.value_form(self.value),
            "subject key": self.wrapping_form(KeyKind.SUBJECT, str(self.cast.alice), UnknownKey),
            "tenant key": self.wrapping_form(KeyKind.TENANT, "", WrongRoot),
            "wrapping key": self.wrapping_form(KeyKind.TENANT, "wrap/1", WrongRoot),
            "root check": Form(
                by_file,
                lambda check: verify(self.file_root, check),
                ((4, (NotAnEnvelope,)), (1, (DoesNotOpen,)), *proof),
                shortest=len(by_file),
            ),
            "passphrase root": Form(
                by_passphrase,
                lambda check: open_passphrase_root(PASSPHRASE, check),
                # another cost is another key, or no cost that we would pay; another salt is another key
                ((4, (NotAnEnvelope,)), (1, (WrongRoot,)), (12, (WrongRoot, NotAnEnvelope)), (16, (WrongRoot,)), *proof),
                shortest=len(by_passphrase),
            ),
            "key file": Form(
                self.file,
                parse_key_file,
                ((len(self.file), (NotAKeyFile,)),),
                shortest=len(self.file),
                too_short=NotAKeyFile,
                cut=NotAKeyFile,
                empty=NotAKeyFile,
            ),
        }


NAMES = ("value", "subject key", "tenant key", "wrapping key", "root check", "passphrase root", "key file")


@pytest.fixture(scope="module")
def scene(cast: Cast, still_clock: HandClock, cheap: Cost, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(cast, still_clock, cheap, tmp_path_factory.mktemp("scene") / "root.key")


def refuses(form: Form, changed: bytes, *errors: Error) -> None:
    with pytest.raises(errors) as told:
        form.open(changed)
    assert type(told.value) in errors


def refuses_each_flip(form: Form, mask: int) -> None:
    for at, errors in form.flips():
        refuses(form, form.whole[:at] + bytes((form.whole[at] ^ mask,)) + form.whole[at + 1 :], *errors)


def refuses_each_cut(form: Form) -> None:
    for length, error in form.cuts():
        refuses(form, form.whole[:length], error)


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_form_opens(scene: Scene, name: str) -> None:
    form = scene.forms()[name]
    form.open(form.whole)


@pytest.mark.parametrize("name", NAMES)
@given(mask=masks)
@settings(max_examples=12, deadline=None)
def test_each_flipped_byte_has_its_one_error(scene: Scene, name: str, mask: int) -> None:
    refuses_each_flip(scene.forms()[name], mask)


@pytest.mark.parametrize("name", NAMES)
def test_each_cut_has_its_one_error(scene: Scene, name: str) -> None:
    refuses_each_cut(scene.forms()[name])


@pytest.mark.parametrize("name", NAMES)
@given(tail=st.binary(min_size=1, max_size=40))
@settings(max_examples=12, deadline=None)
def test_bytes_behind_the_end_have_its_one_error(scene: Scene, name: str, tail: bytes) -> None:
    form = scene.forms()[name]
    longer = NotAnEnvelope if form.cut is DoesNotOpen and form.shortest != SHORTEST else form.cut
    refuses(form, form.whole + tail, longer)


@given(plain=st.binary(max_size=400), mask=masks)
@settings(max_examples=25, deadline=None)
def test_values_of_any_length_refuse_each_flip_and_each_cut(scene: Scene, plain: bytes, mask: int) -> None:
    form = scene.value_form(scene.sealed(plain))
    assert form.open(form.whole) == plain
    refuses_each_flip(form, mask)
    refuses_each_cut(form)


@given(noise=st.binary(min_size=1, max_size=200))
@settings(max_examples=200, deadline=None)
def test_noise_opens_as_nothing(scene: Scene, noise: bytes) -> None:
    for form in scene.forms().values():
        refuses(form, noise, NotAnEnvelope, UnknownKey, DoesNotOpen, WrongRoot, NotAKeyFile)


def test_a_key_moved_to_another_persons_scope_does_not_open(scene: Scene) -> None:
    """Somebody who can write the shelf puts Alice's wrapping where Bob's is, to make Bob's erasure hers."""
    cast, shelf = scene.cast, MemoryShelf()
    keyring = Keyring(shelf, scene.clock)
    keyring.initialise(scene.root)
    alice, bob = str(cast.alice), str(cast.bob)
    sealed = keyring.seal(cast.acme, KeyKind.SUBJECT, bob, cast.profile(cast.bob), b"Bob")
    keyring.seal(cast.acme, KeyKind.SUBJECT, alice, cast.profile(cast.alice), b"Alice")
    hers, his = (shelf.of_scope(cast.acme, KeyKind.SUBJECT, scope) for scope in (alice, bob))
    assert hers is not None
    assert his is not None
    shelf.rewrap(his, hers.wrapped)
    fresh = Keyring(shelf, scene.clock)
    fresh.unlock(scene.root)
    with pytest.raises(DoesNotOpen):
        fresh.open(cast.profile(cast.bob), sealed)
