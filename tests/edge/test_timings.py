"""A histogram of fixed size that tells quantiles well enough."""

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.edge.timings import GROWTH, Stage, Timings


@given(st.lists(st.floats(2e-5, 30), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_is_never_too_low_and_at_most_seven_percent_too_high(seconds: list[float], share: float) -> None:
    timings = Timings()
    for each in seconds:
        timings.add(Stage.FIND, each)
    told = timings.quantile(Stage.FIND, share)
    exact = sorted(seconds)[max(0, -int(-share * len(seconds) // 1) - 1)]
    assert told is not None
    assert exact * 0.999999 <= told <= exact * GROWTH * 1.000001


def test_a_stage_that_never_ran_has_no_quantile_and_no_row() -> None:
    timings = Timings()
    with timings.of(Stage.MOTION):
        pass
    assert timings.quantile(Stage.EMBED, 0.5) is None
    assert set(timings.table()) == {"motion"}


def test_what_fails_is_timed_too() -> None:
    timings = Timings()
    with pytest.raises(RuntimeError), timings.of(Stage.DECIDE):
        raise RuntimeError
    assert timings.count(Stage.DECIDE) == 1


@given(st.floats(0, 1e9))
def test_any_duration_falls_into_a_bucket(seconds: float) -> None:
    timings = Timings()
    timings.add(Stage.DECODE, seconds)
    assert timings.count(Stage.DECODE) == 1


def test_many_threads_lose_no_count() -> None:
    timings = Timings()

    def add_many() -> None:
        for _ in range(500):
            timings.add(Stage.FIND, 0.01)

    threads = [Thread(target=add_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timings.count(Stage.FIND) == 2000
