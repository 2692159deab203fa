"""Whom the settings name outside: payment providers, the mail server, witnesses."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from sealgate.payments.alipay import Alipay, AlipayAccount
from sealgate.payments.outbound import Outbound
from sealgate.payments.simulated import Simulated
from sealgate.payments.stripe import Stripe, StripeAccount
from sealgate.payments.wechat import WechatAccount, WechatPay
from sealgate.ports import BadAccount, Clock, OutsideAnswer, PaymentProvider, Post, Witness
from sealgate.post import MailSecurity, MailServer, SmtpPost
from sealgate.settings import Settings
from sealgate.witness import FolderWitness, HttpWitness


def providers(settings: Settings, clock: Clock) -> dict[str, PaymentProvider]:
    """Every provider at which there is an account. Raises `BadAccount`."""
    made: list[PaymentProvider] = []
    if settings.has_account("wechat"):
        made.append(WechatPay(_wechat(settings), clock))
    if settings.has_account("alipay"):
        keys = _text(settings.alipay_private_key_file), _text(settings.alipay_public_key_file)
        scene = settings.alipay_agreement_scene
        made.append(Alipay(AlipayAccount(settings.alipay_app_id, settings.alipay_seller_id, *keys, scene), clock))
    if settings.has_account("stripe"):
        key, hooks = _secret(settings.stripe_secret_key), _secret(settings.stripe_webhook_secrets)
        live = key.startswith(("sk_live_", "rk_live_"))
        made.append(Stripe(StripeAccount(key, tuple(hooks.split()), live, settings.stripe_account), clock))
    if settings.simulated_payments:
        made.append(Simulated(secrets.token_bytes(32), clock, pages="/simulated-pay"))
    return {provider.name: provider for provider in made}


def post(settings: Settings, clock: Clock) -> Post | None:
    """The mail server, where there is one."""
    if not settings.smtp_host:
        return None
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        security=MailSecurity(settings.smtp_security),
        user=settings.smtp_user,
        password=_secret(settings.smtp_password),
    )
    return SmtpPost(server, clock)


def witnesses(settings: Settings) -> tuple[Witness, ...]:
    made: list[Witness] = []
    if settings.witness_folder is not None:
        made.append(FolderWitness(settings.witness_folder))
    if settings.witness_address:
        made.append(HttpWitness(settings.witness_address))
    return tuple(made)


def _wechat(settings: Settings) -> WechatAccount:
    return WechatAccount(
        mchid=settings.wechat_mchid,
        appid=settings.wechat_appid,
        serial=settings.wechat_serial,
        private_key=_text(settings.wechat_private_key_file),
        api_v3_key=_secret(settings.wechat_api_v3_key),
        platform_keys={serial: _text(path) for serial, path in settings.wechat_platform_keys.items()},
        app_secret=_secret(settings.wechat_app_secret),
    )


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value()


def _text(path: Path | None) -> str:
    """What a key file holds. Raises `BadAccount`."""
    try:
        return path.read_text(encoding="ascii") if path is not None else ""
    except (OSError, UnicodeError) as error:
        raise BadAccount(f"{path} cannot be read: {type(error).__name__}", hint="Check the file and who may read it") from error


def ask_outside(method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> OutsideAnswer:
    """A `ports.Outside`: a sign-in service is asked as bounded as a payment provider is."""
    parts = urlsplit(address)
    answer = _way_out(f"{parts.scheme}://{parts.netloc}").ask(method, address, headers=headers, body=body)
    return OutsideAnswer(answer.status, answer.body)


@lru_cache(maxsize=64)
def _way_out(base: str) -> Outbound:
    return Outbound(base)
