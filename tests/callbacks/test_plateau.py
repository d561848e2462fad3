"""The rule of a plateau is that of PyTorch's `ReduceLROnPlateau`."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from kerasdl.callbacks.plateau import Plateau

INF, NAN = math.inf, math.nan


def cuts(values: Sequence[float], *rule) -> list[int]:
    plateau = Plateau(*rule)
    return [epoch for epoch, value in enumerate(values) if plateau.ends(value)]


def pytorch_cuts(values: Sequence[float], patience, threshold, mode) -> list[int]:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode, 0.999, patience, threshold
    )
    rates = []
    for value in values:
        schedule.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    before = [1.0, *rates]
    return [epoch for epoch, rate in enumerate(rates) if rate < before[epoch]]


@pytest.mark.parametrize(
    ("values", "rule", "expected"),
    [
        ([1.0] * 14, (5, 1e-4, "min"), [6, 12]),  # the first is better than nothing
        ([1.0] * 4, (0, 1e-4, "min"), [1, 2, 3]),
        ([1.0, 0.99995, 0.9999, 0.9998], (0, 1e-4, "min"), [1, 2]),
        ([1.0, 0.99995, 0.9999, 0.9998], (0, 0.0, "min"), []),
        ([1.0, 1.00005, 1.0001, 1.0002], (0, 1e-4, "max"), [1, 2]),
        ([NAN, NAN, 1.0, NAN, NAN], (1, 1e-4, "min"), [1, 4]),
        ([INF, -INF, -INF], (0, 1e-4, "min"), [0, 2]),
        ([-INF, INF, INF], (0, 1e-4, "max"), [0, 2]),
        ([-1.0, -1.0, -0.99995], (0, 1e-4, "min"), []),  # below 0, the bound is above
        ([-1.0, -1.0, -0.9999], (0, 1e-4, "min"), [2]),
        ([0.0, 0.0, -1e-9], (0, 1e-4, "min"), [1]),
        ([], (0, 0.0, "min"), []),
    ],
)
def test_the_epochs_of_cutting(values, rule, expected):
    assert cuts(values, *rule) == expected


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Return a course of a metric: noisy, flat in parts, and at times no number."""
    length = int(rng.integers(1, 60))
    scale = 10.0 ** rng.integers(-6, 4)
    values = scale * np.cumsum(rng.normal(rng.normal(0, 0.3), 1, length))
    if rng.random() < 0.5:
        values = np.round(values / scale) * scale
    if rng.random() < 0.5:
        values = 1 + values * 1e-4 / scale
    for special in (NAN, INF, -INF):
        if rng.random() < 0.2:
            values[rng.random(length) < 0.1] = special
    return values


@pytest.mark.variant
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold", [0.0, 1e-4, 0.3])
@pytest.mark.parametrize("patience", [0, 1, 2, 5])
def test_drawn_courses_are_cut_as_in_pytorch(mode, threshold, patience):
    rng = np.random.default_rng([patience, int(threshold * 1e4), mode == "min"])
    cut = 0
    for values in (drawn(rng) for _ in range(60)):
        ours = cuts(values, patience, threshold, mode)
        assert ours == pytorch_cuts(values, patience, threshold, mode), values
        cut += len(ours)
    assert cut
