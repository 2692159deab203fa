"""What every bus does: tells its listeners in order, keeps topics apart, and never makes a speaker wait."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from queue import Queue
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from sealgate.bus import LocalBus
from sealgate.ports import Bus

Message = dict[str, Any]


@pytest.fixture(params=[LocalBus])
def bus(request: pytest.FixtureRequest) -> Bus:
    made: Bus = request.param(queue=100)
    return made


def test_a_listener_hears_everything_in_order(bus: Bus) -> None:
    heard: Queue[Message] = Queue()
    with bus.subscribe("passage", heard.put):
        for n in range(50):
            bus.publish("passage", {"n": n})
        assert [heard.get(timeout=60)["n"] for _ in range(50)] == list(range(50))


def test_every_listener_is_told_and_gets_a_message_of_its_own(bus: Bus) -> None:
    first: Queue[Message] = Queue()
    second: Queue[Message] = Queue()
    with bus.subscribe("passage", first.put), bus.subscribe("passage", second.put):
        bus.publish("passage", {"gate": "north"})
        mine, yours = first.get(timeout=60), second.get(timeout=60)
        mine["gate"] = "south"
        assert yours == {"gate": "north"}


def test_acme_does_not_hear_umbra(bus: Bus) -> None:
    heard: Queue[Message] = Queue()
    with bus.subscribe("acme.passage", heard.put):
        bus.publish("umbra.passage", {"of": "umbra"})
        bus.publish("acme.passage", {"of": "acme"})
        assert heard.get(timeout=60) == {"of": "acme"}


def test_who_left_hears_no_more_and_speaking_to_nobody_is_no_error(bus: Bus) -> None:
    heard: Queue[Message] = Queue()
    with bus.subscribe("passage", heard.put):
        bus.publish("passage", {"n": 1})
        heard.get(timeout=60)
    bus.publish("passage", {"n": 2})
    assert heard.empty()


def test_a_listener_that_fails_is_logged_and_goes_on(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    heard: Queue[Message] = Queue()

    def fragile(message: Message) -> None:
        heard.put(message)
        if message["n"] == 1:
            raise RuntimeError("the screen is gone")

    with caplog.at_level(logging.ERROR), bus.subscribe("passage", fragile):
        bus.publish("passage", {"n": 1})
        bus.publish("passage", {"n": 2})
        assert [heard.get(timeout=60)["n"] for _ in range(2)] == [1, 2]
    assert "the screen is gone" in caplog.text


def test_a_slow_listener_loses_its_oldest_and_is_told_so_while_nobody_waits(bus: Bus) -> None:
    heard: Queue[Message] = Queue()
    busy, go_on = Event(), Event()

    def slow(message: Message) -> None:
        heard.put(message)
        busy.set()
        go_on.wait(60)

    with bus.subscribe("passage", slow):
        bus.publish("passage", {"n": 0})
        assert busy.wait(60)
        for n in range(1, 251):  # would hang here, were the speaker made to wait
            bus.publish("passage", {"n": n})
        go_on.set()
        assert heard.get(timeout=60) == {"n": 0}
        assert heard.get(timeout=60) == {"bus.lost": 150}
        assert [heard.get(timeout=60)["n"] for _ in range(100)] == list(range(151, 251))


def test_a_listener_may_leave_from_within_what_it_hears(bus: Bus) -> None:
    left = Event()
    stack = ExitStack()

    def once(_message: Message) -> None:
        stack.close()
        left.set()

    stack.enter_context(bus.subscribe("passage", once))
    bus.publish("passage", {})
    assert left.wait(60)


def test_many_speak_at_once_and_nothing_is_heard_twice_or_lost(bus: Bus) -> None:
    heard: Queue[Message] = Queue()
    start = Barrier(4)

    def speak(who: int) -> Callable[[], None]:
        def speaking() -> None:
            start.wait(60)
            for n in range(20):
                bus.publish("passage", {"who": who, "n": n})

        return speaking

    with bus.subscribe("passage", heard.put):
        speakers = [Thread(target=speak(who)) for who in range(4)]
        for speaker in speakers:
            speaker.start()
        for speaker in speakers:
            speaker.join()
        messages = [heard.get(timeout=60) for _ in range(80)]
    for who in range(4):
        assert [m["n"] for m in messages if m["who"] == who] == list(range(20))
