"""Performance: figures of people and teams over a time, goals and reviews; and the score that payroll may read.

Who may look is asked here and nowhere else: personnel at everybody, a manager at the people of the teams that they lead now,
a person at themself. Whatever is said about somebody they read at once, and each look of another's is in their journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sealgate.domain.approvals import Kind
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import CycleId, GoalId, PersonId, SiteId, TeamId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.performance import (
    MAX_GOALS,
    Cycle,
    CycleClosed,
    Figures,
    Goal,
    PeriodScore,
    TooManyGoals,
    by_month,
    checked_cycle,
    checked_goal,
    checked_score,
    checked_words,
    figures_of,
)
from sealgate.domain.teams import Team
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.hours import read_days
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.people import names_of
from sealgate.flows.selfservice import Own
from sealgate.flows.signin import operator_names
from sealgate.ports import Sealed
from sealgate.privacy import journal
from sealgate.store import performance as rows
from sealgate.store import places, teams
from sealgate.store.engine import Reader, Tx
from sealgate.store.hours import rosters
from sealgate.store.performance import GoalRow, ReviewRow
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """`score` is of the newest cycle in which there is one."""

    person: PersonId
    name: str
    team: TeamId
    figures: Figures
    score: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The teams that may be looked at, the people of those that were asked for, and all of them together by month."""

    teams: tuple[Team, ...]
    people: tuple[PersonFigures, ...]
    months: Mapping[date, Figures]

    @property
    def total(self) -> Figures:
        return sum((line.figures for line in self.people), Figures())


@dataclass(frozen=True, slots=True)
class GoalLine:
    goal: GoalId
    terms: Goal
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """`words` and `own` are "" where nothing is said yet; `by` is the manager's name."""

    cycle: Cycle
    score: int | None = None
    words: str = ""
    by: str = ""
    said_at: datetime | None = None
    own: str = ""
    own_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonPerformance:
    person: PersonId
    name: str
    team: Team | None
    figures: Figures
    months: Mapping[date, Figures]
    goals: tuple[GoalLine, ...]
    reviews: tuple[ReviewLine, ...]


def overview(
    house: House,
    signed: Signed,
    first: date,
    last: date,
    *,
    team: TeamId | None = None,
    site: SiteId | None = None,
    purpose: str | None = None,
) -> Overview:
    """People of a team, or of all that may be looked at; with `site` those who were rostered there. Raises `TooManyDays`.

    With a `purpose` it is to be taken along as a file: raises `PurposeNeeded`, `NeedsSecond`.
    """
    signed.need(Permission.PERFORMANCE)
    with house.store.read(signed.tenant) as db:  # days may have to be derived: no gate waits for that
        seen, in_team, people = _people_of(db, signed, first, last, team, site)
        days = read_days(house, db, people, first, last)
        names, scores = names_of(house, db, people), _scores(house, db, people)
        lines = [
            PersonFigures(one, names[one], in_team[one], figures_of(days.get(one, ())), scores.get(one))
            for one in people
            if one in names
        ]
    with house.store.begin(signed.tenant, signed.actor) as tx:
        why, action = "", "performance.read"
        if purpose is not None:
            wanted = figures_wanted(len(lines), first, last, team, site)
            why, action = approving.cleared(house, tx, signed, wanted, purpose), "performance.taken"
        looked = [journal.Line(action, line.person, f"person:{line.person}:{first}:{last}", why) for line in lines]
        looked.append(journal.Line("performance.listed", object=f"people:{len(lines)}:{first}:{last}"))
        journal.write_all(tx, house.keyring, house.clock.now(), looked)
    months: dict[date, Figures] = {}
    for found in days.values():
        for month, figures in by_month(found).items():
            months[month] = months.get(month, Figures()) + figures
    lines.sort(key=lambda line: line.name)
    return Overview(tuple(seen), tuple(lines), dict(sorted(months.items())))


def figures_size(
    house: House, signed: Signed, first: date, last: date, *, team: TeamId | None = None, site: SiteId | None = None
) -> int:
    """How many people `overview` would tell of, without opening one of them."""
    signed.need(Permission.PERFORMANCE)
    with house.store.read(signed.tenant) as db:
        return len(_people_of(db, signed, first, last, team, site)[2])


def _people_of(
    db: Reader, signed: Signed, first: date, last: date, team: TeamId | None, site: SiteId | None
) -> tuple[list[Team], dict[PersonId, TeamId], list[PersonId]]:
    """The teams that are seen, who is in which of those wanted, and the people among them that are meant."""
    seen = _teams_seen(db, signed)
    wanted = [one.team for one in seen if team in {None, one.team}]
    if team is not None and not wanted:
        raise Forbidden(Permission.ALL_PERFORMANCE.value)
    in_team = {row.one.person: row.one.team for row in teams.memberships(db, first, last) if row.one.team in wanted}
    return seen, in_team, sorted(in_team) if site is None else sorted(_rostered_at(db, site, list(in_team), first, last))


def figures_wanted(people: int, first: date, last: date, team: TeamId | None, site: SiteId | None) -> Wanted:
    return Wanted(Kind.FIGURES, f"figures:{site or ''}:{team or ''}:{first}:{last}", people)


def person(house: House, signed: Signed, person: PersonId, first: date, last: date) -> PersonPerformance:
    """Raises `Forbidden` for somebody of another's team, `NotFound`."""
    with house.store.read(signed.tenant) as db:
        _may(db, signed, person)
        found = _of_person(house, db, person, first, last)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        journal.write(tx, house.keyring, house.clock.now(), "performance.opened", about=person, object=f"person:{person}")
    return found


def mine(house: House, own: Own, first: date, last: date) -> PersonPerformance:
    """Everything that is said about oneself. One's own look is no entry."""
    with house.store.read(own.tenant) as db:
        return _of_person(house, db, own.person, first, last)


def about(house: House, tenant: TenantId, person: PersonId, first: date, last: date) -> PersonPerformance:
    """As `mine`, for the file of everything about somebody."""
    with house.store.read(tenant) as db:
        return _of_person(house, db, person, first, last)


def add_goal(house: House, signed: Signed, person: PersonId, goal: Goal) -> GoalId:
    """Raises `TooManyGoals`."""
    good, made = checked_goal(goal), GoalId(house.new_id())
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _may(tx, signed, person)
        if len([row for row in rows.goals_of(tx, person) if row.ended_at is None]) >= MAX_GOALS:
            raise TooManyGoals("too many goals at once")
        now = house.clock.now()
        rows.add_goal(tx, made, person, _sealed_goal(house, tx, person, made, good), signed.operator, now)
        journal.write(tx, house.keyring, now, "goal.set", about=person, object=f"goal:{made}")
    return made


def move_goal(house: House, signed: Signed, goal: GoalId, progress: int) -> PersonId:
    """How far it is, in per cent; whose it is."""
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.goal(tx, goal)
        _may(tx, signed, row.person)
        moved = checked_goal(replace(_goal(house, tx, row).terms, progress=progress))
        if not rows.change_goal(tx, goal, _sealed_goal(house, tx, row.person, goal, moved)):
            raise NotFound("goal")
        journal.write(tx, house.keyring, house.clock.now(), "goal.moved", about=row.person, object=f"goal:{goal}")
    return row.person


def end_goal(house: House, signed: Signed, goal: GoalId) -> PersonId:
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.goal(tx, goal)
        _may(tx, signed, row.person)
        if not rows.end_goal(tx, goal, house.clock.now()):
            raise NotFound("goal")
        journal.write(tx, house.keyring, house.clock.now(), "goal.ended", about=row.person, object=f"goal:{goal}")
    return row.person


def cycles(house: House, signed: Signed) -> list[Cycle]:
    signed.need(Permission.PERFORMANCE)
    with house.store.read(signed.tenant) as db:
        return rows.cycles(db)


def add_cycle(house: House, signed: Signed, name: str, since: date, until: date) -> CycleId:
    signed.need(Permission.ALL_PERFORMANCE)
    made, said = CycleId(house.new_id()), checked_cycle(name, since, until)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        rows.add_cycle(tx, Cycle(made, said, since, until), now)
        journal.write(tx, house.keyring, now, "review-cycle.opened", object=f"cycle:{made}")
    return made


def close_cycle(house: House, signed: Signed, cycle: CycleId) -> None:
    """From now on its scores count for pay, and nothing in it changes. Raises `CycleClosed`."""
    signed.need(Permission.ALL_PERFORMANCE)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows.cycle(tx, cycle)
        now = house.clock.now()
        if not rows.close_cycle(tx, cycle, now):
            raise CycleClosed("closed already")
        journal.write(tx, house.keyring, now, "review-cycle.closed", object=f"cycle:{cycle}")


def score(house: House, signed: Signed, cycle: CycleId, person: PersonId, score: int, words: str) -> None:
    """The manager's score with their words; said again, it takes the place of what was said. Raises `CycleClosed`."""
    value, said = checked_score(score), checked_words(words)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _may(tx, signed, person)
        _must_be_open(tx, cycle)
        now = house.clock.now()
        place = review_place(tx, "said", cycle, person)
        sealed = seal(house, tx.tenant, subject(person), place, {"score": value, "words": said})
        rows.say(tx, cycle, person, sealed, signed.operator, now)
        journal.write(tx, house.keyring, now, "review.scored", about=person, object=f"cycle:{cycle}")


def say_oneself(house: House, own: Own, cycle: CycleId, words: str) -> None:
    """The person's own words. Raises `CycleClosed`."""
    said = checked_words(words)
    with house.store.begin(own.tenant, own.actor) as tx:
        _must_be_open(tx, cycle)
        now = house.clock.now()
        sealed = seal(house, tx.tenant, subject(own.person), review_place(tx, "own", cycle, own.person), {"words": said})
        rows.say_oneself(tx, cycle, own.person, sealed, now)
        journal.write(tx, house.keyring, now, "review.own-words", about=own.person, object=f"cycle:{cycle}")


def period_scores(house: House, db: Reader, people: Sequence[PersonId], day: date) -> dict[PersonId, PeriodScore]:
    """For payroll, which journals its reading: of each who has a score, that of the newest closed cycle over by that day."""
    known = {cycle.cycle: cycle for cycle in rows.cycles(db) if cycle.closed and cycle.until <= day}
    found: dict[PersonId, PeriodScore] = {}
    for row in rows.reviews_of(db, list(people)):
        cycle, value = known.get(row.cycle), _score(house, db, row)
        if cycle is None or value is None:
            continue
        if row.person not in found or found[row.person].until < cycle.until:
            found[row.person] = PeriodScore(row.person, cycle.since, cycle.until, value)
    return found


def review_place(db: Reader, column: str, cycle: CycleId, person: PersonId) -> Place:
    return Place(db.tenant, "reviews", column, f"{cycle}/{person}")


def goal_place(db: Reader, goal: GoalId) -> Place:
    return Place(db.tenant, "goals", "detail", str(goal))


def _may(db: Reader, signed: Signed, person: PersonId) -> None:
    """Personnel may, and who leads the team that the person is in now."""
    signed.need(Permission.PERFORMANCE)
    if signed.may(Permission.ALL_PERFORMANCE):
        return
    now = teams.now_in(db, person)
    if now is None or now.team not in teams.led_by(db, signed.operator):
        raise Forbidden(Permission.ALL_PERFORMANCE.value)


def _teams_seen(db: Reader, signed: Signed) -> list[Team]:
    known = teams.teams(db)
    if signed.may(Permission.ALL_PERFORMANCE):
        return known
    led = set(teams.led_by(db, signed.operator))
    return [team for team in known if team.team in led]


def _rostered_at(db: Reader, site: SiteId, people: Sequence[PersonId], first: date, last: date) -> set[PersonId]:
    groups = rosters.groups_of(db, people)
    here = [pattern for pattern in rosters.patterns(db, first, last) if pattern.site == site]
    found = {pattern.person for pattern in here if pattern.person is not None} & set(people)
    wide = {pattern.group for pattern in here if pattern.group is not None}
    found |= {one for one in people if wide & set(groups.get(one, ()))}
    return found | {day.person for day in rosters.single_days(db, people, first, last) if day.site == site}


def _of_person(house: House, db: Reader, person: PersonId, first: date, last: date) -> PersonPerformance:
    names = names_of(house, db, [person])
    if person not in names:
        raise NotFound("person")
    days = read_days(house, db, [person], first, last).get(person, ())
    now = teams.now_in(db, person)
    goals = tuple(_goal(house, db, row) for row in rows.goals_of(db, person))
    team = teams.team(db, now.team) if now else None
    return PersonPerformance(
        person, names[person], team, figures_of(days), by_month(days), goals, tuple(_reviews(house, db, person))
    )


def _reviews(house: House, db: Reader, person: PersonId) -> list[ReviewLine]:
    """Of every cycle, the newest first, also where nothing is said yet."""
    said = {row.cycle: row for row in rows.reviews_of(db, [person])}
    names = operator_names(house, db)
    return [
        _review(house, db, cycle, said[cycle.cycle], names) if cycle.cycle in said else ReviewLine(cycle)
        for cycle in rows.cycles(db)
    ]


def _review(house: House, db: Reader, cycle: Cycle, row: ReviewRow, names: Mapping[str, str]) -> ReviewLine:
    said = {} if row.said is None else unseal(house, review_place(db, "said", row.cycle, row.person), row.said)
    own = {} if row.own is None else unseal(house, review_place(db, "own", row.cycle, row.person), row.own)
    by = names.get(str(row.scored_by), "") if row.scored_by else ""
    return ReviewLine(cycle, said.get("score"), said.get("words", ""), by, row.scored_at, own.get("words", ""), row.own_at)


def _scores(house: House, db: Reader, people: Sequence[PersonId]) -> dict[PersonId, int]:
    order = {cycle.cycle: number for number, cycle in enumerate(rows.cycles(db))}
    newest: dict[PersonId, int] = {}
    for row in sorted(rows.reviews_of(db, people), key=lambda row: order.get(row.cycle, len(order))):
        value = _score(house, db, row) if row.person not in newest else None
        if value is not None:
            newest[row.person] = value
    return newest


def _score(house: House, db: Reader, row: ReviewRow) -> int | None:
    if row.said is None:
        return None
    try:
        return int(unseal(house, review_place(db, "said", row.cycle, row.person), row.said)["score"])
    except KeyDestroyed:
        return None


def _goal(house: House, db: Reader, row: GoalRow) -> GoalLine:
    told = unseal(house, goal_place(db, row.goal), row.detail)
    due = None if told["due"] is None else date.fromisoformat(told["due"])
    return GoalLine(row.goal, Goal(told["title"], told["measure"], due, told["progress"]), row.made_at, row.ended_at)


def _sealed_goal(house: House, tx: Tx, person: PersonId, goal: GoalId, terms: Goal) -> Sealed:
    due = None if terms.due is None else terms.due.isoformat()
    return seal(house, tx.tenant, subject(person), goal_place(tx, goal), {**asdict(terms), "due": due})


def _must_be_open(tx: Tx, cycle: CycleId) -> None:
    if rows.cycle(tx, cycle).closed:
        raise CycleClosed("the cycle is closed")


def today(house: House, signed: Signed, site: SiteId) -> date:
    with house.store.read(signed.tenant) as db:
        return local_day(house.clock.now(), zone(places.site(db, site).time_zone))
