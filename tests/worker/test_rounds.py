"""The clockwork's rounds: done again and again, for every organisation, whatever happens to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest

from sealgate.bus import LocalBus
from sealgate.domain.errors import Refused
from sealgate.domain.ids import TenantId
from sealgate.ports import Unreachable
from sealgate.store.engine import Store, SystemClock
from sealgate.worker import Clockwork, Round

SOON = timedelta(milliseconds=10)


@pytest.fixture
def clockwork(store: Store) -> Iterator[Clockwork]:
    made = Clockwork(store, LocalBus(), SystemClock())
    yield made
    made.stop()


class Counted:
    """Says when it was called three times."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.calls, self.thrice, self.trouble = 0, Event(), trouble

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == 3:
            self.thrice.set()
        if self.trouble is not None:
            raise self.trouble


@pytest.mark.parametrize("trouble", [None, Unreachable("nobody is there"), Refused("no")])
def test_a_round_comes_again_also_after_trouble(clockwork: Clockwork, trouble: Exception | None) -> None:
    work = Counted(trouble)
    clockwork.go_round(Round("counting", SOON, work))
    clockwork.start()
    assert work.thrice.wait(timeout=60)


def test_a_round_that_waits_on_a_network_does_not_hold_up_another(clockwork: Clockwork) -> None:
    released, work = Event(), Counted()
    clockwork.go_round(Round("waiting", SOON, released.wait))
    clockwork.go_round(Round("counting", SOON, work))
    clockwork.start()
    assert work.thrice.wait(timeout=60)
    released.set()


def test_every_organisation_gets_its_turn(clockwork: Clockwork, acme: TenantId, umbra: TenantId) -> None:
    seen: list[TenantId] = []

    def work(tenant: TenantId) -> None:
        seen.append(tenant)
        raise Unreachable("only for this one")

    clockwork.start()
    clockwork.for_every_tenant(work)()
    assert sorted(seen) == sorted([acme, umbra])
