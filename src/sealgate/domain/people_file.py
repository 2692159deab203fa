"""A file of people, as a spreadsheet saves it: read whole, judged row by row, before anybody is enrolled.

The surprising thing: one wrong cell and nobody is enrolled. So every row is looked at to the end, and each thing to put
right is told by the row and column under which the spreadsheet shows it (the heads are row 1), and never by what it says.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import StringIO
from itertools import islice

from sealgate.domain.errors import Invalid
from sealgate.domain.people import BadCode, BadContact, BadName, PersonKind, Profile, checked, code_text, name_key, number_key
from sealgate.domain.plates import BadPlate
from sealgate.domain.sightings import Means

MAX_BYTES = 20 << 20
MAX_ROWS = 50_000
MAX_GROUPS = 20
MAX_PROBLEMS = 1_000
"""Problems that are told one by one; how many there are is always counted to the end."""


class NotText(Invalid):
    """Neither UTF-8 nor GB18030."""

    code = "people-file.not-text"
    hint = "Save it from the spreadsheet as CSV UTF-8"


class TooLargeFile(Invalid):
    code = "people-file.too-large"
    hint = "Split it into several files"


class BrokenFile(Invalid):
    """Its quotes do not match, or a cell is endless."""

    code = "people-file.broken"
    hint = "Open it in a spreadsheet and save it again as CSV"


class BadHeads(Invalid):
    """The first row does not name the columns: one is missing, unknown, or there twice."""

    code = "people-file.bad-heads"
    hint = "Take the heads of the example file"


class EmptyFile(Invalid):
    code = "people-file.empty"
    hint = "The first row names the columns, each further row is a person"


class Field(StrEnum):
    """A column. The file may call it by any of `HEADS`; a report calls it by this."""

    NAME = "name"
    KIND = "kind"
    NUMBER = "number"
    GROUPS = "groups"
    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"
    PLATE = "plate"
    SINCE = "since"
    UNTIL = "until"
    ROW = "row"


class Flaw(StrEnum):
    """What can be wrong with a cell. The first that holds is the one told of it."""

    BAD_NAME = "bad-name"
    BAD_KIND = "bad-kind"
    BAD_NUMBER = "bad-number"
    BAD_PHONE = "bad-phone"
    BAD_EMAIL = "bad-email"
    BAD_CARD = "bad-card"
    BAD_PLATE = "bad-plate"
    BAD_DAY = "bad-day"
    ENDS_FIRST = "ends-first"
    TOO_MANY_GROUPS = "too-many-groups"
    UNKNOWN_GROUP = "unknown-group"
    WRONG_LENGTH = "wrong-length"
    TWICE = "twice"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`row` as a spreadsheet counts; `first` is the row that had the same value before, for `TWICE`."""

    row: int
    field: Field
    flaw: Flaw
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file. `card` and `plate` are in their one writing, "" is not given; days are local, both included."""

    row: int
    profile: Profile
    kind: PersonKind
    groups: tuple[str, ...] = ()
    card: str = ""
    plate: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """What was read: the good rows, the first `MAX_PROBLEMS` problems in their order, and how many there are in all."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    flawed: int = 0


HEADS: Mapping[str, Field] = {
    **dict.fromkeys(("name", "full name", "姓名", "名字"), Field.NAME),
    **dict.fromkeys(("kind", "type", "类别", "类型", "人员类别"), Field.KIND),
    **dict.fromkeys(("number", "staff number", "employee number", "工号", "员工编号", "学号"), Field.NUMBER),
    **dict.fromkeys(("groups", "group", "组", "分组", "通行组"), Field.GROUPS),
    **dict.fromkeys(("phone", "telephone", "mobile", "电话", "手机", "手机号"), Field.PHONE),
    **dict.fromkeys(("e-mail", "email", "邮箱", "电子邮箱"), Field.EMAIL),
    **dict.fromkeys(("card", "card number", "卡号", "门禁卡号"), Field.CARD),
    **dict.fromkeys(("plate", "number plate", "车牌", "车牌号"), Field.PLATE),
    **dict.fromkeys(("valid from", "since", "有效期起", "有效期自", "生效日期", "入职日期"), Field.SINCE),
    **dict.fromkeys(("valid to", "valid until", "until", "有效期止", "失效日期", "离职日期"), Field.UNTIL),
}
"""By the head's text, folded: no case, one blank, nothing in brackets behind it."""

KINDS: Mapping[str, PersonKind] = {
    "": PersonKind.EMPLOYEE,
    **{kind.value: kind for kind in PersonKind},
    "员工": PersonKind.EMPLOYEE,
    "职员": PersonKind.EMPLOYEE,
    "工人": PersonKind.WORKER,
    "劳务": PersonKind.WORKER,
    "学生": PersonKind.STUDENT,
    "访客": PersonKind.VISITOR,
}

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SEPARATORS = re.compile(r"[;；|、]")
_GUARDED = re.compile(r"'[=+\-@\t\r]")


def read(data: bytes) -> PeopleFile:
    """Raises `NotText`, `TooLargeFile`, `BrokenFile`, `BadHeads`, `EmptyFile`; everything else is a problem of a row."""
    rows: list[Row] = []
    problems: list[Problem] = []
    for found in _rows(data):
        if isinstance(found, Row):
            rows.append(found)
        else:
            problems += found
        if len(rows) > MAX_ROWS:
            raise TooLargeFile(f"the file has more than {MAX_ROWS} people")
    if not rows and not problems:
        raise EmptyFile("the file has no person")
    problems += _twice(rows)
    return judged(rows, problems)


def glance(data: bytes, count: int) -> tuple[Row, ...]:
    """The first good rows of a file; what comes after them is not looked at. Raises as `read` does."""
    return tuple(islice((row for row in _rows(data) if isinstance(row, Row)), count))


def _rows(data: bytes) -> Iterator[Row | list[Problem]]:
    """Each row that is not blank, read or with what is wrong in it."""
    records = _records(decoded(data))
    heads = next(records, None)
    if heads is None:
        raise EmptyFile("the file is empty")
    fields = _fields(heads)
    for number, cells in enumerate(records, 2):
        if any(cell.strip() for cell in cells):
            yield _row(number, fields, cells)


def judged(rows: Sequence[Row], problems: Sequence[Problem]) -> PeopleFile:
    return PeopleFile(tuple(rows), tuple(sorted(problems, key=_order)[:MAX_PROBLEMS]), len(problems))


def decoded(data: bytes) -> str:
    """UTF-8 with or without a byte order mark, else GB18030, in which Chinese spreadsheets save."""
    if len(data) > MAX_BYTES:
        raise TooLargeFile(f"the file has more than {MAX_BYTES >> 20} MB")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise NotText("the file is no text in UTF-8 or GB18030")


def whole_person(profile: Profile) -> tuple[str, str, str]:
    """By what two people without a staff number are one and the same."""
    return name_key(profile.name), profile.phone, profile.email.casefold()


def _records(text: str) -> Iterator[list[str]]:
    first = text[: text.find("\n") + 1] or text
    comma = max(",;\t", key=first.count)
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=comma, strict=True)
    except csv.Error as error:
        raise BrokenFile(str(error)) from error


def _fields(heads: Sequence[str]) -> list[Field | None]:
    """The column of each head; None for one without a name, which must be empty in every row. Raises `BadHeads`."""
    fields: list[Field | None] = []
    for number, head in enumerate(heads, 1):
        folded = _folded(head)
        if folded and folded not in HEADS:
            raise BadHeads(f"column {number} has a head that is not known", field="file")
        field = HEADS.get(folded)
        if field is not None and field in fields:
            raise BadHeads(f"two columns are {field}", field="file")
        fields.append(field)
    if Field.NAME not in fields:
        raise BadHeads("no column has the name", field="file")
    return fields


def _folded(head: str) -> str:
    return " ".join(re.sub(r"[(（].*", "", head).split()).casefold()


def _row(number: int, fields: Sequence[Field | None], cells: Sequence[str]) -> Row | list[Problem]:
    known = {field: _bare(cell) for field, cell in zip(fields, cells, strict=False) if field is not None}
    loose = [cell for field, cell in zip(fields, cells, strict=False) if field is None] + list(cells[len(fields) :])
    if len(cells) < len(fields) or any(cell.strip() for cell in loose):
        return [Problem(number, Field.ROW, Flaw.WRONG_LENGTH)]
    reading = _Reading(number, known)
    row = reading.row()
    return row if not reading.problems else reading.problems


def _bare(cell: str) -> str:
    """Without blanks around it, and without the apostrophe that our own files put before what looks like a formula."""
    cell = cell.strip()
    return cell[1:] if _GUARDED.match(cell) else cell


class _Reading:
    """One row being read; each cell that does not fit leaves a problem and an empty value."""

    def __init__(self, number: int, cells: Mapping[Field, str]) -> None:
        self.number = number
        self.problems: list[Problem] = []
        self._cells = cells

    def row(self) -> Row:
        since, until = self._day(Field.SINCE), self._day(Field.UNTIL)
        if since and until and until < since:
            self._wrong(Field.UNTIL, Flaw.ENDS_FIRST)
        return Row(
            self.number,
            self._profile(),
            self._kind(),
            self._groups(),
            self._code(Field.CARD, Means.CARD, Flaw.BAD_CARD),
            self._code(Field.PLATE, Means.PLATE, Flaw.BAD_PLATE),
            since,
            until,
        )

    def _cell(self, field: Field) -> str:
        return self._cells.get(field, "")

    def _wrong(self, field: Field, flaw: Flaw) -> None:
        self.problems.append(Problem(self.number, field, flaw))

    def _profile(self) -> Profile:
        """Where something is wrong each cell is judged apart, so that every wrong one is told."""
        parts = {part: self._cell(Field(part)) for part in ("name", "phone", "email", "number")}
        try:
            return checked(Profile(**parts))
        except (BadName, BadContact):
            return self._flawed(parts)

    def _flawed(self, parts: dict[str, str]) -> Profile:
        flaws = {"phone": Flaw.BAD_PHONE, "email": Flaw.BAD_EMAIL, "number": Flaw.BAD_NUMBER}
        for part, text in parts.items():
            try:
                checked(Profile(**{"name": "-", part: text}))
            except BadName:
                self._wrong(Field.NAME, Flaw.BAD_NAME)
            except BadContact:
                self._wrong(Field(part), flaws[part])
        return Profile("")

    def _kind(self) -> PersonKind:
        kind = KINDS.get(self._cell(Field.KIND).casefold())
        if kind is None:
            self._wrong(Field.KIND, Flaw.BAD_KIND)
        return kind or PersonKind.EMPLOYEE

    def _groups(self) -> tuple[str, ...]:
        names = dict.fromkeys(" ".join(part.split()) for part in _SEPARATORS.split(self._cell(Field.GROUPS)))
        names.pop("", None)
        if len(names) > MAX_GROUPS:
            self._wrong(Field.GROUPS, Flaw.TOO_MANY_GROUPS)
        return tuple(names)

    def _code(self, field: Field, means: Means, flaw: Flaw) -> str:
        text = self._cell(field)
        try:
            return code_text(means, text) if text else ""
        except (BadCode, BadPlate):
            self._wrong(field, flaw)
            return ""

    def _day(self, field: Field) -> date | None:
        text = self._cell(field)
        if not text:
            return None
        found = _DAY.fullmatch(text)
        try:
            day = date(*map(int, found.groups())) if found else None
        except ValueError:
            day = None
        if day is None or not 1970 <= day.year < 2200:
            self._wrong(field, Flaw.BAD_DAY)
            return None
        return day


def _twice(rows: Sequence[Row]) -> Iterator[Problem]:
    """What only one person can have and two rows do: a staff number, a card, a plate; and whole people without a number."""
    seen: dict[tuple[Field, object], int] = {}
    for row in rows:
        for field, value in _only_ones(row):
            first = seen.setdefault((field, value), row.row)
            if first != row.row:
                yield Problem(row.row, field, Flaw.TWICE, first)


def _only_ones(row: Row) -> Iterator[tuple[Field, object]]:
    if row.profile.number:
        yield Field.NUMBER, number_key(row.profile.number)
    else:
        yield Field.NAME, whole_person(row.profile)
    if row.card:
        yield Field.CARD, row.card
    if row.plate:
        yield Field.PLATE, row.plate


def _order(problem: Problem) -> tuple[int, int]:
    return problem.row, list(Field).index(problem.field)
