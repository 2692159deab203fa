"""Every parser that takes bytes from outside, each with true samples of what it reads and a call that reads one input.

A parser may read an input or refuse it by a stable code; whatever else comes out of it is a bug. Where a signature or a seal
stands in front, one entry tries the door itself and another one what lies behind it, with inputs signed by the true key: a
fuzzer that never gets past a signature tests nothing.
"""

from __future__ import annotations

import base64
import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import cv2
import numpy as np
import segno
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import BaseModel, ValidationError

from sealgate.api.edges import NotUnderstood, Question
from sealgate.api.ingest import Code
from sealgate.api.visits import Invitation
from sealgate.backup.pruning import Keep
from sealgate.devices.controllers import parse_relay
from sealgate.devices.sources import parse_source
from sealgate.domain import people_file, plates, residentid
from sealgate.domain.attendance_calendar import read_calendar
from sealgate.domain.billing import News, Told
from sealgate.domain.calendar import parse_timetable
from sealgate.domain.errors import Fault, Refused
from sealgate.domain.ids import TenantId
from sealgate.domain.money import Money, parse
from sealgate.domain.payroll_pack_file import read_pack
from sealgate.domain.people import code_text
from sealgate.domain.reconciliation import Movement, StatementLine
from sealgate.domain.sightings import Means
from sealgate.domain.tariff_file import read_tariff
from sealgate.flows import passkeys
from sealgate.flows.garage_demo import tariff_text
from sealgate.flows.hours_calendars import from_ical
from sealgate.flows.kit import tenant_of
from sealgate.payments.alipay import Alipay, AlipayAccount
from sealgate.payments.alipay import bills as alipay_bills
from sealgate.payments.signing import hmac_hex
from sealgate.payments.simulated import Simulated, notices, statements
from sealgate.payments.stripe import Stripe, StripeAccount
from sealgate.payments.wechat import WechatAccount, WechatPay
from sealgate.payments.wechat import bills as wechat_bills
from sealgate.ports import KeyKind, Sealed
from sealgate.privacy.checkpoints import Checkpoint
from sealgate.privacy.notes import Signer, Verifier
from sealgate.vault import roots, shares
from sealgate.vault.envelope import Place
from sealgate.vault.keyring import Keyring
from sealgate.vault.link import open_said, seal_said
from sealgate.vault.memoryshelf import MemoryShelf
from sealgate.vision import pictures
from sealgate.web.guard import host_of
from sealgate.web.kiosk import means_of_text
from sealgate.web.voice import read_signal

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
TODAY = date(2026, 3, 1)
READ = "read"


@dataclass(frozen=True)
class Parser:
    """`reads` raises what it raises; `costs` is how many inputs of a cheap parser one of its own stands for in a long run."""

    name: str
    reads: Callable[[bytes], object]
    samples: Sequence[bytes] = field(repr=False)
    costs: int = 1


def outcome(parser: Parser, data: bytes) -> str:
    """`read`, or the stable code of the refusal. Raises what is neither."""
    try:
        parser.reads(data)
    except (Refused, Fault) as refused:
        return refused.code
    except ValidationError:
        return "invalid (at the entrance)"
    except NeverCame:
        return "(never comes so far)"
    return READ


class Clock:
    def now(self) -> datetime:
        return NOW


def text(reads: Callable[[str], object]) -> Callable[[bytes], object]:
    """What is text when it comes to the parser: whatever carried it has decoded it before."""
    return lambda data: reads(data.decode("utf-8", "replace"))


class NeverCame(Exception):
    """Whatever carries the input would not have brought it this far."""


def as_json(reads: Callable[[Any], object]) -> Callable[[bytes], object]:
    """What comes as a JSON object that somebody else has read; anything else never gets there."""

    def read(data: bytes) -> object:
        try:
            given = json.loads(data)
        except (ValueError, RecursionError):
            raise NeverCame from None
        if not isinstance(given, dict):
            raise NeverCame
        return reads(given)

    return read


# Pictures and codes


@lru_cache
def _picture(suffix: str) -> bytes:
    pixels = np.linspace(0, 255, 48 * 64 * 3).astype(np.uint8).reshape(48, 64, 3)
    done, data = cv2.imencode(suffix, pixels)
    assert done
    return data.tobytes()


@lru_cache
def _qr(said: str) -> bytes:
    drawn = np.array(
        [[0 if dark else 255 for dark in row] for row in segno.make(said).matrix_iter(scale=3, border=4)], np.uint8
    )
    done, data = cv2.imencode(".png", drawn)
    assert done
    return data.tobytes()


def _exif() -> bytes:
    """A JPEG with an orientation, as telephones write it."""
    tiff = b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
    segment = b"Exif\x00\x00" + tiff
    jpeg = _picture(".jpg")
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


# Payments: what a provider sends, signed by keys made here


@dataclass(frozen=True)
class Keys:
    private: rsa.RSAPrivateKey

    @property
    def secret(self) -> str:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, said: bytes) -> str:
        return base64.b64encode(self.private.sign(said, padding.PKCS1v15(), SHA256())).decode()


@lru_cache
def keys(whose: str = "theirs") -> Keys:
    del whose  # each has its own
    return Keys(rsa.generate_private_key(65537, 2048))


WECHAT_KEY, PUB = "k" * 32, "PUB_KEY_ID_0119000000012024"
UNIX = str(int(NOW.timestamp()))


@lru_cache
def wechat() -> WechatPay:
    account = WechatAccount(
        "1900000001", "wx0000000000000001", "5157F09EFDC096DE", keys("ours").secret, WECHAT_KEY, {PUB: keys().public}
    )
    return WechatPay(account, Clock())


def wechat_signed(body: bytes) -> object:
    headers = {"Wechatpay-Timestamp": UNIX, "Wechatpay-Nonce": "n" * 32, "Wechatpay-Serial": PUB}
    headers["Wechatpay-Signature"] = keys().sign(f"{UNIX}\n{'n' * 32}\n".encode() + body + b"\n")
    return wechat().read_notice(headers, body)


def wechat_notice(plain: bytes, kind: str = "TRANSACTION.SUCCESS") -> bytes:
    sealed = AESGCM(WECHAT_KEY.encode()).encrypt(b"n" * 12, plain, b"")
    resource = {"algorithm": "AEAD_AES_256_GCM", "nonce": "n" * 12, "associated_data": ""}
    resource["ciphertext"] = base64.b64encode(sealed).decode()
    return json.dumps({"id": "evt-1", "event_type": kind, "resource": resource}).encode()


def wechat_inside(plain: bytes, kind: str = "TRANSACTION.SUCCESS") -> object:
    return wechat_signed(wechat_notice(plain, kind))


ORDER = "018f3b2c000070008000000000000001"
WECHAT_PAID = json.dumps(
    {
        "mchid": "1900000001",
        "appid": "wx0000000000000001",
        "out_trade_no": ORDER,
        "transaction_id": "4200001",
        "trade_state": "SUCCESS",
        "success_time": "2026-03-01T12:00:01+08:00",
        "amount": {"total": 1000, "payer_total": 1000, "currency": "CNY"},
    }
).encode()
WECHAT_REFUNDED = json.dumps(
    {
        "mchid": "1900000001",
        "out_trade_no": ORDER,
        "transaction_id": "4200001",
        "out_refund_no": "r1",
        "refund_id": "50001",
        "refund_status": "SUCCESS",
        "success_time": "2026-03-01T12:00:01+08:00",
        "amount": {"total": 1000, "refund": 400, "payer_total": 1000, "payer_refund": 400},
    }
).encode()


@lru_cache
def alipay() -> Alipay:
    return Alipay(AlipayAccount("2021000000000001", "2088100000000000", keys("ours").secret, keys().public), Clock())


def alipay_signed(data: bytes) -> object:
    """`data` is `name=value`, one a line: the fields of the form that is signed."""
    pairs = (line.partition("=") for line in data.decode("utf-8", "replace").split("\n"))
    fields = {name: value for name, _, value in pairs if name and name not in {"sign", "sign_type"}}
    said = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    body = urlencode({**fields, "sign": keys().sign(said.encode()), "sign_type": "RSA2"}).encode()
    return alipay().read_notice({}, body)


ALIPAY_PAID = "\n".join(
    (
        *("app_id=2021000000000001", "seller_id=2088100000000000", f"out_trade_no={ORDER}", "trade_no=2026030122001"),
        *("trade_status=TRADE_SUCCESS", "total_amount=10.00", "receipt_amount=10.00", "gmt_payment=2026-03-01 12:00:01"),
        *(
            "notify_id=n1",
            "notify_time=2026-03-01 12:00:02",
            "notify_type=trade_status_sync",
            "subject=停车费",
            "charset=utf-8",
        ),
        *("gmt_create=2026-03-01 11:59:58", "version=1.0", "buyer_pay_amount=10.00", "auth_app_id=2021000000000001"),
    )
).encode()
ALIPAY_REFUNDED = ALIPAY_PAID + b"\nrefund_fee=4.00\ngmt_refund=2026-03-01 13:00:00.120\nout_biz_no=r1"
ALIPAY_HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_packed(data: bytes) -> object:
    """The text of a bill, in the archive that it comes in."""

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("details.csv", data)
    return alipay_bills.read(file.getvalue())


@lru_cache
def alipay_archive() -> bytes:

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("summary.csv", "#支付宝业务汇总查询\r\n".encode("gbk"))
        archive.writestr("details.csv", ALIPAY_BILL)
    return file.getvalue()


ALIPAY_ROW = (
    f"2026030122001\t,{ORDER}\t,交易,停车费,2026-03-01 11:59:58,2026-03-01 12:00:01,,,,,a***@example.com,10.00,10.00,"
    "0.00,0.00,0.00,0.00,0.00,,0.00,0.00,,-0.06,0.00,"
)
ALIPAY_END = ("#-----业务明细列表结束-----", "#导出时间：[2026年03月02日 10:00:00]", "")
ALIPAY_BILL = "\r\n".join(
    ("#支付宝业务明细查询", "#账号：[20881]", "#-----业务明细列表-----", ALIPAY_HEAD, ALIPAY_ROW, *ALIPAY_END)
).encode("gbk")
WECHAT_BILL = (
    "﻿交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
    "\r\n"
    f"`2026-03-01 12:00:01,`wx01,`1900000001,`0,`,`4200001,`{ORDER},`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,`10.00,`0.00,`0,`0,`0.00,"
    "`0.00,`,`,`停车费,`,`0.06000,`0.60%,`10.00,`0.00,`\r\n"
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`1,`10.00,`0.00,`0.00,`0.06000,`10.00,`0.00\r\n"
).encode()


@lru_cache
def stripe() -> Stripe:
    return Stripe(StripeAccount("sk_test_alice", ("whsec_test_secret",), live=False), Clock())


def stripe_signed(body: bytes) -> object:
    mark = hmac_hex(b"whsec_test_secret", f"{UNIX}.".encode() + body)
    return stripe().read_notice({"Stripe-Signature": f"t={UNIX},v1={mark}"}, body)


def stripe_event(kind: str, thing: dict[str, Any]) -> bytes:
    words = {"id": "evt_1", "created": int(UNIX), "livemode": False, "type": kind, "data": {"object": thing}}
    return json.dumps(words).encode()


SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "mode": "payment",
    "client_reference_id": ORDER,
    "payment_intent": "pi_1",
    "currency": "eur",
    "amount_total": 1000,
    "payment_status": "paid",
    "status": "complete",
    "created": int(UNIX),
    "metadata": {"payment": ORDER},
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 400,
    "currency": "eur",
    "payment_intent": "pi_1",
    "status": "succeeded",
    "created": int(UNIX),
    "metadata": {"reference": "r1", "payment": ORDER},
}


@lru_cache
def simulated() -> Simulated:
    return Simulated(b"a secret of the fuzz", Clock(), merchant="acme")


def simulated_signed(body: bytes) -> object:
    return simulated().read_notice(notices.headers(b"a secret of the fuzz", body, NOW), body)


def simulated_notice() -> bytes:
    return notices.write("n1", Told(ORDER, "acme", News.PAID, NOW, "s1", Money(1000, "CNY")))


LINE = StatementLine(Movement.PAYMENT, ORDER, "", "4200001", Money(1000, "CNY"), Money(6, "CNY"), NOW)


# Sealed bytes


TENANT = TenantId(UUID(int=1))
PLACE = Place(TENANT, "people", "profile", "row")


@lru_cache
def keyring() -> Keyring:
    return Keyring(MemoryShelf(), Clock())


def opened(data: bytes) -> object:
    return keyring().open(PLACE, Sealed(data))


LINK = b"l" * 32


def edge_said(data: bytes) -> object:
    _, plain = open_said(LINK, "ask", data)
    return plain


def edge_question(data: bytes) -> object:
    """What lies behind the seal: as `api/edges` reads it."""
    _, plain = open_said(LINK, "ask", seal_said(LINK, "ask", b"n" * 16, data))
    question = Question.model_validate_json(plain)
    try:
        return [said.fact() for said in question.facts]
    except ValueError as error:
        raise NotUnderstood from error


QUESTION = json.dumps(
    {
        "facts": [
            {
                "sequence": 4,
                "gate": "018f3b2c-0000-7000-8000-000000000001",
                "at": "2026-03-01T04:00:00Z",
                "text": "沪A12345",
                "score": 0.97,
                "kind": "blue",
                "passed": True,
                "stay": None,
                "picture": "AAAA",
                "means": "plate",
            }
        ],
        "has": {"tariffs": "ab12"},
        "opened": 3,
        "waiting": 0,
    }
).encode()


@lru_cache
def signer() -> Signer:
    return Signer("sealgate/acme", b"s" * 32)


@lru_cache
def note() -> str:
    return signer().sign("sealgate/acme\n7\n" + base64.b64encode(b"r" * 32).decode() + "\n")


def model(kind: type[BaseModel]) -> Callable[[bytes], object]:
    return kind.model_validate_json


def packs() -> list[bytes]:
    return [entry.read_bytes() for entry in files("sealgate.flows.paypacks").iterdir() if entry.name.endswith(".toml")]


PEOPLE = (
    "Name,Staff number,Kind,Phone,E-mail,Groups,Card,Plate,Valid from,Valid until\n"
    "Alice Ames,1001,employee,+44 20 7946 0018,alice@example.org,Staff,04A2B1C3,沪A12345,2026-03-01,\n"
    '"Bob ""B"" Brown",1002,worker,,,"Staff;Night",,,,2026-12-31\n'
)
ICAL = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261001\r\n"
    b"DTEND;VALUE=DATE:20261008\r\nSUMMARY:National Day\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n"
    b"DTSTART;VALUE=DATE:20261225\r\n"
    b"RRULE:FREQ=YEARLY;COUNT=3\r\nSUMMARY:Christmas\r\nCATEGORIES:HOLIDAY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
CODES = (b"SG1.QWxpY2U", b"4711", b"04A2B1C3", b"12345678901", "沪A12345".encode(), b"SG1." + b"A" * 86)
SIGNAL = b'{"word": "offer", "round": "r-1", "sdp": "v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\n"}'
INVITATION = json.dumps(
    {
        "site": "018f3b2c-0000-7000-8000-000000000001",
        "name": "Charlie",
        "since": "2026-03-01T09:00:00+08:00",
        "until": "2026-03-01T10:00:00+08:00",
        "gates": ["018f3b2c-0000-7000-8000-000000000002"],
        "email": "c@example.org",
    }
).encode()
WEEK = b'{"mon": ["08:00-12:00", "13:00-18:00"], "sun": ["22:00-24:00"], "holidays": []}'


def own_calendar() -> bytes:
    return files("sealgate.flows").joinpath("calendars/cn.csv").read_bytes()[:2000].rpartition(b"\n")[0]


def tariff_as_json() -> bytes:
    return json.dumps(tomllib.loads(tariff_text()), default=str).encode()


def sealed_samples() -> list[bytes]:
    ring = keyring()
    if ring.is_sealed:
        ring.initialise(roots.PassphraseRoot("a passphrase of the fuzz", roots.Cost(64, 1, 1), b"s" * 16))
    return [bytes(ring.seal(TENANT, KeyKind.TENANT, "", PLACE, plain)) for plain in (b"", b"Alice", b"x" * 300)]


@lru_cache
def quorum() -> tuple[shares.QuorumRoot, list[shares.Share]]:
    return shares.new_quorum(2, 3)


def said_shares() -> list[bytes]:
    return [form.encode() for share in quorum()[1] for form in (share.letters(), " ".join(share.words()))]


PASSKEY = json.dumps(
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA"},
    }
).encode()


def _said(means: Means, said: str) -> str:
    return code_text(means, said)


def every() -> list[Parser]:
    """All of them; made when asked for, because some take keys to be made."""
    check = roots.write_check(roots.entry_of(roots.PassphraseRoot("a passphrase of the fuzz", roots.Cost(64, 1, 1), b"s" * 16)))
    link = seal_said(LINK, "ask", b"n" * 16, QUESTION)
    shots = [_picture(suffix) for suffix in (".jpg", ".png", ".webp", ".bmp")] + [_exif()]
    ids = (b"11010519491231002X", b"110105194912310021", b"440524188001010014")
    plate_texts = tuple(one.encode() for one in ("沪A12345", "粤B·D12345", "M-AB 1234", "京A0001警", "AB12 CDE"))
    secret = base64.urlsafe_b64encode(b"t" * 48).rstrip(b"=")
    cn, *more = sorted(packs(), key=len)
    return [
        Parser("pictures: header", pictures.read_header, shots, 2),
        Parser("pictures: pixels", pictures.decode, shots, 8),
        Parser(
            "pictures: QR code", lambda data: pictures.code_in(pictures.decode(data)), [_qr("SG1.QWxpY2U"), _qr("4711")], 40
        ),
        Parser("device: code at a reader", model(Code), [b'{"means": "card", "value": "04A2B1C3"}']),
        *(Parser(f"code: {means}", text(partial(_said, means)), CODES) for means in (Means.CARD, Means.QR, Means.PIN)),
        Parser("code: what a kiosk takes it for", text(lambda said: means_of_text(said, frozenset(Means))), CODES),
        Parser("plate as typed or read", text(plates.normalise), plate_texts),
        Parser("resident identity number", text(lambda said: residentid.resident_id(said, TODAY)), ids),
        Parser("address of a camera", text(parse_source), [b"rtsp://u:p@192.0.2.7/s1", b"http://[::1]:80/a", b"usb:0"], 2),
        Parser("address of a relay", text(parse_relay), [b"http://u:p@192.0.2.7/relay/1", b"https://a.example/x?y=1"], 2),
        Parser(
            "file of people",
            people_file.read,
            [PEOPLE.encode(), PEOPLE.encode("gb18030"), PEOPLE.replace(",", "\t").encode()],
            4,
        ),
        Parser("tariff file", text(read_tariff), [tariff_text().encode(), tariff_as_json()], 6),
        Parser("pay pack", text(read_pack), [cn, *more], 40),
        Parser("calendar: iCalendar", from_ical, [ICAL], 8),
        Parser("calendar: CSV", text(partial(read_calendar, "cn")), [own_calendar()], 2),
        Parser("timetable", as_json(parse_timetable), [WEEK]),
        Parser("sum of money", text(lambda said: parse(said, "CNY")), [b"10.00", b"0.5", b"1000"]),
        Parser(
            "notice: WeChat Pay, at the door",
            partial(wechat().read_notice, {"Wechatpay-Signature": "x"}),
            [wechat_notice(WECHAT_PAID)],
        ),
        Parser("notice: WeChat Pay, signed", wechat_signed, [wechat_notice(WECHAT_PAID)], 8),
        Parser("notice: WeChat Pay, sealed inside", wechat_inside, [WECHAT_PAID], 8),
        Parser("notice: WeChat Pay, refund inside", partial(wechat_inside, kind="REFUND.SUCCESS"), [WECHAT_REFUNDED], 8),
        Parser(
            "notice: Alipay, at the door",
            partial(alipay().read_notice, {}),
            [ALIPAY_PAID.replace(b"\n", b"&") + b"&sign=AA"],
            2,
        ),
        Parser("notice: Alipay, signed", alipay_signed, [ALIPAY_PAID, ALIPAY_REFUNDED], 8),
        Parser(
            "notice: Stripe, signed",
            stripe_signed,
            [stripe_event("checkout.session.completed", SESSION), stripe_event("refund.updated", REFUND)],
        ),
        Parser(
            "notice: Stripe, its signature",
            lambda data: stripe().read_notice({"Stripe-Signature": data.decode("latin-1")}, b"{}"),
            [b"t=1772337600,v1=" + b"0" * 64],
        ),
        Parser("notice: simulated, signed", simulated_signed, [simulated_notice()]),
        Parser(
            "statement: WeChat Pay", lambda data: wechat_bills.read(wechat_bills.unpacked(data), "1900000001"), [WECHAT_BILL], 2
        ),
        Parser("statement: Alipay, the archive", alipay_bills.read, [alipay_archive()], 2),
        Parser("statement: Alipay, its text", alipay_packed, [ALIPAY_BILL], 4),
        Parser("statement: simulated", statements.read, [statements.write([LINE])], 2),
        Parser("edge: what comes over the link", edge_said, [link]),
        Parser("edge: a question behind the seal", edge_question, [QUESTION], 2),
        Parser("sealed value", opened, sealed_samples(), 2),
        Parser("root check on the shelf", roots.read_check, [check]),
        Parser("key file", roots.parse_key_file, [roots.key_file_text(b"k" * 32)]),
        Parser("share of a quorum", text(shares.read_share), said_shares()),
        Parser("quorums on the shelf", shares.quorums, [roots.write_check(roots.entry_of(quorum()[0]))]),
        Parser("browser: answer of a passkey", passkeys.read_answer, [PASSKEY]),
        Parser("which backups are kept", text(Keep.parse), [b"14d 8w 12m", b"3d"]),
        Parser("secret in an address or cookie", text(tenant_of), [secret]),
        Parser("journal: note of a witness", text(signer().verifier.verified), [note().encode()], 2),
        Parser("journal: checkpoint", text(Checkpoint.parse), [note().partition("\n\n")[0].encode() + b"\n"]),
        Parser("journal: verifier key", text(Verifier.parse), [str(signer().verifier).encode()]),
        Parser("voice: signal of a browser", read_signal, [SIGNAL]),
        Parser("API: invitation", model(Invitation), [INVITATION]),
        Parser(
            "header: name of the host", lambda data: host_of(data.decode("latin-1")), [b"gate.example.org:443", b"[::1]:80"]
        ),
    ]
