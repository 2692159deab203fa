"""What the benchmarks of the readers share: a set is a CSV file beside its pictures, and a time is in milliseconds."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealgate.domain.errors import Refused

Figures = dict[str, Any]
FACE_COLUMNS = {"file", "person"}
PAIR_COLUMNS = {"file_a", "file_b", "same"}
PLATE_COLUMNS = {"file", "plate", "country"}


class BadSet(Refused):
    code = "bench.bad-set"
    hint = "A CSV file with a heading line: file,plate,country or file,person or file_a,file_b,same"


@dataclass(slots=True)
class Times:
    """How long each took, in milliseconds."""

    taken: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self.taken.append(seconds * 1000)

    def figures(self) -> Figures:
        import numpy as np

        p50, p95 = np.percentile(self.taken, (50, 95)) if self.taken else (0.0, 0.0)
        return {"ms_p50": round(float(p50), 2), "ms_p95": round(float(p95), 2)}


def rows_of(csv_file: Path, *wanted: set[str]) -> list[dict[str, str]]:
    """The rows, if the heading has one of these sets of columns; more columns do not matter. Raises `BadSet`."""
    try:
        with csv_file.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [{name: value or "" for name, value in row.items() if name} for row in reader]
            heading = set(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadSet(f"{csv_file}: {error}") from error
    if not any(columns <= heading for columns in wanted):
        raise BadSet(f"{csv_file} has the columns {sorted(heading)}")
    if not rows:
        raise BadSet(f"{csv_file} has no rows")
    return rows


def said_same(row: dict[str, str]) -> bool:
    """Whether a row of file_a,file_b,same says that both are one person."""
    return row["same"].strip().lower() in {"1", "true", "yes", "same"}
