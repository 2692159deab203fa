"""The API described: OpenAPI 3.1 of what machines speak to, made from the routes themselves.

The framework knows the forms of questions and answers. What it does not know is added here: that every refusal is
problem+json, by what somebody proves themselves, and which bodies are bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from sealgate import __version__

ABOUT = "Refusals are problem+json under a stable code. Times are ISO 8601 with their offset; a sum is text with its decimals."
OPEN = frozenset({"/healthz", "/api/v1/openapi.json", "/api/v1/unseal"})
SIGNED = frozenset({"/api/v1/notices/{provider}/{tenant}"})
"""These are proved by a provider's signature, which is in headers of its own."""

BYTES: Mapping[str, tuple[str, str]] = {
    "/api/v1/notices/{provider}/{tenant}": ("What the provider signed, as it came", "*/*"),
    "/api/v1/edge/{tenant}": ("A question, sealed under the edge's key (docs/edge.md)", "application/octet-stream"),
}
"""What is taken and given as bytes, by the address."""


class Problem(BaseModel):
    """A refusal or a fault (RFC 9457). `code` is stable and listed in docs/errors.md; `fault` is the id under which our own
    trouble is in the log."""

    type: str = Field(examples=["urn:sealgate:not-found"])
    title: str
    status: int = Field(ge=400, le=599)
    code: str
    hint: str = ""
    field: str = ""
    fault: str = ""


def routes(entrances: Sequence[APIRouter]) -> APIRouter:
    router = APIRouter(tags=["machines"])

    @router.get("/api/v1/openapi.json", summary="This description", response_class=JSONResponse)
    def openapi() -> dict[str, Any]:
        return described([*entrances, router])

    return router


def described(entrances: Sequence[APIRouter]) -> dict[str, Any]:
    every = [route for entrance in entrances for route in entrance.routes if isinstance(route, APIRoute)]
    every = [route for route in every if route.path.startswith(("/api/", "/healthz"))]
    told = get_openapi(title="Sealgate", version=__version__, routes=every, description=ABOUT)
    parts = told.setdefault("components", {})
    problem = Problem.model_json_schema()
    parts["schemas"] = {name: part for name, part in parts.get("schemas", {}).items() if "ValidationError" not in name}
    parts["schemas"]["Problem"] = problem
    parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operation in _operations(told):
        _complete(path, operation)
    return told


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for operation in methods.values():
            yield path, operation


def _complete(path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)  # said by `default`, in our form
    if path != "/healthz":
        answers["default"] = {
            "description": "A refusal, or trouble of ours",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    named = [one for one in operation.get("parameters", []) if one["name"] != "authorization"]
    if named:
        operation["parameters"] = named
    else:
        operation.pop("parameters", None)
    if path not in OPEN | SIGNED:
        operation["security"] = [{"bearer": []}]
    if path in BYTES:
        what, media = BYTES[path]
        raw = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"description": what, "required": True, "content": {media: raw}}
        answers["200"]["content"] = {media: raw}


__all__ = ["Problem", "described", "routes"]
