"""What SCIM tells of itself: what is spoken, and which attributes there are. Tables, as RFC 7643 wants them."""

from __future__ import annotations

from typing import Any

from sealgate.domain.people_sync import KINDS, USER
from sealgate.flows.people_sync import MOST

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
Attribute = dict[str, Any]

CONFIG: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MOST},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": True},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A key made under Operators, API keys, with the scope people.sync",
            "primary": True,
        }
    ],
}

USER_TYPE: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    "id": "User",
    "name": "User",
    "endpoint": "/Users",
    "description": "Somebody who works or studies here",
    "schema": USER,
    "schemaExtensions": [{"schema": ENTERPRISE, "required": False}],
}


def _text(name: str, description: str, **more: Any) -> Attribute:
    usual = {
        "type": "string",
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return {"name": name, "description": description, **usual, **more}


def _several(name: str, description: str) -> Attribute:
    """Several may be sent; the primary one is kept."""
    inner = [
        _text("value", description),
        _text("type", "What it is for", canonicalValues=["work"]),
        {**_text("primary", "Which one is kept"), "type": "boolean"},
    ]
    return {**_text(name, description), "type": "complex", "multiValued": True, "subAttributes": inner}


SCHEMAS: tuple[dict[str, Any], ...] = (
    {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": USER,
        "name": "User",
        "description": "Somebody who works or studies here",
        "attributes": [
            _text("userName", "What the directory calls them", required=True, uniqueness="server"),
            _text("displayName", "Their name, as everybody sees it"),
            {
                **_text("name", "The parts of their name"),
                "type": "complex",
                "subAttributes": [
                    _text("formatted", "The whole name"),
                    _text("givenName", "Given name"),
                    _text("familyName", "Family name"),
                ],
            },
            _text("userType", "Which rules apply to them", canonicalValues=[kind.value for kind in KINDS]),
            {**_text("active", "Whether they are here; false ends their rights"), "type": "boolean"},
            _several("emails", "E-mail address"),
            _several("phoneNumbers", "Telephone number"),
        ],
    },
    {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": ENTERPRISE,
        "name": "EnterpriseUser",
        "description": "What an organisation knows of its people",
        "attributes": [_text("employeeNumber", "Their staff number, by which somebody enrolled before is known again")],
    },
)
