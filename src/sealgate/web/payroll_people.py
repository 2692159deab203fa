"""What each person is paid by, and the rules of the employer and the country."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.errors import Refused
from sealgate.domain.ids import PersonId
from sealgate.domain.payroll_pack import Basic, Insurance, Pack
from sealgate.domain.payroll_terms import PayBasis, entry_document, terms_document
from sealgate.flows import pay_terms, paypacks
from sealgate.web import pay_lines
from sealgate.web.frame import AtPage, Page, again, redirect, render
from sealgate.web.guard import takes
from sealgate.web.i18n import _

router = APIRouter(prefix="/payroll")
Text = Annotated[str, Form(max_length=400)]
ROWS = 4
"""Allowances, claims and other pay: so many lines of each are offered, more than there are."""

MOST_FIELDS = 120
LONGEST = 400_000
_FIGURE = re.compile(r"[0-9.]+")


async def typed(request: Request) -> dict[str, str]:
    """The form as it was typed, its blanks trimmed; files and what is too much are left out."""
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    return {key: value.strip()[:400] for key, value in form.items() if isinstance(value, str)}


AsTyped = Annotated[dict[str, str], Depends(typed)]


@router.get("/people")
def list_people(request: Request, page: AtPage, after: UUID | None = None) -> Response:
    found, more = pay_terms.people_paid(page.house, page.signed, PersonId(after) if after else None)
    rules = pay_terms.pay_rules(page.house, page.signed)
    context: dict[str, Any] = {"people": found, "more": more, "first": after is not None, "currency": rules.pack.currency}
    return render(request, "payroll_people.html", lines=pay_lines, **context)


@router.get("/people/{person}")
def show_person(request: Request, page: AtPage, person: UUID, month: Annotated[str, Query(max_length=7)] = "") -> Response:
    return render(request, "payroll_person.html", **_person(page, PersonId(person), month))


@router.post("/people/{person}/terms")
def set_terms(request: Request, page: AtPage, person: UUID, form: AsTyped) -> Response:
    try:
        pay_terms.set_terms(page.house, page.signed, PersonId(person), terms_of(form))
    except Refused as refused:
        return _again(request, page, PersonId(person), refused, {"given": filled(form)})
    return redirect(request, f"/payroll/people/{person}", said=_("Pay agreed"))


@router.post("/people/{person}/terms/remove")
def drop_terms(request: Request, page: AtPage, person: UUID, since: Text = "") -> Response:
    try:
        pay_terms.drop_terms(page.house, page.signed, PersonId(person), date.fromisoformat(since))
    except ValueError:
        return redirect(request, f"/payroll/people/{person}")
    return redirect(request, f"/payroll/people/{person}", said=_("These terms are gone; closed runs stay as they are"))


@router.post("/people/{person}/entry")
def set_entry(request: Request, page: AtPage, person: UUID, form: AsTyped) -> Response:
    month = form.get("month", "")
    try:
        pay_terms.set_entry(page.house, page.signed, PersonId(person), month, entry_of(form))
    except Refused as refused:
        return _again(request, page, PersonId(person), refused, {"entered": filled(form)})
    return redirect(request, f"/payroll/people/{person}?month={month}", said=_("Entered: draft the run anew to count it"))


@router.get("/rules")
def show_rules(request: Request, page: AtPage) -> Response:
    return render(request, "payroll_rules.html", **_rules(page))


@router.post("/rules/policy")
def set_policy(request: Request, page: AtPage, form: AsTyped) -> Response:
    whole = {key: int(form[key]) for key in ("pay_day", "keep_years") if form.get(key, "").isdigit() and len(form[key]) < 4}
    words = {key: form[key] for key in ("country", "employer", "address", "late_each") if form.get(key)}
    try:
        pay_terms.set_policy(page.house, page.signed, {**words, **whole})
    except Refused as refused:
        if refused.status == 403:
            raise
        return again(request, "payroll_rules.html", refused, **{**_rules(page), "given": filled(form)})
    return redirect(request, "/payroll/rules", said=_("Saved"))


@router.post("/rules/pack")
@takes(12 * LONGEST)
def set_pack(request: Request, page: AtPage, text: Annotated[str, Form(max_length=LONGEST)] = "") -> Response:
    try:
        pay_terms.set_pack(page.house, page.signed, text)
    except Refused as refused:
        if refused.status == 403:
            raise
        return again(request, "payroll_rules.html", refused, **{**_rules(page), "text": text})
    return redirect(request, "/payroll/rules", said=_("Your own rules hold from the next draft on"))


@router.post("/rules/pack/drop")
def drop_pack(request: Request, page: AtPage, country: Text = "") -> Response:
    pay_terms.drop_pack(page.house, page.signed, country[:2])
    return redirect(request, "/payroll/rules", said=_("The rules that come along hold again"))


def terms_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The document that `read_terms` reads, of a form whose fields are named by the document's paths."""
    plain = ("since", "basis", "rate", "employed_since", "employed_until", "overtime_base", "city", "insurance_base", "basic",
             "performance_bonus", "account")  # fmt: skip
    rates = [
        {
            "item": item,
            "employee": share(form.get(f"rate.{item}.employee")),
            "employer": share(form.get(f"rate.{item}.employer")),
        }
        for item in {key.split(".")[1] for key in form if key.startswith("rate.") and key.count(".") == 2 and form[key]}
    ]
    claims = [
        {"kind": row["kind"], "count": _count(row.get("count", "")), "share": share(row.get("share")) or "100%"}
        for row in _table(form, "claims")
        if row.get("kind")
    ]
    return {
        **{key: form[key] for key in plain if form.get(key)},
        "allowances": [row for row in _table(form, "allowances") if row.get("name") or row.get("amount")],
        "claims": claims,
        "rates": [row for row in rates if row["employee"] or row["employer"]],
    }


def entry_of(form: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {key: form[key] for key in ("bonus", "separate_bonus", "damage") if form.get(key)}
    if form.get("pieces"):
        found["pieces"] = _count(form["pieces"])
    if form.get("score"):
        found["score"] = share(form["score"])
    found["others"] = [row for row in _table(form, "others") if row.get("name") or row.get("amount")]
    return found


def share(text: str | None) -> str | None:
    """`7` and `7%` are both seven per cent."""
    return f"{text}%" if text and _FIGURE.fullmatch(text) else text or None


def _count(text: str) -> int | str:
    """A whole number where it is one; anything else is refused by whoever reads it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or 1


def _table(form: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """Rows of `name[1].key`, in their order."""
    found: dict[int, dict[str, str]] = {}
    for key, value in form.items():
        if (at := re.fullmatch(rf"{name}\[([0-9]{{1,2}})\]\.([a-z]+)", key)) and value:
            found.setdefault(int(at[1]), {})[at[2]] = value
    return [found[number] for number in sorted(found)]


def _person(page: Page, person: PersonId, month: str) -> dict[str, Any]:
    month = month or f"{page.house.clock.now():%Y-%m}"
    found = pay_terms.details(page.house, page.signed, person, month)
    rules = pay_terms.pay_rules(page.house, page.signed)
    currency = rules.pack.currency
    kinds = dict.fromkeys(rule.kind for rule in rules.pack.specials)
    latest = terms_document(found.terms[-1], currency) if found.terms else None
    return {
        "found": found,
        "month": month,
        "rules": rules,
        "currency": currency,
        "given": filled(flat(latest) if latest else {"basis": PayBasis.MONTHLY.value, "basic": Basic.MONTHLY.value}),
        "entered": filled(flat(entry_document(found.entry, currency))),
        "choices": choices(rules.pack),
        "basis_words": [(basis.value, page.words.say(basis)) for basis in PayBasis],
        "basic_words": [(basic.value, page.words.say(basic)) for basic in Basic],
        "city_words": [("", "–"), *((city, pay_lines.said(pay_lines.CITIES, city, page.words)) for city in rules.pack.cities)],
        "claim_words": [(kind, pay_lines.said(pay_lines.CLAIMS, kind, page.words)) for kind in kinds],
        "rows": range(1, ROWS + 1),
        "lines": pay_lines,
    }


def filled(fields: Mapping[str, str]) -> defaultdict[str, str]:
    """A form's fields, where what nobody typed is empty."""
    return defaultdict(str, fields)


def flat(document: Mapping[str, Any]) -> dict[str, str]:
    """A document as the fields of its form."""
    found: dict[str, str] = {}
    for key, value in document.items():
        if key == "rates":
            found |= {f"rate.{row['item']}.{side}": row[side] or "" for row in value for side in ("employee", "employer")}
        elif isinstance(value, list):
            found |= {f"{key}[{number}].{name}": str(cell) for number, row in enumerate(value, 1) for name, cell in row.items()}
        else:
            found[key] = "" if value is None else str(value)
    return found


def choices(pack: Pack) -> list[Insurance]:
    """One rule of each insurance where the employer chooses a rate, or where it is not known."""
    found = {
        rule.item: rule
        for rule in pack.insurances
        if rule.employee != rule.employee_most or rule.employer is None or rule.employer != rule.employer_most
    }
    return list(found.values())


def _again(request: Request, page: Page, person: PersonId, refused: Refused, more: Mapping[str, Any]) -> Response:
    if refused.status in {403, 404}:
        raise refused
    month = str(more.get("entered", {}).get("month", ""))
    kept = {**_person(page, person, month if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) else ""), **more}
    return again(request, "payroll_person.html", refused, **kept)


def _rules(page: Page) -> dict[str, Any]:
    rules = pay_terms.pay_rules(page.house, page.signed)
    return {
        "rules": rules,
        "given": {key: str(value) for key, value in asdict(rules.policy).items()} | {"late_each": _late(rules)},
        "text": rules.text,
        "countries_said": [
            (country, pay_lines.said(pay_lines.COUNTRIES, paypacks.pack_of(country).name, page.words))
            for country in paypacks.countries()
        ],
        "name": pay_lines.said(pay_lines.COUNTRIES, rules.pack.name, page.words),
    }


def _late(rules: pay_terms.Rules) -> str:
    return pay_lines.amount(rules.policy.late_each, rules.pack.currency).replace(",", "")
