"""Voice between a lane's screen and the desk: the few words that two browsers need to find each other, carried by us.

The sound itself goes from browser to browser, encrypted by them, and is recorded nowhere. The surprising thing: a word is
passed on and not kept, so it may be lost. The lane says `ready` until an offer comes, the desk repeats its offer until it is
answered, and the same offer twice is answered twice: whichever side was away, they find each other when it is back.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from starlette.requests import ClientDisconnect, Request

from sealgate.domain.errors import Invalid
from sealgate.domain.ids import CallId, TenantId
from sealgate.flows.kit import House

TOPIC = "voice"
LARGEST = 32 * 1024
_ROUND = re.compile(r"[A-Za-z0-9-]{1,64}")
MICROPHONE = {"Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()"}
"""Only the two pages that speak may ask for it."""


class BadSignal(Invalid):
    """What one browser says to the other is not in the form that our pages write."""

    code = "voice.bad-signal"


class Word(StrEnum):
    """`ready`: somebody is there again. `bye`: the other side puts down."""

    OFFER = "offer"
    ANSWER = "answer"
    READY = "ready"
    BYE = "bye"


class Side(StrEnum):
    LANE = "lane"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Signal:
    """`round` names one attempt, so that an answer to an older offer is not taken for one to the newest. `sdp` is theirs."""

    word: Word
    round: str
    sdp: str = ""


def read_signal(body: bytes) -> Signal:
    """Raises `BadSignal`."""
    try:
        told = json.loads(body)
        signal = Signal(Word(told["word"]), told["round"], told.get("sdp", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadSignal("that is no signal") from error
    if not (isinstance(signal.round, str) and _ROUND.fullmatch(signal.round) and isinstance(signal.sdp, str)):
        raise BadSignal("that is no signal")
    if bool(signal.sdp) != (signal.word in {Word.OFFER, Word.ANSWER}) or (signal.sdp and not signal.sdp.startswith("v=0")):
        raise BadSignal("an offer or answer has a description, the others have none")
    return signal


async def body_of(request: Request) -> bytes:
    """The body, refused as soon as it grows too large."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                raise BadSignal("the signal is too large")
    except ClientDisconnect as error:  # a page that was closed in the middle of its last word
        raise BadSignal("the page is gone") from error
    return bytes(body)


def pass_on(house: House, tenant: TenantId, call: CallId, to: Side, signal: Signal) -> None:
    message = {"tenant": str(tenant), "call": str(call), "to": to.value, "signal": asdict(signal)}
    house.bus.publish(TOPIC, message)


def meant_for(message: dict[str, Any], side: Side, call: CallId | None) -> bool:
    return call is not None and message.get("to") == side.value and message.get("call") == str(call)


def ice_of(house: House) -> str:
    """The servers by which voice finds its way, as the pages read them."""
    return json.dumps([{"urls": list(house.stun)}] if house.stun else [])
