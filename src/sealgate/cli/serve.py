"""`sealgate init` and `sealgate serve`."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
    from sealgate.cli.listening import listening
    from sealgate.settings import load

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load(data=data, keys=keys, host=host, port=port)
    faces, plates = readers(settings)
    with terminable(), running(settings, faces=faces, plates=plates, may_be_sealed=True) as program:
        if not program.is_sealed:
            program.fill_galleries()
        with listening(program) as server, key_desk(program):
            if program.is_sealed:
                typer.echo(
                    f"Sealed: the root key is not there. Give it at {server.address}/unseal, or by `sealgate keys unseal`."
                )
                if not server.wait(program.unsealed):
                    return
                program.fill_galleries()
                typer.echo("Unsealed.")
            with program.gates():
                print_links(program, server.address)
                server.wait()


@contextmanager
def key_desk(program: Program) -> Iterator[None]:
    """Let `sealgate keys` speak to this program."""
    from sealgate.api.local import answering, socket_path
    from sealgate.flows.keydesk import Desk

    with answering(Desk(program.house, program.source), socket_path(program.settings.keys_folder)):
        yield


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


def print_links(program: Program, address: str) -> None:
    from sealgate.flows.signin import first_link

    typer.echo(f"Console: {address}/")
    for tenant in program.house.store.tenants():
        secret = first_link(program.house, tenant.tenant)
        if secret is not None:
            typer.echo(f"Set up {tenant.name} once, within 24 hours: {address}/set-up/{secret}")
