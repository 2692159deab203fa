"""Two languages, one English text as the key: gettext catalogues, dates, figures and the words of closed lists.

The surprising thing: there are no compiled catalogues. Every `*.po` of a language is read and joined when the
program starts (it takes milliseconds), so a catalogue can never be older than its source.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from starlette.requests import HTTPConnection

from sealgate.domain.money import Money
from sealgate.web.vocabulary import WORDS

COOKIE = "language"
Marked = str


class Language(StrEnum):
    """The value is the page's `lang`."""

    EN = "en"
    ZH = "zh-Hans"

    @property
    def locale(self) -> str:
        return self.value.replace("-", "_")

    @property
    def own_name(self) -> str:
        return "English" if self is Language.EN else "中文"

    @property
    def other(self) -> Language:
        return Language.ZH if self is Language.EN else Language.EN


def _(text: str) -> Marked:
    """Marks a text for the catalogue and leaves it as it is; it is translated where it is shown."""
    return text


class Words:
    """Everything that is said in one language. Immutable once built; shared by all threads."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.catalogue = _catalogue(language)

    def gettext(self, text: str, **values: object) -> str:
        """The translation, with `%(name)s` filled in where `values` are given."""
        said = self.catalogue.gettext(text) if text else ""
        return said % values if values else said

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """`%(n)s` is always there."""
        return self.catalogue.ngettext(one, many, n) % {"n": self.number(n), **values}

    def say(self, word: StrEnum) -> str:
        """A word of one of the domain's closed lists: a reason, a role, a means."""
        return self.gettext(WORDS[type(word)][word])

    def moment(self, at: datetime) -> str:
        """Monday 23 November, 09:12. `at` is local time already."""
        return self._date(at, "EEEE d MMMM, HH:mm", "M月d日 EEEE HH:mm")

    def stamp(self, at: datetime) -> str:
        """23 Nov 2026, 09:12"""
        return self._date(at, "d MMM y, HH:mm", "y年M月d日 HH:mm")

    def clock(self, at: datetime) -> str:
        """09:12:31"""
        return self._date(at, "HH:mm:ss", "HH:mm:ss")

    def minute(self, at: datetime) -> str:
        """09:12"""
        return self._date(at, "HH:mm", "HH:mm")

    def day(self, day: date) -> str:
        """23 November 2026"""
        return self._day(day, "d MMMM y", "y年M月d日")

    def short_day(self, day: date) -> str:
        """23 Nov"""
        return self._day(day, "d MMM", "M月d日")

    def month(self, month: date) -> str:
        """November 2026, by any day of it."""
        return self._day(month, "MMMM y", "y年M月")

    def weekday(self, index: int) -> str:
        """Monday; `index` 0 is Monday."""
        return self._day(date(2024, 1, 1) + timedelta(days=index), "EEEE", "EEEE")

    def weekday_short(self, day: date) -> str:
        """Mon; 周一"""
        return self._day(day, "EEE", "EEE")

    def number(self, value: float) -> str:
        """1,184"""
        return str(format_decimal(value, locale=self.language.locale))

    def money(self, money: Money) -> str:
        """¥1,386.50, with the currency's decimals."""
        said = str(format_currency(Decimal(money.text), money.currency, locale=self.language.locale))
        return said.replace("CN¥", "¥")

    def whole_money(self, money: Money) -> str:
        """¥1,386: for figures, not for bills."""
        text = Decimal(money.text).quantize(Decimal(1))
        said = str(format_currency(text, money.currency, "¤#,##0", locale=self.language.locale, currency_digits=False))
        return said.replace("CN¥", "¥")

    def score(self, value: float) -> str:
        """0.71"""
        return f"{value:.2f}"

    def lasting(self, span: timedelta) -> str:
        """2 h 21 min"""
        minutes, seconds = divmod(int(span.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self.gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
        if minutes:
            return self.gettext("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=seconds)
        return self.gettext("%(seconds)s s", seconds=seconds)

    def _date(self, at: datetime, en: str, zh: str) -> str:
        return str(format_datetime(at, en if self.language is Language.EN else zh, locale=self.language.locale))

    def _day(self, day: date, en: str, zh: str) -> str:
        return str(format_date(day, en if self.language is Language.EN else zh, locale=self.language.locale))


@cache
def words_in(language: Language) -> Words:
    return Words(language)


def words_of(request: HTTPConnection) -> Words:
    """The reader's language: what they chose, else what their browser asks for, else English."""
    try:
        return words_in(Language(request.cookies.get(COOKIE, "")))
    except ValueError:
        return words_in(preferred(request.headers.get("accept-language", "")))


def preferred(header: str) -> Language:
    """The first language of an Accept-Language header that we speak; browsers send them sorted, so weights are not read."""
    for item in header[:200].lower().split(","):
        tag = item.split(";")[0].strip()
        if tag.startswith("zh"):
            return Language.ZH
        if tag.startswith("en"):
            return Language.EN
    return Language.EN


def callables(words: Words) -> tuple[Callable[[str], str], Callable[[str, str, int], str]]:
    """What Jinja's i18n extension asks for; it fills in the values itself."""
    return words.catalogue.gettext, words.catalogue.ngettext


def catalogues(language: Language) -> dict[str, Catalog]:
    """The source catalogues of a language by file name; English has none, its texts are the keys."""
    folder = files("sealgate.web") / "locale" / language.locale / "LC_MESSAGES"
    if not folder.is_dir():
        return {}
    sources = sorted((f for f in folder.iterdir() if f.name.endswith(".po")), key=lambda f: f.name)
    return {f.name: read_po(BytesIO(f.read_bytes()), locale=language.locale) for f in sources}


def _catalogue(language: Language) -> GNUTranslations:
    joined = Catalog(locale=language.locale)
    for catalogue in catalogues(language).values():
        for message in catalogue:
            if message.id:
                joined.add(message.id, message.string, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, joined)
    compiled.seek(0)
    translations: Any = GNUTranslations(compiled)
    return translations  # type: ignore[no-any-return]
