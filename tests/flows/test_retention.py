"""Two years pass at Acme: what has been kept long enough is unreadable, then gone, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from sealgate.domain.calendar import day_number
from sealgate.domain.errors import Forbidden
from sealgate.domain.holds import HoldScope
from sealgate.domain.ids import PassageId, TenantId
from sealgate.domain.operators import Role
from sealgate.domain.plates import PlateText
from sealgate.domain.retention import BOUNDS, BadTimes, Kept, Times, checked_times
from sealgate.domain.sightings import CodeSighting, Means, PlateSighting
from sealgate.flows import campus as campuses
from sealgate.flows import enrol, garage_demo, holds, hours, people_import, permits, retention, selfservice, visit_demo
from sealgate.flows.at_gate import admit_at
from sealgate.flows.garage_demo import Garage
from sealgate.flows.kit import House, unseal
from sealgate.flows.parking_scene import seen_place
from sealgate.flows.passage import admit
from sealgate.flows.visit_rounds import round_of
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.privacy.inventory import INVENTORY, Keep, Personal
from sealgate.store import parking, passages
from sealgate.store.schema import metadata
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed
from sealgate.vault.wrapping import day_scope

if TYPE_CHECKING:
    from tests.flows.conftest import Campus, HandClock

DAY = timedelta(days=1)
CARD = campuses.card_number(1)
SEASON, STRANGER = PlateText("沪B6688C"), PlateText("苏E12345")


@dataclass
class Works:
    house: House
    tenant: TenantId
    campus: campuses.Campus
    garage: Garage

    def comes(self, picture: bytes) -> PassageId:
        """Alice by card; a car with a picture comes, and leaves again."""
        now = self.house.clock.now()
        admission = admit(self.house, self.tenant, CodeSighting(self.campus.lobby, now, Means.CARD, CARD))
        for gate in (self.garage.entry, self.garage.exit):
            admit_at(self.house, self.tenant, PlateSighting(gate, now, SEASON, 0.99, "cn-blue", picture=picture))
        return admission.passage

    def count(self, table: str) -> int:
        source = metadata.tables[table]
        with self.house.store.read(self.tenant) as db:
            return int(db.sql.execute(sa.select(sa.func.count()).select_from(source).where(db.mine(source))).scalar_one())

    def filled(self, entry: Personal) -> bool:
        """Whether the column holds anything; of sealed bytes anything but none."""
        source = metadata.tables[entry.table]
        column = source.c[entry.column]
        with self.house.store.read(self.tenant) as db:
            query = sa.select(sa.func.count()).select_from(source).where(db.mine(source), column.is_not(None))
            return bool(db.sql.execute(query).scalar_one())

    def cars_inside(self) -> int:
        with self.house.store.read(self.tenant) as db:
            return len(parking.live_stays(db, self.garage.lot))


@pytest.fixture
def works(house: House) -> Works:
    from sealgate.flows import rules

    tenant = rules.found(house, "Acme")
    campus = campuses.build(house, tenant, "Asia/Shanghai", [SEASON])
    return Works(house, tenant, campus, garage_demo.build(house, campus, [SEASON]))


def night(works: Works) -> retention.Done:
    round_of(works.house, works.tenant)
    return retention.keep_to_times(works.house, works.tenant)


def test_two_years_pass(works: Works, clock: HandClock, picture: Any) -> None:
    house, tenant = works.house, works.tenant
    signed = campuses.system(house, tenant)
    visit_demo.build(house, works.campus)
    people_import.bring(house, signed, b"name,number\nBob Ellis,B1\n", "Asia/Shanghai")
    permits.ban(house, signed, STRANGER, "hit the bar", works.garage.lot, clock.at + 30 * DAY)
    selfservice.make_link(house, signed, works.campus.people[1])
    first = works.comes(picture((250, 10, 10)))
    began = clock.at
    for _month in range(24):
        clock.move(30 * DAY)
        last = works.comes(picture((10, 250, 10)))
        night(works)
    kept = 90
    with house.store.read(tenant) as db:
        oldest = db.sql.execute(sa.select(sa.func.min(metadata.tables["passages"].c.day))).scalar_one()
        assert oldest >= day_number((clock.at - kept * DAY).date())
        assert passages.passage(db, first) is None
        newest = passages.passage(db, last)
        assert newest is not None
        assert newest.row.detail is not None
        assert unseal(house, Place(tenant, "passages", "detail", str(last)), newest.row.detail) == {}
    with pytest.raises(KeyDestroyed):
        house.index.day_token(tenant, works.campus.site, began.date(), "plate", SEASON)
    scopes = house.keyring.scopes(tenant, KeyKind.DAY)
    assert all(scope.rpartition("/")[2] >= (clock.at - (kept + 1) * DAY).date().isoformat() for scope in scopes)
    assert len(list(house.blobs.names())) == works.count("pictures") <= 2 * 4
    assert {table: works.count(table) for table in ("imports", "visits", "bans", "own_links", "setup_links")} == {
        "imports": 0,
        "visits": 0,
        "bans": 0,
        "own_links": 0,
        "setup_links": 0,
    }
    assert works.count("people") == len(campuses.PEOPLE), "whoever works here stays"
    assert journal.verify(house.store, tenant).whole


def test_a_stay_that_is_over_stays_as_a_number_only(works: Works, clock: HandClock, picture: Any) -> None:
    works.comes(picture((250, 10, 10)))
    clock.move(91 * DAY)
    night(works)
    source = metadata.tables["stays"].c
    with works.house.store.read(works.tenant) as db:
        rows = db.sql.execute(
            sa.select(source.seen, source.seen_leaving, source.token, source.permit_id, source.entered_at)
        ).all()
    assert len(rows) == 1
    assert list(rows[0])[:4] == [None] * 4
    assert rows[0].entered_at is not None


def test_a_car_that_still_stands_there_is_known_until_it_leaves(works: Works, clock: HandClock, picture: Any) -> None:
    house, tenant = works.house, works.tenant
    seen = PlateSighting(works.garage.entry, clock.at, STRANGER, 0.99, "cn-blue", picture=picture((250, 10, 10)))
    admit_at(house, tenant, seen)
    day = clock.at.date()
    clock.move(200 * DAY)
    night(works)
    with house.store.read(tenant) as db:
        (row,) = parking.live_stays(db, works.garage.lot)
        assert row.seen is not None
        assert unseal(house, seen_place(tenant, row.stay.stay), row.seen)["plate"] == STRANGER
    assert house.keyring.has(tenant, KeyKind.DAY, day_scope(works.campus.site, day))


def test_a_round_is_done_again_harmlessly(works: Works, clock: HandClock, picture: Any) -> None:
    works.comes(picture((250, 10, 10)))
    clock.move(91 * DAY)
    assert night(works).anything
    assert not night(works).anything


def test_a_round_that_broke_off_after_the_keys_is_finished_by_the_next(
    works: Works, clock: HandClock, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    passage = works.comes(picture((250, 10, 10)))
    clock.move(91 * DAY)

    def dies(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(retention, "_passages", dies)
        with pytest.raises(KeyboardInterrupt):
            night(works)
    with works.house.store.read(works.tenant) as db:
        view = passages.passage(db, passage)
    assert view is not None
    assert view.row.who is not None
    with pytest.raises(KeyDestroyed):
        unseal(works.house, Place(works.tenant, "passages", "who", str(passage)), view.row.who)
    night(works)
    assert works.count("passages") == 0


def test_a_shorter_time_holds_from_the_next_night_on(works: Works, clock: HandClock, picture: Any) -> None:
    works.comes(picture((250, 10, 10)))
    clock.move(8 * DAY)
    night(works)
    assert works.count("passages") == 3
    signed = campuses.system(works.house, works.tenant)
    retention.change_times(works.house, signed, {"passages": "7"})
    assert retention.status(works.house, works.tenant).due
    night(works)
    assert works.count("passages") == 0
    assert retention.times_of(works.house, works.tenant) == Times(passages=7)


def test_a_card_that_ended_is_forgotten_a_week_later(works: Works, clock: HandClock) -> None:
    house = works.house
    signed = campuses.system(house, works.tenant)
    made = enrol.add_credential(house, signed, works.campus.people[0], Means.CARD, "77001122", until=clock.at + DAY)
    source = metadata.tables["credentials"].c
    asked = sa.select(source.secret, source.token).where(source.credential_id == made.credential)

    def kept() -> bool:
        with house.store.read(works.tenant) as db:
            secret, token = db.sql.execute(asked).one()
        return bool(secret) or token is not None

    clock.move(3 * DAY)
    night(works)
    assert kept(), "it still opens outwards"
    clock.move(6 * DAY)
    night(works)
    assert not kept()


def test_umbras_night_leaves_acme_alone(works: Works, clock: HandClock, picture: Any, umbra_campus: Campus) -> None:
    works.comes(picture((250, 10, 10)))
    clock.move(91 * DAY)
    retention.keep_to_times(works.house, umbra_campus.tenant)
    assert works.count("passages") == 3
    assert works.count("pictures") == 2


def test_only_who_may_change_rules_changes_times(acme_campus: Campus) -> None:
    with pytest.raises(Forbidden):
        retention.change_times(acme_campus.house, acme_campus.only(Role.SECURITY), {"passages": "7"})


def bad() -> Iterator[dict[str, object]]:
    for kept, (least, most) in BOUNDS.items():
        for value in (least - 1, most + 1, -5, "", "a week", "７", "1e3", "99999999999"):
            yield {kept.value: value}


@pytest.mark.parametrize("given", list(bad()), ids=str)
def test_times_outside_the_law_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadTimes):
        checked_times(given)


def test_ours_are_within_the_law() -> None:
    for kept, (least, most) in BOUNDS.items():
        assert least <= Times().of(Kept(kept)) <= most


TIMED = {
    *(Keep.PASSAGE, Keep.STAY, Keep.STAY_LIVE, Keep.PERMIT, Keep.HOURS, Keep.ACCOUNTS, Keep.SESSION, Keep.IMPORT),
    *(Keep.VISIT, Keep.VISIT_LIVE, Keep.VISIT_BLOCK, Keep.CALL, Keep.REPLAY, Keep.HOLD),
}
"""What ends by time alone; the rest ends with a person, an account, or never."""


def test_every_column_of_the_inventory_that_ends_by_time_ends(works: Works, clock: HandClock, picture: Any) -> None:
    """Keys first, then rows, then pictures; and after eleven years nothing of all that was filled is left."""
    house, tenant = works.house, works.tenant
    signed = campuses.system(house, tenant)
    visit_demo.build(house, works.campus)
    people_import.bring(house, signed, b"name,number\nBob Ellis,B1\n", "Asia/Shanghai")
    permits.ban(house, signed, STRANGER, "hit the bar", works.garage.lot, clock.at + 30 * DAY)
    selfservice.make_link(house, signed, works.campus.people[1])
    monday = clock.at.date()
    holds.hold(house, signed, HoldScope(None, None, monday, monday, monday + 30 * DAY), "an accident")
    works.comes(picture((250, 10, 10)))
    admit_at(house, tenant, PlateSighting(works.garage.entry, clock.at, STRANGER, 0.99, "cn-blue"))
    hours.derive_lately(house, tenant)
    admit_at(house, tenant, PlateSighting(works.garage.exit, clock.at, STRANGER, 0.99, "cn-blue"))
    timed = [entry for entry in INVENTORY if entry.keep in TIMED]
    filled = [entry for entry in timed if works.filled(entry)]
    assert {entry.table for entry in filled} >= {"passages", "stays", "visits", "imports", "bans", "own_links", "legal_holds"}
    for _year in range(11):
        clock.move(366 * DAY)
        night(works)
    # a season ticket without an end, a call that nobody settled, a car that never left: none of them is over
    stands = {"permits", "permit_plates", "calls", *(["stays"] if works.cars_inside() else [])}
    assert [f"{row.table}.{row.column}" for row in filled if works.filled(row) and row.table not in stands] == []
    assert list(house.blobs.names()) == []


def test_keys_go_first_then_rows_then_pictures(
    works: Works, clock: HandClock, picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sealgate.store import retention as rows

    order: list[str] = []
    keyring, blobs = works.house.keyring, works.house.blobs
    for owner, name, said in (
        (type(keyring), "destroy_all", "key"),
        (rows, "remove_day", "row"),
        (rows, "remove_pictures", "picture row"),
        (type(blobs), "delete", "picture"),
    ):
        real = getattr(owner, name)

        def watched(*args: Any, real: Any = real, said: str = said, **more: Any) -> Any:
            order.append(said)
            return real(*args, **more)

        monkeypatch.setattr(owner, name, watched)
    works.comes(picture((250, 10, 10)))
    order.clear()
    clock.move(91 * DAY)
    retention.keep_to_times(works.house, works.tenant)
    assert list(dict.fromkeys(order)) == ["key", "row", "picture row", "picture"]
