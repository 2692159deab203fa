"""Waiting before trying again: longer each time, bounded, and not in step."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sealgate.devices.backoff import Backoff


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_every_wait_is_between_half_and_the_whole_of_a_bounded_doubling(throws: list[float]) -> None:
    thrown = iter(throws)
    backoff = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30), dice=lambda: next(thrown))
    for n in range(len(throws)):
        whole = timedelta(seconds=min(2 ** min(n, 20), 30))
        assert whole / 2 <= backoff.next() <= whole


def test_after_a_success_it_begins_anew() -> None:
    backoff = Backoff(first=timedelta(seconds=1), dice=lambda: 1.0)
    assert [backoff.next().seconds for _ in range(3)] == [1, 2, 4]
    backoff.reset()
    assert backoff.next().seconds == 1
