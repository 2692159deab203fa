"""`sealgate edge`: a box at a site that goes on deciding at its lanes while the centre is away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the database and the sealed pictures")]
Keys = Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys")]


def register(app: typer.Typer) -> None:
    edges = typer.Typer(help="Edge boxes: lanes that decide by a copy of their own.", no_args_is_help=True)
    edges.command("add", help="At the centre, stopped: make an edge of a site and print its code, once.")(add)
    edges.command("end", help="At the centre, stopped: an edge is known no more.")(end)
    edges.command("join", help="On the box: make its store and keys, and join the centre with the code.")(join)
    edges.command("run", help="On the box: run the site's lanes until Ctrl-C, whether the centre answers or not.")(run)
    app.add_typer(edges, name="edge")


def add(
    name: Annotated[str, typer.Argument(help="What the box is called")],
    site: Annotated[str, typer.Option(help="Name or id of its site")],
    data: Data = None,
    keys: Keys = None,
) -> None:
    from sealgate.app import running
    from sealgate.flows import edges
    from sealgate.flows.campus import system
    from sealgate.settings import load

    with running(load(data=data, keys=keys), faces=None, plates=None) as program:
        tenant, found = program.site_named(site)
        code = edges.add_edge(program.house, system(program.house, tenant), found, name)
    typer.echo(f"Code of {name}, shown once: {code}")
    typer.echo("On the box: sealgate edge join https://THIS-CENTRE, then sealgate edge run.")


def end(name: Annotated[str, typer.Argument(help="What the box is called")], data: Data = None, keys: Keys = None) -> None:
    from sealgate.app import running
    from sealgate.domain.errors import NotFound
    from sealgate.flows import edges
    from sealgate.flows.campus import system
    from sealgate.settings import load

    with running(load(data=data, keys=keys), faces=None, plates=None) as program:
        for tenant in program.house.store.tenants():
            signed = system(program.house, tenant.tenant)
            for row in edges.edges(program.house, signed):
                if row.name == name:
                    edges.end_edge(program.house, signed, row.edge)
                    typer.echo(f"{name} is known no more.")
                    return
    raise NotFound("edge")


def join(
    centre: Annotated[str, typer.Argument(help="Address of the centre, https://…")],
    code: Annotated[str, typer.Option(prompt="Code", hide_input=True, help="The code of `sealgate edge add`; asked for")],
    data: Data = None,
    keys: Keys = None,
) -> None:
    from sealgate.app import join_centre
    from sealgate.settings import load

    name = join_centre(load(data=data, keys=keys), centre, code)
    typer.echo(f"Joined as {name}. Start it with `sealgate edge run`.")


def run(
    data: Data = None,
    keys: Keys = None,
    host: Annotated[str | None, typer.Option(help="Address that readers of cards and codes speak to")] = None,
    port: Annotated[int | None, typer.Option(help="Port for them; nobody is listened to without one")] = None,
) -> None:
    import logging
    from contextlib import ExitStack
    from threading import Event

    from sealgate.app import at_edge, edge_application, readers
    from sealgate.cli.listening import listening
    from sealgate.cli.serve import terminable
    from sealgate.settings import load

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load(data=data, keys=keys, host=host, port=port)
    _, plates = readers(settings)
    with terminable(), at_edge(settings, plates) as (program, link), ExitStack() as beside:
        if port is not None:
            server = beside.enter_context(listening(program, edge_application(program, link)))
            typer.echo(f"Readers: {server.address}/api/v1/sightings")
        beside.enter_context(program.gates(cut_off=lambda: link.away))
        typer.echo("Running. Ctrl-C stops it.")
        forever = Event()
        while not forever.wait(0.5):
            pass
