"""The bench of many cameras measures what it says it does; here two for a moment, with a simulated reader."""

from sealgate.cli.bench_streams import measure, rows
from sealgate.devices.simulated import SimulatedPlateReader
from sealgate.domain.plates import PlateText


def test_every_figure_is_there_and_something_was_read() -> None:
    result = measure(2, 2.0, SimulatedPlateReader({(160, 60, 20): PlateText("A12345")}), film=2)
    assert (result["cameras"], result["frame"], result["fps"]) == (2, "1280x720", 5)
    assert result["share_of_core"] > 0
    assert result["cameras_per_core"] > 0
    assert result["frames"] > 0
    assert result["memory_mb"] > 10
    assert [len(row) for row in rows(result)] == [2] * 8
