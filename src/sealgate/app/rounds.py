"""What the clockwork does beside the outbox, and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from sealgate.domain.errors import Refused
from sealgate.domain.ids import TenantId
from sealgate.flows import (
    agreeing,
    backup_alarm,
    charging,
    edge_forget,
    emergency,
    face_use,
    fleet_accounts,
    hours,
    leaks,
    pay_keeping,
    paying,
    people_arriving,
    reconciling,
    retention,
    visit_letters,
    visit_rounds,
    witnessing,
)
from sealgate.flows.kit import House
from sealgate.payments.simulated import Simulated
from sealgate.settings import Settings
from sealgate.worker import Clockwork, Round

ASK = timedelta(seconds=20)
FORGET = timedelta(hours=1)
CHARGE = timedelta(seconds=1)
RECONCILE = timedelta(hours=3)
DELIVER = timedelta(seconds=5)
VISITS = timedelta(seconds=20)
LETTERS = timedelta(seconds=3)
EMERGENCIES = timedelta(seconds=30)
HOURS = timedelta(hours=6)
LOG = timedelta(minutes=1)
ROOT = timedelta(seconds=5)
ARRIVALS = timedelta(minutes=1)
CHECKPOINTS = timedelta(hours=1)
PAY_KEPT = timedelta(hours=6)
RETENTION = timedelta(hours=1)


def go_round(clockwork: Clockwork, house: House) -> None:
    """What the clockwork does beside the outbox; payments only where there are providers to ask."""
    clockwork.go_round(Round("visits", VISITS, clockwork.for_every_tenant(partial(visit_rounds.round_of, house))))
    clockwork.go_round(Round("pay kept", PAY_KEPT, clockwork.for_every_tenant(partial(pay_keeping.destroy_due, house))))
    clockwork.go_round(Round("arrivals", ARRIVALS, clockwork.for_every_tenant(partial(people_arriving.tidy, house))))
    clockwork.go_round(Round("hours", HOURS, clockwork.for_every_tenant(partial(hours.derive_lately, house))))
    clockwork.go_round(Round("checkpoints", CHECKPOINTS, clockwork.for_every_tenant(partial(witnessing.checkpoint, house))))
    clockwork.go_round(Round("statements", HOURS, clockwork.for_every_tenant(partial(fleet_accounts.state_months, house))))
    clockwork.go_round(Round("retention", RETENTION, clockwork.for_every_tenant(partial(retention.keep_to_times, house))))
    clockwork.go_round(Round("faces", RETENTION, clockwork.for_every_tenant(partial(face_use.look_at_facts, house))))
    clockwork.go_round(Round("emergencies", EMERGENCIES, clockwork.for_every_tenant(partial(emergency.end_over, house))))
    if house.post is not None:
        clockwork.go_round(Round("leak reports", LETTERS, clockwork.for_every_tenant(partial(leaks.tell_due, house))))
        clockwork.go_round(Round("late backups", ARRIVALS, clockwork.for_every_tenant(partial(backup_alarm.tell, house))))
        clockwork.go_round(Round("alarms", LETTERS, clockwork.for_every_tenant(partial(emergency.send_due, house))))
        clockwork.go_round(Round("letters", LETTERS, clockwork.for_every_tenant(partial(visit_letters.send_due, house))))
    if not house.providers:
        return
    clockwork.go_round(Round("payments", ASK, clockwork.for_every_tenant(partial(paying.ask_pending, house))))
    if any(provider.agreements is not None for provider in house.providers.values()):
        charges = clockwork.for_every_tenant(partial(charging.charge_waiting, house))
        clockwork.go_round(Round("charges", CHARGE, charges))
        clockwork.go_round(Round("agreements", ASK, clockwork.for_every_tenant(partial(agreeing.follow_up, house))))
    lately = partial(reconciling.reconcile_lately, house)
    clockwork.go_round(Round("reconciling", RECONCILE, clockwork.for_every_tenant(lately)))
    simulated = house.providers.get(Simulated.name)
    if isinstance(simulated, Simulated):
        clockwork.go_round(Round("simulated", DELIVER, partial(simulated.deliver, partial(_delivered, house))))


def forgetting(clockwork: Clockwork, house: House, settings: Settings) -> Callable[[], None]:
    keeps = timedelta(days=settings.edge_keeps_days)
    return clockwork.for_every_tenant(partial(edge_forget.forget, house, keeps=keeps))


def _delivered(house: House, address: str, headers: Mapping[str, str], body: bytes) -> int:
    """A notice of the simulated provider, taken in this very program; the status that it gets."""
    provider, tenant = address.split("/")[-2:]
    try:
        return paying.hear(house, TenantId(UUID(tenant)), provider, headers, body).status
    except Refused as refusal:
        return refusal.status
