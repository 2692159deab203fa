"""A sign-in service that lies: Mallory runs it, or stands in the way. What does not fit in every part lets nobody in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from sealgate.app.outside import ask_outside
from sealgate.domain.errors import Refused
from sealgate.domain.operators import Role
from sealgate.domain.signin_service import Service, claim_values, comes_from, is_address
from sealgate.flows import service_asking, service_settings, service_tokens, services, signin
from sealgate.flows.kit import House, Signed
from sealgate.flows.service_asking import ClientRefused, CodeRefused, NotSuch, ServiceAway, WrongIssuer
from sealgate.flows.service_tokens import BadToken, Expected, KeyMissing
from sealgate.flows.services import Denied, NotLinked, WrongDomain, WrongState
from sealgate.flows.signin import StepOver
from sealgate.flows.tickets import StepUsed

PASSWORD = "rusty anchors sing at dusk"
SECRET = "a secret of Acme"


@dataclass
class Rogue:
    """What one path answers is what a test says that it answers: a status, headers and bytes."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    issuer: str = ""
    server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        rogue = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _answer(self, body: str) -> None:
                path = urlsplit(self.path).path
                rogue.asked.append((path, {name.lower(): value for name, value in self.headers.items()}, body))
                status, headers, said = rogue.answers[path]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(said)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.describe()

    def describe(self, **more: Any) -> None:
        ends = {name: f"{self.issuer}/{path}" for name, path in ENDS.items()}
        algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
        self.says("/.well-known/openid-configuration", {"issuer": self.issuer, **ends, **algorithms, **more})
        self.says("/keys", {"keys": [self.key.as_dict(private=False)]})

    def says(self, path: str, said: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.answers[path] = (status, headers or {}, body)

    def token(self, claims: dict[str, Any], key: Key | None = None, header: dict[str, Any] | None = None) -> str:
        head = header or self.header
        return jwt.encode(head, claims, key or self.key, algorithms=[head["alg"]])


ENDS = {
    "authorization_endpoint": "authorise?tenant=acme",
    "token_endpoint": "token",
    "jwks_uri": "keys",
    "userinfo_endpoint": "userinfo",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """None of this is about a database; tests/store holds both."""
    return sqlite_url


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    made = Rogue()
    made.start()
    yield made
    assert made.server is not None
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def at(house: House) -> House:
    return replace(house, address="https://gate.acme.example", outside=ask_outside)


@pytest.fixture
def ada(at: House, acme_campus: Any) -> Signed:
    link = signin.first_link(at, acme_campus.tenant)
    assert link is not None
    signed = signin.who_is(at, signin.set_up(at, link, name="Ada Stone", login="ada@acme.example", password=PASSWORD))
    assert signed is not None
    return signed


@pytest.fixture
def acme_id(at: House, ada: Signed, rogue: Rogue) -> Service:
    service = Service(rogue.issuer, "sealgate", "Acme ID", domain="acme.example")
    service_settings.keep(at, ada, service, SECRET)
    return service


@dataclass
class Way:
    """One way there: what the browser was sent with, and back with a word of the service about `claims`."""

    house: House
    rogue: Rogue
    onward: services.Onward

    @property
    def sent(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.onward.address).query).items()}

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(self.house.clock.now().timestamp())
        said = {
            "iss": self.rogue.issuer,
            "aud": "sealgate",
            "sub": "ada-1",
            "nonce": self.sent["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        said |= {"email": "ada@acme.example", "name": "Ada Stone", **more}
        return {name: value for name, value in said.items() if value is not None}

    def back(self, token: object = None, *, said: dict[str, str] | None = None, **more: Any) -> services.Came:
        self.rogue.says("/token", {"id_token": token or self.rogue.token(self.claims(**more)), "access_token": "a"})
        return services.back(self.house, self.onward.ticket, said or {"state": self.sent["state"], "code": "c0de"})


@pytest.fixture
def begin(at: House, rogue: Rogue, acme_id: Service) -> Callable[[], Way]:
    return lambda: Way(at, rogue, services.begin_entering(at, None, "/account"))


@pytest.fixture
def linked(at: House, ada: Signed, rogue: Rogue, acme_id: Service) -> Signed:
    assert Way(at, rogue, services.begin_linking(at, ada)).back().session is None
    return ada


def test_what_is_asked_has_no_secret_in_it_and_the_exchange_proves_it_is_us(
    at: House, linked: Signed, rogue: Rogue, begin: Callable[[], Way]
) -> None:
    way = begin()
    assert way.onward.address.startswith(f"{rogue.issuer}/authorise?tenant=acme&response_type=code&")
    sent = way.sent
    assert (sent["code_challenge_method"], sent["client_id"]) == ("S256", "sealgate")
    assert sent["redirect_uri"] == "https://gate.acme.example/sign-in/service/back"
    came = way.back()
    assert came.next == "/account"
    assert signin.who_is(at, str(came.session)).operator == linked.operator  # type: ignore[union-attr]
    path, headers, body = rogue.asked[-1]
    form = {name: values[0] for name, values in parse_qs(body).items()}
    assert (path, form["code"]) == ("/token", "c0de")
    basic = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == "sealgate:a%20secret%20of%20Acme"
    digest = base64.urlsafe_b64encode(_sha256(form["code_verifier"])).decode().rstrip("=")
    assert digest == sent["code_challenge"]
    assert form["code_verifier"] not in way.onward.ticket
    assert SECRET not in way.onward.address + way.onward.ticket + body


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["sealgate", "another"]},
        {"aud": ["sealgate", "another"], "azp": "another"},
        {"aud": None},
        {"azp": "another"},
        {"iss": "https://login.acme.example"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"iat": None},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"exp": 1_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_word_that_does_not_fit_is_not_believed(linked: Signed, begin: Callable[[], Way], wrong: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        begin().back(**wrong)


def test_clocks_may_differ_a_little_and_no_more(at: House, linked: Signed, begin: Callable[[], Way]) -> None:
    now = int(at.clock.now().timestamp())
    assert begin().back(exp=now - 119, iat=now - 500).session
    assert begin().back(iat=now + 119).session
    too_much: tuple[dict[str, Any], ...] = ({"exp": now - 120}, {"iat": now + 121})
    for wrong in too_much:
        with pytest.raises(BadToken):
            begin().back(**wrong)


def test_nobodys_signature_and_a_shared_secret_are_none(linked: Signed, rogue: Rogue, begin: Callable[[], Way]) -> None:
    way = begin()
    public = rogue.key.as_pem(private=False)
    forged = {
        "none": ".".join([_part({"alg": "none", "typ": "JWT"}), _part(way.claims()), ""]),
        "none with a name": ".".join([_part({"alg": "none", "kid": "one"}), _part(way.claims()), "AAAA"]),
        "our public key as a secret": _symmetric(way.claims(), public),
        "the client's secret": _symmetric(way.claims(), SECRET.encode() * 2),
        "another key under the same name": rogue.token(way.claims(), RSAKey.generate_key(2048, {"kid": "one"})),
        "a key that it brings itself": rogue.token(
            way.claims(), own := RSAKey.generate_key(2048, {"kid": "own"}), {"alg": "RS256", "jwk": own.as_dict(private=False)}
        ),
        "no token": "hello",
        "too long": "a" * 20_000,
    }
    for token in forged.values():
        with pytest.raises(BadToken):
            way.back(token)
    tampered = rogue.token(way.claims()).split(".")
    with pytest.raises(BadToken):
        way.back(".".join([tampered[0], _part(way.claims(sub="root")), tampered[2]]))
    with pytest.raises(BadToken):
        way.back(7)
    assert way.back().session


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _symmetric(claims: dict[str, Any], secret: bytes) -> str:
    """Signed by hand: no library that is meant well does this."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def test_an_answer_is_good_once_in_its_browser_for_minutes(linked: Signed, begin: Callable[[], Way], clock: Any) -> None:
    way, other = begin(), begin()
    for said in ({"state": other.sent["state"], "code": "c"}, {"code": "c"}, {"state": "", "code": "c"}):
        with pytest.raises(WrongState):
            way.back(said=said)
    with pytest.raises(Denied):
        way.back(said={"state": way.sent["state"], "error": "access_denied"})
    with pytest.raises(Denied):
        way.back(said={"state": way.sent["state"]})
    with pytest.raises(WrongState):
        way.back(said={"state": way.sent["state"], "code": "c", "iss": "https://evil.example"})
    assert way.back().session
    with pytest.raises(StepUsed):
        way.back()
    clock.move(timedelta(minutes=5))
    with pytest.raises(StepOver):
        other.back()
    with pytest.raises(StepOver):
        services.back(other.house, "made.up", {"state": "a", "code": "c"})


def test_a_service_that_names_itself_in_its_answers_must(
    at: House, linked: Signed, rogue: Rogue, begin: Callable[[], Way]
) -> None:
    rogue.describe(authorization_response_iss_parameter_supported=True)
    service_asking.forget(at, rogue.issuer)
    way = begin()
    with pytest.raises(WrongState):
        way.back()
    assert way.back(said={"state": way.sent["state"], "code": "c", "iss": rogue.issuer}).session


def test_an_address_is_no_identity(linked: Signed, rogue: Rogue, begin: Callable[[], Way]) -> None:
    for subject in ("mallory", "ADA-1", " ada-1"):
        with pytest.raises(NotLinked):
            begin().back(sub=subject)
    rogue.says("/userinfo", {}, 404)
    wrong: dict[str, Any]
    for wrong in (
        {"email": "ada@elsewhere.example"},
        {"email": None},
        {"email_verified": False},
        {"email": ["ada@acme.example"]},
    ):
        with pytest.raises(WrongDomain):
            begin().back(**wrong)
    assert begin().back(email="renamed@acme.example").session


def test_changed_keys_are_fetched_but_not_for_every_name_that_somebody_makes_up(
    linked: Signed, rogue: Rogue, begin: Callable[[], Way], clock: Any
) -> None:
    rogue.key, rogue.header = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"}), {"alg": "ES256", "kid": "two"}
    rogue.describe(id_token_signing_alg_values_supported=["ES256"])
    assert begin().back().session
    before = len(rogue.asked)
    for number in range(5):
        way = begin()
        with pytest.raises(BadToken):
            way.back(rogue.token(way.claims(), header={"alg": "ES256", "kid": f"made-up-{number}"}))
    asked = [path for path, _, _ in rogue.asked[before:] if path == "/keys"]
    assert asked == []
    clock.move(timedelta(seconds=11))
    way = begin()
    with pytest.raises(BadToken):
        way.back(rogue.token(way.claims(), header={"alg": "ES256", "kid": "made-up"}))
    assert [path for path, _, _ in rogue.asked[before:] if path == "/keys"] == ["/keys"]


BROKEN: dict[str, tuple[type[Refused], dict[str, Any]]] = {
    "not found": (ServiceAway, {"said": {}, "status": 404}),
    "in trouble": (ServiceAway, {"said": {}, "status": 500}),
    "a page": (ServiceAway, {"said": b"<html>"}),
    "a list": (ServiceAway, {"said": []}),
    "deep": (ServiceAway, {"said": b"[" * 100_000}),
    "too much": (ServiceAway, {"said": b'{"a": "' + b"a" * 300_000 + b'"}'}),
    "far too much": (ServiceAway, {"said": b'{"a": "' + b"a" * 2_000_000 + b'"}'}),
    "elsewhere": (ServiceAway, {"said": b"", "status": 302, "headers": {"Location": "http://169.254.169.254/"}}),
    "packed": (ServiceAway, {"said": b"\x1f\x8b", "headers": {"Content-Encoding": "gzip"}}),
    "another": (WrongIssuer, {"said": {"issuer": "https://evil.example"}}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_service_that_answers_otherwise_is_told_in_words(
    at: House, ada: Signed, rogue: Rogue, acme_id: Service, how: str
) -> None:
    refusal, said = BROKEN[how]
    rogue.says("/.well-known/openid-configuration", **said)
    with pytest.raises(refusal):
        service_settings.try_out(at, ada, acme_id, None)
    asked = len(rogue.asked)
    with pytest.raises(refusal):
        services.begin_entering(at, None, "/")
    assert len(rogue.asked) == asked  # it is left alone for a moment


@pytest.mark.parametrize(
    "lacks",
    [
        {"token_endpoint": None},
        {"token_endpoint": "http://login.acme.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"id_token_signing_alg_values_supported": None},
        {"id_token_signing_alg_values_supported": [[], 3]},
    ],
    ids=str,
)
def test_a_service_that_lacks_something_is_none(
    at: House, ada: Signed, rogue: Rogue, acme_id: Service, lacks: dict[str, Any]
) -> None:
    rogue.describe(**lacks)
    with pytest.raises(NotSuch):
        service_settings.try_out(at, ada, acme_id, None)
    rogue.describe()
    rogue.says("/keys", {"keys": [{"kty": "oct", "k": "AAAA"}, {"kty": "RSA", "n": "!"}, 7, {"kty": "EC", "crv": "no"}]})
    with pytest.raises(NotSuch):
        service_settings.try_out(at, ada, acme_id, None)


def test_codes_and_clients_that_are_not_taken_are_told_apart(linked: Signed, rogue: Rogue, begin: Callable[[], Way]) -> None:
    told: tuple[tuple[object, type[Refused]], ...] = (
        ("invalid_grant", CodeRefused),
        ("invalid_client", ClientRefused),
        ([1], CodeRefused),
    )
    for said, refusal in told:
        way = begin()
        rogue.says("/token", {"error": said}, 400)
        with pytest.raises(refusal):
            services.back(way.house, way.onward.ticket, {"state": way.sent["state"], "code": "c"})


def test_a_secret_goes_to_no_other_server_than_the_one_it_is_for(
    at: House, ada: Signed, rogue: Rogue, acme_id: Service
) -> None:
    other = Rogue()
    other.start()
    try:
        other.says("/token", {"error": "invalid_grant"}, 400)
        elsewhere = replace(acme_id, issuer=other.issuer)
        service_settings.try_out(at, ada, elsewhere, None)
        service_settings.keep(at, ada, elsewhere, None)
        kept = service_settings.kept(at, ada)
        assert kept is not None
        assert kept[1] is False
        assert all("authorization" not in headers for _, headers, _ in other.asked)
        assert not any("secret" in body for _, _, body in other.asked)
    finally:
        assert other.server is not None
        other.server.shutdown()
        other.server.server_close()


def test_what_the_token_does_not_say_is_asked_about_the_same_person_only(
    at: House, ada: Signed, linked: Signed, rogue: Rogue, begin: Callable[[], Way]
) -> None:
    thin = {"email": None, "name": None}
    rogue.says("/userinfo", {"sub": "somebody else", "email": "ada@acme.example"})
    with pytest.raises(WrongDomain):
        begin().back(**thin)
    rogue.says("/userinfo", {"sub": "ada-1", "email": "ada@acme.example", "name": "Ada Stone"})
    assert begin().back(**thin).session
    assert rogue.asked[-1][1]["authorization"] == "Bearer a"


def test_a_session_that_ended_meanwhile_links_nothing(at: House, ada: Signed, rogue: Rogue, acme_id: Service) -> None:
    way = Way(at, rogue, services.begin_linking(at, ada))
    signin.sign_out(at, ada)
    with pytest.raises(StepOver):
        way.back()
    assert services.linked(at, ada) == []


def test_nothing_of_it_lies_in_the_store_in_clear(at: House, linked: Signed) -> None:
    with at.store.read(linked.tenant) as db:
        service = db.sql.exec_driver_sql("SELECT secret FROM signin_services").one()
        identity = db.sql.exec_driver_sql("SELECT token, detail FROM outside_identities").one()
    kept = b"".join(bytes(part) for part in (*service, *identity))
    assert not [word for word in (SECRET, "ada-1", "ada@acme") if word.encode() in kept]


def test_claims_are_found_as_they_stand_and_step_by_step() -> None:
    keycloak = {"realm_access": {"roles": ["admin", 7]}, "https://acme.example/roles": "guard", "a.b": ["x"], "a": {"b": ["y"]}}
    assert claim_values(keycloak, "realm_access.roles") == {"admin"}
    assert claim_values(keycloak, "https://acme.example/roles") == {"guard"}
    assert claim_values(keycloak, "a.b") == {"x"}
    assert claim_values(keycloak, "realm_access.roles.deep") == claim_values({}, "groups") == frozenset()
    assert comes_from(Service("https://a.example", "c", "l"), {})
    assert not comes_from(Service("https://a.example", "c", "l", domain="acme.example"), {"email": "a@b@evil.acme.example"})


@given(some.text(max_size=60))
def test_addresses_that_may_be_asked_are_https_or_here(text: str) -> None:
    for address in (text, f"http://{text}", f"https://{text}@evil.example", f"https://{text}"):
        if is_address(address):
            parts = urlsplit(address)
            assert parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}
            assert parts.username is None


KEY = ECKey.generate_key("P-256", {"kid": "k"})


@given(
    token=some.text(max_size=200)
    | some.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode() + ".e30.AA")
)
def test_garbage_is_no_token(token: str) -> None:
    expected = Expected("https://a.example", "c", "n", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises((BadToken, KeyMissing)):
        service_tokens.read(token, [KEY], expected)


def test_who_is_invited_by_service_has_the_invitations_roles(at: House, ada: Signed, rogue: Rogue, acme_id: Service) -> None:
    link = signin.invite_operator(at, ada, frozenset({Role.SECURITY}))
    way = Way(at, rogue, services.begin_invited(at, link))
    came = way.back(sub="dora-2", name="Dora Marsh", email="dora@acme.example")
    dora = signin.who_is(at, str(came.session))
    assert dora is not None
    assert (dora.name, dora.roles, dora.must_add_factor) == ("Dora Marsh", frozenset({Role.SECURITY}), False)
    with pytest.raises(signin.LinkUsed):
        services.begin_invited(at, link)
    for guess in ("", "password", PASSWORD):
        with pytest.raises(signin.WrongSignIn):
            signin.sign_in(at, None, "dora@acme.example", guess)
