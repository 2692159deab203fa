"""`sealgate init` and `sealgate serve`."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import socket

    import uvicorn
    from fastapi import FastAPI

    from sealgate.app import Program

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the database and the sealed pictures")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 takes a free one")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on")]


def register(app: typer.Typer) -> None:
    app.command("init", help="Make a data folder, its keys and the first organisation.")(init)
    app.command("serve", help="Run the console, the kiosks and the gates with a camera.")(serve)


def init(
    name: Annotated[str, typer.Argument(help="Name of the organisation")],
    data: Data = None,
    keys: Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys, best on another disk")] = None,
) -> None:
    from sealgate.app import initialise
    from sealgate.settings import load

    settings = load(data=data, keys=keys)
    initialise(settings, name)
    typer.echo(f"Data in {settings.data}, keys in {settings.keys_folder}.")
    if settings.passphrase is None:
        typer.echo(f"The root key is {settings.key_file}. Keep a copy apart from the data: without it nothing opens again.")
    typer.echo("Start it with `sealgate serve`; the first start prints a one-time set-up link.")


def serve(
    data: Data = None,
    keys: Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys")] = None,
    host: Host = None,
    port: Port = None,
) -> None:
    from sealgate.app import readers, running
    from sealgate.settings import load

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load(data=data, keys=keys, host=host, port=port)
    faces, plates = readers(settings)
    with terminable(), running(settings, faces=faces, plates=plates) as program:
        program.fill_galleries()
        with listening(program) as server, program.gates():
            print_links(program, server.address)
            server.wait()


@contextmanager
def terminable() -> Iterator[None]:
    """A termination signal ends the program as cleanly as Ctrl-C; a second one does not disturb the tidying up."""
    signals = (signal.SIGTERM, signal.SIGINT)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in signals}
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopping.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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

    def wait(self) -> None:
        """Until Ctrl-C, a termination signal, or the server's own end.

        Not by `Thread.join`: an interrupt in the middle of it makes Python 3.11 take the thread for ended.
        """
        try:
            while not self._ended.wait(timeout=0.5):
                pass
        except KeyboardInterrupt:
            typer.echo("Stopping.")

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
    """Serve the console, or that application, until the body ends. Raises `PortTaken` where the address cannot be had."""
    import uvicorn

    from sealgate.app import bound_socket, web_application

    settings = program.settings
    sock = bound_socket(settings)
    options: dict[str, Any] = {"log_level": "warning", "timeout_graceful_shutdown": 2, "server_header": False}
    if settings.tls_certificate is not None and settings.tls_key is not None:
        options |= {"ssl_certfile": str(settings.tls_certificate), "ssl_keyfile": str(settings.tls_key)}
    if settings.trusted_proxy:
        options |= {"proxy_headers": True, "forwarded_allow_ips": settings.trusted_proxy}
    server = uvicorn.Server(uvicorn.Config(application or web_application(program), **options))
    scheme = "https" if settings.tls_certificate is not None else "http"
    host, port = sock.getsockname()[:2]
    listening = Listening(server, sock, settings.public_address.rstrip("/") or f"{scheme}://{host}:{port}")
    listening.start()
    try:
        yield listening
    finally:
        listening.stop()
        sock.close()


def print_links(program: Program, address: str) -> None:
    from sealgate.flows.signin import first_link

    typer.echo(f"Console: {address}/")
    for tenant in program.house.store.tenants():
        secret = first_link(program.house, tenant.tenant)
        if secret is not None:
            typer.echo(f"Set up {tenant.name} once, within 24 hours: {address}/set-up/{secret}")
