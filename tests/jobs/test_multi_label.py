"""Multi-label classification, from arrays and tables to predictions."""

import csv
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_digits

import kerasdl
from kerasdl import config as configs
from kerasdl.jobs.resume import resume
from kerasdl.tasks.multi_label import MultiLabel
from tests.jobs.helpers import SELECTION, array, number, verb

RNG = np.random.default_rng(0)
LABELS = RNG.integers(2, size=(9, 4)).astype("float32")
LOGITS = RNG.normal(0, 4, size=(9, 4)).astype("float32")


@pytest.mark.parametrize(
    "settings", [(), ("loss.label_smoothing=0.2",), ("training.mixup=0.4",)]
)
def test_the_loss_and_the_metric_are_those_of_pytorch(settings: tuple[str, ...]):
    import torch
    from torch.nn import BCEWithLogitsLoss

    task, config = MultiLabel(), configs.load(settings=settings)
    mixed = 0.7 * LABELS + 0.3 * LABELS[::-1] if config.training.mixup else LABELS
    smoothing = config.loss.label_smoothing
    smooth = mixed * (1 - smoothing) + smoothing / 2
    far = np.array([[200.0, -200.0, 30.0, -30.0]], "float32")
    outputs = np.concatenate([LOGITS[1:], far])
    expected = BCEWithLogitsLoss()(*map(torch.tensor, (outputs, smooth)))
    found = number(task.loss(config)(mixed.astype("float32"), outputs))
    assert found == pytest.approx(float(expected), rel=1e-6)
    [metric] = task.keras_metrics(config)
    metric.update_state(mixed.astype("float32"), LOGITS)
    assert metric.name == "binary_accuracy"
    expected = 1 - metrics.hamming_loss(mixed > 0.5, LOGITS > 0)
    assert number(metric.result()) == pytest.approx(expected)


@pytest.mark.slow
def test_the_bits_of_digits():
    """Without fused steps, and with mixed examples."""
    x, digits = load_digits(return_X_y=True)
    x, y = x[:300], digits[:300, None] >> np.arange(4) & 1
    np.savez("bits.npz", x=x, y=y)
    given = ("--data", "bits.npz", "--set", "data.task=multi-label", "--epochs", "6")
    small = ("--set", "model.hidden_units=[32]", "--lr", "0.02", "--batch-size", "32")
    plain = ("--set", "training.mixup=0.1", "--set", "training.accelerate=false")
    code, said = verb(
        "train",
        "--preset",
        "mlp",
        *given,
        *small,
        *plain,
        "--run-dir",
        "run",
        whole=True,
    )
    assert code == 0, said
    assert "baseline label frequencies average_precision" in said
    run = kerasdl.load("run")
    result = run.result
    assert result["test"]["average_precision"] > 0.6
    assert result["test"].keys() == {"loss", *MultiLabel.scores}
    accuracy = result["validation"]["binary_accuracy"]
    assert result["best"]["val_binary_accuracy"] == pytest.approx(accuracy)
    columns = run.predict("bits.npz")
    assert [*columns][3:5] == ["prediction 3", "probability 0"]
    shares = array(keras.ops.sigmoid(run.model(_inputs(run, x))))
    np.testing.assert_allclose(columns["probability 2"], shares[:, 2], rtol=1e-4)
    np.testing.assert_array_equal(columns["prediction 2"], shares[:, 2] > 0.5)
    few = digits[:300] == 5
    np.savez("five.npz", x=x[few], y=y[few])
    code, said = verb("evaluate", "run", "--data", "five.npz")
    assert (code, "undefined: no label has both values" in said) == (0, True)


def _inputs(run: kerasdl.Run, x: np.ndarray) -> np.ndarray:
    values = json.loads((run.path / "preprocessing.json").read_text())["preprocessing"]
    return ((x - values["mean"]) / values["scale"]).astype("float32")


def write(rows: int = 150) -> None:
    lines = ["size,age,loud,smokes,rare"]
    for row in range(rows):
        size, age = RNG.uniform(20, 120), RNG.integers(1, 90)
        loud, smokes = size + RNG.normal(0, 9) > 70, age + RNG.normal(0, 9) > 45
        rare = row in (3, 4)
        lines.append(f"{size:.1f},{age},{loud},{'yes' if smokes else 'no'},{int(rare)}")
    Path("flats.csv").write_text("\n".join(lines))


@pytest.mark.variant
def test_from_a_table_to_predictions():
    write()
    names = ("loud", "smokes", "rare")
    targets = [part for name in names for part in ("--target", name)]
    small = ("--epochs", "4", "--set", "model.hidden_units=[16]", "--batch-size", "32")
    small += ("--set", "training.accelerate=false")
    given = ("train", "--data", "flats.csv", *targets, *small)
    code, said = verb(*given, "--run-dir", "run", whole=True)
    assert code == 0, said
    assert "task multi-label: 'loud', 'smokes' and 'rare' hold two values each" in said
    assert (
        "positive where 'loud' is 'True', 'smokes' is 'yes' and 'rare' is '1'" in said
    )
    assert "of the test set: without 'rare', of one value only" in said
    assert "margin   average_precision" in said
    run = kerasdl.load("run")
    result = run.result
    assert {*result["by_label"]} == {*names}
    assert {*result["partial"]} == {"average_precision", "roc_auc", "f1"}
    code, _ = verb("predict", "run", "--data", "flats.csv", "--output", "p.csv")
    assert code == 0
    with Path("p.csv").open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert {row["prediction smokes"] for row in rows} == {"no", "yes"}
    y = np.array([[row["loud"] == "True", row["smokes"] == "yes"] for row in rows])
    p = np.array([[float(row[f"probability {n}"]) for n in names] for row in rows])
    code, said = verb("evaluate", "run", "--data", "flats.csv", "--json")
    whole = np.column_stack([y, [row["rare"] == "1" for row in rows]])
    expected = metrics.average_precision_score(whole, p)
    assert json.loads(said)["average_precision"] == pytest.approx(expected, rel=1e-4)
    assert resume(run.path, SELECTION, epochs=5)["status"] == "completed"
