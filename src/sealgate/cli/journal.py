"""`sealgate journal`: whether the journal is whole, its signed checkpoints, and proofs for whoever keeps one."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.tables import tell
from sealgate.domain.errors import Refused

if TYPE_CHECKING:
    from sealgate.domain.ids import TenantId
    from sealgate.flows.kit import House
    from sealgate.privacy.audit import Audit

LARGEST_FILE = 64 * 1024 * 1024

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]
Data = Annotated[Path | None, typer.Option(help="Folder of the database")]
Keys = Annotated[Path | None, typer.Option(help="Folder of the wrapped keys")]
Organisation = Annotated[str, typer.Option(help="Name of the organisation; all unless given")]


class NoSuchOrganisation(Refused):
    code = "journal.no-such-organisation"
    status = 404


class NoSuchFile(Refused):
    code = "journal.no-such-file"


def register(app: typer.Typer) -> None:
    journal = typer.Typer(help="The journal of who did or looked at what.", no_args_is_help=True)
    journal.command("verify", help="Walk the whole journal; the exit status is 1 where it is not what it was.")(verify)
    journal.command("checkpoint", help="Sign what the journal is now, and tell the witnesses.")(checkpoint)
    journal.command("prove", help="Prove by a few hashes that an entry is in the newest checkpoint.")(prove)
    journal.command("key", help="The public key that checkpoints are verified by.")(key)
    app.add_typer(journal, name="journal")


def verify(
    witness: Annotated[
        list[Path] | None, typer.Option(help="A file of checkpoints that somebody kept; may be given more than once")
    ] = None,
    verifier: Annotated[str, typer.Option("--key", help="Public key to verify by, as `sealgate journal key` prints it")] = "",
    organisation: Organisation = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    from sealgate.flows.witnessing import audited
    from sealgate.privacy.notes import Verifier

    notes = [note for file in witness or () for note in _notes(file)]
    known = Verifier.parse(verifier) if verifier else None
    with _house(data, keys) as house:
        found = [(name, audited(house, tenant, known, notes)) for tenant, name in _tenants(house, organisation)]
    result = {"whole": all(audit.verdict.whole for _, audit in found), "journals": [_json(*one) for one in found]}
    tell(result, [_row(*one) for one in found], ("", "entries", "checkpoints", "outside", ""), as_json=as_json)
    if not result["whole"]:
        raise typer.Exit(1)


def checkpoint(organisation: Organisation = "", data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.flows import witnessing
    from sealgate.store import checkpoints as rows

    told: list[dict[str, Any]] = []
    with _house(data, keys) as house:
        for tenant, name in _tenants(house, organisation):
            witnessing.checkpoint(house, tenant)
            with house.store.read(tenant) as db:
                row, witnesses = rows.newest(db), rows.witnesses(db)
            stand = [{"name": w.name, "entries": w.size, "trouble": w.trouble} for w in witnesses.values()]
            size, root, note = (row.size, row.root, row.note) if row else (0, b"", "")
            root_text = base64.b64encode(root).decode()
            told.append({"organisation": name, "entries": size, "root": root_text, "note": note, "witnesses": stand})
    lines = [(one["organisation"], str(one["entries"]), one["root"], _stand(one["witnesses"])) for one in told]
    tell({"checkpoints": told}, lines, ("", "entries", "root", "witnesses"), as_json=as_json)


def prove(
    entry: Annotated[int, typer.Argument(help="Number of the entry, from 1", min=1)],
    organisation: Organisation = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    from sealgate.flows import journal_page

    with _house(data, keys) as house:
        tenants = _tenants(house, organisation)
        if len(tenants) != 1:
            raise NoSuchOrganisation("there is more than one organisation", hint="Name one with --organisation")
        made = journal_page.prove(house, tenants[0][0], entry)
    result = {"entry": entry, "hash": made.hash, "proof": list(made.proof), "checkpoint": made.note}
    lines = [("hash", made.hash), *(("step", step) for step in made.proof)]
    tell(result, lines, ("", ""), as_json=as_json)


def key(organisation: Organisation = "", data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    from sealgate.privacy.checkpoints import signer_of

    with _house(data, keys) as house:
        found = [(name, str(signer_of(house.keyring, tenant).verifier)) for tenant, name in _tenants(house, organisation)]
    tell({"keys": dict(found)}, found, ("", "key"), as_json=as_json)


def _json(name: str, audit: Audit) -> dict[str, Any]:
    verdict = audit.verdict
    return {
        "organisation": name,
        "whole": verdict.whole,
        "entries": verdict.entries,
        "flaw": verdict.flaw,
        "at": verdict.at,
        "checkpoints": audit.checkpoints,
        "outside": audit.outside,
    }


def _row(name: str, audit: Audit) -> tuple[str, ...]:
    verdict = audit.verdict
    said = "whole" if verdict.flaw is None else f"{verdict.flaw} at entry {verdict.at}" if verdict.at else verdict.flaw
    return name, str(verdict.entries), str(audit.checkpoints), str(audit.outside), said


def _stand(witnesses: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{one['name']}: {one['trouble'] or one['entries']}" for one in witnesses) or "none"


def _notes(file: Path) -> list[str]:
    from sealgate.witness import read_notes

    try:
        with file.open("rb") as opened:
            return read_notes(opened.read(LARGEST_FILE))
    except OSError as error:
        raise NoSuchFile(f"{file} cannot be read", hint="Check its path") from error


def _tenants(house: House, name: str) -> list[tuple[TenantId, str]]:
    found = [(tenant.tenant, tenant.name) for tenant in house.store.tenants() if name in {"", tenant.name}]
    if not found:
        raise NoSuchOrganisation(f"no organisation is called {name!r}", hint="Check its name in the console")
    return found


@contextmanager
def _house(data: Path | None, keys: Path | None) -> Iterator[House]:
    from sealgate.app import running
    from sealgate.settings import load

    with running(load(data=data, keys=keys), faces=None, plates=None, publishes=False) as program:
        yield program.house
