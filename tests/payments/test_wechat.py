"""WeChat Pay: its own published vectors, its real bill, and the rules that a small stand-in cannot show.

`wechatpayv3` (PyPI) is asked as an oracle for signatures, never for what is acceptable: it takes a notice a year old.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechatpayv3 import utils as oracle  # type: ignore[import-untyped]

from sealgate.domain.billing import News, Payment, RefundState, Verdict, apply
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement
from sealgate.payments.fields import read_json
from sealgate.payments.wechat import WechatAccount, WechatPay, bills, messages
from sealgate.ports import (
    BadAccount,
    BadSignature,
    BadStatement,
    CurrencyNotTaken,
    ForgedAnswer,
    GarbledAnswer,
    Order,
    PageCall,
    ProviderRefused,
    QrText,
    StaleNotice,
    StatementNotReady,
    TooLateToStart,
    UnknownKey,
    Unreachable,
    UnreadableNotice,
)

MCHID, APPID, KEY, PUB = "1900000001", "wx0000000000000001", "k" * 32, "PUB_KEY_ID_0119000000012024"


@pytest.fixture
def account(ours: Any, theirs: Any) -> WechatAccount:
    return WechatAccount(MCHID, APPID, "5157F09EFDC096DE", ours.secret, KEY, {PUB: theirs.public})


@pytest.fixture
def wechat(account: WechatAccount, clock: Any, talker: Any) -> WechatPay:
    return WechatPay(account, clock, api=talker.base, timeout=timedelta(seconds=30))


@pytest.fixture
def signed(theirs: Any, clock: Any) -> Callable[..., dict[str, str]]:
    """The headers of theirs over a body."""

    def sign(body: bytes, **other: str) -> dict[str, str]:
        unix, nonce = str(int(clock.at.timestamp())), "n" * 32
        names = {"Wechatpay-Timestamp": unix, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": PUB}
        names["Wechatpay-Signature"] = theirs.sign(f"{unix}\n{nonce}\n".encode() + body + b"\n")
        return {**names, **{f"Wechatpay-{name}": value for name, value in other.items()}}

    return sign


def notice_of(plain: dict[str, Any], kind: str = "TRANSACTION.SUCCESS", key: str = KEY) -> bytes:
    sealed = AESGCM(key.encode()).encrypt(b"n" * 12, json.dumps(plain).encode(), b"")
    resource = {"algorithm": "AEAD_AES_256_GCM", "nonce": "n" * 12, "associated_data": ""}
    resource["ciphertext"] = base64.b64encode(sealed).decode()
    return json.dumps({"id": "evt-1", "event_type": kind, "resource": resource}).encode()


def trade(order: Order, **other: Any) -> dict[str, Any]:
    told = {"mchid": MCHID, "appid": APPID, "out_trade_no": order.payment.hex, "transaction_id": "4200001"}
    told |= {"trade_state": "SUCCESS", "success_time": "2026-03-01T12:00:01+08:00"}
    return {**told, "amount": {"total": 1000, "payer_total": 1000, "currency": "CNY"}, **other}


# Their published vectors


def sample(shared_data: Path) -> dict[str, Any]:
    found = json.loads((shared_data / "protocols" / "wechatpay" / "notice_signed.json").read_text())
    assert isinstance(found, dict)
    return found


def test_their_published_notice_verifies_and_opens(shared_data: Path, ours: Any, clock: Any) -> None:
    vector = sample(shared_data)
    keys = {vector["headers"]["Wechatpay-Serial"]: vector["certificate"]}
    account = WechatAccount("1234567890", "-", "-", ours.secret, vector["api_v3_key"], keys)
    wechat = WechatPay(account, clock)
    clock.at = datetime.fromtimestamp(vector["at_unix"], UTC)
    body = vector["body"].encode()
    notice = wechat.read_notice(vector["headers"], body)
    assert (notice.id, notice.told) == ("3119dfba-e649-5eec-ab1e-3412bc4d2e17", None)  # genuine, and of no payment
    cipher = AESGCM(vector["api_v3_key"].encode())
    assert messages.open_resource(cipher, read_json(body, UnreadableNotice).part("resource")) == vector["plaintext"].encode()
    for seconds in (-300, 300, 366 * 86400):
        clock.at = datetime.fromtimestamp(vector["at_unix"] + seconds, UTC)
        with pytest.raises(StaleNotice):
            wechat.read_notice(vector["headers"], body)


def test_what_is_signed_for_a_request_is_as_published(shared_data: Path) -> None:
    vector = json.loads((shared_data / "protocols" / "wechatpay" / "request_message.json").read_text())
    text = messages.request_text(
        vector["method"], vector["path"], str(vector["timestamp"]), vector["nonce"], vector["body"].encode()
    )
    assert text == vector["message"].encode()


def test_the_oracle_signs_and_opens_as_we_do(ours: Any, account: WechatAccount) -> None:
    text = messages.request_text("POST", "/v3/pay/transactions/native", "1772337600", "nonce", '{"a":"停车"}'.encode())
    header = messages.authorization(account, ours.private, "1772337600", "nonce", text)
    assert f'signature="{oracle.rsa_sign(ours.private, text.decode())}"' in header
    assert oracle.rsa_verify("1772337600", "nonce", "body", ours.sign("1772337600\nnonce\nbody\n"), ours.private.public_key())
    sealed = base64.b64encode(AESGCM(KEY.encode()).encrypt(b"n" * 12, b"plain", b"aad")).decode()
    resource = {"algorithm": "AEAD_AES_256_GCM", "nonce": "n" * 12, "associated_data": "aad", "ciphertext": sealed}
    opened = messages.open_resource(AESGCM(KEY.encode()), read_json(json.dumps(resource).encode(), UnreadableNotice))
    assert opened.decode() == oracle.aes_decrypt("n" * 12, sealed, "aad", KEY)


# Notices


def test_a_notice_is_read_in_our_words(wechat: WechatPay, order: Order, signed: Any, payment: Payment) -> None:
    body = notice_of(trade(order))
    told = wechat.read_notice(signed(body), body).told
    assert told is not None
    assert (told.reference, told.merchant, told.news) == (order.payment.hex, MCHID, News.PAID)
    assert (told.money, told.provider_ref, told.at) == (order.money, "4200001", datetime(2026, 3, 1, 4, 0, 1, tzinfo=UTC))


def test_a_notice_may_tell_of_many_coupons(wechat: WechatPay, order: Order, signed: Any) -> None:
    body = notice_of(trade(order, promotion_detail=[{"coupon_id": str(number), "name": "停车券"} for number in range(500)]))
    told = wechat.read_notice(signed(body), body).told
    assert told is not None
    assert told.money == order.money


def test_a_probe_with_a_wrong_signature_just_fails(wechat: WechatPay, order: Order, signed: Any) -> None:
    body = notice_of(trade(order))
    headers = signed(body)
    probe = {**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]}
    with pytest.raises(BadSignature):
        wechat.read_notice(probe, body)
    assert wechat.read_notice(headers, body).told is not None


def test_during_a_changeover_both_keys_are_known(
    account: WechatAccount, clock: Any, ours: Any, order: Order, signed: Any
) -> None:
    body = notice_of(trade(order))
    headers = signed(body)
    old = {**headers, "Wechatpay-Serial": "5157F09EFDC096DE15EBE81A47057A72"}
    with pytest.raises(UnknownKey):
        WechatPay(account, clock).read_notice(old, body)
    both = replace(account, platform_keys={**account.platform_keys, "5157F09EFDC096DE15EBE81A47057A72": ours.public})
    with pytest.raises(BadSignature):
        WechatPay(both, clock).read_notice(old, body)
    text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
    assert WechatPay(both, clock).read_notice({**old, "Wechatpay-Signature": ours.sign(text)}, body).told is not None
    assert WechatPay(both, clock).read_notice(headers, body).told is not None


def test_another_kind_of_signature_is_refused(wechat: WechatPay, order: Order, signed: Any) -> None:
    body = notice_of(trade(order))
    assert wechat.read_notice(signed(body, **{"Signature-Type": "WECHATPAY2-SHA256-RSA2048"}), body)
    with pytest.raises(BadSignature):
        wechat.read_notice(signed(body, **{"Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}), body)


def test_a_notice_for_another_merchant_or_app_settles_nothing(
    wechat: WechatPay, order: Order, signed: Any, payment: Payment
) -> None:
    for other in ({"mchid": "1900000002"}, {"appid": "wx0000000000000002"}):
        body = notice_of(trade(order, **other))
        told = wechat.read_notice(signed(body), body).told
        assert told is not None
        assert apply(replace(payment, merchant=MCHID), told).verdict is Verdict.OTHER_MERCHANT


@pytest.mark.parametrize(
    ("state", "news"),
    [
        ("NOTPAY", News.WAITING),
        ("USERPAYING", News.WAITING),
        ("CLOSED", News.CLOSED),
        ("REVOKED", News.CLOSED),
        ("PAYERROR", News.FAILED),
    ],
)
def test_each_state_of_a_trade_is_news(wechat: WechatPay, order: Order, signed: Any, state: str, news: News) -> None:
    body = notice_of({"mchid": MCHID, "appid": APPID, "out_trade_no": order.payment.hex, "trade_state": state})
    told = wechat.read_notice(signed(body), body).told
    assert told is not None
    assert (told.news, told.money) == (news, None)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("SUCCESS", RefundState.DONE),
        ("CLOSED", RefundState.FAILED),
        ("ABNORMAL", RefundState.STUCK),
        ("PROCESSING", RefundState.ASKED),
    ],
)
def test_a_refunds_notice_is_read(wechat: WechatPay, order: Order, signed: Any, status: str, state: RefundState) -> None:
    """It names no app and no currency."""
    refund = {"mchid": MCHID, "out_trade_no": order.payment.hex, "transaction_id": "4200001", "out_refund_no": "r1"}
    refund |= {"refund_id": "50000", "refund_status": status, "user_received_account": "零钱"}
    amount = {"total": 1000, "refund": 300, "payer_total": 1000, "payer_refund": 300}
    body = notice_of({**refund, "amount": amount}, kind=f"REFUND.{status}")
    told = wechat.read_notice(signed(body), body).told
    assert told is not None
    assert told.refund is not None
    assert (told.news, told.merchant, told.money) == (News.REFUND, MCHID, order.money)
    assert (told.refund.reference, told.refund.money, told.refund.state) == ("r1", Money(300, "CNY"), state)


def test_genuine_and_yet_unreadable_is_refused(wechat: WechatPay, order: Order, signed: Any) -> None:
    wrong_key = notice_of(trade(order), key="x" * 32)
    envelope = json.loads(notice_of(trade(order)))
    bodies = [wrong_key, b"{}", b"[]", b"", json.dumps({**envelope, "resource": None}).encode()]
    sealed: list[dict[str, str]] = [{"algorithm": "none"}, {"nonce": "n"}]
    sealed += [{"ciphertext": text} for text in ("AB==", "", "A" * 140_000)]
    bodies += [json.dumps({**envelope, "resource": {**envelope["resource"], **change}}).encode() for change in sealed]
    inside: list[dict[str, Any]] = [
        {"trade_state": "NEW"},
        {"amount": None},
        {"amount": {"total": "1"}},
        {"out_trade_no": None},
    ]
    bodies += [notice_of(trade(order, **change)) for change in inside]
    for body in bodies:
        with pytest.raises(UnreadableNotice):
            wechat.read_notice(signed(body), body)


# Orders


def test_a_driver_inside_wechat_gets_a_signed_call(
    wechat: WechatPay, order: Order, talker: Any, signed: Any, ours: Any
) -> None:
    body = b'{"prepay_id":"wx26112221580621e9b071c00d9e093b0000"}'
    talker.says = lambda _: (200, signed(body), body)
    way = wechat.start(replace(order, payer="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")).way
    assert isinstance(way, PageCall)
    call = way.arguments
    text = f"{call['appId']}\n{call['timeStamp']}\n{call['nonceStr']}\n{call['package']}\n"
    assert call["paySign"] == oracle.rsa_sign(ours.private, text)
    assert (way.name, call["signType"], call["appId"]) == ("getBrandWCPayRequest", "RSA", APPID)
    assert json.loads(talker.asked[0].body)["payer"] == {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}


def test_an_order_says_what_wechat_wants_to_hear(wechat: WechatPay, order: Order, talker: Any, signed: Any) -> None:
    body = b'{"code_url":"weixin://wxpay/bizpayurl?pr=abc"}'
    talker.says = lambda _: (200, signed(body), body)
    assert wechat.start(replace(order, subject="停车费" * 100)).way == QrText("weixin://wxpay/bizpayurl?pr=abc")
    asked = talker.asked[0]
    wanted = json.loads(asked.body)
    assert len(wanted.pop("description").encode()) <= 127
    assert wanted == {
        "appid": APPID,
        "mchid": MCHID,
        "out_trade_no": order.payment.hex,
        "time_expire": "2026-03-01T13:00:00+08:00",
        "notify_url": order.notify_address,
        "amount": {"total": 1000, "currency": "CNY"},
    }
    assert asked.headers["wechatpay-serial"] == PUB


def test_what_wechat_does_not_take_is_refused_here(wechat: WechatPay, order: Order, talker: Any, clock: Any) -> None:
    with pytest.raises(CurrencyNotTaken):
        wechat.start(replace(order, money=Money(1000, "USD")))
    clock.at = order.expires_at - timedelta(seconds=59)
    with pytest.raises(TooLateToStart):
        wechat.start(order)
    assert talker.asked == []


def test_an_unsigned_success_is_forged(wechat: WechatPay, payment: Payment, order: Order, talker: Any, signed: Any) -> None:
    body = json.dumps(trade(order)).encode()
    year = {**signed(body), "Wechatpay-Timestamp": "1740801600"}
    for headers in ({}, {**signed(body), "Wechatpay-Signature": ""}, {**signed(body), "Wechatpay-Serial": "7A72"}, year):
        talker.says = lambda _, headers=headers: (200, headers, body)
        with pytest.raises(ForgedAnswer):
            wechat.ask(payment)
    talker.says = lambda _: (204, {}, b"")
    with pytest.raises(ForgedAnswer):
        wechat.close(payment)


def test_a_refusal_is_told_by_its_code_and_trouble_is_asked_again(wechat: WechatPay, payment: Payment, talker: Any) -> None:
    def no(status: int, code: str) -> None:
        talker.says = lambda _: (status, {}, json.dumps({"code": code, "message": "余额不足"}).encode())

    no(403, "NOT_ENOUGH")
    with pytest.raises(ProviderRefused) as refusal:
        wechat.refund(payment, "r1", payment.asked)
    assert refusal.value.said == "NOT_ENOUGH"
    no(400, "</script> Alice")
    with pytest.raises(ProviderRefused) as refusal:
        wechat.refund(payment, "r1", payment.asked)
    assert refusal.value.said == "HTTP-400"
    no(400, "FREQUENCY_LIMITED")
    with pytest.raises(Unreachable) as trouble:
        wechat.refund(payment, "r1", payment.asked)
    assert not trouble.value.permanent
    no(401, "SIGN_ERROR")
    with pytest.raises(Unreachable) as trouble:
        wechat.ask(payment)
    assert trouble.value.permanent


def test_a_refund_under_way_is_not_done(wechat: WechatPay, payment: Payment, talker: Any, signed: Any) -> None:
    for status, state in (("PROCESSING", RefundState.ASKED), ("ABNORMAL", RefundState.STUCK), ("CLOSED", RefundState.FAILED)):
        told = {"out_refund_no": "r1", "status": status, "amount": {"refund": 300, "total": 1000, "currency": "CNY"}}
        body = json.dumps(told).encode()
        talker.says = lambda _, body=body: (200, signed(body), body)
        assert wechat.refund(payment, "r1", Money(300, "CNY")).state is state
    with pytest.raises(GarbledAnswer):
        wechat.refund(payment, "r2", Money(300, "CNY"))


def test_an_order_that_will_not_close_says_why(
    wechat: WechatPay, payment: Payment, order: Order, talker: Any, signed: Any
) -> None:
    waiting = json.dumps(trade(order, trade_state="NOTPAY")).encode()

    def says(asked: Any) -> tuple[int, dict[str, str], bytes]:
        return (400, {}, b'{"code":"PARAM_ERROR"}') if asked.method == "POST" else (200, signed(waiting), waiting)

    talker.says = says
    with pytest.raises(ProviderRefused):
        wechat.close(payment)


# Bills


def test_their_bill_is_read(shared_data: Path) -> None:
    plain = (shared_data / "protocols" / "wechatpay" / "bill_all.csv").read_bytes()
    lines = bills.read(plain, "1900000001")
    assert [(line.movement, line.reference, line.refund, line.money, line.fee) for line in lines] == [
        (Movement.REFUND, "autotest_20190216081946_82335", "REF4200000263201902167700963919", Money(1, "CNY"), Money(0, "CNY")),
        (Movement.REFUND, "autotest_20190216091939_66824", "REF4200000264201902164505328587", Money(1, "CNY"), Money(0, "CNY")),
        (Movement.PAYMENT, "autotest_20190219015232_89201", "", Money(3, "CNY"), Money(1, "CNY")),
    ]
    assert lines[2].at == datetime(2019, 2, 18, 17, 52, 32, tzinfo=UTC)
    assert lines[2].provider_ref == "4200000263201902167700134902"


def test_a_bill_that_is_not_whole_is_refused(shared_data: Path) -> None:
    plain = (shared_data / "protocols" / "wechatpay" / "bill_all.csv").read_bytes()
    lines = plain.split(b"\n")
    broken = [b"", b"\xff", b"x", b"\n".join(lines[:4]), b"\n".join(lines[:5]), b"\n".join(lines[4:])]
    broken += [plain.replace(b"`0.03", b"`0.035"), plain.replace(b"`CNY", b"`XXX"), plain.replace(b",`JSAPI", b"")]
    broken += [plain.replace(b"\n`2019-02-19 01", b"\n2019-02-19 01"), plain.replace(b"2019-02-19 01", b"2019-02-30 01")]
    for bad in broken:
        with pytest.raises(BadStatement):
            bills.read(bad, "1900000001")
    with pytest.raises(BadStatement):
        bills.read(plain, "1900000002")


def test_a_bill_is_what_its_checksum_says_packed_or_not() -> None:
    sha1 = hashlib.sha1(b"bill").hexdigest()
    packed = gzip.compress(b"bill")
    assert bills.unpack(packed, sha1.upper()) == bills.unpack(b"bill", sha1) == b"bill"
    for bad in (b"bills", packed[:-1], packed[:5], b"\x1f\x8bnonsense", gzip.compress(b"bills")):
        with pytest.raises(BadStatement):
            bills.unpack(bad, sha1)


def test_a_bill_does_not_unpack_into_all_of_the_memory() -> None:
    bomb = gzip.compress(b" " * (bills.MOST_UNPACKED + 1))
    assert len(bomb) < 100_000
    with pytest.raises(BadStatement, match="too large"):
        bills.unpack(bomb, "0" * 40)


def test_a_bill_is_not_fetched_from_a_strangers_machine(wechat: WechatPay, talker: Any, signed: Any, clock: Any) -> None:
    clock.at += timedelta(days=1, hours=12)
    strange = [
        "http://127.0.0.1:1/x",
        "https://evil.example.org/x",
        "file:///etc/passwd",
        "http://api.mch.weixin.qq.com.evil.org/x",
    ]
    for address in strange:
        body = json.dumps({"hash_type": "SHA1", "hash_value": "0" * 40, "download_url": address}).encode()
        talker.says = lambda _, body=body: (200, signed(body), body)
        with pytest.raises(GarbledAnswer):
            wechat.statement(date(2026, 3, 1))
    assert {asked.path.partition("?")[0] for asked in talker.asked} == {"/v3/bill/tradebill"}


def test_a_day_without_a_bill_is_empty_and_one_being_made_is_waited_for(wechat: WechatPay, talker: Any, clock: Any) -> None:
    clock.at += timedelta(days=1, hours=12)
    talker.says = lambda _: (400, {}, b'{"code":"NO_STATEMENT_EXIST"}')
    assert list(wechat.statement(date(2026, 3, 1))) == []
    talker.says = lambda _: (400, {}, b'{"code":"STATEMENT_CREATING"}')
    with pytest.raises(StatementNotReady) as waiting:
        wechat.statement(date(2026, 3, 1))
    assert not waiting.value.permanent
    with pytest.raises(StatementNotReady) as gone:
        wechat.statement(date(2025, 11, 1))
    assert gone.value.permanent


# The account


def test_an_account_that_cannot_work_is_refused_at_once(account: WechatAccount, clock: Any) -> None:
    for wrong in (
        replace(account, api_v3_key="short"),
        replace(account, api_v3_key=""),
        replace(account, private_key="no key"),
        replace(account, platform_keys={}),
        replace(account, platform_keys={PUB: "no key"}),
        replace(account, mchid=""),
    ):
        with pytest.raises(BadAccount):
            WechatPay(wrong, clock)
    with pytest.raises(BadAccount):
        WechatPay(account, clock, api="http://api.mch.weixin.qq.com")
