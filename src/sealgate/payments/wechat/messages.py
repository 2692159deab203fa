"""What WeChat Pay signs and encrypts, and what we sign for it.

A signature that begins `WECHATPAY/SIGNTEST/` is the provider's probe of whether we look. It needs no code: it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealgate.payments.fields import Fields, read_json
from sealgate.payments.signing import is_fresh, rsa_sign, rsa_verifies, strict_base64
from sealgate.payments.wechat.account import WechatAccount
from sealgate.ports import BadSignature, StaleNotice, UnknownKey, UnreadableNotice

SCHEME = "WECHATPAY2-SHA256-RSA2048"
CIPHER = "AEAD_AES_256_GCM"
MOST_CIPHERTEXT = 128 * 1024
"""Characters of base64. A payment's notice has about 900; with coupons and their goods it grows to thousands."""


def request_text(method: str, path: str, unix: str, nonce: str, body: bytes) -> bytes:
    """`path` with its query; `body` exactly as sent, empty for GET."""
    return f"{method}\n{path}\n{unix}\n{nonce}\n".encode() + body + b"\n"


def answer_text(unix: str, nonce: str, body: bytes) -> bytes:
    return f"{unix}\n{nonce}\n".encode() + body + b"\n"


def authorization(account: WechatAccount, key: RSAPrivateKey, unix: str, nonce: str, text: bytes) -> str:
    pairs = {
        "mchid": account.mchid,
        "nonce_str": nonce,
        "timestamp": unix,
        "serial_no": account.serial,
        "signature": rsa_sign(key, text),
    }
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in pairs.items())


def page_call(appid: str, key: RSAPrivateKey, unix: str, nonce: str, prepay_id: str) -> dict[str, str]:
    """The arguments of `getBrandWCPayRequest`."""
    package = f"prepay_id={prepay_id}"
    text = f"{appid}\n{unix}\n{nonce}\n{package}\n".encode()
    signature = rsa_sign(key, text)
    return {
        "appId": appid,
        "timeStamp": unix,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": signature,
    }


def verify(keys: Mapping[str, RSAPublicKey], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """`headers` by lower-case name. Raises `UnknownKey`, `BadSignature` or `StaleNotice`; looks at nothing in `body`."""
    unix, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    if headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
        raise BadSignature("another kind of signature")
    if not headers.get("wechatpay-signature"):
        raise BadSignature("no signature")
    key = keys.get(headers.get("wechatpay-serial", ""))
    if key is None:
        raise UnknownKey
    try:
        text = answer_text(unix, nonce, body)
    except UnicodeEncodeError:
        raise BadSignature from None
    if not rsa_verifies(key, text, headers["wechatpay-signature"]):
        raise BadSignature
    if not is_fresh(unix, now):
        raise StaleNotice


def open_resource(cipher: AESGCM, resource: Fields) -> bytes:
    """The plain text of a notice's `resource`. Raises `UnreadableNotice`: the key was changed, or it is not for us."""
    if resource.text("algorithm") != CIPHER:
        resource.fail("algorithm")
    sealed = strict_base64(resource.text("ciphertext", MOST_CIPHERTEXT), MOST_CIPHERTEXT)
    nonce = resource.text("nonce", 32).encode()
    if sealed is None or len(nonce) != 12:
        resource.fail("ciphertext")
    try:
        return cipher.decrypt(nonce, sealed, resource.text_or("associated_data").encode())
    except InvalidTag:
        raise UnreadableNotice("the notice does not open with this APIv3 key") from None


def open_notice(cipher: AESGCM, body: bytes) -> tuple[Fields, Fields]:
    """The envelope and what is in it."""
    envelope = read_json(body, UnreadableNotice)
    return envelope, read_json(open_resource(cipher, envelope.part("resource")), UnreadableNotice)
