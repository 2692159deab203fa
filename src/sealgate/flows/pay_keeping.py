"""The end of payslips: when the years that the policy names are over, their keys are destroyed, then their rows.

The surprising thing: a payslip outlives its person. It is sealed under a key of that person and year (`KeyKind.PAY`), which
stays when the person is erased, for the law wants pay kept; so nothing but this round ever destroys such a key. With it the
slip is gone in old backups too.
"""

from __future__ import annotations

from datetime import date

from sealgate.domain.ids import TenantId
from sealgate.flows import holds
from sealgate.flows.kit import House
from sealgate.flows.pay_terms import first_kept_year, rules_in
from sealgate.ports import KeyKind
from sealgate.privacy import journal
from sealgate.store import payroll as rows
from sealgate.store.engine import Actor

WORKER = Actor("system", "worker")
BATCH = 500


def destroy_due(house: House, tenant: TenantId) -> int:
    """Destroy what has been kept long enough; how many payslips. Stopped in the middle, it goes on the next time."""
    with house.store.read(tenant) as db:
        held = holds.holding(house, db).people
        kept = date(max(1, first_kept_year(rules_in(db).policy, house.clock.now())), 1, 1)
    gone = 0
    while True:
        with house.store.read(tenant) as db:
            due = rows.slips_before(db, kept, BATCH, held)
            runs = rows.has_empty_runs_before(db, kept)
        if not due and not runs:
            return gone
        house.keyring.destroy_all(tenant, KeyKind.PAY, sorted({f"{row.person}/{row.month:%Y}" for row in due}))
        with house.store.begin(tenant, WORKER) as tx:
            gone += rows.remove_slips(tx, due)
            left = 0 if due else rows.remove_runs_before(tx, kept)
            whose = dict.fromkeys((row.person, row.month.year) for row in due)
            lines = [journal.Line("payslips.erased", person, f"pay-year:{year}") for person, year in whose]
            lines.append(journal.Line("pay.erased", object=f"payslips:{len(due)}:pay-runs:{left}:before:{kept}"))
            journal.write_all(tx, house.keyring, house.clock.now(), lines)
        if not due:
            return gone
