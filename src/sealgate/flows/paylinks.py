"""A link for one driver: the page of one stay, to be read out, sent in a message, or scanned from the attendant's screen.

It shows the stay's details for twelve hours, so that it was made is journaled.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.domain.errors import NotFound
from sealgate.domain.ids import SiteId, StayId
from sealgate.domain.operators import Permission
from sealgate.flows.driving import exit_sign
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store import parking


@dataclass(frozen=True, slots=True)
class PayLink:
    """`path` begins with `/pay/`; `code` is typed on the lot's own page, by whose car stands at the exit."""

    path: str
    code: str


def make_link(house: House, signed: Signed, site: SiteId, stay: StayId) -> PayLink:
    """Raises `NotFound`, also for a stay at another site."""
    signed.need(Permission.DESK)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = parking.stay(tx, stay)
        if row is None or row.site != site:
            raise NotFound("stay")
        journal.write(tx, house.keyring, house.clock.now(), "stay.link-made", object=f"stay:{stay}")
    sign = exit_sign(house, signed.tenant, stay)
    return PayLink(sign.path, sign.code)
