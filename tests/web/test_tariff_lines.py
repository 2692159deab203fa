"""A refusal names a key; the editor names the line that it stands on."""

from __future__ import annotations

import pytest

from sealgate.web.tariff_lines import line_of, told_line

TEXT = """\
name = "Visitors"
currency = "CNY"

[points]
each = 500

[[rate]]
name = "cars"

[[rate.band]]
name = "day"
steps = [
  { each = "1h", price = 5 },
  { each = "1h",
    price = 6 },
]

[[rate]]
name = "vans"
fees = [{ name = "a" }, { name = "b" }]

[[rate.band]]
name = "all"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("currency", 2),
        ("points.each", 5),
        ("points.time", 4),
        ("rate[1].band[1].steps[2].price", 14),
        ("rate[1].band[1].steps", 12),
        ("rate[2].name", 19),
        ("rate[2].band[1].hours", 22),
        ("rate[2].fees[2].name", 20),
        ("rate[1].band", 10),
        ("rate[3]", 7),
        ("nothing", None),
        ("", None),
    ],
)
def test_the_line_of_a_key_is_found_or_the_nearest_one_that_is_written(path: str, line: int | None) -> None:
    assert line_of(TEXT, path) == line


def test_a_file_with_one_rate_may_leave_its_name_out_of_the_path() -> None:
    assert line_of('[[rate]]\nname = "all"\n[[rate.band]]\nhours = "8-9"\n', "band[1].hours") == 4


def test_the_line_that_a_parser_names_is_taken() -> None:
    assert told_line("Invalid value (at line 3, column 5)") == 3
    assert told_line("Expecting ',' delimiter: line 12 column 1 (char 99)") == 12
    assert told_line("too many things") is None


def test_a_file_in_json_has_no_lines_to_name() -> None:
    assert line_of('{"name": "Visitors", "band": [{}]}', "band[1].hours") is None
