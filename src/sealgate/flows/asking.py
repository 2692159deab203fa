"""What people ask about their own data, and how it is answered: a copy, a correction, an erasure, each with a day by which.

The surprising thing: only a correction of what we keep in a field is done by the answer itself. An erasure is done on its own
page, which takes the ask away with the person; the journal keeps that it was asked for and granted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sealgate.domain.asking import (
    AnsweredAlready,
    AskedAlready,
    AskField,
    AskKind,
    AskState,
    BadAsk,
    Clock,
    PrivacyRules,
    checked_rules,
    checked_words,
    clock_of,
    due_on,
)
from sealgate.domain.attendance import DayClass
from sealgate.domain.calendar import local_day, zone
from sealgate.domain.errors import Forbidden, NotFound
from sealgate.domain.ids import AskId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.people import Profile, checked, name_key
from sealgate.flows.enrol import own_number
from sealgate.flows.hours_book import SHIPPED, calendars
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.flows.people import names_of
from sealgate.flows.selfservice import Own
from sealgate.flows.signin import operator_names
from sealgate.privacy import journal
from sealgate.store import asking as rows
from sealgate.store import directory, places
from sealgate.store.asking import AskRow
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place
from sealgate.vault.errors import KeyDestroyed

LATEST = 200
PROFILE = frozenset({AskField.NAME, AskField.PHONE, AskField.EMAIL, AskField.NUMBER})


class ContactIsNotYours(Forbidden):
    """The organisation has telephone and e-mail changed by personnel: ask for a correction."""

    code = "own.contact-by-personnel"


@dataclass(frozen=True, slots=True)
class AskLine:
    """`field` and `value` are of a correction; `clock` is None once it is answered, `by` the officer's name then."""

    ask: AskId
    person: PersonId
    name: str
    kind: AskKind
    state: AskState
    asked_at: datetime
    clock: Clock | None
    words: str
    field: AskField | None = None
    value: str = ""
    answered_at: datetime | None = None
    by: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person's own telephone and e-mail in full, for their own eyes, and whether they change them directly."""

    phone: str
    email: str
    may_change: bool


def rules_of(house: House, tenant: TenantId) -> PrivacyRules:
    with house.store.read(tenant) as db:
        return rules_in(db)


def rules_in(db: Reader) -> PrivacyRules:
    found = rows.rules(db)
    return checked_rules(found) if found else PrivacyRules()


def change_rules(house: House, signed: Signed, given: dict[str, object]) -> PrivacyRules:
    """For what is asked from now on. Raises `BadPrivacyRules`."""
    signed.need(Permission.PRIVACY)
    chosen = checked_rules(given)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        rows.set_rules(tx, asdict(chosen), now)
        told = f"regime={chosen.regime},working-days={chosen.working_days},own-contact={chosen.own_contact}"
        journal.write(tx, house.keyring, now, "privacy-rules.changed", object=told)
    return chosen


def rest_days(db: Reader) -> Callable[[date], bool]:
    """Which days nobody works, by China's calendar or the organisation's own of that name."""
    calendar = calendars(db)[SHIPPED[0]]
    return lambda day: calendar.class_of(day) is not DayClass.WORKDAY


def today_in(house: House, db: Reader) -> date:
    """The local day at the organisation's first site; in UTC while there is none."""
    sites = places.sites(db)
    return local_day(house.clock.now(), zone(sites[0].time_zone if sites else "UTC"))


# --- the person ---


def ask(house: House, mine: Own, kind: AskKind, words: str = "", *, field: AskField = AskField.OTHER, value: str = "") -> AskId:
    """The clock runs from now. Raises `BadAsk`, `BadName`, `BadContact`, `AskedAlready`."""
    detail = _detail(kind, words, field, value)
    ask = AskId(house.new_id())
    with house.store.begin(mine.tenant, mine.actor) as tx:
        waiting = [row for row in rows.asks_of(tx, mine.person) if row.state is AskState.OPEN and row.kind is kind]
        if any(kind is not AskKind.CORRECT or _opened(house, tx, row)["field"] == field for row in waiting):
            raise AskedAlready("asked for already")
        now, rules = house.clock.now(), rules_in(tx)
        due = due_on(today_in(house, tx), rules, rest_days(tx))
        sealed = seal(house, tx.tenant, subject(mine.person), _place(tx.tenant, ask, "detail"), detail)
        rows.add_ask(tx, AskRow(ask, mine.person, kind, AskState.OPEN, now, due, sealed))
        journal.write(tx, house.keyring, now, f"ask.{kind}", about=mine.person, object=f"ask:{ask}:due:{due}")
        tx.after_commit(house.wake)
    return ask


def take_back(house: House, mine: Own, ask: AskId) -> None:
    """Raises `NotFound` for another's, `AnsweredAlready`."""
    with house.store.begin(mine.tenant, mine.actor) as tx:
        if rows.ask(tx, ask).person != mine.person:
            raise NotFound("ask")
        now = house.clock.now()
        if not rows.settle(tx, ask, AskState.TAKEN_BACK, now, None, None):
            raise AnsweredAlready("answered already")
        journal.write(tx, house.keyring, now, "ask.taken-back", about=mine.person, object=f"ask:{ask}")


def my_asks(house: House, mine: Own) -> list[AskLine]:
    with house.store.read(mine.tenant) as db:
        return asks_about(house, db, mine.person)


def asks_about(house: House, db: Reader, person: PersonId) -> list[AskLine]:
    """Newest first; who asked for the list is the caller's to know."""
    return _lines(house, db, rows.asks_of(db, person))


def my_contact(house: House, mine: Own) -> Contact:
    with house.store.read(mine.tenant) as db:
        profile = _profile(house, db, mine.person)
        return Contact(profile.phone, profile.email, rules_in(db).own_contact)


def change_my_contact(house: House, mine: Own, phone: str, email: str) -> None:
    """At once, where the organisation lets people. Raises `BadContact`, `ContactIsNotYours`."""
    with house.store.begin(mine.tenant, mine.actor) as tx:
        if not rules_in(tx).own_contact:
            raise ContactIsNotYours("by personnel")
        _keep(house, tx, mine.person, replace(_profile(house, tx, mine.person), phone=phone, email=email))
        now = house.clock.now()
        journal.write(tx, house.keyring, now, "own.contact-changed", about=mine.person, object=f"person:{mine.person}")


# --- whoever answers ---


def inbox(house: House, signed: Signed, *, answered: bool = False) -> list[AskLine]:
    """What waits, due first; or what was answered, newest first. Personnel see corrections, the privacy officer all."""
    kinds = _kinds(signed)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        lines = _lines(house, tx, rows.asks(tx, open_only=not answered, kinds=kinds, limit=LATEST))
        journal.write(tx, house.keyring, house.clock.now(), "asks.listed", object=f"asks:{len(lines)}")
    return lines


def waiting(house: House, signed: Signed) -> int:
    """How many wait for an answer, for a badge."""
    with house.store.read(signed.tenant) as db:
        return rows.count_open(db)


def one(house: House, signed: Signed, ask: AskId) -> AskLine:
    kinds = _kinds(signed)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.ask(tx, ask)
        if row.kind not in kinds:
            raise NotFound("ask")
        (line,) = _lines(house, tx, [row])
        journal.write(tx, house.keyring, house.clock.now(), "ask.opened", about=row.person, object=f"ask:{ask}")
    return line


def answer(house: House, signed: Signed, ask: AskId, *, grant: bool, words: str) -> None:
    """A refusal has its reason. A granted correction of a field holds at once.

    Raises `BadAsk`, `AnsweredAlready`, `NotFound`, and what is wrong with a new name or address by now.
    """
    kinds = _kinds(signed)
    said = checked_words(words, needed=not grant)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.ask(tx, ask)
        if row.kind not in kinds or (row.kind is AskKind.ERASE and grant):
            raise NotFound("ask")
        now = house.clock.now()
        state = AskState.GRANTED if grant else AskState.REFUSED
        sealed = seal(house, tx.tenant, subject(row.person), _place(tx.tenant, ask, "answer"), {"words": said})
        if not rows.settle(tx, ask, state, now, signed.operator, sealed):
            raise AnsweredAlready("answered already")
        detail = _opened(house, tx, row)
        if grant and detail["field"] in PROFILE:
            profile = replace(_profile(house, tx, row.person), **{detail["field"]: detail["value"]})
            _keep(house, tx, row.person, profile)
        told = f"ask:{ask}:{row.kind}"
        journal.write(tx, house.keyring, now, f"ask.{state}", about=row.person, object=told, purpose=said)


def _kinds(signed: Signed) -> frozenset[AskKind]:
    if signed.may(Permission.PRIVACY):
        return frozenset(AskKind)
    signed.need(Permission.ANSWER)
    return frozenset({AskKind.CORRECT})


def _detail(kind: AskKind, words: str, field: AskField, value: str) -> dict[str, str]:
    if kind is not AskKind.CORRECT:
        return {"words": checked_words(words, "words", needed=False), "field": "", "value": ""}
    said = checked_words(words, "words", needed=field is AskField.OTHER)
    new = " ".join(value.split())
    if field in PROFILE:
        if not new:
            raise BadAsk("a new value is needed", field="value")
        new = str(getattr(checked(replace(Profile("somebody"), **{field.value: new})), field.value))
    return {"words": said, "field": field.value, "value": new if field in PROFILE else ""}


def _lines(house: House, db: Reader, found: list[AskRow]) -> list[AskLine]:
    """One query for all names, never one for each ask."""
    names = names_of(house, db, [row.person for row in found])
    officers = operator_names(house, db)
    today, rules, rests = today_in(house, db), rules_in(db), rest_days(db)
    lines = []
    for row in found:
        if row.person not in names:  # erased, or about to be
            continue
        detail = _opened(house, db, row)
        clock = clock_of(row.due_on, today, rules, rests) if row.state is AskState.OPEN else None
        lines.append(
            AskLine(
                ask=row.ask,
                person=row.person,
                name=names[row.person],
                kind=row.kind,
                state=row.state,
                asked_at=row.asked_at,
                clock=clock,
                words=detail["words"],
                field=AskField(detail["field"]) if detail["field"] else None,
                value=detail["value"],
                answered_at=row.answered_at,
                by=officers.get(str(row.answered_by), "") if row.answered_by else "",
                answer=_answer(house, db, row),
            )
        )
    return lines


def _opened(house: House, db: Reader, row: AskRow) -> dict[str, str]:
    try:
        return unseal(house, _place(db.tenant, row.ask, "detail"), row.detail)
    except KeyDestroyed:
        return {"words": "", "field": "", "value": ""}


def _answer(house: House, db: Reader, row: AskRow) -> str:
    if row.answer is None:
        return ""
    return str(unseal(house, _place(db.tenant, row.ask, "answer"), row.answer)["words"])


def _profile(house: House, db: Reader, person: PersonId) -> Profile:
    row = directory.person(db, person)
    if row is None:
        raise NotFound("person")
    opened = unseal(house, profile_place(db.tenant, person), row.profile)
    return Profile(opened["name"], opened["phone"], opened["email"], opened["number"])


def _keep(house: House, tx: Tx, person: PersonId, profile: Profile) -> None:
    """Raises `BadName`, `BadContact`, `NumberTaken`."""
    row = directory.person(tx, person)
    assert row is not None
    good = checked(profile)
    directory.update_person(
        tx,
        person,
        profile=seal(house, tx.tenant, subject(person), profile_place(tx.tenant, person), asdict(good)),
        name_token=house.index.standing_token(tx.tenant, "name", name_key(good.name)),
        number_token=own_number(house, tx, person, good.number),
        kind=row.kind,
        valid_since=row.valid_since,
        valid_until=row.valid_until,
    )


def _place(tenant: TenantId, ask: AskId, column: str) -> Place:
    return Place(tenant, "asks", column, str(ask))
