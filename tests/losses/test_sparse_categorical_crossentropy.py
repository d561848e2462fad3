import keras
import numpy as np
import pytest

from kerasdl import accelerate, losses
from kerasdl.callbacks import NaNGuard
from kerasdl.errors import DivergedError
from kerasdl.losses import SparseCategoricalCrossentropy
from tests.variants import variants

RNG = np.random.default_rng(0)
LOGITS = (RNG.normal(size=(64, 10)) * 2).astype("float32")
LABELS = RNG.integers(0, 10, 64)


def value(logits=LOGITS, labels=LABELS, **arguments) -> float:
    loss = SparseCategoricalCrossentropy(**{"from_logits": True, **arguments})
    return float(keras.ops.convert_to_numpy(loss(labels, logits)))


def closed_form(target_true: float, target_other: float) -> float:
    logits = LOGITS.astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    targets = np.full_like(log_p, target_other)
    targets[np.arange(64), LABELS] = target_true
    return -(targets * log_p).sum(-1).mean()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.9])
def test_uniform_equals_pytorch(smoothing: float):
    torch = pytest.importorskip("torch")
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(LOGITS), torch.tensor(LABELS), label_smoothing=smoothing
    )
    assert abs(value(label_smoothing=smoothing) - float(expected)) < 1e-6


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.9])
def test_both_conventions_equal_their_formulas(smoothing: float):
    uniform = closed_form(1 - smoothing + smoothing / 10, smoothing / 10)
    others = closed_form(1 - smoothing, smoothing / 9)
    ours = value(label_smoothing=smoothing, smoothing="uniform")
    assert abs(ours - uniform) < 1e-6
    assert abs(value(label_smoothing=smoothing, smoothing="others") - others) < 1e-6


def test_probabilities_give_the_same_loss():
    exponentials = np.exp(LOGITS)
    probabilities = exponentials / exponentials.sum(-1, keepdims=True)
    ours = value(probabilities, from_logits=False, label_smoothing=0.1)
    assert abs(ours - value(label_smoothing=0.1)) < 1e-5


def test_sequences_and_column_labels():
    logits, labels = LOGITS.reshape(8, 8, 10), LABELS.reshape(8, 8)
    loss = SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    assert loss(labels, logits).shape == (8, 8)
    assert abs(value(logits, labels) - value()) < 1e-6
    assert abs(value(labels=LABELS[:, None]) - value()) < 1e-6


def test_sample_weights():
    loss = SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    weights = np.zeros(64)
    weights[:2] = 1
    first_two = loss(LABELS[:2], LOGITS[:2])
    weighted = loss(LABELS, LOGITS, sample_weight=weights)
    assert np.isclose(*(keras.ops.convert_to_numpy(v) for v in (weighted, first_two)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_predictions_are_computed_in_float32(dtype: str):
    logits = keras.ops.cast(LOGITS, dtype)
    exact = value(keras.ops.cast(logits, "float32"), label_smoothing=0.1)
    assert abs(value(logits, label_smoothing=0.1) - exact) < 1e-6


@pytest.mark.parametrize(("dtype", "classes"), [("bfloat16", 256), ("float16", 2048)])
def test_a_dtype_too_narrow_for_the_labels_is_refused(dtype: str, classes: int):
    loss = SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    last = np.array([classes - 1])
    logits = np.eye(classes, dtype="float32")[last] * 20
    value = keras.ops.cast(loss(last, logits), "float32")
    assert float(keras.ops.convert_to_numpy(value)) < 1e-2
    with pytest.raises(ValueError, match=f"do not fit into {dtype}"):
        loss(last, np.zeros((1, classes + 1), "float32"))


def test_extreme_logits_stay_finite():
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], "float32")
    assert np.isfinite(value(logits, np.array([0, 0]), label_smoothing=0.1))


NO_CLASS = [
    -1,
    10,
    11,
    -10,
    -100,
    255,
    2**31,
    -(2**31),
    2**40,
    1.5,
    9.5,
    np.nan,
    np.inf,
]


def each(labels, logits=LOGITS, **arguments) -> np.ndarray:
    arguments = {"from_logits": True, "reduction": None} | arguments
    loss = SparseCategoricalCrossentropy(**arguments)
    return keras.ops.convert_to_numpy(loss(labels, logits))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"from_logits": False},
        {"label_smoothing": 0.1},
        {"label_smoothing": 0.1, "smoothing": "others"},
        {"ignore_class": 3},
    ],
)
def test_a_label_that_is_no_class_is_nan(arguments):
    expected = each(LABELS, **arguments)
    labels = LABELS.astype("float64")
    labels[: len(NO_CLASS)] = NO_CLASS
    expected[: len(NO_CLASS)] = np.nan
    assert np.array_equal(each(labels, **arguments), expected, equal_nan=True)
    column = each(labels[:, None], **arguments)
    assert np.array_equal(column, expected, equal_nan=True)
    sequences = each(labels.reshape(8, 8), LOGITS.reshape(8, 8, 10), **arguments)
    assert np.array_equal(sequences.ravel(), expected, equal_nan=True)
    assert np.isnan(value(labels=labels, **arguments))


@pytest.mark.parametrize(
    ("dtype", "label"),
    [("int8", -1), ("uint8", 255), ("int16", 10), ("int32", -(2**31)),
     ("uint32", 2**31), ("int64", 2**40), ("float16", 1.5), ("float32", -1)],
)  # fmt: skip
def test_labels_of_any_dtype(dtype: str, label):
    labels = LABELS.astype(dtype)
    assert np.array_equal(each(labels), each(LABELS))
    labels[5] = label
    assert np.isnan(each(labels)).nonzero()[0].tolist() == [5]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_no_class_for_half_precision_predictions(dtype: str):
    labels = np.where(np.arange(64) == 7, 10, LABELS)
    found = each(labels, keras.ops.cast(LOGITS, dtype))
    assert np.isnan(found).nonzero()[0].tolist() == [7]


def classifier(loss, policy: str = "float32") -> keras.Model:
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(10, dtype=policy)])
    model.layers[0].set_weights([np.eye(10), np.zeros(10)])
    model.compile(keras.optimizers.SGD(0.5), loss)
    return model


@pytest.mark.variant
@pytest.mark.parametrize("policy", ["float32", *variants("mixed_bfloat16")])
@pytest.mark.parametrize("wrong", [[-1, 10, 1.5], *variants([-1], [10])])
def test_training_on_no_class_is_stopped(wrong, policy: str):
    """Fused or not; the step is that of the other examples, so the weights stay good."""
    labels = LABELS.astype("float32")
    labels[: len(wrong)] = wrong
    weights = []
    for prepare in (lambda model: model, accelerate):
        model = classifier(SparseCategoricalCrossentropy(from_logits=True), policy)
        with pytest.raises(DivergedError, match="is not finite in epoch 1"):
            prepare(model).fit(
                LOGITS, labels, 64, shuffle=False, callbacks=[NaNGuard()], verbose=0
            )
        weights.append(model.get_weights())
    for plain, fused in zip(*weights, strict=True):
        assert np.isfinite(plain).all()
        assert np.allclose(plain, fused, atol=1e-6)


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", None]
)
@pytest.mark.parametrize("ignored", [-1, 255, 3])
def test_ignored_classes_as_in_keras(ignored: int, reduction: str | None):
    labels = np.where(np.arange(64) % 3 == 0, ignored, LABELS)
    weights = RNG.uniform(size=64).astype("float32")
    settings = {"from_logits": True, "ignore_class": ignored, "reduction": reduction}
    ours, theirs = (
        kind.SparseCategoricalCrossentropy(**settings)
        for kind in (losses, keras.losses)
    )
    for given in ({}, {"sample_weight": weights}):
        for shape in ((64,), (8, 8)):
            arrays = labels.reshape(shape), LOGITS.reshape(*shape, 10)
            given = {name: weight.reshape(shape) for name, weight in given.items()}
            one, other = (
                keras.ops.convert_to_numpy(loss(*arrays, **given))
                for loss in (ours, theirs)
            )
            assert np.allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("smoothing", ["uniform", "others"])
def test_ignored_classes_count_nothing(smoothing):
    counts = np.arange(64) % 3 > 0
    labels, logits = np.where(counts, LABELS, -1), LOGITS.copy()
    logits[~counts] = np.nan
    settings = {"label_smoothing": 0.1, "smoothing": smoothing}
    expected = value(LOGITS[counts], LABELS[counts], **settings)
    assert np.isclose(value(logits, labels, ignore_class=-1, **settings), expected)
    assert value(logits, np.full(64, -1), ignore_class=-1) == 0


@pytest.mark.variant
def test_training_with_ignored_classes_as_in_keras():
    labels = np.where(np.arange(64) % 3 == 0, -1, LABELS).astype("int32")
    settings = {"from_logits": True, "ignore_class": -1}
    trained = []
    for kind in (keras.losses, losses):
        for prepare in (lambda model: model, accelerate):
            model = prepare(classifier(kind.SparseCategoricalCrossentropy(**settings)))
            history = model.fit(LOGITS, labels, 16, epochs=2, shuffle=False, verbose=0)
            trained.append([*history.history["loss"], *model.get_weights()])
    for other in trained[1:]:
        for one, two in zip(trained[0], other, strict=True):
            assert np.allclose(one, two, atol=1e-5)


def test_config_round_trip():
    loss = SparseCategoricalCrossentropy(True, 0.2, "others", name="mine")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    loss = SparseCategoricalCrossentropy(ignore_class=-1)
    assert keras.losses.deserialize(keras.losses.serialize(loss)).ignore_class == -1


def test_bad_arguments():
    with pytest.raises(ValueError, match="label_smoothing"):
        SparseCategoricalCrossentropy(label_smoothing=1.0)
    with pytest.raises(ValueError, match="'all'"):
        SparseCategoricalCrossentropy(smoothing="all")
    with pytest.raises(ValueError, match="at least 2 classes"):
        value(LOGITS[:, :1], LABELS * 0, label_smoothing=0.1, smoothing="others")
