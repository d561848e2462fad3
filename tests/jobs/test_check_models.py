"""`kerasdl.check` names each fault of a model, and none of a healthy one."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, losses

import kerasdl
from kerasdl.checkpoint import random_state, state
from kerasdl.finding import Finding
from tests.variants import quickest

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(3, 8))
Y = RNG.integers(0, 3, 96)
X = (CENTRES[Y] + 0.7 * RNG.normal(size=(96, 8))).astype("float32")
EAGERLY = keras.config.backend() == "tensorflow"
"""It runs the same kernels in a fraction of the time that tracing takes."""
LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)


def model(
    loss: Any = LOGITS,
    *hidden: keras.Layer,
    last: str | None = None,
    optimizer: Any = None,
    outputs: int = 3,
) -> keras.Model:
    keras.utils.set_random_seed(0)
    inner = hidden or (layers.Dense(16, "relu"), layers.Dropout(0.2))
    built = keras.Sequential(
        [keras.Input((8,)), *inner, layers.Dense(outputs, last, name="last")]
    )
    rate = optimizer or keras.optimizers.Adam(1e-2)
    built.compile(rate, loss, run_eagerly=EAGERLY)
    return built


def errors(built: keras.Model, x: Any = X, y: Any = Y) -> dict[str, Finding]:
    """Return the first error of each kind."""
    findings = kerasdl.check(built, (x, y))
    assert all(each.rule or each.kind == "step" for each in findings if each.hint)
    order = [each.severity for each in findings]
    assert order == sorted(order, key=("error", "warning", "info").index)
    faults = [each for each in findings if each.severity == "error"]
    assert all(each.hint and each.why for each in faults)
    return {each.kind: each for each in reversed(faults)}


ONE_HOT = np.eye(3)[Y]
FACTS = {
    "classes as numbers": (("mse",), {}, Y, "loss-of-classes"),
    "one-hot with sparse": ((LOGITS,), {}, ONE_HOT, "targets"),
    "labels from 1": ((LOGITS,), {}, Y + 1, "targets"),
    "labels below 0": ((LOGITS,), {}, Y - 1, "targets"),
    "logits of a softmax": ((LOGITS,), {"last": "softmax"}, Y, "from-logits"),
    "a softmax of logits": (
        ("sparse_categorical_crossentropy",),
        {},
        Y,
        "from-logits",
    ),
    "numbers as classes": ((LOGITS,), {}, Y + 0.25, "targets"),
    "numbers as probabilities": (
        ("binary_crossentropy",),
        {"last": "sigmoid"},
        3 * ONE_HOT,
        "targets",
    ),
    "beyond a sigmoid": (("mse",), {"last": "sigmoid"}, 3 * ONE_HOT, "targets"),
    "logits of a sigmoid": (
        (losses.BinaryCrossentropy(from_logits=True),),
        {"last": "sigmoid"},
        ONE_HOT,
        "from-logits",
    ),
    "integers with one-hot loss": (("categorical_crossentropy",), {}, Y, "targets"),
    "several labels with a softmax": (
        ("categorical_crossentropy",),
        {"last": "softmax"},
        np.ones((96, 3)),
        "targets",
    ),
}


@pytest.mark.parametrize("fault", FACTS)
def test_targets_that_do_not_fit(fault: str):
    given, keys, y, kind = FACTS[fault]
    assert kind in errors(model(*given, **keys), X, y)


@pytest.mark.parametrize(
    ("loss", "last", "y"),
    [
        (LOGITS, None, Y),
        *quickest(
            ("sparse_categorical_crossentropy", "softmax", Y[:, None]),
            ("categorical_crossentropy", "softmax", ONE_HOT),
            (losses.BinaryCrossentropy(from_logits=True), None, ONE_HOT),
            ("binary_crossentropy", "sigmoid", ONE_HOT),
            ("mse", None, X[:, :3]),
            ("mse", "sigmoid", ONE_HOT),
        ),
    ],
)
def test_what_is_healthy_has_no_error(loss: Any, last: str | None, y: np.ndarray):
    assert errors(model(loss, last=last), X, y) == {}


def test_inputs_that_are_not_scaled():
    found = errors(model(), X * np.array([1, 1, 1, 4e3, 1, 1, 1, 1], "float32"))
    assert found["scale"].what.startswith(
        "feature 3 of inputs has a mean or a deviation"
    )
    lost = errors(model(), np.where(X > 1, np.float32("nan"), X))
    assert lost["inputs"].rule == "finite"


@pytest.mark.any_backend
def test_inputs_that_the_model_scales_itself():
    scaled = model(LOGITS, layers.BatchNormalization(), layers.Dense(16, "relu"))
    assert errors(scaled, X + 500) == {}
    assert "scale" not in errors(scaled, X + 5000)


@pytest.mark.parametrize("value", [0.0, *quickest(0.05)])
def test_equal_weights(value: float):
    equal = keras.initializers.Constant(value)
    hidden = [layers.Dense(8, "tanh", kernel_initializer=equal) for _ in range(2)]
    found = errors(model(LOGITS, *hidden))["equal-units"]
    assert "kernel" in found.where
    assert f"are all {value:g}, and its units stay equal" in found.what


@pytest.mark.any_backend
def test_kernels_of_zeros_that_learn():
    """As a branch that begins at zero; the first layer is random."""
    zero = layers.Dense(8, kernel_initializer="zeros")
    assert errors(model(LOGITS, layers.Dense(8, "relu"), zero)) == {}


class Twice(layers.Layer):
    """Its gradient is wrong in float32 alone, as that of a wrong kernel."""

    def call(self, inputs: Any) -> Any:
        if self.compute_dtype == "float64":
            return inputs
        return 3 * inputs - 2 * keras.ops.stop_gradient(inputs)


def test_a_kernel_that_is_wrong_in_float32():
    built = model(LOGITS, layers.Dense(16, "relu"), Twice())
    found = kerasdl.check(built, (X, Y))
    wrong = [each for each in found if each.kind == "wrong-gradient"]
    assert [each.severity for each in wrong] == ["error"] * 2  # kernel and bias
    assert keras.config.backend() in wrong[0].what
    assert wrong[0].value == pytest.approx(2, rel=1e-3)
    assert all("last" not in each.where for each in wrong)


class Inner(keras.Model):
    """A subclassed model with rectifiers in a nested one."""

    def __init__(self, bias: float, **kwargs: Any):
        super().__init__(**kwargs)
        dense = layers.Dense(8, bias_initializer=keras.initializers.Constant(bias))
        self.body = keras.Sequential([dense, layers.Activation("relu")])
        self.head = layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        return self.head(self.body(inputs))


def subclassed(bias: float = 0.0) -> keras.Model:
    keras.utils.set_random_seed(0)
    built = Inner(bias)
    built.compile(keras.optimizers.Adam(1e-2), LOGITS, run_eagerly=EAGERLY)
    return built


def test_dead_units_of_an_unbuilt_subclassed_model():
    dead = errors(subclassed(-99.0))["dead-units"]
    assert "8 of 8 units of" in dead.what
    assert "activation" in dead.where


@pytest.mark.any_backend
def test_a_healthy_subclassed_model():
    assert errors(subclassed()) == {}


def test_saturated_units_and_gradients_that_vanish():
    wide = keras.initializers.RandomNormal(stddev=50.0, seed=0)
    found = errors(model(LOGITS, layers.Dense(16, "tanh", kernel_initializer=wide)))
    assert found["saturated"].value > 0.9
    small = [keras.initializers.RandomNormal(stddev=0.001, seed=n) for n in range(3)]
    deep = [layers.Dense(8, "sigmoid", kernel_initializer=each) for each in small]
    assert errors(model(LOGITS, *deep))["vanishing-gradient"].value < 1e-5


@pytest.mark.any_backend
def test_a_shallow_sigmoid_is_healthy():
    assert errors(model(LOGITS, layers.Dense(8, "sigmoid"))) == {}


@pytest.mark.parametrize(
    ("optimizer", "told"),
    [
        (keras.optimizers.Adam(2.0), "error"),
        (keras.optimizers.Adam(1e-9), "error"),
        (keras.optimizers.SGD(1000.0, 0.9), "error"),
        *quickest(
            (keras.optimizers.Adam(0.5), "warning"),
            (keras.optimizers.SGD(0.1, 0.9), None),
            (
                keras.optimizers.Adam(
                    keras.optimizers.schedules.CosineDecay(
                        0.0, 50, warmup_target=5.0, warmup_steps=50
                    )
                ),
                "error",
            ),
        ),
    ],
)
def test_rates(optimizer: Any, told: str | None):
    optimizer = type(optimizer).from_config(optimizer.get_config())
    found = kerasdl.check(model(optimizer=optimizer), (X, Y))
    rates = [each.severity for each in found if each.kind == "learning-rate"]
    assert rates == ([told] if told else [])


def test_a_batch_of_one_through_batch_normalisation():
    built = model(LOGITS, layers.Dense(8), layers.BatchNormalization())
    kinds = {each.kind: each for each in kerasdl.check(built, (X, Y), batch_size=1)}
    assert kinds["batch-normalization"].severity == "error"


@pytest.mark.any_backend
def test_rare_classes_and_a_leaked_column():
    x = RNG.normal(size=(300, 8)).astype("float32")
    y = (np.arange(300) % 100 == 0).astype(int)
    kinds = {each.kind: each for each in kerasdl.check(model(), (x, y))}
    assert "'1' has 3 (1 %)" in kinds["imbalance"].what
    y = RNG.integers(0, 3, 300)
    x[:, 5] = y
    [leak] = [each for each in kerasdl.check(model(), (x, y)) if each.kind == "leak"]
    assert leak.where == "column 5"


@pytest.mark.any_backend
def test_habits_of_an_optimizer():
    decayed = layers.Dense(8, "relu", kernel_regularizer="l2")
    kinds = {each.kind for each in kerasdl.check(model(LOGITS, decayed), (X, Y))}
    assert kinds == {"weight-decay"}
    plain = model(optimizer=keras.optimizers.SGD(0.1))
    assert {each.kind for each in kerasdl.check(plain, (X, Y))} == {"momentum"}


def test_what_cannot_be_checked_is_an_error():
    def raising():
        yield from ()
        raise OSError("the disk is gone")

    uncompiled = keras.Sequential([keras.Input((8,)), layers.Dense(3)])
    cases = [
        (model(), [], "the data have no examples"),
        (model(), (X[:0], Y[:0]), "the data have no examples"),
        (
            model(),
            raising(),
            "the first batch cannot be read: OSError: the disk is gone",
        ),
        (uncompiled, (X, Y), "the model is not compiled"),
        (model(), (X[:, :5], Y), "the model cannot be called on the first batch"),
        (
            subclassed(),
            (np.array(["a", "b"]), Y[:2]),
            "the model does not take the batch",
        ),
    ]
    for built, data, words in cases:
        first = kerasdl.check(built, data)[0]
        assert first.severity == "error"
        assert words in first.what


def test_a_loss_that_fails():
    def failing(y: Any, outputs: Any) -> Any:
        raise ValueError("no such loss")

    [found] = kerasdl.check(model(failing), (X, Y))
    assert (found.kind, found.severity) == ("step", "error")
    assert "the first step fails: ValueError: no such loss" in found.what


def bits(built: keras.Model) -> dict[str, bytes]:
    arrays = state.capture(built)[0] | random_state.capture()[0]
    return {name: array.tobytes() for name, array in arrays.items()}


@pytest.mark.parametrize("accelerated", [True, *quickest(False)])
def test_the_model_is_left_as_it_was(accelerated: bool):
    def trained() -> keras.Model:
        keras.utils.set_random_seed(0)  # the layer of dropout draws its seed
        hidden = (
            layers.Dense(16, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
        )
        built = model(LOGITS, *hidden)
        built.run_eagerly = False
        if accelerated:
            kerasdl.accelerate(built)
        built.fit(X, Y, epochs=1, batch_size=32, verbose=0, shuffle=False)
        return built

    built = trained()
    before = bits(built)
    kerasdl.check(built, (X, Y))
    assert {n for n, b in bits(built).items() if before[n] != b} == set()
    built.fit(X, Y, epochs=1, batch_size=32, verbose=0, shuffle=False)
    other = trained()
    other.fit(X, Y, epochs=1, batch_size=32, verbose=0, shuffle=False)
    assert [*bits(built).values()] == [*bits(other).values()]


class OwnStep(keras.Model):
    """A model that has two optimizers and returns losses by other names."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.second = layers.Dense(3), keras.optimizers.SGD(0.1)

    def call(self, inputs: Any) -> Any:
        return self.head(inputs)

    def train_step(self, *args: Any) -> Any:
        return {"distance": keras.ops.sum(self.head.kernel)}


@pytest.mark.any_backend
def test_a_step_of_its_own():
    built = OwnStep()
    built.compile("adam", LOGITS)
    found = kerasdl.check(built, (X, Y))
    assert [each.severity for each in found] == ["info"]
    assert "train_step are not checked" in found[0].what


class Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        return X[index * 32 : index * 32 + 32], Y[index * 32 : index * 32 + 32]


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "kind", ["dataset", "list", "generator", "torch", "tensorflow"]
)
def test_data_of_every_kind(kind: str):
    batches = [(X[:32], Y[:32] + 1)]
    data: Any = {"dataset": Batches(), "list": batches, "generator": iter(batches)}.get(
        kind
    )
    if kind == "torch":
        torch = pytest.importorskip("torch")
        rows = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y + 1))
        data = torch.utils.data.DataLoader(rows, 32, shuffle=True)
    if kind == "tensorflow":
        tf = pytest.importorskip("tensorflow")
        data = tf.data.Dataset.from_tensor_slices((X, Y + 1)).batch(32)
    found = kerasdl.check(model(), data)
    assert [each.kind for each in found] == ([] if kind == "dataset" else ["targets"])
