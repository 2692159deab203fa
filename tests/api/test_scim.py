"""A directory keeps Acme's people in step: enrols Alice, renames her, ends Bob, and is refused whatever does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sealgate.app import initialise, running
from sealgate.cli.listening import listening
from sealgate.domain.ids import CredentialId, PersonId
from sealgate.domain.operators import Role
from sealgate.domain.people_sync import PATCH, USER, SyncRefused, described, patched, read_filter
from sealgate.domain.sightings import Means
from sealgate.flows import api_keys, enrol, people, rules, signin
from sealgate.flows.faces import template_place
from sealgate.flows.kit import seal, subject
from sealgate.privacy import journal
from sealgate.settings import Settings
from sealgate.store import directory

PASSWORD = "rusty anchors sing at dusk"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ALICE = {
    "schemas": [USER, ENTERPRISE],
    "userName": "alice@acme.example",
    "externalId": "00u1",
    "name": {"givenName": "Alice", "familyName": "Marsh"},
    "emails": [{"value": "other@acme.example"}, {"value": "alice@acme.example", "primary": True}],
    "phoneNumbers": [{"value": "+86 138 0000 0000", "type": "mobile"}],
    "photos": [{"value": "https://acme.example/alice.jpg"}],
    ENTERPRISE: {"employeeNumber": "A 17", "department": "Doors"},
    "active": True,
}


class Directory:
    """A directory with a key, and the house behind the socket."""

    def __init__(self, program: Any, client: httpx.Client) -> None:
        self.client, self.house = client, program.house
        self.tenant = self.house.store.tenants()[0].tenant
        self.ada = self._operator(signin.first_link(self.house, self.tenant), "Ada")
        self.key = api_keys.make(self.house, self.ada, "Directory", ["people.sync"], 30)

    def _operator(self, link: str | None, name: str) -> Any:
        assert link is not None
        token = signin.set_up(self.house, link, name=name, login=f"{name}@x.example", password=PASSWORD)
        return signin.who_is(self.house, token)

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.key if key is None else key}", **headers}
        sent = {name.replace("_", "-"): value for name, value in sent.items()}
        answer = self.client.request(method, f"/scim/v2{path}", json=body, headers=sent)
        assert answer.status_code < 500, answer.text
        if answer.content:
            assert answer.headers["content-type"] == "application/scim+json"
        return answer

    def enrol(self, **more: Any) -> str:
        made = self.ask("POST", "/Users", {**ALICE, **more})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def row(self, user: str) -> Any:
        with self.house.store.read(self.tenant) as db:
            return directory.person(db, PersonId(UUID(user)))


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Directory]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", port=0)
    initialise(settings, "Acme")
    with (
        running(settings, faces=None, plates=None) as program,
        listening(program) as server,
        httpx.Client(base_url=server.address, timeout=120) as client,
    ):
        yield Directory(program, client)


def test_a_person_is_enrolled_found_changed_and_let_go(it: Directory) -> None:
    made = it.ask("POST", "/Users", ALICE)
    alice = made.json()
    assert (made.status_code, made.headers["etag"], made.headers["location"]) == (201, 'W/"1"', alice["meta"]["location"])
    assert (alice["displayName"], alice["externalId"], alice["active"]) == ("Alice Marsh", "00u1", True)
    assert alice["emails"] == [{"value": "alice@acme.example", "type": "work", "primary": True}]
    assert alice[ENTERPRISE] == {"employeeNumber": "A 17"}
    assert "photos" not in alice
    user = alice["id"]
    for which in ('userName eq "ALICE@acme.example"', 'externalid EQ "00u1"'):
        found = it.ask("GET", f"/Users?filter={which}").json()
        assert [one["id"] for one in found["Resources"]] == [user]
    assert it.ask("GET", '/Users?filter=userName eq "nobody"').json()["totalResults"] == 0
    again = it.ask("POST", "/Users", ALICE)
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    assert again.json()["detail"].startswith("sync.user-name-taken")
    # the same once more writes nothing; something else counts
    assert it.ask("PUT", f"/Users/{user}", ALICE).headers["etag"] == 'W/"1"'
    renamed = it.ask("PUT", f"/Users/{user}", {**ALICE, "displayName": "Alice Reed"}, If_Match='W/"1"')
    assert (renamed.headers["etag"], renamed.json()["name"]["formatted"]) == ('W/"2"', "Alice Reed")
    late = it.ask("PUT", f"/Users/{user}", ALICE, If_Match='W/"1"')
    assert (late.status_code, late.json()["status"]) == (412, "412")
    assert it.ask("GET", f"/Users/{user}", If_None_Match='W/"2"').status_code == 304
    assert [str(one) for one in people.people_called(it.house, it.tenant, "alice reed")] == [user]
    assert it.ask("DELETE", f"/Users/{user}", If_Match='W/"1"').status_code == 412
    assert it.ask("DELETE", f"/Users/{user}").status_code == 204
    assert it.ask("GET", f"/Users/{user}").status_code == 404
    assert it.ask("DELETE", f"/Users/{user}").status_code == 404
    left = it.row(user)
    assert left is not None, "who left is not erased"
    assert left.valid_until <= it.house.clock.now()


def test_who_is_not_active_opens_nothing_and_comes_back_without_the_old_keys(it: Directory) -> None:
    user = it.enrol()
    person = it.row(user).person
    enrol.add_credential(it.house, it.ada, person, Means.CARD, "04A2B1C3")
    body = {"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
    ended = it.ask("PATCH", f"/Users/{user}", body)
    assert ended.json()["active"] is False
    now = it.house.clock.now()
    assert it.row(user).valid_until <= now
    with it.house.store.read(it.tenant) as db:
        (card,) = directory.credentials_of(db, person)
    assert card.until is not None
    assert card.until <= now
    back = it.ask("PATCH", f"/Users/{user}", {"Operations": [{"op": "replace", "value": {"active": True}}]})
    assert (back.json()["active"], it.row(user).valid_until) == (True, None)
    with it.house.store.read(it.tenant) as db:
        assert directory.credentials_of(db, person)[0].until == card.until


def test_a_face_is_gone_with_who_leaves(it: Directory) -> None:
    user = it.enrol()
    person = it.row(user).person
    site = rules.add_site(it.house, it.ada, "North Campus", "Asia/Shanghai")
    enrol.consent_to_face(it.house, it.ada, person, notice_version="face-1")
    credential = CredentialId(it.house.new_id())
    with it.house.store.begin(it.tenant, it.ada.actor) as tx:
        sealed = seal(it.house, it.tenant, subject(person), template_place(it.tenant, credential), {"a": 1})
        now = it.house.clock.now()
        directory.add_credential(tx, enrol._credential(person, credential, Means.FACE, now, secret=sealed, pack="p", site=site))
        journal.write(tx, it.house.keyring, now, "face.enrolled", about=person)
    it.ask("PATCH", f"/Users/{user}", {"Operations": [{"op": "replace", "path": "active", "value": False}]})
    with it.house.store.read(it.tenant) as db:
        (face,) = directory.credentials_of(db, person)
    assert face.ended_at is not None
    assert face.secret != sealed


def test_patches_are_made_on_what_would_be_read(it: Directory) -> None:
    user = it.enrol()
    for operations, seen in (
        ([{"op": "add", "path": 'emails[type eq "work"].value', "value": "new@acme.example"}], ("emails", "new@acme.example")),
        ([{"op": "remove", "path": "phoneNumbers"}], ("phoneNumbers", None)),
        ([{"op": "replace", "path": f"{ENTERPRISE}:employeeNumber", "value": "B-2"}], (ENTERPRISE, {"employeeNumber": "B-2"})),
        ([{"op": "replace", "path": "name.formatted", "value": "Alice Reed"}], ("displayName", "Alice Reed")),
        ([{"op": "replace", "value": {"displayName": "王芳", "externalId": "x"}}], ("displayName", "王芳")),
        ([{"op": "remove", "path": "externalId"}], ("externalId", None)),
        ([{"op": "add", "path": "nickName", "value": "Al"}], ("nickName", None)),
    ):
        answer = it.ask("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": operations})
        assert answer.status_code == 200, answer.text
        name, value = seen
        found = answer.json().get(name)
        assert (found[0]["value"] if isinstance(found, list) else found) == value
    for wrong in ([], [{"op": "move"}], [{"op": "remove"}], [{"op": "remove", "path": "userName"}], "all", [7]):
        refused = it.ask("PATCH", f"/Users/{user}", {"Operations": wrong})
        assert refused.status_code == 400, wrong


def test_somebody_enrolled_before_is_known_by_the_staff_number_and_by_nothing_else(it: Directory) -> None:
    before = enrol.enrol(it.house, it.ada, enrol.NewPerson("Bob Ellis", number="a17", email="bob@acme.example"))
    same = it.enrol(userName="bob@acme.example", displayName="Bob Ellis", externalId="2")
    assert same == str(before)
    other = it.ask("POST", "/Users", {**ALICE, "userName": "carol"})
    assert (other.status_code, other.json()["detail"].partition(":")[0]) == (409, "person.number-taken")
    more = {**ALICE, "userName": "bob2", "displayName": "Bob Ellis", ENTERPRISE: {}}
    assert it.ask("POST", "/Users", more).json()["id"] != str(before)


def test_pages_and_what_is_told_of_itself(it: Directory) -> None:
    for number in range(5):
        it.enrol(userName=f"u{number}", externalId=str(number), **{ENTERPRISE: {"employeeNumber": f"N{number}"}})
    page = it.ask("GET", "/Users?startIndex=2&count=2").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert [one["userName"] for one in page["Resources"]] == ["u1", "u2"]
    few = it.ask("GET", "/Users?count=1&attributes=userName,name.formatted").json()["Resources"][0]
    assert set(few) == {"schemas", "id", "userName", "name"}
    assert "emails" not in it.ask("GET", f"/Users/{few['id']}?excludedAttributes=emails").json()
    assert it.ask("GET", "/Users?count=0").json()["Resources"] == []
    assert it.ask("GET", "/Users?startIndex=99").json()["itemsPerPage"] == 0
    assert it.ask("GET", "/ServiceProviderConfig").json()["patch"] == {"supported": True}
    assert it.ask("GET", "/ResourceTypes").json()["Resources"][0]["endpoint"] == "/Users"
    assert it.ask("GET", f"/Schemas/{USER}").json()["name"] == "User"
    for path in ("/Schemas/none", "/ResourceTypes/Group", "/Users/none", "/Users/00000000-0000-0000-0000-000000000000"):
        assert it.ask("GET", path).status_code == 404


def test_nobody_without_the_right_key_and_no_other_organisation(it: Directory) -> None:
    user = it.enrol()
    calendar = api_keys.make(it.house, it.ada, "Calendar", ["visits.invite"], 30)
    for key, status in (("nobody", 401), ("sgk_" + "A" * 64, 401), (calendar, 403)):
        answer = it.ask("GET", f"/Users/{user}", key=key)
        assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    link = signin.first_link(it.house, rules.found(it.house, "Umbra"))
    uma = it._operator(link, "Uma")
    hers = api_keys.make(it.house, uma, "Directory", ["people.sync"], 30)
    assert it.ask("GET", f"/Users/{user}", key=hers).status_code == 404
    assert it.ask("PUT", f"/Users/{user}", ALICE, key=hers).status_code == 404
    assert it.ask("DELETE", f"/Users/{user}", key=hers).status_code == 404
    assert it.ask("GET", "/Users", key=hers).json()["totalResults"] == 0
    assert it.ask("POST", "/Users", ALICE, key=hers).status_code == 201
    guard = it._operator(signin.invite_operator(it.house, it.ada, frozenset({Role.ADMINISTRATOR})), "Gus")
    his = api_keys.make(it.house, guard, "Directory", ["people.sync"], 30)
    signin.disable_operator(it.house, it.ada, guard.operator)
    assert it.ask("GET", "/Users", key=his).status_code == 401


WRONG: tuple[dict[str, Any], ...] = (
    {"userName": ""},
    {"userName": 7},
    {"userName": "x" * 300},
    {"userName": "a\x00b"},
    {"displayName": "x" * 150},
    {"active": "perhaps"},
    {"userType": "visitor"},
    {"emails": [{"value": "no address"}]},
    {"phoneNumbers": [{"value": "call me"}]},
    {"emails": [{"value": {}}]},
    {ENTERPRISE: {"employeeNumber": "x" * 50}},
)


def test_what_does_not_fit_is_refused_in_scims_own_words(it: Directory) -> None:
    for wrong in WRONG:
        answer = it.ask("POST", "/Users", {**ALICE, **wrong})
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue"), wrong
    assert it.ask("GET", "/Users").json()["totalResults"] == 0


def test_bodies_and_questions_are_bounded(it: Directory) -> None:
    headers = {"Authorization": f"Bearer {it.key}"}
    for body, status in ((b"{", 400), (b"[]", 400), (b"[" * 60_000, 400), (b'"' + b"a" * 70_000, 413)):
        assert it.client.post("/scim/v2/Users", content=body, headers=headers).status_code == status
    for question in ('filter=displayName co "a"', "filter=userName eq", "startIndex=x", "count=1e9", "filter=" + "a" * 900):
        assert it.ask("GET", f"/Users?{question}").status_code == 400
    assert it.ask("PUT", f"/Users/{it.enrol()}", ALICE, If_Match="mine").status_code == 400


def test_nothing_of_it_lies_in_the_store_in_clear(it: Directory, tmp_path: Path) -> None:
    it.enrol()
    it.house.store.empty_log()
    words = (b"alice@acme.example", b"Marsh", b"00u1", b"A 17")
    files = [file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert not [word for word in words if any(word in data for data in files)]


def anything() -> some.SearchStrategy[Any]:
    leaf = some.none() | some.booleans() | some.integers() | some.text(max_size=20)
    names = some.sampled_from(["userName", "name", "emails", "value", "primary", "givenName", ENTERPRISE]) | some.text()
    return some.recursive(
        leaf, lambda inner: some.lists(inner, max_size=4) | some.dictionaries(names, inner, max_size=5), max_leaves=12
    )


@given(some.dictionaries(some.sampled_from(["userName", "name", "emails", "active", "phoneNumbers", ENTERPRISE]), anything()))
def test_any_description_is_read_or_refused(said: dict[str, Any]) -> None:
    try:
        found = described(said)
    except SyncRefused:
        return
    assert described({"userName": found.user_name, "displayName": found.name}).name == found.name


OPERATION = some.fixed_dictionaries(
    {"op": some.sampled_from(["add", "replace", "remove"]), "path": some.text(max_size=30), "value": anything()}
)


@given(some.lists(OPERATION, max_size=4))
def test_any_patch_is_made_or_refused(operations: list[dict[str, Any]]) -> None:
    try:
        now = described(patched(dict(ALICE), {"Operations": operations}))
    except SyncRefused:
        return
    assert now.user_name
    assert now.name


@given(some.text(max_size=60))
def test_any_filter_is_read_or_refused(text: str) -> None:
    for asked in (text, f'userName eq "{text}"', f"externalId eq {text}"):
        try:
            which = read_filter(asked)
        except SyncRefused:
            continue
        assert which.by in {"userName", "externalId"}
