"""Where each role lands that asks for nothing in particular: on the page it works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sealgate.domain.ids import SiteId
from sealgate.domain.operators import Role
from sealgate.flows import signin
from sealgate.flows.kit import House, Signed
from sealgate.web.frame import HOMES

PASSWORD = "rusty anchors sing at dusk"


def test_every_role_has_a_page_to_work_with() -> None:
    assert set(HOMES) == set(Role)


@pytest.mark.parametrize(
    ("roles", "lands"),
    [
        ({Role.ADMINISTRATOR}, "/live"),
        ({Role.SECURITY}, "/live"),
        ({Role.ATTENDANT}, "/desk"),
        ({Role.RECEPTION}, "/visits"),
        ({Role.HR}, "/hours"),
        ({Role.PAYROLL}, "/payroll"),
        ({Role.MANAGER}, "/performance"),
        ({Role.PRIVACY}, "/people"),
        ({Role.HOST}, "/visits"),
        ({Role.HOST, Role.PAYROLL}, "/payroll"),
        ({Role.MANAGER, Role.HR}, "/hours"),
        (set(Role), "/live"),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else "",
)
def test_who_works_with_a_page_lands_on_it(
    roles: set[Role], lands: str, house: House, alice: Signed, campus: SiteId, enter: Callable[[Signed], Any]
) -> None:
    link = signin.invite_operator(house, alice, frozenset(roles))
    token = signin.set_up(house, link, name="Dora Wells", login="dora@example.org", password=PASSWORD)
    dora = signin.who_is(house, token)
    assert dora is not None
    answer = enter(dora).get("/")
    assert answer.status_code == 200
    assert str(answer.url).endswith(lands)


def test_who_has_no_site_yet_lands_on_a_page_that_needs_none(
    house: House, alice: Signed, enter: Callable[[Signed], Any]
) -> None:
    link = signin.invite_operator(house, alice, frozenset({Role.RECEPTION}))
    dora = signin.who_is(house, signin.set_up(house, link, name="Dora Wells", login="dora@example.org", password=PASSWORD))
    assert dora is not None
    assert str(enter(dora).get("/").url).endswith("/account")
    assert str(enter(alice).get("/").url).endswith("/sites/new")
