"""Every setting, once: from the command line, then the environment (`SEALGATE_*`), then these defaults.

A setting nobody knows is an error, not a shrug: a misspelt one would leave a default in force in silence.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sealgate.domain.errors import Fault


class BadSettings(Fault):
    code = "settings.invalid"


class UnknownSetting(Fault):
    code = "settings.unknown"


PROVIDERS = ("wechat", "alipay", "stripe")
"""Whose accounts can be given, each by the settings that begin with its name."""

OPTIONAL = frozenset({"alipay_agreement_scene", "stripe_account", "wechat_app_secret"})
"""Those among them without which an account is whole."""


class Settings(BaseSettings):
    """What one program runs with. docs/install.md has the table; a test keeps the two together."""

    model_config = SettingsConfigDict(env_prefix="SEALGATE_", extra="forbid", frozen=True)

    data: Path = Field(Path("sealgate-data"), description="Folder of the database and the sealed pictures")
    keys: Path | None = Field(
        None, description="Folder of the wrapped keys; beside the data folder unless given: better on another disk"
    )
    database: str = Field("", description="Address of a PostgreSQL database; SQLite in the data folder when empty")
    keys_database: str = Field(
        "", description="Address of a second PostgreSQL database for the wrapped keys; SQLite in the keys folder when empty"
    )
    root_key_file: Path | None = Field(None, description="File with the root key (mode 0600); in the keys folder unless given")
    passphrase: SecretStr | None = Field(None, description="Passphrase that stands for the root key instead of a file")
    transit_address: str = Field(
        "", description="Address of a HashiCorp Vault or OpenBao whose transit engine seals the root key; https only"
    )
    transit_key: str = Field("sealgate", description="Name of the key in that engine")
    transit_mount: str = Field("transit", description="Path at which that engine is mounted")
    transit_token_file: Path | None = Field(
        None, description="File (mode 0600) with the token for it, which may encrypt and decrypt with that key and nothing else"
    )
    transit_ca_file: Path | None = Field(
        None, description="PEM certificates by which that address is known; the system's unless given"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8470, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    tls_certificate: Path | None = Field(
        None, description="PEM certificate chain; needed on any address but the loopback one, unless a trusted proxy is named"
    )
    tls_key: Path | None = Field(None, description="PEM private key of the certificate")
    trusted_proxy: str = Field(
        "", description="Addresses or networks, by commas, of the proxy that ends TLS in front of us; it alone may say who asks"
    )
    hosts: str = Field("", description="Names, by commas, under which we are asked for beside that of public_address")
    request_timeout: float = Field(
        30.0, gt=0, le=600, description="Seconds that a request's head may take, and that its body may be late"
    )
    most_connections: int = Field(
        1000, ge=10, le=100_000, description="Connections at once; whoever comes after is told to wait"
    )
    public_address: str = Field("", description="How browsers reach us, such as https://gate.example.org")
    security_contact: str = Field(
        "",
        description="Whom to tell of a leak, by commas, such as mailto:security@example.org; our own page /leak always is one",
    )
    security_policy: str = Field("", description="https address of your rules for whoever looks for leaks, for security.txt")
    security_languages: str = Field("zh, en", description="Languages in which a report is read, for security.txt")
    four_eyes: Literal["on", "off"] = Field(
        "on",
        description="Whether large files of people, an erasure, a new face secret take two, where a second could agree",
    )
    four_eyes_rows: int = Field(100, ge=0, le=1_000_000, description="Rows that one operator alone may take in one file")
    four_eyes_hours: float = Field(24.0, gt=0, le=168, description="Hours in which a second has to agree, and to use it after")
    node: int = Field(0, ge=0, lt=4096, description="Number of this program among those writing one database; part of every id")
    frames_per_second: float = Field(5.0, gt=0, le=30, description="Frames looked at each second for each camera")
    reader_threads: int = Field(1, ge=1, le=64, description="Threads of each model")
    busy_timeout: float = Field(5.0, gt=0, le=60, description="Seconds to wait for a locked database")
    stun_servers: str = Field(
        "",
        description="STUN servers by which the desk's voice leaves a network, by commas; none are needed within one",
    )
    smtp_host: str = Field(
        "", description="Mail server that letters to visitors and hosts are given to; without one links are shown"
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the line to the mail server is sealed; `none` is taken for this very machine only"
    )
    smtp_user: str = Field("", description="Name to sign in to the mail server with; nobody signs in without one")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server")
    smtp_sender: str = Field("", description="Address that letters come from")
    witness_folder: Path | None = Field(
        None, description="Folder, best of another machine, in which signed checkpoints of the journal are kept"
    )
    witness_address: str = Field(
        "", description="HTTP endpoint that signs checkpoints of the journal, as public transparency logs have them"
    )
    backup_to: str = Field("", description="Where backups go: a folder, best on another machine, or s3://bucket/folder")
    backup_endpoint: str = Field("", description="Object store of the backups, such as https://s3.example.org")
    backup_region: str = Field("", description="Region of the bucket, where the object store has regions")
    backup_access_key: str = Field("", description="Name to sign in to the object store with")
    backup_secret_key: SecretStr | None = Field(None, description="Secret to sign in to the object store with")
    backup_database: str = Field(
        "", description="Address by which PostgreSQL is backed up: of a role with REPLICATION; the database's own unless given"
    )
    backup_lock_days: int = Field(
        0, ge=0, le=3650, description="Days for which the object store locks a backup against everybody; 0 locks nothing"
    )
    backup_pace: Literal["second", "commit"] = Field(
        "second", description="When what is written is in the backup: a second later, or before it is acknowledged"
    )
    backup_patience: float = Field(
        5.0, gt=0, le=60, description="Seconds a commit waits for the backup before gates go on without it and an alarm is up"
    )
    backup_every_hours: float = Field(24.0, gt=0, le=168, description="Hours from one whole backup to the next")
    backup_keep: str = Field("14d 8w 12m", description="Which backups are kept: all of so many days, then one a week, a month")
    backup_alarm_hours: float = Field(26.0, gt=0, le=1000, description="Hours after which an old backup is an alarm")
    edge_keeps_days: int = Field(
        3, ge=1, le=366, description="Days for which an edge box keeps what its centre has heard of: passages, pictures, keys"
    )
    simulated_payments: bool = Field(False, description="Offer the simulated provider, whose money is made up")
    wechat_mchid: str = Field("", description="WeChat Pay: number of the merchant")
    wechat_appid: str = Field("", description="WeChat Pay: id of the app or public account that the merchant is bound to")
    wechat_serial: str = Field("", description="WeChat Pay: serial of the merchant's own certificate")
    wechat_private_key_file: Path | None = Field(None, description="WeChat Pay: PEM private key of that certificate")
    wechat_api_v3_key: SecretStr | None = Field(None, description="WeChat Pay: the APIv3 key, 32 characters")
    wechat_platform_keys: dict[str, Path] = Field(
        default_factory=dict, description="WeChat Pay: files of the keys that it signs with, by serial, as a JSON object"
    )
    wechat_app_secret: SecretStr | None = Field(
        None, description="WeChat Pay: secret of the public account, by which drivers inside WeChat pay there; else by QR code"
    )
    alipay_app_id: str = Field("", description="Alipay: id of the app")
    alipay_seller_id: str = Field("", description="Alipay: number of the merchant, 2088...")
    alipay_private_key_file: Path | None = Field(None, description="Alipay: private key of the app, PEM or bare base64")
    alipay_public_key_file: Path | None = Field(None, description="Alipay: the public key that Alipay shows, not the app's own")
    alipay_agreement_scene: str = Field(
        "", description="Alipay: scene of the withholding contract, such as INDUSTRY|CARRENTAL; without it nothing is automatic"
    )
    stripe_secret_key: SecretStr | None = Field(None, description="Stripe: secret or restricted key; its mode is that of all")
    stripe_webhook_secrets: SecretStr | None = Field(
        None, description="Stripe: signing secret of the webhook; two, with a space between, while one is being replaced"
    )
    stripe_account: str = Field("", description="Stripe: id of the account, acct_..., if known")

    @model_validator(mode="after")
    def _closed_by_default(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together")
        for proxy in self.proxies:
            if proxy != "*":
                ip_network(proxy, strict=False)  # raises a ValueError, which names it
        return self

    @model_validator(mode="after")
    def _security_readable(self) -> Self:
        """What RFC 9116 lets stand in security.txt, and nothing that would be a line of its own."""
        for contact in self.security_contacts:
            if not re.fullmatch(r"(mailto:|https://|tel:)[\x21-\x7e]+", contact):
                raise ValueError(f"security_contact: {contact!r} does not begin with mailto:, https:// or tel:")
        if self.security_policy and not re.fullmatch(r"https://[\x21-\x7e]+", self.security_policy):
            raise ValueError("security_policy begins with https://")
        if not re.fullmatch(r"[A-Za-z0-9-]{1,35}(, ?[A-Za-z0-9-]{1,35})*", self.security_languages):
            raise ValueError("security_languages are tags of languages, by commas")
        return self

    @model_validator(mode="after")
    def _backup_whole(self) -> Self:
        """An object store needs an account, and a lock needs an object store."""
        is_store = self.backup_to.startswith("s3://")
        if is_store and not (self.backup_endpoint and self.backup_access_key and self.backup_secret_key):
            raise ValueError("backup_to names a bucket: backup_endpoint, backup_access_key and backup_secret_key belong to it")
        if self.backup_lock_days and not is_store:
            raise ValueError("backup_lock_days needs an object store: a folder locks nothing")
        if self.backup_to and not is_store and Path(self.backup_to).absolute().is_relative_to(self.data.absolute()):
            raise ValueError("backup_to lies within the data folder: one loss would take both")
        return self

    @model_validator(mode="after")
    def _mail_whole(self) -> Self:
        """Letters hold links, so they need to know our address; and they travel sealed."""
        if self.smtp_host and not (self.smtp_sender and self.public_address):
            raise ValueError("smtp_host needs smtp_sender and public_address, for letters come from one and lead to the other")
        if self.smtp_host and self.smtp_security == "none" and not is_loopback(self.smtp_host):
            raise ValueError(f"refusing to send mail to {self.smtp_host} in clear: set smtp_security to starttls or tls")
        if bool(self.smtp_user) != (self.smtp_password is not None):
            raise ValueError("smtp_user and smtp_password belong together")
        return self

    @model_validator(mode="after")
    def _accounts_whole(self) -> Self:
        """An account that is given in part is a mistake; and providers have to be able to reach us."""
        for provider in PROVIDERS:
            parts = _parts(provider)
            missing = [name for name in parts if not getattr(self, name)]
            if missing and len(missing) < len(parts):
                raise ValueError(f"{missing[0]} is missing: the settings of {provider} belong together")
            if not missing and not self.public_address:
                raise ValueError(f"{provider} needs public_address, for its notices come there")
        return self

    def has_account(self, provider: str) -> bool:
        """Whether the account at that provider is given; then all of it is."""
        return all(getattr(self, name) for name in _parts(provider))

    @property
    def proxies(self) -> list[str]:
        return _listed(self.trusted_proxy)

    @property
    def trusts_anybody(self) -> bool:
        """Whether the proxies are everybody: then anyone may say that TLS was ended in front, and who is asking."""
        return any(proxy == "*" or ip_network(proxy, strict=False).prefixlen == 0 for proxy in self.proxies)

    @property
    def is_open(self) -> bool:
        """Whether it would listen where others hear, with no TLS of its own and no proxy of a name in front."""
        behind = bool(self.proxies) and not self.trusts_anybody
        return not is_loopback(self.host) and self.tls_certificate is None and not behind

    @property
    def names(self) -> list[str]:
        """Under which we are asked for, beside that of `public_address`."""
        return _listed(self.hosts)

    @property
    def security_contacts(self) -> list[str]:
        return _listed(self.security_contact)

    @property
    def keys_folder(self) -> Path:
        return self.keys or self.data.with_name(self.data.name + "-keys")

    @property
    def key_file(self) -> Path:
        return self.root_key_file or self.keys_folder / "root.key"

    @property
    def wait_for_lock(self) -> timedelta:
        return timedelta(seconds=self.busy_timeout)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parts(provider: str) -> list[str]:
    """The settings that an account at that provider cannot be without."""
    return [name for name in Settings.model_fields if name.startswith(f"{provider}_") and name not in OPTIONAL]


def load(**given: object) -> Settings:
    """The settings in force; `given` is from the command line, None is not given. Raises `BadSettings`, `UnknownSetting`."""
    known = {f"SEALGATE_{name.upper()}" for name in Settings.model_fields}
    strange = sorted(key for key in os.environ if key.startswith("SEALGATE_") and key not in known | ELSEWHERE)
    if strange:
        raise UnknownSetting(f"unknown setting {strange[0]}", hint="docs/install.md lists them all")
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise BadSettings(f"{where}: {first['msg']}", hint="docs/install.md says what each setting takes") from error


ELSEWHERE = frozenset({"SEALGATE_README_PICTURE"})
"""Read by the tests, not by the program."""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
