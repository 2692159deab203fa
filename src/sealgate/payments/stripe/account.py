"""An account at Stripe."""

from __future__ import annotations

from dataclasses import dataclass, field

from sealgate.ports import BadAccount


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """`webhook_secrets` are whole `whsec_...` texts: two while one is being replaced. `account` is `acct_...`, if known.

    `live` says which of Stripe's two worlds this is; the secret key has to be of the same one.
    """

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    live: bool
    account: str = ""


def checked(account: StripeAccount) -> StripeAccount:
    """Raises `BadAccount`."""
    mode = "live" if account.live else "test"
    if not account.secret_key.startswith((f"sk_{mode}_", f"rk_{mode}_")):
        raise BadAccount(f"the secret key is not one for {mode} payments")
    if not account.webhook_secrets or not all(secret.startswith("whsec_") for secret in account.webhook_secrets):
        raise BadAccount("a webhook secret is missing, or does not begin with whsec_")
    return account
