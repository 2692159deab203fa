"""`make audit`: known weaknesses of everything that is pinned, as the package indexes tell them.

The surprising thing: an index that does not answer is not a clean bill. pip-audit says "No known vulnerabilities found" of
packages that it could ask nobody about, so what was not asked about is counted here, and told as that. With `--if-reachable`
only what was found fails; without it, what could not be asked about fails too (status 2).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Audit:
    """`found` is a line for each weakness; of `unasked` out of `packages` nothing is known, for the reason `why`."""

    name: str
    packages: int
    unasked: int
    found: tuple[str, ...] = ()
    why: str = ""


def of_python(report: Mapping[str, Any]) -> Audit:
    """pip-audit's JSON."""
    packages = report.get("dependencies", [])
    skipped = [one["skip_reason"] for one in packages if "skip_reason" in one]
    found = [f"{one['name']} {one['version']}: {weak['id']}" for one in packages for weak in one.get("vulns", [])]
    return Audit("Python", len(packages), len(skipped), tuple(found), skipped[0] if skipped else "")


def of_npm(report: Mapping[str, Any], packages: int) -> Audit:
    """npm audit's JSON; without counts it has asked nobody."""
    counts = report.get("metadata", {}).get("vulnerabilities")
    if counts is None:
        return Audit("npm", packages, packages, (), str(report.get("message") or report.get("error") or "no answer")[:200])
    found = [f"{name}: {weak.get('severity')}" for name, weak in report.get("vulnerabilities", {}).items()]
    return Audit("npm", packages, 0, tuple(found))


def asked_python() -> Audit:
    lock = ROOT / "requirements.lock"
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--disable-pip", "-f", "json", "--progress-spinner", "off"]
    ran = _ran(command)
    try:
        return of_python(json.loads(ran))
    except ValueError:
        many = sum(line[:1].isalnum() for line in lock.read_text(encoding="utf-8").splitlines())
        return Audit("Python", many, many, (), ran.strip()[-200:] or "pip-audit did not answer")


def asked_npm() -> Audit:
    packages = len(json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]) - 1
    try:
        return of_npm(json.loads(_ran(["npm", "audit", "--json", "--package-lock-only"])), packages)
    except (ValueError, FileNotFoundError) as error:
        return Audit("npm", packages, packages, (), str(error)[:200])


def _ran(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    return done.stdout or done.stderr


def told(audit: Audit) -> list[str]:
    lines = [f"{audit.name}: {len(audit.found)} known weaknesses in {audit.packages - audit.unasked} packages"]
    if audit.unasked:
        lines.append(f"{audit.name}: NOT AUDITED: {audit.unasked} of {audit.packages} packages ({audit.why})")
    return [*lines, *(f"  {line}" for line in audit.found)]


def status(audits: list[Audit], *, if_reachable: bool) -> int:
    if any(audit.found for audit in audits):
        return 1
    return 2 if any(audit.unasked for audit in audits) and not if_reachable else 0


def main() -> int:
    audits = [asked_python(), asked_npm()]
    for audit in audits:
        sys.stdout.write("\n".join(told(audit)) + "\n")
    return status(audits, if_reachable="--if-reachable" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
