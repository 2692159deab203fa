"""Made-up visitors for the demo: one in every state, made through the same flows that people use.

The demo's clock cannot be put back, so who has overstayed is invited as for the past hours of this very day.
"""

from __future__ import annotations

from datetime import timedelta

from sealgate.domain.ids import VisitId
from sealgate.domain.sightings import CodeSighting, Means
from sealgate.domain.visits_asking import Asked, VisitField, VisitRules
from sealgate.domain.visits_blocks import BlockKind
from sealgate.flows import visit, visit_blocks, visit_kiosk, visit_page, visit_rules
from sealgate.flows.campus import Campus, system
from sealgate.flows.kiosk import KioskGate
from sealgate.flows.kit import House
from sealgate.flows.passage import admit
from sealgate.flows.visit_agree import Agreement
from sealgate.privacy import journal
from sealgate.store import visits

HOUR = timedelta(hours=1)
HOST = "Zhao Mingyi"
COMPANIES = ("Harbour Pilots", "明远仪表", "Ferreira & Filhos", "Dock Insurance")


def build(house: House, campus: Campus) -> int:
    """Visitors of today: how many."""
    signed = system(house, campus.tenant)
    now = house.clock.now()
    fields = {VisitField.COMPANY: Asked("The fire brigade's list names who visits whom", 10)}
    rules = visit_rules.change_rules(house, signed, campus.site, VisitRules(fields=fields))
    gates = (campus.lobby, campus.turnstile)

    def invite(name: str, why: str, begin: timedelta, lasts: timedelta, company: str = "") -> visit.Invited:
        new = visit.NewVisit(name, now + begin, now + begin + lasts, gates, why=why, company=company, host=HOST)
        return visit.invite(house, signed, campus.site, new)

    def agreement(company: str) -> Agreement:
        return Agreement(rules.notice_version, yes=True, answers={VisitField.COMPANY.value: company})

    def agreed(name: str, why: str, begin: timedelta, lasts: timedelta, company: str) -> visit.Invited:
        made = invite(name, why, begin, lasts)
        visit_page.agree(house, made.link, agreement(company))
        return made

    def enters(made: visit.Invited) -> None:
        text = visit_page.page(house, made.link).pass_text
        admit(house, campus.tenant, CodeSighting(campus.lobby, house.clock.now(), Means.QR, text))

    invite("Nina Roth", "quarterly audit", 2 * HOUR, 3 * HOUR, COMPANIES[3])
    agreed("陈思远", "仪表校准", HOUR, 2 * HOUR, COMPANIES[1])
    enters(agreed("Inês Ferreira", "new pumps", timedelta(0), 5 * HOUR, COMPANIES[2]))
    enters(agreed("Max Lindner", "pilot rota", -HOUR, 4 * HOUR, COMPANIES[0]))
    gone = agreed("Ruth Adler", "interview", timedelta(0), HOUR, COMPANIES[3])
    enters(gone)
    visit.check_out(house, signed, gone.visit)
    late = agreed("Sam Okoro", "lift inspection", -2 * HOUR, 5 * HOUR, COMPANIES[0])
    enters(late)
    _ended(house, campus, late.visit)
    visit.cancel(house, signed, invite("Lena Brandt", "site tour", 4 * HOUR, HOUR).visit)
    kiosk = KioskGate(campus.tenant, campus.lobby, "Lobby", "North Campus", frozenset({Means.QR}))
    refused = visit_kiosk.walk_up(house, kiosk, "Carl Stone", HOST, "selling pens", agreement("Pens & Co"), "en")
    visit.answer(house, signed, refused, yes=False)
    visit_kiosk.walk_up(house, kiosk, "Vera Lang", HOST, "a parcel to be signed for", agreement("Lang Couriers"), "en")
    end = now + timedelta(days=90)
    visit_blocks.block(house, signed, BlockKind.EMAIL, "eve@example.org", "Broke a turnstile twice", end, now.date())
    return 9


def _ended(house: House, campus: Campus, late: VisitId) -> None:
    """A visit whose end has just passed, with somebody still inside."""
    with house.store.begin(campus.tenant, system(house, campus.tenant).actor) as tx:
        row = visits.visit(tx, late)
        assert row is not None
        visits.change_visit(tx, late, until=house.clock.now() - timedelta(minutes=20))
        journal.write(tx, house.keyring, house.clock.now(), "visit.shortened", about=row.person, object=f"visit:{late}")
