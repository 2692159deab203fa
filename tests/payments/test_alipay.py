"""Alipay: the sample notice, the traps of its signatures, its bill, and what a small stand-in cannot show.

`python-alipay-sdk` (PyPI) is asked as an oracle for signatures.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from alipay import AliPay  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.billing import News, Payment, PaymentState, RefundState, Verdict, apply
from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement
from sealgate.payments.alipay import Alipay, AlipayAccount, bills, messages
from sealgate.ports import (
    BadAccount,
    BadSignature,
    BadStatement,
    CurrencyNotTaken,
    ForgedAnswer,
    GarbledAnswer,
    NoticeRefused,
    Order,
    PayAddress,
    PayForm,
    ProviderRefused,
    StatementNotReady,
    TooLateToStart,
    Unreachable,
    UnreadableNotice,
)

APP, SELLER = "2021000000000001", "2088100000000001"
NOTICE = {
    "app_id": APP,
    "seller_id": SELLER,
    "notify_type": "trade_status_sync",
    "notify_id": "n1",
    "notify_time": "2026-03-01 12:00:05",
    "charset": "utf-8",
    "trade_no": "2026030122001",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "10.00",
    "gmt_payment": "2026-03-01 12:00:01",
    "passback_params": "",
}


@pytest.fixture
def account(ours: Any, theirs: Any) -> AlipayAccount:
    return AlipayAccount(APP, SELLER, ours.bare, theirs.bare_public)


@pytest.fixture
def alipay(account: AlipayAccount, clock: Any, talker: Any) -> Alipay:
    return Alipay(account, clock, gateway=f"{talker.base}/gateway.do", timeout=timedelta(seconds=30))


@pytest.fixture
def oracle(ours: Any, theirs: Any) -> Any:
    return AliPay(appid=APP, app_notify_url=None, app_private_key_string=ours.secret, alipay_public_key_string=theirs.public)


def form(fields: dict[str, str], key: Any) -> bytes:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return urlencode({**fields, "sign": key.sign(text), "sign_type": "RSA2"}).encode()


@pytest.fixture
def notice(theirs: Any, order: Order) -> Callable[..., bytes]:
    def make(**other: str) -> bytes:
        return form({**NOTICE, "out_trade_no": order.payment.hex, **other}, theirs)

    return make


@pytest.fixture
def answers(talker: Any, theirs: Any) -> Callable[..., None]:
    """The next answers are this node, signed as its text stands."""

    def say(text: str, method: str = "alipay_trade_query", signed: str | None = None) -> None:
        signature = theirs.sign(text) if signed is None else signed
        talker.says = lambda _: (200, {}, f'{{"{method}_response":{text},"sign":"{signature}"}}'.encode())

    return say


# Notices


def sample(shared_data: Path) -> dict[str, Any]:
    found = json.loads((shared_data / "protocols" / "alipay" / "notice_paid.json").read_text())
    assert isinstance(found, dict)
    return found


def test_the_sample_notice_is_read_in_our_words(shared_data: Path, ours: Any, clock: Any) -> None:
    vector = sample(shared_data)
    account = AlipayAccount("2015102700040153", "2088100000000000", ours.secret, vector["public_key"])
    found = Alipay(account, clock).read_notice({}, vector["form_body"].encode())
    assert found.id == "4a91b7a78a503640467525113fb7d8bg8e"
    assert found.told is not None
    assert (found.told.reference, found.told.merchant, found.told.news) == ("0719141034-6418", account.seller_id, News.PAID)
    assert (found.told.money, found.told.provider_ref) == (Money(200, "CNY"), "2016071921001003030200089909")
    assert found.told.at == datetime(2016, 7, 19, 6, 10, 47, tzinfo=UTC)


def test_what_is_signed_of_a_notice_is_as_in_the_sample(shared_data: Path) -> None:
    vector = sample(shared_data)
    fields = {name: value for name, value in parse_qsl(vector["form_body"]) if name not in ("sign", "sign_type")}
    assert messages.joined(fields) == vector["to_sign"]


def test_a_weaker_signature_under_the_same_name_is_refused(shared_data: Path, ours: Any, clock: Any) -> None:
    """SHA-1, which the provider's own kit takes."""
    vector = sample(shared_data)
    alipay = Alipay(AlipayAccount("2015102700040153", "2088100000000000", ours.secret, vector["public_key"]), clock)
    fields = dict(parse_qsl(vector["form_body"], keep_blank_values=True))
    for kind in ("RSA2", "RSA"):
        with pytest.raises(BadSignature):
            alipay.read_notice({}, urlencode({**fields, "sign": vector["downgrade"]["sign"], "sign_type": kind}).encode())


def test_another_kind_of_signature_is_refused_by_its_name(alipay: Alipay, notice: Any) -> None:
    for kind in (b"RSA", b"", b"rsa2"):
        with pytest.raises(BadSignature):
            alipay.read_notice({}, notice().replace(b"sign_type=RSA2", b"sign_type=" + kind))


def test_fields_without_a_value_are_signed_too(alipay: Alipay, notice: Any, oracle: Any) -> None:
    body = notice(passback_params="")
    assert alipay.read_notice({}, body).told is not None
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert oracle.verify(dict(fields), fields.pop("sign")) is False  # it wants `sign` taken out first, as its page says
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = fields.pop("sign")
    assert oracle.verify(fields, signature)
    with pytest.raises(BadSignature):
        alipay.read_notice({}, body.replace(b"passback_params=&", b""))


def test_a_part_refund_is_no_second_payment(alipay: Alipay, notice: Any, payment: Payment) -> None:
    paid = alipay.read_notice({}, notice()).told
    part = alipay.read_notice({}, notice(refund_fee="3.00", out_biz_no="r1", gmt_refund="2026-03-01 13:00:00.662")).told
    assert paid is not None
    assert part is not None
    assert (part.news, part.refunded, part.at) == (News.REFUND, Money(300, "CNY"), datetime(2026, 3, 1, 5, tzinfo=UTC))
    settled = apply(replace(payment, merchant=SELLER), paid)
    refunded = apply(settled.after, part)
    assert (settled.newly_paid, refunded.newly_paid) == (True, False)
    assert (refunded.verdict, refunded.after.state) == (Verdict.REFUND_NOTED, PaymentState.PART_REFUNDED)


@pytest.mark.parametrize(
    ("other", "news", "refunded"),
    [
        ({"trade_status": "TRADE_FINISHED"}, News.PAID, None),
        ({"trade_status": "TRADE_SUCCESS", "refund_fee": "0.00"}, News.PAID, None),
        ({"trade_status": "WAIT_BUYER_PAY", "gmt_payment": ""}, News.WAITING, None),
        ({"trade_status": "TRADE_CLOSED", "gmt_payment": "", "gmt_close": "2026-03-01 13:00:00"}, News.CLOSED, None),
        ({"trade_status": "TRADE_CLOSED", "refund_fee": "10.00"}, News.REFUND, 1000),
        ({"trade_status": "TRADE_CLOSED"}, News.REFUND, 1000),
        ({"trade_status": "TRADE_FINISHED", "refund_fee": "3.00"}, News.REFUND, 300),
    ],
)
def test_each_status_is_news(alipay: Alipay, notice: Any, other: dict[str, str], news: News, refunded: int | None) -> None:
    told = alipay.read_notice({}, notice(**other)).told
    assert told is not None
    assert told.news is news
    assert (told.refunded.minor if told.refunded else None) == refunded


def test_a_notice_of_something_else_is_genuine_and_tells_nothing(alipay: Alipay, notice: Any) -> None:
    assert alipay.read_notice({}, notice(notify_type="dut_user_sign")).told is None


def test_a_notice_for_another_seller_or_app_settles_nothing(alipay: Alipay, notice: Any, payment: Payment) -> None:
    for other in ({"seller_id": "2088100000000002"}, {"app_id": "2021000000000002"}):
        told = alipay.read_notice({}, notice(**other)).told
        assert told is not None
        assert apply(replace(payment, merchant=SELLER), told).verdict is Verdict.OTHER_MERCHANT


def test_a_notice_that_could_be_read_two_ways_is_refused(alipay: Alipay, notice: Any, theirs: Any) -> None:
    """The signed text is the same for one field `a` with `1&b=2` and for two fields."""
    joined = notice(body="1&trade_status=TRADE_SUCCESS")
    split = notice().replace(b"&trade_status=TRADE_SUCCESS", b"") + b"&trade_status=TRADE_SUCCESS&trade_status=TRADE_CLOSED"
    for body in (joined, split, notice() + b"&sign=x", notice() + b"&total_amount=0.01"):
        with pytest.raises(UnreadableNotice):
            alipay.read_notice({}, body)


@pytest.mark.parametrize(
    "body", [b"", b"&&", b"a", b"=1", b"\xff=1", b"a=%ff", b"a=1;b=2", b"&".join(b"a%d=1" % n for n in range(200))]
)
def test_what_is_no_form_is_refused(alipay: Alipay, body: bytes) -> None:
    with pytest.raises(NoticeRefused):
        alipay.read_notice({}, body)


def test_genuine_and_yet_unreadable_is_refused(alipay: Alipay, notice: Any) -> None:
    for other in (
        {"total_amount": "10.001"},
        {"total_amount": "1e1"},
        {"total_amount": ""},
        {"trade_status": "TRADE_NEW"},
        {"gmt_payment": "yesterday"},
        {"out_trade_no": "x" * 65},
        {"refund_fee": "-1.00"},
    ):
        with pytest.raises(UnreadableNotice):
            alipay.read_notice({}, notice(**other))


# Orders


def test_the_signed_address_is_the_oracles(alipay: Alipay, order: Order, oracle: Any) -> None:
    way = alipay.start(replace(order, subject="停车费 & 北门=A/1,2")).way
    assert isinstance(way, PayAddress)
    fields = dict(parse_qsl(urlsplit(way.address).query, strict_parsing=True))
    signature = fields.pop("sign")
    assert parse_qs(oracle.sign_data(dict(fields)))["sign"] == [signature]
    assert fields["method"] == "alipay.trade.wap.pay"
    assert fields["timestamp"] == "2026-03-01 12:00:00"
    assert (fields["notify_url"], fields["return_url"]) == (order.notify_address, order.return_address)
    assert json.loads(fields["biz_content"]) == {
        "out_trade_no": order.payment.hex,
        "total_amount": "10.00",
        "subject": "停车费   北门 A 1 2",
        "product_code": "QUICK_WAP_WAY",
        "time_expire": "2026-03-01 13:00:00",
    }


def test_a_driver_at_a_desk_gets_the_page_and_a_form_where_it_is_wanted(
    account: AlipayAccount, clock: Any, order: Order
) -> None:
    way = Alipay(account, clock, as_form=True).start(replace(order, phone=False)).way
    assert isinstance(way, PayForm)
    fields = dict(way.fields)
    assert way.address == "https://openapi.alipay.com/gateway.do?charset=utf-8"
    assert fields["method"] == "alipay.trade.page.pay"
    assert json.loads(fields["biz_content"])["product_code"] == "FAST_INSTANT_TRADE_PAY"


def test_what_alipay_does_not_take_is_refused_here(alipay: Alipay, order: Order, clock: Any) -> None:
    with pytest.raises(CurrencyNotTaken):
        alipay.start(replace(order, money=Money(1000, "USD")))
    clock.at = order.expires_at
    with pytest.raises(TooLateToStart):
        alipay.start(order)


def test_the_signature_covers_the_answers_own_bytes(alipay: Alipay, payment: Payment, answers: Any) -> None:
    """Spaces, escapes and the order of names as they came: written anew it would be another text."""
    node = (
        '{ "msg" : "Success","code":"10000", "out_trade_no":"OURS","trade_no":"2026\\u0030301", "x":"a\\/b{}\\"}",'
        '"trade_status":"TRADE_SUCCESS","total_amount":"10.00","send_pay_date":"2026-03-01 12:00:01"}'
    ).replace("OURS", payment.id.hex)
    answers(node)
    told = alipay.ask(payment)
    assert (told.news, told.money, told.provider_ref) == (News.PAID, Money(1000, "CNY"), "20260301")
    answers(node, signed="")
    with pytest.raises(ForgedAnswer):
        alipay.ask(payment)


def test_the_sample_answer_is_read(shared_data: Path, alipay: Alipay, payment: Payment, answers: Any) -> None:
    vector = json.loads((shared_data / "protocols" / "alipay" / "query_ok.json").read_text())
    node = vector["alipay_trade_query_response"]
    answers(json.dumps({**node, "out_trade_no": payment.id.hex}, ensure_ascii=False))
    told = alipay.ask(payment)
    assert (told.news, told.money) == (News.PAID, Money(2000, "CNY"))
    assert told.at == datetime(2017, 3, 21, 5, 29, 17, tzinfo=UTC)
    assert apply(replace(payment, merchant=SELLER), told).verdict is Verdict.WRONG_AMOUNT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"sign":"x"}',
        b'{"alipay_trade_query_response":"x","sign":"x"}',
        b'{"alipay_trade_query_response":{"code":"10000"},"alipay_trade_query_response":{"code":"10000"},"sign":"x"}',
        b'{"alipay_trade_query_response":{"code":"10000"},"sign":"x"} trailing',
        b'{"alipay_trade_query_response":' + b"[" * 50_000,
        b"\xff",
    ],
)
def test_what_is_no_answer_is_unreachable(alipay: Alipay, payment: Payment, talker: Any, body: bytes) -> None:
    talker.says = lambda _: (200, {}, body)
    with pytest.raises(Unreachable):
        alipay.ask(payment)


@given(st.binary(max_size=100))
def test_any_bytes_for_an_answer_are_forged_or_garbled(theirs: Any, body: bytes) -> None:
    for text in (body, b'{"alipay_trade_query_response":' + body + b',"sign":"x"}'):
        with pytest.raises(Unreachable):
            messages.verified_answer(text, "alipay.trade.query", theirs.private.public_key())


def test_an_answer_told_twice_is_none(alipay: Alipay, payment: Payment, talker: Any, theirs: Any) -> None:
    """Which of the two was signed would be a matter of taste."""
    node = f'{{"code":"10000","out_trade_no":"{payment.id.hex}","trade_no":"1","trade_status":"X","total_amount":"10.00"}}'
    node = node.replace("X", "TRADE_SUCCESS")
    for other in ('"alipay_trade_query_response":{}', '"sign":"x"'):
        text = f'{{{other},"alipay_trade_query_response":{node},"sign":"{theirs.sign(node)}"}}'
        talker.says = lambda _, text=text: (200, {}, text.encode())
        with pytest.raises(GarbledAnswer):
            alipay.ask(payment)


def test_an_answer_to_another_question_is_not_one(alipay: Alipay, payment: Payment, answers: Any) -> None:
    answers('{"code":"10000"}', method="alipay_trade_close")
    with pytest.raises(GarbledAnswer):
        alipay.ask(payment)


def test_only_an_early_failure_comes_unsigned(alipay: Alipay, payment: Payment, talker: Any) -> None:
    def says(text: str) -> None:
        talker.says = lambda _: (200, {}, text.encode())

    says('{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id","sub_msg":"x"}}')
    with pytest.raises(Unreachable) as trouble:
        alipay.ask(payment)
    assert trouble.value.permanent
    says('{"alipay_trade_query_response":{"code":"20000","sub_code":"isp.unknow-error"}}')
    with pytest.raises(Unreachable) as trouble:
        alipay.ask(payment)
    assert not trouble.value.permanent
    says('{"alipay_trade_query_response":{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}')
    with pytest.raises(ForgedAnswer):
        alipay.ask(payment)


def test_nothing_moved_is_asked_about(alipay: Alipay, payment: Payment, talker: Any, theirs: Any) -> None:
    found = {"code": "10000", "out_trade_no": payment.id.hex, "fund_change": "N", "refund_fee": "3.00"}
    query: dict[str, str] = {"code": "10000", "out_trade_no": payment.id.hex}

    def says(asked: Any) -> tuple[int, dict[str, str], bytes]:
        method = parse_qs(asked.body.decode())["method"][0]
        text = json.dumps(found if method == "alipay.trade.refund" else query)
        name = method.replace(".", "_") + "_response"
        return 200, {}, f'{{"{name}":{text},"sign":"{theirs.sign(text)}"}}'.encode()

    talker.says = says
    assert alipay.refund(payment, "r1", Money(300, "CNY")).state is RefundState.ASKED
    query |= {"refund_status": "REFUND_SUCCESS", "out_request_no": "r1", "refund_amount": "3.00"}
    assert alipay.refund(payment, "r1", Money(300, "CNY")).state is RefundState.DONE
    with pytest.raises(GarbledAnswer):
        alipay.refund(payment, "r1", Money(301, "CNY"))


def test_trouble_of_theirs_is_asked_again_and_a_no_is_a_no(alipay: Alipay, payment: Payment, answers: Any) -> None:
    answers('{"code":"40004","sub_code":"ACQ.SYSTEM_ERROR"}', method="alipay_trade_refund")
    with pytest.raises(Unreachable):
        alipay.refund(payment, "r1", Money(300, "CNY"))
    answers('{"code":"40004","sub_code":"ACQ.SELLER_BALANCE_NOT_ENOUGH"}', method="alipay_trade_refund")
    with pytest.raises(ProviderRefused) as refusal:
        alipay.refund(payment, "r1", Money(300, "CNY"))
    assert refusal.value.said == "ACQ.SELLER_BALANCE_NOT_ENOUGH"


# Bills

HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ROW = (
    "2026030122001\t,o1\t,交易,停车费,2026-03-01 12:00:00,2026-03-01 12:00:05,\t,\t,\t,\t,*杨(137****2600)\t,10.00,10.00,"
    "0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-0.06,0.00,"
)


def bill_of(*rows: str, head: str = HEAD, end: str = "#-----业务明细列表结束-----") -> bytes:
    text = "\r\n".join(["#支付宝业务明细查询", "#账号：[20881]", "#-----业务明细列表-----", head, *rows, end, "#导出时间：[x]"])
    return packed({"a_汇总.csv": "#支付宝业务汇总查询\r\n".encode("gbk"), "a.csv": text.encode("gbk")})


def packed(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


def test_a_bill_is_read_with_commas_in_the_subject_and_the_remark() -> None:
    refund = ROW.replace("交易", "退款").replace("10.00", "-3.00").replace("0.00,\t,-0.06", "0.00,r1\t,0.02")
    lines = bills.read(bill_of(ROW, ROW.replace("停车费", "停车费, 北门, A区") + "a,b,c", refund))
    assert [(line.movement, line.reference, line.refund, line.money, line.fee) for line in lines] == [
        (Movement.PAYMENT, "o1", "", Money(1000, "CNY"), Money(6, "CNY")),
        (Movement.PAYMENT, "o1", "", Money(1000, "CNY"), Money(6, "CNY")),
        (Movement.REFUND, "o1", "r1", Money(300, "CNY"), Money(-2, "CNY")),
    ]
    assert {line.at for line in lines} == {datetime(2026, 3, 1, 4, 0, 5, tzinfo=UTC)}
    assert bills.read(bill_of()) == []


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"PK\x03\x04",
        packed({}),
        packed({"a.csv": "#支付宝业务汇总查询".encode("gbk")}),
        packed({"a.csv": b"\xff\xff\xff"}),
        packed({f"{n}.csv": b"" for n in range(17)}),
        bill_of(ROW, end=""),
        bill_of(head="支付宝交易号,商户订单号"),
        bill_of(head=HEAD.replace("订单金额", "金额")),
        bill_of("x,y,交易"),
        bill_of(ROW.replace("交易", "转账")),
        bill_of(ROW.replace("10.00", "10.005")),
        bill_of(ROW.replace("2026-03-01 12:00:05", "2026-02-30 12:00:05")),
        bill_of(ROW)[:-30],
        bill_of(ROW).replace(b"PK\x01\x02", b"PK\x01\x03"),
    ],
)
def test_a_bill_that_is_not_whole_is_refused(bad: bytes) -> None:
    with pytest.raises(BadStatement):
        bills.read(bad)


def test_a_zip_does_not_unpack_into_all_of_the_memory() -> None:
    bomb = packed({f"{n}.csv": b" " * (bills.MOST_UNPACKED // 3) for n in range(4)})
    assert len(bomb) < 200_000
    with pytest.raises(BadStatement, match="too large"):
        bills.read(bomb)


@given(st.data())
def test_a_damaged_bill_says_the_very_same_or_is_refused(data: st.DataObject) -> None:
    """No other sum, reference or number of lines: the archive's checksum covers every byte that is money."""
    whole = bill_of(ROW)
    genuine, damaged = list(bills.read(whole)), bytearray(whole)
    assert len(genuine) == 1
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        said = list(bills.read(bytes(damaged)))
    except BadStatement:
        assert bytes(damaged) != whole
    else:
        assert said == genuine


def test_a_bill_is_not_fetched_from_a_strangers_machine(alipay: Alipay, talker: Any, answers: Any, clock: Any) -> None:
    clock.at += timedelta(days=1, hours=12)
    method = "alipay_data_dataservice_bill_downloadurl_query"
    for address in (
        "http://127.0.0.1:1/x",
        "https://evil.example.org/x",
        "https://alipay.com.evil.org/",
        "http://x.alipay.com:22/",
    ):
        answers(json.dumps({"code": "10000", "bill_download_url": address}), method)
        with pytest.raises(GarbledAnswer):
            alipay.statement(date(2026, 3, 1))
    assert {asked.path for asked in talker.asked} == {"/gateway.do?charset=utf-8"}


def test_a_day_without_a_bill_is_empty_and_today_has_none_yet(alipay: Alipay, answers: Any, clock: Any) -> None:
    with pytest.raises(StatementNotReady):
        alipay.statement(date(2026, 3, 1))
    clock.at += timedelta(days=1, hours=12)
    answers('{"code":"40004","sub_code":"isp.bill_not_exist"}', "alipay_data_dataservice_bill_downloadurl_query")
    assert list(alipay.statement(date(2026, 3, 1))) == []


# The account


def test_an_account_that_cannot_work_is_refused_at_once(account: AlipayAccount, clock: Any, ours: Any) -> None:
    for wrong in (
        replace(account, app_id=""),
        replace(account, seller_id=""),
        replace(account, private_key="no key"),
        replace(account, alipay_public_key="no key"),
        replace(account, alipay_public_key=ours.bare_public),  # our own in place of theirs
    ):
        with pytest.raises(BadAccount):
            Alipay(wrong, clock)
