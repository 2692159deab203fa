"""Passages: one way in, in batches; and the ways to look at them.

Identities are time-ordered and never fall, so a page goes by `id` and stays right when the clock was put back.
A batch that comes twice (an edge did not hear our answer) is known by its nonces and written once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa

from sealgate.domain.access import Reason
from sealgate.domain.errors import Invalid
from sealgate.domain.ids import GateId, PassageId, SiteId, TenantId
from sealgate.domain.sightings import Means
from sealgate.ports import LatchAnswer, Sealed, Token
from sealgate.store import schema as s
from sealgate.store.columns import microseconds
from sealgate.store.engine import Reader, Tx, of_tenant

T = TypeVar("T")

END = datetime.max.replace(tzinfo=UTC)
MAX_BATCH = 5_000
MAX_TOKENS = 400
MAX_MARKS = 2_000


class TooMany(Invalid):
    code = "store.too-many"


@dataclass(frozen=True, slots=True)
class PassageRow:
    """`day` is the number of the site's local day (`calendar.day_number`), and `token` is of that day.

    `who` and `detail` are sealed, under the subject's or the day's key. `means` is None where an operator opened by hand.
    `nonce` (16 random bytes) is given where the batch may come again; it is not kept with the passage.
    """

    passage: PassageId
    site: SiteId
    gate: GateId
    day: int
    at: datetime
    means: Means | None
    opens: bool
    reason: Reason
    token: Token | None = None
    who: Sealed | None = None
    detail: Sealed | None = None
    nonce: bytes | None = None


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage as it was written, and what the latch said and when, where it did."""

    row: PassageRow
    latch: LatchAnswer | None
    latch_at: datetime | None


t = s.passages.c
_ROW = (t.id, t.site_id, t.gate_id, t.day, t.at, t.means, t.opens, t.reason, t.token, t.who, t.detail)

_COLUMNS = "tenant_id, id, site_id, gate_id, day, at, means, opens, reason, token, who, detail"
_SQLITE = f"INSERT INTO passages ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_POSTGRES = f"""
    INSERT INTO passages ({_COLUMNS})
    SELECT %s::uuid, * FROM unnest(
        %s::bigint[], %s::uuid[], %s::uuid[], %s::integer[], %s::bigint[], %s::text[], %s::integer[], %s::text[],
        %s::bytea[], %s::bytea[], %s::bytea[])
"""  # noqa: S608 - constants
_MARKS = "SELECT token, id, gate_id, at FROM passages WHERE opens = 1 AND tenant_id = "
_MARKS_SQLITE = f"{_MARKS}? AND day = ? AND token IN ("
_MARKS_POSTGRES = f"{_MARKS}%s AND day = %s AND token = ANY(%s::bytea[])"


def append(tx: Tx, rows: Sequence[PassageRow]) -> list[PassageRow]:
    """Write the rows; answers those that were new. At most `MAX_BATCH`. Raises `AlreadyThere` where an id is taken."""
    if len(rows) > MAX_BATCH:
        raise TooMany(f"at most {MAX_BATCH} passages at once", field="passages")
    claimed = _claim(tx, [row for row in rows if row.nonce is not None])
    new = [row for row in rows if row.nonce is None or claimed.pop((row.day, row.nonce), None) == row.passage]
    if new:
        _insert(tx, new)
    return new


def _claim(tx: Tx, rows: Sequence[PassageRow]) -> dict[tuple[int, bytes | None], PassageId]:
    """The nonces that nobody used before, now ours; of two that are equal in one batch, the first. Whoever else claims
    one at this moment waits for our commit and then finds it taken."""
    first = {(row.day, row.nonce): row.passage for row in reversed(rows)}
    claims = [{"day": day, "nonce": nonce, "passage_id": passage} for (day, nonce), passage in first.items()]
    with tx.upkeep():
        taken = tx.add_unless_there(s.replays, claims, (s.replays.c.day, s.replays.c.nonce))
    return {(day, nonce): first[day, nonce] for day, nonce in taken}


def _insert(tx: Tx, rows: Sequence[PassageRow]) -> None:
    """In the driver's own words: through SQLAlchemy's column types a row costs twice the CPU on SQLite, and PostgreSQL takes
    a quarter of the rows a second. It is the only place where the forms of columns.py are written out a second time."""
    if tx.sql.dialect.name == "sqlite":
        tenant = tx.tenant.bytes
        tx.run(_SQLITE, [(tenant, row.passage, row.site.bytes, row.gate.bytes, *_rest(row)) for row in rows])
    else:
        columns = zip(*((row.passage, row.site, row.gate, *_rest(row)) for row in rows), strict=True)
        tx.run(_POSTGRES, (tx.tenant, *map(list, columns)))


def _rest(row: PassageRow) -> tuple[Any, ...]:
    """What both databases keep in one form."""
    means = None if row.means is None else row.means.value
    return row.day, microseconds(row.at), means, int(row.opens), row.reason.value, row.token, row.who, row.detail


def answer_latch(tx: Tx, passage: PassageId, answer: LatchAnswer, at: datetime) -> None:
    """What the latch said to this passage: the second fact. Raises `AlreadyThere` for a second answer."""
    tx.add(s.latch_answers, {"passage_id": passage, "answer": answer, "at": at})


def blank(tx: Tx, tokens: Sequence[tuple[int, Token]]) -> int:
    """Take out of the passages of those days and tokens whatever is sealed or leads to somebody; how many they were."""
    gone = {"token": None, "who": None, "detail": None}
    return sum(tx.change(s.passages, [t.day == day, t.token == token], gone) for day, token in tokens)


def count_of(db: Reader, tokens: Sequence[tuple[int, Token]]) -> int:
    """How many passages `blank` would take something out of."""
    count = sa.select(sa.func.count()).select_from(s.passages)
    return sum(
        int(db.sql.execute(count.where(db.mine(s.passages), t.day == day, t.token == token)).scalar_one())
        for day, token in tokens
    )


def passage(db: Reader, passage: PassageId) -> PassageView | None:
    return db.row(_joined(db.tenant, sa.select(t.id).where(db.mine(s.passages), t.id == passage)), _view)


def page(
    db: Reader,
    *,
    site: SiteId | None = None,
    gate: GateId | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    tokens: Sequence[tuple[int, Token]] | None = None,
    before_id: PassageId | None = None,
    limit: int = 50,
) -> list[PassageView]:
    """Newest first, from before `before_id`. `until` is not included. `tokens`: one for each day that is searched.

    With `since` name the site too: what finds an instant is kept by site.
    """
    if tokens is not None and len(tokens) > MAX_TOKENS:
        raise TooMany(f"at most {MAX_TOKENS} tokens in one search", field="tokens")
    if tokens is not None and not tokens:
        return []
    among = s.passages if tokens is None else _with_token(db, tokens)
    c = among.c
    conditions = [c.tenant_id == db.tenant, *_conditions(c, site=site, gate=gate, since=since, until=until, before=before_id)]
    return db.rows(_joined(db.tenant, sa.select(c.id).where(*conditions).order_by(c.id.desc()).limit(limit)), _view)


def at_gate(
    db: Reader, site: SiteId, gate: GateId, *, since: datetime, until: datetime = END, limit: int = 50
) -> list[PassageView]:
    """As `page`, of one gate of that site. Asked at every arrival, so it is put together once."""
    return db.ask(_at_gate(), _view, site=site, gate=gate, since=since, until=until, most=limit)


@cache
def _at_gate() -> sa.Select[Any]:
    given = sa.bindparam
    here = t.site_id == given("site"), t.gate_id == given("gate"), t.at >= given("since"), t.at < given("until")
    wanted = sa.select(t.id).where(of_tenant(s.passages), *here).order_by(t.id.desc()).limit(given("most", type_=sa.Integer))
    return _joined(given("tenant"), wanted)


def _with_token(db: Reader, tokens: Sequence[tuple[int, Token]]) -> sa.CTE:
    """The passages of those tokens: each is one look into that day's part of the index, whatever else is asked."""
    columns = sa.column("day", sa.Integer), sa.column("token", sa.LargeBinary)
    wanted = sa.values(*columns, name="wanted").data([tuple(pair) for pair in tokens]).cte()
    same = sa.and_(t.tenant_id == db.tenant, t.day == wanted.c.day, t.token == wanted.c.token)
    found = sa.select(t.tenant_id, t.id, t.site_id, t.gate_id, t.at).select_from(wanted).join(s.passages, same)
    return found.cte("found").prefix_with("MATERIALIZED")  # or a planner might walk the whole site and ask for the token last


def marks(
    db: Reader, wanted: Sequence[tuple[int, Sequence[Token]]], ways: Mapping[GateId, T]
) -> list[tuple[Token, int, T, int]]:
    """Of some days, each with its tokens: token, passage, what `ways` says of its gate, microseconds since 1970; for passages
    that opened, and through those gates alone. One person's few days are one question, ten thousand people's one for each day.

    In the driver's own words, for a month of ten thousand people is a million rows. At most `MAX_MARKS` tokens at once.
    """
    if sum(len(tokens) for _, tokens in wanted) > MAX_MARKS:
        raise TooMany(f"at most {MAX_MARKS} tokens at once", field="tokens")
    days = [(day, tokens) for day, tokens in wanted if tokens]
    if not days:
        return []
    if db.sql.dialect.name == "sqlite":
        asked = " UNION ALL ".join([f"{_MARKS_SQLITE}{','.join('?' * len(tokens))})" for _, tokens in days])
        values = tuple(value for day, tokens in days for value in (db.tenant.bytes, day, *tokens))
        known: dict[Any, T] = {gate.bytes: way for gate, way in ways.items()}
        found = db.sql.exec_driver_sql(asked, values)
        return [(token, passage, known[gate], at) for token, passage, gate, at in _all(found) if gate in known]
    asked = " UNION ALL ".join([_MARKS_POSTGRES] * len(days))
    found = db.sql.exec_driver_sql(asked, tuple(value for day, tokens in days for value in (db.tenant, day, list(tokens))))
    return [(Token(bytes(token)), passage, ways[gate], at) for token, passage, gate, at in _all(found) if gate in ways]


def _all(found: sa.CursorResult[Any]) -> Sequence[Any]:
    """As the driver gives them, in one go: a row of SQLAlchemy's for each costs as much as reading it."""
    rows: Sequence[Any] = found.cursor.fetchall() if found.cursor is not None else []
    found.close()
    return rows


def counts(db: Reader, site: SiteId | None, since: datetime) -> dict[Reason, int]:
    """How often each reason was told, from `since` on."""
    query = sa.select(t.reason, sa.func.count()).where(db.mine(s.passages), *_conditions(t, site=site, since=since))
    return dict(db.rows(query.group_by(t.reason), lambda reason, n: (reason, n)))


def first_and_last(db: Reader, site: SiteId, first: int, last: int) -> list[tuple[int, Token, datetime, datetime]]:
    """When each day's tokens were let through first and last at the site, by day number, from `first` through `last`."""
    there = [t.day.between(first, last), t.site_id == site, t.opens == sa.literal(True, t.opens.type), t.token.is_not(None)]
    query = sa.select(t.day, t.token, sa.func.min(t.at), sa.func.max(t.at)).where(db.mine(s.passages), *there)
    return db.rows(query.group_by(t.day, t.token), lambda *row: row)


def digest(rows: Sequence[PassageRow]) -> bytes:
    """SHA-256 over what stays of the rows when a person is erased: a line for each, of all plain columns.

    None of them can hold a space or a line's end. The sealed columns are bound to their row by the vault, and the token is
    blanked in the end, so neither is in it.
    """
    sha = hashlib.sha256()
    for r in rows:
        means = "-" if r.means is None else r.means
        line = f"{r.passage} {r.site} {r.gate} {r.day} {microseconds(r.at)} {means} {r.opens:d} {r.reason}\n"
        sha.update(line.encode())
    return sha.digest()


def _conditions(
    c: sa.ColumnCollection[str, sa.ColumnElement[Any]],
    *,
    site: SiteId | None = None,
    gate: GateId | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: PassageId | None = None,
) -> list[sa.ColumnElement[bool]]:
    asked = [
        None if site is None else c.site_id == site,
        None if gate is None else c.gate_id == gate,
        None if since is None else c.at >= since,
        None if until is None else c.at < until,
        None if before is None else c.id < before,
    ]
    return [condition for condition in asked if condition is not None]


def _joined(tenant: TenantId | sa.BindParameter[Any], wanted: sa.Select[Any]) -> sa.Select[Any]:
    """The whole rows of the ids in `wanted`, with the latch's answers, newest first."""
    a, ids = s.latch_answers.c, wanted.subquery()
    return (
        sa.select(*_ROW, a.answer, a.at.label("answered_at"))
        .select_from(ids)
        .join(s.passages, sa.and_(t.tenant_id == tenant, t.id == ids.c.id))
        .outerjoin(s.latch_answers, sa.and_(a.tenant_id == t.tenant_id, a.passage_id == t.id))
        .order_by(t.id.desc())
    )


def _view(*row: Any) -> PassageView:
    *first, answer, answered_at = row
    return PassageView(PassageRow(*first), answer, answered_at)
