"""From what was learned to the file that is shipped: one ONNX model, checked against the network that it came from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from platereader.network import PlateNetwork
from platereader.weather import HIGH, WIDE
from sealgate.domain.platepatterns import ALPHABET

TOLERANCE = 1e-4


def export(network: PlateNetwork, file: Path) -> str:
    """Write the model; its sha256. Raises ValueError where it says something else than the network."""
    network.eval()
    network.likely = True
    example = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 3, HIGH, WIDE)).astype(np.float32))
    torch.onnx.export(
        network,
        (example,),
        str(file),
        input_names=["pixels"],
        output_names=["steps"],
        dynamic_axes={"pixels": {0: "n"}, "steps": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(str(file))
    onnx.helper.set_model_props(model, {"character": "\n".join(ALPHABET)})
    onnx.save(model, str(file))
    said = onnxruntime.InferenceSession(str(file)).run(None, {"pixels": example.numpy()})[0]
    with torch.inference_mode():
        expected = network(example).numpy()
    if np.abs(said - expected).max() > TOLERANCE:
        raise ValueError(f"the exported model differs by {np.abs(said - expected).max():.2e}")
    return hashlib.sha256(file.read_bytes()).hexdigest()
