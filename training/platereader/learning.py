"""The schedule: batches drawn on the way, AdamW, a mean of the weights, and a state on the disk to go on from.

A batch is drawn from (seed, its number), so that the same command gives the same plates whatever was stopped in between
and however many processes draw. The rate rises for 500 batches, stays, and falls to nothing in the last third. Sums are
made in bfloat16, which halves the time on a processor too.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset

from platereader.drawing import draw
from platereader.glyphs import Glyphs
from platereader.network import PlateNetwork, seeded, texts
from platereader.numbers import drawn_from
from platereader.weather import seen
from sealgate.domain.platepatterns import ALPHABET

WARM_UP = 500
STEADY = 2 / 3
KEEP_EVERY = 250


@dataclass(frozen=True, slots=True)
class Plan:
    """`samples` plates in all, `batch` at a time. The rate is AdamW's at its highest."""

    samples: int
    seed: int = 1
    batch: int = 128
    rate: float = 2e-3
    processes: int = 1

    @property
    def batches(self) -> int:
        return self.samples // self.batch

    def rate_at(self, number: int) -> float:
        """A share of `rate`, for the batch of that number."""
        falls_from = self.batches * STEADY
        if number < WARM_UP:
            return (number + 1) / WARM_UP
        if number < falls_from:
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (number - falls_from) / (self.batches - falls_from)))


Batch = tuple[Tensor, Tensor, Tensor]
"""Pixels (N, 3, 32, 128) uint8, the texts one after the other as classes, their lengths."""


class Drawn(Dataset[Batch]):
    """Batch `number` of a plan; `first` of them are left out."""

    def __init__(self, glyphs: Glyphs, plan: Plan, first: int = 0) -> None:
        self._glyphs, self._plan, self._first = glyphs, plan, first

    def __len__(self) -> int:
        return self._plan.batches - self._first

    def __getitem__(self, index: int) -> Batch:
        return drawn_batch(self._glyphs, self._plan.batch, (self._plan.seed, self._first + index))


def drawn_batch(glyphs: Glyphs, size: int, seed: tuple[int, int]) -> Batch:
    chance = np.random.default_rng(seed)
    numbers = [drawn_from(chance) for _ in range(size)]
    pixels = np.stack([seen(draw(number, glyphs, chance), chance).transpose(2, 0, 1) for number in numbers])
    classes = [ALPHABET.index(char) + 1 for number in numbers for char in number.text]
    return torch.from_numpy(pixels), torch.tensor(classes), torch.tensor([len(number.text) for number in numbers])


@dataclass(frozen=True, slots=True)
class Progress:
    batch: int
    batches: int
    loss: float
    rate: float


def learn(
    glyphs: Glyphs, plan: Plan, state: Path, told: Callable[[Progress, PlateNetwork], None], every: int = 500
) -> PlateNetwork:
    """Learn to the end, going on from `state` where there is one; `told` is called every so many batches.

    Raises ValueError where the state is that of another plan.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.use_deterministic_algorithms(mode=device.type == "cpu")
    network = seeded(plan.seed).to(device, memory_format=torch.channels_last)
    mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.999), use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=1e-4)
    first = _go_on(state, plan, network, mean, optimiser)
    loss_of = nn.CTCLoss(blank=0, zero_infinity=True)
    network.train()
    lately = 0.0
    for number, (pixels, classes, lengths) in enumerate(_batches(glyphs, plan, first), first):
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * plan.rate_at(number)
        seen_by = pixels.to(device).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            said = network(seen_by)
        steps = said.float().log_softmax(2).permute(1, 0, 2)
        loss = loss_of(steps, classes.to(device), torch.full((steps.shape[1],), steps.shape[0]), lengths)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        mean.update_parameters(network)
        lately = loss.item() if lately == 0.0 else 0.98 * lately + 0.02 * loss.item()
        if (number + 1) % KEEP_EVERY == 0 or number + 1 == plan.batches:
            _keep(state, plan, network, mean, optimiser, number + 1)
        if (number + 1) % every == 0 or number + 1 == plan.batches:
            told(Progress(number + 1, plan.batches, lately, plan.rate * plan.rate_at(number)), _averaged(mean))
    return _averaged(mean)


def _batches(glyphs: Glyphs, plan: Plan, first: int) -> Iterator[Batch]:
    drawn = Drawn(glyphs, plan, first)
    yield from DataLoader(drawn, batch_size=None, num_workers=plan.processes, prefetch_factor=4 if plan.processes else None)


def _averaged(mean: AveragedModel) -> PlateNetwork:
    network = PlateNetwork()
    network.load_state_dict(mean.module.state_dict())  # on the processor, whatever it was learned on
    return network.eval()


def _keep(state: Path, plan: Plan, network: PlateNetwork, mean: AveragedModel, optimiser: torch.optim.AdamW, done: int) -> None:
    half = state.with_suffix(".half")
    kept = {
        "plan": asdict(plan),
        "done": done,
        "network": network.state_dict(),
        "mean": mean.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    torch.save(kept, half)
    os.replace(half, state)


def _go_on(state: Path, plan: Plan, network: PlateNetwork, mean: AveragedModel, optimiser: torch.optim.AdamW) -> int:
    if not state.exists():
        return 0
    kept = torch.load(state, weights_only=True, map_location=next(network.parameters()).device)
    before = kept["plan"]
    if (before["seed"], before["batch"], before["rate"]) != (plan.seed, plan.batch, plan.rate):
        raise ValueError(f"{state} belongs to another plan: {before}")
    network.load_state_dict(kept["network"])
    mean.load_state_dict(kept["mean"])
    optimiser.load_state_dict(kept["optimiser"])
    return int(kept["done"])


def exact(network: PlateNetwork, pixels: Tensor, truths: list[str]) -> float:
    """The share of pictures whose whole text is read."""
    with torch.inference_mode():
        read = [text for part in pixels.split(256) for text in texts(network(part.float()))]
    return sum(a == b for a, b in zip(read, truths, strict=True)) / max(1, len(truths))
