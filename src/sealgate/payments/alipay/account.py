"""A merchant's account at Alipay, in its public-key mode (not the certificate mode), and its keys ready for use."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from sealgate.payments.signing import private_key, public_key
from sealgate.ports import BadAccount


@dataclass(frozen=True, slots=True)
class AlipayAccount:
    """`seller_id` is the merchant's number (2088...). Both keys PEM or bare base64; `alipay_public_key` is *theirs*.

    `agreement_scene` (such as `INDUSTRY|CARRENTAL`) and `agreement_product` are what the contract for withholding names;
    without a scene there are no agreements.
    """

    app_id: str
    seller_id: str
    private_key: str = field(repr=False)
    alipay_public_key: str = field(repr=False)
    agreement_scene: str = ""
    agreement_product: str = "GENERAL_WITHHOLDING_P"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    ours: RSAPrivateKey
    theirs: RSAPublicKey


def open_keys(account: AlipayAccount) -> Keys:
    """Raises `BadAccount`, also where our own public key was given for theirs: the commonest mistake."""
    if not account.app_id or not account.seller_id:
        raise BadAccount("a number of the Alipay account is missing")
    keys = Keys(private_key(account.private_key), public_key(account.alipay_public_key))
    if keys.ours.public_key().public_numbers() == keys.theirs.public_numbers():
        raise BadAccount("alipay_public_key is this app's own key; take the one that Alipay shows")
    return keys
