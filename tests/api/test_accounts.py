"""Accounts at payment providers, given by settings: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sealgate.app import initialise, running
from sealgate.ports import BadAccount
from sealgate.settings import BadSettings, load


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Our private key, and the public key of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    ours, theirs = (generate_private_key(65537, 2048) for _ in range(2))
    private, public = folder / "ours.pem", folder / "theirs.pem"
    private.write_bytes(ours.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(theirs.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def whole(home: Path, private: Path, public: Path) -> dict[str, object]:
    return {
        "data": home / "data",
        "keys": home / "keys",
        "port": 0,
        "public_address": "https://gate.acme.example/",
        "wechat_mchid": "1900000001",
        "wechat_appid": "wx1",
        "wechat_serial": "5157F09E",
        "wechat_private_key_file": private,
        "wechat_api_v3_key": "k" * 32,
        "wechat_platform_keys": {"PUB_KEY_ID_1": public},
        "alipay_app_id": "2021",
        "alipay_seller_id": "2088",
        "alipay_private_key_file": private,
        "alipay_public_key_file": public,
        "stripe_secret_key": "sk_test_1",
        "stripe_webhook_secrets": "whsec_new whsec_old",
    }


def test_accounts_that_are_whole_are_joined(tmp_path: Path, key_files: tuple[Path, Path]) -> None:
    chosen = load(**whole(tmp_path, *key_files))
    initialise(load(data=chosen.data, keys=chosen.keys, port=0), "Acme")
    with running(chosen, faces=None, plates=None) as program:
        merchants = {name: desk.merchant for name, desk in program.house.providers.items()}
        assert merchants == {"wechat": "1900000001", "alipay": "2088", "stripe": "test"}
        assert program.house.address == "https://gate.acme.example"


@pytest.mark.parametrize(
    "missing", ["wechat_serial", "wechat_platform_keys", "alipay_public_key_file", "stripe_webhook_secrets"]
)
def test_an_account_in_part_is_a_mistake(tmp_path: Path, key_files: tuple[Path, Path], missing: str) -> None:
    given = {name: value for name, value in whole(tmp_path, *key_files).items() if name != missing}
    with pytest.raises(BadSettings, match=missing):
        load(**given)


def test_a_provider_has_to_be_able_to_reach_us(tmp_path: Path, key_files: tuple[Path, Path]) -> None:
    given = {name: value for name, value in whole(tmp_path, *key_files).items() if name != "public_address"}
    with pytest.raises(BadSettings, match="public_address"):
        load(**given)


def test_a_key_file_that_is_not_there_is_said(tmp_path: Path, key_files: tuple[Path, Path]) -> None:
    chosen = load(**whole(tmp_path, *key_files) | {"alipay_private_key_file": tmp_path / "gone.pem"})
    initialise(load(data=chosen.data, keys=chosen.keys, port=0), "Acme")
    with pytest.raises(BadAccount, match=r"gone\.pem"), running(chosen, faces=None, plates=None):
        pass


def test_no_secret_is_shown_with_the_settings(tmp_path: Path, key_files: tuple[Path, Path]) -> None:
    shown = repr(load(**whole(tmp_path, *key_files)))
    assert not any(secret in shown for secret in ("k" * 32, "sk_test_1", "whsec_new"))
