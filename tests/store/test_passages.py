"""Passages: written once, in batches; found by site, time and token; paged by identity, which only rises."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.access import Reason
from sealgate.domain.calendar import day_number
from sealgate.domain.ids import Counter, GateId, PassageId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.ports import KeyKind, LatchAnswer, Token
from sealgate.store import passages, pictures
from sealgate.store.engine import Actor, Store
from sealgate.store.faults import AlreadyThere

if TYPE_CHECKING:
    from tests.store.conftest import Campus, Cast

GATE = Actor("gate", "door")
HOUR = timedelta(hours=1)


@pytest.fixture
def campus(acme: TenantId, cast: Cast) -> Campus:
    return cast.campus(acme)


def plate(value: str) -> Token:
    return Token(value.encode().ljust(16, b".")[:16])


def ids(found: list[passages.PassageView]) -> list[PassageId]:
    return [view.row.passage for view in found]


def test_a_passage_is_read_as_it_was_written(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    row = cast.passage(campus.site, campus.door, index=plate("A123"))
    with cast.writing(acme) as tx:
        assert passages.append(tx, [row]) == [row]
    with store.read(acme) as db:
        assert passages.passage(db, row.passage) == passages.PassageView(row, None, None)


def test_a_gate_that_was_opened_by_hand_has_no_means(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    row = replace(cast.passage(campus.site, campus.door), means=None, reason=Reason.FORCED, who=None, detail=None)
    with cast.writing(acme) as tx:
        passages.append(tx, [row])
    with store.read(acme) as db:
        found = passages.passage(db, row.passage)
    assert found is not None
    assert found.row == row


def test_what_the_latch_said_is_the_second_fact(
    store: Store, acme: TenantId, cast: Cast, campus: Campus, noon: datetime
) -> None:
    row = cast.passage(campus.site, campus.door)
    with cast.writing(acme) as tx:
        passages.append(tx, [row])
    with cast.writing(acme) as tx:
        passages.answer_latch(tx, row.passage, LatchAnswer.ACCEPTED, noon + HOUR)
    with store.read(acme) as db:
        (view,) = passages.page(db, site=campus.site)
    assert (view.latch, view.latch_at) == (LatchAnswer.ACCEPTED, noon + HOUR)
    with pytest.raises(AlreadyThere), cast.writing(acme) as tx:
        passages.answer_latch(tx, row.passage, LatchAnswer.REFUSED, noon)


def test_a_batch_that_comes_twice_is_written_once(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    batch = [cast.passage(campus.site, campus.door, nonce=secrets.token_bytes(16)) for _ in range(20)]
    again = [replace(row, passage=PassageId(store.ids.next(row.at))) for row in batch]  # an edge may number them anew
    more = cast.passage(campus.site, campus.door, nonce=secrets.token_bytes(16))
    with cast.writing(acme) as tx:
        assert passages.append(tx, batch) == batch
    with cast.writing(acme) as tx:
        assert passages.append(tx, batch) == []
    with cast.writing(acme) as tx:
        assert passages.append(tx, [*again, more]) == [more]
    with store.read(acme) as db:
        assert ids(passages.page(db, limit=100)) == sorted([row.passage for row in [*batch, more]], reverse=True)


def test_a_replay_that_brings_nothing_new_needs_no_journal_entry(
    store: Store, acme: TenantId, cast: Cast, campus: Campus
) -> None:
    row = cast.passage(campus.site, campus.door, nonce=secrets.token_bytes(16))
    with cast.writing(acme) as tx:
        passages.append(tx, [row])
    with store.begin(acme, GATE) as tx:
        assert passages.append(tx, [row]) == []


def test_one_nonce_twice_in_one_batch_is_one_passage(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    first = cast.passage(campus.site, campus.door, nonce=b"n" * 16)
    second = cast.passage(campus.site, campus.door, nonce=b"n" * 16)
    with cast.writing(acme) as tx:
        assert len(passages.append(tx, [first, second])) == 1


def test_a_nonce_of_acme_says_nothing_at_umbra(
    store: Store, acme: TenantId, umbra: TenantId, cast: Cast, campus: Campus
) -> None:
    row = cast.passage(campus.site, campus.door, nonce=b"n" * 16)
    for tenant in (acme, umbra):
        with cast.writing(tenant) as tx:
            assert passages.append(tx, [row]) == [row]


def test_a_number_that_is_taken_is_no_replay(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    row = cast.passage(campus.site, campus.door)
    with cast.writing(acme) as tx:
        passages.append(tx, [row])
    with pytest.raises(AlreadyThere), cast.writing(acme) as tx:
        passages.append(tx, [row])


def test_a_batch_has_an_end(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    row = cast.passage(campus.site, campus.door)
    with pytest.raises(passages.TooMany), cast.writing(acme) as tx:
        passages.append(tx, [row] * (passages.MAX_BATCH + 1))


def test_pages_follow_one_another_newest_first(
    store: Store, acme: TenantId, cast: Cast, campus: Campus, noon: datetime
) -> None:
    rows = [cast.passage(campus.site, campus.door, noon + number * HOUR) for number in range(25)]
    with cast.writing(acme) as tx:
        passages.append(tx, rows)
    seen: list[PassageId] = []
    with store.read(acme) as db:
        while page := passages.page(db, site=campus.site, before_id=seen[-1] if seen else None, limit=10):
            seen += ids(page)
    assert seen == [row.passage for row in reversed(rows)]


def test_pages_stay_in_order_when_the_clock_was_put_back(
    store: Store, acme: TenantId, cast: Cast, campus: Campus, noon: datetime
) -> None:
    before = cast.passage(campus.site, campus.door, noon)
    after = cast.passage(campus.site, campus.door, noon - HOUR)  # the clock was an hour fast, and was mended
    with cast.writing(acme) as tx:
        passages.append(tx, [before, after])
    with store.read(acme) as db:
        assert ids(passages.page(db, limit=1)) == [after.passage]
        assert ids(passages.page(db, before_id=after.passage)) == [before.passage]
        assert ids(passages.page(db, since=noon)) == [before.passage]


def test_passages_are_found_by_place_and_time(store: Store, acme: TenantId, cast: Cast, campus: Campus, noon: datetime) -> None:
    elsewhere = cast.campus(acme)
    rows = [cast.passage(campus.site, campus.door, noon + number * HOUR) for number in range(3)]
    other = cast.passage(elsewhere.site, elsewhere.door, noon)
    with cast.writing(acme) as tx:
        passages.append(tx, [*rows, other])
    with store.read(acme) as db:
        assert ids(passages.page(db, site=campus.site)) == [row.passage for row in reversed(rows)]
        assert ids(passages.page(db, gate=elsewhere.door)) == [other.passage]
        assert ids(passages.page(db, site=campus.site, since=noon + HOUR)) == [rows[2].passage, rows[1].passage]
        assert ids(passages.page(db, site=campus.site, until=noon + HOUR)) == [rows[0].passage]
        assert ids(passages.page(db, site=SiteId(store.new_id()))) == ids(passages.page(db, gate=GateId(store.new_id()))) == []


def test_a_plate_is_found_by_one_token_for_each_day(
    store: Store, acme: TenantId, cast: Cast, campus: Campus, noon: datetime
) -> None:
    days = [noon + timedelta(days=number) for number in range(4)]
    tokens = [plate(f"day {number}") for number in range(4)]
    rows = [cast.passage(campus.site, campus.door, day, index) for day, index in zip(days, tokens, strict=True)]
    stranger = cast.passage(campus.site, campus.door, days[1], plate("somebody"))
    with cast.writing(acme) as tx:
        passages.append(tx, [*rows, stranger])
    asked = [(day_number(day.date()), index) for day, index in zip(days[:3], tokens[:3], strict=True)]
    with store.read(acme) as db:
        assert ids(passages.page(db, tokens=asked)) == [row.passage for row in reversed(rows[:3])]
        assert passages.page(db, tokens=[]) == []
        assert passages.page(db, tokens=[(asked[0][0], tokens[1])]) == []  # a token of another day is no token of this one
        with pytest.raises(passages.TooMany):
            passages.page(db, tokens=asked * 200)


def test_a_search_by_token_goes_through_its_index(store: Store, acme: TenantId, cast: Cast, campus: Campus) -> None:
    """What each planner says; PostgreSQL would scan a table this small, so scans are forbidden."""
    asked: list[tuple[str, Any]] = []

    def note(_sql: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    with store.read(acme) as db:
        if not store.is_sqlite:
            db.sql.exec_driver_sql("SET LOCAL enable_seqscan = off")
        sa.event.listen(db.sql, "before_cursor_execute", note)
        passages.page(db, site=campus.site, tokens=[(1, plate("a")), (2, plate("b"))])
        statement, parameters = asked[0]
        explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
        plan = str(db.sql.exec_driver_sql(f"{explain} {statement}", parameters).all())
    used = "ix_passages_day_token (tenant_id=? AND day=? AND token=?)" if store.is_sqlite else "tenant_id_day_token_idx"
    assert used in plan


def test_reasons_are_counted(store: Store, acme: TenantId, cast: Cast, campus: Campus, noon: datetime) -> None:
    rows = [cast.passage(campus.site, campus.door, noon + number * HOUR) for number in range(4)]
    rows[3] = replace(rows[3], opens=False, reason=Reason.UNKNOWN)
    with cast.writing(acme) as tx:
        passages.append(tx, rows)
    with store.read(acme) as db:
        assert passages.counts(db, campus.site, noon + HOUR) == {Reason.ALLOWED: 2, Reason.UNKNOWN: 1}
        assert passages.counts(db, None, noon) == {Reason.ALLOWED: 3, Reason.UNKNOWN: 1}


def test_nothing_of_acme_is_seen_at_umbra(
    store: Store, acme: TenantId, umbra: TenantId, cast: Cast, campus: Campus, noon: datetime
) -> None:
    row = cast.passage(campus.site, campus.door, index=plate("A123"))
    with cast.writing(acme) as tx:
        passages.append(tx, [row])
    with store.read(umbra) as db:
        assert passages.passage(db, row.passage) is None
        assert (
            passages.page(db)
            == passages.page(db, site=campus.site)
            == passages.page(db, tokens=[(row.day, plate("A123"))])
            == []
        )
        assert passages.counts(db, campus.site, noon) == {}


@pytest.mark.parametrize(
    "change", [{"opens": False}, {"reason": Reason.FORCED}, {"day": 1}, {"means": None}, {"means": Means.PIN}], ids=str
)
def test_the_digest_of_a_batch_changes_with_every_plain_column(
    store: Store, acme: TenantId, cast: Cast, campus: Campus, change: dict[str, object]
) -> None:
    rows = [cast.passage(campus.site, campus.door) for _ in range(3)]
    changed = [rows[0], replace(rows[1], **change), rows[2]]  # type: ignore[arg-type]
    assert passages.digest(changed) != passages.digest(rows)
    assert passages.digest(rows[::-1]) != passages.digest(rows)
    assert passages.digest([replace(row, who=None, detail=None, token=None) for row in rows]) == passages.digest(rows)


def test_pictures_are_kept_by_day_and_kind(store: Store, acme: TenantId, umbra: TenantId, cast: Cast) -> None:
    old, new, portrait = (store.new_id() for _ in range(3))
    with cast.writing(acme) as tx:
        pictures.add_picture(tx, old, day=100, key_kind=KeyKind.DAY)
        pictures.add_picture(tx, new, day=200, key_kind=KeyKind.DAY)
        pictures.add_picture(tx, portrait, day=100, key_kind=KeyKind.SUBJECT)
    with store.read(acme) as db:
        assert [row.picture for row in pictures.pictures_before(db, 200)] == [old]
        assert set(pictures.names(db)) == {old, new, portrait}
        assert pictures.picture(db, portrait) == pictures.PictureRow(portrait, 100, KeyKind.SUBJECT)
    with store.read(umbra) as db:
        assert pictures.picture(db, old) is None
    with cast.writing(acme) as tx:
        assert pictures.remove_picture(tx, old)
        assert not pictures.remove_picture(tx, old)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=50))
def test_ids_rise_whatever_the_clock_does(jumps: list[int]) -> None:
    counter, at, last = Counter(7), datetime.fromisoformat("2026-03-02T12:00:00+00:00"), 0
    for jump in jumps:
        at += timedelta(milliseconds=jump)
        number = counter.next(at)
        assert number > last
        last = number
