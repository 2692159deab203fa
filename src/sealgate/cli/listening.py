"""The web server: TLS, whose word it takes for who is asking, and how long it waits for whom.

The surprising thing: nobody is listened to in the open. On an address that others reach, it wants TLS of its own or a proxy
that is named, and refuses to begin otherwise.
"""

from __future__ import annotations

import ssl
from asyncio import TimerHandle, Transport
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import h11
import typer
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sealgate.app import BadCertificate, bound_socket, web_application
from sealgate.settings import Settings

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from sealgate.app import Program


def served(settings: Settings, application: FastAPI) -> uvicorn.Config:
    """How uvicorn runs here. Raises `BadCertificate`."""
    options: dict[str, Any] = {
        "log_level": "warning",
        "timeout_graceful_shutdown": 2,
        "server_header": False,
        "http": impatient(settings.request_timeout),
        "ws": "none",
        "limit_concurrency": settings.most_connections,
        # Said either way: unless told otherwise, uvicorn takes the word of whoever asks from this machine.
        "proxy_headers": bool(settings.proxies) and not settings.trusts_anybody,
        "forwarded_allow_ips": settings.proxies,
    }
    if settings.tls_certificate is not None:
        context = tls_context(settings)
        options["ssl_context_factory"] = lambda _config, _default: context
    return uvicorn.Config(application, **options)


def tls_context(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 and newer. Raises `BadCertificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    assert settings.tls_certificate is not None
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = getattr(error, "reason", "") or getattr(error, "strerror", "") or type(error).__name__
        hint = "Give a PEM chain, and the unencrypted PEM key that belongs to its first certificate"
        raise BadCertificate(f"{settings.tls_certificate}: {reason}", hint=hint) from error
    return context


def impatient(seconds: float) -> type[H11Protocol]:
    """HTTP that hangs up on whoever does not bring the head of a request within that time.

    uvicorn waits for ever for the first one. What follows the head is bounded by `web.guard.Bounded`.
    """

    class Impatient(H11Protocol):
        waiting: TimerHandle | None = None

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_waiting()
            elif self.waiting is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self.waiting = self.loop.call_later(seconds, self.transport.close)

        def _stop_waiting(self) -> None:
            if self.waiting is not None:
                self.waiting.cancel()
                self.waiting = None

    return Impatient


class Listening:
    """The web server in a thread of its own. `address` is where browsers find it."""

    def __init__(self, server: uvicorn.Server, sock: socket.socket, address: str) -> None:
        self._server, self._sock, self.address = server, sock, address
        self._ended = Event()
        self._thread = Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Begin, and come back once browsers are answered; whoever reads the printed address may use it at once."""
        self._thread.start()
        while not self._server.started and not self._ended.wait(timeout=0.01):
            pass

    def wait(self, until: Event | None = None) -> bool:
        """Until Ctrl-C, a termination signal, or the server's own end; or `until` that event, which is True.

        Not by `Thread.join`: an interrupt in the middle of it makes Python 3.11 take the thread for ended.
        """
        try:
            while not self._ended.wait(timeout=0.5):
                if until is not None and until.is_set():
                    return True
        except KeyboardInterrupt:
            typer.echo("Stopping.")
        return False

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._sock])
        finally:
            self._ended.set()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(timeout=5)


@contextmanager
def listening(program: Program, application: FastAPI | None = None) -> Iterator[Listening]:
    """Serve the console, or that application, until the body ends. Raises `OpenToAll`, `PortTaken`, `BadCertificate`."""
    settings = program.settings
    sock = bound_socket(settings)
    try:
        server = uvicorn.Server(served(settings, application or web_application(program)))
    except BaseException:
        sock.close()
        raise
    scheme = "https" if settings.tls_certificate is not None else "http"
    host, port = sock.getsockname()[:2]
    listening = Listening(server, sock, settings.public_address.rstrip("/") or f"{scheme}://{host}:{port}")
    listening.start()
    try:
        yield listening
    finally:
        listening.stop()
        sock.close()
