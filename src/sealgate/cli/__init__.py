"""The command line. Heavy rooms are imported by the command that needs them, so that `--help` answers at once."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

from sealgate import __version__
from sealgate.cli import (
    backup,
    bench,
    demo,
    doctor,
    drill,
    edge,
    gate,
    hours,
    journal,
    keys,
    pay,
    people,
    read,
    restore,
    retention,
    serve,
    tariff,
)
from sealgate.domain.errors import Fault, Refused

app = typer.Typer(
    name="sealgate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Who and what may come in: doors, turnstiles and barriers.",
)
serve.register(app)
demo.register(app)
gate.register(app)
edge.register(app)
hours.register(app)
people.register(app)
journal.register(app)
keys.register(app)
backup.register(app)
restore.register(app)
read.register(app)
retention.register(app)
bench.register(app)
doctor.register(app)
drill.register(app)
tariff.register(app)
pay.register(app)


@app.callback(invoke_without_command=True)
def sealgate(
    version: bool = typer.Option(False, "--version", help="Print the version and end"),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run one command. A refusal or fault is one line with its stable code and what to do; the exit status is 1."""
    try:
        app()
    except (Refused, Fault) as error:
        tell(error)
        sys.exit(1)


def tell(error: Refused | Fault) -> None:
    if "--json" in sys.argv:
        body: dict[str, Any] = {"error": {"code": error.code, "message": str(error), "hint": error.hint}}
        print(json.dumps(body, ensure_ascii=False))
    else:
        print(f"sealgate: {error} ({error.code})", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
