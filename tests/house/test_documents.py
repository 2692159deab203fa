"""The documents say what the program does: every setting, error code, command and dependency is in them."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

import sealgate
from sealgate.cli import app
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.findings import SEVERITY, Check
from sealgate.settings import Settings, UnknownSetting, load
from sealgate.web.findings import SAID

ROOT = Path(__file__).parents[2]


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def every_module() -> None:
    for module in pkgutil.walk_packages(sealgate.__path__, "sealgate."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def families(base: type[Exception]) -> Iterator[type[Exception]]:
    for child in base.__subclasses__():
        if child.__module__.startswith("sealgate."):
            yield child
            yield from families(child)


def test_every_setting_is_documented_and_described() -> None:
    text = doc("install.md")
    for name, field in Settings.model_fields.items():
        assert f"`{name}`" in text, name
        assert f"`SEALGATE_{name.upper()}`" in text, name
        assert field.description, name


def test_every_id_of_the_doctor_is_documented_with_its_weight() -> None:
    text = doc("operate.md")
    for check in Check:
        assert f"| `{check.value}` | {SEVERITY[check].value} | {SAID[check].message} |" in text, check


def test_an_unknown_setting_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALGATE_PROT", "8080")
    with pytest.raises(UnknownSetting, match="SEALGATE_PROT"):
        load()


def test_every_error_has_a_code_of_its_own_that_is_documented() -> None:
    every_module()
    text = doc("errors.md")
    seen: dict[str, str] = {}
    for child in [*families(Refused), *families(Fault)]:
        code = vars(child).get("code")
        if code is None:
            continue
        name = f"{child.__module__}.{child.__name__}"
        assert seen.setdefault(code, name) == name, f"{code} belongs to {seen[code]} and to {name}"
        assert f"`{code}`" in text, f"{code} ({name}) is not in docs/errors.md: run `make docs`"


def commands(group: typer.core.TyperGroup, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}".strip()


def test_every_command_is_documented_and_helps() -> None:
    text = doc("install.md")
    top = get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    for command in commands(top, ""):
        group, _, name = command.rpartition(" ")
        assert f"sealgate {command}" in text or (f"sealgate {group}" in text and f"`{name}`" in text), command


def test_every_dependency_is_explained() -> None:
    text = doc("dependencies.md")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert re.search(rf"\b{re.escape(name)}\b", text), name


def test_every_locked_package_has_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    assert all("--hash=sha256:" in block for block in blocks if block.strip())
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_links_between_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name} -> {target}"
