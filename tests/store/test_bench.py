"""`sealgate bench store` measures what it says, also what sealing costs."""

from __future__ import annotations

from pathlib import Path

from sealgate.cli.bench_store import measure, rows


def test_the_vault_is_measured_beside_a_store_without_it(tmp_path: Path) -> None:
    result = measure(f"sqlite:///{tmp_path / 'bench.sqlite'}", rows=2_000)
    sealing = result["sealing"]
    assert sealing["write_us"] > 0
    assert sealing["read_us_plain"] > 0
    assert any("what sealing costs" in what for what, _figure, _unit in rows(result))
