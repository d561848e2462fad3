import keras
import numpy as np
import pytest

from kerasdl.losses import SparseCategoricalCrossentropy

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


def test_extreme_logits_stay_finite():
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], "float32")
    assert np.isfinite(value(logits, np.array([0, 0]), label_smoothing=0.1))


def test_config_round_trip():
    loss = SparseCategoricalCrossentropy(True, 0.2, "others", name="mine")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()


def test_bad_arguments():
    with pytest.raises(ValueError, match="label_smoothing"):
        SparseCategoricalCrossentropy(label_smoothing=1.0)
    with pytest.raises(ValueError, match="'all'"):
        SparseCategoricalCrossentropy(smoothing="all")
    with pytest.raises(ValueError, match="at least 2 classes"):
        value(LOGITS[:, :1], LABELS * 0, label_smoothing=0.1, smoothing="others")
