"""Alice reads Chinese, Dora English; neither sees the other's words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.access import Reason
from sealgate.domain.ids import SiteId
from sealgate.flows.kit import Signed
from sealgate.web.i18n import Language, preferred, words_in

EN, ZH = words_in(Language.EN), words_in(Language.ZH)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("zh-Hans", Language.ZH),
        ("en-GB,zh;q=0.5", Language.EN),
        ("fr,de;q=0.7,zh;q=0.3", Language.ZH),
        ("fr", Language.EN),
        ("", Language.EN),
        ("*;q=0.1,,;;", Language.EN),
    ],
)
def test_the_browsers_first_language_that_we_speak_is_spoken(header: str, language: Language) -> None:
    assert preferred(header) is language


@given(st.text(max_size=400))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert preferred(header) in Language


def test_dates_and_figures_read_as_the_house_writes_them() -> None:
    at = datetime(2026, 11, 23, 9, 12, 31)  # noqa: DTZ001 - local time, as a page has it
    assert EN.moment(at) == "Monday 23 November, 09:12"
    assert ZH.moment(at) == "11月23日 星期一 09:12"
    assert EN.clock(at) == ZH.clock(at) == "09:12:31"
    assert (EN.day(at), ZH.day(at)) == ("23 November 2026", "2026年11月23日")
    assert (EN.short_day(date(2026, 11, 20)), ZH.short_day(date(2026, 11, 20))) == ("20 Nov", "11月20日")
    assert (EN.lasting(timedelta(hours=2, minutes=21)), ZH.lasting(timedelta(hours=2, minutes=21))) == (
        "2 h 21 min",
        "2 小时 21 分",
    )
    assert EN.lasting(timedelta(seconds=102)) == "1 min 42 s"
    assert (EN.number(1184), EN.score(0.7149)) == ("1,184", "0.71")
    assert [EN.weekday(0), ZH.weekday(6)] == ["Monday", "星期日"]


def test_a_word_of_the_domain_is_said_in_both_languages() -> None:
    assert (EN.say(Reason.AMBIGUOUS), ZH.say(Reason.AMBIGUOUS)) == ("Two people look alike", "两人相似")


def test_one_and_many_differ_in_english_alone() -> None:
    assert EN.ngettext("%(n)s person", "%(n)s people", 1) == "1 person"
    assert EN.ngettext("%(n)s person", "%(n)s people", 1184) == "1,184 people"
    assert ZH.ngettext("%(n)s person", "%(n)s people", 2) == "2 人"


def test_the_choice_of_a_language_stays_and_leads_back(alice: Signed, campus: SiteId, enter: Callable[[Signed], Any]) -> None:
    inside = enter(alice)
    assert '<html lang="en"' in inside.get("/account").text
    page = inside.get("/language/zh-Hans?back=%2Faccount")
    assert page.url.path == "/account"
    assert '<html lang="zh-Hans"' in page.text
    assert "第二重验证" in page.text
    assert "Second factor" not in page.text


def test_a_language_that_nobody_speaks_is_not_found(browser: Callable[[], Any]) -> None:
    assert browser().get("/language/tlh").status_code == 404


def test_choosing_a_language_never_leads_to_another_site(browser: Callable[[], Any]) -> None:
    answer = browser().client.get("/language/en?back=https://evil.example", follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_refusals_speak_the_readers_language(browser: Callable[[], Any]) -> None:
    answer = browser().get("/nowhere", headers={"Accept-Language": "zh-CN"})
    assert "此地址没有内容" in answer.text
