"""Teams: who is in them, who leads them, and how many of each came on a day.

The surprising thing: a head count opens nobody's passages. The day's tokens of a team's people are computed and looked for
among the day's passages; who passed stays sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sealgate.domain.approvals import Kind
from sealgate.domain.calendar import DAY, day_number, local_day, zone
from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import OperatorId, PersonId, SiteId, TeamId
from sealgate.domain.operators import Permission
from sealgate.domain.people import name_key
from sealgate.domain.teams import (
    JoinsEarlier,
    Membership,
    NotInTeam,
    Team,
    TeamEnded,
    TeamTerms,
    checked,
    checked_trade,
    days_between,
    head_counts,
)
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.enrol import number_token
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.signin import operator_names
from sealgate.ports import Token
from sealgate.privacy import journal
from sealgate.store import directory, passages, places
from sealgate.store import teams as rows
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed


class NobodyOfThat(Invalid):
    """No person, or more than one, has that whole name; or none has that staff number."""

    code = "team.nobody"


@dataclass(frozen=True, slots=True)
class TeamLine:
    """`manager` is a name, "" for none; `here` came to the site today, of `people` in the team."""

    team: Team
    manager: str
    people: int
    here: int


@dataclass(frozen=True, slots=True)
class MemberLine:
    """`first` and `last` are when the person passed a gate of the site that day."""

    person: PersonId
    name: str
    number: str
    trade: str
    since: date
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class TeamRecord:
    """`counts` are head counts, a day each."""

    line: TeamLine
    members: tuple[MemberLine, ...]
    counts: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class RollLine:
    """One line of the real-name list: who was in which team that day, and when they passed the site's gates."""

    team: Team
    member: MemberLine


def teams(house: House, signed: Signed, site: SiteId) -> list[TeamLine]:
    """Every team there is, with today's head count at the site."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.read(signed.tenant) as db:
        today = _today(house, db, site)
        return _lines(house, db, site, rows.teams(db), today)


def add_team(house: House, signed: Signed, terms: TeamTerms) -> TeamId:
    signed.need(Permission.TEAMS)
    made, good = TeamId(house.new_id()), checked(terms)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows.add_team(tx, made, good)
        journal.write(tx, house.keyring, house.clock.now(), "team.added", object=f"team:{made}")
    return made


def change_team(house: House, signed: Signed, team: TeamId, terms: TeamTerms) -> None:
    signed.need(Permission.TEAMS)
    good = checked(terms)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows.team(tx, team)
        if not rows.update_team(tx, team, good):
            raise TeamEnded("the team has ended")
        journal.write(tx, house.keyring, house.clock.now(), "team.changed", object=f"team:{team}")


def end_team(house: House, signed: Signed, site: SiteId, team: TeamId) -> None:
    """From tomorrow on nobody is in it; the past stays."""
    signed.need(Permission.TEAMS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        rows.team(tx, team)
        if not rows.end_team(tx, team, _today(house, tx, site)):
            raise TeamEnded("the team has ended")
        journal.write(tx, house.keyring, house.clock.now(), "team.ended", object=f"team:{team}")


def put_in(house: House, signed: Signed, team: TeamId, person: PersonId, since: date, trade: str = "") -> None:
    """From that day on the person is in this team, and in no other. Raises `TeamEnded`, `JoinsEarlier`, `NotFound`."""
    signed.need(Permission.TEAMS)
    said = checked_trade(trade)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = rows.team(tx, team)
        if found.ended_on is not None:
            raise TeamEnded("the team has ended")
        if directory.person(tx, person) is None:
            raise NotFound("person")
        _leave_other(house, tx, person, since)
        sealed = seal(house, tx.tenant, subject(person), member_place(signed, person, since), {"trade": said})
        rows.join(tx, Membership(person, team, since), sealed)
        journal.write(tx, house.keyring, house.clock.now(), "team.joined", about=person, object=f"team:{team}:{since}")


def take_out(house: House, signed: Signed, team: TeamId, person: PersonId, last: date) -> None:
    """`last` is the last day in the team. Raises `NotInTeam`."""
    signed.need(Permission.TEAMS)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not rows.end_membership(tx, person, team, last):
            raise NotInTeam("not in this team")
        journal.write(tx, house.keyring, house.clock.now(), "team.left", about=person, object=f"team:{team}:{last}")


def person_called(house: House, signed: Signed, said: str, field: str = "who") -> PersonId:
    """The one person of that staff number, or else of that whole name. Raises `NobodyOfThat`."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.read(signed.tenant) as db:
        token = number_token(house, db.tenant, said)
        if token is not None and (person := directory.person_numbered(db, token)) is not None:
            return person
        named = directory.people_named(db, house.index.standing_token(db.tenant, "name", name_key(said)))
        if len(named) != 1:
            raise NobodyOfThat(f"{len(named)} people are called so", field=field, hint="Use the staff number")
        return named[0].person


def record(house: House, signed: Signed, site: SiteId, team: TeamId, days: int = 14) -> TeamRecord:
    """The team today at that site, and its head counts of the last days."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found, today = rows.team(tx, team), _today(house, tx, site)
        first = today - (days - 1) * DAY
        members = rows.memberships(tx, first, today, team=team)
        came = _came(house, tx, site, _people(members), days_between(first, today))
        counts = _counts(members, came, first, today)[team] if members else (0,) * days
        now = [row for row in members if row.one.on(today)]
        told = tuple(_members(house, tx, now, came.get(today, {})))
        line = TeamLine(found, _managers(house, tx, [found]).get(team, ""), len(told), counts[-1])
        journal.write(tx, house.keyring, house.clock.now(), "team.opened", object=f"team:{team}:{len(told)}")
    return TeamRecord(line, told, tuple(zip(days_between(first, today), counts, strict=True)))


def roll(house: House, signed: Signed, site: SiteId, day: date, *, team: TeamId | None = None) -> list[RollLine]:
    """The real-name list of a day: by contractor, team and name."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        known = {one.team: one for one in rows.teams(tx, ended=True)}
        members = rows.memberships(tx, day, day, team=team)
        came = _came(house, tx, site, _people(members), [day]).get(day, {})
        teams_of = {row.one.person: known[row.one.team] for row in members}
        lines = [RollLine(teams_of[line.person], line) for line in _members(house, tx, members, came)]
        journal.write(tx, house.keyring, house.clock.now(), "team.roll-opened", object=f"site:{site}:{day}:{len(lines)}")
    return sorted(lines, key=lambda line: (line.team.terms.contractor, line.team.terms.name, line.member.name))


def roll_wanted(lines: int, site: SiteId, day: date, team: TeamId | None) -> Wanted:
    return Wanted(Kind.ROLL, f"roll:{site}:{day}:{team or ''}", lines, site)


def roll_size(house: House, signed: Signed, day: date, *, team: TeamId | None = None) -> int:
    """How many the list of that day names, without opening one of them."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.read(signed.tenant) as db:
        return len(_people(rows.memberships(db, day, day, team=team)))


def roll_file(
    house: House, signed: Signed, site: SiteId, day: date, purpose: str, *, team: TeamId | None = None
) -> list[RollLine]:
    """The list to be taken along: each on it reads so, with the purpose. Raises `PurposeNeeded`, `NeedsSecond`."""
    signed.need(Permission.SEE_PEOPLE)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        on_it = _people(rows.memberships(tx, day, day, team=team))
        why = approving.cleared(house, tx, signed, roll_wanted(len(on_it), site, day, team), purpose)
        told = [journal.Line("team.roll-taken", person, f"site:{site}:{day}", why) for person in on_it]
        journal.write_all(tx, house.keyring, house.clock.now(), told)
    return roll(house, signed, site, day, team=team)


def counts(house: House, signed: Signed, site: SiteId, first: date, last: date) -> list[tuple[Team, tuple[int, ...]]]:
    """Head counts of every team at the site, a figure for each day; of ended ones too, where they had somebody."""
    signed.need(Permission.SEE_PEOPLE)
    days = days_between(first, last)
    with house.store.read(signed.tenant) as db:
        members = rows.memberships(db, first, last)
        found = _counts(members, _came(house, db, site, _people(members), days), first, last)
        return [(team, found.get(team.team, (0,) * len(days))) for team in rows.teams(db, ended=True) if _shown(team, found)]


def leads(house: House, signed: Signed) -> frozenset[TeamId]:
    """The teams whose manager this operator is."""
    with house.store.read(signed.tenant) as db:
        return frozenset(rows.led_by(db, signed.operator))


def managers(house: House, signed: Signed) -> list[tuple[OperatorId, str]]:
    """Who could lead a team and signs in: every operator, by name."""
    signed.need(Permission.TEAMS)
    with house.store.read(signed.tenant) as db:
        names = operator_names(house, db)
    return sorted(((OperatorId(UUID(key)), name) for key, name in names.items()), key=lambda pair: pair[1])


def member_place(signed: Signed, person: PersonId, since: date) -> Place:
    return Place(signed.tenant, "team_members", "detail", f"{person}/{since}")


def _leave_other(house: House, tx: Tx, person: PersonId, since: date) -> None:
    before = rows.now_in(tx, person)
    if before is None:
        return
    if before.since >= since:
        raise JoinsEarlier("in a team since a later day")
    rows.end_membership(tx, person, before.team, since - DAY)
    object_ = f"team:{before.team}:{since - DAY}"
    journal.write(tx, house.keyring, house.clock.now(), "team.left", about=person, object=object_)


Seen = Mapping[PersonId, tuple[datetime, datetime]]


def _came(house: House, db: Reader, site: SiteId, people: Iterable[PersonId], days: Sequence[date]) -> dict[date, Seen]:
    """When each of the people passed a gate of the site first and last, by day; one question for all days."""
    wanted: dict[tuple[int, Token], tuple[date, PersonId]] = {}
    everybody = list(people)
    for day in days:
        for person in everybody:
            token = house.index.find_day_token(db.tenant, site, day, "person", str(person))
            if token is None:
                break  # the day has no key: nobody passed, or it is forgotten
            wanted[day_number(day), token] = (day, person)
    found: dict[date, dict[PersonId, tuple[datetime, datetime]]] = {}
    if wanted:
        for number, token, first, last in passages.first_and_last(db, site, day_number(days[0]), day_number(days[-1])):
            if (whose := wanted.get((number, token))) is not None:
                found.setdefault(whose[0], {})[whose[1]] = (first, last)
    return dict(found)


def _counts(
    members: Sequence[rows.MemberRow], came: Mapping[date, Seen], first: date, last: date
) -> dict[TeamId, tuple[int, ...]]:
    there = {day: frozenset(seen) for day, seen in came.items()}
    return head_counts([row.one for row in members], there, days_between(first, last))


def _lines(house: House, db: Reader, site: SiteId, found: Sequence[Team], today: date) -> list[TeamLine]:
    members = rows.memberships(db, today, today)
    here = _counts(members, _came(house, db, site, _people(members), [today]), today, today)
    people, names = rows.people_in(db, today), _managers(house, db, found)
    return [TeamLine(team, names.get(team.team, ""), people.get(team.team, 0), here.get(team.team, (0,))[0]) for team in found]


def _managers(house: House, db: Reader, found: Sequence[Team]) -> dict[TeamId, str]:
    operators = operator_names(house, db)
    people = _profiles(house, db, [team.terms.person for team in found if team.terms.person is not None])
    names: dict[TeamId, str] = {}
    for team in found:
        operator, person = team.terms.operator, team.terms.person
        name = operators.get(str(operator), "") if operator else people.get(person, {}).get("name", "") if person else ""
        names[team.team] = name
    return names


def _members(house: House, db: Reader, members: Sequence[rows.MemberRow], seen: Seen) -> list[MemberLine]:
    """By name; whoever is erased is missing."""
    profiles = _profiles(house, db, _people(members))
    lines = []
    for row in members:
        person, profile = row.one.person, profiles.get(row.one.person)
        if profile is None:
            continue
        place = Place(db.tenant, "team_members", "detail", f"{person}/{row.one.since}")
        trade = str(unseal(house, place, row.detail)["trade"])
        first, last = seen.get(person, (None, None))
        lines.append(MemberLine(person, profile["name"], profile["number"], trade, row.one.since, first, last))
    return sorted(lines, key=lambda line: line.name)


def _profiles(house: House, db: Reader, people: Iterable[PersonId]) -> dict[PersonId, dict[str, str]]:
    found: dict[PersonId, dict[str, str]] = {}
    for some in directory.batches(sorted(set(people))):
        for row in directory.people_by_id(db, some):
            try:
                found[row.person] = unseal(house, profile_place(db.tenant, row.person), row.profile)
            except KeyDestroyed:
                continue
    return found


def _people(members: Iterable[rows.MemberRow]) -> list[PersonId]:
    return sorted({row.one.person for row in members})


def _shown(team: Team, found: Mapping[TeamId, Sequence[int]]) -> bool:
    return team.ended_on is None or any(found.get(team.team, ()))


def _today(house: House, db: Reader, site: SiteId) -> date:
    return local_day(house.clock.now(), zone(places.site(db, site).time_zone))
