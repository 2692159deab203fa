"""A file of people is judged whole: every wrong cell by its row and column, and never a person by name."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.domain.errors import Refused
from sealgate.domain.people import PersonKind
from sealgate.domain.people_file import (
    HEADS,
    MAX_BYTES,
    MAX_PROBLEMS,
    BadHeads,
    BrokenFile,
    EmptyFile,
    Field,
    Flaw,
    NotText,
    Problem,
    TooLargeFile,
    glance,
    read,
)


def file_of(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def flaws(*lines: str) -> list[tuple[int, Field, Flaw]]:
    return [(p.row, p.field, p.flaw) for p in read(file_of(*lines)).problems]


HEAD = "Name,Kind,Staff number,Groups,Phone,E-mail,Card,Plate,Valid from,Valid until"


def test_alice_is_read_with_all_she_has() -> None:
    line = (
        "  Alice  Marsh ,worker,N1,Staff; Drivers,+86 138 0013 8000,alice@example.org,40 01-23:45,沪a·12345,2026/3/1,2026-12-31"
    )
    (alice,) = read(file_of(HEAD, line)).rows
    assert (alice.row, alice.profile.name, alice.kind) == (2, "Alice Marsh", PersonKind.WORKER)
    assert (alice.groups, alice.card, alice.plate) == (("Staff", "Drivers"), "40012345", "沪A12345")
    assert (alice.since, alice.until) == (date(2026, 3, 1), date(2026, 12, 31))


def test_chinese_heads_in_gb18030_with_a_mark_in_brackets() -> None:
    data = "姓名,工号（必填）,类别,入职日期\n王芳,A1,工人,2026年3月1日\n".encode("gb18030")
    (row,) = read(data).rows
    assert (row.profile.name, row.profile.number, row.kind, row.since) == ("王芳", "A1", PersonKind.WORKER, date(2026, 3, 1))


@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_a_byte_order_mark_and_other_separators_do_no_harm(comma: str) -> None:
    data = b"\xef\xbb\xbf" + f"name{comma}number\nAlice{comma}1\n".encode()
    assert [(row.profile.name, row.profile.number) for row in read(data).rows] == [("Alice", "1")]


def test_blank_rows_are_passed_over_and_still_counted() -> None:
    assert [row.row for row in read(file_of("name,number", ",", "Alice,1", "", "Bob,2", ",")).rows] == [3, 5]


@pytest.mark.parametrize(
    ("line", "field", "flaw"),
    [
        (",,,,,,,,,", None, None),
        (",worker,,,,,,,,", Field.NAME, Flaw.BAD_NAME),
        ("x" * 121 + ",,,,,,,,,", Field.NAME, Flaw.BAD_NAME),
        ("Alice,boss,,,,,,,,", Field.KIND, Flaw.BAD_KIND),
        ("Alice,," + "9" * 41 + ",,,,,,,", Field.NUMBER, Flaw.BAD_NUMBER),
        ("Alice,,,,1.38E+10,,,,,", Field.PHONE, Flaw.BAD_PHONE),
        ("Alice,,,,,nobody,,,,", Field.EMAIL, Flaw.BAD_EMAIL),
        ("Alice,,,,,,4.0E7,,,", Field.CARD, Flaw.BAD_CARD),
        ("Alice,,,,,,,???,,", Field.PLATE, Flaw.BAD_PLATE),
        ("Alice,,,,,,,,2026-02-30,", Field.SINCE, Flaw.BAD_DAY),
        ("Alice,,,,,,,,03/01/2026,", Field.SINCE, Flaw.BAD_DAY),
        ("Alice,,,,,,,,2026-03-02,2026-03-01", Field.UNTIL, Flaw.ENDS_FIRST),
        ("Alice,,," + ";".join(f"g{n}" for n in range(21)) + ",,,,,,", Field.GROUPS, Flaw.TOO_MANY_GROUPS),
        ("Alice,worker", Field.ROW, Flaw.WRONG_LENGTH),
        ("Alice,,,,,,,,,,more", Field.ROW, Flaw.WRONG_LENGTH),
    ],
)
def test_each_flaw_is_told_by_row_and_column(line: str, field: Field | None, flaw: Flaw | None) -> None:
    expected = [] if field is None else [(3, field, flaw)]
    assert flaws(HEAD, "Bob,,,,,,,,,", line) == expected


def test_every_wrong_cell_of_a_row_is_told() -> None:
    found = flaws(HEAD, ",boss,,,x,y,,,,z")
    assert {(field, flaw) for _, field, flaw in found} == {
        (Field.NAME, Flaw.BAD_NAME),
        (Field.KIND, Flaw.BAD_KIND),
        (Field.PHONE, Flaw.BAD_PHONE),
        (Field.EMAIL, Flaw.BAD_EMAIL),
        (Field.UNTIL, Flaw.BAD_DAY),
    }


def test_what_only_one_can_have_is_told_the_second_time_with_the_first_row() -> None:
    found = read(
        file_of(
            "name,number,card,plate",
            "Alice,n 1,40012345,",
            "Bob,N1,40012346,",
            "Charlie,,4001-2345,沪A12345",
            "Dora,,,沪A12345",
        )
    )
    assert found.problems == (
        Problem(3, Field.NUMBER, Flaw.TWICE, 2),
        Problem(4, Field.CARD, Flaw.TWICE, 2),
        Problem(5, Field.PLATE, Flaw.TWICE, 4),
    )


def test_two_of_one_name_are_two_people_where_a_number_or_telephone_tells_them_apart() -> None:
    assert not flaws("name,number,phone", "王芳,1,", "王芳,2,", "王芳,,13800138000", "王芳,,13800138001", "王芳,,")
    assert flaws("name,number,phone", "王芳,,13800138000", "王芳,,13800138000") == [(3, Field.NAME, Flaw.TWICE)]


def test_the_guard_of_our_own_files_is_taken_off_again() -> None:
    (row,) = read(file_of("name,phone", "Alice,'+86 138 0013 8000")).rows
    assert row.profile.phone == "+86 138 0013 8000"


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", EmptyFile),
        (b"name,number\n", EmptyFile),
        (b"name\n\n,\n", EmptyFile),
        (b"\xff\xfe\x00N", NotText),
        (b"name\nA\x00lice\n", NotText),
        (b'name\n"Alice\n', BrokenFile),
        (b'name\n"Ali"ce\n', BrokenFile),
        (b"name\n" + b"x" * 200_000 + b"\n", BrokenFile),
        (b"number\n1\n", BadHeads),
        (b"name,Name\nAlice,Alice\n", BadHeads),
        (b"name,salary\nAlice,1\n", BadHeads),
        (b"=HYPERLINK(1),name\n1,Alice\n", BadHeads),
        (b"x" * (MAX_BYTES + 1), TooLargeFile),
        (b"name\n" + b"Alice\n" * 50_001, TooLargeFile),
    ],
)
def test_a_file_that_is_none_is_refused_whole(data: bytes, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        read(data)


def test_problems_are_counted_to_the_end_and_told_up_to_a_thousand() -> None:
    found = read(file_of("name,kind", *("Alice,boss" for _ in range(1_500))))
    assert (found.flawed, len(found.problems), found.problems[0].row) == (1_500, MAX_PROBLEMS, 2)


def test_a_glance_looks_at_the_first_rows_only() -> None:
    assert [row.profile.name for row in glance(file_of("name", "Alice", "Bob", "Charlie"), 2)] == ["Alice", "Bob"]


@given(st.binary(max_size=400))
def test_whatever_bytes_come_it_is_an_answer_or_a_refusal(data: bytes) -> None:
    try:
        found = read(b"name,kind,card,valid from\n" + data)
    except Refused:
        return
    assert found.rows or found.problems


@given(st.lists(st.lists(st.text(max_size=12), min_size=10, max_size=10), min_size=1, max_size=8))
def test_whatever_cells_come_each_row_is_good_or_told(cells: list[list[str]]) -> None:
    text = StringIO()
    csv.writer(text).writerows([HEAD.split(","), *cells])
    try:
        found = read(text.getvalue().encode("utf-8", "surrogatepass"))
    except Refused:
        return
    told = {problem.row for problem in found.problems if problem.flaw is not Flaw.TWICE}
    assert not told & {row.row for row in found.rows}


def test_every_column_has_a_head_in_both_languages() -> None:
    named = {field: [head for head in HEADS if HEADS[head] is field] for field in Field if field is not Field.ROW}
    assert all(any(head.isascii() for head in heads) and any(not head.isascii() for head in heads) for heads in named.values())
