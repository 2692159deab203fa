"""Somebody enrolled: what we keep of them, and the small rules about names and codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sealgate.domain.errors import Invalid
from sealgate.domain.plates import normalise as plate_text
from sealgate.domain.sightings import Means


class PersonKind(StrEnum):
    EMPLOYEE = "employee"
    WORKER = "worker"
    STUDENT = "student"
    VISITOR = "visitor"


class BadName(Invalid):
    code = "person.bad-name"


class BadContact(Invalid):
    code = "person.bad-contact"


class BadCode(Invalid):
    code = "credential.bad-value"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is sealed under the person's own key. Empty text means not given."""

    name: str
    phone: str = ""
    email: str = ""
    number: str = ""


_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_PHONE = re.compile(r"\+?[0-9 ()-]{5,24}")


def checked(profile: Profile) -> Profile:
    """The profile with blanks trimmed. Raises `BadName` or `BadContact`."""
    name = " ".join(profile.name.split())
    if not 1 <= len(name) <= 120 or _CONTROL.search(name):
        raise BadName("a name has 1 to 120 characters", field="name")
    email, phone = profile.email.strip(), profile.phone.strip()
    if email and not _EMAIL.fullmatch(email):
        raise BadContact("not an e-mail address", field="email", hint="Write somebody@example.org")
    if phone and not _PHONE.fullmatch(phone):
        raise BadContact("not a telephone number", field="phone", hint="Digits, with + in front for another country")
    number = profile.number.strip()
    if len(number) > 40 or _CONTROL.search(number):
        raise BadContact("a staff number has up to 40 characters", field="number")
    return Profile(name, phone, email, number)


def name_key(name: str) -> str:
    """Names that differ only in case or blanks are one name in a search."""
    return " ".join(name.split()).casefold()


def number_key(number: str) -> str:
    """Staff numbers that differ only in case or blanks are one."""
    return "".join(number.split()).casefold()


_HAN = re.compile(r"[\u3400-\u9fff\u3007·]{2,8}")
_TWO_CHARACTER_SURNAMES = frozenset(
    {
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "司徒",
        "夏侯",
        "端木",
        "南宫",
    }
)


def first_name(name: str) -> str:
    """What a kiosk may show to whoever stands behind: the given name only.

    >>> first_name("Alice Marsh"), first_name("欧阳小红"), first_name("王芳")
    ('Alice', '小红', '芳')
    """
    if _HAN.fullmatch(name):
        surname = 2 if name[:2] in _TWO_CHARACTER_SURNAMES and len(name) > 2 else 1
        return name[surname:]
    return name.split(" ", maxsplit=1)[0]


def code_text(means: Means, value: str) -> str:
    """One writing for one card number, QR text, PIN or plate. Raises `BadCode` or `BadPlate`."""
    if len(value) > 512:
        raise BadCode("too long", field="value")
    match means:
        case Means.PLATE:
            return plate_text(value)
        case Means.PIN:
            if not re.fullmatch(r"[0-9]{4,6}", value.strip()):
                raise BadCode("a PIN has 4 to 6 digits: longer numbers are cards", field="value")
            return value.strip()
        case Means.CARD:
            card = re.sub(r"[\s:-]", "", value).upper()
            if not re.fullmatch(r"[0-9A-Z]{4,40}", card):
                raise BadCode("a card number has 4 to 40 letters and digits", field="value")
            return card
        case Means.QR:
            if not re.fullmatch(r"[\x21-\x7e]{8,512}", value.strip()):
                raise BadCode("not one of our codes", field="value")
            return value.strip()
        case Means.FACE:
            raise BadCode("a face has no code", field="value")


def ending(value: str) -> str:
    """The last digits of something sealed, for a screen: `···45`."""
    return "···" + value[-2:] if len(value) >= 6 else "···"
