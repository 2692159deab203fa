"""The garage's bench measures what it says: cars come, are shown a sum, pay and leave, before and after the closed stays."""

from sealgate.cli.bench_garage import measure, rows


def test_every_kind_of_work_is_timed_before_and_after_the_closed_stays() -> None:
    result = measure(open_stays=30, closed=100, each=4)
    kinds = {"arrival", "exit_shown_the_sum", "pricing", "payment_to_open_bar", "whole_exit", "misread_exit"}
    for half in ("before", "after"):
        assert set(result[half]) == kinds
        for row in result[half].values():
            assert row["n"] == 4
            assert 0 < row["ms_p50"] <= row["ms_p95"]
            assert row["per_second"] > 0
        assert result[half]["misread_exit"]["paired"] >= 3
    assert (result["open_stays"], result["closed_stays"], result["filling"]["n"]) == (30, 100, 30)
    assert set(result["ratios"]) == kinds
    assert {len(row) for row in rows(result)} == {6}
