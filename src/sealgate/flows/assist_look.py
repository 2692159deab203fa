"""One call as the attendant who took it sees it: what was read, whose car it may be, the bill, and the pictures.

The surprising thing: the picture at the barrier is open while the call lasts, for the call is the purpose. The entry's
picture is another day's and maybe another car's, so it opens for sixty seconds, and each time is in the journal.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sealgate.domain.calendar import zone
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import CallId, StayId
from sealgate.domain.money import Money
from sealgate.domain.stays import Stay
from sealgate.flows.assist import QueueLine, at_call, detail_of, held, line_of, names_of, stay_named
from sealgate.flows.assist_acts import asks_for_lost
from sealgate.flows.kit import House, Signed
from sealgate.flows.lots import NO_WORDS, TariffWords, words_of
from sealgate.flows.parking_writing import Account, Price, account, seen_of
from sealgate.flows.passage_places import picture_place
from sealgate.flows.showing import TicketOver
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import parking, places
from sealgate.store.engine import Reader
from sealgate.vault.errors import KeyDestroyed

TICKET = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Read:
    """A plate as a camera read it. `doubts` are the places at which it differs from the other reading."""

    plate: str
    kind: str
    score: float | None
    doubts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """A stay that it may be. `entered` is local; `differs` counts characters, None where no plate was read at its entry."""

    stay: StayId
    entered: datetime
    read: Read | None
    certainty: float | None
    differs: int | None
    due: Money | None
    inside: bool
    has_picture: bool


@dataclass(frozen=True, slots=True)
class CallView:
    """`chosen` is the stay that the decisions are about; `named` once somebody said so. `account` is what it would pay now.

    `live`: a camera runs at this lane; else the picture is the one with which the call was made. `awaited`: the camera is a
    box's, which was just asked for what it sees.
    `others` are the stays that come near; where nothing was read and nobody is known, the cars inside that have a ticket and
    no plate. `here` is whether the car stands at the gate; `asked_for` when maintenance was called. `lost` is what would be
    due without the ticket; None where the tariff does not say, or it is lost already. `words` are what the tariff lets somebody
    say of this car, `vehicle` and `area` what is said of it now.
    """

    line: QueueLine
    read: Read | None
    typed: str
    has_picture: bool
    live: bool
    chosen: Near | None
    named: bool
    others: tuple[Near, ...]
    account: Account | None
    blocked: bool
    here: bool
    asked_for: datetime | None
    lost: Money | None = None
    awaited: bool = False
    words: TariffWords = NO_WORDS
    vehicle: str = ""
    area: str = ""


def look(house: House, signed: Signed, call: CallId, price: Price) -> CallView:
    """Raises `NotTaken` and `CallTaken` for a call that another, or nobody, handles."""
    with house.store.read(signed.tenant) as db:
        row, now = held(db, signed, call), house.clock.now()
        line = line_of(row, names_of(house, db), now)
        tz = zone(places.site(db, line.site).time_zone)
        detail = _detail(house, db, row)
        chosen = stay_named(detail, row)
        certainty = {one["stay"]: one["certainty"] for one in detail.get("candidates", ())}
        turned_down = set(detail.get("not", ()))
        wanted = [stay for stay in dict.fromkeys([*([str(chosen)] if chosen else []), *certainty]) if stay not in turned_down]
        plate = str(detail.get("typed") or detail.get("plate") or "")
        if not wanted and not plate:
            unread = (str(one.stay.stay) for one in parking.unread_stays(db, row.lot))
            wanted = [stay for stay in unread if stay not in turned_down]
        near = [_near(house, db, UUID(stay), certainty.get(stay), plate, tz, price, now) for stay in wanted]
        found = [(one, stay, owed) for one, stay, owed in filter(None, near)]
        first = found[0] if found and found[0][0].stay == chosen else None
        asked = detail.get("maintenance")
        live = row.gate is not None and house.newest(signed.tenant, row.gate) is not None
        awaited = row.gate is not None and not live and house.shows(signed.tenant, row.gate)
        return CallView(
            line=line,
            read=_read(detail, first[0].read.plate if first and first[0].read else ""),
            typed=str(detail.get("typed", "")),
            has_picture=live or awaited or "picture" in detail,
            live=live or awaited,
            chosen=first[0] if first else None,
            named=row.stay is not None,
            others=tuple(one for one, _, _ in found if first is None or one is not first[0]),
            account=first[2] if first else None,
            blocked=row.gate is not None and places.gate(db, row.gate).blocked,
            here=row.gate is not None and (first is None or first[0].inside) and line.blocks,
            asked_for=datetime.fromisoformat(asked).astimezone(tz) if asked else None,
            lost=_without_ticket(db, first[1], price, now) if first else None,
            awaited=awaited,
            words=words_of(db, parking.lot(db, first[1].lot), first[1].entered) if first else NO_WORDS,
            vehicle=first[1].vehicle if first else "",
            area=first[1].area if first else "",
        )


def _without_ticket(db: Reader, stay: Stay, price: Price, now: datetime) -> Money | None:
    lost = replace(stay, ticket_lost=now)
    known = stay.ticket_lost is None and stay.inside and asks_for_lost(lost, price, now)
    return account(db, lost, price, now).due if known else None


def picture_at_gate(house: House, signed: Signed, call: CallId, *, live: bool = False) -> bytes:
    """The lane's newest picture, as JPEG: its camera's now, else, unless `live`, the one with which the call was made.

    Raises `NotFound`.
    """
    with house.store.read(signed.tenant) as db:
        row = held(db, signed, call)
        now = house.newest(signed.tenant, row.gate) if row.gate else None
        if now is not None:
            return now
        if live:
            raise NotFound("picture")
        return _opened(house, db, _detail(house, db, row).get("picture"))


def ask_entry(house: House, signed: Signed, call: CallId, stay: StayId) -> str:
    """A ticket for the picture of one stay's entry: this session, this call, sixty seconds."""
    with house.store.read(signed.tenant) as db:
        held(db, signed, call)
    until = int((house.clock.now() + TICKET).timestamp())
    text = json.dumps([str(call), str(stay), until], separators=(",", ":")).encode()
    return f"{base64.urlsafe_b64encode(text).decode()}.{_mac(house, signed, text)}"


def picture_of_entry(house: House, signed: Signed, ticket: str) -> bytes:
    """The JPEG. It is in the journal before the bytes leave. Raises `TicketOver`, `NotFound`, `NotTaken`."""
    call, stay = _read_ticket(house, signed, ticket)
    signed = at_call(house, signed, call)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = held(tx, signed, call)
        about = parking.stay(tx, stay)
        if about is None or about.stay.lot != row.lot:
            raise NotFound("picture")
        jpeg = _opened(house, tx, seen_of(house, tx.tenant, about).get("picture"))
        thing = f"stay:{stay} call:{call}"
        journal.write(tx, house.keyring, house.clock.now(), "picture.opened", object=thing, purpose=row.reason.value)
    return jpeg


def _read_ticket(house: House, signed: Signed, ticket: str) -> tuple[CallId, StayId]:
    try:
        body, mac = ticket[:1000].split(".")
        text = base64.urlsafe_b64decode(body)
        if not hmac.compare_digest(mac, _mac(house, signed, text)):
            raise TicketOver
        call, stay, until = json.loads(text)
    except (ValueError, TypeError) as error:
        raise TicketOver from error
    if house.clock.now().timestamp() > until:
        raise TicketOver
    return CallId(UUID(call)), StayId(UUID(stay))


def _mac(house: House, signed: Signed, text: bytes) -> str:
    key = house.keyring.derive(signed.tenant, KeyKind.TENANT, "", "entry-picture-ticket")
    return hmac.digest(key, signed.session.encode() + b"\0" + text, "sha256").hex()


def _opened(house: House, db: Reader, name: Any) -> bytes:
    if name is None:
        raise NotFound("picture")
    picture = UUID(name)
    return house.keyring.open(picture_place(db.tenant, picture), house.blobs.get(picture.hex))


def _detail(house: House, db: Reader, row: parking.CallRow) -> dict[str, Any]:
    try:
        return detail_of(house, db, row)
    except KeyDestroyed:
        return {}


def _read(detail: dict[str, Any], other: str) -> Read | None:
    if "plate" not in detail:
        return None
    plate = str(detail["plate"])
    return Read(plate, str(detail.get("kind", "plain")), detail.get("score"), differing(plate, other))


def _near(
    house: House, db: Reader, stay: UUID, certainty: float | None, plate: str, tz: ZoneInfo, price: Price, now: datetime
) -> tuple[Near, Stay, Account | None] | None:
    row = parking.stay(db, StayId(stay))
    if row is None:
        return None
    try:
        seen = seen_of(house, db.tenant, row)
    except KeyDestroyed:
        seen = {}
    owed = account(db, row.stay, price, now) if row.stay.bills else None
    read = _read(seen, plate)
    near = Near(
        stay=row.stay.stay,
        entered=row.stay.entered.astimezone(tz),
        read=read,
        certainty=certainty or None,
        differs=distance(plate, read.plate) if plate and read else None,
        due=owed.due if owed else None,
        inside=row.stay.inside,
        has_picture="picture" in seen,
    )
    return near, row.stay, owed


def differing(text: str, other: str) -> tuple[int, ...]:
    """The places at which two readings of one length differ.

    >>> differing("沪A8K2F6", "沪A8X2F6")
    (3,)
    """
    if len(text) != len(other):
        return ()
    return tuple(place for place, (a, b) in enumerate(zip(text, other, strict=True)) if a != b)


def distance(text: str, other: str) -> int:
    """How many characters differ; of two lengths, also how many are too many."""
    return sum(a != b for a, b in zip(text, other, strict=False)) + abs(len(text) - len(other))
