"""TabM, beside one written by hand in PyTorch."""

import dataclasses

import keras
import numpy as np
import pytest

from kerasdl import accelerate
from kerasdl.backend.float64 import float64
from kerasdl.data import ArrayExamples
from kerasdl.data.signature import Input
from kerasdl.jobs import assemble
from kerasdl.models import tabm
from kerasdl.models.families.tabm import TabM
from kerasdl.seeds import derive_seed
from tests.contract import numbers, outputs
from tests.models.twenty_steps import EPOCHS, STEPS, problem
from tests.variants import variants

torch = pytest.importorskip("torch")

from tests.models import torch_tabm
from tests.models.torch_dropout import SameDropout

NUMBERS, INDICATORS, BINS = 4, 3, 6
FEATURES = NUMBERS + INDICATORS
GIVEN = {
    "hidden_units": (12, 8),
    "members": 4,
    "bins": BINS,
    "number_units": 3,
    "indicators": INDICATORS,
}


def rows(count: int) -> np.ndarray:
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(count, NUMBERS))
    x[:, 1] = np.round(x[:, 1])  # some quantiles are equal
    x[:, 2] = x[:, 2] > 0
    x[:, 3] = 1  # there is no bin
    return np.hstack([x, np.eye(INDICATORS)[drawn.integers(0, INDICATORS, count)]])


def by_hand(model: keras.Model, x: np.ndarray) -> "torch_tabm.TorchTabM":
    """Return PyTorch's model with the same weights."""
    edges = torch_tabm.bins(x[:, :NUMBERS], BINS)
    return torch_tabm.TorchTabM(model, edges, len(GIVEN["hidden_units"]))


def adapted(averages: str, outputs: int, x: np.ndarray) -> keras.Model:
    """Return a model whose bins are known, and whose kernels of bins are not 0."""
    family = TabM(averages=averages, **GIVEN)  # type: ignore
    model = family.build((FEATURES,), outputs, seed=3)
    family.adapt(model, ArrayExamples(x, x))
    kernel = model.get_layer("numbers").kernel
    kernel.assign(np.random.default_rng(1).normal(size=kernel.shape))
    return model


@pytest.mark.parametrize("averages", ["probabilities", "numbers"])
def test_it_predicts_what_one_by_hand_does(averages: str):
    x = rows(50).astype("float32")
    model = adapted(averages, 3, x)
    new = x[:9] * 3  # beyond the outer edges as well
    classes = averages == "probabilities"
    with torch.no_grad():
        each = by_hand(model, x)(torch.tensor(new))
        expected = torch_tabm.prediction(each, classes).numpy()
    ours = numbers(outputs(model, new))
    np.testing.assert_allclose(np.exp(ours) if classes else ours, expected, atol=1e-5)


BATCH = 16


@pytest.mark.variant
@pytest.mark.parametrize("task", ["classification", *variants("regression")])
def test_20_steps_are_those_of_one_by_hand(task: str):
    """With the rate, decay, clipping and dropout of the preset, fused."""
    classes = 3 if task == "classification" else 1
    with float64():
        x, y, config = problem("tabm", task, rows, BATCH)
        averages = "probabilities" if classes > 1 else "numbers"
        family = dataclasses.replace(config.model, averages=averages, **GIVEN)
        model = adapted(averages, classes, x)
        assemble.compile_model(
            dataclasses.replace(config, model=family), model, STEPS // EPOCHS
        )
        theirs = by_hand(model, x)
        for layer in range(len(family.hidden_units)):
            seed = derive_seed(3, f"dropout_{layer + 1}")
            theirs.dropout[layer] = SameDropout(seed, lambda step: 0.1)
        accelerate(model, report=pytest.fail)
        model.fit(x, y, BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
        ours = by_hand(model, x)
    torch_tabm.train(theirs, torch.tensor(x), torch.tensor(y), STEPS, BATCH)
    assert theirs.weights["head:kernel"].dtype == torch.float64
    for name, other in theirs.weights.items():
        apart = (ours.weights[name] - other).abs().max().item()
        assert apart < 1e-7, (name, apart)


def test_its_weights_are_drawn_as_in_the_paper():
    model = tabm((9,), 3, indicators=2, seed=1)
    weights = {weight.path: numbers(weight) for weight in model.trainable_variables}
    factors = weights["dense_1/input_factors"]
    assert factors.shape == (32, 7 * 16 + 2)
    starts = [*range(0, 7 * 16, 16), 7 * 16, 7 * 16 + 1]
    assert np.array_equal(
        factors, np.repeat(factors[:, starts], [16] * 7 + [1, 1], axis=1)
    )
    assert np.isclose(factors[:, starts].std(), 1, atol=0.1)
    assert not weights["numbers/kernel"].any()
    for name in ("dense_1/output_factors", "dense_2/input_factors"):
        assert (weights[name] == 1).all()
    for layer, size in (("dense_1", 7 * 16 + 2), ("dense_2", 512), ("head", 512)):
        for name in ("kernel", "bias"):
            values, bound = weights[f"{layer}/{name}"], 1 / size**0.5
            assert 0.9 * bound < np.abs(values).max() <= bound, (layer, name)
    assert (weights["dense_2/bias"] == weights["dense_2/bias"][0]).all()
    assert np.ptp(weights["head/bias"], axis=0).all()


def test_without_bins_numbers_stay_and_members_begin_with_signs():
    model = tabm((9,), 3, bins=0, hidden_units=(8,), members=50, seed=1)
    assert "numbers" not in [layer.name for layer in model.layers]
    factors = numbers(model.get_layer("dense_1").input_factors)
    assert factors.shape == (50, 9)
    assert {*factors.ravel().tolist()} == {1.0, -1.0}
    assert 0.4 < (factors == 1).mean() < 0.6


def test_the_data_decide_what_is_embedded_and_averaged():
    found = Input((FEATURES,), indicators=INDICATORS)
    family = TabM(hidden_units=(4,), members=2).for_data(found, (-1.0, 2.0))
    assert (family.indicators, family.averages) == (INDICATORS, "numbers")
    model = family.build((FEATURES,), 1)
    assert model.get_layer("numbers").input.shape == (None, NUMBERS)
    assert TabM().for_data(found).averages == "probabilities"
    assert TabM(averages="probabilities").for_data(found, (0, 1)).averages != "numbers"
    with pytest.raises(ValueError, match=r"codes of categories; set data\.max_one_hot"):
        TabM().for_data(Input((3,), cardinalities=(5,)))
    with pytest.raises(ValueError, match="7 features for 8 `indicators`"):
        tabm((7,), 1, indicators=8)
