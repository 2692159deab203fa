"""Payslips as they are read, by payroll and by the person; and what goes to the bank and into the books.

A payslip is its person's only once its run is closed: a draft may still change. Every reading is journaled about the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sealgate.domain.approvals import Kind
from sealgate.domain.errors import NotFound
from sealgate.domain.ids import PayRunId, PersonId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.payroll_errors import NotForTheBank
from sealgate.domain.payroll_lines import LineKind, Slip
from sealgate.domain.payroll_pack import Dated, dated_rules
from sealgate.domain.payroll_run import Posting, RunState, postings
from sealgate.domain.payroll_terms import Policy
from sealgate.flows import approving
from sealgate.flows.approving import Wanted
from sealgate.flows.kit import House, Signed
from sealgate.flows.pay_terms import rules_in
from sealgate.flows.payday import PersonSlip, opened_slips, shown
from sealgate.flows.people import checked_purpose
from sealgate.privacy import journal
from sealgate.store import payroll as rows
from sealgate.store.engine import Actor, Reader

FOR_THE_BANK = frozenset({RunState.APPROVED, RunState.CLOSED, RunState.REVERSED})


@dataclass(frozen=True, slots=True)
class Payslip:
    """`earned_this_year` and `tax_this_year` are of this slip and the closed runs of the year before it. `rules` are
    the dated rules that the slip quotes, as they stand in the country's pack today; one that was replaced is missing.
    """

    run: rows.RunRow
    policy: Policy
    who: PersonSlip
    slip: Slip
    earned_this_year: int
    tax_this_year: int
    rules: tuple[Dated, ...]

    @property
    def kept_until(self) -> int:
        """The year at whose end its key may be destroyed."""
        return self.slip.month.year + self.policy.keep_years


@dataclass(frozen=True, slots=True)
class Transfer:
    """One line of the bank file. `account` is empty where none is known: somebody has to ask."""

    name: str
    number: str
    account: str
    minor: int


def payslip(house: House, signed: Signed, run: PayRunId, person: PersonId, purpose: str) -> Payslip:
    """Somebody else's, for a purpose that they read. Raises `PurposeNeeded`; `NotFound` also without a slip."""
    signed.need(Permission.PAY)
    return _journaled(house, signed.tenant, signed.actor, run, person, checked_purpose(purpose))


def own_payslip(house: House, tenant: TenantId, person: PersonId, run: PayRunId) -> Payslip:
    """A person's own; the caller has made sure that it is the person who asks. Raises `NotFound` until the run is closed."""
    found = _journaled(house, tenant, Actor("person", str(person)), run, person)
    if found.run.state not in rows.PAID:
        raise NotFound("payslip")
    return found


def payslips_of(house: House, tenant: TenantId, person: PersonId) -> list[Payslip]:
    """All of a person's own, of closed runs, newest first; the caller has made sure that it is the person who asks."""
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        found = [row for row, _ in rows.paid_slips(tx, date(1970, 1, 1), date(2200, 1, 1), person)]
        told = [_payslip(house, tx, row) for row in reversed(found)]
        journal.write(tx, house.keyring, house.clock.now(), "payslips.listed", about=person, object=f"person:{person}")
    return [one for one in told if one is not None]


def organisation(house: House, tenant: TenantId) -> str:
    """Who pays, where the policy names nobody."""
    return next(one.name for one in house.store.tenants() if one.tenant == tenant)


def transfers_wanted(house: House, signed: Signed, run: PayRunId) -> Wanted:
    """Raises `NotFound`."""
    signed.need(Permission.PAY)
    with house.store.read(signed.tenant) as db:
        if rows.run(db, run) is None:
            raise NotFound("pay run")
        return _bank(run, len(rows.slips(db, run)))


def transfers(house: House, signed: Signed, run: PayRunId, purpose: str) -> tuple[rows.RunRow, str, list[Transfer]]:
    """What the bank is to pay: everybody in an approved run whose net is above zero, with the currency.

    Raises `PurposeNeeded`, `NeedsSecond`, `NotForTheBank`, `NotFound`.
    """
    row, people = _for_the_bank(house, signed, run, "pay.bank-file", about="account.shown", purpose=purpose)
    found = [
        Transfer(one.name, one.number, one.account, one.slip.net) for one in people if one.slip is not None and one.slip.net > 0
    ]
    return row, _currency(people), sorted(found, key=lambda one: one.name)


def book(house: House, signed: Signed, run: PayRunId) -> tuple[rows.RunRow, str, tuple[Posting, ...]]:
    """The run's postings, with the currency."""
    row, people = _for_the_bank(house, signed, run, "pay.posted")
    return row, _currency(people), postings(one.slip for one in people if one.slip is not None)


def _currency(people: Sequence[PersonSlip]) -> str:
    return next((one.slip.currency for one in people if one.slip is not None), "")


def _for_the_bank(
    house: House, signed: Signed, run: PayRunId, action: str, about: str = "", purpose: str = ""
) -> tuple[rows.RunRow, list[PersonSlip]]:
    """`about`: an entry for each person whose account is read, too, with the purpose that this takes."""
    signed.need(Permission.PAY)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        row = rows.run(tx, run)
        if row is None:
            raise NotFound("pay run")
        if row.state not in FOR_THE_BANK:
            raise NotForTheBank
        slips = rows.slips(tx, run)
        why = approving.cleared(house, tx, signed, _bank(run, len(slips)), purpose) if about else ""
        people = opened_slips(house, tx, slips)
        read = [one.person for one in people if about and one.account]
        lines = [journal.Line(about, person, f"pay-run:{run}", why) for person in read]
        journal.write_all(tx, house.keyring, house.clock.now(), [journal.Line(action, object=f"pay-run:{run}"), *lines])
    return row, people


def _bank(run: PayRunId, people: int) -> Wanted:
    return Wanted(Kind.BANK, f"pay-run:{run}", people)


def _journaled(house: House, tenant: TenantId, actor: Actor, run: PayRunId, person: PersonId, purpose: str = "") -> Payslip:
    with house.store.begin(tenant, actor) as tx:
        found = [_payslip(house, tx, row) for row in rows.slips(tx, run, person)]
        if not found or found[0] is None:
            raise NotFound("payslip")
        now, told = house.clock.now(), f"pay-run:{run}"
        journal.write(tx, house.keyring, now, "payslip.opened", about=person, object=told, purpose=purpose)
    return found[0]


def _payslip(house: House, db: Reader, row: rows.SlipRow) -> Payslip | None:
    opened, run = opened_slips(house, db, [row]), rows.run(db, row.run)
    if not opened or opened[0].slip is None or run is None:
        return None
    who, slip = opened[0], opened[0].slip
    year = [one for one in _year(house, db, row) if one is not None]
    rules, quoted = rules_in(db), slip.rules()
    return Payslip(
        run=run,
        policy=rules.policy,
        who=shown(who),
        slip=slip,
        earned_this_year=slip.gross + sum(one.gross for one in year),
        tax_this_year=_tax(slip) + sum(_tax(one) for one in year),
        rules=tuple(rule for rule in dated_rules(rules.pack) if rule.name in quoted),
    )


def _year(house: House, db: Reader, row: rows.SlipRow) -> list[Slip | None]:
    """The closed slips of the year before this month."""
    paid = rows.paid_slips(db, date(row.month.year, 1, 1), row.month, row.person)
    return [one.slip for one in opened_slips(house, db, [slip for slip, _ in paid])]


def _tax(slip: Slip) -> int:
    return sum(line.minor for line in slip.taken if line.kind in {LineKind.INCOME_TAX, LineKind.BONUS_TAX})
