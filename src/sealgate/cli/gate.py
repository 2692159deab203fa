"""`sealgate gate run`: one gate with its camera, in a program of its own; a lane with two."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sealgate.flows.at_gate import Answer


def register(app: typer.Typer) -> None:
    gates = typer.Typer(help="Gates.", no_args_is_help=True)
    gates.command("run", help="Watch one gate through its camera until the source ends or Ctrl-C.")(run)
    app.add_typer(gates, name="gate")


def run(
    gate: Annotated[str, typer.Option(help="Name or id of the gate")],
    source: Annotated[str, typer.Option(help="Picture, folder, video file, rtsp:// address or usb:0 (docs/cameras.md)")],
    second: Annotated[str | None, typer.Option(help="A second camera of the same lane of a car park")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the database and the sealed pictures")] = None,
    keys: Annotated[Path | None, typer.Option(help="Folder of the wrapped keys")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each passage")] = False,
) -> None:
    from sealgate.app import readers, running
    from sealgate.settings import load

    settings = load(data=data, keys=keys)
    faces, plates = readers(settings)
    with running(settings, faces=faces, plates=plates) as program:
        program.fill_galleries()
        program.watch(program.gate_named(gate), source, partial(_tell, gate, as_json), second=second)


def _tell(gate: str, as_json: bool, answer: Answer) -> None:
    from sealgate.flows.parking import Arrival

    decision, name = answer.decision, answer.first_name
    lane = answer if isinstance(answer, Arrival) else None
    due = "" if lane is None or lane.due is None else str(lane.due)
    if as_json:
        told = {"gate": gate, "opens": decision.opens, "reason": decision.reason, "first_name": name}
        if lane is not None:
            told |= {"outcome": lane.outcome, "stay": str(lane.stay) if lane.stay else None, "due": due or None}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        outcome = "" if lane is None else lane.outcome
        typer.echo(f"{'open' if decision.opens else 'refused':8}{decision.reason:20}{outcome:14}{name or due}".rstrip())
