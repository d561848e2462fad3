"""Weights of classes and of rows, from the config to the trained model."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.utils.class_weight import compute_sample_weight

from kerasdl.backend.feed import Feed
from kerasdl.backend.fused import accelerate
from kerasdl.checkpoint import files
from kerasdl.data import ArrayExamples, Batches
from kerasdl.errors import ConfigError, InvalidConfigError
from kerasdl.jobs import assemble, results
from kerasdl.jobs.dataset import relative
from kerasdl.jobs.evaluate import evaluate
from tests.jobs.helpers import array, config, trained, verb

ROWS, FEATURES, CLASSES, BATCH = 22, 3, 4, 5
RATE, MOMENTUM = 0.5, 0.5
SGD = (
    "optimizer.name=sgd", f"optimizer.momentum={MOMENTUM}", "optimizer.weight_decay=0",
    "optimizer.nesterov=false", "optimizer.global_clipnorm=0", f"optimizer.learning_rate={RATE}",
    "schedule.name=constant", "training.epochs=2", f"training.batch_size={BATCH}",
)  # fmt: skip
BALANCED = "training.class_weights=balanced"


def descended(batches: Batches, accumulate: int, slope: Callable) -> np.ndarray:
    """Return the kernel after two epochs of gradient descent with momentum.

    Args:
        batches: The batches, with weights.
        accumulate: Batches per step.
        slope: Returns the gradient of the losses by the outputs, for both and targets.
    """
    kernel = speed = np.zeros((FEATURES, CLASSES))
    for number in range(2):
        epoch = batches.epoch(number)
        for begin in range(0, len(batches), accumulate):
            window = range(begin, min(begin + accumulate, len(batches)))
            parts = zip(*(epoch[index] for index in window), strict=True)
            x, y, weights = (np.concatenate(part).astype("float64") for part in parts)
            slopes = weights[:, None] * slope(x @ kernel, y)
            speed = MOMENTUM * speed - RATE * x.T @ slopes / len(x)
            kernel = kernel + speed
    return kernel


def of_entropy(smoothing: float) -> Callable:
    """Return the gradient of cross-entropy by logits."""
    return lambda logits, y: (
        softmax(logits, 1)
        - (1 - smoothing) * np.eye(CLASSES)[y.astype(int)]
        - smoothing / CLASSES
    )


def weighted(y: np.ndarray) -> Batches:
    """Return weighted batches, the last of them smaller, with weights of 0."""
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(ROWS, FEATURES)).astype("float32")
    weights = drawn.gamma(1.0, size=ROWS).astype("float32")
    weights[::4] = 0
    return Batches(ArrayExamples(x, y), BATCH, 0, weights=weights)


def trained_kernel(batches: Batches, preset: str, fused: bool, *texts: str):
    """Return the kernel of a linear model that a run trains."""
    dense = keras.layers.Dense(CLASSES, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((FEATURES,)), dense])
    assemble.compile_model(config(preset, *SGD, *texts), model, len(batches))
    reports: list[str] = []
    if fused:
        accelerate(model, report=reports.append)
    feed = Feed(batches)
    callbacks = [feed.follow()]
    model.fit(feed, shuffle=False, epochs=2, verbose=0, callbacks=callbacks)
    assert not reports
    return array(dense.kernel)


@pytest.mark.variant
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(("smoothing", "accumulate"), [(0.2, 1), (0.0, 3)])
def test_steps_descend_the_weighted_loss(
    fused: bool, smoothing: float, accumulate: int
):
    """Keras divides by the examples of a batch, not by their weights."""
    y = np.random.default_rng(1).integers(CLASSES, size=ROWS).astype("int32")
    batches = weighted(y)
    texts = f"loss.label_smoothing={smoothing}", f"training.accumulate={accumulate}"
    kernel = trained_kernel(batches, "mlp", fused, *texts)
    expected = descended(batches, accumulate, of_entropy(smoothing))
    np.testing.assert_allclose(kernel, expected, atol=2e-6)
    assert np.abs(kernel).max() > 0.1


@pytest.mark.any_backend
def test_weights_of_any_size():
    write()
    chosen = config("mlp-tabular", *TABLE, BALANCED, "data.ignore=['w']")
    dataset = assemble.dataset(chosen)
    rare = dataset.train.y == 0
    shares = []
    for size in (1e-30, 5e-324, 1e300):
        given = relative(np.where(rare, size, 1.0))
        found = assemble.weights(chosen, replace(dataset, weights=given))
        assert found is not None
        assert found.mean() == pytest.approx(1)
        shares.append(found[rare].sum() / found.sum())
    assert shares == pytest.approx([0.5, 0, 1])


@pytest.mark.variant
def test_losses_of_numbers_are_weighted():
    y = np.random.default_rng(1).normal(size=(ROWS, CLASSES)).astype("float32")
    batches = weighted(y)
    kernel = trained_kernel(batches, "mlp-regression", True)
    of_squares = lambda outputs, y: 2 * (outputs - y) / CLASSES
    expected = descended(batches, 1, of_squares)
    np.testing.assert_allclose(kernel, expected, atol=2e-6)


@pytest.mark.variant
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_weighs_alike(policy: str):
    y = np.random.default_rng(1).integers(CLASSES, size=ROWS).astype("int32")
    batches = weighted(y)
    keras.config.set_dtype_policy(policy)
    try:
        texts = f"precision.policy={policy}", "loss.label_smoothing=0"
        fused = (
            policy == "mixed_bfloat16"
        )  # PyTorch records no step that scales its loss
        kernel = trained_kernel(batches, "mlp", fused, *texts)
    finally:
        keras.config.set_dtype_policy("float32")
    expected = descended(batches, 1, of_entropy(0.0))
    np.testing.assert_allclose(kernel, expected, atol=0.03)


@pytest.mark.any_backend
def test_over_all_examples_the_loss_is_that_of_pytorch():
    """PyTorch divides by the sum of weights, which is the number of examples here."""
    torch = pytest.importorskip("torch")
    write()
    weights, train = weights_of("training.class_weights={rare = 6, usual = 2}")
    logits = np.random.default_rng(0).normal(size=(len(train), 2))
    ours = -weights * log_softmax(logits, 1)[np.arange(len(train)), train.y]
    loss = torch.nn.CrossEntropyLoss(weight=torch.tensor([6.0, 2.0]).double())
    theirs = loss(torch.tensor(logits), torch.tensor(train.y).long())
    assert ours.mean() == pytest.approx(float(theirs), rel=1e-6)


def write() -> None:
    """Write a table in which every tenth row is of a rare class."""
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(200, 2))
    names = np.where(np.arange(200) % 10 == 0, "rare", "usual")
    x[names == "rare"] += 0.7
    rows = [
        f"{a:.3f},{b:.3f},{n % 4},{y}"
        for n, ((a, b), y) in enumerate(zip(x, names, strict=True))
    ]
    Path("t.csv").write_text("\n".join(["a,b,w,y", *rows]))


TABLE = (
    "data.name=t.csv", "data.target=y", "model.hidden_units=[4]", "model.dropout=0",
    "model.norm=none", "training.epochs=3", "optimizer.learning_rate=0.03",
    "loss.label_smoothing=0",
)  # fmt: skip


def weights_of(*texts: str) -> tuple[np.ndarray | None, ArrayExamples]:
    chosen = config("mlp-tabular", *TABLE, *texts)
    dataset = assemble.dataset(chosen)
    return assemble.weights(chosen, dataset), dataset.train


@pytest.mark.any_backend
def test_weights_of_classes_and_of_rows_are_multiplied():
    write()
    assert weights_of("data.ignore=['w']")[0] is None
    balanced, train = weights_of(BALANCED, "data.ignore=['w']")
    np.testing.assert_allclose(
        balanced, compute_sample_weight("balanced", train.y), 1e-6
    )
    table = "training.class_weights={rare = 6, usual = 2}"
    by_table, _ = weights_of(table, "data.ignore=['w']")
    expected = np.where(train.y == 0, 3.0, 1.0)
    np.testing.assert_allclose(by_table, expected / expected.mean(), 1e-6)
    by_row, _ = weights_of("data.weight=w")
    numbers = "data.target=b", "data.task=regression", "data.ignore=['y']"
    assert len({*weights_of("data.weight=w", *numbers)[0]}) == 4
    both, _ = weights_of(table, "data.weight=w")
    assert len({*by_row}) == 4
    expected = by_row * expected
    np.testing.assert_allclose(both, expected / expected.mean(), 1e-6)
    assert both.dtype == "float32"


@pytest.mark.variant
def test_a_weighted_run(monkeypatch):
    """Only training is weighted; a resume gives the same weights, bit for bit."""
    monkeypatch.setattr(results, "baselines", lambda *_: {})  # trees take seconds
    write()
    texts = BALANCED, "data.weight=w", "checkpoint.every_epochs=1", "checkpoint.keep=4"
    run, result = trained("mlp-tabular", *TABLE, *texts)
    dataset = assemble.dataset(run.read_config())
    model = keras.saving.load_model(run.model_file)
    for split, loss in (
        (dataset.test, result["test"]["loss"]),
        (dataset.validation, result["best"]["val_loss"]),
    ):
        shares = log_softmax(np.asarray(model.predict(split.x, verbose=0), float), 1)
        expected = -shares[np.arange(len(split)), split.y].mean()
        assert loss == pytest.approx(expected, rel=1e-4)
    assert evaluate(run)["loss"] == pytest.approx(result["test"]["loss"])
    events = [
        json.loads(x) for x in (run.path / "events.jsonl").read_text().splitlines()
    ]
    assert not [event for event in events if event.get("kind") == "not-fused"]
    saved = files.read_newest(run.checkpoints, lambda _: None)
    (run.path / "result.json").unlink()
    (run.path / "MANIFEST.json").unlink()
    for path in files.all_paths(run.checkpoints)[1:]:
        for part in path.iterdir():
            part.unlink()
        path.rmdir()
    assert verb("resume", run.name)[0] == 0
    resumed = files.read_newest(run.checkpoints, lambda _: None)
    assert (saved.step, saved.arrays.keys()) == (resumed.step, resumed.arrays.keys())
    for name, values in saved.arrays.items():
        assert np.array_equal(values, resumed.arrays[name]), name


@pytest.mark.any_backend
def test_what_a_dry_run_says():
    write()
    given = ("train", "--data", "t.csv", "--target", "y", "--dry-run")
    code, said = verb(*given)
    assert code == 0
    assert "of 136 training examples, 'rare' has 14 (10 %) — to weigh" in said, said
    assert 'set training.class_weights = "balanced"' in said
    code, said = verb(*given, "--set", "training.class_weights={rare = 2}")
    assert code == 3
    assert "error: training.class_weights lacks 'usual' — give each class" in said
    code, said = verb(*given, "--set", "data.weight=y")
    assert (code, "data.target (='y') is in data.weight" in said) == (2, True)


@pytest.mark.any_backend
def test_tasks_without_classes_have_no_weights_of_them():
    with pytest.raises(
        InvalidConfigError, match=r"class_weights \(='balanced'\) has no"
    ):
        config("mlp-regression", BALANCED)
    with pytest.raises(ConfigError, match="class_weights"):
        config("gpt-tiny", BALANCED)
