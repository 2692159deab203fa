"""The pages of pay: a run from the first terms to the PDF, and who may open which page."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pytest
from pypdf import PdfReader

from sealgate.domain.ids import PersonId, SiteId
from sealgate.domain.operators import Role
from sealgate.flows import enrol, pay_terms, payday, selfservice, signin
from sealgate.flows.kit import House, Signed

PASSWORD = "rusty anchors sing at dusk"
OCTOBER = "2026-10"
TERMS = {"since": "2026-01-01", "employed_since": "2026-01-01", "basis": "piece", "rate": "2.50", "overtime_base": "3000.00"}


def hired(house: House, alice: Signed, roles: frozenset[Role], name: str) -> Signed:
    link = signin.invite_operator(house, alice, roles)
    token = signin.set_up(house, link, name=name, login=f"{name.partition(' ')[0].lower()}@example.org", password=PASSWORD)
    signed = signin.who_is(house, token)
    assert signed is not None
    return signed


@pytest.fixture
def erin(house: House, alice: Signed) -> Signed:
    """Payroll."""
    return hired(house, alice, frozenset({Role.PAYROLL}), "Erin Poe")


@pytest.fixture
def frank(house: House, alice: Signed) -> Signed:
    """Payroll too."""
    return hired(house, alice, frozenset({Role.PAYROLL}), "Frank Ode")


@pytest.fixture
def bob(house: House, alice: Signed, campus: SiteId) -> PersonId:
    """Works by the piece, and has a name that a spreadsheet would run."""
    assert campus
    person = enrol.enrol(house, alice, enrol.NewPerson("=1+1 Bob Reed"))
    pay_terms.set_terms(house, alice, person, {**TERMS, "account": "62220000"})
    pay_terms.set_entry(house, alice, person, OCTOBER, {"pieces": 4000, "separate_bonus": "36000.00"})
    return person


def test_a_run_from_the_draft_to_the_pdf(
    house: House, erin: Signed, frank: Signed, bob: PersonId, enter: Callable[[Signed], Any]
) -> None:
    """4,000 x 2.50 = 10,000 and 36,000 by itself, of which 1,080 are tax."""
    hers, his = enter(erin), enter(frank)
    drafted = hers.post("/payroll/draft", {"month": OCTOBER})
    run = str(drafted.url).rsplit("/", 1)[1]
    here = f"/payroll/runs/{run}"
    assert "Pay, October 2026" in drafted.text
    assert "Drafted: look at what is marked, then check" in drafted.text
    assert "Waits for a second person" in hers.post(f"{here}/check", {"revision": "1"}).text
    refused = hers.post(f"{here}/approve", {"revision": "1"})
    assert refused.status_code == 409
    assert "cannot approve" in refused.text
    assert "Approved" in his.post(f"{here}/approve", {"revision": "1"}).text
    assert hers.post(f"{here}/close").status_code == 200
    assert "What for" in hers.get(f"{here}/people/{bob}").text
    assert hers.post(f"{here}/people/{bob}").status_code == 422
    slip = hers.post(f"{here}/people/{bob}", {"purpose": "work"}).text
    assert "4000 × 2.50" in slip
    assert "¥44,920.00" in slip
    assert "STA announcement 2018 no. 61, table 1" in slip
    pdf = hers.post(f"{here}/people/{bob}/pdf", {"purpose": "work"})
    assert pdf.headers["content-type"] == "application/pdf"
    text = PdfReader(BytesIO(pdf.content)).pages[0].extract_text().replace("\0", "")
    assert "44,920.00" in text
    assert "=1+1 Bob Reed" in text
    assert "3% of 36,000.00" in text


def test_the_bank_file_runs_nothing_and_the_journal_is_even(
    house: House, alice: Signed, erin: Signed, frank: Signed, bob: PersonId, enter: Callable[[Signed], Any]
) -> None:
    hers = enter(erin)
    run = payday.draft(house, erin, OCTOBER)
    assert hers.post(f"/payroll/runs/{run}/bank", {"purpose": "work"}).status_code == 409
    payday.check(house, erin, run, 1)
    payday.approve(house, frank, run, 1)
    bank = hers.post(f"/payroll/runs/{run}/bank", {"purpose": "work"}).content.decode("utf-8-sig")
    assert list(csv.reader(StringIO(bank)))[1] == ["'=1+1 Bob Reed", "", "62220000", "44920.00", "CNY", "PAY 2026-10"]
    journal = list(csv.reader(StringIO(hers.get(f"/payroll/runs/{run}/journal.csv").content.decode("utf-8-sig"))))[1:]
    assert sum(float(row[2]) for row in journal) == sum(float(row[3]) for row in journal) == 46_000


def test_pay_is_agreed_and_entered_in_forms(house: House, erin: Signed, bob: PersonId, enter: Callable[[Signed], Any]) -> None:
    hers = enter(erin)
    here = f"/payroll/people/{bob}"
    form: dict[str, object] = {
        "since": "2026-09-01", "employed_since": "2026-01-01", "basis": "monthly", "rate": "9800", "basic": "monthly",
        "city": "Beijing", "rate.housing-fund.employee": "7", "claims[1].kind": "rent-a", "claims[1].count": "1",
        "claims[1].share": "50", "allowances[2].name": "Meals", "allowances[2].amount": "240.00", "account": "1 2 3",
    }  # fmt: skip
    assert "Pay agreed" in hers.post(f"{here}/terms", form).text
    terms = pay_terms.details(house, erin, bob, OCTOBER).terms[-1]
    assert (terms.since, terms.rate, terms.city) == (date(2026, 9, 1), 980_000, "Beijing")
    assert (terms.rates[0].item, terms.allowances[0].minor, float(terms.claims[0].share)) == ("housing-fund", 24_000, 0.5)
    refused = hers.post(f"{here}/terms", {**form, "rate": "lots"})
    assert refused.status_code == 422
    assert "Write it like 12000.00, not below zero" in refused.text
    assert 'value="lots"' in refused.text
    assert hers.post(f"{here}/terms", {**form, "claims[1].count": "many"}).status_code == 422
    entered = hers.post(
        f"{here}/entry", {"month": OCTOBER, "score": "110", "bonus": "500", "others[1].name": "Prize", "others[1].amount": "5"}
    )
    assert "Entered" in entered.text
    entry = pay_terms.details(house, erin, bob, OCTOBER).entry
    assert (str(entry.score), entry.bonus, entry.others[0].minor, entry.pieces) == ("11/10", 50_000, 500, 0)
    assert hers.post(f"{here}/entry", {"month": "soon"}).status_code == 422
    assert hers.post(f"{here}/terms/remove", {"since": "2026-09-01"}).status_code == 200
    assert len(pay_terms.details(house, erin, bob, OCTOBER).terms) == 1


def test_the_rules_are_shown_with_their_doubts_and_can_be_replaced(
    house: House, erin: Signed, campus: SiteId, enter: Callable[[Signed], Any]
) -> None:
    hers = enter(erin)
    page = hers.get("/payroll/rules").text
    assert "cn/insurance/Chengdu/medical-incl-maternity/2024-01-01" in page
    text = pay_terms.pay_rules(house, erin).text
    broken = hers.post("/payroll/rules/pack", {"text": text.replace('quick = "2520"', 'quick = "2521"')})
    assert broken.status_code == 422
    assert "The tax brackets do not fit each other" in broken.text
    assert "Your own" in hers.post("/payroll/rules/pack", {"text": text}).text
    assert hers.post("/payroll/rules/pack/drop", {"country": "cn"}).status_code == 200
    saved = hers.post(
        "/payroll/rules/policy",
        {"country": "cn", "employer": "Acme Works", "late_each": "20", "pay_day": "10", "keep_years": "15"},
    )
    assert "Acme Works" in saved.text
    assert hers.post("/payroll/rules/policy", {"country": "cn", "late_each": "-1"}).status_code == 422


def test_every_page_of_pay_is_shut_to_everybody_else(
    house: House, alice: Signed, umbra: Signed, bob: PersonId, enter: Callable[[Signed], Any], browser: Callable[[], Any]
) -> None:
    run = payday.draft(house, alice, OCTOBER)
    reads = [
        "/payroll", f"/payroll/runs/{run}", f"/payroll/runs/{run}/people/{bob}", f"/payroll/runs/{run}/bank",
        f"/payroll/runs/{run}/journal.csv", "/payroll/people", f"/payroll/people/{bob}",
        "/payroll/rules",
    ]  # fmt: skip
    writes = [
        "/payroll/draft", f"/payroll/runs/{run}/people/{bob}",
        f"/payroll/runs/{run}/people/{bob}/pdf", f"/payroll/runs/{run}/bank",
        *(f"/payroll/runs/{run}/{step}" for step in ("draft", "check", "approve", "close", "drop", "reverse")),
        f"/payroll/people/{bob}/terms", f"/payroll/people/{bob}/terms/remove", f"/payroll/people/{bob}/entry",
        "/payroll/rules/policy", "/payroll/rules/pack", "/payroll/rules/pack/drop",
    ]  # fmt: skip
    form = {"month": OCTOBER, "revision": "1", "since": "2026-01-01", "country": "cn"}
    for number, role in enumerate(role for role in Role if role not in {Role.ADMINISTRATOR, Role.PAYROLL}):
        other = enter(hired(house, alice, frozenset({role}), f"Other{number} Person"))
        assert [path for path in reads if other.get(path).status_code != 403] == [], role
        assert [path for path in writes if other.post(path, form).status_code != 403] == [], role
    nobody = browser()
    assert all("sign-in" in str(nobody.get(path).url) for path in reads)
    hers = enter(umbra)
    assert [path for path in reads if str(run) in path and hers.get(path).status_code != 404] == []
    assert hers.get(f"/payroll/people/{bob}").status_code == 404
    assert payday.record(house, alice, run)[0].row.revision == 1


def test_payroll_opens_no_picture_no_person_and_no_gate(
    erin: Signed, bob: PersonId, campus: SiteId, enter: Callable[[Signed], Any]
) -> None:
    hers = enter(erin)
    shut = [
        f"/s/{campus}/live",
        f"/s/{campus}/people",
        f"/s/{campus}/people/{bob}",
        f"/s/{campus}/passages",
        f"/s/{campus}/gates",
    ]
    assert [path for path in shut if hers.get(path).status_code != 403] == []
    assert str(hers.get("/").url).endswith("/payroll")


def test_a_payslip_of_many_lines_goes_over_pages_and_loses_none(
    house: House, alice: Signed, erin: Signed, campus: SiteId, enter: Callable[[Signed], Any]
) -> None:
    assert campus
    dana = enrol.enrol(house, alice, enrol.NewPerson("Dana Castellanos-Featherstonehaugh"))
    named = [{"name": f"Allowance {number:02} for tools, shoes and everything else", "amount": "10.00"} for number in range(20)]
    pay_terms.set_terms(house, alice, dana, {**TERMS, "allowances": named})
    pay_terms.set_entry(house, alice, dana, OCTOBER, {"pieces": 1000})
    run = payday.draft(house, erin, OCTOBER)
    answer = enter(erin).post(f"/payroll/runs/{run}/people/{dana}/pdf", {"purpose": "work"})
    pages = [page.extract_text().replace("\0", "") for page in PdfReader(BytesIO(answer.content)).pages]
    assert len(pages) > 1
    text = " ".join(" ".join(pages).split())
    assert all(f"Allowance {number:02}" in text for number in range(20))
    assert text.count("10.00") >= 20
    assert "Featherstonehaugh" in text
    assert "2,700.00" in text


def test_somebody_reads_their_own_payslips_once_they_are_closed_and_nobody_elses(
    house: House, alice: Signed, erin: Signed, frank: Signed, bob: PersonId, browser: Callable[[], Any]
) -> None:
    charlie = enrol.enrol(house, alice, enrol.NewPerson("Charlie Low"))
    phone, other = browser(), browser()
    phone.post(f"/my/enter/{selfservice.make_link(house, alice, bob)}")
    other.post(f"/my/enter/{selfservice.make_link(house, alice, charlie)}")
    run = payday.draft(house, erin, OCTOBER)
    mine = f"/my/payslips/{run}"
    assert "No payslip yet" in phone.get("/my/payslips").text
    assert phone.get(mine).status_code == 404
    payday.check(house, erin, run, 1)
    payday.approve(house, frank, run, 1)
    payday.close(house, erin, run)
    assert "44,920.00 CNY" in phone.get("/my/payslips").text
    assert "¥44,920.00" in phone.get(mine).text
    assert phone.get(f"{mine}/pdf").content.startswith(b"%PDF")
    assert [other.get(path).status_code for path in (mine, f"{mine}/pdf")] == [404, 404]
    assert "No payslip yet" in other.get("/my/payslips").text
    assert browser().get(mine).status_code == 401
    assert "looked at their own payslips" in phone.get("/my").text
