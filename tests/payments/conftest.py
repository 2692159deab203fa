"""What the payment tests share: a clock in the hand, keys made for the run, and a server that says what it is told to."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sealgate.domain.billing import Payment, PaymentState
from sealgate.domain.ids import PaymentId
from sealgate.domain.money import Money
from sealgate.ports import Order

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
ALICES = PaymentId(UUID("018f3b2c-0000-7000-8000-000000000001"))


@dataclass
class Hand:
    """A clock that is moved by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class KeyPair:
    private: rsa.RSAPrivateKey

    @property
    def secret(self) -> str:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def bare(self) -> str:
        """As Alipay's tools hand out a private key: base64 without the PEM around it, PKCS#1."""
        der = self.private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return base64.b64encode(der).decode()

    @property
    def bare_public(self) -> str:
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def sign(self, text: str | bytes) -> str:
        raw = text.encode() if isinstance(text, str) else text
        return base64.b64encode(self.private.sign(raw, padding.PKCS1v15(), SHA256())).decode()


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Saying = Callable[[Asked], tuple[int, dict[str, str], bytes]]


@dataclass
class Talker:
    """A server on loopback; `says` answers each question, `asked` keeps them."""

    says: Saying
    asked: list[Asked] = field(default_factory=list)
    base: str = ""


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture(scope="session")
def ours() -> KeyPair:
    return KeyPair(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def theirs() -> KeyPair:
    return KeyPair(rsa.generate_private_key(65537, 2048))


@pytest.fixture
def order() -> Order:
    """Alice's: ten yuan, an hour to pay."""
    return Order(
        payment=ALICES,
        money=Money(1000, "CNY"),
        subject="停车费 北门",
        notify_address="https://gate.example.org/notices/acme",
        return_address="https://gate.example.org/pay/1",
        started_at=NOON,
        expires_at=NOON + timedelta(hours=1),
    )


@pytest.fixture
def payment(order: Order) -> Payment:
    """Alice's, started and not yet paid."""
    return Payment(order.payment, "-", "-", order.money, PaymentState.PENDING, order.started_at, order.expires_at)


@pytest.fixture
def talker() -> Iterator[Talker]:
    """It knows nothing until the test sets `says`."""
    talker = Talker(lambda _: (404, {}, b"{}"))

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, self.path, {n.lower(): v for n, v in self.headers.items()}, body)
            talker.asked.append(asked)
            status, headers, answer = talker.says(asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # whoever asked may hang up
                self.wfile.write(answer)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def log_message(self, _format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    talker.base = f"http://127.0.0.1:{server.server_port}"
    yield talker
    server.shutdown()
    server.server_close()
    thread.join()
