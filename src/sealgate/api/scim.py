"""SCIM 2.0 (RFC 7643, 7644): a directory keeps the people in step. Users only; no faces, no numbers of papers.

A directory proves itself by a key made in the console with the scope `people.sync`, and may do what whoever made it may.
Errors are SCIM's own, with our stable code in front of the words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sealgate.api import scim_schema
from sealgate.domain.errors import Conflict, Invalid, NotFound, Refused
from sealgate.domain.ids import PersonId
from sealgate.domain.operators import Scope
from sealgate.domain.people_sync import USER, Described, SyncRefused, described, patched, read_filter
from sealgate.flows import api_keys, people_sync
from sealgate.flows.kit import House, Signed
from sealgate.flows.people_sync import Record

BASE = "/scim/v2"
MOST_BYTES = 64 * 1024
MEDIA = "application/scim+json"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


class UnknownDirectory(Refused):
    """No live key with that scope is this token."""

    code = "sync.unknown-directory"
    status = 401


class TooMuch(Refused):
    code = "sync.too-large"
    status = 413


class InWords(APIRoute):
    """Whatever is refused behind it is told as SCIM has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await inner(request)
            except RequestValidationError:
                return problem(NotFound("user"))
            except Refused as refused:
                return problem(refused)

        return handled


def problem(refused: Refused) -> JSONResponse:
    status = 400 if isinstance(refused, Invalid) else refused.status
    body: dict[str, Any] = {"schemas": [ERROR], "status": str(status), "detail": f"{refused.code}: {refused}"}
    kind = getattr(refused, "kind", "") or ("uniqueness" if isinstance(refused, Conflict) else "")
    if kind or status == 400:
        body["scimType"] = kind or "invalidValue"
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(body, status, media_type=MEDIA, headers=headers)


def routes(house: House) -> APIRouter:
    router = APIRouter(prefix=BASE, tags=["people"], route_class=InWords)
    _discovery(router, house)
    _users(router, house)
    return router


def _discovery(router: APIRouter, house: House) -> None:
    @router.get("/ServiceProviderConfig", summary="What is spoken here")
    def config(request: Request) -> Response:
        _caller(house, request)
        return said(scim_schema.CONFIG | {"meta": _meta(house, "ServiceProviderConfig", "/ServiceProviderConfig")})

    @router.get("/ResourceTypes", summary="The kinds of things there are")
    def kinds(request: Request) -> Response:
        _caller(house, request)
        return said(_list([_kind(house)]))

    @router.get("/ResourceTypes/{name}", summary="One kind of thing")
    def kind(request: Request, name: str) -> Response:
        _caller(house, request)
        if name != "User":
            raise NotFound("resource type")
        return said(_kind(house))

    @router.get("/Schemas", summary="The attributes of the things there are")
    def schemas(request: Request) -> Response:
        _caller(house, request)
        return said(_list([_schema(house, one) for one in scim_schema.SCHEMAS]))

    @router.get("/Schemas/{name}", summary="The attributes of one")
    def schema(request: Request, name: str) -> Response:
        _caller(house, request)
        found = next((one for one in scim_schema.SCHEMAS if one["id"] == name), None)
        if found is None:
            raise NotFound("schema")
        return said(_schema(house, found))


def _users(router: APIRouter, house: House) -> None:
    @router.get("/Users", summary="Who is kept in step")
    def users(request: Request) -> Response:
        signed, asked = _caller(house, request), request.query_params
        which = read_filter(asked["filter"]) if asked.get("filter") else None
        start, count = max(1, _whole(asked.get("startIndex"), 1)), max(0, _whole(asked.get("count"), people_sync.MOST))
        found = people_sync.listed(house, signed, which, start - 1, count)
        resources = [_asked_for(_resource(house, one), request) for one in found.records]
        return said(_list(resources, total=found.total, start=start))

    @router.get("/Users/{user}", summary="One of them")
    def user(request: Request, user: UUID) -> Response:
        found = people_sync.record(house, _caller(house, request), PersonId(user))
        if request.headers.get("if-none-match") == _tag(found):
            return Response(status_code=304, headers={"ETag": _tag(found)})
        return said(_asked_for(_resource(house, found), request), headers={"ETag": _tag(found)})

    @router.post("/Users", summary="Enrol somebody")
    async def enrol(request: Request) -> Response:
        signed, body = await run_sync(_caller, house, request), await _body(request)
        made = await run_sync(people_sync.enrol, house, signed, described(body))
        return _told(house, made, status=201)

    @router.put("/Users/{user}", summary="Describe somebody anew")
    async def replace(request: Request, user: UUID) -> Response:
        signed, body = await run_sync(_caller, house, request), await _body(request)
        return await run_sync(_changed, house, signed, request, PersonId(user), described(body))

    @router.patch("/Users/{user}", summary="Change something about somebody")
    async def patch(request: Request, user: UUID) -> Response:
        signed, body = await run_sync(_caller, house, request), await _body(request)

        def change() -> Response:
            before = people_sync.record(house, signed, PersonId(user))
            now = described(patched(_resource(house, before), body))
            return _changed(house, signed, request, PersonId(user), now, before.version)

        return await run_sync(change)

    @router.delete("/Users/{user}", status_code=204, summary="Let go of somebody")
    def leave(request: Request, user: UUID) -> Response:
        people_sync.leave(house, _caller(house, request), PersonId(user), _version(request))
        return Response(status_code=204)


def _changed(
    house: House, signed: Signed, request: Request, person: PersonId, now: Described, read: int | None = None
) -> Response:
    """`read` is the version that a change was made on, where the directory names none."""
    version = _version(request)
    return _told(house, people_sync.change(house, signed, person, now, read if version is None else version))


def _caller(house: House, request: Request) -> Signed:
    kind, _, token = request.headers.get("authorization", "")[:200].partition(" ")
    signed = api_keys.acting(house, token.strip(), Scope.PEOPLE) if kind.lower() == "bearer" else None
    if signed is None:
        raise UnknownDirectory("no live key with the scope people.sync")
    return signed


async def _body(request: Request) -> dict[str, Any]:
    """Raises `TooMuch`, `SyncRefused`."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MOST_BYTES:
            raise TooMuch(f"more than {MOST_BYTES} bytes")
    try:
        found = json.loads(bytes(data))
    except (ValueError, RecursionError):
        raise SyncRefused("no JSON", "invalidSyntax") from None
    if not isinstance(found, dict):
        raise SyncRefused("no object", "invalidSyntax")
    return found


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise SyncRefused("not a whole number")
    return int(text)


def _version(request: Request) -> int | None:
    """Which version the change is for; None for whichever. Raises `SyncRefused`."""
    asked = request.headers.get("if-match", "*").strip()
    if asked == "*":
        return None
    found = _TAG.fullmatch(asked)
    if found is None:
        raise SyncRefused("not an entity tag of ours")
    return int(found[1])


def _resource(house: House, it: Record) -> dict[str, Any]:
    one = it.described
    name = {"formatted": one.name, "givenName": one.given, "familyName": one.family}
    found: dict[str, Any] = {
        "schemas": [USER],
        "id": str(it.person),
        "userName": one.user_name,
        "displayName": one.name,
        "name": {key: value for key, value in name.items() if value},
        "userType": one.kind.value,
        "active": one.active,
        "meta": _meta(house, "User", f"/Users/{it.person}")
        | {"created": _instant(it.made_at), "lastModified": _instant(it.changed_at), "version": _tag(it)},
    }
    if one.external_id:
        found["externalId"] = one.external_id
    for key, value in (("emails", one.email), ("phoneNumbers", one.phone)):
        if value:
            found[key] = [{"value": value, "type": "work", "primary": True}]
    if one.number:
        found["schemas"] = [USER, scim_schema.ENTERPRISE]
        found[scim_schema.ENTERPRISE] = {"employeeNumber": one.number}
    return found


def _asked_for(resource: dict[str, Any], request: Request) -> dict[str, Any]:
    """Only the attributes that were asked for, or all but some (RFC 7644, 3.9); what has parts goes or stays whole."""
    wanted, unwanted = (_names(request.query_params.get(name)) for name in ("attributes", "excludedAttributes"))
    always = {"schemas", "id"}
    if wanted:
        return {name: value for name, value in resource.items() if name in always or name.lower() in wanted}
    return {name: value for name, value in resource.items() if name in always or name.lower() not in unwanted}


def _names(asked: str | None) -> frozenset[str]:
    names = [name.strip().removeprefix(f"{USER}:").lower() for name in (asked or "")[:1000].split(",")]
    urn = scim_schema.ENTERPRISE.lower()
    return frozenset(urn if name.startswith(urn) else name.partition(".")[0] for name in names if name)


def _told(house: House, it: Record, status: int = 200) -> Response:
    found = _resource(house, it)
    return said(found, status, {"ETag": _tag(it), "Location": found["meta"]["location"]})


def said(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(body, status, media_type=MEDIA, headers=headers)


def _list(resources: list[dict[str, Any]], total: int | None = None, start: int = 1) -> dict[str, Any]:
    return {
        "schemas": [LIST],
        "totalResults": len(resources) if total is None else total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _kind(house: House) -> dict[str, Any]:
    return scim_schema.USER_TYPE | {"meta": _meta(house, "ResourceType", "/ResourceTypes/User")}


def _schema(house: House, one: dict[str, Any]) -> dict[str, Any]:
    return one | {"meta": _meta(house, "Schema", f"/Schemas/{one['id']}")}


def _meta(house: House, kind: str, path: str) -> dict[str, Any]:
    return {"resourceType": kind, "location": f"{house.address}{BASE}{path}"}


def _tag(it: Record) -> str:
    return f'W/"{it.version}"'


def _instant(at: Any) -> str:
    return str(at.isoformat().replace("+00:00", "Z"))
