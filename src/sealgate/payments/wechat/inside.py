"""Inside WeChat: who the driver is to this merchant's public account (the openid), by OAuth without any question asked.

The surprising thing: this host signs nothing and answers failures with a 200. So what it says is bounded, typed and used for
one thing only: as the payer of an order, which WeChat Pay itself then checks.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from sealgate.payments.fields import read_json
from sealgate.payments.outbound import Outbound, refuse_trouble
from sealgate.payments.wechat.account import WechatAccount
from sealgate.ports import GarbledAnswer, ProviderRefused, Unreachable

CONSENT = "https://open.weixin.qq.com/connect/oauth2/authorize"
BROWSER = "MicroMessenger/"
BUSY = frozenset({-1, 45009, 45011})
"""Their server is in trouble, or asked too often (their list of return codes)."""

_OPENID = re.compile(r"[A-Za-z0-9_-]{6,128}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


class InsideWechat:
    """`OwnBrowser` of one public account."""

    def __init__(self, account: WechatAccount, out: Outbound) -> None:
        self._account, self._out = account, out

    def is_there(self, user_agent: str) -> bool:
        return BROWSER in user_agent

    def ask_payer(self, return_address: str, state: str) -> str:
        """`snsapi_base` asks for the openid alone: WeChat shows no question, and tells no name or picture."""
        query = {"appid": self._account.appid, "redirect_uri": return_address, "response_type": "code"}
        return f"{CONSENT}?{urlencode({**query, 'scope': 'snsapi_base', 'state': state})}#wechat_redirect"

    def payer(self, code: str) -> str:
        if not _CODE.fullmatch(code):
            raise ProviderRefused("BAD_CODE")
        query = {"appid": self._account.appid, "secret": self._account.app_secret, "code": code}
        path = f"/sns/oauth2/access_token?{urlencode({**query, 'grant_type': 'authorization_code'})}"
        answer = self._out.ask("GET", self._out.base + path)
        refuse_trouble(answer)
        if not answer.ok:
            raise Unreachable(f"the provider answered {answer.status}")
        said = read_json(answer.body, GarbledAnswer)
        if said.has("errcode"):
            number = said.signed("errcode")
            raise Unreachable(f"WeChat answered {number}") if number in BUSY else ProviderRefused(str(number))
        openid = said.text("openid", 128)
        if not _OPENID.fullmatch(openid):
            said.fail("openid")
        return openid
