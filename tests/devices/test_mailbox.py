"""One slot: the newest is taken, the rest is counted, and an end is told after what still lay there."""

from threading import Thread
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.devices.mailbox import Mailbox


@given(st.lists(st.integers(0, 5), max_size=50))
def test_only_the_newest_is_ever_taken_and_nothing_is_uncounted(bursts: list[int]) -> None:
    box: Mailbox[int] = Mailbox()
    put = taken = 0
    for burst in bursts:
        for _ in range(burst):
            put += 1
            box.put(put)
        if burst:
            assert box.take(0) == put
            taken += 1
    assert box.overwritten == put - taken


def test_who_waits_is_woken_by_what_comes() -> None:
    box: Mailbox[str] = Mailbox()
    sender = Thread(target=box.put, args=("a frame",))
    sender.start()
    assert box.take(60) == "a frame"
    sender.join()


def test_patience_ends() -> None:
    box: Mailbox[str] = Mailbox()
    began = monotonic()
    with pytest.raises(TimeoutError):
        box.take(0.05)
    assert monotonic() - began >= 0.05


def test_the_last_frame_comes_before_the_end() -> None:
    box: Mailbox[str] = Mailbox()
    box.put("the last")
    box.shut()
    assert box.take(0) == "the last"
    assert box.take(0) is None


def test_the_last_frame_comes_before_the_failure_and_the_first_end_counts() -> None:
    box: Mailbox[str] = Mailbox()
    box.put("the last")
    box.shut(ConnectionResetError())
    box.shut()
    assert box.take(0) == "the last"
    with pytest.raises(ConnectionResetError):
        box.take(0)
