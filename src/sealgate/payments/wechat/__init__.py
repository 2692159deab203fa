"""WeChat Pay v3: QR and in-app payments of a merchant in mainland China. Sources: docs/payments.md."""

from sealgate.payments.wechat.account import WechatAccount
from sealgate.payments.wechat.orders import WechatPay

__all__ = ["WechatAccount", "WechatPay"]
