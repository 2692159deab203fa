"""The vectors of docs/format.md, read twice: by our code, and by another implementation of the page in this file.

The other implementation uses primitives only and nothing of `sealgate.vault`, as somebody would who has the data, the
keys and the page, and no Sealgate.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import SiteId, TenantId
from sealgate.ports import KeyKind, Sealed, WrappedKey
from sealgate.vault.blindindex import BlindIndex
from sealgate.vault.envelope import Form, Place, expand, header_of, open_value, padded, seal_value, unpadded
from sealgate.vault.keyring import Keyring
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vault.openkeys import OpenKey
from sealgate.vault.roots import (
    Cost,
    KeyFileRoot,
    PassphraseRoot,
    key_file_text,
    open_passphrase_root,
    parse_key_file,
    read_check,
    verify,
)
from sealgate.vault.wrapping import bound_to_shelf, lay_key, unwrapped_by_key, unwrapped_by_root

if TYPE_CHECKING:
    from tests.vault.conftest import HandClock

Case = dict[str, Any]
VECTORS = Path(__file__).parents[1] / "vectors" / "vault"


def read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def cases(name: str, part: str) -> list[Any]:
    return [pytest.param(case, id=case["case"]) for case in read(name)[part]]


# --- Another implementation of docs/format.md ---


def listed(*parts: bytes) -> bytes:
    out = b""
    for part in parts:
        out += len(part).to_bytes(4, "big") + part
    return out


def hkdf(secret: bytes, *words: str, length: int = 32) -> bytes:
    info = listed(b"sealgate/1", *[word.encode() for word in words], length.to_bytes(4, "big"))
    extracted = hmac.digest(bytes(32), secret, "sha256")
    out, block = b"", b""
    while len(out) < length:
        block = hmac.digest(extracted, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:length]


def pad(plain: bytes) -> bytes:
    whole = plain + b"\x80"
    exponent, digits = 0, 0
    while 2 ** (exponent + 1) <= len(whole):
        exponent += 1
    while exponent and 2**digits <= exponent:
        digits += 1
    step = max(2 ** (exponent - digits), 32) if exponent > digits else 32
    while len(whole) % step:
        whole += b"\0"
    return whole


def gcm(form: int, name: bytes, nonce: bytes, key: bytes, bound: bytes, plain: bytes) -> bytes:
    header = bytes([form]) + name + nonce
    return header + AESGCM(key).encrypt(nonce, plain, header + bound)


def place_of(case: Case) -> bytes:
    return listed(UUID(case["tenant"]).bytes, *[case[word].encode() for word in ("table", "column", "row")])


def value(case: Case) -> bytes:
    nonce, key_id = bytes.fromhex(case["nonce"]), UUID(case["key_id"]).bytes
    mask = hmac.digest(hkdf(bytes.fromhex(case["tenant_key"]), "veil"), nonce, "sha256")[:16]
    veiled = bytes(a ^ b for a, b in zip(key_id, mask, strict=True))
    return gcm(1, veiled, nonce, hkdf(bytes.fromhex(case["key"]), "seal"), place_of(case), pad(bytes.fromhex(case["plain"])))


def shelf_place(case: Case) -> bytes:
    words = (case["kind"].encode(), case["scope"].encode())
    return listed(b"wrapped key", UUID(case["tenant"]).bytes, UUID(case["key_id"]).bytes, *words)


def wrapped_by_key(case: Case) -> bytes:
    cipher_key = hkdf(bytes.fromhex(case["wrapping_key"]), "wrap")
    name, nonce = UUID(case["wrapping_key_id"]).bytes, bytes.fromhex(case["nonce"])
    return gcm(2, name, nonce, cipher_key, shelf_place(case), bytes.fromhex(case["key"]))


def wrapped_by_root(root_key: bytes, nonce: str, bound: bytes, plain: bytes) -> bytes:
    return gcm(3, hkdf(root_key, "root", "name", length=16), bytes.fromhex(nonce), hkdf(root_key, "root", "wrap"), bound, plain)


def stretched(case: Case) -> bytes:
    words = unicodedata.normalize("NFC", case["passphrase"]).encode()
    salt, lanes = bytes.fromhex(case["salt"]), case["lanes"]
    return Argon2id(salt=salt, length=32, iterations=case["passes"], lanes=lanes, memory_cost=case["memory_kib"]).derive(words)


def check_entry(case: Case) -> bytes:
    if case["root"] == "passphrase":
        numbers = [case[word].to_bytes(4, "big") for word in ("memory_kib", "passes", "lanes")]
        preface, root_key = b"\2" + b"".join(numbers) + bytes.fromhex(case["salt"]), stretched(case)
    else:
        preface, root_key = b"\1", bytes.fromhex(case["root_key"])
    proof = wrapped_by_root(root_key, case["nonce"], listed(b"root check", preface), bytes(16))
    return b"".join(len(part).to_bytes(2, "big") + part for part in (preface, proof))


def root_check(case: Case) -> bytes:
    return bytes([4, len(case["entries"])]) + b"".join(check_entry(entry) for entry in case["entries"])


def key_file(case: Case) -> bytes:
    secret = bytes.fromhex(case["root_key"])
    return f"sealgate-root-1 {secret.hex()} {hashlib.sha256(secret).digest()[:4].hex()}\n".encode()


def token(case: Case) -> bytes:
    index_key = hkdf(bytes.fromhex(case["key"]), "derive", case["purpose"])
    text = unicodedata.normalize("NFC", case["value"]).encode()
    return hmac.digest(index_key, listed(case["kind"].encode(), text), "sha256")[:16]


# --- Ours, with the same nonces ---


def record(case: Case, wrapped: bytes = b"") -> WrappedKey:
    made_at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return WrappedKey(
        TenantId(UUID(case["tenant"])), UUID(case["key_id"]), KeyKind(case["kind"]), case["scope"], wrapped, made_at
    )


def open_key(case: Case, key: str, key_id: str) -> OpenKey:
    whose = WrappedKey(
        TenantId(UUID(case["tenant"])), UUID(case[key_id]), KeyKind.TENANT, "", b"", datetime(2026, 3, 2, tzinfo=UTC)
    )
    return OpenKey(whose, bytes.fromhex(case[key]))


def place(case: Case) -> Place:
    return Place(TenantId(UUID(case["tenant"])), case["table"], case["column"], case["row"])


def root_of(case: Case, folder: Path) -> KeyFileRoot:
    file = folder / "root.key"
    file.touch(0o600)
    file.write_bytes(key_file(case))
    return KeyFileRoot(file)


def told(call: Any) -> str:
    with pytest.raises((Fault, Refused)) as error:
        call()
    assert isinstance(error.value, Fault | Refused)
    return error.value.code


@pytest.mark.parametrize("case", cases("padding", "cases"))
def test_padding(case: Case) -> None:
    plain = bytes.fromhex(case["plain"])
    assert pad(plain) == padded(plain)
    assert len(padded(plain)) == case["padded_length"]
    assert unpadded(padded(plain)) == plain


@pytest.mark.parametrize("case", cases("expand", "cases"))
def test_expansion(case: Case) -> None:
    secret = bytes.fromhex(case["secret"])
    assert hkdf(secret, *case["words"], length=case["length"]).hex() == case["output"]
    assert expand(secret, *case["words"], length=case["length"]).hex() == case["output"]


@pytest.mark.parametrize("case", cases("value", "cases"))
def test_value(case: Case) -> None:
    assert value(case).hex() == case["sealed"]
    key, own = open_key(case, "key", "key_id"), open_key(case, "tenant_key", "key_id")
    nonce, plain = bytes.fromhex(case["nonce"]), bytes.fromhex(case["plain"])
    sealed = seal_value(key.name, nonce, key.seals, own.veiling, place=place(case), plain=plain)
    assert sealed.hex() == case["sealed"]
    assert open_value(header_of(Form.VALUE, sealed), key.seals, place(case), sealed) == plain


@pytest.mark.parametrize("case", cases("wrapped_key", "cases"))
def test_wrapped_key(case: Case) -> None:
    assert wrapped_by_key(case).hex() == case["wrapped"]
    wrapper = open_key(case, "wrapping_key", "wrapping_key_id")
    assert lay_key(wrapper, bytes.fromhex(case["nonce"]), record(case), bytes.fromhex(case["key"])).hex() == case["wrapped"]
    assert unwrapped_by_key(wrapper, record(case, bytes.fromhex(case["wrapped"]))).hex() == case["key"]


@pytest.mark.parametrize("case", cases("wrapped_key", "refused"))
def test_wrapped_key_refused(case: Case) -> None:
    wrapper = open_key(case, "wrapping_key", "wrapping_key_id")
    assert told(lambda: unwrapped_by_key(wrapper, record(case, bytes.fromhex(case["wrapped"])))) == case["error"]


@pytest.mark.parametrize("case", cases("root_wrap", "cases"))
def test_root_wrap(case: Case, tmp_path: Path) -> None:
    root_key, key = bytes.fromhex(case["root_key"]), bytes.fromhex(case["key"])
    assert wrapped_by_root(root_key, case["nonce"], shelf_place(case), key).hex() == case["wrapped"]
    root = root_of(case, tmp_path)
    assert root.name.hex() == case["root_name"]
    assert root._wrap_with(bytes.fromhex(case["nonce"]), key, bound_to_shelf(record(case))).hex() == case["wrapped"]
    assert unwrapped_by_root(root, record(case, bytes.fromhex(case["wrapped"]))) == key


@pytest.mark.parametrize("case", cases("root_wrap", "refused"))
def test_root_wrap_refused(case: Case, tmp_path: Path) -> None:
    root = root_of(case, tmp_path)
    assert told(lambda: unwrapped_by_root(root, record(case, bytes.fromhex(case["wrapped"])))) == case["error"]


@pytest.mark.parametrize("case", cases("root_check", "cases"))
def test_root_check(case: Case, tmp_path: Path) -> None:
    check = bytes.fromhex(case["check"])
    assert root_check(case) == check
    assert len(read_check(check)) == len(case["entries"])
    for entry in case["entries"]:
        if entry["root"] == "passphrase":
            cost = Cost(entry["memory_kib"], entry["passes"], entry["lanes"])
            made = PassphraseRoot(entry["passphrase"], cost, bytes.fromhex(entry["salt"]))
            assert open_passphrase_root(entry["passphrase"], check).name == made.name
        else:
            verify(root_of(entry, tmp_path), check)


@pytest.mark.parametrize("case", cases("root_check", "refused"))
def test_root_check_refused(case: Case) -> None:
    assert told(lambda: open_passphrase_root(case["passphrase"], bytes.fromhex(case["check"]))) == case["error"]


@pytest.mark.parametrize("case", cases("key_file", "cases"))
def test_key_file(case: Case) -> None:
    assert key_file(case).decode() == case["text"]
    assert key_file_text(bytes.fromhex(case["root_key"])).decode() == case["text"]
    assert parse_key_file(case["text"].encode()).hex() == case["root_key"]


@pytest.mark.parametrize("case", cases("key_file", "refused"))
def test_key_file_refused(case: Case) -> None:
    assert told(lambda: parse_key_file(case["text"].encode())) == case["error"]


# --- The whole chain: a key file, a shelf, sealed values and tokens ---


@pytest.fixture
def chain(tmp_path: Path, clock: HandClock) -> Keyring:
    told_by_the_file = read("chain")
    shelf = MemoryShelf()
    for key in told_by_the_file["shelf"]:
        shelf.put(record(key, bytes.fromhex(key["wrapped"])))
    shelf.set_root_check(bytes.fromhex(told_by_the_file["root_check"]))
    keyring = Keyring(shelf, clock)
    keyring.unlock(root_of(told_by_the_file, tmp_path))
    return keyring


@pytest.mark.parametrize("case", cases("chain", "values"))
def test_a_value_opens_from_a_key_file_and_a_shelf(chain: Keyring, case: Case) -> None:
    assert chain.open(place(case), Sealed(bytes.fromhex(case["sealed"]))).hex() == case["plain"]


@pytest.mark.parametrize("case", cases("chain", "refused"))
def test_a_value_is_refused_from_a_key_file_and_a_shelf(chain: Keyring, case: Case) -> None:
    assert told(lambda: chain.open(place(case), Sealed(bytes.fromhex(case["sealed"])))) == case["error"]


@pytest.mark.parametrize("case", cases("chain", "tokens"))
def test_a_token_is_made_from_a_key_file_and_a_shelf(chain: Keyring, case: Case) -> None:
    assert token(case).hex() == case["token"]
    index, tenant = BlindIndex(chain), TenantId(UUID(case["tenant"]))
    if case["purpose"] == "index/standing":
        made = index.standing_token(tenant, case["kind"], case["value"])
    else:
        site, day = case["scope"].split("/")
        made = index.day_token(tenant, SiteId(UUID(site)), datetime.fromisoformat(day).date(), case["kind"], case["value"])
    assert made.hex() == case["token"]


@pytest.mark.parametrize("case", cases("chain", "derived"))
def test_a_secret_is_derived_from_a_key_file_and_a_shelf(chain: Keyring, case: Case) -> None:
    tenant, kind = TenantId(UUID(case["tenant"])), KeyKind(case["kind"])
    assert hkdf(bytes.fromhex(case["key"]), "derive", case["purpose"], length=case["length"]).hex() == case["output"]
    assert chain.derive(tenant, kind, case["scope"], case["purpose"], case["length"]).hex() == case["output"]
