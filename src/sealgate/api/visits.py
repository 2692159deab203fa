"""Inviting by a program: what the console's form does, as JSON.

Whoever asks proves themselves by a key made in the console (`Authorization: Bearer sgk_...`) with the scope that is needed,
or by the token of an operator's session, and may do what that operator may. Times are ISO 8601 with their offset. A refusal
is problem+json under its stable code.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sealgate.api.calling import caller, caller_at
from sealgate.domain.ids import GateId, SiteId, VisitId
from sealgate.domain.operators import Scope
from sealgate.flows import visit
from sealgate.flows.kit import House

Line = Annotated[str, Field(max_length=300)]


class Invitation(BaseModel):
    """Who, when, which gates, why. `host` is the whole name of somebody else; empty for the operator themself."""

    model_config = ConfigDict(extra="forbid")
    site: UUID
    name: Annotated[str, Field(min_length=1, max_length=120)]
    since: AwareDatetime
    until: AwareDatetime
    gates: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    why: Line = ""
    company: Line = ""
    email: Line = ""
    phone: Line = ""
    host: Line = ""
    language: Literal["en", "zh-Hans"] = "en"


class Made(BaseModel):
    """`link` is the visitor's page, a path of this server; `mailed`: a letter with it is on its way."""

    visit: str
    link: str
    code: str
    mailed: bool
    flagged: bool


class State(BaseModel):
    visit: str
    state: str
    came_at: datetime | None
    left_at: datetime | None


def routes(house: House) -> APIRouter:
    router = APIRouter(tags=["visits"])

    @router.post("/api/v1/visits", response_model=Made, status_code=201, summary="Invite somebody")
    def invite(asked: Invitation, authorization: Annotated[str, Header(max_length=200)] = "") -> Made:
        signed = caller_at(house, authorization, Scope.INVITE, SiteId(asked.site))
        gates = tuple(GateId(gate) for gate in asked.gates)
        words = asked.model_dump(include={"why", "company", "email", "phone", "host", "language"})
        new = visit.NewVisit(asked.name, asked.since, asked.until, gates, **words)
        made = visit.invite(house, signed, SiteId(asked.site), new)
        link = f"{house.address}/visit/{made.link}"
        return Made(visit=str(made.visit), link=link, code=made.code, mailed=made.mailed, flagged=made.flagged)

    @router.get("/api/v1/visits/{visit_id}", response_model=State, summary="Where a visit stands")
    def state(visit_id: UUID, authorization: Annotated[str, Header(max_length=200)] = "") -> State:
        signed = visit.at_visit(house, caller(house, authorization, Scope.READ), VisitId(visit_id))
        line = visit.record(house, signed, VisitId(visit_id)).line
        return State(visit=str(line.visit), state=line.state.value, came_at=line.came_at, left_at=line.left_at)

    @router.delete("/api/v1/visits/{visit_id}", status_code=204, summary="Cancel a visit")
    def cancel(visit_id: UUID, authorization: Annotated[str, Header(max_length=200)] = "") -> None:
        signed = visit.at_visit(house, caller(house, authorization, Scope.CANCEL), VisitId(visit_id))
        visit.cancel(house, signed, VisitId(visit_id))

    return router
