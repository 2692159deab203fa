"""A kiosk calls reception: somebody stands there and a screen does not help them. Whoever is first says that they come.

The surprising thing: nothing is kept of a call that was answered but its journal entries. An open one is a row of its gate, so
that pressing twice is one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.domain.calendar import zone
from sealgate.domain.ids import GateId, SiteId
from sealgate.domain.operators import Permission
from sealgate.domain.visits import NotNow
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House, Signed
from sealgate.flows.visit_rows import TOPIC
from sealgate.privacy import journal
from sealgate.store import places, visits
from sealgate.store.engine import Actor, Tx

STALE = timedelta(minutes=15)
"""After so long nobody stands there any more: the call is shown no longer, and pressing makes a new one."""


@dataclass(frozen=True, slots=True)
class ReceptionCall:
    """`pressed_at` is on the site's clocks."""

    gate: GateId
    gate_name: str
    pressed_at: datetime


def call(house: House, kiosk: KioskGate) -> None:
    """Once for as long as nobody comes."""
    with house.store.begin(kiosk.tenant, Actor("gate", str(kiosk.gate))) as tx:
        now = house.clock.now()
        site = places.gate(tx, kiosk.gate).site
        with tx.upkeep():
            new = visits.call_reception(tx, kiosk.gate, site, now, now - STALE)
        if new:
            journal.write(tx, house.keyring, now, "reception.called", object=f"gate:{kiosk.gate}")
            _tell(house, tx, site, kiosk.gate)


def is_called(house: House, kiosk: KioskGate) -> bool:
    """Whether the call of this kiosk still waits for somebody."""
    with house.store.read(kiosk.tenant) as db:
        return bool(visits.reception_calls(db, house.clock.now() - STALE, gate=kiosk.gate))


def waiting(house: House, signed: Signed, site: SiteId) -> list[ReceptionCall]:
    """The open calls of a site, the longest first; none for who does not work at reception."""
    if not signed.may(Permission.VISITS):
        return []
    with house.store.read(signed.tenant) as db:
        tz = zone(places.site(db, site).time_zone)
        found = visits.reception_calls(db, house.clock.now() - STALE, site=site)
    return [ReceptionCall(row.gate, row.gate_name, row.pressed_at.astimezone(tz)) for row in found]


def come(house: House, signed: Signed, site: SiteId, gate: GateId) -> None:
    """This operator goes there; the kiosk says so. Raises `NotNow` where somebody was first."""
    signed.need(Permission.VISITS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not visits.answer_reception(tx, site, gate):
            raise NotNow("somebody was first")
        journal.write(tx, house.keyring, house.clock.now(), "reception.answered", object=f"gate:{gate}")
        _tell(house, tx, site, gate)


def _tell(house: House, tx: Tx, site: SiteId, gate: GateId) -> None:
    tx.publish(TOPIC, {"site": str(site), "gate": str(gate), "what": "reception"})
    tx.after_commit(house.wake)
