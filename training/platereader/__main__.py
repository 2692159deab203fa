"""Train the plate reader: one command, one seed."""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from platereader.exporting import export
from platereader.glyphs import Glyphs, load
from platereader.learning import Plan, Progress, drawn_batch, exact, learn
from platereader.network import PlateNetwork, parameters, texts_of
from platereader.weather import HIGH, WIDE

FONTS = Path("/usr/share/fonts")
LATIN = (
    "truetype/liberation/LiberationSansNarrow-Bold.ttf",
    "truetype/roboto/unhinted/RobotoCondensed-Bold.ttf",
    "truetype/dejavu/DejaVuSansCondensed-Bold.ttf",
    "truetype/liberation/LiberationSans-Bold.ttf",
    "truetype/roboto/unhinted/RobotoCondensed-Medium.ttf",
    "truetype/dejavu/DejaVuSans.ttf",
    "truetype/lato/Lato-Bold.ttf",
)
CHINESE = ("opentype/noto/NotoSansCJK-Bold.ttc", "opentype/noto/NotoSansCJK-Regular.ttc")
JUDGED = 2000


def main() -> None:
    asked = _asked()
    torch.set_num_threads(asked.threads)
    cv2.setNumThreads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    glyphs = load(asked.glyphs, _there(LATIN), _there(CHINESE))
    judges = [_drawn(glyphs, asked.seed), *(_real(folder) for folder in asked.judge)]
    plan = Plan(samples=asked.samples, seed=asked.seed, processes=asked.processes)
    print(f"{parameters(PlateNetwork())} parameters, {plan.batches} batches of {plan.batch}", flush=True)
    since = time.monotonic()

    def told(progress: Progress, network: PlateNetwork) -> None:
        shares = " ".join(f"{name} {exact(network, pixels, truths):.3f}" for name, pixels, truths in judges)
        spent = time.monotonic() - since
        print(
            f"{progress.batch}/{progress.batches} loss {progress.loss:.4f} rate {progress.rate:.1e} {shares} {spent:.0f} s",
            flush=True,
        )

    network = learn(glyphs, plan, asked.out / "state.pt", told, asked.every)
    file = asked.out / "plate_reader.onnx"
    print(f"{file} sha256 {export(network, file)}")


def _asked() -> argparse.Namespace:
    asks = argparse.ArgumentParser(prog="platereader", description=__doc__)
    asks.add_argument("--glyphs", type=Path, required=True, help="folder of GA 36 glyphs, <series>_<character>.jpg")
    asks.add_argument(
        "--out", type=Path, required=True, help="where the state and the model go; an earlier state is gone on with"
    )
    asks.add_argument("--samples", type=int, default=4_000_000, help="plates to draw in all")
    asks.add_argument("--seed", type=int, default=1)
    asks.add_argument("--threads", type=int, default=1, help="threads of the learner")
    asks.add_argument("--processes", type=int, default=1, help="processes that draw")
    asks.add_argument("--every", type=int, default=500, help="batches between two lines of progress")
    asks.add_argument(
        "--judge", type=Path, action="append", default=[], help="folder with truth.csv, only told, never learned from"
    )
    return asks.parse_args()


def _there(files: tuple[str, ...]) -> list[Path]:
    return [FONTS / file for file in files if (FONTS / file).exists()]


def _drawn(glyphs: Glyphs, seed: int) -> tuple[str, Tensor, list[str]]:
    """Plates that no batch of the plan shows."""
    pixels, classes, lengths = drawn_batch(glyphs, JUDGED, (seed + 1_000_000, 0))
    return "drawn", pixels, texts_of(classes, lengths)


def _real(folder: Path) -> tuple[str, Tensor, list[str]]:
    """Cut-out plates with their truth."""
    with (folder / "truth.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    pictures = [cv2.imdecode(np.frombuffer((folder / row["file"]).read_bytes(), np.uint8), cv2.IMREAD_COLOR) for row in rows]
    pixels = np.stack(
        [cv2.resize(picture, (WIDE, HIGH), interpolation=cv2.INTER_LINEAR).transpose(2, 0, 1) for picture in pictures]
    )
    return folder.name, torch.from_numpy(pixels.astype(np.uint8)), [row["plate"] for row in rows]


if __name__ == "__main__":
    main()
