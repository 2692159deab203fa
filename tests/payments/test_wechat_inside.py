"""Who pays inside WeChat: what its OAuth door is asked, and how little of what it answers is believed."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.payments.outbound import Outbound
from sealgate.payments.wechat import WechatAccount, WechatPay
from sealgate.payments.wechat.inside import InsideWechat
from sealgate.ports import GarbledAnswer, ProviderRefused, Unreachable

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def account(ours: Any, theirs: Any) -> WechatAccount:
    keys = {"PUB_KEY_ID_0119000000012024": theirs.public}
    return WechatAccount("1900000001", "wx0000000000000001", "5157F09EFDC096DE", ours.secret, "k" * 32, keys, SECRET)


@pytest.fixture
def inside(account: WechatAccount, talker: Any) -> InsideWechat:
    return InsideWechat(account, Outbound(talker.base, timedelta(seconds=5)))


def says(status: int, body: bytes) -> Callable[[Any], tuple[int, dict[str, str], bytes]]:
    return lambda _asked: (status, {}, body)


def test_without_the_accounts_secret_everybody_pays_by_code(account: WechatAccount, clock: Any) -> None:
    assert WechatPay(replace(account, app_secret=""), clock).own_browser is None
    assert WechatPay(account, clock).own_browser is not None
    assert SECRET not in repr(account)


def test_the_driver_is_sent_to_wechat_and_asked_nothing(inside: InsideWechat) -> None:
    address = urlsplit(inside.ask_payer("https://gate.example.org/pay/x?until=2026-11-23T12:42:00+00:00", "0a1b"))
    assert (address.scheme, address.netloc, address.path) == ("https", "open.weixin.qq.com", "/connect/oauth2/authorize")
    assert parse_qs(address.query) == {
        "appid": ["wx0000000000000001"],
        "redirect_uri": ["https://gate.example.org/pay/x?until=2026-11-23T12:42:00+00:00"],
        "response_type": ["code"],
        "scope": ["snsapi_base"],
        "state": ["0a1b"],
    }
    assert address.fragment == "wechat_redirect"


def test_a_code_leads_to_the_payer(inside: InsideWechat, talker: Any) -> None:
    talker.says = says(200, f'{{"access_token":"x","expires_in":7200,"openid":"{OPENID}","scope":"snsapi_base"}}'.encode())
    assert inside.payer("061a2b") == OPENID
    query = parse_qs(urlsplit(talker.asked[0].path).query)
    assert query["code"] == ["061a2b"]
    assert query["grant_type"] == ["authorization_code"]


def test_the_secret_is_in_no_log(inside: InsideWechat, talker: Any, caplog: pytest.LogCaptureFixture) -> None:
    talker.says = says(200, f'{{"openid":"{OPENID}"}}'.encode())
    with caplog.at_level(logging.DEBUG):
        inside.payer("061a2b")
    assert SECRET not in caplog.text


@pytest.mark.parametrize("code", ["", "a b", "a&secret=b", "x" * 129, "码", "a\n"])
def test_what_is_no_code_is_not_asked_about(inside: InsideWechat, talker: Any, code: str) -> None:
    with pytest.raises(ProviderRefused):
        inside.payer(code)
    assert talker.asked == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b'{"errcode":40029,"errmsg":"invalid code"}', ProviderRefused),
        (200, b'{"errcode":40163,"errmsg":"code been used"}', ProviderRefused),
        (200, b'{"errcode":-1,"errmsg":"system error"}', Unreachable),
        (200, b'{"errcode":45011,"errmsg":"api minute-quota reach limit"}', Unreachable),
        (500, b"", Unreachable),
        (404, b"{}", Unreachable),
        (200, b"<html>", GarbledAnswer),
        (200, b'{"openid":7}', GarbledAnswer),
        (200, b'{"openid":"o b"}', GarbledAnswer),
        (200, b'{"openid":"%s"}' % (b"o" * 129), GarbledAnswer),
        (200, b'{"errcode":"40029"}', GarbledAnswer),
    ],
)
def test_a_failure_is_told_as_what_it_is(
    inside: InsideWechat, talker: Any, status: int, body: bytes, error: type[Exception]
) -> None:
    talker.says = says(status, body)
    with pytest.raises(error):
        inside.payer("061a2b")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(body=st.binary(max_size=200))
def test_no_answer_is_a_payer_by_chance(inside: InsideWechat, talker: Any, body: bytes) -> None:
    talker.says = says(200, body)
    with pytest.raises((Unreachable, ProviderRefused)):
        inside.payer("061a2b")
