"""The simulated provider's statement as a file: CSV with a head, an instant and whole minor units in each line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import StringIO

from sealgate.domain.money import CURRENCIES, MOST_MINOR, Money
from sealgate.domain.reconciliation import Movement, StatementLine
from sealgate.ports import BadStatement

HEAD = ("movement", "reference", "refund", "number", "minor", "currency", "at")
MOST = 16 << 20
LONGEST = 100


def write(lines: Iterable[StatementLine]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for line in lines:
        money = (line.money.minor, line.money.currency)
        writer.writerow((line.movement.value, line.reference, line.refund, line.provider_ref, *money, line.at.isoformat()))
    return text.getvalue().encode()


def read(file: bytes) -> list[StatementLine]:
    """Raises `BadStatement` for anything else than what `write` wrote."""
    if len(file) > MOST:
        raise BadStatement("the statement is too large")
    try:
        rows = list(csv.DictReader(StringIO(file.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise BadStatement("the statement is no CSV in UTF-8") from None
    if not file.decode("utf-8-sig").startswith(",".join(HEAD)):
        raise BadStatement("the statement has other columns")
    return [_line(row) for row in rows]


def _line(row: Mapping[str | None, str | list[str] | None]) -> StatementLine:
    cells = [row.get(name) for name in HEAD]
    if set(row) != set(HEAD) or not all(isinstance(cell, str) and len(cell) <= LONGEST for cell in cells):
        raise BadStatement("a line of the statement is not of the agreed form")
    movement, reference, refund, number, minor, currency, at = (str(cell) for cell in cells)
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC)
        if not minor.isascii() or not minor.isdigit() or int(minor) > MOST_MINOR or currency not in CURRENCIES:
            raise BadStatement("a sum of the statement is none")
        money = Money(int(minor), currency)
        return StatementLine(Movement(movement), reference, refund, number, money, Money(0, currency), moment)
    except (ValueError, OverflowError):
        raise BadStatement("a line of the statement is not of the agreed form") from None
