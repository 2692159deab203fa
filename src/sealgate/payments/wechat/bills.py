"""WeChat Pay's bill of a day: CSV with a byte order mark, each cell behind a backtick, sums in yuan, a summary at the end.

The cells are not quoted and a subject may hold a comma; but a comma followed by a backtick is always a new cell.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from sealgate.domain.money import Money, UnknownCurrency
from sealgate.domain.reconciliation import Movement, StatementLine
from sealgate.payments.fields import Misfit, decimal_minor, exact_minor, wall_time
from sealgate.ports import BadStatement

MOST_PACKED = 16 << 20
MOST_UNPACKED = 64 << 20
"""64 MiB: some 150,000 movements."""

BEIJING = ZoneInfo("Asia/Shanghai")
SUMMARY = "总交易单数"
GZIP = b"\x1f\x8b"


def unpack(packed: bytes, sha1: str) -> bytes:
    """Unpack at most `MOST_UNPACKED` bytes and compare them with the checksum, which is that of the unpacked file."""
    plain = unpacked(packed)
    found = hashlib.sha1(plain, usedforsecurity=False).hexdigest()  # theirs to choose; the line it comes over is signed
    if not hmac.compare_digest(found.encode(), sha1.lower().encode()):
        raise BadStatement("the bill is not what its checksum says")
    return plain


def unpacked(file: bytes) -> bytes:
    """At most `MOST_UNPACKED` bytes of a file that may be packed."""
    if len(file) > (MOST_PACKED if file.startswith(GZIP) else MOST_UNPACKED):
        raise BadStatement("the bill is too large")
    return _gunzip(file) if file.startswith(GZIP) else file


def _gunzip(packed: bytes) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(packed, MOST_UNPACKED + 1)
    except zlib.error:
        raise BadStatement("the bill does not unpack") from None
    if len(plain) > MOST_UNPACKED:
        raise BadStatement("the bill is too large")
    if not stream.eof:
        raise BadStatement("the bill is cut off")
    return plain


def read(plain: bytes, mchid: str) -> list[StatementLine]:
    """Every payment and every refund that was done. Raises `BadStatement` for what is cut off or of another merchant."""
    lines = [line.removesuffix("\r") for line in _text(plain).split("\n")]
    end = next((number for number, line in enumerate(lines) if line.startswith(SUMMARY)), None)
    if end is None or end == 0 or len(lines) < end + 2:
        raise BadStatement("the bill is cut off")
    head = lines[0].split(",")
    found = (_line(dict(zip(head, cells, strict=True)), mchid) for cells in _rows(lines[1:end], len(head)))
    return [line for line in found if line is not None]


def _text(plain: bytes) -> str:
    try:
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadStatement("the bill is not UTF-8") from None


def _rows(lines: list[str], width: int) -> Iterator[list[str]]:
    for line in lines:
        cells = line.removeprefix("`").split(",`")
        if not line.startswith("`") or len(cells) != width:
            raise BadStatement("a line of the bill is not of the agreed form")
        yield cells


def _line(row: Mapping[str, str], mchid: str) -> StatementLine | None:
    try:
        if row["商户号"] != mchid:
            raise BadStatement("the bill is another merchant's")
        match row["交易状态"]:
            case "SUCCESS":
                return _payment(row)
            case "REFUND" if row["退款状态"] == "SUCCESS":
                return _refund(row)
            case _:  # revoked, or a refund on its way: nothing has moved
                return None
    except (KeyError, Misfit, UnknownCurrency):
        raise BadStatement("a line of the bill is not of the agreed form") from None


def _payment(row: Mapping[str, str]) -> StatementLine:
    return _movement(row, Movement.PAYMENT, "", row.get("订单金额", row["应结订单金额"]))


def _refund(row: Mapping[str, str]) -> StatementLine:
    return _movement(row, Movement.REFUND, row["商户退款单号"], row.get("申请退款金额", row["退款金额"]))


def _movement(row: Mapping[str, str], movement: Movement, refund: str, sum_: str) -> StatementLine:
    currency, fee = row["货币种类"], row["手续费"]
    sign = -1 if fee.startswith("-") else 1
    return StatementLine(
        movement=movement,
        reference=row["商户订单号"],
        refund=refund,
        provider_ref=row["微信订单号"],
        money=Money(exact_minor(sum_), currency),
        fee=Money(sign * decimal_minor(fee.removeprefix("-")), currency),
        at=wall_time(row["交易时间"], BEIJING),
    )
