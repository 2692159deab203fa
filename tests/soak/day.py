"""One day of a small garage whose program is killed three times; `make soak` lives through a week of a large one."""

from __future__ import annotations

from collections.abc import Callable


def test_a_day_of_misreads_lost_notices_and_kills_balances_to_the_cent(lived: Callable[..., str]) -> None:
    told = lived(spaces=200, days=1, visits=100, kills=3, seed=7)
    assert "killed 3 times" in told
