"""What somebody who paid says to be sent an electronic invoice. Its form is checked here; a tax office issues it.

In mainland China a company is named by its unified social credit code (GB 32100-2015): 18 characters, the last of which
proves the rest. Elsewhere tax numbers differ too much to be checked for more than their alphabet and length.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from sealgate.domain.errors import Invalid

LONGEST_TITLE = 100
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TAX_NUMBER = re.compile(r"[A-Z0-9]{5,20}")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")


class BadTitle(Invalid):
    code = "invoice.bad-title"


class BadTaxNumber(Invalid):
    code = "invoice.bad-tax-number"


class BadEmail(Invalid):
    code = "invoice.bad-email"


class Buyer(StrEnum):
    """To whom it is made out. A person has no tax number."""

    PERSON = "person"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class InvoiceRequest:
    """Checked. `tax_number` is empty for a person."""

    buyer: Buyer
    title: str
    tax_number: str
    email: str


def invoice_request(buyer: Buyer, title: str, tax_number: str, email: str) -> InvoiceRequest:
    """Raises `BadTitle`, `BadTaxNumber` and `BadEmail`, in the order of the form."""
    name = " ".join(unicodedata.normalize("NFC", title[:1000]).split())
    if not 1 <= len(name) <= LONGEST_TITLE or not name.isprintable():
        raise BadTitle(f"a title has 1 to {LONGEST_TITLE} characters", field="title")
    number = "" if buyer is Buyer.PERSON else _tax_number(tax_number)
    address = email.strip()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise BadEmail("this is no e-mail address", field="email")
    return InvoiceRequest(buyer, name, number, address)


def _tax_number(typed: str) -> str:
    number = "".join(unicodedata.normalize("NFKC", typed[:200]).upper().split()).replace("-", "")
    if not _TAX_NUMBER.fullmatch(number) or (len(number) == 18 and not is_credit_code(number)):
        raise BadTaxNumber("this is no tax number", field="tax_number")
    return number


def is_credit_code(code: str) -> bool:
    """Whether the last of 18 characters is the check character of the others (GB 32100-2015, 5.2: modulo 31, weights 3^i).

    >>> is_credit_code("91350100M000100Y43")
    True
    """
    if len(code) != 18 or not set(code) <= set(_ALPHABET):
        return False
    total = sum(_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    return _ALPHABET[-total % 31] == code[17]
