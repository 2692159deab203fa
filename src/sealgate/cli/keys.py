"""`sealgate keys`: who holds the root, how old the keys are, changing them while everybody works, and copies of them apart."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli.tables import tell
from sealgate.domain.errors import Invalid

if TYPE_CHECKING:
    from sealgate.settings import Settings
    from sealgate.vault.roots import Root
    from sealgate.vault.shares import Share

Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table")]
Data = Annotated[Path | None, typer.Option(help="Folder of the database")]
Keys = Annotated[Path | None, typer.Option(help="Folder of the wrapped keys")]
Asks = Callable[..., dict[str, Any]]


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The keys: who holds the root, their ages, new ones while everybody works.", no_args_is_help=True)
    keys.command("status", help="Who holds the root, and how many keys of what age there are. Works sealed.")(status)
    keys.command("unseal", help="Give a running, sealed program its passphrase or your share.")(unseal)
    keys.command("rotate", help="Put every key under a new wrapping key; with --root under a new root of the same kind.")(
        rotate
    )
    keys.command("seal", help="Let somebody else hold the root: a file, a passphrase, a TPM, a key service.")(seal)
    keys.command("quorum", help="Let N of M people hold the root; the shares are shown once.")(quorum)
    keys.command("rekey-faces", help="Turn a site's face templates by a new secret; nobody is enrolled again.")(rekey_faces)
    keys.command("backup", help="Write every wrapped key into one sealed file.")(backup)
    keys.command("restore", help="Put keys of a backup back that are missing here. The program is stopped.")(restore)
    app.add_typer(keys, name="keys")


def status(data: Data = None, keys: Keys = None, as_json: Json = False) -> None:
    with _desk(data, keys, may_be_sealed=True) as ask:
        found = ask({"do": "status"})
    lines = [("root", _root_line(found))]
    for one in found["organisations"]:
        lines.append((one["name"], f"rotated {(one['rotated_at'] or 'never')[:16]}"))
        lines += [
            (f"  {kind}", f"{line['alive']} since {line['oldest'] or '-'}, {line['destroyed']} destroyed")
            for kind, line in one["keys"].items()
        ]
    tell(found, lines, ("", ""), as_json=as_json)


def _root_line(found: dict[str, Any]) -> str:
    held = " and ".join(found["held_by"])
    if found["quorum"]:
        held += f" ({found['quorum']['needed']} of {found['quorum']['holders']})"
    stand = "sealed" if found["sealed"] else "unsealed"
    return f"{held}, {stand}" + (", a change has not ended: run `sealgate keys rotate --root`" if found["changing"] else "")


def unseal(
    address: Annotated[str, typer.Option(help="Of a program on another machine, https://…; without it the one here")] = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    if address:
        found = _unseal_there(address.rstrip("/"))
    else:
        with _desk(data, keys, may_be_sealed=True, only_running=True) as ask:
            found = ask({"do": "unseal"})
            if found["sealed"]:
                found = ask({"do": "unseal", **_secret_for(found)})
    said = "unsealed" if not found["sealed"] else f"{found['have']} of {found['need']} shares" if found["need"] else "sealed"
    tell(found, [("vault", said)], ("", ""), as_json=as_json)


def _unseal_there(address: str) -> dict[str, Any]:
    import httpx

    from sealgate.domain.errors import Refused
    from sealgate.ports import Unreachable

    try:
        with httpx.Client(base_url=address, timeout=30) as client:
            found = client.get("/api/v1/unseal").raise_for_status().json()
            if not found["sealed"]:
                return dict(found)
            answer = client.post("/api/v1/unseal", json=_secret_for(found))
            body = dict(answer.json())
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise Unreachable(f"{address}: {type(error).__name__}") from None
    if answer.status_code != 200:
        refused = Refused(str(body.get("title", "")), hint=str(body.get("hint", "")))
        refused.code = str(body.get("code", Refused.code))
        raise refused
    return body


def _secret_for(found: dict[str, Any]) -> dict[str, str]:
    if "quorum" in found["held_by"]:
        return {"share": _typed("Your share (words or letters)")}
    if "passphrase" in found["held_by"]:
        return {"passphrase": _typed("Passphrase")}
    return {}


def _typed(what: str) -> str:
    """Not shown while it is typed; a line of the standard input where that is no terminal."""
    return str(typer.prompt(what, hide_input=True)) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def rotate(
    root: Annotated[bool, typer.Option("--root", help="The root as well; or to its end, where a change was stopped")] = False,
    organisation: Annotated[str, typer.Option(help="Name of the one organisation; all unless given")] = "",
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    with _desk(data, keys) as ask:
        done: dict[str, Any] = {}
        if root:
            done = _changed(ask, as_json=as_json)
        done |= ask({"do": "rotate", "organisation": organisation})
    lines = [(name, f"{count} keys under a new wrapping key") for name, count in done["rotated"].items()]
    tell(done, [*_root_lines(done), *lines], ("", ""), as_json=as_json)


def _changed(ask: Asks, *, as_json: bool) -> dict[str, Any]:
    found = ask({"do": "status"})
    holder = found["held_by"][-1]
    if found["changing"]:
        return ask({"do": "root", "holder": holder})
    if holder == "passphrase":
        return ask({"do": "root", "holder": holder, "passphrase": _new_passphrase()})
    if holder == "quorum":
        return ask(_new_quorum(found["quorum"]["needed"], found["quorum"]["holders"], as_json=as_json))
    return ask({"do": "root", "holder": holder})


def _root_lines(done: dict[str, Any]) -> list[tuple[str, str]]:
    if "held_by" not in done:
        return []
    lines = [("root", " and ".join(done["held_by"]) + (", finished" if done["finished"] else ""))]
    if done.get("put_away"):
        lines.append(("before", f"{done['put_away']} opens backups of keys made until now; destroy it when they are gone"))
    return lines


def seal(
    tpm2: Annotated[bool, typer.Option("--tpm2", help="By this machine's TPM2, through systemd-creds")] = False,
    host_key: Annotated[
        bool, typer.Option("--host-key", help="By systemd's key of this machine's disk; with --tpm2 both")
    ] = False,
    transit: Annotated[bool, typer.Option("--transit", help="By the key service of the settings transit_…")] = False,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="By a passphrase, asked for")] = False,
    key_file: Annotated[bool, typer.Option("--key-file", help="In a new key file (mode 0600)")] = False,
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    if sum((tpm2 or host_key, transit, passphrase, key_file)) != 1:
        raise Invalid("name one holder", hint="--tpm2, --host-key, --transit, --passphrase or --key-file")
    asked: dict[str, Any] = {"do": "root"}
    if passphrase:
        asked |= {"holder": "passphrase", "passphrase": _new_passphrase()}
    elif transit or key_file:
        asked |= {"holder": "key-service" if transit else "key-file"}
    else:
        asked |= {"holder": "credential", "sealed_by": "+".join(filter(None, ("host" * host_key, "tpm2" * tpm2)))}
    with _desk(data, keys) as ask:
        done = ask(asked)
    tell(done, _root_lines(done), ("", ""), as_json=as_json)


def _new_passphrase() -> str:
    first = _typed("New passphrase")
    if sys.stdin.isatty() and _typed("Once more") != first:
        raise Invalid("the two are not the same", field="passphrase")
    return first


def quorum(
    needed: Annotated[int, typer.Argument(help="How many shares open the vault", min=2, max=16)],
    holders: Annotated[int, typer.Argument(help="How many people get one", min=2, max=16)],
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    with _desk(data, keys) as ask:
        done = ask(_new_quorum(needed, holders, as_json=as_json))
    tell(done, _root_lines(done), ("", ""), as_json=as_json)


def _new_quorum(needed: int, holders: int, *, as_json: bool) -> dict[str, Any]:
    """The shares are shown before the root is changed: stopped in between, nobody is locked out."""
    from sealgate.vault.shares import new_quorum

    root, shares = new_quorum(needed, holders)
    if not as_json:
        for share in shares:
            _show(share.place, len(shares), share.words(), share.letters())
    else:
        import json

        print(json.dumps({"shares": [{"share": share.place, "words": share.words()} for share in shares]}))
    if sys.stdin.isatty():
        typer.confirm("Does every holder have their share on paper? Then the root is changed", abort=True)
    return {"do": "root", "holder": "quorum", "preface": root.preface.hex(), "shares": [share.letters() for share in shares]}


def _show(place: int, count: int, words: list[str], letters: str) -> None:
    import segno

    typer.echo(f"\nShare {place} of {count}. Give it to one person, on paper; it is shown once.\n")
    for at in range(0, len(words), 8):
        typer.echo("  " + " ".join(f"{word:<9}" for word in words[at : at + 8]).rstrip())
    typer.echo(f"\n  {letters}\n")
    segno.make(letters.replace(" ", ""), error="m").terminal(compact=True)


def rekey_faces(
    site: Annotated[str, typer.Option(help="Name or id of the site")],
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    with _desk(data, keys) as ask, _bar("Faces", shown=not as_json) as told:
        done = ask({"do": "rekey-faces", "site": site}, told)
    said = f"{done['moved']} templates in space {done['space']}, {done['keys_destroyed']} earlier secrets destroyed"
    tell(done, [(site, said)], ("", ""), as_json=as_json)


def backup(
    file: Annotated[Path, typer.Argument(help="A new file, best on another disk than the data and its backups")],
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    with _desk(data, keys) as ask:
        done = ask({"do": "backup", "file": str(file.absolute())})
    tell(done, [(done["file"], f"{done['keys']} keys"), ("SHA-256", done["sha256"])], ("", ""), as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="What `sealgate keys backup` wrote")],
    data: Data = None,
    keys: Keys = None,
    as_json: Json = False,
) -> None:
    from sealgate.app import empty_or_same_shelf
    from sealgate.flows import keybackup
    from sealgate.settings import load

    settings = load(data=data, keys=keys)
    roots = _roots_for(settings, keybackup.check_of(file))
    with empty_or_same_shelf(settings) as shelf, _bar("Keys", shown=not as_json) as told:
        done = keybackup.restore(shelf, roots, file, told)
    result = {"added": done.added, "there": done.there}
    tell(result, [("keys", f"{done.added} put back, {done.there} were there")], ("", ""), as_json=as_json)


def _roots_for(settings: Settings, check: bytes) -> list[Root]:
    """Of a backup: what is to be had without people, else what they type."""
    from sealgate.app import root_source
    from sealgate.vault.roots import open_passphrase_root
    from sealgate.vault.shares import open_quorum, quorum_of, quorums, read_share

    found = root_source(settings).roots(check)
    if found or not (wanted := quorums(check)):
        return found or [open_passphrase_root(_typed("Passphrase"), check)]
    given: dict[int, Share] = {}
    while len(given) < wanted[-1].threshold:
        share = read_share(_typed(f"Share {len(given) + 1} of {wanted[-1].threshold}"))
        quorum = quorum_of(share, check)
        given[share.place] = share
    return [open_quorum(given, quorum, check)]


@contextmanager
def _desk(data: Path | None, keys: Path | None, *, may_be_sealed: bool = False, only_running: bool = False) -> Iterator[Asks]:
    """The running program where there is one here, else the keys themselves."""
    from sealgate.api import local
    from sealgate.flows.rekeying import unheard
    from sealgate.settings import load

    settings = load(data=data, keys=keys)
    path = local.socket_path(settings.keys_folder)
    if only_running or local.is_answered(path):
        yield lambda asked, told=unheard: local.ask(path, asked, told)
        return
    from sealgate.app import running
    from sealgate.flows.keydesk import Desk

    with running(settings, faces=None, plates=None, publishes=False, may_be_sealed=may_be_sealed) as program:
        yield Desk(program.house, program.source).answer


@contextmanager
def _bar(what: str, *, shown: bool) -> Iterator[Callable[[int, int], object]]:
    if not shown or not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    with typer.progressbar(length=1, label=what, file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.length = max(of, 1)
            bar.update(done - bar.pos)

        yield told
