"""`make kills`: kill -9 a thousand times at random moments of mixed writing. Nothing that was acknowledged is lost."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from sealgate.drills.lives import check, new_lives


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(kills: int, *, every: int = 25) -> int:
    """Print one line for each `every` kills; the exit status is 1 where anything acknowledged was lost."""
    dice = random.Random()
    with tempfile.TemporaryDirectory(prefix="sealgate-kills-") as home:
        lives = new_lives(Path(home))
        began = time.monotonic()
        with lives:
            for number in range(1, kills + 1):
                lives.live_and_die(dice, dice.randint(0, 8))
                if number % every == 0 or number == kills:
                    found = check(lives)
                    say(
                        f"{number} kills: {len(lives.acknowledged):,} acknowledged, {len(found.lost)} lost, "
                        f"journal {'whole' if found.whole else 'NOT WHOLE'}, {time.monotonic() - began:,.0f} s"
                    )
                    if found.lost or not found.whole:
                        say(f"lost: {found.lost[:10]}")
                        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
