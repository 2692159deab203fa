"""The other side of each payment provider: small servers on loopback that keep their rules, with keys made here.

Each checks what we sign as strictly as the real one says it does, and has a hand: a driver who pays, a line that breaks.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sealgate.domain.money import Money
from sealgate.payments.alipay import Alipay, AlipayAccount
from sealgate.payments.simulated import Act, Sign, Simulated
from sealgate.payments.stripe import Stripe, StripeAccount
from sealgate.payments.wechat import WechatAccount, WechatPay
from sealgate.ports import Order, PayAddress, PaymentProvider, Signing

BEIJING = ZoneInfo("Asia/Shanghai")
Reply = tuple[int, dict[str, str], bytes]
Notice = tuple[dict[str, str], bytes]


@dataclass
class Hand:
    """A clock that is moved by hand."""

    at: datetime = datetime(2026, 3, 1, 4, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class KeyPair:
    private: rsa.RSAPrivateKey

    @property
    def secret(self) -> str:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, text: str | bytes) -> str:
        raw = text.encode() if isinstance(text, str) else text
        return base64.b64encode(self.private.sign(raw, padding.PKCS1v15(), SHA256())).decode()

    def check(self, text: str | bytes, signature: str) -> None:
        """Raises InvalidSignature."""
        raw = text.encode() if isinstance(text, str) else text
        self.private.public_key().verify(base64.b64decode(signature), raw, padding.PKCS1v15(), SHA256())


@dataclass
class Sale:
    """What the other side knows of one order, in minor units."""

    reference: str
    minor: int
    currency: str
    number: str
    paid_at: datetime | None = None
    closed: bool = False
    refunds: dict[str, int] = field(default_factory=dict)


@dataclass
class Line:
    """The wire between us. `trouble` replaces every answer; `released` ends a silence when the test is over."""

    clock: Hand
    trouble: Callable[[Reply], Reply | None] | None = None
    released: Event = field(default_factory=Event)
    asked: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Server:
    """Theirs. `answer` is what a provider does with a request; what it raises is told to the test."""

    def __init__(self, line: Line, answer: Callable[[str, str, dict[str, str], bytes], Reply]) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                line.asked.append(f"{self.command} {self.path.partition('?')[0]}")
                try:
                    came = {name.lower(): value for name, value in self.headers.items()}
                    reply: Reply | None = server.answer(self.command, self.path, came, body)
                except Exception as error:  # noqa: BLE001 whatever it was, the test has to hear of it
                    line.broken.append(repr(error))
                    reply = (401, {}, b"{}")
                if line.trouble is not None and reply is not None:
                    reply = line.trouble(reply)
                self.close_connection = True
                if reply is None:
                    line.released.wait()
                    return
                self._send(*reply)

            def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # we hung up, as we may
                    self.wfile.write(body)

            def do_GET(self) -> None:
                self._do()

            def do_POST(self) -> None:
                self._do()

            def log_message(self, _format: str, *args: object) -> None:
                pass

        self.answer = answer
        self._line = line
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._line.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        assert self._line.broken == []


class Bench:
    """What all rigs share: sales, the driver's hand, and the book of what moved."""

    day_zone: Any = BEIJING
    currency = "CNY"

    def __init__(self) -> None:
        self.clock = Hand()
        self.line = Line(self.clock)
        self.sales: dict[str, Sale] = {}
        self.papers: dict[str, str] = {}
        self.charging = "passes"
        self.provider: PaymentProvider

    def day(self) -> date:
        return self.clock.at.astimezone(self.day_zone).date()

    def sale(self, order: Order) -> Sale:
        return self.sales[order.payment.hex]

    def pays(self, order: Order) -> None:
        sale = self.sale(order)
        assert not sale.closed
        assert sale.paid_at is None
        sale.paid_at = self.clock.at

    def pays_otherwise(self, order: Order, money: Money) -> None:
        """Something else than was asked for."""
        self.pays(order)
        self.sale(order).minor, self.sale(order).currency = money.minor, money.currency

    def charged_back(self, _order: Order) -> Notice | None:
        """The bank takes the money again; None where the provider tells nobody of that."""
        return None

    def sent_back(self, order: Order) -> int:
        return sum(self.sale(order).refunds.values())

    def orders_made(self) -> int:
        return len(self.sales)

    def charges_go(self, _signing: Signing, how: str) -> None:
        """From now on a charge "declines" or "waits"."""
        self.charging = how

    def close(self) -> None:
        pass


class WechatRig(Bench):
    """`notice` is signed by the public key or by the older certificate at random: both are in use."""

    MCHID, APPID, SERIAL, KEY = "1900000001", "wx0000000000000001", "5157F09EFDC096DE15EBE81A47057A72", "k" * 32

    def __init__(self, ours: KeyPair, theirs: KeyPair, stranger: KeyPair) -> None:
        super().__init__()
        self.ours, self.theirs, self.stranger = ours, theirs, stranger
        self.server = Server(self.line, self.answer)
        keys = {"PUB_KEY_ID_0119000000012024": theirs.public, "7A72": stranger.public}
        self.account = WechatAccount(self.MCHID, self.APPID, self.SERIAL, ours.secret, self.KEY, keys)
        self.provider = WechatPay(self.account, self.clock, api=self.server.base, timeout=timedelta(seconds=30))

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self._check(method, path, headers, body)
        route, wanted = path.partition("?")[0], json.loads(body) if body else {}
        if route.startswith("/v3/pay/transactions/") and method == "POST" and not route.endswith("/close"):
            return self._signed(200, self._made(wanted, route.rpartition("/")[2]))
        if route.startswith("/v3/pay/transactions/out-trade-no/"):
            return self._order(route.split("/")[5], close=route.endswith("/close"))
        if route == "/v3/refund/domestic/refunds":
            return self._refund(wanted)
        if route == "/v3/bill/tradebill":
            bill = self._bill()
            where = {"hash_type": "SHA1", "hash_value": hashlib.sha1(bill).hexdigest()}
            return self._signed(200, {**where, "download_url": f"{self.server.base}/v3/billdownload/file?token=x"})
        assert route == "/v3/billdownload/file"
        return 200, {}, gzip.compress(self._bill())

    def _check(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        scheme, _, rest = headers["authorization"].partition(" ")
        pairs = {name: value.strip('"') for name, _, value in (pair.partition("=") for pair in rest.split(","))}
        text = f"{method}\n{path}\n{pairs['timestamp']}\n{pairs['nonce_str']}\n{body.decode()}\n"
        self.ours.check(text, pairs["signature"])
        assert (scheme, pairs["mchid"], pairs["serial_no"]) == ("WECHATPAY2-SHA256-RSA2048", self.MCHID, self.SERIAL)
        assert pairs["timestamp"] == str(int(self.clock.at.timestamp()))

    def _made(self, wanted: dict[str, Any], kind: str) -> dict[str, Any]:
        reference, amount = wanted["out_trade_no"], wanted["amount"]
        assert wanted["time_expire"].endswith("+08:00")
        sale = self.sales.setdefault(
            reference, Sale(reference, amount["total"], amount["currency"], f"42{len(self.sales):026}")
        )
        assert sale.minor == amount["total"]
        if kind == "jsapi":
            assert wanted["payer"]["openid"]
            return {"prepay_id": f"wx{reference}"}
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={secrets.token_hex(4)}"}

    def _order(self, reference: str, *, close: bool) -> Reply:
        sale = self.sales.get(reference)
        if sale is None:
            return self._signed(404, {"code": "ORDER_NOT_EXIST", "message": "no such order"})
        if not close:
            return self._signed(200, self._trade(sale))
        if sale.paid_at is not None:
            return self._signed(400, {"code": "ORDERPAID", "message": "paid"})
        sale.closed = True
        return self._signed(204, None)

    def _trade(self, sale: Sale) -> dict[str, Any]:
        state = "SUCCESS" if sale.paid_at else "CLOSED" if sale.closed else "NOTPAY"
        trade: dict[str, Any] = {"mchid": self.MCHID, "appid": self.APPID, "out_trade_no": sale.reference}
        trade |= {
            "trade_state": "REFUND" if sale.refunds else state,
            "amount": {"total": sale.minor, "currency": sale.currency},
        }
        if sale.paid_at:
            paid = sale.paid_at.astimezone(BEIJING).isoformat()
            trade |= {"transaction_id": sale.number, "success_time": paid, "payer": {"openid": "oAlice"}}
        return trade

    def _refund(self, wanted: dict[str, Any]) -> Reply:
        sale, amount = self.sales[wanted["out_trade_no"]], wanted["amount"]
        left = sale.minor - sum(sale.refunds.values())
        if wanted["out_refund_no"] not in sale.refunds:
            if sale.paid_at is None or amount["refund"] > left:
                return self._signed(403, {"code": "NOT_ENOUGH", "message": "not enough"})
            sale.refunds[wanted["out_refund_no"]] = amount["refund"]
        told = {"out_refund_no": wanted["out_refund_no"], "out_trade_no": sale.reference, "status": "SUCCESS"}
        return self._signed(200, {**told, "amount": {**amount, "refund": sale.refunds[wanted["out_refund_no"]]}})

    def _signed(self, status: int, value: dict[str, Any] | None) -> Reply:
        body = b"" if value is None else json.dumps(value).encode()
        return status, self._headers(body, self.theirs, "PUB_KEY_ID_0119000000012024"), body

    def _headers(self, body: bytes, key: KeyPair, serial: str) -> dict[str, str]:
        unix, nonce = str(int(self.clock.at.timestamp())), secrets.token_hex(16)
        signature = key.sign(f"{unix}\n{nonce}\n".encode() + body + b"\n")
        names = {"Wechatpay-Timestamp": unix, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": serial}
        return {**names, "Wechatpay-Signature": signature, "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048"}

    def notice(self, order: Order) -> Notice:
        plain = json.dumps(self._trade(self.sale(order))).encode()
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.KEY.encode()).encrypt(nonce.encode(), plain, b"transaction")
        resource = {"algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "transaction"}
        resource["ciphertext"] = base64.b64encode(sealed).decode()
        envelope = {"id": f"evt-{order.payment.hex[:8]}", "event_type": "TRANSACTION.SUCCESS", "resource": resource}
        body = json.dumps(envelope).encode()
        return self._headers(body, self.stranger, "7A72"), body

    def forged(self, order: Order) -> Notice:
        _, body = self.notice(order)
        return self._headers(body, self.ours, "PUB_KEY_ID_0119000000012024"), body

    def _bill(self) -> bytes:
        head = (
            "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
        )
        head += (
            "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
        )
        head += "手续费,费率,订单金额,申请退款金额,费率备注"
        names = head.split(",")
        lines = [head, *(",".join("`" + row.get(name, "0.00") for name in names) for row in self._rows())]
        lines += ["总交易单数,应结订单总金额", "`1.0,`0.00", ""]
        return ("\ufeff" + "\r\n".join(lines)).encode()

    def _rows(self) -> Iterator[dict[str, str]]:
        for sale in self.sales.values():
            if sale.paid_at is None:
                continue
            row = {"交易时间": f"{sale.paid_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}", "商户号": self.MCHID}
            row |= {"微信订单号": sale.number, "商户订单号": sale.reference, "货币种类": "CNY", "商品名称": "北门停车场, A区"}
            yield row | {"交易状态": "SUCCESS", "订单金额": f"{sale.minor / 100:.2f}", "手续费": "0.06000"}
            for refund, minor in sale.refunds.items():
                back = {"交易状态": "REFUND", "退款状态": "SUCCESS", "商户退款单号": refund}
                yield row | back | {"申请退款金额": f"{minor / 100:.2f}", "手续费": "-0.01800"}

    def close(self) -> None:
        self.server.close()


class AlipayRig(Bench):
    """The driver's browser brings the order: until it has been there, nobody knows of it."""

    APP, SELLER = "2021000000000001", "2088100000000001"

    def __init__(self, ours: KeyPair, theirs: KeyPair, stranger: KeyPair) -> None:
        super().__init__()
        self.ours, self.theirs, self.stranger = ours, theirs, stranger
        self.server = Server(self.line, self.answer)
        account = AlipayAccount(self.APP, self.SELLER, ours.secret, theirs.public, "INDUSTRY|CARRENTAL")
        gateway = f"{self.server.base}/gateway.do"
        self.provider = Alipay(account, self.clock, gateway=gateway, timeout=timedelta(seconds=30))

    def pays(self, order: Order) -> None:
        self.opens(order)
        super().pays(order)

    def opens(self, order: Order) -> None:
        """The driver follows the address that we signed."""
        way = self.provider.start(order).way
        assert isinstance(way, PayAddress)
        fields = dict(parse_qsl(urlsplit(way.address).query, strict_parsing=True))
        wanted = self._checked(fields)
        minor = int(wanted["total_amount"].replace(".", ""))
        self.sales.setdefault(wanted["out_trade_no"], Sale(wanted["out_trade_no"], minor, "CNY", f"2026{len(self.sales):024}"))

    def signs(self, signing: Signing) -> None:
        """The driver follows the address to Alipay's own app, and agrees there."""
        way = self.provider.agreements.sign(signing).way  # type: ignore[union-attr] # this account has them
        assert isinstance(way, PayAddress)
        assert way.address.startswith("alipays://platformapi/startapp?appId=60000157&")
        query = dict(parse_qsl(urlsplit(way.address).query))["sign_params"]
        wanted = self._checked(dict(parse_qsl(query, strict_parsing=True)))
        assert wanted["access_params"] == {"channel": "ALIPAYAPP"}
        self.papers[wanted["external_agreement_no"]] = "NORMAL"

    def leaves(self, signing: Signing) -> None:
        self.papers[signing.agreement.hex] = "UNSIGN"

    def agreed(self, signing: Signing) -> Notice:
        """The notice of what the driver did last."""
        status = self.papers[signing.agreement.hex]
        kind, when = ("dut_user_sign", "sign_time") if status == "NORMAL" else ("dut_user_unsign", "unsign_time")
        fields = {"app_id": self.APP, "notify_type": kind, "notify_id": f"n{kind}", "status": status, "charset": "utf-8"}
        fields |= {"external_agreement_no": signing.agreement.hex, "agreement_no": f"2026{signing.agreement.hex[:16]}"}
        fields |= {when: self._wall(self.clock.at), "notify_time": self._wall(self.clock.at), "version": "1.0"}
        fields |= {"personal_product_code": "GENERAL_WITHHOLDING_P", "sign_scene": "INDUSTRY|CARRENTAL"}
        signature = self.theirs.sign("&".join(f"{name}={fields[name]}" for name in sorted(fields)))
        return {}, urlencode(fields | {"sign_type": "RSA2", "sign": signature}).encode()

    def _paper(self, method: str, wanted: dict[str, Any]) -> dict[str, Any]:
        reference = wanted["external_agreement_no"]
        assert (wanted["personal_product_code"], wanted["sign_scene"]) == ("GENERAL_WITHHOLDING_P", "INDUSTRY|CARRENTAL")
        if self.papers.get(reference) != "NORMAL":
            return self._failed("USER_AGREEMENT_NOT_EXIST")
        if method == "alipay.user.agreement.unsign":
            self.papers[reference] = "UNSIGN"
            return {"code": "10000", "msg": "Success"}
        found = {"code": "10000", "msg": "Success", "status": "NORMAL", "agreement_no": f"2026{reference[:16]}"}
        return found | {"external_agreement_no": reference}

    def _charged(self, wanted: dict[str, Any]) -> dict[str, Any]:
        number = wanted["agreement_params"]["agreement_no"]
        assert wanted["product_code"] == "GENERAL_WITHHOLDING"
        if not any(f"2026{name[:16]}" == number and status == "NORMAL" for name, status in self.papers.items()):
            return self._failed("ACQ.AGREEMENT_NOT_EXIST")
        reference, minor = wanted["out_trade_no"], int(wanted["total_amount"].replace(".", ""))
        sale = self.sales.setdefault(reference, Sale(reference, minor, "CNY", f"2026{len(self.sales):024}"))
        found = {"msg": "", "out_trade_no": reference, "trade_no": sale.number, "total_amount": wanted["total_amount"]}
        match self.charging:
            case "declines":
                return self._failed("ACQ.BUYER_BALANCE_NOT_ENOUGH")
            case "waits":
                return found | {"code": "10003"}
        sale.paid_at = sale.paid_at or self.clock.at
        return found | {"code": "10000", "gmt_payment": self._wall(sale.paid_at)}

    def _checked(self, fields: dict[str, str]) -> dict[str, Any]:
        signature = fields.pop("sign")
        self.ours.check("&".join(f"{name}={fields[name]}" for name in sorted(fields)), signature)
        assert (fields["app_id"], fields["sign_type"], fields["charset"]) == (self.APP, "RSA2", "utf-8")
        wanted = json.loads(fields["biz_content"])
        assert isinstance(wanted, dict)
        return wanted

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if path.startswith("/bill.zip"):
            return 200, {}, self._bill()
        assert (method, path) == ("POST", "/gateway.do?charset=utf-8")
        fields = dict(parse_qsl(body.decode(), strict_parsing=True))
        wanted = self._checked(fields)
        node = self._node(fields["method"], wanted)
        text = json.dumps(node, ensure_ascii=False).replace("/", "\\/")  # as their server writes it
        name = fields["method"].replace(".", "_") + "_response"
        return 200, {}, f'{{"{name}":{text},"sign":"{self.theirs.sign(text)}"}}'.encode()

    def _node(self, method: str, wanted: dict[str, Any]) -> dict[str, Any]:
        if method.startswith("alipay.user.agreement."):
            return self._paper(method, wanted)
        if method == "alipay.trade.pay":
            return self._charged(wanted)
        if method == "alipay.data.dataservice.bill.downloadurl.query":
            return {"code": "10000", "msg": "Success", "bill_download_url": f"{self.server.base}/bill.zip?fileId=1"}
        sale = self.sales.get(wanted["out_trade_no"])
        if sale is None:
            return self._failed("ACQ.TRADE_NOT_EXIST")
        found = {"code": "10000", "msg": "Success", "out_trade_no": sale.reference, "trade_no": sale.number}
        match method:
            case "alipay.trade.query":
                return found | self._trade(sale)
            case "alipay.trade.close":
                if sale.paid_at is not None:
                    return self._failed("ACQ.TRADE_STATUS_ERROR")
                sale.closed = True
                return found
            case "alipay.trade.refund":
                return self._refunded(sale, wanted, found)
        assert method == "alipay.trade.fastpay.refund.query"
        minor = sale.refunds[wanted["out_request_no"]]
        known = {"out_request_no": wanted["out_request_no"], "refund_amount": f"{minor / 100:.2f}"}
        return found | known | {"refund_status": "REFUND_SUCCESS"}

    def _refunded(self, sale: Sale, wanted: dict[str, str], found: dict[str, Any]) -> dict[str, Any]:
        minor, reference = int(wanted["refund_amount"].replace(".", "")), wanted["out_request_no"]
        known = reference in sale.refunds
        if not known and (sale.paid_at is None or minor + sum(sale.refunds.values()) > sale.minor):
            return self._failed("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        sale.refunds.setdefault(reference, minor)
        total = sum(sale.refunds.values())
        return found | {"fund_change": "N" if known else "Y", "refund_fee": f"{total / 100:.2f}"}

    def _failed(self, code: str) -> dict[str, Any]:
        return {"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": "交易不存在"}

    def _trade(self, sale: Sale) -> dict[str, str]:
        whole = sum(sale.refunds.values()) == sale.minor
        closed = sale.closed or whole
        state = "TRADE_CLOSED" if closed else "TRADE_SUCCESS" if sale.paid_at else "WAIT_BUYER_PAY"
        trade = {"trade_status": state, "total_amount": f"{sale.minor / 100:.2f}"}
        return trade | ({"send_pay_date": self._wall(sale.paid_at)} if sale.paid_at else {})

    def _wall(self, at: datetime) -> str:
        return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"

    def notice(self, order: Order) -> Notice:
        return {"Content-Type": "application/x-www-form-urlencoded"}, self._form(order, self.theirs)

    def forged(self, order: Order) -> Notice:
        return {}, self._form(order, self.stranger)

    def _form(self, order: Order, key: KeyPair) -> bytes:
        sale = self.sale(order)
        assert sale.paid_at is not None
        fields = {"app_id": self.APP, "seller_id": self.SELLER, "notify_type": "trade_status_sync", "passback_params": ""}
        fields |= {"notify_id": sale.number[::-1], "notify_time": self._wall(self.clock.at), "charset": "utf-8"}
        fields |= {"out_trade_no": sale.reference, "trade_no": sale.number, "subject": "停车费 A", "version": "1.0"}
        fields |= {"total_amount": f"{sale.minor / 100:.2f}", "trade_status": "TRADE_SUCCESS"}
        fields |= {"gmt_payment": self._wall(sale.paid_at)}
        signature = key.sign("&".join(f"{name}={fields[name]}" for name in sorted(fields)))
        return urlencode(fields | {"sign_type": "RSA2", "sign": signature}).encode()

    def _bill(self) -> bytes:
        head = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
        head += "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
        head += "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
        lines = ["#支付宝业务明细查询", f"#账号：[{self.SELLER}0156]", "#-----业务明细列表-----", head, *self._lines()]
        lines += ["#-----业务明细列表结束-----", "#导出时间：[2026年03月02日 10:00:00]", ""]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("summary.csv", "#支付宝业务汇总查询\r\n".encode("gbk"))
            archive.writestr("details.csv", "\r\n".join(lines).encode("gbk"))
        return packed.getvalue()

    def _lines(self) -> Iterator[str]:
        for sale in self.sales.values():
            if sale.paid_at is None:
                continue
            moved = [
                ("交易", sale.minor, "", "-0.06"),
                *(("退款", -minor, name, "0.02") for name, minor in sale.refunds.items()),
            ]
            for kind, minor, refund, fee in moved:
                when = self._wall(sale.paid_at)
                cells = [
                    f"{sale.number}\t",
                    f"{sale.reference}\t",
                    kind,
                    "停车费, 北门",
                    when,
                    when,
                    *["\t"] * 4,
                    "*杨(137****2600)\t",
                ]
                cells += [f"{minor / 100:.2f}", *["0.00"] * 6, "", "0.00\t", "0.00", f"{refund}\t", fee, "0.00", ""]
                yield ",".join(cells)

    def close(self) -> None:
        self.server.close()


class StripeRig(Bench):
    SECRET = "whsec_of_the_test"
    day_zone: Any = UTC

    def __init__(self, ours: KeyPair, theirs: KeyPair, stranger: KeyPair) -> None:
        super().__init__()
        self.server = Server(self.line, self.answer)
        account = StripeAccount("sk_test_alice", ("whsec_next", self.SECRET), live=False)
        self.provider = Stripe(account, self.clock, api=self.server.base, timeout=timedelta(seconds=30))
        self.keys: dict[str, bytes] = {}
        self.made_at: dict[str, datetime] = {}
        self.charged: dict[str, Sale] = {}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        assert headers["authorization"] == "Bearer sk_test_alice"
        route, _, query = path.partition("?")
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        wanted = dict(parse_qsl(body.decode(), strict_parsing=True)) if body else {}
        if method == "POST" and (key := headers.get("idempotency-key")):
            assert self.keys.setdefault(key, body) == body  # other words under one key are an error
        by_agreement = self._of_agreement(method, route, wanted, asked)
        if by_agreement is not None:
            return by_agreement
        match route.split("/")[2:]:
            case ["checkout", "sessions"] if method == "POST":
                return self._made(wanted)
            case ["checkout", "sessions"]:
                return self._list([self._session(sale) for sale in self.sales.values()], asked)
            case ["checkout", "sessions", number]:
                return self._found(number)
            case ["checkout", "sessions", number, "expire"]:
                return self._expired(number)
            case ["refunds"] if method == "POST":
                return self._refunded(wanted)
            case ["refunds"]:
                return self._list([one for one in self._refunds() if one["payment_intent"] == asked["payment_intent"]], asked)
            case ["balance_transactions"]:
                return self._list(list(self._moved()), asked)
        raise AssertionError(route)

    def _made(self, wanted: dict[str, str]) -> Reply:
        reference = wanted["client_reference_id"]
        until = int(wanted["expires_at"]) - self.clock.at.timestamp()
        assert 30 * 60 <= until <= 24 * 3600
        item = "line_items[0][price_data]"
        currency, minor = wanted[f"{item}[currency]"].upper(), int(wanted[f"{item}[unit_amount]"])
        sale = self.sales.setdefault(reference, Sale(reference, minor, currency, f"{len(self.sales):08}"))
        self.made_at.setdefault(reference, self.clock.at)
        return self._json(200, self._session(sale))

    def _of_agreement(self, method: str, route: str, wanted: dict[str, str], asked: dict[str, str]) -> Reply | None:
        """Cards that are saved, and what is charged to them; None for anything else."""
        match route.split("/")[2:]:
            case ["checkout", "sessions"] if method == "POST" and wanted["mode"] == "setup":
                return self._setup(wanted)
            case ["checkout", "sessions", number] if number.startswith("cs_setup_"):
                return self._json(200, self._saved(number.removeprefix("cs_setup_")))
            case ["checkout", "sessions", number, "expire"] if number.startswith("cs_setup_"):
                self.papers[number.removeprefix("cs_setup_")] = "expired"
                return self._json(200, self._saved(number.removeprefix("cs_setup_")))
            case ["setup_intents", number]:
                return self._json(200, self._card(number.removeprefix("seti_")))
            case ["payment_methods", number, "detach"]:
                self.papers[number.removeprefix("pm_")] = "detached"
                return self._json(200, {"id": number, "object": "payment_method", "customer": None})
            case ["payment_intents"] if method == "POST":
                return self._charged(wanted)
            case ["payment_intents"]:
                return self._list([self._intent(sale) for sale in self.charged.values()], asked)
            case ["payment_intents", number]:
                return self._json(200, self._intent(self._by_intent(number), whole=True))
            case ["payment_intents", number, "cancel"]:
                sale = self._by_intent(number)
                if sale.paid_at is not None:
                    return self._no(400, "payment_intent_unexpected_state")
                sale.closed = True
                return self._json(200, self._intent(sale))
        return None

    def _setup(self, wanted: dict[str, str]) -> Reply:
        assert (wanted["currency"], wanted["customer_creation"]) == ("cny", "always")
        assert 30 * 60 <= int(wanted["expires_at"]) - self.clock.at.timestamp() <= 24 * 3600
        reference = wanted["client_reference_id"]
        assert wanted["metadata[agreement]"] == wanted["setup_intent_data[metadata][agreement]"] == reference
        self.papers.setdefault(reference, "open")
        return self._json(200, self._saved(reference))

    def _saved(self, reference: str) -> dict[str, Any]:
        state = self.papers[reference]
        done = state in ("complete", "detached")
        session = {"id": f"cs_setup_{reference}", "object": "checkout.session", "mode": "setup", "livemode": False}
        session |= {
            "client_reference_id": reference,
            "metadata": {"agreement": reference},
            "payment_status": "no_payment_required",
        }
        session |= {"url": f"https://checkout.stripe.com/c/pay/cs_setup_{reference}", "status": "complete" if done else state}
        return session | {"setup_intent": f"seti_{reference}" if done else None, "customer": "cus_alice" if done else None}

    def _card(self, reference: str) -> dict[str, Any]:
        customer = "cus_alice" if self.papers[reference] == "complete" else None
        card = {"id": f"pm_{reference}", "object": "payment_method", "customer": customer}
        return {"id": f"seti_{reference}", "object": "setup_intent", "livemode": False, "payment_method": card}

    def _charged(self, wanted: dict[str, str]) -> Reply:
        assert (wanted["off_session"], wanted["confirm"], wanted["customer"]) == ("true", "true", "cus_alice")
        assert self.papers[wanted["payment_method"].removeprefix("pm_")] == "complete"
        reference = wanted["metadata[payment]"]
        made = Sale(reference, int(wanted["amount"]), wanted["currency"].upper(), f"a{len(self.charged):07}")
        sale = self.charged.setdefault(reference, made)
        if self.charging == "declines":
            error = {"type": "card_error", "code": "card_declined", "payment_intent": self._intent(sale)}
            return self._json(402, {"error": error})
        if self.charging == "passes":
            sale.paid_at = sale.paid_at or self.clock.at
            self.sales[reference] = sale
        return self._json(200, self._intent(sale))

    def _by_intent(self, number: str) -> Sale:
        return next(sale for sale in self.charged.values() if f"pi_{sale.number}" == number)

    def _intent(self, sale: Sale, *, whole: bool = False) -> dict[str, Any]:
        open_ = "processing" if self.charging == "waits" else "requires_payment_method"
        status = "succeeded" if sale.paid_at else "canceled" if sale.closed else open_
        intent = {"id": f"pi_{sale.number}", "object": "payment_intent", "livemode": False, "status": status}
        intent |= {"amount": sale.minor, "currency": sale.currency.lower()}
        intent |= {"metadata": {"payment": sale.reference, "agreement": "a" * 32}, "latest_charge": None}
        if whole and sale.paid_at is not None:
            charge = {"id": f"ch_{sale.number}", "created": int(sale.paid_at.timestamp())}
            intent["latest_charge"] = charge | {"amount_refunded": sum(sale.refunds.values())}
        return intent

    def signs(self, signing: Signing) -> None:
        self.provider.agreements.sign(signing)  # type: ignore[union-attr] # this provider has them
        self.papers[signing.agreement.hex] = "complete"

    def leaves(self, signing: Signing) -> None:
        """Stripe's driver has no page of agreements: the card is taken away at Stripe, and nobody is told."""
        self.papers[signing.agreement.hex] = "detached"

    def agreed(self, signing: Signing) -> Notice:
        event = {"id": "evt_setup", "object": "event", "created": int(self.clock.at.timestamp()), "livemode": False}
        event |= {"type": "checkout.session.completed", "data": {"object": self._saved(signing.agreement.hex)}}
        return self._event(event)

    def charge_told(self, order: Order) -> Notice:
        sale = self.charged[order.payment.hex]
        event = {"id": "evt_charge", "object": "event", "created": int(self.clock.at.timestamp()), "livemode": False}
        return self._event(event | {"type": "payment_intent.succeeded", "data": {"object": self._intent(sale)}})

    def _event(self, event: dict[str, Any]) -> Notice:
        body, unix = json.dumps(event).encode(), str(int(self.clock.at.timestamp()))
        signature = hmac.digest(self.SECRET.encode(), f"{unix}.".encode() + body, "sha256").hex()
        return {"Stripe-Signature": f"t={unix},v1={signature}"}, body

    def _by_number(self, number: str) -> Sale | None:
        return next((sale for sale in self.sales.values() if f"cs_test_{sale.number}" == number), None)

    def _found(self, number: str) -> Reply:
        sale = self._by_number(number)
        return self._json(200, self._session(sale, whole=True)) if sale else self._no(404, "resource_missing")

    def _expired(self, number: str) -> Reply:
        sale = self._by_number(number)
        assert sale is not None
        if sale.paid_at is not None or sale.closed:
            return self._no(400, "")
        sale.closed = True
        return self._json(200, self._session(sale))

    def _session(self, sale: Sale, *, whole: bool = False) -> dict[str, Any]:
        intent: Any = None
        if sale.paid_at is not None:
            charge = {"id": f"ch_{sale.number}", "created": int(sale.paid_at.timestamp())}
            charge["amount_refunded"] = sum(sale.refunds.values())
            intent = (
                {"id": f"pi_{sale.number}", "status": "succeeded", "latest_charge": charge} if whole else f"pi_{sale.number}"
            )
        return {
            "id": f"cs_test_{sale.number}",
            "object": "checkout.session",
            "mode": "payment",
            "livemode": False,
            "url": f"https://checkout.stripe.com/c/pay/cs_test_{sale.number}",
            "client_reference_id": sale.reference,
            "amount_total": sale.minor,
            "currency": sale.currency.lower(),
            "payment_status": "paid" if sale.paid_at else "unpaid",
            "status": "complete" if sale.paid_at else "expired" if sale.closed else "open",
            "payment_intent": intent,
        }

    def _refunded(self, wanted: dict[str, str]) -> Reply:
        sale = next(sale for sale in self.sales.values() if f"pi_{sale.number}" == wanted["payment_intent"])
        reference, minor = wanted["metadata[refund]"], int(wanted["amount"])
        if minor + sum(sale.refunds.values()) > sale.minor:
            return self._no(400, "charge_already_refunded")
        sale.refunds[reference] = minor
        return self._json(200, next(one for one in self._refunds() if one["metadata"]["refund"] == reference))

    def _refunds(self) -> Iterator[dict[str, Any]]:
        for sale in self.sales.values():
            for reference, minor in sale.refunds.items():
                thing = {"id": f"re_{reference}", "object": "refund", "amount": minor, "currency": sale.currency.lower()}
                notes = {"payment": sale.reference, "refund": reference}
                yield thing | {"status": "succeeded", "payment_intent": f"pi_{sale.number}", "metadata": notes}

    def _moved(self) -> Iterator[dict[str, Any]]:
        for sale in self.sales.values():
            if sale.paid_at is None:
                continue
            at = int(sale.paid_at.timestamp())
            charge = {"id": f"ch_{sale.number}", "object": "charge", "amount": sale.minor, "currency": sale.currency.lower()}
            charge |= {"payment_intent": f"pi_{sale.number}", "metadata": {"payment": sale.reference}}
            entry = {"id": f"txn_{sale.number}", "created": at, "fee": 6, "currency": sale.currency.lower()}
            yield entry | {"type": "charge", "amount": sale.minor, "source": charge}
        for refund in self._refunds():
            entry = {
                "id": f"txn_{refund['id']}",
                "created": int(self.clock.at.timestamp()) - 86400,
                "fee": 0,
                "currency": "usd",
            }
            yield entry | {"type": "refund", "amount": -refund["amount"], "source": refund}

    def _list(self, things: list[dict[str, Any]], asked: dict[str, str]) -> Reply:
        """One to a page, so that a reader of first pages is found out."""
        after = asked.get("starting_after")
        rest = things if after is None else things[[thing["id"] for thing in things].index(after) + 1 :]
        return self._json(200, {"object": "list", "data": rest[:1], "has_more": len(rest) > 1})

    def _json(self, status: int, value: dict[str, Any]) -> Reply:
        return status, {"Content-Type": "application/json"}, json.dumps(value).encode()

    def _no(self, status: int, code: str) -> Reply:
        return self._json(status, {"error": {"type": "invalid_request_error", "code": code, "message": "no"}})

    def notice(self, order: Order, secret: str = SECRET) -> Notice:
        event = {"id": f"evt_{order.payment.hex[:8]}", "object": "event", "created": int(self.clock.at.timestamp())}
        event |= {"livemode": False, "type": "checkout.session.completed", "data": {"object": self._session(self.sale(order))}}
        body = json.dumps(event).encode()
        unix = str(int(self.clock.at.timestamp()))
        signature = hmac.digest(secret.encode(), f"{unix}.".encode() + body, "sha256").hex()
        return {"Stripe-Signature": f"t={unix},v1={signature}"}, body

    def forged(self, order: Order) -> Notice:
        return self.notice(order, "whsec_of_mallory")

    def charged_back(self, order: Order) -> Notice | None:
        dispute = {"id": "dp_1", "object": "dispute", "payment_intent": f"pi_{self.sale(order).number}"}
        event = {"id": "evt_dispute", "object": "event", "created": int(self.clock.at.timestamp()), "livemode": False}
        event |= {"type": "charge.dispute.created", "data": {"object": dispute | {"status": "needs_response"}}}
        return self._event(event)

    def close(self) -> None:
        self.server.close()


class SimulatedRig(Bench):
    day_zone: Any = UTC

    def __init__(self, ours: KeyPair, theirs: KeyPair, stranger: KeyPair) -> None:
        super().__init__()
        self.simulated = Simulated(b"a secret of the test", self.clock, pages="https://pay.example.org/simulated")
        self.provider = self.simulated
        self.handles: dict[str, str] = {}

    def pays(self, order: Order) -> None:
        handle = self.simulated.start(order).handle
        self.handles[order.payment.hex] = handle
        self.simulated.act(handle, Act.PAY)

    def pays_otherwise(self, order: Order, money: Money) -> None:
        self.simulated.act(self.simulated.start(order).handle, Act.OTHER_SUM, money)

    def charged_back(self, order: Order) -> Notice | None:
        self.simulated.act(self.handles[order.payment.hex], Act.CHARGE_BACK)
        return self._posted(order)[-1]

    def notice(self, order: Order) -> Notice:
        return self._posted(order)[0]

    def _posted(self, order: Order | None = None) -> list[Notice]:
        """What is told now; none is taken, so that it is sent again whenever the test asks again."""
        posted: list[Notice] = []

        def post(address: str, headers: Any, body: bytes) -> int:
            assert order is None or address == order.notify_address
            posted.append((dict(headers), body))
            return 500

        self.clock.at += timedelta(seconds=20)
        self.simulated.deliver(post)
        return posted

    def signs(self, signing: Signing) -> None:
        handle = self.simulated.agreements.sign(signing).handle
        self.simulated.act_on_agreement(handle, Sign.SIGN)

    def leaves(self, signing: Signing) -> None:
        handle = self.simulated.agreements.sign(signing).handle
        self.simulated.act_on_agreement(handle, Sign.CANCEL)

    def agreed(self, signing: Signing) -> Notice:
        return self._posted()[-1]

    def charges_go(self, signing: Signing, how: str) -> None:
        act = {"declines": Sign.DECLINE, "waits": Sign.DELAY}[how]
        self.simulated.act_on_agreement(self.simulated.agreements.sign(signing).handle, act)

    def forged(self, order: Order) -> Notice:
        headers, body = self.notice(order)
        signature = hmac.digest(b"another secret of 1", f"{headers['Simulated-Time']}.".encode() + body, "sha256").hex()
        return {**headers, "Simulated-Signature": signature}, body

    def sent_back(self, order: Order) -> int:
        self.clock.at += timedelta(days=1)
        lines = [line for line in self.provider.statement(self.day() - timedelta(days=1)) if line.refund]
        return sum(line.money.minor for line in lines)

    def orders_made(self) -> int:
        return len(self.simulated._sales)


RIGS = {"wechat": WechatRig, "alipay": AlipayRig, "stripe": StripeRig, "simulated": SimulatedRig}


@pytest.fixture(scope="session")
def key_pairs() -> tuple[KeyPair, KeyPair, KeyPair]:
    """Ours, theirs and a third: RSA of 2048 bits, made for this run."""
    pairs = [KeyPair(rsa.generate_private_key(65537, 2048)) for _ in range(3)]
    return pairs[0], pairs[1], pairs[2]


@pytest.fixture(params=list(RIGS))
def payment_rig(request: pytest.FixtureRequest, key_pairs: tuple[KeyPair, KeyPair, KeyPair]) -> Iterator[Any]:
    rig = RIGS[request.param](*key_pairs)
    yield rig
    rig.close()


@pytest.fixture(params=["alipay", "stripe", "simulated"])
def agreeing_rig(request: pytest.FixtureRequest, key_pairs: tuple[KeyPair, KeyPair, KeyPair]) -> Iterator[Any]:
    """The providers that can charge by an agreement."""
    rig = RIGS[request.param](*key_pairs)
    yield rig
    rig.close()


@pytest.fixture(params=["wechat", "alipay", "stripe"])
def wired_rig(request: pytest.FixtureRequest, key_pairs: tuple[KeyPair, KeyPair, KeyPair]) -> Iterator[Any]:
    """The providers that are reached over a network."""
    rig = RIGS[request.param](*key_pairs)
    yield rig
    rig.close()
