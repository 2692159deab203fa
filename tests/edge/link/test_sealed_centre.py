"""The centre has started sealed and waits for its people: the lanes of the garage go on by the edge's own copy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sealgate.domain.money import Money
from sealgate.domain.plates import PlateText
from sealgate.domain.stays import StayState
from sealgate.flows import keys
from sealgate.flows.garage_demo import Garage
from sealgate.flows.parking import Outcome
from sealgate.vault.shares import new_quorum

if TYPE_CHECKING:
    from tests.edge.link.conftest import Box, Centre

ALICE, BOB = PlateText("沪A12345"), PlateText("苏E66888")


def sealed(centre: Centre) -> bool:
    return centre.program.is_sealed


def test_lanes_open_while_the_centre_is_sealed_and_it_hears_of_every_car_afterwards(
    centre: Centre, garage: Garage, box: Box
) -> None:
    bob = box.sees(garage.entry, BOB)
    box.link.ask()
    root, shares = new_quorum(2, 3)
    keys.change_root(centre.program.house, centre.program.source, root)
    centre.stop()
    centre.start(may_be_sealed=True)
    assert sealed(centre)

    box.cannot_ask()
    alice = box.sees(garage.entry, ALICE)
    assert (alice.outcome, box.opened(garage.entry)) == (Outcome.ENTERED, 2)
    centre.clock.at += timedelta(hours=1)
    assert box.sees(garage.exit, ALICE).outcome is Outcome.LEFT
    assert box.opened(garage.exit) == 1
    assert box.sees(garage.exit, BOB).due == Money(800, "CNY")
    box.cannot_ask()
    told_later = box.waiting()
    assert told_later > 0

    unsealing = centre.program.house.unsealing
    assert unsealing is not None
    for share in shares[1:]:
        unsealing.give_share(" ".join(share.words()))
    assert not sealed(centre)
    box.link.ask()
    box.link.ask()
    assert not box.link.away
    left = centre.stay(alice.stay)
    assert (left.stay.state, left.stay.entered) == (StayState.CLOSED, centre.clock.at - timedelta(hours=1))
    assert [row.stay.stay for row in centre.live(garage)] == [bob.stay]
    assert len(centre.passages(garage.entry)) == 2
