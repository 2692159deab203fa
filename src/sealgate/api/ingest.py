"""Readers at a gate: a card, QR text, PIN or plate comes in as JSON, the decision goes back. At a lane of a lot also tickets.

A reader proves itself by the secret that the console made for its gate (`Authorization: Bearer ...`); it can ask for
that gate only. Every answer is problem+json or the decision, never a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sealgate.domain.errors import Refused
from sealgate.domain.sightings import Means
from sealgate.flows import kiosk
from sealgate.flows.at_gate import Answer as AtGate
from sealgate.flows.kit import House
from sealgate.flows.parking import Arrival
from sealgate.vault.errors import VaultSealed


class UnknownReader(Refused):
    code = "api.unknown-reader"
    status = 401


class Health(BaseModel):
    """`have` of `need` shares are there, where it is opened by several people."""

    status: Literal["ok", "sealed"]
    code: str | None = None
    have: int | None = None
    need: int | None = None
    trouble: str | None = None


class Code(BaseModel):
    """A code as a reader gave it."""

    model_config = ConfigDict(extra="forbid")
    means: Literal["card", "qr", "pin", "plate"]
    value: Annotated[str, Field(min_length=1, max_length=512)]


class Due(BaseModel):
    """`amount` in the currency's own units, written with its decimals: "4.00"."""

    amount: str
    currency: str


class Answer(BaseModel):
    """`due` is what a car at an exit has to pay before it may go."""

    opens: bool
    reason: str
    passage: str | None
    latch: str | None
    due: Due | None = None


def answer(found: AtGate) -> Answer:
    due = found.due if isinstance(found, Arrival) else None
    return Answer(
        opens=found.decision.opens,
        reason=found.decision.reason.value,
        passage=None if found.passage is None else str(found.passage),
        latch=found.latch.value if found.latch else None,
        due=None if due is None else Due(amount=due.text, currency=due.currency),
    )


def routes(house: House, cut_off: Callable[[], bool] = lambda: False) -> APIRouter:
    """`cut_off` tells, at an edge, whether the centre is away."""
    router = APIRouter(tags=["machines"])

    @router.post("/api/v1/sightings", response_model=Answer, summary="A code shown at a gate")
    def sighting(code: Code, authorization: Annotated[str, Header(max_length=200)] = "") -> Answer:
        gate = kiosk.kiosk_gate(house, authorization.removeprefix("Bearer ").strip())
        if gate is None:
            raise UnknownReader("no such reader", hint="Make a new reader secret on the gate's page")
        return answer(kiosk.show_code(house, gate, Means(code.means), code.value, cut_off=cut_off()))

    sealed: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "Sealed: it works, and opens nothing yet"}}

    @router.get("/healthz", response_model=Health, responses=sealed, summary="Whether the program works, and is sealed")
    def health() -> JSONResponse:
        if not house.keyring.is_sealed:
            return JSONResponse({"status": "ok"})
        body: dict[str, object] = {"status": "sealed", "code": VaultSealed.code}
        if house.unsealing is not None:
            standing = house.unsealing.standing()
            body |= {"have": standing.have, "need": standing.need, "trouble": standing.trouble or None}
        return JSONResponse(body, status_code=503)

    return router
