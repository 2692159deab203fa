"""The final bill of a stay, and what was paid beyond it: that goes back, or an attendant is asked to give it back.

The surprising thing: what was taken by hand is not sent back by itself, for nobody may be there to hand it over. Paying
ahead is a promise in both directions: who was told that leaving earlier brings nothing back gets nothing back.
"""

from __future__ import annotations

from datetime import datetime

from sealgate.domain.billing import HELD
from sealgate.domain.ids import StayId
from sealgate.domain.money import Money
from sealgate.flows import payment_rows as rows
from sealgate.flows import refunds
from sealgate.flows.kit import House
from sealgate.flows.parking_scene import Scene
from sealgate.flows.parking_writing import Account, write_bill
from sealgate.flows.payment_calls import flag
from sealgate.flows.payment_rows import Known
from sealgate.flows.refunds import ByHand
from sealgate.privacy import journal
from sealgate.store import parking
from sealgate.store.engine import Tx

OVERPAID = "overpaid"


def close_account(scene: Scene, stay: StayId, owed: Account) -> None:
    """The bill is final. Raises `AlreadyThere` for a second one. An edge holds no money: what goes back, its centre decides."""
    write_bill(scene, stay, owed.bill, final=True)
    if scene.house.is_edge:
        return
    row = parking.stay(scene.tx, stay) if owed.received.minor > owed.bill.total.minor else None
    if row is not None:
        give_back(scene.house, scene.tx, row, owed.received.currency, scene.now)


def give_back(house: House, tx: Tx, stay: parking.StayRow, currency: str, now: datetime) -> None:
    """Write down that all beyond what the stay costs goes back, the newest money first; the clockwork sends it."""
    name = stay.stay.stay
    spare = rows.held(house, tx, name, currency).minor - rows.owed_by(tx, name, currency).minor
    for known in _newest_first(house, tx, name, currency):
        back = Money(min(spare, known.payment.refundable.minor), currency)
        if back.minor <= 0:
            continue
        spare -= back.minor
        if known.row.provider in set(ByHand):
            flag(house, tx, known.row.payment, stay, OVERPAID, now)
            continue
        made, after = refunds.promise(house, tx, known, back, OVERPAID)
        about = f"payment:{known.row.payment} stay:{name} refund:{made}"
        journal.write(tx, house.keyring, now, "refund.asked", object=about, purpose=OVERPAID)
        rows.tell(tx, after.payment, name)


def _newest_first(house: House, tx: Tx, stay: StayId, currency: str) -> list[Known]:
    """Money of that currency that we hold: what providers can send back first, then what was taken by hand."""
    mine = [row for row in reversed(parking.payments_of(tx, stay)) if row.state in HELD and row.asked.currency == currency]
    return [rows.known(house, tx, row) for row in sorted(mine, key=lambda row: row.provider in set(ByHand))]
