"""A merchant's account at WeChat Pay, and its keys ready for use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealgate.payments.signing import private_key, public_key
from sealgate.ports import BadAccount

PUBLIC_KEY_PREFIX = "PUB_KEY_ID_"


@dataclass(frozen=True, slots=True)
class WechatAccount:
    """`serial` is that of the merchant's own certificate, `api_v3_key` the text set in the merchant platform.

    `platform_keys` are the keys WeChat Pay signs with, PEM by serial: `PUB_KEY_ID_...` for its public key, the hex
    serial for a platform certificate. During a changeover both are in use at random, so hold both. `app_secret` is the
    public account's, by which a driver inside WeChat is asked who pays; without it everybody pays by the QR code.
    """

    mchid: str
    appid: str
    serial: str
    private_key: str = field(repr=False)
    api_v3_key: str = field(repr=False)
    platform_keys: Mapping[str, str] = field(repr=False)
    app_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """`asked` is the serial that we ask to be answered with; empty where only certificates are held."""

    merchant: RSAPrivateKey
    platform: Mapping[str, RSAPublicKey]
    notices: AESGCM
    asked: str


def open_keys(account: WechatAccount) -> Keys:
    """Raises `BadAccount`."""
    if not account.mchid or not account.appid or not account.serial or not account.platform_keys:
        raise BadAccount("a number or key of the WeChat Pay account is missing")
    try:
        notices = AESGCM(account.api_v3_key.encode())
    except ValueError:
        raise BadAccount("the APIv3 key is not 32 characters") from None
    platform = {serial: public_key(pem) for serial, pem in account.platform_keys.items()}
    asked = next((serial for serial in platform if serial.startswith(PUBLIC_KEY_PREFIX)), "")
    return Keys(private_key(account.private_key), platform, notices, asked)
