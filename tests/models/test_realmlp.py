"""RealMLP, beside one written by hand in PyTorch."""

import dataclasses

import keras
import numpy as np
import pytest

from kerasdl import accelerate, testing
from kerasdl.backend.float64 import float64
from kerasdl.data.signature import Input
from kerasdl.jobs import assemble
from kerasdl.models import realmlp
from kerasdl.models.families.mlp import MLP
from kerasdl.models.families.realmlp import RealMLP
from kerasdl.seeds import derive_seed
from tests.contract import numbers, outputs
from tests.models.twenty_steps import EPOCHS, STEPS, problem
from tests.variants import variants

torch = pytest.importorskip("torch")

from tests.models import torch_realmlp
from tests.models.torch_dropout import SameDropout

CODES = (5, 300)
NUMBERS, INDICATORS = 4, 3
FEATURES = NUMBERS + INDICATORS + len(CODES)
GIVEN = {"hidden_units": (24, 16), "indicators": INDICATORS, "cardinalities": CODES}


def rows(count: int) -> np.ndarray:
    drawn = np.random.default_rng(0)
    codes = [drawn.integers(0, size, size=(count, 1)) for size in CODES]
    one_hot = np.eye(INDICATORS)[drawn.integers(0, INDICATORS, count)]
    return np.hstack([drawn.normal(size=(count, NUMBERS)), one_hot, *codes])


def by_hand(model: keras.Model, activation: str, outputs: int) -> torch.nn.Module:
    """Return PyTorch's model with the same weights."""
    theirs = torch_realmlp.TorchRealMLP(
        FEATURES,
        outputs,
        GIVEN["hidden_units"],
        activation,
        INDICATORS,
        CODES,
        dropout=0.0,
    )
    weights = {w.path: torch.tensor(numbers(w)) for w in model.weights}
    vectors = weights.pop("categories/embeddings").split(CODES)
    dense = [m for m in theirs.layers if isinstance(m, torch_realmlp.Dense)]
    shares = [m for m in theirs.layers if isinstance(m, torch_realmlp.Share)]
    places = {"numbers": theirs.numbers, "scale": theirs.scale, "head": dense[-1]}
    for number, (layer, share) in enumerate(zip(dense, shares, strict=False), start=1):
        places |= {f"dense_{number}": layer, f"{activation}_{number}": share}
    with torch.no_grad():
        for embedding, table in zip(theirs.categories, vectors, strict=True):
            embedding.weight.data = table.clone()
        for path, weight in weights.items():
            place, name = path.split("/")
            getattr(places[place], name).data = weight.clone()
    return theirs


@pytest.mark.parametrize("activation", ["selu", "mish"])
def test_it_computes_what_one_by_hand_does(activation: str):
    model = realmlp((FEATURES,), 3, activation=activation, seed=1, **GIVEN)
    x = rows(9).astype("float32")
    expected = by_hand(model, activation, 3)(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(numbers(outputs(model, x)), expected, atol=1e-5)


def test_its_weights_are_drawn_as_in_the_paper():
    model = realmlp((FEATURES,), 3, seed=1, indicators=INDICATORS, cardinalities=CODES)
    weights = {weight.path: numbers(weight) for weight in model.weights}
    for name in ("dense_2/kernel", "dense_2/bias", "categories/embeddings"):
        assert np.isclose(weights[name].std(), 1, atol=0.1), name
    assert np.isclose(weights["numbers/frequency"].std(), 0.1, atol=0.02)
    assert weights["scale/gamma"].shape == (4 * NUMBERS + INDICATORS + 8 * len(CODES),)


def test_rates_and_decay_differ_by_weight():
    family = RealMLP(**GIVEN)  # type: ignore
    model = family.build((FEATURES,), 2)
    factors = family.rate_factors(model)
    small = [
        "dense_1/bias",
        "dense_2/bias",
        "head/bias",
        "selu_1/alpha",
        "selu_2/alpha",
    ]
    small += [f"numbers/{name}" for name in ("frequency", "phase", "kernel", "offset")]
    assert factors == {"scale/gamma": 6.0} | dict.fromkeys(small, 0.1)
    undecayed = {v.path for v in model.trainable_variables if not family.decays(v)}
    assert undecayed == {"dense_1/bias", "dense_2/bias", "head/bias"}


def test_the_data_decide_what_is_embedded():
    found = Input((FEATURES,), indicators=INDICATORS, cardinalities=CODES)
    family = RealMLP(hidden_units=(4,)).for_data(found, (-1.0, 2.0))
    assert (family.indicators, family.cardinalities) == (INDICATORS, CODES)
    assert family.output_range == (-1.0, 2.0)
    model = family.build((FEATURES,), 1)
    assert model.get_layer("numbers").input.shape == (None, NUMBERS)
    assert model.get_layer("categories").input.shape == (None, len(CODES))
    assert RealMLP().for_data(Input((7,))).build((7,), 2).layers[-1].name == "head"
    assert RealMLP(output_range=()).for_data(found, (0.0, 1.0)).output_range == ()
    with pytest.raises(ValueError, match=r"`cardinalities` \(=\(3,\)\) must be 'auto'"):
        RealMLP(cardinalities=(3,)).for_data(found)
    with pytest.raises(ValueError, match="reads numbers, not tokens"):
        RealMLP().for_data(Input((7,), "int32", 9))
    with pytest.raises(ValueError, match=r"codes of categories; set data\.max_one_hot"):
        MLP().for_data(found)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"indicators": 8, "cardinalities": (3,)},
            "8 features for 8 `indicators` and 1",
        ),
        ({"output_range": (1.0,)}, "`output_range`"),
        ({"output_range": (1.0, 0.0)}, "`low`"),
    ],
)
def test_keys_that_do_not_fit(keys: dict, message: str):
    with pytest.raises(ValueError, match=message):
        realmlp((8,), 1, **keys)


def test_predictions_stay_in_the_range_of_the_targets():
    model = realmlp((3,), 1, hidden_units=(8,), output_range=(-0.5, 0.25))
    x = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    clamped, free = numbers(model(x)), numbers(model(x, training=True))
    assert (clamped.min(), clamped.max()) == (-0.5, 0.25)
    assert free.min() < -0.5 < 0.25 < free.max()


@pytest.mark.variant
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_it_learns_from_codes_as_well(policy: str):
    with testing.dtype_policy(policy):
        model = realmlp((FEATURES,), 2, **GIVEN)
    testing.check_model(model, rows(600).astype("float32"))


BATCH = 32


@pytest.mark.parametrize("task", ["classification", *variants("regression")])
def test_20_steps_are_those_of_one_by_hand(task: str):
    """With the rates, decay, dropout and loss of the preset, fused."""
    classes = 3 if task == "classification" else 1
    with float64():
        x, y, config = problem("realmlp", task, rows, BATCH)
        family = dataclasses.replace(config.model, **GIVEN)
        model = family.build((FEATURES,), classes, seed=3)
        config = dataclasses.replace(config, model=family)
        assemble.compile_model(config, model, STEPS // EPOCHS)
        theirs = by_hand(model, family.activation, classes)
        for layer in range(len(family.hidden_units)):
            seed = derive_seed(3, f"dropout_{layer + 1}")
            theirs.layers[3 * layer + 2] = SameDropout(seed, rate)
        accelerate(model, report=pytest.fail)
        model.fit(x, y, BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
        ours = by_hand(model, family.activation, classes)
    _train(theirs, torch.tensor(x), torch.tensor(y), config.optimizer.learning_rate)
    assert theirs.layers[0].kernel.dtype == torch.float64
    for (name, one), other in zip(
        ours.named_parameters(), theirs.parameters(), strict=True
    ):
        apart = (one - other).abs().max().item()
        assert apart < 1e-5, (name, apart)


def rate(step: int) -> float:
    """Return the rate of dropout, that of the paper."""
    return 0.15 * torch_realmlp.flat_cosine(step / STEPS)


def _train(
    model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, rate: float
) -> None:
    groups = torch_realmlp.groups(model, rate)
    steady = [(group["lr"], group["weight_decay"]) for group in groups]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=1e-20)
    for step in range(STEPS):
        done = step / STEPS
        for group, (highest, decay) in zip(optimizer.param_groups, steady, strict=True):
            group["lr"] = highest * torch_realmlp.coslog(done)
            group["weight_decay"] = decay * torch_realmlp.flat_cosine(done)
        begin = step * BATCH % len(x)
        outputs, targets = model(x[begin : begin + BATCH]), y[begin : begin + BATCH]
        if outputs.shape[1] > 1:
            functional = torch.nn.functional
            loss = functional.cross_entropy(outputs, targets, label_smoothing=0.1)
        else:
            loss = ((outputs - targets) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
