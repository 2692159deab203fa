"""`make fuzz`: many inputs at every parser, counted by what came of them. The exit status is 1 where a parser broke."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from time import process_time

from tests.fuzz.mutating import made
from tests.fuzz.parsers import READ, Parser, every, outcome

FOUND = Path("fuzz-found")
"""Inputs that broke a parser, to be tried again; not kept by git."""


def tried(parser: Parser, count: int, seed: int) -> tuple[Counter[str], float]:
    """What came of that many inputs, and the longest CPU time of one, in seconds."""
    random, counts, longest = Random(f"{seed} {parser.name}"), Counter[str](), 0.0
    for number in range(count):
        data = made(random, parser.samples)
        since = process_time()
        try:
            counts[outcome(parser, data)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it was, it is what we look for
            counts[f"BROKE: {type(error).__name__}"] += 1
            FOUND.mkdir(exist_ok=True)
            (FOUND / f"{parser.name.replace(' ', '-').replace(':', '')}-{number}").write_bytes(data)
            if counts.total() < 10_000:
                traceback.print_exception(error, limit=-3)
        longest = max(longest, process_time() - since)
    return counts, longest


def say(line: str, end: str = "\n") -> None:
    sys.stdout.write(line + end)
    sys.stdout.flush()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--inputs", type=int, default=1_000_000, help="over all parsers; cheap ones get more of them")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--only", default="", help="parsers whose name holds this")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    parsers = [parser for parser in every() if given.only in parser.name]
    share = given.inputs / sum(1 / parser.costs for parser in parsers)
    told, broke, total = [], 0, 0
    for parser in parsers:
        since = process_time()
        counts, longest = tried(parser, max(round(share / parser.costs), 100), given.seed)
        broken = sum(count for code, count in counts.items() if code.startswith("BROKE"))
        broke, total = broke + broken, total + counts.total()
        told.append({"parser": parser.name, "inputs": counts.total(), "outcomes": dict(counts.most_common())})
        if not given.json:
            others = ", ".join(f"{code} {count}" for code, count in counts.most_common() if code != READ)
            say(f"{parser.name} | {counts.total()} | {counts[READ]} | {others or '-'}", end="")
            say(f" | {1000 * longest:.0f} ms longest, {process_time() - since:.0f} s")
    if given.json:
        say(json.dumps({"inputs": total, "broke": broke, "parsers": told}))
    else:
        say(f"{total} inputs, {broke} broke a parser")
    return 1 if broke else 0


if __name__ == "__main__":
    sys.exit(main())
