"""Alipay's bill of a day: a zip with two GBK files of comma-separated cells, of which we read the one with the movements.

The cells are not quoted, and a subject may hold commas; so the columns behind it are found by the two instants that
always follow it.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sealgate.domain.money import Money
from sealgate.domain.reconciliation import Movement, StatementLine
from sealgate.payments.fields import Misfit, decimal_minor, exact_minor, wall_time
from sealgate.ports import BadStatement

MOST_PACKED = 16 << 20
MOST_UNPACKED = 64 << 20
"""64 MiB for all files together: some 200,000 movements. What a zip says of itself is not believed."""
MOST_FILES = 16
PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
PIECE = 1 << 16

BEIJING = ZoneInfo("Asia/Shanghai")
CURRENCY = "CNY"
TITLE, END = "业务明细查询", "业务明细列表结束"
SUBJECT, CREATED = 3, 4
COLUMNS = {
    "支付宝交易号": 0,
    "商户订单号": 1,
    "业务类型": 2,
    "商品名称": SUBJECT,
    "创建时间": CREATED,
    "完成时间": 5,
    "订单金额": 11,
    "退款批次号/请求号": 21,
    "服务费": 22,
}
"""Where each is; a bill with other columns is refused rather than guessed at."""

MOVEMENTS = {"交易": Movement.PAYMENT, "退款": Movement.REFUND}
_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_YUAN = re.compile(r"[（(]元[）)]$")


def read(packed: bytes) -> list[StatementLine]:
    """Every payment and every refund. Raises `BadStatement` for what is cut off, too large, or of another form."""
    text = next((text for text in _unpack(packed) if TITLE in text.partition("\n")[0]), None)
    if text is None:
        raise BadStatement("the bill has no list of movements")
    rows = _rows(text)
    head = [_YUAN.sub("", name) for name in rows[0]]
    if any(len(head) <= at or head[at] != name for name, at in COLUMNS.items()):
        raise BadStatement("the bill has other columns")
    return [_line(row, len(head)) for row in rows[1:]]


BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, EOFError, OSError, OverflowError)
"""What `zipfile` raises over a file that somebody damaged, and what a wrong encoding does (a ValueError)."""


def _unpack(packed: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            members = archive.infolist()
            if len(members) > MOST_FILES or not all(member.compress_type in PACKINGS for member in members):
                raise BadStatement("the bill is packed in another way")
            left, texts = MOST_UNPACKED, []
            for member in members:
                plain = _read(archive, member, left)
                left -= len(plain)
                texts.append(plain.decode("gb18030"))
            return texts
    except BROKEN:
        raise BadStatement("the bill does not unpack") from None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    plain = bytearray()
    with archive.open(member) as file:
        while piece := file.read(PIECE):
            plain += piece
            if len(plain) > most:
                raise BadStatement("the bill is too large")
    return bytes(plain)


def _rows(text: str) -> list[list[str]]:
    """The cells of the head and of each movement. The line that ends the list has to be there."""
    rows: list[list[str]] = []
    for line in text.split("\n"):
        if END in line:
            if not rows:
                break
            return rows
        if line.strip() and not line.startswith("#"):
            rows.append([cell.strip() for cell in line.split(",")])
    raise BadStatement("the bill is cut off")


def _line(cells: Sequence[str], width: int) -> StatementLine:
    try:
        row = _straight(cells, width)
        movement = MOVEMENTS.get(row[2])
        if movement is None:
            raise Misfit
        return StatementLine(
            movement=movement,
            reference=row[COLUMNS["商户订单号"]],
            refund=row[COLUMNS["退款批次号/请求号"]],
            provider_ref=row[COLUMNS["支付宝交易号"]],
            money=Money(exact_minor(row[COLUMNS["订单金额"]].removeprefix("-")), CURRENCY),
            fee=_fee(row[COLUMNS["服务费"]]),
            at=wall_time(row[COLUMNS["完成时间"]], BEIJING),
        )
    except Misfit:
        raise BadStatement("a line of the bill is not of the agreed form") from None


def _straight(cells: Sequence[str], width: int) -> list[str]:
    """With the subject in one cell again; what is too much at the end is the remark's."""
    times = (at for at in range(CREATED, len(cells) - 1) if _TIME.fullmatch(cells[at]) and _TIME.fullmatch(cells[at + 1]))
    created = next(times, None)
    if created is None:
        raise Misfit
    row = [*cells[:SUBJECT], ",".join(cells[SUBJECT:created]), *cells[created:]]
    if len(row) < width:
        raise Misfit
    return row


def _fee(text: str) -> Money:
    """What they kept; the bill shows it as taken from us, so below zero."""
    minor = decimal_minor(text.removeprefix("-"))
    return Money(minor if text.startswith("-") else -minor, CURRENCY)
