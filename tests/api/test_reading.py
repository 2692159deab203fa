"""Reading by a program: page by page, in the rights of the key's maker, names for those only who may see people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sealgate.app import initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.operators import Role, Scope
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.flows import api_keys, enrol, passage, rules, signin
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.settings import Settings

PASSWORD = "rusty anchors sing at dusk"
DAYS = {"from": "2026-03-01", "to": "2026-03-02"}


class Office:
    """Ada's site with a door, Alice who works there, and keys of programs."""

    def __init__(self, house: House, client: httpx.Client) -> None:
        self.house, self.client = house, client
        tenant = house.store.tenants()[0].tenant
        link = signin.first_link(house, tenant)
        assert link is not None
        self.ada = self._in(signin.set_up(house, link, name="Ada", login="ada@x.example", password=PASSWORD))
        self.site = rules.add_site(house, self.ada, "North", "Asia/Shanghai")
        outside = rules.zones(house, self.ada, self.site)[0].zone
        inside = rules.add_zone(house, self.ada, self.site, "Hall")
        door = rules.NewGate("Door", GateKind.DOOR, outside, inside, frozenset({Means.CARD}))
        self.door = rules.add_gate(house, self.ada, self.site, door)
        staff = rules.add_group(house, self.ada, "Staff")
        rules.add_grant(house, self.ada, staff, inside, None)
        self.alice = enrol.enrol(house, self.ada, enrol.NewPerson("Alice Hall", groups=(staff,)))
        enrol.add_credential(house, self.ada, self.alice, Means.CARD, "40000001")

    def _in(self, token: str) -> Signed:
        found = signin.who_is(self.house, token)
        assert found is not None
        return found

    def hire(self, name: str, *roles: Role) -> str:
        """The token of their session."""
        link = signin.invite_operator(self.house, self.ada, frozenset(roles))
        return signin.set_up(self.house, link, name=name, login=f"{name.lower()}@x.example", password=PASSWORD)

    def passes(self, times: int) -> None:
        for _ in range(times):
            passage.admit(self.house, self.ada.tenant, CodeSighting(self.door, self.house.clock.now(), Means.CARD, "40000001"))

    def get(self, path: str, token: str, **params: Any) -> httpx.Response:
        return self.client.get(f"/api/v1/{path}", params=params, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    settings = Settings(data=folder / "data", keys=folder / "keys", port=0)
    initialise(settings, "Acme")
    with (
        running(settings, faces=None, plates=None) as program,
        listening(program) as server,
        httpx.Client(base_url=server.address, timeout=120) as client,
    ):
        made = Office(program.house, client)
        made.passes(5)
        yield made


@pytest.fixture(scope="module")
def key(office: Office) -> str:
    """Of Ada, who may everything."""
    return api_keys.make(office.house, office.ada, "Warehouse", [Scope.PASSAGES, Scope.REPORTS, Scope.HOURS], 30)


def test_passages_come_page_by_page_each_once_and_what_is_new_moves_no_page(office: Office, key: str) -> None:
    first = office.get("passages", key, site=office.site, limit=2).json()
    office.passes(1)
    seen, after = [one["id"] for one in first["items"]], first["next"]
    while after is not None:
        page = office.get("passages", key, site=office.site, limit=2, before=after).json()
        seen, after = seen + [one["id"] for one in page["items"]], page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, key=int, reverse=True)
    (one, _) = first["items"]
    assert (one["name"], one["person"], one["gate_name"]) == ("Alice Hall", str(office.alice), "Door")
    assert set(one) == {"id", "at", "gate", "gate_name", "means", "opens", "reason", "person", "name"}


def test_alice_reads_that_a_program_read_of_her(office: Office, key: str) -> None:
    office.get("passages", key, site=office.site)
    with office.house.store.read(office.ada.tenant) as db:
        told = journal.entries_about(db, office.house.keyring, office.alice)
    assert told[0].action == "passages.read"
    assert told[0].actor_id == str(office.ada.operator)


def test_hours_and_figures_are_read_by_their_own_scopes(office: Office, key: str) -> None:
    (worker,) = office.get("hours", key, **DAYS).json()["items"]
    assert worker["name"] == "Alice Hall"
    assert [day["day"] for day in worker["days"]] == ["2026-03-01", "2026-03-02"]
    assert office.get("reports/revenue", key, site=office.site, **DAYS).json() == {"items": []}
    full = office.get("reports/occupancy", key, site=office.site, **DAYS).json()
    assert [line["peak"] for line in full["items"]] == [0, 0]
    one = api_keys.make(office.house, office.ada, "Door board", [Scope.PASSAGES], 30)
    for path, more in (("hours", DAYS), ("reports/revenue", {"site": office.site, **DAYS})):
        refused = office.get(path, one, **more)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_payroll_reads_hours_without_a_name_and_no_passage(office: Office) -> None:
    made = office.hire("Paula", Role.PAYROLL)
    (worker,) = office.get("hours", made, **DAYS).json()["items"]
    assert (worker["person"], worker["name"]) == (str(office.alice), None)
    assert office.get("passages", made, site=office.site).status_code == 403


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("passages", {"site": "x"}),
        ("passages", {"limit": "0"}),
        ("passages", {"before": "-1"}),
        ("hours", {"from": "soon", "to": "2026-03-02"}),
        ("hours", {"from": "2020-01-01", "to": "2026-03-02"}),
        ("reports/revenue", {"from": "2026-03-02", "to": "2026-03-01"}),
    ],
)
def test_what_does_not_fit_is_refused(office: Office, key: str, path: str, params: dict[str, str]) -> None:
    answer = office.get(path, key, **{"site": str(office.site), **params})
    assert answer.status_code == 422
    assert answer.json()["code"]


def test_nobody_and_another_site_get_nothing(office: Office, key: str) -> None:
    for path in ("passages", "reports/revenue", "reports/occupancy", "hours"):
        assert office.get(path, "sgk_nobody", site=office.site, **DAYS).status_code == 401
    assert office.get("passages", key, site="0190e0e0-0000-7000-8000-000000000000").status_code == 404
