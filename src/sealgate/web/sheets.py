"""A report as rows and columns, and as files: CSV for programs, XLSX for people.

The surprising thing: a text that begins like a formula is written with an apostrophe before it in CSV, because somebody opens
that file in a spreadsheet too; in XLSX every text is written as text, whatever it begins with.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

Cell = str | int | float | Decimal | date | datetime | None
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WIDEST = 60
AT_A_TIME = 500
MOST_IN_BOOK = 20_000
"""Rows of one sheet: a workbook is made in memory, so that nothing of it lies on a disk."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`name` is short and plain, for a file's name and a sheet's tab; `heads` and texts are in the reader's language."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def csv_of(sheet: Sheet) -> bytes:
    return b"".join(csv_pieces(sheet.heads, sheet.rows))


def csv_pieces(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets garble Chinese. As many rows as come."""
    yield b"\xef\xbb\xbf" + _csv_lines([heads])
    coming = iter(rows)
    while some := [[_plain(cell) for cell in row] for row in islice(coming, AT_A_TIME)]:
        yield _csv_lines(some)


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def bounded(rows: Iterable[tuple[Cell, ...]], width: int, told: str) -> tuple[tuple[Cell, ...], ...]:
    """As many as a workbook holds; `told` is its last row where there were more."""
    found = tuple(islice(rows, MOST_IN_BOOK + 1))
    return found if len(found) <= MOST_IN_BOOK else (*found[:MOST_IN_BOOK], (told, *[None] * (width - 1)))


def xlsx_of(sheets: Sequence[Sheet]) -> bytes:
    """One workbook with a sheet each."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        money = book.add_format({"num_format": "#,##0.00"})
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.title[:31]), sheet, bold, {date: days, datetime: moments, Decimal: money})
    return made.getvalue()


def _fill(page: Any, sheet: Sheet, bold: Any, formats: dict[type, Any]) -> None:
    page.write_row(0, 0, sheet.heads, bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row):
            _write(page, number, column, cell, formats)
    for column, head in enumerate(sheet.heads):
        longest = max([len(_plain(row[column])) for row in sheet.rows[:500]] + [len(head)])
        page.set_column(column, column, min(longest + 3, WIDEST))


def _write(page: Any, row: int, column: int, cell: Cell, formats: dict[type, Any]) -> None:
    """A spreadsheet's moments have no zone: they are local already."""
    match cell:
        case None:
            page.write_blank(row, column, None)
        case datetime():
            page.write_datetime(row, column, cell.replace(tzinfo=None), formats[datetime])
        case date():
            page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), formats[date])  # noqa: DTZ001
        case Decimal():
            page.write_number(row, column, float(cell), formats[Decimal])
        case int() | float():
            page.write_number(row, column, cell)
        case str():
            page.write_string(row, column, cell)


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(timespec="seconds")
        case float():
            return f"{cell:.2f}"
        case str() if cell.startswith(FORMULA):
            return f"'{cell}"
        case _:
            return str(cell)
