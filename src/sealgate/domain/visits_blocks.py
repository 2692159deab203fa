"""Who is not to be let in as a visitor: known by a keyed token, so the list itself names nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sealgate.domain.errors import Invalid
from sealgate.domain.people import Profile, checked, name_key
from sealgate.domain.residentid import resident_id


class BlockKind(StrEnum):
    """By what somebody is known again. A name alone is no proof: namesakes exist, so it asks reception and refuses nobody."""

    ID_NUMBER = "id-number"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


SURE = frozenset({BlockKind.ID_NUMBER, BlockKind.EMAIL, BlockKind.PHONE})


class BadBlock(Invalid):
    """A block without an end in the next five years, or without a reason."""

    code = "visit.bad-block"


@dataclass(frozen=True, slots=True)
class Known:
    """One way in which a visitor may be known: the kind, and the value in its one writing."""

    kind: BlockKind
    value: str


class Verdict(StrEnum):
    """What the block list says of a visitor: `ASK` is answered like a visit that reception has to approve."""

    FREE = "free"
    ASK = "ask"
    REFUSE = "refuse"


def verdict(kinds: Iterable[BlockKind]) -> Verdict:
    """By the kinds under which the visitor is on the list now."""
    hit = set(kinds)
    return Verdict.REFUSE if hit & SURE else Verdict.ASK if hit else Verdict.FREE


def known(kind: BlockKind, text: str, today: date) -> Known:
    """The value as it is compared. Raises what the kind's own reader raises, naming the field `value`."""
    match kind:
        case BlockKind.ID_NUMBER:
            return Known(kind, resident_id(text, today, "value").number)
        case BlockKind.EMAIL:
            email = checked(Profile("x", email=text)).email
            return Known(kind, _given(email).casefold())
        case BlockKind.PHONE:
            return Known(kind, _given(digits(checked(Profile("x", phone=text)).phone)))
        case BlockKind.NAME:
            return Known(kind, name_key(checked(Profile(text)).name))


def digits(phone: str) -> str:
    """What tells a telephone number from others: its last eleven digits, so a country's prefix does not matter."""
    return "".join(c for c in phone if c.isdigit())[-11:]


def checked_end(until: datetime, now: datetime, longest_days: int = 1827) -> datetime:
    if not 0 < (until - now).days + 1 <= longest_days:
        raise BadBlock("a block ends within five years", field="until", hint="Choose a day in the next five years")
    return until


def _given(value: str) -> str:
    if not value:
        raise BadBlock("nothing to know somebody by", field="value")
    return value
