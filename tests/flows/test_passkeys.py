"""Ada adds a passkey and comes in with it; Mallory repeats, moves, copies and garbles what she heard."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as some

from sealgate.domain.errors import NotFound
from sealgate.domain.operators import Role
from sealgate.flows import passkeys, signin
from sealgate.flows.freshly import SignInAgain
from sealgate.flows.kit import House, Signed
from sealgate.flows.passkeys import PasskeyCopied, PasskeyKnown, PasskeyRefused, RelyingParty, relying_party
from sealgate.flows.tickets import StepUsed

PASSWORD = "rusty anchors sing at dusk"
ADDRESS = "https://gate.acme.example"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
Answer = dict[str, Any]


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def raw(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Device:
    """An authenticator in software: one key, a counter, and no scruples where a test asks for none."""

    id: bytes = b"\x07" * 32
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 1
    handle: bytes = b""

    def make(self, options: str, *, origin: str = ADDRESS, rp: str = "", flags: int = PRESENT | VERIFIED | ATTESTED) -> Answer:
        asked = json.loads(options)
        self.handle = raw(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        data = self._data(rp or asked["rp"]["id"], flags) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], origin)
        return self._answer({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def show(self, options: str, *, origin: str = ADDRESS, rp: str = "", flags: int = PRESENT | VERIFIED) -> Answer:
        asked = json.loads(options)
        self.counter += 1 if self.counter else 0
        data = self._data(rp or asked["rpId"], flags)
        client = self._client("webauthn.get", asked["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._answer({name: text(value) for name, value in said.items()})

    def _data(self, rp: str, flags: int) -> bytes:
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> Answer:
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}


@pytest.fixture
def at(house: House) -> House:
    """The house under a name, as passkeys need it."""
    return replace(house, address=ADDRESS)


@pytest.fixture
def ada(at: House, acme_campus: Any) -> Signed:
    link = signin.first_link(at, acme_campus.tenant)
    assert link is not None
    return entered(at, signin.set_up(at, link, name="Ada Stone", login="ada@acme.example", password=PASSWORD))


def entered(house: House, token: str) -> Signed:
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


def added(house: House, signed: Signed, device: Device, name: str = "Work laptop") -> None:
    asked = passkeys.begin_adding(house, signed)
    passkeys.add(house, signed, asked.ticket, name, device.make(asked.options))


def comes_in(house: House, device: Device) -> Signed:
    asked = passkeys.begin_entering(house)
    return entered(house, passkeys.enter(house, asked.ticket, device.show(asked.options)))


def test_a_passkey_signs_in_whoever_added_it_and_says_when(at: House, ada: Signed, clock: Any) -> None:
    device = Device()
    added(at, ada, device)
    (line,) = passkeys.mine(at, ada)
    assert (line.name, line.used_at, line.copied, line.synced) == ("Work laptop", None, False, False)
    clock.move(timedelta(days=3))
    signed = comes_in(at, device)
    assert (signed.operator, signed.tenant) == (ada.operator, ada.tenant)
    assert passkeys.mine(at, signed)[0].used_at == clock.now()
    assert comes_in(at, device).operator == ada.operator


def test_nothing_of_a_passkey_lies_in_the_store_in_clear(at: House, ada: Signed) -> None:
    device = Device(id=b"credential of Ada's own laptop!!")
    added(at, ada, device, "Ada's laptop")
    with at.store.read(ada.tenant) as db:
        row = db.sql.exec_driver_sql("SELECT token, detail FROM passkeys").one()
    kept = bytes(row[0]) + bytes(row[1])
    assert device.id not in kept
    assert b"laptop" not in kept


def test_each_answer_is_taken_once(at: House, ada: Signed) -> None:
    device = Device()
    asked = passkeys.begin_adding(at, ada)
    made = device.make(asked.options)
    passkeys.add(at, ada, asked.ticket, "Phone", made)
    with pytest.raises(StepUsed):
        passkeys.add(at, ada, asked.ticket, "Phone", made)
    entering = passkeys.begin_entering(at)
    heard = device.show(entering.options)
    passkeys.enter(at, entering.ticket, heard)
    with pytest.raises(StepUsed):
        passkeys.enter(at, entering.ticket, heard)
    with pytest.raises(PasskeyRefused):  # in a browser of one's own, with its own challenge
        passkeys.enter(at, passkeys.begin_entering(at).ticket, heard)


def test_a_challenge_is_over_after_minutes_and_is_for_one_thing(at: House, ada: Signed, clock: Any) -> None:
    device = Device()
    added(at, ada, device)
    adding, entering = passkeys.begin_adding(at, ada), passkeys.begin_entering(at)
    with pytest.raises(signin.StepOver):
        passkeys.enter(at, adding.ticket, device.show(entering.options))
    with pytest.raises(signin.StepOver):
        passkeys.add(at, ada, entering.ticket, "Phone", Device(id=b"2" * 32).make(adding.options))
    clock.move(timedelta(minutes=5))
    with pytest.raises(signin.StepOver):
        passkeys.enter(at, entering.ticket, device.show(entering.options))


def test_a_challenge_for_one_session_adds_nothing_in_another(at: House, ada: Signed) -> None:
    asked = passkeys.begin_adding(at, ada)
    other = signin.sign_in(at, None, "ada@acme.example", PASSWORD).session
    assert other is not None
    with pytest.raises(signin.StepOver):
        passkeys.add(at, entered(at, other), asked.ticket, "Phone", Device().make(asked.options))


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "https://gate.acme.example.evil.example"},
        {"origin": "http://gate.acme.example"},
        {"origin": "https://gate.acme.example:8443"},
        {"rp": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
    ],
)
def test_another_origin_another_party_and_an_unverified_person_are_refused(at: House, ada: Signed, how: dict[str, Any]) -> None:
    asked = passkeys.begin_adding(at, ada)
    making = how | ({"flags": how["flags"] | ATTESTED} if "flags" in how else {})
    with pytest.raises(PasskeyRefused):
        passkeys.add(at, ada, asked.ticket, "Phone", Device().make(asked.options, **making))
    device = Device()
    added(at, ada, device)
    entering = passkeys.begin_entering(at)
    with pytest.raises(PasskeyRefused):
        passkeys.enter(at, entering.ticket, device.show(entering.options, **how))
    assert comes_in(at, device).operator == ada.operator


def test_a_copy_is_found_by_its_counter_and_both_open_nothing_from_then_on(at: House, ada: Signed) -> None:
    device = Device()
    added(at, ada, device)
    copy = replace(device)
    comes_in(at, device)
    comes_in(at, device)
    with pytest.raises(PasskeyCopied):
        comes_in(at, copy)
    assert passkeys.mine(at, ada)[0].copied
    with pytest.raises(PasskeyCopied):
        comes_in(at, device)
    passkeys.remove(at, ada, passkeys.mine(at, ada)[0].passkey)
    assert passkeys.mine(at, ada) == []


def test_a_device_that_counts_nothing_comes_in_every_time(at: House, ada: Signed) -> None:
    device = Device(counter=0)
    added(at, ada, device)
    assert comes_in(at, device).operator == comes_in(at, device).operator == ada.operator


def test_a_removed_passkey_and_a_disabled_operator_stay_outside(at: House, ada: Signed) -> None:
    device = Device()
    added(at, ada, device)
    passkeys.remove(at, ada, passkeys.mine(at, ada)[0].passkey)
    with pytest.raises(PasskeyRefused):
        comes_in(at, device)
    link = signin.invite_operator(at, ada, frozenset({Role.SECURITY}))
    dora = entered(at, signin.set_up(at, link, name="Dora Marsh", login="dora@acme.example", password=PASSWORD))
    hers = Device(id=b"d" * 32)
    added(at, dora, hers)
    with pytest.raises(NotFound):
        passkeys.remove(at, ada, passkeys.mine(at, dora)[0].passkey)
    signin.disable_operator(at, ada, dora.operator)
    with pytest.raises(PasskeyRefused):
        comes_in(at, hers)


def test_nobody_comes_in_as_somebody_else(at: House, ada: Signed, umbra_campus: Any) -> None:
    """The device says itself whose it is: that claim is held against the row, also across organisations."""
    link = signin.first_link(at, umbra_campus.tenant)
    assert link is not None
    uma = entered(at, signin.set_up(at, link, name="Uma Brandt", login="uma@umbra.example", password=PASSWORD))
    device = Device()
    added(at, uma, device)
    for claimed in (ada.tenant.bytes + ada.operator.bytes, ada.tenant.bytes + uma.operator.bytes, bytes(32), b"", b"x" * 64):
        asked = passkeys.begin_entering(at)
        said = device.show(asked.options)
        said["response"]["userHandle"] = text(claimed)
        with pytest.raises(PasskeyRefused):
            passkeys.enter(at, asked.ticket, said)
    assert comes_in(at, device).operator == uma.operator


def test_the_same_passkey_is_added_once_and_an_old_session_adds_none(at: House, ada: Signed, clock: Any) -> None:
    device = Device()
    added(at, ada, device)
    asked = passkeys.begin_adding(at, ada)
    assert [one["id"] for one in json.loads(asked.options)["excludeCredentials"]] == [text(device.id)]
    with pytest.raises(PasskeyKnown):
        passkeys.add(at, ada, asked.ticket, "Again", device.make(asked.options))
    clock.move(timedelta(minutes=15))
    with pytest.raises(SignInAgain):
        passkeys.begin_adding(at, ada)


def test_a_signature_that_is_not_the_devices_is_refused(at: House, ada: Signed) -> None:
    device = Device()
    added(at, ada, device)
    forger = Device(id=device.id, counter=50, handle=device.handle)
    with pytest.raises(PasskeyRefused):
        comes_in(at, forger)
    assert not passkeys.mine(at, ada)[0].copied


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://gate.acme.example", RelyingParty("gate.acme.example", "https://gate.acme.example")),
        ("https://Gate.Acme.Example:443", RelyingParty("gate.acme.example", "https://gate.acme.example")),
        ("https://gate.acme.example:8443", RelyingParty("gate.acme.example", "https://gate.acme.example:8443")),
        ("http://localhost:8470", RelyingParty("localhost", "http://localhost:8470")),
        ("http://gate.acme.example", None),
        ("https://10.0.0.7", None),
        ("https://[::1]", None),
        ("", None),
    ],
)
def test_browsers_make_passkeys_for_names_alone(address: str, party: RelyingParty | None) -> None:
    assert relying_party(address) == party


def hostile() -> some.SearchStrategy[Any]:
    leaf = some.none() | some.booleans() | some.integers() | some.text(max_size=40) | some.binary(max_size=60).map(text)
    return some.recursive(leaf, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4))


PARTS = (
    "id",
    "rawId",
    "type",
    "response",
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
)


@settings(max_examples=150)
@given(part=some.sampled_from(PARTS), junk=hostile(), cut=some.integers(0, 200), flip=some.integers(0, 255))
def test_garbled_answers_are_refused_and_nothing_else(part: str, junk: Any, cut: int, flip: int) -> None:
    """The checks themselves, without a store: whatever comes, the answer is one refusal."""
    device, party, challenge = Device(handle=b"h" * 32), RelyingParty("gate.acme.example", ADDRESS), b"c" * 32
    asked = {"challenge": text(challenge), "rp": {"id": party.id}, "rpId": party.id, "user": {"id": text(b"h" * 32)}}
    for said, check in (
        (device.make(json.dumps(asked)), lambda it: passkeys._registered(party, challenge, it)),
        (device.show(json.dumps(asked)), lambda it: passkeys._authenticated(party, challenge, b"\xa0", it)),
        (device.show(json.dumps(asked)), passkeys._who),
    ):
        for spoiled in (_replaced(said, part, junk), _bent(said, part, cut, flip)):
            _only_refuses(check, spoiled)


def _only_refuses(check: Callable[[Any], object], said: Answer) -> None:
    with suppress(PasskeyRefused):
        passkeys._checked(lambda: check(said))


def _replaced(said: Answer, part: str, junk: Any) -> Answer:
    inner = said["response"]
    return said | {part: junk} if part in said else said | {"response": inner | {part: junk}}


def _bent(said: Answer, part: str, cut: int, flip: int) -> Answer:
    """One byte of a part changed, and its end cut off."""
    inner = said["response"]
    if part not in inner:
        return said
    value = bytearray(raw(inner[part]))
    value[cut % len(value)] ^= flip
    return said | {"response": inner | {part: text(bytes(value[: max(1, len(value) - cut // 3)]))}}


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"[" * 30_000, b'"a"', b"\xff\xfe", b"1e999", b"NaN"])
def test_what_is_no_object_of_json_is_refused(body: bytes) -> None:
    with pytest.raises(PasskeyRefused):
        passkeys.read_answer(body)
