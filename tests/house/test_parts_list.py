"""The list of parts names everything that is pinned; an audit that could ask nobody is no clean bill."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def tool(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "tools" / name))


def test_every_pinned_package_is_in_the_list_of_parts_with_its_digest(tmp_path: Path) -> None:
    sbom = tool("sbom.py")
    assert sbom["main"](tmp_path) == 0
    parts = json.loads((tmp_path / sbom["PYTHON"]).read_text(encoding="utf-8"))
    assert parts["bomFormat"] == "CycloneDX"
    listed = {(part["name"], part["version"]) for part in parts["components"]}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock))
    assert len(pinned) > 100
    assert listed == pinned
    assert all(part["externalReferences"][0]["hashes"] for part in parts["components"] if part.get("externalReferences"))
    front = json.loads((tmp_path / sbom["FRONT"]).read_text(encoding="utf-8"))
    assert {part["name"] for part in front["components"]} == {"htmx.org", "htmx-ext-sse"}


def test_an_audit_that_could_ask_nobody_is_no_clean_bill() -> None:
    audit = tool("audit.py")
    skipped = {"dependencies": [{"name": "jinja2", "skip_reason": "Dependency not found on PyPI"}], "fixes": []}
    unasked = audit["of_python"](skipped)
    assert (unasked.packages, unasked.unasked, unasked.found) == (1, 1, ())
    assert "NOT AUDITED" in "\n".join(audit["told"](unasked))
    assert audit["status"]([unasked], if_reachable=True) == 0
    assert audit["status"]([unasked], if_reachable=False) == 2
    silent = audit["of_npm"]({"message": "405 Method Not Allowed", "error": {}}, 3)
    assert (silent.unasked, silent.why) == (3, "405 Method Not Allowed")


def test_a_known_weakness_fails_also_where_only_some_could_be_asked_about() -> None:
    audit = tool("audit.py")
    weak = {"name": "jinja2", "version": "2.11.2", "vulns": [{"id": "PYSEC-2021-66", "fix_versions": ["2.11.3"]}]}
    found = audit["of_python"]({"dependencies": [weak, {"name": "a", "skip_reason": "x"}]})
    assert found.found == ("jinja2 2.11.2: PYSEC-2021-66",)
    assert audit["status"]([found], if_reachable=True) == 1
    npm = {"metadata": {"vulnerabilities": {"high": 1}}, "vulnerabilities": {"htmx.org": {"severity": "high"}}}
    assert audit["status"]([audit["of_npm"](npm, 3)], if_reachable=True) == 1
