"""A made-up year of personnel behind the demo: people, teams, rosters, passages, leave, goals, reviews and pay runs.

The surprising thing: it is made while the demo runs already, in a thread of its own and in short commits, so that nobody waits
for it. Passages are written as a gate would have written them, up to yesterday; all else goes through the console's flows.
"""

from __future__ import annotations

import csv
import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from sealgate.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from sealgate.domain.ids import PersonId, ShiftId, TeamId
    from sealgate.flows.campus import Campus
    from sealgate.flows.kit import House, Signed
    from sealgate.store.passages import PassageRow

log = logging.getLogger("sealgate.demo")

DAY = timedelta(days=1)
BATCH = 2_000
FIRST_NUMBER, FIRST_CARD = 2_000, 41_000_000
PAID_MONTHS = 2
SHANGHAI = "Asia/Shanghai"

TEAMS = (
    ("Planning", "department", "", 11),
    ("Workshop", "department", "", 12),
    ("Stores", "department", "", 7),
    ("Steel crew 1", "crew", "Northern Steel Ltd", 9),
    ("Formwork crew", "crew", "Harbour Formwork Ltd", 8),
    ("Scaffolders", "crew", "Northern Steel Ltd", 9),
)
TRADES = ("welder", "rigger", "carpenter", "scaffolder", "electrician", "crane operator")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳敏静丽强磊军洋勇艳杰娟涛明超文海晓建"
GOALS = (
    ("Fewer defects at handover", "Below 2 % of the parts checked"),
    ("Train one colleague at the second machine", "Signed off by the foreman"),
    ("Safety round every Monday", "Forty rounds in the year"),
    ("Close old work orders", "None older than thirty days"),
)
SAID = {
    2: "Too many late starts, and they held up the crew. We agreed on a plan.",
    3: "Does what was agreed, reliably. Ready for more.",
    4: "Careful work, and helps others without being asked.",
    5: "Carried the hardest part of the year and kept calm.",
}
CITY = "Chengdu"
"""Whose tables of insurance and housing fund have no end yet."""

CHOSEN = [
    {"item": "medical-incl-maternity", "employer": "7.5%"},
    {"item": "housing-fund", "employee": "7%", "employer": "7%"},
]
ALLOWANCES = [{"name": "Meals", "amount": "300.00"}]
CLAIMS = [{"kind": "housing-loan", "count": 1, "share": "100%"}]
OWN = (
    "I would like to learn the second machine.",
    "The new roster works for me.",
    "Thank you. I want to lead a shift next year.",
)


@dataclass(frozen=True, slots=True)
class Worker:
    """`crew` people work from 07:30 to 16:30, the others from 09:00 to 18:00."""

    person: PersonId
    crew: bool
    team: TeamId


class Personnel:
    """The year being made. The thread that runs it owns it; `stop` ends it between two steps."""

    def __init__(self, house: House, campus: Campus, *, days: int = 365, seed: int = 3) -> None:
        from sealgate.flows.campus import system

        self._house, self._campus, self._signed = house, campus, system(house, campus.tenant)
        self._dice = random.Random(seed)  # noqa: S311 - made up, no secret
        self._over = Event()
        self._today = house.clock.now().astimezone(ZoneInfo(SHANGHAI)).date()
        self._first = (self._today - days * DAY).replace(day=1)
        self._thread = Thread(target=self._run, name="personnel", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        """A step that is refused or fails ends the making up, and nothing else."""
        try:
            for _step in self.steps():
                if self._over.is_set():
                    return
        except (Refused, Fault) as trouble:
            log.warning("the made-up year stopped: %s", trouble.code)
        else:
            typer.echo("A year of people, hours, reviews and pay is there.")

    def steps(self) -> Iterator[str]:
        """Everything, a step at a time; each says what it made."""
        workers = self._teams(self._people())
        yield f"{len(workers)} people in {len(TEAMS)} teams"
        self._rosters(workers)
        yield "rosters"
        for batch in self._batches(workers):
            self._append(batch)
            yield f"{len(batch)} passages"
        self._leave(workers)
        yield "leave"
        yield from self._reviews(workers)
        yield from self._derived()
        yield from self._paid(workers)

    def _people(self) -> list[PersonId]:
        """Out of a file, as a personnel office would; the campus' own people come first."""
        from sealgate.domain.people import PersonKind
        from sealgate.flows import people_import
        from sealgate.store import directory

        house, signed, text = self._house, self._signed, StringIO()
        rows = csv.writer(text)
        rows.writerow(["name", "number", "kind", "groups", "card", "valid from"])
        known: set[str] = set()
        for number in range(sum(count for *_team, count in TEAMS) - len(self._campus.people)):
            name = next(made for made in self._names() if made not in known)
            known.add(name)
            crew = number % 2 == 1
            kind, group = ("worker", "Contractors") if crew else ("employee", "Staff")
            rows.writerow([name, f"N{FIRST_NUMBER + number}", kind, group, FIRST_CARD + number, self._first.isoformat()])
        found = people_import.check(house, signed, text.getvalue().encode())
        people_import.enrol_all(house, signed, found, ZoneInfo(SHANGHAI))
        with house.store.read(signed.tenant) as db:
            return [row.person for row in directory.people(db, limit=500) if row.kind is not PersonKind.VISITOR]

    def _names(self) -> Iterator[str]:
        while True:
            yield self._dice.choice(SURNAMES) + "".join(self._dice.choices(GIVEN, k=self._dice.choice((1, 2))))

    def _teams(self, people: Sequence[PersonId]) -> list[Worker]:
        from sealgate.domain.teams import TeamKind, TeamTerms
        from sealgate.flows import teams

        workers, left = [], iter(people)
        for name, kind, contractor, count in TEAMS:
            some = list(islice(left, count))
            if not some:
                break
            terms = TeamTerms(name, TeamKind(kind), contractor, person=some[0])
            team = teams.add_team(self._house, self._signed, terms)
            for person in some:
                trade = self._dice.choice(TRADES) if kind == "crew" else ""
                teams.put_in(self._house, self._signed, team, person, self._first, trade)
                workers.append(Worker(person, kind == "crew", team))
        return workers

    def _rosters(self, workers: Sequence[Worker]) -> None:
        from sealgate.flows import hours_rosters

        house, signed = self._house, self._signed
        shifts: dict[bool, ShiftId] = {
            False: hours_rosters.add_shift(
                house, signed, "Day", self._first, {"spans": ["09:00-18:00"], "breaks": [{"span": "12:00-13:00"}]}
            ),
            True: hours_rosters.add_shift(
                house, signed, "Site", self._first, {"spans": ["07:30-16:30"], "breaks": [{"span": "12:00-13:00"}]}
            ),
        }
        for one in workers:
            cycle = ((shifts[one.crew],),) * 5 + ((),) * 2
            pattern = hours_rosters.NewPattern(self._campus.site, self._first, cycle, person=one.person)
            hours_rosters.add_pattern(house, signed, pattern)

    def _batches(self, workers: Sequence[Worker]) -> Iterator[list[PassageRow]]:
        """Up to yesterday, in the order of time; the keys of all those days are made in one go."""
        from sealgate.domain.ids import Counter
        from sealgate.ports import KeyKind
        from sealgate.vault.wrapping import day_scope

        days = [self._first + n * DAY for n in range((self._today - self._first).days)]
        scopes = [day_scope(self._campus.site, day) for day in days]
        self._house.keyring.prepare(self._campus.tenant, KeyKind.DAY, scopes)
        ids = Counter(node=2)
        waiting: list[PassageRow] = []
        works = self._working(days)
        for day in days:
            comes = sorted(self._of_day(workers, day), key=lambda pass_: pass_[0]) if day in works else []
            waiting += [self._row(ids, *one) for one in comes]
            if len(waiting) >= BATCH:
                yield waiting
                waiting = []
        if waiting:
            yield waiting

    def _working(self, days: Sequence[date]) -> frozenset[date]:
        from sealgate.domain.attendance import DayClass
        from sealgate.flows.hours_book import shipped_calendar

        calendar = shipped_calendar("cn")
        return frozenset(day for day in days if calendar.class_of(day) is DayClass.WORKDAY)

    def _of_day(self, workers: Sequence[Worker], day: date) -> Iterator[tuple[datetime, PersonId, bool]]:
        """Who came and went when: most a little early, some late, a few not at all; now and then somebody stays long."""
        dice, tz = self._dice, ZoneInfo(SHANGHAI)
        for one in workers:
            if dice.random() < 0.03:
                continue
            begin, end = (time(7, 30), time(16, 30)) if one.crew else (time(9), time(18))
            late = dice.uniform(2, 35) if dice.random() < 0.06 else -dice.uniform(1, 25)
            stays = dice.uniform(60, 150) if dice.random() < 0.08 else dice.uniform(1, 25)
            came = datetime.combine(day, begin, tz) + timedelta(minutes=late)
            yield came.astimezone(UTC), one.person, True
            yield (datetime.combine(day, end, tz) + timedelta(minutes=stays)).astimezone(UTC), one.person, False

    def _row(self, ids: object, at: datetime, person: PersonId, comes: bool) -> PassageRow:
        from sealgate.domain.access import Reason
        from sealgate.domain.calendar import day_number, local_day
        from sealgate.domain.ids import Counter, PassageId
        from sealgate.domain.sightings import Means
        from sealgate.flows.kit import of_day, seal, subject
        from sealgate.store.passages import PassageRow
        from sealgate.vault.envelope import Place

        assert isinstance(ids, Counter)
        house, campus, day = self._house, self._campus, local_day(at, ZoneInfo(SHANGHAI))
        passage = PassageId(ids.next(at))
        place = Place(campus.tenant, "passages", "who", str(passage))
        detail = Place(campus.tenant, "passages", "detail", str(passage))
        return PassageRow(
            passage=passage,
            site=campus.site,
            gate=self._dice.choice([campus.lobby, campus.turnstile]) if comes else campus.way_out,
            day=day_number(day),
            at=at,
            means=Means.CARD,
            opens=True,
            reason=Reason.ALLOWED,
            token=house.index.day_token(campus.tenant, campus.site, day, "person", str(person)),
            who=seal(house, campus.tenant, of_day(campus.site, day), place, {"person": str(person)}),
            detail=seal(house, campus.tenant, subject(person), detail, {}),
        )

    def _append(self, batch: Sequence[PassageRow]) -> None:
        from sealgate.privacy import journal
        from sealgate.store import passages

        with self._house.store.begin(self._signed.tenant, self._signed.actor) as tx:
            passages.append(tx, batch)
            journal.write(tx, self._house.keyring, self._house.clock.now(), "passages.recorded", object=journal.written(batch))

    def _leave(self, workers: Sequence[Worker]) -> None:
        """A few have had some, a few will, and two ask; whoever has no balance asks for none."""
        from sealgate.domain.attendance_leave import Service
        from sealgate.flows import leave

        for number, one in enumerate(workers):
            began = self._first - (number % 9) * 365 * DAY
            leave.set_service(self._house, self._signed, one.person, Service(began, began - 730 * DAY))
        kinds = leave.kinds_in_use(self._house, self._signed.tenant)
        for number, one in enumerate(workers[::4]):
            first = self._today + (number * 9 - 50) * DAY
            new = leave.NewLeave(kinds[number % min(3, len(kinds))].kind, first, first + (number % 3) * DAY, "Family")
            with suppress(Refused):
                asked = leave.ask_for(self._house, self._signed, one.person, new)
                if number % 5:
                    leave.settle(self._house, self._signed, asked, approved=True, answer="Enjoy it")

    def _reviews(self, workers: Sequence[Worker]) -> Iterator[str]:
        """The last half year is scored and closed; this one is open, and some have spoken in it."""
        from sealgate.domain.performance import Goal
        from sealgate.flows import performance

        house, signed, dice = self._house, self._signed, self._dice
        begins = date(self._today.year, 1 if self._today.month < 7 else 7, 1)
        before = date(begins.year - (begins.month == 1), 7 if begins.month == 1 else 1, 1)
        ends = date(begins.year, 6, 30) if begins.month == 1 else date(begins.year, 12, 31)
        old = performance.add_cycle(house, signed, f"{before:%Y}-{1 if before.month == 1 else 2}", before, begins - DAY)
        new = performance.add_cycle(house, signed, f"{begins:%Y}-{1 if begins.month == 1 else 2}", begins, ends)
        for number, one in enumerate(workers):
            value = dice.choices([2, 3, 4, 5], weights=[1, 6, 4, 1])[0]
            performance.score(house, signed, old, one.person, value, SAID[value])
            if number % 4 == 0:
                performance.score(house, signed, new, one.person, 4, SAID[4])
            title, measure = GOALS[number % len(GOALS)]
            goal = performance.add_goal(house, signed, one.person, Goal(title, measure, ends))
            performance.move_goal(house, signed, goal, dice.randrange(0, 101, 10))
            yield "a review"
        performance.close_cycle(house, signed, old)
        self._own_words(workers, [old, new])

    def _own_words(self, workers: Sequence[Worker], cycles: Sequence[object]) -> None:
        """Written as the people themselves would have; the closed one was still open then, so only the open one has them."""
        from sealgate.domain.ids import CycleId
        from sealgate.domain.people import PersonKind
        from sealgate.flows import performance
        from sealgate.flows.selfservice import Own

        cycle = cycles[-1]
        for number, one in enumerate(workers[::5]):
            own = Own(self._signed.tenant, one.person, "", PersonKind.EMPLOYEE, "", "", self._signed.expires_at)
            performance.say_oneself(self._house, own, CycleId(cycle), OWN[number % len(OWN)])  # type: ignore[arg-type]

    def _derived(self) -> Iterator[str]:
        """Month by month, so that every page of hours and performance has its days ready."""
        from sealgate.flows import hours

        month = self._first
        while month <= self._today:
            hours.derive(self._house, self._signed, f"{month:%Y-%m}")
            yield f"hours of {month:%Y-%m}"
            month = (month + 31 * DAY).replace(day=1)

    def _paid(self, workers: Sequence[Worker]) -> Iterator[str]:
        """What was agreed, and the runs of the last months: all but the newest closed by two people."""
        from sealgate.domain.ids import OperatorId
        from sealgate.flows import pay_terms, payday

        house, erin = self._house, self._signed
        frank: Signed = replace(erin, operator=OperatorId(house.new_id()), name="Frank")
        for number, one in enumerate(workers):
            since = self._first.isoformat()
            rate = f"{7_000 + 350 * (number % 23)}.00"
            account = f"6222 {number:04} {7_000 + number}"
            terms: dict[str, object] = {"since": since, "employed_since": since, "basis": "monthly", "rate": rate}
            terms |= {"account": account, "city": CITY, "rates": CHOSEN, "allowances": ALLOWANCES}
            if number % 4 == 0:
                terms["claims"] = CLAIMS
            pay_terms.set_terms(house, erin, one.person, terms)
            yield "terms"
        months = [(self._today.replace(day=1) - DAY).replace(day=1)]
        while len(months) < PAID_MONTHS:
            months.insert(0, (months[0] - DAY).replace(day=1))
        for month in months:
            run = payday.draft(house, erin, f"{month:%Y-%m}")
            revision = payday.record(house, erin, run)[0].row.revision
            payday.check(house, erin, run, revision)
            if month != months[-1]:
                payday.approve(house, frank, run, revision)
                payday.close(house, erin, run)
            yield f"pay of {month:%Y-%m}"


@contextmanager
def a_year_behind(house: House, campus: Campus) -> Iterator[Personnel]:
    made = Personnel(house, campus)
    made.start()
    try:
        yield made
    finally:
        made.stop()
