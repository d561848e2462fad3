from itertools import pairwise

import keras
import numpy as np
import pytest

from kerasdl.schedules import (
    Cosine,
    CosineLog,
    FlatCosine,
    InverseSquareRoot,
    OneCycle,
    OneCycleMomentum,
    StepDecay,
    WarmupLinear,
)
from tests.schedules.helpers import values


@pytest.mark.parametrize(("warmup", "total"), [(10, 100), (0, 50), (50, 50), (1, 2)])
def test_warmup_linear_equals_transformers(warmup: int, total: int):
    transformers = pytest.importorskip("transformers")

    def schedule(_, optimizer):
        return transformers.get_linear_schedule_with_warmup(optimizer, warmup, total)

    expected = pytorch_rates(schedule, total + 5, 0.3)
    ours = values(WarmupLinear(0.3, warmup, total), total + 5)
    assert np.abs(ours - expected).max() < 1e-7


@pytest.mark.parametrize(
    "schedule", [WarmupLinear(0.1, 3, 30), OneCycle(0.1, 30, 0.4, 20.0, 200.0)]
)
def test_config_round_trip(schedule):
    schedules = keras.optimizers.schedules
    again = schedules.deserialize(schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config()
    assert np.array_equal(values(again, 30), values(schedule, 30))


@pytest.mark.parametrize("schedule", [WarmupLinear(0.5, 2, 6), OneCycle(0.5, 6)])
def test_drives_an_optimizer(schedule):
    """With a constant gradient of 1, SGD moves by the learning rate of each step."""
    optimizer = keras.optimizers.SGD(schedule)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    for step in range(6):
        before = float(keras.ops.convert_to_numpy(variable)[0])
        optimizer.apply([keras.ops.ones(1)], [variable])
        moved = before - float(keras.ops.convert_to_numpy(variable)[0])
        assert np.isclose(moved, values(schedule, 6)[step], atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: WarmupLinear(0.1, 11, 10),
        lambda: WarmupLinear(0.1, -1, 10),
        lambda: WarmupLinear(0.1, 0, 0),
        lambda: OneCycle(0.1, 0),
        lambda: OneCycle(0.1, 10, pct_start=1.0),
        lambda: OneCycle(0.1, 10, div_factor=0.5),
    ],
)
def test_bad_arguments(make):
    with pytest.raises(ValueError, match="must"):
        make()


def pytorch_rates(make, steps: int, initial: float) -> list[float]:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=initial)
    scheduler = make(torch, optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("total", "floor"), [(100, 0.01), (7, 0.0), (997, 0.5), (1, 0.1)]
)
def test_cosine_equals_pytorch(total: int, floor: float):
    expected = pytorch_rates(
        lambda torch, optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, total, eta_min=0.3 * floor
        ),
        total + 1,
        0.3,
    )
    ours = values(Cosine(0.3, total, floor=floor), total + 1)
    assert np.abs(ours - expected).max() < 1e-7


def test_cosine_after_warm_up_equals_pytorch():
    def make(torch, optimizer):
        rise = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 20)
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 80, eta_min=3e-5)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], [20])

    expected = pytorch_rates(make, 100, 3e-3)
    assert np.abs(values(Cosine(3e-3, 100, 20), 100) - expected).max() < 1e-7
    assert np.allclose(values(Cosine(3e-3, 100, 20), 150)[100:], 3e-5)


@pytest.mark.parametrize(
    ("size", "factor"), [(30, 0.1), (1, 0.9), (7, 0.5), (200, 0.1)]
)
def test_step_decay_equals_pytorch(size: int, factor: float):
    expected = pytorch_rates(
        lambda torch, optimizer: torch.optim.lr_scheduler.StepLR(
            optimizer, size, factor
        ),
        100,
        0.3,
    )
    assert np.abs(values(StepDecay(0.3, size, factor), 100) - expected).max() < 1e-7


@pytest.mark.parametrize("warmup", [1, 10, 400])
def test_inverse_square_root_equals_transformers(warmup: int):
    transformers = pytest.importorskip("transformers")

    def schedule(_, optimizer):
        return transformers.get_inverse_sqrt_schedule(optimizer, warmup)

    expected = pytorch_rates(schedule, 1000, 0.3)
    ours = values(InverseSquareRoot(0.3, warmup), 1000)
    assert np.abs(ours - expected).max() < 1e-7


@pytest.mark.parametrize(("total", "cycles"), [(100, 4), (997, 2), (3, 1)])
def test_cosine_log_is_its_formula(total: int, cycles: int):
    share = np.arange(total) / total
    done = np.log2(1 + (2.0**cycles - 1) * share)
    expected = 0.3 * 0.5 * (1 - np.cos(2 * np.pi * done))
    ours = values(CosineLog(0.3, total, cycles), total)
    assert np.abs(ours - expected).max() < 1e-6


def test_cosine_log_has_four_cycles_each_twice_as_long():
    rates = values(CosineLog(1.0, 1500), 1501)
    lowest = [0, 100, 300, 700, 1500]
    assert np.allclose(rates[lowest], 0, atol=1e-6)
    for begin, end in pairwise(lowest):
        assert rates[begin:end].max() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("total", [1, 2, 100, 997])
def test_flat_cosine_is_flat_then_a_cosine(total: int):
    share = np.arange(total) / total
    falling = 0.15 * (1 + np.cos(np.pi * (2 * share - 1)))
    expected = np.where(share < 0.5, 0.3, falling)
    ours = values(FlatCosine(0.3, total), total)
    assert np.abs(ours - expected).max() < 1e-7
    assert (ours[: total // 2] == np.float32(0.3)).all()


EVERY = [
    Cosine(0.3, 100, 20),
    CosineLog(0.3, 100),
    FlatCosine(0.3, 100),
    InverseSquareRoot(0.3, 20),
    OneCycle(0.3, 100),
    OneCycleMomentum(100),
    StepDecay(0.3, 20),
    WarmupLinear(0.3, 20, 100),
]


@pytest.mark.variant
@pytest.mark.parametrize("schedule", EVERY, ids=lambda s: type(s).__name__)
def test_a_step_number_is_all_they_need(schedule):
    """From a config, in the middle, step by step: the bits are the same."""

    def alone(schedule, step: int) -> float:
        return float(keras.ops.convert_to_numpy(schedule(step)))

    whole = [alone(schedule, step) for step in range(120)]
    again = type(schedule).from_config(schedule.get_config())
    assert [alone(again, step) for step in range(50, 120)] == whole[50:]
    # The cosine is of up to four turns.
    tolerance = 1e-6 if isinstance(schedule, CosineLog) else 1e-7
    assert np.abs(values(schedule, 120) - whole).max() < tolerance


@pytest.mark.parametrize("schedule", EVERY, ids=lambda s: type(s).__name__)
def test_an_optimizer_takes_them(schedule):
    optimizer = keras.optimizers.SGD(schedule)
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    for step in range(3):
        rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        assert np.isclose(rate, values(schedule, 3)[step])
        optimizer.apply([keras.ops.convert_to_tensor([1.0])])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cosine(0.1, 10, 10),
        lambda: Cosine(0.1, 10, floor=1.5),
        lambda: CosineLog(0.1, 0),
        lambda: CosineLog(0.1, 10, 0),
        lambda: FlatCosine(0.1, 0),
        lambda: StepDecay(0.1, 0),
        lambda: StepDecay(0.1, 5, 1.0),
        lambda: InverseSquareRoot(0.1, 0),
        lambda: OneCycleMomentum(0),
        lambda: OneCycleMomentum(10, 0.9, 0.8),
        lambda: OneCycleMomentum(10, 0.9, 1.0),
        lambda: OneCycleMomentum(10, -0.1),
        lambda: OneCycleMomentum(10, pct_start=0.0),
    ],
)
def test_what_is_out_of_range_is_refused(make):
    with pytest.raises(ValueError, match="must"):
        make()


@pytest.mark.parametrize(
    ("schedule", "last"),
    [
        (Cosine(0.3, 10, 2, floor=0.1), 0.03),
        (CosineLog(0.3, 10), 0.0),
        (FlatCosine(0.3, 10), 0.0),
        (OneCycle(0.3, 10, div_factor=3.0, final_div_factor=10.0), 0.01),
        (OneCycleMomentum(10), 0.95),
        (WarmupLinear(0.3, 2, 10), 0.0),
    ],
    ids=lambda s: type(s).__name__,
)
def test_the_end_is_kept(schedule, last: float):
    assert values(schedule, 1000)[10:] == pytest.approx(last, rel=1e-5, abs=1e-8)
