"""The visitor's own page and the host's answer, each by its link: whoever holds it may do that one thing, nobody signs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sealgate.domain.errors import Refused
from sealgate.domain.ids import TenantId
from sealgate.domain.visits import IN_THE_BUILDING, NotNow, VisitState, erase_at
from sealgate.domain.visits_asking import VisitRules
from sealgate.flows.kit import House, fingerprint, tenant_of
from sealgate.flows.visit import call_off, decide, leave
from sealgate.flows.visit_agree import Agreement, SeeReception, refuse_quietly, register
from sealgate.flows.visit_rows import detail_of, frame_of, line_of, pass_text, shown_state
from sealgate.privacy import journal
from sealgate.store import visits
from sealgate.store.engine import Actor, Reader, Tx
from sealgate.store.visits import VisitRow
from sealgate.vault.errors import KeyDestroyed


class LinkOver(Refused):
    """This link leads to no visit: it never did, or all of the visit is erased."""

    code = "visit.link-over"
    status = 410


@dataclass(frozen=True, slots=True)
class VisitorPage:
    """What a visitor sees of their own visit. `pass_text` is drawn as a QR code; empty where no pass opens.

    `agreed` is the version of the notice that they said yes to, by the `rules` of that time.
    """

    name: str
    site_name: str
    host: str
    why: str
    gates: tuple[str, ...]
    since: datetime
    until: datetime
    state: VisitState
    pass_text: str
    code: str
    forget: bool
    rules: VisitRules
    erase_at: datetime
    left_at: datetime | None

    @property
    def inside(self) -> bool:
        return self.state in IN_THE_BUILDING


@dataclass(frozen=True, slots=True)
class Question:
    """What the host is asked: who is there, and for how long."""

    name: str
    company: str
    why: str
    site_name: str
    until: datetime
    asked_at: datetime


def page(house: House, secret: str) -> VisitorPage:
    """Raises `LinkOver`."""
    tenant = _tenant(house, secret)
    with house.store.read(tenant) as db:
        row = _row(db, secret)
        try:
            return _page(house, db, row)
        except KeyDestroyed:
            raise LinkOver from None


def agree(house: House, secret: str, agreement: Agreement) -> None:
    """Raises as `visit_agree.register`; a blocked visitor's refusal is kept before `SeeReception` is raised."""
    try:
        with _theirs(house, secret) as (tx, row):
            register(house, tx, row, agreement)
    except SeeReception:
        with _theirs(house, secret) as (tx, row):
            refuse_quietly(house, tx, row)
        raise


def choose_forgetting(house: House, secret: str, *, forget: bool) -> None:
    """Whether all of the visit goes when they leave; also after they left."""
    with _theirs(house, secret) as (tx, row):
        rules = visits.latest_rules(tx, row.site)
        chosen = replace(row.facts, forget=forget)
        times = {"erase_at": erase_at(chosen, rules.keep, row.left_at)} if row.left_at is not None else {}
        visits.change_visit(tx, row.visit, forget=forget, **times)
        action = "visit.forget-asked" if forget else "visit.forget-withdrawn"
        journal.write(tx, house.keyring, house.clock.now(), action, about=row.person, object=f"visit:{row.visit}")


def check_out(house: House, secret: str) -> None:
    """Raises `NotNow`."""
    with _theirs(house, secret) as (tx, row):
        leave(house, tx, row)


def not_coming(house: House, secret: str) -> None:
    """Raises `NotNow`."""
    with _theirs(house, secret) as (tx, row):
        call_off(house, tx, row)


def question(house: House, secret: str) -> Question:
    """What the host's link asks. Raises `LinkOver`, also once somebody has answered."""
    tenant = _tenant(house, secret)
    with house.store.read(tenant) as db:
        row = visits.visit_by(db, answer=fingerprint(secret))
        if row is None or row.state is not VisitState.AWAITING:
            raise LinkOver
        line = line_of(house, db, frame_of(house, db, row.site, [row]), row)
        site_name = frame_of(house, db, row.site, []).site_name
    return Question(line.name, line.company, line.why, site_name, line.until, line.asked_at)


def answer(house: House, secret: str, *, yes: bool) -> None:
    """The host answers by their link, once. Raises `LinkOver`, `NotNow`."""
    tenant = _tenant(house, secret)
    with house.store.begin(tenant, Actor("person", "host-by-link")) as tx:
        row = visits.visit_by(tx, answer=fingerprint(secret))
        if row is None:
            raise LinkOver
        if row.flagged:
            raise NotNow("reception answers this one")
        decide(house, tx, row, yes=yes)


def _page(house: House, db: Reader, row: VisitRow) -> VisitorPage:
    frame = frame_of(house, db, row.site, [row])
    line = line_of(house, db, frame, row)
    state = shown_state(row, house.clock.now())
    opens = (
        state is VisitState.EXPECTED or state in IN_THE_BUILDING or (state is VisitState.LEFT and row.code_token is not None)
    )
    detail = detail_of(house, db, row)
    agreed = state not in {VisitState.INVITED, VisitState.AWAITING}
    return VisitorPage(
        name=line.name,
        site_name=frame.site_name,
        host=line.host,
        why=line.why,
        gates=line.gates,
        since=line.since,
        until=line.until,
        state=state,
        pass_text=pass_text(house, db.tenant, row.person, row.visit) if opens else "",
        code=str(detail.get("code", "")) if row.code_token is not None else "",
        forget=row.forget,
        rules=visits.rules_at(db, row.site, row.revision) if agreed else frame.rules,
        erase_at=row.erase_at.astimezone(frame.tz),
        left_at=line.left_at,
    )


@contextmanager
def _theirs(house: House, secret: str) -> Iterator[tuple[Tx, VisitRow]]:
    """A write by the visitor about their own visit."""
    tenant = _tenant(house, secret)
    with house.store.read(tenant) as db:
        person = _row(db, secret).person
    with house.store.begin(tenant, Actor("person", str(person))) as tx:
        yield tx, _row(tx, secret)


def _row(db: Reader, secret: str) -> VisitRow:
    row = visits.visit_by(db, link=fingerprint(secret))
    if row is None:
        raise LinkOver
    return row


def _tenant(house: House, secret: str) -> TenantId:
    tenant = tenant_of(secret)
    if tenant is None or tenant not in {line.tenant for line in house.store.tenants()}:
        raise LinkOver
    return tenant
