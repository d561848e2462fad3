import keras
import numpy as np
import pytest

from kerasdl.data.kinds.arrays import ArraysKind
from kerasdl.errors import ConfigError
from kerasdl.jobs import assemble
from kerasdl.layers import ScheduledDropout
from kerasdl.models.families.mlp import MLP
from kerasdl.optimizers.tables import AdamWTable
from tests.jobs.helpers import array, config, number


@pytest.mark.variant
def test_the_loss_scaler_skips_overflows_and_halves_its_scale():
    half = config("mlp", "precision.policy=mixed_float16")
    dataset = assemble.dataset(half)
    model = assemble.model(half, dataset.encoding)
    model.compile(
        assemble.optimizer(half, model, 100), **assemble.compile_arguments(half)
    )
    scaler = model.optimizer
    assert isinstance(scaler, keras.optimizers.LossScaleOptimizer)
    x, y = dataset.train.x[:64], dataset.train.y[:64]
    model.train_on_batch(x, y)
    scaler.dynamic_scale.assign(2.0**100)
    before, steps = model.get_weights()[0], number(scaler.iterations)
    model.train_on_batch(x, y)
    assert number(scaler.dynamic_scale) == 2.0**99
    assert number(scaler.iterations) == steps
    assert np.array_equal(model.get_weights()[0], before)
    scaler.dynamic_scale.assign(1024.0)
    model.train_on_batch(x, y)
    assert number(scaler.iterations) == steps + 1
    assert not np.array_equal(model.get_weights()[0], before)


def test_keras_sets_have_flat_labels(monkeypatch):
    x, y = np.zeros((20, 4, 4, 3), "uint8"), np.arange(20)[:, None] % 10
    loaded = (x, y), (x[:5], y[:5])
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: loaded)
    arrays = assemble.source(ArraysKind(name="cifar10"))
    assert arrays.y.shape == (20,)
    assert arrays.y_test is not None
    assert arrays.y_test.shape == (5,)


@pytest.mark.variant
@pytest.mark.parametrize("preset", ["mlp", "cnn", "gru", "vit-tiny"])
def test_weight_decay_spares_biases_and_norms(preset: str):
    decaying = config(preset, "optimizer.weight_decay=1.0", "schedule.name=constant")
    dataset = assemble.dataset(decaying)
    model = assemble.model(decaying, dataset.encoding)
    optimizer = assemble.optimizer(decaying, model, 100)
    optimizer.build(model.trainable_variables)
    before = [array(variable) for variable in model.trainable_variables]
    zeros = [keras.ops.zeros(v.shape) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    for old, variable in zip(before, model.trainable_variables, strict=True):
        new = array(variable)
        spared = new.ndim < 2 or "bias" in variable.path
        factor = 1.0 if spared else 1 - decaying.optimizer.learning_rate
        assert np.allclose(new, old * factor, rtol=1e-6), variable.path


@pytest.mark.parametrize(("norm", "moved"), [(1.0, 1.0), (0.5, 0.5), (0.0, 50.0)])
def test_gradients_are_clipped_to_a_global_norm(norm: float, moved: float):
    clipping = config(
        "mlp",
        "optimizer.name=sgd",
        "optimizer.learning_rate=1.0",
        "optimizer.weight_decay=0",
        "optimizer.nesterov=false",
        f"optimizer.global_clipnorm={norm}",
        "schedule.name=constant",
    )
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    optimizer = assemble.optimizer(clipping, network, 100)
    variables = network.trainable_variables
    optimizer.build(variables)
    before = np.concatenate([array(v).ravel() for v in variables])
    optimizer.apply([keras.ops.full(v.shape, 25.0) for v in variables], variables)
    after = np.concatenate([array(v).ravel() for v in variables])
    assert np.isclose(np.linalg.norm(after - before), moved, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beta_1=0.8", 0.8),
        ("beta_2=0.9", 0.9),
        ("epsilon=1e-3", 1e-3),
        ("weight_decay=0", 0),
        ("weight_decay=0.5", 0.5),
        ("momentum=0.5", 0.5),
        ("nesterov=false", False),
    ],
)
def test_every_key_reaches_the_optimizer(text: str, expected):
    key = text.partition("=")[0]
    name = "sgd" if key in ("momentum", "nesterov") else "adamw"
    chosen = config("mlp", f"optimizer.name={name}", f"optimizer.{text}")
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    inner = assemble.optimizer(chosen, network, 100).inner_optimizer
    assert inner.get_config()[key] == expected


@pytest.mark.parametrize(
    "text", ["pct_start=0.5", "div_factor=5.0", "final_div_factor=7"]
)
def test_every_key_reaches_the_schedule(text: str):
    key, _, value = text.partition("=")
    chosen = config("mlp", "schedule.name=one-cycle", f"schedule.{text}")
    assert assemble.schedule(chosen, 100).get_config()[key] == float(value)


@pytest.mark.parametrize(
    ("name", "key"), [("adamw", "beta_1"), ("adam", "beta_1"), ("sgd", "momentum")]
)
def test_one_cycle_cycles_the_momentum(name: str, key: str):
    texts = f"optimizer.name={name}", "schedule.name=one-cycle"
    given = "base_momentum=0.5", "max_momentum=0.6", "pct_start=0.4"
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])

    def argument(*more: str):
        chosen = config("mlp", *texts, *more)
        inner = assemble.optimizer(chosen, network, 50).inner_optimizer
        return inner.get_config()[key]

    assert argument(*(f"schedule.{text}" for text in given))["config"] == {
        "total_steps": 50, "base_momentum": 0.5, "max_momentum": 0.6, "pct_start": 0.4,
    }  # fmt: skip
    assert argument("schedule.cycle_momentum=false") == 0.9


def test_scheduled_dropout_spans_the_batches_of_the_schedule():
    drop = ScheduledDropout(0.5)
    parts = [keras.Input((4,)), drop, keras.layers.Dense(2)]
    network = keras.Sequential([*parts[:1], keras.Sequential(parts[1:])])
    epochs = "training.epochs=10", "training.accumulate=3"
    assemble.compile_model(config("mlp", *epochs), network, 20)
    assert drop.total_steps == 200
    shorter = config("mlp", *epochs, "training.schedule_epochs=4")
    assemble.compile_model(shorter, network, 20)
    assert drop.total_steps == 80


@pytest.mark.parametrize("name", ["adamw", "adam"])
def test_the_weight_decay_follows_its_schedule(name: str):
    keys = f"optimizer.name={name}", "optimizer.weight_decay=0.5"
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])

    def decay(*more: str):
        chosen = config("mlp", *keys, *more)
        inner = assemble.optimizer(chosen, network, 50).inner_optimizer
        return inner.get_config()["weight_decay"]

    flat = "optimizer.weight_decay_schedule=flat-cosine"
    epochs = "training.epochs=10", "training.schedule_epochs=5"
    assert decay(flat)["config"] == {"value": 0.5, "total_steps": 50}
    assert decay(flat, *epochs)["config"]["total_steps"] == 25
    assert decay() == 0.5
    assert decay(flat, "optimizer.weight_decay=0") == 0.0


def test_learning_rate_factors_of_a_family(monkeypatch):
    factors = lambda self, model: {v.path: 0.0 for v in model.trainable_variables[1:]}
    monkeypatch.setattr(MLP, "rate_factors", factors)
    chosen = config("mlp", "schedule.name=constant")
    network = assemble.model(chosen, assemble.dataset(chosen).encoding)
    optimizer = assemble.optimizer(chosen, network, 50)
    variables = network.trainable_variables
    before = [array(variable) for variable in variables]
    optimizer.apply([keras.ops.ones(v.shape) for v in variables], variables)
    moved = [
        not np.array_equal(old, array(new))
        for old, new in zip(before, variables, strict=True)
    ]
    assert moved == [True] + [False] * (len(variables) - 1)

    def other(self, *arguments):
        return keras.optimizers.SGD(0.1)

    monkeypatch.setattr(AdamWTable, "build", other)
    with pytest.raises(ConfigError, match=r"'adamw'\) has no learning-rate factors"):
        assemble.optimizer(chosen, network, 50)


def test_the_cycle_spans_the_steps_of_the_run():
    schedule = assemble.schedule(config("mlp", "schedule.name=one-cycle"), 100)
    assert number(schedule(29)) == pytest.approx(3e-3)
    assert number(schedule(99)) == pytest.approx(3e-3 / 25 / 1e4, abs=1e-9)


def test_the_peak_is_reached_even_in_one_step():
    chosen = config("mlp", "schedule.warmup_fraction=0.99")
    assert float(assemble.schedule(chosen, 1)(0)) == pytest.approx(3e-3)


def test_every_key_reaches_the_loss():
    chosen = config("mlp", "loss.label_smoothing=0.3", "loss.smoothing=others")
    loss = assemble.compile_arguments(chosen)["loss"]
    assert (loss.label_smoothing, loss.smoothing) == (0.3, "others")


def test_every_key_reaches_the_model():
    chosen = config("cnn", "model.filters=[4]", "model.stem=large")
    network = assemble.model(chosen, assemble.dataset(chosen).encoding)
    assert network.get_layer("stem_conv").kernel_size == (7, 7)
    assert network.get_layer("block_1").filters == 4


def test_the_seed_of_the_run_decides_the_weights():
    kernels = []
    for seed in (0, 0, 1):
        chosen = config("mlp", f"training.seed={seed}")
        network = assemble.model(chosen, assemble.dataset(chosen).encoding)
        kernels.append(array(network.get_layer("dense_1").kernel))
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


@pytest.mark.variant
@pytest.mark.parametrize("step", [1, 2, 10])
def test_epsilon_stands_before_the_correction(step: int):
    """What it weighs beside PyTorch's, as the config says."""
    torch = pytest.importorskip("torch")
    epsilon, beta_2, gradient = 1e-3, 0.999, 1e-3
    chosen = config(
        "mlp", "schedule.name=constant", "optimizer.weight_decay=0",
        "optimizer.global_clipnorm=0", f"optimizer.epsilon={epsilon}",
        "optimizer.learning_rate=0.5",
    )  # fmt: skip
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    optimizer = assemble.optimizer(chosen, model, 100)
    parameter = torch.zeros(1, requires_grad=True)
    theirs = torch.optim.Adam([parameter], 0.5)
    for number_of_step in range(1, step + 1):
        before = array(model.trainable_variables[0])
        gradients = [
            keras.ops.full(v.shape, gradient) for v in model.trainable_variables
        ]
        optimizer.apply(gradients, model.trainable_variables)
        parameter.data.zero_()
        parameter.grad = torch.full((1,), gradient)
        theirs.param_groups[0]["eps"] = epsilon / (1 - beta_2**number_of_step) ** 0.5
        theirs.step()
        taken = array(model.trainable_variables[0]) - before
        assert np.allclose(taken, parameter.detach().numpy(), rtol=1e-3)
