"""The desk's bench presses a real button and hears it on a real page; how fast is for the bench to say."""

from sealgate.cli.bench_desk import measure, rows


def test_every_press_comes_onto_the_desk_and_is_told() -> None:
    result = measure(5)
    assert (result["n"], result["lost"]) == (5, 0)
    assert 0 < result["ms_p50"] <= result["ms_p95"]
    assert [len(row) for row in rows(result)] == [4]
