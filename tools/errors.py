"""Writes docs/errors.md from the classes themselves: `make docs`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import sealgate
from sealgate.domain.errors import Fault, Refused
from sealgate.web.refusals import FAULTS, REFUSALS

HEAD = """# Error codes

Stable: a screen, a log line, problem+json and `--json` all show these. A *refusal* is an answer to whoever asked;
a *fault* is our own trouble, logged whole under an id. Written by `make docs` from the classes.

| code | kind | means |
|---|---|---|
"""


def families(base: type[Exception]) -> Iterator[type[Exception]]:
    for child in base.__subclasses__():
        if child.__module__.startswith("sealgate."):
            yield child
            yield from families(child)


def meaning(error: type[Exception]) -> str:
    """What the screens say, and what to do about it; then the class's own words, if it has any."""
    code = vars(error)["code"]
    said = REFUSALS.get(code) or FAULTS.get(code)
    own = inspect.cleandoc(vars(error).get("__doc__") or "").split("\n\n")[0].replace("\n", " ")
    sentences = ([said.message, said.hint] if said else []) + [own]
    return ". ".join(text.rstrip(".") for text in sentences if text) + "."


def main() -> None:
    for module in pkgutil.walk_packages(sealgate.__path__, "sealgate."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    rows = {
        vars(error)["code"]: f"| `{vars(error)['code']}` | {kind} | {meaning(error)} |"
        for kind, base in (("refusal", Refused), ("fault", Fault))
        for error in (base, *families(base))
        if "code" in vars(error)
    }
    page = Path(__file__).parents[1] / "docs" / "errors.md"
    page.write_text(HEAD + "\n".join(rows[code] for code in sorted(rows)) + "\n", encoding="utf-8")


main()
