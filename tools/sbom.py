"""`make sbom`: what Sealgate is made of, as CycloneDX, from the two lock files alone: nobody is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON, FRONT = "sealgate.cdx.json", "sealgate-front.cdx.json"


def main(out: Path = ROOT / "dist") -> int:
    out.mkdir(exist_ok=True)
    lock, project = str(ROOT / "requirements.lock"), str(ROOT / "pyproject.toml")
    python = [sys.executable, "-m", "cyclonedx_py", "requirements", lock, "--pyproject", project, "--output-reproducible"]
    subprocess.run([*python, "-o", str(out / PYTHON)], cwd=ROOT, check=True)  # noqa: S603
    npm = ["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"]
    front = subprocess.run(npm, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    (out / FRONT).write_bytes(front.stdout)
    sys.stdout.write(f"{out / PYTHON}, {out / FRONT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
