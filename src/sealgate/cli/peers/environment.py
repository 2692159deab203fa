"""The peers, pinned by version, and the virtual environment of their own into which they are installed.

Only wheels are taken, so nothing is compiled: `dlib-bin` is dlib as a wheel, and stands in for the `dlib` that face_recognition
asks for. Its models come as a source package, which holds nothing but files. From where, the operator's own pip knows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sealgate.cli.peers.outside import PeerFailed, lines
from sealgate.domain.errors import Refused

RUNNER = Path(__file__).with_name("runner.py")
MARK = "sealgate-peers"
"""The file by which we know an environment that we made."""
PIP = ("install", "--no-input", "--disable-pip-version-check", "--no-color", "--progress-bar=off", "--only-binary=:all:")
PATIENCE = 3600.0
"""Seconds for one installation: a hundred megabytes over a slow line."""


class NoEnvironment(Refused):
    """No virtual environment can be made or used in that folder."""

    code = "bench.peers-no-environment"
    hint = "Name an empty folder, or one that this command made; Python needs its venv module"


class NotInstalled(Refused):
    """A peer cannot be installed on this machine."""

    code = "bench.peer-not-installed"
    hint = "Look whether pip reaches its index from here, and has a wheel for this Python; everything else is measured"


@dataclass(frozen=True, slots=True)
class Peer:
    """`runner` is its word in runner.py; without `packages` it is ours, and runs by our own Python."""

    name: str
    runner: str
    packages: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    """Packages that are installed without what they ask for."""
    source: str = ""
    """The one among them that comes as a source package."""

    @property
    def ours(self) -> bool:
        return not self.packages


OURS = "sealgate"
NUMPY = "numpy==2.4.6"
FACES = (
    Peer(OURS, "our-faces"),
    Peer(
        "face_recognition",
        "face_recognition",
        (NUMPY, "pillow==13.0.0", "click==8.5.1", "setuptools==80.9.0", "dlib-bin==20.0.1.post1"),
        ("face-recognition-models==0.3.0", "face-recognition==1.3.0"),
        "face-recognition-models",
    ),
)
PLATES = (Peer(OURS, "our-plates"), Peer("rapidocr", "rapidocr", (NUMPY, "onnxruntime==1.32.0", "rapidocr==3.10.0")))
FAISS = (NUMPY, "faiss-cpu==1.15.1")
MATCH = (
    Peer(OURS, "our-gallery"),
    Peer("faiss, 32 bits", "faiss", FAISS),
    Peer("faiss, 16 bits", "faiss-half", FAISS),
    Peer("usearch", "usearch", (NUMPY, "usearch==2.26.6")),
)


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment in `folder`. Raises `NoEnvironment` if it is somebody else's, or cannot be made."""

    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def make(self) -> None:
        """Made where there is nothing yet; one that we made before is used again."""
        if (self.folder / MARK).is_file():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if any(self.folder.iterdir()):
                raise NoEnvironment(f"{self.folder} is not empty, and not of this command's making")
            for _ in lines([sys.executable, "-I", "-m", "venv", str(self.folder)], outer()):
                pass
            (self.folder / MARK).touch()
        except (OSError, PeerFailed) as error:
            raise NoEnvironment(f"{self.folder}: {error}") from error

    def install(self, peer: Peer, step: Callable[[], None]) -> None:
        """Raises `NotInstalled`. `step` is called whenever pip says something."""
        source = (f"--no-binary={peer.source}",) if peer.source else ()
        for packages, options in ((peer.packages, ()), (peer.bare, ("--no-deps", *source))):
            if packages:
                self._pip((*options, *packages), step)

    def _pip(self, words: tuple[str, ...], step: Callable[[], None]) -> None:
        try:
            for _ in lines([self.python, "-I", "-m", "pip", *PIP, *words], outer(), silent=PATIENCE, whole=PATIENCE):
                step()
        except PeerFailed as error:
            raise NotInstalled(str(error)) from error

    def command(self, peer: Peer, job: Path) -> list[str]:
        python = [sys.executable, "-P"] if peer.ours else [self.python, "-I"]
        return [*python, str(RUNNER), peer.runner, str(job)]


def outer() -> dict[str, str]:
    """What pip is told of ours: everything but our own settings, for a way out may need any of the rest."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("SEALGATE_", "PYTHON"))}


def inner(peer: Peer, home: Path) -> dict[str, str]:
    """A peer learns nothing of ours; whoever runs does so on one thread."""
    kept = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", *(("PYTHONPATH",) if peer.ours else ())}
    blas = {key: value for key, value in os.environ.items() if key in kept or key.startswith("OPENBLAS_")}
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**blas, **one, "HOME": str(home), "TMPDIR": str(home)}
