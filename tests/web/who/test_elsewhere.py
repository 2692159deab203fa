"""What is of another site or another organisation is not there: not in a list, and not by its id."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from sealgate.domain.operators import Role
from sealgate.web.who_may import Who, rules

NOWHERE = str(UUID(int=7))
NO_IDS = {"name", "day", "field", "act"}
OF_PEOPLE = {"person", "credential", "goal", "number", "own"}
SHARED = NO_IDS | OF_PEOPLE | {"group", "table", "shift", "cycle", "team", "block"}
"""What all sites of an organisation share, and what is no id."""


def routes() -> list[tuple[str, str]]:
    return [(rule.method, rule.path) for rule in rules().values() if rule.who is Who.OPERATOR]


def named(path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", path)) - {"site"}


@pytest.mark.parametrize("whose", ["umbra", "south"])
def test_a_thing_of_elsewhere_is_answered_as_one_that_is_not_there(town: Any, whose: str) -> None:
    """An administrator of all of Acme, at the site in the north, and the ids of what is elsewhere."""
    alice, there = town.operator(town.north.signed.tenant, {Role.ADMINISTRATOR}), getattr(town, whose)
    wrong, tried = [], 0
    for method, path in routes():
        if whose == "south" and path.startswith("/desk"):  # the desk is one for all sites at whose desk somebody sits
            continue
        foreign = {
            name: there.ids[name]
            for name in named(path) & set(there.ids) - (SHARED if whose == "south" else {"day", "field", "act", "name"})
        }
        if not foreign:
            continue
        nothing = {name: "250428134522889999" if name == "passage" else NOWHERE for name in foreign}
        real = town.ask(method, town.north.fill(path, foreign), cookies=alice.cookies)
        made_up = town.ask(method, town.north.fill(path, nothing), cookies=alice.cookies)
        tried += 1
        same = real.body
        for name, value in foreign.items():
            same = same.replace(value, nothing[name])
        if real.status != made_up.status or same != made_up.body or (method == "GET" and real.status < 400):
            wrong.append((method, path, real.status, made_up.status))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 30


def test_no_page_of_the_north_names_anything_of_the_south(town: Any) -> None:
    """Not to whoever administers the north alone."""
    nora = town.operator(town.north.signed.tenant, {Role.ADMINISTRATOR}, town.north.site)
    secrets = {
        value: name for name, value in town.south.ids.items() if name not in SHARED - {"person", "credential", "number", "goal"}
    }
    secrets |= {str(town.south.site): "site"} | {words: words for words in town.south.words}
    wrong = []
    for method, path in routes():
        if method == "GET":
            answer = town.ask(method, town.north.fill(path), cookies=nora.cookies)
            found = sorted(name for value, name in secrets.items() if value in answer.body)
            if found:
                wrong.append((path, answer.status, found))
    assert not wrong, "\n".join(map(str, wrong))


def test_who_sits_at_the_desk_of_the_north_hears_nothing_of_the_south(town: Any) -> None:
    dora = town.operator(town.north.signed.tenant, {Role.ATTENDANT}, town.north.site)
    desk = town.ask("GET", "/desk", cookies=dora.cookies)
    assert town.north.ids["call"] in desk.body
    assert town.south.ids["call"] not in desk.body
    assert town.ask("GET", f"/desk/calls/{town.north.ids['call']}", cookies=dora.cookies).status == 200
    for method, path in routes():
        if "{call}" in path:
            form = {"signal": "x"} if path.endswith("voice") else {}
            real = town.ask(method, town.south.fill(path), cookies=dora.cookies, form=form)
            made_up = town.ask(method, town.south.fill(path, {"call": NOWHERE}), cookies=dora.cookies, form=form)
            assert real.status == made_up.status == 404, (method, path, real.status, made_up.status)
            assert real.body.replace(town.south.ids["call"], NOWHERE) == made_up.body, path
