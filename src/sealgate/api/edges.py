"""Where edges speak to the centre: one question and its answer, both sealed under the edge's own key.

An edge shows what it is known by (`Authorization: Bearer ...`, with its organisation in the address); that alone opens
nothing, for who does not have the key can neither ask nor read. A question may come twice: its facts have numbers.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sealgate.domain.errors import Refused
from sealgate.domain.ids import GateId, PersonId, StayId, TenantId
from sealgate.domain.plates import PlateText
from sealgate.domain.sightings import Means
from sealgate.domain.stays_calls import CallReason
from sealgate.domain.stays_passing import OpenedBy
from sealgate.flows import edges
from sealgate.flows.edge_looks import MOST_LOOKS
from sealgate.flows.edges import Edge, Fact, Releases, Said
from sealgate.flows.kit import House
from sealgate.vault.link import LinkBroken, open_said, seal_said

MOST_BYTES = 8_000_000
MEDIA = "application/octet-stream"
KNOWS = ("pictures", "lanes")
"""Words that an edge may say to this centre and not to one that does not list them."""


class UnknownEdge(Refused):
    """No such edge, or one that was ended."""

    code = "edge.unknown"
    status = 401


class TooMuchSaid(Refused):
    """An edge said more at once than it may."""

    code = "edge.too-much"
    status = 413


class NotUnderstood(Refused):
    """What an edge said was sealed rightly and is no question of this version."""

    code = "edge.not-understood"


class SaidFact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sequence: Annotated[int, Field(ge=0, lt=1 << 63)]
    gate: UUID
    at: datetime
    text: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    score: Annotated[float, Field(ge=0, le=1)]
    kind: Annotated[str, Field(max_length=40)]
    passed: bool
    stay: UUID | None = None
    picture: Annotated[str, Field(max_length=300_000)] | None = None
    means: Means = Means.PLATE
    holder: UUID | None = None
    rule: OpenedBy | None = None
    ticket: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    asks: CallReason | None = None

    def fact(self) -> Fact:
        return Fact(
            sequence=self.sequence,
            gate=GateId(self.gate),
            at=self.at,
            text=None if self.text is None else PlateText(self.text),
            score=self.score,
            kind=self.kind,
            passed=self.passed,
            stay=None if self.stay is None else StayId(self.stay),
            picture=None if self.picture is None else base64.b64decode(self.picture),
            means=self.means,
            holder=None if self.holder is None else PersonId(self.holder),
            rule=self.rule,
            ticket=None if self.ticket is None else bytes.fromhex(self.ticket),
            asks=self.asks,
        )


class SaidPicture(BaseModel):
    model_config = ConfigDict(extra="forbid")
    gate: UUID
    jpeg: Annotated[str, Field(max_length=300_000)]


class Question(BaseModel):
    """`pictures` None: an edge that has not been told that we know the word, or does not know it."""

    model_config = ConfigDict(extra="forbid")
    facts: Annotated[list[SaidFact], Field(max_length=500)]
    has: Annotated[dict[str, str], Field(max_length=10)]
    opened: Annotated[int, Field(ge=0)]
    waiting: Annotated[int, Field(ge=0)] = 0
    pictures: Annotated[list[SaidPicture], Field(max_length=MOST_LOOKS)] | None = None

    def said(self) -> Said:
        seen = self.pictures
        pictures = None if seen is None else {GateId(one.gate): base64.b64decode(one.jpeg, validate=True) for one in seen}
        return Said(self.has, self.opened, self.waiting, pictures)


def routes(house: House, releases: Releases) -> APIRouter:
    router = APIRouter(tags=["machines"])

    @router.post("/api/v1/edge/{tenant}", summary="An edge's facts, and what it lacks")
    async def ask(tenant: UUID, request: Request, authorization: Annotated[str, Header(max_length=200)] = "") -> Response:
        shown = authorization.removeprefix("Bearer ").strip()
        edge = await run_in_threadpool(edges.edge_shown, house, TenantId(tenant), shown)
        if edge is None:
            raise UnknownEdge("no such edge", hint="Add the edge anew, and let the box join with the new code")
        body = await _bounded(request)
        return Response(await run_in_threadpool(_answered, house, edge, releases, body), media_type=MEDIA)

    return router


def _answered(house: House, edge: Edge, releases: Releases, body: bytes) -> bytes:
    """Raises `LinkBroken`, `NotUnderstood`."""
    number, plain = open_said(edge.key, "ask", body)
    try:
        question = Question.model_validate_json(plain)
        facts, said = [one.fact() for one in question.facts], question.said()
    except (ValidationError, ValueError) as error:
        raise NotUnderstood("not a question of this version", hint="Bring edge and centre to one version") from error
    if any(fact.at.tzinfo is None for fact in facts):
        raise NotUnderstood("an instant without its zone")
    heard = edges.exchange(house, edge, facts, said, releases)
    answer: dict[str, Any] = {
        "name": edge.name,
        "done": list(heard.done),
        "parts": [{"name": part.name, "digest": part.digest, "holds": part.holds} for part in heard.parts],
        "releases": [{"number": one.number, "gate": str(one.gate), "seconds": one.seconds} for one in heard.releases],
        "calls": [str(gate) for gate in heard.calls],
        "looks": [str(gate) for gate in heard.looks],
        "knows": KNOWS,
    }
    return seal_said(edge.key, "answer", number, json.dumps(answer, ensure_ascii=False).encode())


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise TooMuchSaid("more than an edge may say at once")
    return bytes(body)


__all__ = ["LinkBroken", "NotUnderstood", "TooMuchSaid", "UnknownEdge", "routes"]
