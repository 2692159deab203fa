"""Every route has a line in the table of who may come where, and every line a route; tried on everybody in tests/web/who."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute

from sealgate.web import console, who_may


def below(found: list[Any]) -> Iterator[APIRoute]:
    for one in found:
        if isinstance(one, APIRoute):
            yield one
        elif hasattr(one, "original_router"):
            yield from below(one.original_router.routes)


def test_every_page_has_a_line_in_the_table() -> None:
    routes = [route for router in console.ROUTERS for route in below(router.routes)]
    pages = {(method, route.path) for route in routes for method in route.methods or ()}
    assert not pages - set(who_may.rules()), "add a line for each to src/sealgate/web/who_may.txt"
