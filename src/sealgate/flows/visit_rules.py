"""What a site asks of its visitors: read and changed by who may change rules. Each change is a new revision of the notice."""

from __future__ import annotations

from dataclasses import replace

from sealgate.domain.ids import SiteId, TenantId
from sealgate.domain.operators import Permission
from sealgate.domain.visits_asking import VisitRules, checked_rules
from sealgate.flows.kit import House, Signed
from sealgate.privacy import journal
from sealgate.store import places, visits


def rules_of(house: House, tenant: TenantId, site: SiteId) -> VisitRules:
    with house.store.read(tenant) as db:
        places.site(db, site)
        return visits.latest_rules(db, site)


def rules_at(house: House, tenant: TenantId, site: SiteId, revision: int) -> VisitRules:
    """Those whose notice somebody agreed to. Raises `NotFound`."""
    with house.store.read(tenant) as db:
        return visits.rules_at(db, site, revision)


def change_rules(house: House, signed: Signed, site: SiteId, rules: VisitRules) -> VisitRules:
    """They hold from now on; visits that were agreed to before keep their own. Raises `BadRules`, `BadWords`."""
    signed.need(Permission.CHANGE_RULES)
    wanted = checked_rules(rules)
    with house.store.begin(signed.tenant, signed.actor) as tx:
        places.site(tx, site)
        old = visits.latest_rules(tx, site)
        if replace(wanted, revision=old.revision) == old:
            return old
        new = replace(wanted, revision=old.revision + 1)
        now = house.clock.now()
        visits.add_rules(tx, site, new, now)
        journal.write(tx, house.keyring, now, "visit-rules.changed", object=f"site:{site}:{new.revision}")
    return new
