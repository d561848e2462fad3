from pathlib import Path

import pytest

from kerasdl.diagnostics.energy import joules, read_counters


def counter(folder: Path, name: str, used: str, most: str = "1000000") -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "energy_uj").write_text(used)
    (folder / name / "max_energy_range_uj").write_text(most)


def test_the_energy_of_all_processors(tmp_path: Path):
    counter(tmp_path, "intel-rapl:0", "100000\n")
    counter(tmp_path, "intel-rapl:1", "900000\n")
    counter(tmp_path, "intel-rapl:0:0", "5")  # a part of the first
    before = read_counters(tmp_path)
    counter(tmp_path, "intel-rapl:0", "600000")
    counter(tmp_path, "intel-rapl:1", "100000")  # it began again
    assert joules(before, read_counters(tmp_path)) == pytest.approx(0.5 + 0.2)


def test_a_machine_that_counts_nothing(tmp_path: Path):
    assert joules({}, {}) is None
    assert read_counters(tmp_path / "missing") == {}
    counter(tmp_path, "intel-rapl:0", "unknown")
    assert read_counters(tmp_path) == {}
