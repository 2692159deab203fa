"""The network: pictures in, likelihoods of characters from left to right out (CTC, Graves 2006)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sealgate.domain.platepatterns import ALPHABET

CLASSES = 1 + len(ALPHABET)
"""None first, as sealgate.vision.ctc has it."""


class Block(nn.Sequential):
    def __init__(self, ins: int, outs: int, kernel: tuple[int, int] = (3, 3), stride: tuple[int, int] = (1, 1)) -> None:
        pad = (kernel[0] // 2 if kernel[0] % 2 else 0, kernel[1] // 2)
        super().__init__(nn.Conv2d(ins, outs, kernel, stride, pad, bias=False), nn.BatchNorm2d(outs), nn.ReLU(inplace=True))


class Beside(nn.Module):
    """Two blocks, and a way around them."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        self.way = nn.Sequential(Block(wide, wide), Block(wide, wide))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.way(x)
        return y


class PlateNetwork(nn.Module):
    """(N, 3, 32, 128) float32 blue-green-red 0..255 to (N, 32, CLASSES), logits; likelihoods once `likely` is set.

    Every picture is brought to mean 0 and spread 1 inside, so that whoever calls it need not know how.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (28, 56, 88, 120)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.likely = False
        self.body = nn.Sequential(
            Block(3, a, stride=(2, 2)),
            Block(a, b, stride=(2, 2)),
            Beside(b),
            Block(b, c, stride=(2, 1)),
            Beside(c),
            Block(c, d, kernel=(4, 1)),
            Block(d, d, kernel=(1, 7)),
            nn.Dropout(0.1),
            nn.Conv2d(d, CLASSES, 1),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        middle = pixels.mean((1, 2, 3), keepdim=True)
        spread = (pixels - middle).square().mean((1, 2, 3), keepdim=True).sqrt() + 8
        steps: Tensor = self.body((pixels - middle) / spread).squeeze(2).permute(0, 2, 1)
        return steps.softmax(2) if self.likely else steps


def texts(steps: Tensor) -> list[str]:
    """The likeliest character at each step, repeats and none taken out."""
    found: list[str] = []
    for row in steps.argmax(2).tolist():
        kept = [now for now, before in zip(row, [0, *row[:-1]], strict=True) if now and now != before]
        found.append("".join(ALPHABET[index - 1] for index in kept))
    return found


def texts_of(classes: Tensor, lengths: Tensor) -> list[str]:
    """The texts of a batch, as it was drawn."""
    return ["".join(ALPHABET[index - 1] for index in part.tolist()) for part in classes.split(lengths.tolist())]


def parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def seeded(seed: int) -> PlateNetwork:
    torch.manual_seed(seed)
    return PlateNetwork()
