"""Where payment providers tell us that somebody paid: the bytes as they came, verified before anything else is done.

Each provider is answered in its own way, and told "again" where nothing could be written down. A forged notice is a problem
with a stable code, and costs us one look at a signature. The address holds the organisation, for nobody signs in here.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from sealgate.domain.ids import TenantId
from sealgate.flows import paying
from sealgate.flows.kit import House
from sealgate.ports import OversizedNotice

MOST_BYTES = 1 << 18
"""Far more than any provider sends."""


def routes(house: House) -> APIRouter:
    router = APIRouter(tags=["machines"])

    @router.post("/api/v1/notices/{provider}/{tenant}", summary="A payment provider's notice")
    async def notice(provider: str, tenant: UUID, request: Request) -> Response:
        body = await _bounded(request)
        answer = await run_in_threadpool(paying.hear, house, TenantId(tenant), provider, request.headers, body)
        return Response(answer.body, answer.status, media_type=answer.media_type)

    return router


async def _bounded(request: Request) -> bytes:
    """The body, as long as it is no larger than `MOST_BYTES`; counted as it comes, whatever was announced."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise OversizedNotice
    return bytes(body)
