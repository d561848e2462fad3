"""One cycle of the learning rate, and of the momentum."""

import numpy as np
import pytest

from kerasdl.schedules import OneCycle, OneCycleMomentum
from tests.schedules.helpers import values


@pytest.mark.parametrize("peak", [0.3, 0.003])
@pytest.mark.parametrize(
    ("pct_start", "total"),
    [(0.3, 100), (0.25, 997), (0.9, 12), (0.3, 1), (0.3, 2), (0.5, 3), (0.1, 5)],
)
@pytest.mark.parametrize(("div", "final"), [(25.0, 1e4), (10.0, 100.0)])
def test_one_cycle_equals_pytorch(peak, pct_start, total, div, final):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, peak, total_steps=total, pct_start=pct_start, div_factor=div,
        final_div_factor=final, cycle_momentum=False,
    )  # fmt: skip
    expected = []
    for _ in range(total):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(expected) < total:
            scheduler.step()
    ours = values(OneCycle(peak, total, pct_start, div, final), total)
    assert np.abs(ours - expected).max() < 1e-7


@pytest.mark.parametrize(("base", "highest"), [(0.85, 0.95), (0.0, 0.9), (0.5, 0.5)])
@pytest.mark.parametrize(("pct_start", "total"), [(0.3, 100), (0.9, 12), (0.3, 1)])
@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
def test_the_momentum_of_one_cycle_equals_pytorch(
    base, highest, pct_start, total, kind
):
    torch = pytest.importorskip("torch")
    optimizer = getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=total, pct_start=pct_start, base_momentum=base,
        max_momentum=highest,
    )  # fmt: skip
    expected = []
    for _ in range(total):
        group = optimizer.param_groups[0]
        expected.append(group["momentum"] if kind == "SGD" else group["betas"][0])
        optimizer.step()
        if len(expected) < total:
            scheduler.step()
    ours = values(OneCycleMomentum(total, base, highest, pct_start), total)
    assert np.abs(ours - expected).max() < 2e-7  # they are a hundred times a rate


def test_the_momentum_stays_at_its_maximum_after_the_cycle():
    momenta = values(OneCycleMomentum(100), 130)
    assert np.isclose(momenta[29], 0.85)
    assert np.allclose(momenta[99:], 0.95)


def test_one_cycle_has_its_ends_and_its_peak():
    rates = values(OneCycle(1.0, 100, 0.3, 20.0, 1000.0), 130)
    assert np.isclose(rates[0], 1 / 20)
    assert np.isclose(rates[29], 1)
    assert np.allclose(rates[99:], 1 / 20 / 1000, atol=1e-7)
    assert np.all(np.diff(rates[:30]) > 0)
    assert np.all(np.diff(rates[29:100]) < 0)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_short_cycles_are_finite(total: int):
    assert np.isfinite(values(OneCycle(0.1, total), total + 1)).all()


def test_a_cycle_too_short_to_rise_begins_at_the_maximum():
    assert values(OneCycle(1.0, 2, 0.5), 2)[0] == 1.0
