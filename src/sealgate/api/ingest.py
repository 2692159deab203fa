"""Readers at a gate: a card, QR text or PIN comes in as JSON, the decision goes back.

A reader proves itself by the secret that the console made for its gate (`Authorization: Bearer ...`); it can ask for
that gate only. Every answer is problem+json or the decision, never a name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sealgate.domain.errors import Refused
from sealgate.domain.sightings import Means
from sealgate.flows import kiosk
from sealgate.flows.kit import House


class UnknownReader(Refused):
    code = "api.unknown-reader"
    status = 401


class Code(BaseModel):
    """A code as a reader gave it."""

    model_config = ConfigDict(extra="forbid")
    means: Literal["card", "qr", "pin", "plate"]
    value: Annotated[str, Field(min_length=1, max_length=512)]


class Answer(BaseModel):
    opens: bool
    reason: str
    passage: str
    latch: str | None


def routes(house: House) -> APIRouter:
    router = APIRouter(tags=["machines"])

    @router.post("/api/v1/sightings", response_model=Answer, summary="A code shown at a gate")
    def sighting(code: Code, authorization: Annotated[str, Header(max_length=200)] = "") -> Answer:
        gate = kiosk.kiosk_gate(house, authorization.removeprefix("Bearer ").strip())
        if gate is None:
            raise UnknownReader("no such reader", hint="Make a new reader secret on the gate's page")
        admission = kiosk.show_code(house, gate, Means(code.means), code.value)
        return Answer(
            opens=admission.decision.opens,
            reason=admission.decision.reason.value,
            passage=str(admission.passage),
            latch=admission.latch.value if admission.latch else None,
        )

    @router.get("/healthz", summary="Whether the program works, and whether it is sealed")
    def health() -> JSONResponse:
        sealed = house.keyring.is_sealed
        return JSONResponse({"status": "sealed" if sealed else "ok"}, status_code=503 if sealed else 200)

    return router
