"""Speed that falls and memory that grows, at the edge of each rule."""

import pytest

from kerasdl.diagnostics.resource_findings import memory_leak, slower

MIB = 2**20


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ([1, 100, 100, 100, 49, 49], 1),  # the first epoch compiles
        ([1, 100, 100, 100, 49], 0),
        ([1, 100, 100, 100, 49, 51], 0),
        ([1, 100, 100, 49, 49], 0),  # too few to compare with
        ([1, 100, 100, 100, 100, 200], 0),
    ],
)
def test_slower(rates: list[float], told: int):
    assert len([*slower(rates)]) == told


@pytest.mark.parametrize(
    ("first", "step", "epochs", "told"),
    [
        (1000, 30, 11, 1),
        (1000, 30, 10, 0),
        (1000, 25, 11, 0),  # less than 256 MiB
        (4000, 30, 11, 0),  # less than a tenth
        (1000, -30, 11, 0),
    ],
)
def test_memory_leak(first: int, step: int, epochs: int, told: int):
    sizes = [(first + step * n) * MIB for n in range(epochs)]
    assert len([*memory_leak(sizes)]) == told
    assert not [*memory_leak([*sizes[:5], sizes[4], *sizes[5:]][-11:])] or epochs < 11
