"""A provider inside this program, for demonstrations and tests: it pays, refuses, repeats, delays and forgets on request."""

from sealgate.payments.simulated.agreements import Sign, SignPage
from sealgate.payments.simulated.provider import Act, PayPage, Simulated

__all__ = ["Act", "PayPage", "Sign", "SignPage", "Simulated"]
