"""`sealgate retention`: how long things are kept, whether a round is due, and a round now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sealgate.cli.tables import tell

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the database and the sealed pictures")]
Keys = Annotated[Path | None, typer.Option("--keys", help="Folder of the wrapped keys")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="How long personal things are kept.", no_args_is_help=True)
    commands.command("status", help="What is kept for how long, and whether anything is due.")(status)
    commands.command("run", help="One round now: keys first, then rows and pictures.")(run)
    app.add_typer(commands, name="retention")


def status(data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.app import running
    from sealgate.flows import retention
    from sealgate.settings import load

    lines: list[dict[str, Any]] = []
    with running(load(data=data, keys=keys), faces=None, plates=None, publishes=False) as program:
        for tenant in program.house.store.tenants():
            found = retention.status(program.house, tenant.tenant)
            oldest = None if found.oldest is None else found.oldest.isoformat()
            kept = {"keeps_days": asdict(found.times), "oldest_passage": oldest, "day_keys": found.keys, "due": found.due}
            lines.append({"organisation": tenant.name, **kept})
    rows = [
        (line["organisation"], str(line["keeps_days"]["passages"]), line["oldest_passage"] or "-", str(line["day_keys"]), due)
        for line in lines
        for due in ("yes" if line["due"] else "no",)
    ]
    heads = ("organisation", "passages kept, days", "oldest passage", "keys of days", "due")
    tell({"organisations": lines}, rows, heads, as_json=as_json)


def run(data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.app import running
    from sealgate.flows import retention
    from sealgate.settings import load

    done: dict[str, dict[str, int]] = {}
    with running(load(data=data, keys=keys), faces=None, plates=None, publishes=False) as program:
        for tenant in program.house.store.tenants():
            done[tenant.name] = asdict(retention.keep_to_times(program.house, tenant.tenant))
    rows = [(name, *map(str, counts.values())) for name, counts in done.items()]
    heads = ("organisation", "keys destroyed", "passages", "pictures", "other rows")
    tell({"organisations": done}, rows, heads, as_json=as_json)
