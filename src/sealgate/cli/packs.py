"""`sealgate models packs` and `sealgate models add`: models that are not shipped, taken by whoever accepts their licence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sealgate.vision.packs import Pack

Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


def register(models: typer.Typer) -> None:
    models.command("packs", help="Packs of models that can be added, with address, licence and sha256.")(packs)
    models.command("add", help="Add a pack, once its licences are accepted.")(add)


def packs(as_json: Json = False) -> None:
    from sealgate.cli.tables import tell
    from sealgate.vision.packs import PACKS

    told = [described(pack, folder()) for pack in PACKS]
    lines = [(p["pack"], f["file"], f["licence"], "there" if f["there"] else "not there") for p in told for f in p["files"]]
    tell({"packs": told}, lines, ("pack", "file", "licence", ""), as_json=as_json)


def add(
    pack: str,
    brought: Annotated[
        list[Path] | None, typer.Option("--from", help="A file of the pack that was brought along; may be repeated")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="You have read the licences and accept them")] = False,
    as_json: Json = False,
) -> None:
    from sealgate.vision import packs as models

    chosen = models.pack_of(pack)
    if not as_json:
        show(chosen)
    taken = models.add(chosen, folder(), accepted=accept, brought=brought or ())
    if as_json:
        print(json.dumps({"pack": chosen.name, "folder": str(folder()), "taken": [file.file for file in taken]}))
    else:
        print(f"kept in {folder()}: {', '.join(file.file for file in taken)}" if taken else "all of it is there")


def folder() -> Path:
    """Where this installation keeps packs."""
    from sealgate.settings import load

    return load().data / "models"


def described(pack: Pack, kept: Path) -> dict[str, Any]:
    from dataclasses import asdict

    from sealgate.vision.packs import is_there

    files = [asdict(file) | {"there": is_there(file, kept)} for file in pack.files]
    return {"pack": pack.name, "about": pack.about, "files": files}


def show(pack: Pack) -> None:
    """What somebody accepts, before anything is taken."""
    print(f"{pack.name}: {pack.about}")
    for file in pack.files:
        print(f"  {file.file} ({file.role}), {file.size:,} bytes")
        print(f"    by {file.authors}; licence {file.licence}")
        print(f"    {file.address}")
        print(f"    sha256 {file.sha256}")
