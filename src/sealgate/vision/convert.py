"""Two models are published in a form that ONNX Runtime cannot use as it is; here they are rewritten.

CenterFace is fixed to one picture size: its height and width become free. dlib's network is a `.dat` of dlib's own
serialisation: it is read here without dlib, its batch norms are folded into the convolutions, and its weights are
kept as float16 (half the bytes) with a Cast behind each, which ONNX Runtime folds away when it loads the file, so
that all arithmetic is float32. The same input gives the same bytes on every machine: the results' sha256 are pinned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from sealgate.domain.errors import Fault

Array = NDArray[np.float32]


def free_size(model: bytes) -> bytes:
    """The same network, with any height and width (multiples of 32) at its input and outputs.

    Its weights were listed as inputs too, which keeps ONNX Runtime from folding batch norms: they are struck off.
    """
    net = onnx.load_model_from_string(model)
    weights = {tensor.name for tensor in net.graph.initializer}
    pictures = [value for value in net.graph.input if value.name not in weights]
    del net.graph.input[:]
    net.graph.input.extend(pictures)
    for value in [*net.graph.input, *net.graph.output]:
        dims = value.type.tensor_type.shape.dim
        for axis, word in ((0, "n"), (2, "h"), (3, "w")):
            dims[axis].ClearField("dim_value")
            dims[axis].dim_param = f"{value.name}_{word}"
    return bytes(net.SerializeToString(deterministic=True))


class NotDlib(Fault):
    """The bytes are not the face recognition network that we know."""

    code = "models.not-dlib"


@dataclass(slots=True)
class DlibBytes:
    """Reads dlib's portable serialisation: an integer is a byte (sign and length) and little-endian bytes."""

    data: bytes
    at: int = 0

    def integer(self) -> int:
        head = self.data[self.at]
        length = head & 0x0F
        value = int.from_bytes(self.data[self.at + 1 : self.at + 1 + length], "little")
        self.at += 1 + length
        return -value if head & 0x80 else value

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        return math.ldexp(mantissa, exponent)

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def tensor(self) -> Array:
        self._expect(2)
        shape = self.integers(4)
        count = math.prod(shape)
        values = np.frombuffer(self.data, "<f4", count, self.at).reshape(shape)
        self.at += 4 * count
        return values

    def alias(self) -> list[int]:
        self._expect(1)
        return self.integers(4)

    def _expect(self, version: int) -> None:
        if self.integer() != version:
            raise NotDlib("an unknown version of a dlib tensor")

    def find(self, tag: str) -> int:
        """Where the next layer called `tag` begins, or -1."""
        return self.data.find(bytes([1, len(tag)]) + tag.encode(), self.at)

    def skip_tag(self, tag: str) -> None:
        self.at += 2 + len(tag)


@dataclass(slots=True)
class Conv:
    """`weight` (out, in, 3 or 7, 3 or 7), `bias` (out,)."""

    weight: Array
    bias: Array
    stride: int
    pad: int


@dataclass(slots=True)
class DlibNet:
    mean: list[float]
    convs: list[Conv]
    last: Array
    """(256, 128)"""


CONVOLUTIONS = 29


def read_dlib(data: bytes) -> DlibNet:
    """The layers of dlib_face_recognition_resnet_model_v1.dat, each batch norm folded into its convolution."""
    source = DlibBytes(data)
    mean_tag = "input_rgb_image_sized"
    source.at = source.find(mean_tag)
    if source.at < 0:
        raise NotDlib("no input layer")
    source.skip_tag(mean_tag)
    mean = [source.real() for _ in range(3)]
    source.at = 0
    convs: list[Conv] = []
    while (tag := _next_layer(source)) != "fc_2":
        if tag == "con_4":
            convs.append(_convolution(source))
        else:
            _fold(convs[-1], source)
    outputs, inputs = source.integers(2)
    last = source.tensor().reshape(inputs, outputs)
    if len(convs) != CONVOLUTIONS or last.shape != (256, 128):
        raise NotDlib("other layers than expected")
    return DlibNet(mean, convs, last)


def _next_layer(source: DlibBytes) -> str:
    found = {place: tag for tag in ("con_4", "affine_", "fc_2") if (place := source.find(tag)) >= 0}
    if not found:
        raise NotDlib("the last layer is missing")
    first = min(found)
    source.at = first
    source.skip_tag(found[first])
    return found[first]


def _convolution(source: DlibBytes) -> Conv:
    values = source.tensor().ravel()
    filters, _rows, _columns, stride, _stride_x, pad, _pad_x = source.integers(7)
    shape = source.alias()
    source.alias()
    count = math.prod(shape)
    return Conv(values[:count].reshape(shape), values[count : count + filters], stride, pad)


def _fold(conv: Conv, source: DlibBytes) -> None:
    gamma, beta = np.split(source.tensor().ravel(), 2)
    source.alias()
    source.alias()
    conv.weight = conv.weight * gamma[:, None, None, None]
    conv.bias = conv.bias * gamma + beta


def _take_raw_pixels(conv: Conv, mean: list[float]) -> None:
    """Fold dlib's (pixel - mean) / 256 into the first convolution. Exact, for that has no padding."""
    assert conv.pad == 0
    weight = conv.weight.astype(np.float64) / 256
    shift = [math.fsum((weight[out] * np.array(mean)[:, None, None]).ravel()) for out in range(len(weight))]
    conv.weight = weight.astype(np.float32)
    conv.bias = (conv.bias - np.array(shift)).astype(np.float32)


@dataclass(slots=True)
class Drawing:
    """An ONNX graph being drawn. Each method adds a layer behind `x` and answers with the name of what comes out."""

    convs: list[Conv]
    nodes: list[Any] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)
    used: int = 0

    def node(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def half(self, name: str, values: Array) -> str:
        """A weight kept as float16, float32 when it is used."""
        return self.node("Cast", [self.constant(f"{name}_half", values.astype(np.float16))], name, to=TensorProto.FLOAT)

    def conv(self, x: str) -> str:
        number, layer = self.used, self.convs[self.used]
        self.used += 1
        # The first layer's weights are divided by 256: too small for float16, and few.
        keep = self.half if number else self.constant
        weight = keep(f"w{number}", layer.weight)
        bias = self.constant(f"b{number}", layer.bias.astype(np.float32))
        side = layer.weight.shape[2]
        shape = {"kernel_shape": [side, side], "strides": [layer.stride] * 2, "pads": [layer.pad] * 4}
        return self.node("Conv", [x, weight, bias], f"conv{number}", **shape)

    def relu(self, x: str) -> str:
        return self.node("Relu", [x], f"{x}_relu")

    def block(self, x: str) -> str:
        y = self.conv(self.relu(self.conv(x)))
        return self.relu(self.node("Add", [y, x], f"{y}_sum"))

    def halving_block(self, x: str, channels: tuple[int, int], size: int) -> tuple[str, int]:
        """A block that halves the picture. dlib pads the smaller of the two branches with zeros, at the far side."""
        y = self.conv(self.relu(self.conv(x)))
        pooled = self.node("AveragePool", [x], f"{y}_pool", kernel_shape=[2, 2], strides=[2, 2])
        of_conv, of_pool = (size - 3) // 2 + 1, (size - 2) // 2 + 1
        larger = max(of_conv, of_pool)
        y = self.padded(y, 0, larger - of_conv)
        pooled = self.padded(pooled, channels[1] - channels[0], larger - of_pool)
        return self.relu(self.node("Add", [y, pooled], f"{y}_sum")), larger

    def padded(self, x: str, channels: int, pixels: int) -> str:
        if not channels and not pixels:
            return x
        pads = self.constant(f"{x}_pads", np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64))
        return self.node("Pad", [x, pads], f"{x}_padded")


def dlib_to_onnx(data: bytes) -> bytes:
    """The network as ONNX: (N, 3, 150, 150) RGB 0..255 to (N, 128). At most 4e-4 away from dlib's own result."""
    net = read_dlib(data)
    _take_raw_pixels(net.convs[0], net.mean)
    drawing = Drawing(net.convs)
    x = drawing.relu(drawing.conv("input"))
    x = drawing.node("MaxPool", [x], "pool", kernel_shape=[3, 3], strides=[2, 2])
    size, channels = 35, 32
    for blocks, wider in ((3, 64), (3, 128), (2, 256), (2, 256)):
        for _ in range(blocks):
            x = drawing.block(x)
        x, size = drawing.halving_block(x, (channels, wider), size)
        channels = wider
    x = drawing.node("Flatten", [drawing.node("GlobalAveragePool", [x], "mean")], "flat")
    drawing.node("MatMul", [x, drawing.half("last", net.last)], "embedding")
    return _finished(drawing)


def _finished(drawing: Drawing) -> bytes:
    graph = helper.make_graph(
        drawing.nodes,
        "dlib_resnet_v1",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, 150, 150])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 128])],
        drawing.weights,
    )
    net = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="sealgate", ir_version=8)
    onnx.checker.check_model(net)
    return bytes(net.SerializeToString(deterministic=True))
