"""Alipay's open platform: page and phone payments of a merchant in mainland China. Sources: docs/payments.md."""

from sealgate.payments.alipay.account import AlipayAccount
from sealgate.payments.alipay.orders import Alipay

__all__ = ["Alipay", "AlipayAccount"]
