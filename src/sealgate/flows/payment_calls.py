"""Money that did not move as agreed: somebody has to look at it.

The surprising thing: the call's id is made of the payment and the trouble, so whoever notices the same trouble again, from
another notice or from another thread, finds that the desk knows.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid5

from sealgate.domain.billing import Payment, RefundState
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.ids import CallId, PaymentId
from sealgate.domain.stays_calls import CallReason
from sealgate.flows.kit import House, of_day, seal
from sealgate.flows.parking_writing import call_place
from sealgate.store import parking, places
from sealgate.store.engine import Tx

UNFINISHED = {RefundState.FAILED: "refund-failed", RefundState.STUCK: "refund-stuck"}


def flag_refunds(house: House, tx: Tx, before: Payment, after: Payment, stay: parking.StayRow, now: datetime) -> None:
    """Money that was to go back and did not."""
    known = {(refund.reference, refund.state) for refund in before.refunds}
    for refund in after.refunds:
        if refund.state in UNFINISHED and (refund.reference, refund.state) not in known:
            flag(house, tx, after.id, stay, UNFINISHED[refund.state], now)


def flag(
    house: House,
    tx: Tx,
    payment: PaymentId,
    stay: parking.StayRow,
    trouble: str,
    now: datetime,
    reason: CallReason = CallReason.WRONG_SUM,
) -> bool:
    """Call an attendant, once for each payment and kind of trouble. Whether this is the first time."""
    made = CallId(uuid5(payment, trouble))
    if parking.call(tx, made) is not None:
        return False
    site = places.site(tx, stay.site)
    owner = of_day(site.site, local_day(now, zone(site.time_zone)))
    detail = seal(house, tx.tenant, owner, call_place(tx.tenant, made), {"payment": str(payment), "trouble": trouble})
    row = parking.CallRow(made, stay.stay.lot, reason, now, stay=stay.stay.stay, detail=detail)
    parking.add_call(tx, row)
    tx.publish("call", {"lot": str(row.lot), "call": str(made), "reason": row.reason.value})
    return True
