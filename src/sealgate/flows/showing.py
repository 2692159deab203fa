"""Addresses of pictures that are to be shown for a moment: what is meant, sealed for one session.

The surprising thing: nothing is kept of them. A ticket is sealed as a value that lies at its session would be, so that it opens
in no other session and for nothing else, and what stands in it, a purpose in somebody's words, is readable in no log.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sealgate.domain.errors import Refused
from sealgate.flows.kit import House, Signed, organisation
from sealgate.ports import Sealed
from sealgate.vault.envelope import Place
from sealgate.vault.errors import DoesNotOpen, NotAnEnvelope, UnknownKey

LONGEST = 2000
"""Characters that are read of an address."""


class TicketOver(Refused):
    code = "picture.ticket-over"
    status = 410


def ticket(house: House, signed: Signed, kind: str, values: Sequence[object], lasts: timedelta) -> str:
    """For an address. `values` are what JSON holds, `kind` says what they mean."""
    until = int((house.clock.now() + lasts).timestamp())
    text = json.dumps([until, *values], separators=(",", ":")).encode()
    sealed = house.keyring.seal(signed.tenant, *organisation(), _place(signed, kind), text)
    return base64.urlsafe_b64encode(sealed).decode()


def meant(house: House, signed: Signed, kind: str, given: str) -> list[Any]:
    """The values of such a ticket. Raises `TicketOver`."""
    try:
        text = house.keyring.open(_place(signed, kind), Sealed(base64.urlsafe_b64decode(given[:LONGEST])))
    except (ValueError, NotAnEnvelope, DoesNotOpen, UnknownKey) as error:
        raise TicketOver from error
    until, *values = json.loads(text)
    if house.clock.now().timestamp() > until:
        raise TicketOver
    return list(values)


def _place(signed: Signed, kind: str) -> Place:
    return Place(signed.tenant, "tickets", kind, signed.session)
