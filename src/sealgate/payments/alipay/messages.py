"""What Alipay signs, and what we sign for it: sorted `name=value` pairs joined by `&`, not encoded (RSA2).

The surprising thing: the joined text does not say where a value ends, so "a=1&b=2" may be two fields or one. A notice
with a field that could be read both ways, or with a field twice, is refused, and our own subjects hold no `&` and `=`.
An answer's signature covers the bytes between its braces as they came, so it is cut from them, never written anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from sealgate.payments.fields import Fields, Misfit
from sealgate.payments.signing import rsa_sign, rsa_verifies
from sealgate.ports import BadSignature, ForgedAnswer, GarbledAnswer, UnreadableNotice

SIGN_TYPE = "RSA2"
MOST_FIELDS = 100
MOST_SUBJECT = 80
ERROR = "error_response"
_TWO_WAYS = re.compile(r"&[A-Za-z_]+=")
_UNFIT_FOR_SUBJECT = re.compile(r"[/=&,\x00-\x1f]+")
_NAME = re.compile(r"[A-Za-z_]{1,64}", re.ASCII)


def joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def subject_of(text: str) -> str:
    """Without what Alipay forbids there, and what would make its signed text ambiguous."""
    return _UNFIT_FOR_SUBJECT.sub(" ", text)[:MOST_SUBJECT].strip() or "-"


def signed(fields: Mapping[str, str], key: RSAPrivateKey) -> dict[str, str]:
    """With `sign` added. Here `sign_type` is signed too; fields without a value are left out."""
    filled = {name: value for name, value in fields.items() if value}
    return {**filled, "sign": rsa_sign(key, joined(filled).encode())}


def verified_notice(body: bytes, key: RSAPublicKey) -> Fields:
    """The fields of a genuine notice; in its signature fields without a value count, `sign` and `sign_type` do not."""
    fields = _form(body)
    signature, kind = fields.pop("sign", ""), fields.pop("sign_type", "")
    if not signature or kind != SIGN_TYPE:
        raise BadSignature("no signature, or one of another kind")
    if not rsa_verifies(key, joined(fields).encode(), signature):
        raise BadSignature
    return Fields(fields, UnreadableNotice)


def _form(body: bytes) -> dict[str, str]:
    """Every field once, in UTF-8, as we asked for."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise UnreadableNotice("not a form in UTF-8") from None
    fields = dict(pairs)
    unclear = any(_TWO_WAYS.search(value) for value in fields.values())
    if len(fields) != len(pairs) or unclear or not all(_NAME.fullmatch(name) for name in fields):
        raise UnreadableNotice("a field that could be read two ways")
    return fields


def verified_answer(body: bytes, method: str, key: RSAPublicKey) -> Fields:
    """The node of `method` in a genuine answer. Raises `ForgedAnswer` and `GarbledAnswer`.

    Without a signature only a failure is believed, and only one that says nothing about a trade: Alipay did not get as
    far as the account whose key would have signed.
    """
    nodes = _top(body)
    node = nodes.get(method.replace(".", "_") + "_response") or nodes.get(ERROR)
    if node is None:
        raise GarbledAnswer("not an answer to this question")
    signature, (raw, value) = nodes.get("sign", ("", ""))[1], node
    if not isinstance(value, dict):
        raise GarbledAnswer("not an answer to this question")
    fields = Fields(value, GarbledAnswer)
    if not signature and _failed_early(fields.text("code", 16)):
        return fields
    if not isinstance(signature, str) or not rsa_verifies(key, raw.encode(), signature):
        raise ForgedAnswer("an answer of Alipay's whose signature does not fit")
    return fields


def _failed_early(code: str) -> bool:
    return code.startswith("2") or code in ("40001", "40002", "40003", "40006")


def _top(body: bytes) -> dict[str, tuple[str, Any]]:
    """The members of the outermost object, each with the text it was read from; each once."""
    try:
        return _members(body.decode())
    except (ValueError, RecursionError):  # Misfit is a ValueError
        raise GarbledAnswer("not a JSON object") from None


def _members(text: str) -> dict[str, tuple[str, Any]]:
    decoder, at = json.JSONDecoder(), _skip(text, 0, "{")
    found: dict[str, tuple[str, Any]] = {}
    while True:
        name, at = decoder.raw_decode(text, at)
        start = _skip(text, at, ":")
        value, at = decoder.raw_decode(text, start)
        if not isinstance(name, str) or name in found:
            raise Misfit
        found[name] = (text[start:at], value)
        if text[at:].lstrip() == "}":
            return found
        at = _skip(text, at, ",")


def _skip(text: str, at: int, mark: str) -> int:
    """Past spaces, one `mark`, and spaces."""
    rest = text[at:].lstrip()
    if not rest.startswith(mark):
        raise Misfit
    return len(text) - len(rest[1:].lstrip())
