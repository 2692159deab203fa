"""Stripe Checkout: a payment page at Stripe's for cards and wallets. Sources: docs/payments.md."""

from sealgate.payments.stripe.account import StripeAccount
from sealgate.payments.stripe.sessions import Stripe

__all__ = ["Stripe", "StripeAccount"]
