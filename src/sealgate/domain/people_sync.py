"""Somebody as a directory describes them (SCIM 2.0, RFC 7643), in as few words as are wanted here.

The surprising thing: a change is made on the description, not on the person. What a directory wants to be added, replaced or
removed is done to the object that it would read, and the outcome is read as if it had been sent whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sealgate.domain.errors import Refused
from sealgate.domain.people import PersonKind

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
KINDS = (PersonKind.EMPLOYEE, PersonKind.WORKER, PersonKind.STUDENT)
LONGEST = 200
MOST_OPERATIONS = 50
_FILTER = re.compile(r'\s*(userName|externalId)\s+eq\s+("(?:[^"\\]|\\.){0,400}")\s*', re.IGNORECASE)
_VALUE_PATH = re.compile(r"(emails|phoneNumbers)\[[^\]]{1,120}\](?:\.value)?", re.IGNORECASE)
Resource = dict[str, Any]


class SyncRefused(Refused):
    """What a directory sent does not fit; `kind` is SCIM's own word for it (RFC 7644, 3.12)."""

    code = "sync.invalid"
    status = 400

    def __init__(self, message: str, kind: str = "invalidValue") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Described:
    """`name` is what everybody sees; given and family name are kept for the directory alone."""

    user_name: str
    name: str
    external_id: str = ""
    given: str = ""
    family: str = ""
    email: str = ""
    phone: str = ""
    number: str = ""
    kind: PersonKind = PersonKind.EMPLOYEE
    active: bool = True


@dataclass(frozen=True, slots=True)
class Filter:
    """`by` is `userName` or `externalId`."""

    by: str
    value: str


def user_key(user_name: str) -> str:
    """User names that differ only in case are one (RFC 7643, 4.1.1)."""
    return user_name.casefold()


def read_filter(text: str) -> Filter:
    """Only equality, of what a directory knows somebody by. Raises `SyncRefused`."""
    found = _FILTER.fullmatch(text)
    if found is None:
        raise SyncRefused("only userName eq and externalId eq are known", "invalidFilter")
    try:
        value = str(json.loads(found[2]))
    except ValueError:
        raise SyncRefused("not a text", "invalidFilter") from None
    return Filter("userName" if found[1].lower() == "username" else "externalId", value)


def described(resource: Mapping[str, Any]) -> Described:
    """Raises `SyncRefused`. What is not wanted here is passed over, photographs and numbers of papers among it."""
    said = _folded(resource)
    name = _folded(said.get("name"))
    more = _folded(said.get(ENTERPRISE.lower()))
    user_name = _text(said, "username")
    if not user_name:
        raise SyncRefused("userName is missing")
    parts = [_text(name, "givenname"), _text(name, "familyname")]
    shown = _text(said, "displayname") or _text(name, "formatted") or " ".join(filter(None, parts)) or user_name
    kind = _text(said, "usertype").lower() or PersonKind.EMPLOYEE.value
    if kind == PersonKind.VISITOR.value:
        raise SyncRefused("visitors are invited, not synchronised")
    return Described(
        user_name=user_name,
        name=shown,
        external_id=_text(said, "externalid"),
        given=parts[0],
        family=parts[1],
        email=_primary(said.get("emails")),
        phone=_primary(said.get("phonenumbers")),
        number=_text(more, "employeenumber"),
        kind=PersonKind(kind) if kind in KINDS else PersonKind.EMPLOYEE,
        active=_flag(said.get("active", True)),
    )


def patched(resource: Resource, asked: Mapping[str, Any]) -> Resource:
    """The description after a PATCH (RFC 7644, 3.5.2). Raises `SyncRefused`."""
    operations = _folded(asked).get("operations")
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST_OPERATIONS:
        raise SyncRefused(f"1 to {MOST_OPERATIONS} operations are needed", "invalidSyntax")
    made: Resource = json.loads(json.dumps(resource))
    for one in map(_folded, operations):
        verb, path, value = _text(one, "op").lower(), one.get("path"), one.get("value")
        if verb not in {"add", "replace", "remove"}:
            raise SyncRefused("op is add, replace or remove", "invalidSyntax")
        if path is None and verb == "remove":
            raise SyncRefused("what is to be removed?", "noTarget")
        if path is None:
            for name, inner in _object(value).items():
                _put(made, name, inner)
        else:
            _put(made, str(path)[:LONGEST], None if verb == "remove" else value)
    return made


def _put(made: Resource, path: str, value: Any) -> None:
    """Set one attribute by its path; None takes it away. A path that means nothing here changes nothing."""
    path = path.removeprefix(USER + ":")
    if path.lower() == ENTERPRISE.lower() or path.lower().startswith(ENTERPRISE.lower() + ":"):
        _put_more(made, path[len(ENTERPRISE) + 1 :], value)
    elif found := _VALUE_PATH.fullmatch(path):
        _set(made, found[1], None if value is None else [{"value": value, "primary": True}])
    elif "." in path:
        head, _, tail = path.partition(".")
        inner = _object(made.get(_known(made, head)) or {})
        _set(inner, tail, value)
        if path.lower() == "name.formatted":  # which is what is shown, too
            _set(made, "displayName", None)
        _set(made, head, inner)
    else:
        if path.lower() == "name" and "formatted" in _folded(value):
            _set(made, "displayName", None)
        _set(made, path, value)


def _put_more(made: Resource, attribute: str, value: Any) -> None:
    more = _object(made.get(ENTERPRISE) or {})
    if attribute:
        _set(more, attribute, value)
    else:
        more = {} if value is None else {**more, **_object(value)}
    made[ENTERPRISE] = more


def _set(inside: Resource, name: str, value: Any) -> None:
    name = _known(inside, name)
    if value is None:
        inside.pop(name, None)
    else:
        inside[name] = value


def _known(inside: Resource, name: str) -> str:
    """As it is written there already: names of attributes have no case."""
    return next((there for there in inside if there.lower() == name.lower()), name)


def _folded(value: Any) -> dict[str, Any]:
    return {str(name).lower(): inner for name, inner in value.items()} if isinstance(value, Mapping) else {}


def _object(value: Any) -> Resource:
    if not isinstance(value, dict):
        raise SyncRefused("an object is needed", "invalidSyntax")
    return dict(value)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise SyncRefused(f"{name} is no text of up to {LONGEST} characters")
    return value.strip()


def _primary(value: Any) -> str:
    """The primary one of several, else the first."""
    if isinstance(value, str):
        return _text({"value": value}, "value")
    lines = [_folded(one) for one in value[:20]] if isinstance(value, list) else []
    chosen = next((line for line in lines if line.get("primary") is True), lines[0] if lines else {})
    return _text(chosen, "value")


def _flag(value: Any) -> bool:
    """Some directories send a text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise SyncRefused("active is true or false")
