"""The root key sealed by an outside key service: the transit engine of HashiCorp Vault or OpenBao, over HTTPS.

The API is the same in both: POST /v1/<mount>/encrypt/<key> and .../decrypt/<key> with the token in a header. The token should
be allowed these two and nothing else. The service never learns what the root wraps, and is asked once, when we start.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from sealgate.domain.errors import Invalid
from sealgate.ports import Unreachable
from sealgate.vault.keptroots import KeeperGarbled, KeeperHasNoKey, KeeperRefused, KeeperSealed, NotTheirs
from sealgate.vault.roots import RootKind, read_private

MOST_ANSWER = 65_536
MOST_TOKEN = 4096
TIMEOUT = 10.0
"""Seconds for the connection, and for each step after it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_.-]{1,100}){0,5}")
_CIPHERTEXT = re.compile(r"vault:v[0-9]{1,9}:[A-Za-z0-9+/=]{1,3900}")


@dataclass(frozen=True, slots=True)
class TransitAccount:
    """`address` without a path; https, or http on this very machine. `ca_file` is PEM, for a certificate of one's own house."""

    address: str
    key: str
    token: str = field(repr=False)
    mount: str = "transit"
    ca_file: Path | None = None
    timeout: float = TIMEOUT


def read_token(path: Path) -> str:
    """From a file that only we may read. Raises `NoKeyFile`, `KeyFileOpen`, `NotAKeyFile`."""
    return read_private(path, MOST_TOKEN).decode("ascii", errors="replace").strip()


class TransitKeeper:
    """A `RootKeeper`. Any thread may call it; a connection is made for each call, for there are two in a year."""

    kind = RootKind.SERVICE

    def __init__(self, account: TransitAccount) -> None:
        """Raises `Invalid` for an address that would send the token in clear, or names that are none."""
        if not _NAME.fullmatch(account.key) or not _NAME.fullmatch(account.mount):
            raise Invalid("not the name of a key or mount", field="transit_key")
        if not _is_safe(account.address):
            raise Invalid("the key service is spoken to by https only", field="transit_address")
        self._account = account

    def seal(self, secret: bytes) -> bytes:
        sealed = self._asked("encrypt", {"plaintext": base64.b64encode(secret).decode()}, "ciphertext")
        if not _CIPHERTEXT.fullmatch(sealed):
            raise KeeperGarbled("not a ciphertext of transit")
        return sealed.encode()

    def open(self, sealed: bytes) -> bytes:
        text = sealed.decode("ascii", errors="replace")
        if not _CIPHERTEXT.fullmatch(text):
            raise NotTheirs("not a ciphertext of transit")
        try:
            return base64.b64decode(self._asked("decrypt", {"ciphertext": text}, "plaintext"), validate=True)
        except (binascii.Error, ValueError):
            raise KeeperGarbled("not base64") from None

    def _asked(self, verb: str, question: dict[str, str], wanted: str) -> str:
        status, answer = self._post(f"/v1/{self._account.mount}/{verb}/{self._account.key}", question)
        if status != 200:
            raise _refusal(verb, status, answer)
        data = answer.get("data")
        found = data.get(wanted) if isinstance(data, dict) else None
        if not isinstance(found, str) or not found:
            raise KeeperGarbled(f"an answer without {wanted}")
        return found

    def _post(self, path: str, question: dict[str, str]) -> tuple[int, dict[str, Any]]:
        own = self._account
        headers = {"X-Vault-Token": own.token, "X-Vault-Request": "true"}
        try:
            trusted = ssl.create_default_context(cafile=own.ca_file)
            with (
                httpx.Client(verify=trusted, timeout=own.timeout, trust_env=False) as client,
                client.stream("POST", own.address.rstrip("/") + path, json=question, headers=headers) as response,
            ):
                body = _bounded(response)
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"the key service: {type(error).__name__}") from None
        return response.status_code, _object(body) if response.status_code == 200 else _object_or_nothing(body)


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_ANSWER:
            raise KeeperGarbled("an answer longer than any of transit")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise KeeperGarbled("not JSON") from None
    if not isinstance(answer, dict):
        raise KeeperGarbled("not a JSON object")
    return answer


def _object_or_nothing(body: bytes) -> dict[str, Any]:
    try:
        return _object(body)
    except KeeperGarbled:
        return {}


def _refusal(verb: str, status: int, answer: dict[str, Any]) -> Exception:
    """By status, and for 400 by what the engine says: it has no codes. Its words are not passed on."""
    errors = answer.get("errors")
    said = " ".join(str(error) for error in errors).lower() if isinstance(errors, list) else ""
    if status == 403:
        return KeeperRefused("the key service refuses our token")
    if status == 404 or "key not found" in said:
        return KeeperHasNoKey("the key service has no such key")
    if status == 503 and "sealed" in said:
        return KeeperSealed("the key service is sealed")
    if status == 400 and verb == "decrypt":
        return NotTheirs("the key service does not open it")
    if status in {429, 472, 473} or status >= 500:
        return Unreachable(f"the key service answered {status}")
    if 300 <= status < 400:
        return KeeperGarbled("the key service sends us elsewhere; give its own address")
    return KeeperRefused(f"the key service answered {status}")


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        plain = parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or plain) and not (parts.query or parts.fragment or parts.username)
