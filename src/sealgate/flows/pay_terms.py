"""What pay goes by: the employer's policy, the rules of the country, what was agreed with a person, and a month's entries.

The rules of a country come along with the program until the tenant writes its own; then its own hold, whole. Each change is
journaled; a closed run is never touched by it, for its slips were written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sealgate.domain.attendance import month_bounds
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.payroll_errors import WrongPayValue
from sealgate.domain.payroll_pack import Dated, Pack, doubts
from sealgate.domain.payroll_pack_file import read_pack
from sealgate.domain.payroll_table import PayTable
from sealgate.domain.payroll_terms import (
    NOTHING,
    Entry,
    Policy,
    Terms,
    entry_document,
    is_masked,
    masked,
    read_entry,
    read_terms,
    terms_document,
)
from sealgate.domain.people import PersonKind
from sealgate.flows import paypacks
from sealgate.flows.kit import House, Signed, seal, subject, unseal
from sealgate.flows.passage_places import profile_place
from sealgate.privacy import journal
from sealgate.store import directory
from sealgate.store import payroll as rows
from sealgate.store.engine import Reader, Tx
from sealgate.vault.envelope import Place

HOME = "cn"
_read = lru_cache(maxsize=32)(read_pack)


@dataclass(frozen=True, slots=True)
class Rules:
    """The policy and the pack that it means. `own`: the tenant's own rules, not those that come along."""

    policy: Policy
    pack: Pack
    text: str
    own: bool

    @property
    def doubts(self) -> tuple[Dated, ...]:
        return doubts(self.pack)


@dataclass(frozen=True, slots=True)
class PayDetails:
    """One person's pay: all terms, oldest first, and what was entered for the month asked about. Of the bank account only the
    end is shown; whole it is in the file for the bank alone."""

    person: PersonId
    name: str
    terms: tuple[Terms, ...]
    month: date
    entry: Entry


def rules_in(db: Reader) -> Rules:
    document = rows.policy(db)
    policy = Policy(HOME) if document is None else read_policy(document)
    own = rows.pack(db, policy.country)
    text = paypacks.pack_text(policy.country) if own is None else own
    return Rules(policy, _read(text), text, own is not None)


def first_kept_year(policy: Policy, now: datetime) -> int:
    """The first year of which payslips are still kept: those of a year until `keep_years` whole years after it are over.

    By Greenwich's calendar: a few hours at New Year make no difference in ten years.
    """
    return now.year - policy.keep_years


def pay_rules(house: House, signed: Signed) -> Rules:
    signed.need(Permission.PAY)
    with house.store.read(signed.tenant) as db:
        return rules_in(db)


def read_policy(document: Mapping[str, Any]) -> Policy:
    """Raises a kind of `BadPay`, and `UnknownCountry` for a country that nobody wrote rules of."""
    table = PayTable(document)
    country = table.text("country")
    table.currency = paypacks.pack_of(country).currency
    found = Policy(
        country=country.lower(),
        employer=table.text("employer", ""),
        address=table.text("address", ""),
        late_each=table.amount("late_each", 0),
        pay_day=table.whole("pay_day", 1, 28, 5),
        keep_years=table.whole("keep_years", 2, 50, 10),
    )
    table.done()
    return found


def set_policy(house: House, signed: Signed, document: Mapping[str, Any]) -> None:
    """Raises as `read_policy`."""
    signed.need(Permission.PAY_RULES)
    read_policy(document)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        rows.put_policy(tx, dict(document), now)
        journal.write(tx, house.keyring, now, "pay.policy-changed")


def set_pack(house: House, signed: Signed, text: str) -> Pack:
    """Put the tenant's own rules of a country in the place of those before. Raises a kind of `BadPay`."""
    signed.need(Permission.PAY_RULES)
    pack = read_pack(text)
    country = paypacks.pack_of(pack.country)
    if pack.currency != country.currency:
        raise WrongPayValue(f"currency: {country.currency} is needed", field="currency")
    with house.store.begin(signed.tenant, signed.actor) as tx:
        now = house.clock.now()
        rows.put_pack(tx, pack.country, text, now)
        journal.write(tx, house.keyring, now, "pay.rules-changed", object=f"pay-pack:{pack.country}")
    return pack


def drop_pack(house: House, signed: Signed, country: str) -> None:
    """Back to the rules that come along. Raises `NotFound`."""
    signed.need(Permission.PAY_RULES)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not rows.remove_pack(tx, country):
            raise NotFound("pay pack")
        journal.write(tx, house.keyring, house.clock.now(), "pay.rules-changed", object=f"pay-pack:{country}")


@dataclass(frozen=True, slots=True)
class PaidLine:
    """`terms` None: nothing was agreed yet."""

    person: PersonId
    name: str
    number: str
    terms: Terms | None


def people_paid(house: House, signed: Signed, after: PersonId | None = None, limit: int = 50) -> tuple[list[PaidLine], bool]:
    """A page of staff with what holds for each today, and whether there are more."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        found = directory.people(tx, after=after, limit=limit + 1)
        pack, today = rules_in(tx).pack, house.clock.now().date()
        terms: dict[PersonId, list[Terms]] = {}
        for row in rows.terms_of_people(tx, [one.person for one in found[:limit]]):
            terms.setdefault(row.person, []).append(_shown_terms(house, tx.tenant, row, pack))
        told = []
        for one in found[:limit]:
            if one.kind is not PersonKind.VISITOR:
                profile = unseal(house, profile_place(tx.tenant, one.person), one.profile)
                told.append(PaidLine(one.person, profile["name"], profile["number"], _today(terms.get(one.person, []), today)))
        journal.write(tx, house.keyring, house.clock.now(), "pay.people-listed", object=f"people:{len(told)}")
    return told, len(found) > limit


def _today(terms: list[Terms], today: date) -> Terms | None:
    """Those that have begun, else the first that will."""
    begun = [one for one in terms if one.since <= today]
    return begun[-1] if begun else next(iter(terms), None)


def details(house: House, signed: Signed, person: PersonId, month: str) -> PayDetails:
    """Raises `NotFound`, `BadMonth`."""
    signed.need(Permission.PAY)
    first, _ = month_bounds(month)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        name = _name(house, tx, person)
        rules = rules_in(tx)
        terms = tuple(_shown_terms(house, tx.tenant, row, rules.pack) for row in rows.terms_of(tx, person))
        entered = [opened_entry(house, tx.tenant, row, rules.pack) for row in rows.entries(tx, first, person)]
        journal.write(tx, house.keyring, house.clock.now(), "pay.opened", about=person, object=f"person:{person}")
    return PayDetails(person, name, terms, first, entered[0] if entered else NOTHING)


def set_terms(house: House, signed: Signed, person: PersonId, document: Mapping[str, Any]) -> Terms:
    """From their `since` on; terms of the same day are replaced. An account as it is shown stays the one that it was; what is
    answered shows no more of it. Raises a kind of `BadPay`, `NotFound`."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _name(house, tx, person)
        pack = rules_in(tx).pack
        terms = _with_account(house, tx, person, read_terms(document, pack), pack)
        now = house.clock.now()
        place = terms_place(tx.tenant, person, terms.since)
        sealed = seal(house, tx.tenant, subject(person), place, terms_document(terms, pack.currency))
        rows.put_terms(tx, rows.TermsRow(person, terms.since, sealed), now)
        journal.write(tx, house.keyring, now, "pay.terms-changed", about=person, object=f"pay-terms:{terms.since}")
    return replace(terms, account=masked(terms.account))


def _with_account(house: House, tx: Tx, person: PersonId, terms: Terms, pack: Pack) -> Terms:
    """Raises `WrongPayValue` for a masked account that is the end of none that is known."""
    if not is_masked(terms.account):
        return terms
    known = [opened_terms(house, tx.tenant, row, pack).account for row in rows.terms_of(tx, person)]
    for account in reversed(known):
        if masked(account) == terms.account:
            return replace(terms, account=account)
    raise WrongPayValue("account: write it whole", field="account")


def drop_terms(house: House, signed: Signed, person: PersonId, since: date) -> None:
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        if not rows.remove_terms(tx, person, since):
            raise NotFound("pay terms")
        journal.write(tx, house.keyring, house.clock.now(), "pay.terms-removed", about=person, object=f"pay-terms:{since}")


def set_entry(house: House, signed: Signed, person: PersonId, month: str, document: Mapping[str, Any]) -> Entry:
    """What the month brings beside the hours, in the place of what was entered before. Raises a kind of `BadPay`,
    `BadMonth`.
    """
    signed.need(Permission.PAY)
    first, _ = month_bounds(month)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        _name(house, tx, person)
        currency = rules_in(tx).pack.currency
        entry = read_entry(document, currency)
        now = house.clock.now()
        sealed = seal(house, tx.tenant, subject(person), entry_place(tx.tenant, person, first), entry_document(entry, currency))
        rows.put_entry(tx, rows.EntryRow(first, person, sealed), now)
        journal.write(tx, house.keyring, now, "pay.entered", about=person, object=f"pay-entry:{month}")
    return entry


def opened_terms(house: House, tenant: TenantId, row: rows.TermsRow, pack: Pack) -> Terms:
    return read_terms(unseal(house, terms_place(tenant, row.person, row.since), row.detail), pack)


def _shown_terms(house: House, tenant: TenantId, row: rows.TermsRow, pack: Pack) -> Terms:
    terms = opened_terms(house, tenant, row, pack)
    return replace(terms, account=masked(terms.account))


def opened_entry(house: House, tenant: TenantId, row: rows.EntryRow, pack: Pack) -> Entry:
    return read_entry(unseal(house, entry_place(tenant, row.person, row.month), row.detail), pack.currency)


def terms_place(tenant: TenantId, person: PersonId, since: date) -> Place:
    return Place(tenant, "pay_terms", "detail", f"{person}/{since}")


def entry_place(tenant: TenantId, person: PersonId, month: date) -> Place:
    return Place(tenant, "pay_entries", "detail", f"{person}/{month:%Y-%m}")


def _name(house: House, tx: Tx, person: PersonId) -> str:
    row = directory.person(tx, person)
    if row is None:
        raise NotFound("person")
    return str(unseal(house, profile_place(tx.tenant, person), row.profile)["name"])
