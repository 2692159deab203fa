"""`sealgate bench vault` measures what it says."""

from __future__ import annotations

from sealgate.cli.bench_vault import measure, rows


def test_each_figure_is_a_rate_and_has_a_row() -> None:
    result = measure(seconds=0.06)
    assert set(result) == {"seals", "opens", "picture_seals", "day_tokens", "standing_tokens", "first_seals"}
    table = rows(result)
    assert [float(each.replace(",", "")) for _, each, _ in table] == [round(rate) for rate in result.values()]
    for rate, (_, _, microseconds) in zip(result.values(), table, strict=True):
        assert abs(float(microseconds) * rate / 1e6 - 1) < 0.2
