"""A week of a garage with 2,000 spaces whose program is killed twenty times. Takes minutes, so only `make soak` runs it."""

from __future__ import annotations

from collections.abc import Callable


def test_a_week_of_misreads_lost_notices_and_kills_balances_to_the_cent(lived: Callable[..., str]) -> None:
    told = lived(spaces=2000, days=7, visits=8_000, kills=20, seed=11)
    assert "killed 20 times" in told
