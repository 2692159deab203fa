"""Every route of the program times everybody: each role at all sites and at one, another organisation, a person, nobody.

The routes come from the application itself: a new one without a line in `web/who_may.txt` fails here. What each role may is
written here once more, by hand: whoever changes what a role means has to mean it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from sealgate.domain.operators import GRANTED, Permission, Role
from sealgate.flows import selfservice
from sealgate.web import who_may
from sealgate.web.sessions import OPENED, OWNED
from sealgate.web.who_may import Rule, Where, Who

WATCHES = "watch open-gates"
MAY = {
    Role.ADMINISTRATOR: " ".join(Permission),
    Role.SECURITY: f"{WATCHES} lock-down see-people search-passages see-pictures visits host see-rules",
    Role.RECEPTION: f"{WATCHES} see-people enrol visits host",
    Role.HOST: "host",
    Role.HR: "see-people enrol answer teams performance all-performance see-hours change-hours hour-rules",
    Role.MANAGER: "performance",
    Role.PRIVACY: "see-people see-rules see-journal erase privacy answer keys search-passages",
    Role.ATTENDANT: f"{WATCHES} see-reports parking desk",
    Role.PAYROLL: "see-hours pay approve-pay pay-rules",
    Role.AUDITOR: "see-journal see-reports see-rules",
    Role.INSTALLER: "install",
}
NOWHERE = str(UUID(int=7))
LEAVES = {"/sign-out", "/account/sessions/end-others", "/account/sessions/{key}/end", "/account/password"}
"""After these there may be no session any more: asked by somebody else of that role."""

OWN_TEAMS = ("/performance/people/", "/performance/goals/")
"""A manager comes in there, and is told inside that these are not people of theirs."""


def every_route(application: Any) -> Iterator[tuple[str, APIRoute]]:
    """Every method of every route, however deep in routers; static files alone are mounted beside them."""

    def below(found: list[Any]) -> Iterator[APIRoute]:
        for one in found:
            if isinstance(one, APIRoute):
                yield one
            elif hasattr(one, "original_router"):
                yield from below(one.original_router.routes)
            else:
                assert one.path == "/static", one

    for route in below(application.routes):
        for method in sorted(route.methods or ()):
            yield method, route


def console_routes(town: Any) -> list[tuple[str, APIRoute, Rule]]:
    found = [(method, route, who_may.rule_of(method, route.path)) for method, route in every_route(town.application)]
    return [one for one in found if not one[1].path.startswith(("/api/", "/healthz"))]


def test_every_route_has_a_line_and_every_line_a_route(town: Any) -> None:
    routes = {(method, route.path) for method, route in every_route(town.application)}
    lines = set(who_may.rules())
    assert not routes - lines, "add a line for each of these to web/who_may.txt"
    assert not lines - routes, "no route is at these addresses any more"


def test_the_table_and_the_handlers_say_the_same_of_what_is_open(town: Any) -> None:
    for method, route, rule in console_routes(town):
        assert getattr(route.endpoint, OPENED, False) == (rule.who is Who.ANYONE), (method, route.path)
        assert getattr(route.endpoint, OWNED, False) == (rule.who is Who.PERSON), (method, route.path)


def test_a_role_means_what_is_written_here() -> None:
    assert {role: set(words.split()) for role, words in MAY.items()} == {role: set(may) for role, may in GRANTED.items()}


def allowed(role: Role, rule: Rule, *, everywhere: bool, has_site: bool) -> bool:
    """What the table says, worked out anew. Who holds a role at one site asks at that site."""
    if not rule.needs:
        return True
    here = everywhere or rule.where is Where.ANYWHERE or (rule.where is Where.SITE and has_site)
    return here and any(need.value in MAY[role].split() for need in rule.needs)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("everywhere", [True, False], ids=["all-sites", "north-only"])
def test_each_role_comes_as_far_as_the_table_says(town: Any, role: Role, everywhere: bool) -> None:
    north = town.north

    def someone() -> Any:
        return town.operator(north.signed.tenant, {role}, None if everywhere else north.site)

    who, wrong = someone(), []
    for method, route, rule in console_routes(town):
        if rule.who is Who.PERSON or (rule.who is Who.ANYONE):
            continue
        if everywhere and role is Role.ADMINISTRATOR and method != "GET":
            continue  # may everything, which test_a_role_means_what_is_written_here says; their forms are tested page by page
        asker = someone() if route.path in LEAVES else who
        answer = town.ask(method, addressed(method, route.path, north), cookies=asker.cookies)
        expected = allowed(role, rule, everywhere=everywhere, has_site="{site}" in route.path)
        if route.path == "/sign-out":
            assert answer.status == 303
            continue
        if (role, answer.status) == (Role.MANAGER, 403) and any(own in route.path for own in OWN_TEAMS):
            continue
        if (answer.status != 403 and not answer.to_sign_in) != expected or answer.status >= 500:
            wrong.append((method, route.path, answer.status, "expected in" if expected else "expected 403"))
    assert not wrong


def test_nobody_and_a_person_are_sent_to_sign_in(town: Any) -> None:
    link = selfservice.make_link(town.house, town.north.signed, person_of(town.north))
    secret = selfservice.enter(town.house, link)
    wrong = []
    for method, route, rule in console_routes(town):
        address = addressed(method, route.path, town.north)
        for cookies in ({}, {"sealgate-own": secret}):
            if rule.who is Who.ANYONE or (rule.who is Who.PERSON and (cookies or rule.path == "/my/sign-out")):
                continue
            answer = town.ask(method, address, cookies=cookies)
            if verdict(answer) != "sign in":
                wrong.append((method, route.path, answer.status, sorted(cookies)))
    assert not wrong


def test_a_person_comes_to_their_own_pages_and_an_operator_does_not(town: Any) -> None:
    own = {
        "sealgate-own": selfservice.enter(
            town.house, selfservice.make_link(town.house, town.north.signed, person_of(town.north))
        )
    }
    alice = town.operator(town.north.signed.tenant, {Role.ADMINISTRATOR})
    for method, route, rule in console_routes(town):
        if rule.who is Who.PERSON and route.path != "/my/sign-out":
            address = addressed(method, route.path, town.north)
            assert verdict(town.ask(method, address, cookies=own)) in {"in", "none"}, (method, route.path)
            assert town.ask(method, address, cookies=alice.cookies).status == 401, (method, route.path)


@pytest.mark.parametrize("which", ["another organisation", "another site"])
def test_a_site_of_elsewhere_is_answered_as_one_that_is_not_there(town: Any, which: str) -> None:
    """To the letter: what tells the two apart would tell that the site is there."""
    there = town.north
    if which == "another site":
        asker = town.operator(there.signed.tenant, {Role.ADMINISTRATOR}, town.south.site)
    else:
        asker = town.operator(town.umbra.signed.tenant, {Role.ADMINISTRATOR})
    for method, route, rule in console_routes(town):
        if "{site}" not in route.path or rule.who is not Who.OPERATOR:
            continue
        real = town.ask(method, there.fill(route.path), cookies=asker.cookies)
        made_up = town.ask(method, there.fill(route.path, {"site": NOWHERE}), cookies=asker.cookies)
        assert real.status == made_up.status in {403, 404}, (method, route.path, real.status, made_up.status)
        assert real.body.replace(str(there.site), NOWHERE) == made_up.body, (method, route.path)


def person_of(planted: Any) -> Any:
    return UUID(planted.ids["person"])


def addressed(method: str, path: str, planted: Any) -> str:
    """The real thing to look at; to change, a thing that is not there: the town stays as it is."""
    return planted.fill(path) if method == "GET" else fill(path, {"site": str(planted.site)})


def fill(path: str, ids: dict[str, str]) -> str:
    for name in [part.split("}")[0] for part in path.split("{")[1:]]:
        path = path.replace("{" + name + "}", ids.get(name.partition(":")[0], NOWHERE))
    return path


def verdict(answer: Any) -> str:
    if answer.to_sign_in or answer.status == 401:
        return "sign in"
    return {403: "forbidden", 404: "none"}.get(answer.status, "in")
