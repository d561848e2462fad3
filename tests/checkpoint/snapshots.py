"""Snapshots to write, and to compare with what is read."""

import numpy as np

from kerasdl.checkpoint.snapshot import Snapshot


def snapshot(step: int, size: int = 8) -> Snapshot:
    rows = np.random.default_rng(step).normal(size=(size, 4)).astype("float32")
    arrays = {"weights/kernel": rows, "optimizer/iteration": np.array(step)}
    return Snapshot(step, arrays, {"epoch": step, "history": [{"loss": 0.1 * step}]})


def assert_same(found: Snapshot | None, expected: Snapshot) -> None:
    assert found is not None
    assert found.step == expected.step
    assert found.details == expected.details
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)
