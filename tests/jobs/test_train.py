import json
import random
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import runs_folder
from kerasdl.backend.seed_everything import seed_everything
from kerasdl.data import Batches
from kerasdl.errors import DataError, DivergedError
from kerasdl.initializers import HeNormal
from kerasdl.jobs import assemble
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.train import train
from tests.jobs.helpers import SELECTION, With, config, train_lean, trained
from tests.variants import variants


def test_a_run_is_complete(run_of_five_epochs):
    run, result = run_of_five_epochs
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "config.toml", "environment.json", "metrics.jsonl", "events.jsonl",
        "model.keras", "preprocessing.json", "result.json", "checkpoints", ".lock",
        "MANIFEST.json", "evaluation", "report.html",
    }  # fmt: skip
    assert run.read_config() == config("mlp", "training.epochs=5")
    environment = run.read_environment()
    assert environment["backend"] == SELECTION.name
    assert environment["versions"]["keras"] == keras.__version__
    lines = [
        json.loads(t) for t in (run.path / "metrics.jsonl").read_text().splitlines()
    ]
    assert [line["epoch"] for line in lines] == list(range(5))
    expected = {
        "epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
        "grad_norm", "examples_per_second", "peak_memory_bytes", "seconds",
        "batches_per_second", "host_memory_bytes",
    }  # fmt: skip
    assert set(lines[0]) == expected
    stored = run.read_result()
    assert stored is not None
    assert stored["status"] == "completed"
    best = min(lines, key=lambda line: line["val_loss"])
    assert stored["best"] == best
    assert stored["test"] == result["test"]
    assert set(stored["baseline"]) == {"majority_class", "logistic_regression"}


@pytest.mark.any_backend
@pytest.mark.parametrize("threshold", [1e-4, 0.2])
def test_a_plateau_cuts_the_rate_as_in_pytorch(threshold: float):
    torch = pytest.importorskip("torch")
    told = With()
    cutting = config(
        "mlp-regression", "training.epochs=12", "training.patience=0",
        "schedule.name=plateau", "schedule.patience=1", "schedule.factor=0.25",
        f"schedule.threshold={threshold}", "optimizer.learning_rate=0.25",
    )  # fmt: skip
    train_lean(cutting, "run", told)
    text = Path("run/metrics.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.25)
    cut = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.25, patience=1, threshold=threshold
    )
    expected = []
    for line in lines:
        expected.append(optimizer.param_groups[0]["lr"])
        cut.step(line["val_loss"])
    expected.append(optimizer.param_groups[0]["lr"])
    rates = [line["learning_rate"] for line in lines]
    assert np.allclose(rates, expected[:-1], rtol=1e-6)
    assert len(set(rates)) > 1
    events = map(json.loads, Path("run/events.jsonl").read_text().splitlines())
    said = [event["message"] for event in events if event["kind"] == "schedule"]
    assert said == told.notes
    assert said == [
        f"learning rate cut to {rate:.3g} after epoch {epoch}: "
        "val_loss has not improved for 2 epochs"
        for epoch, rate in enumerate(expected)
        if epoch and rate < expected[epoch - 1]
    ]
    assert told.warnings == ["the learning rate of adamw is 0.25 — try kerasdl lr-find"]


class Overwrite(keras.callbacks.Callback):
    """Fills the first kernel with a value before an epoch."""

    def __init__(self, epoch: int, value: float):
        super().__init__()
        self.epoch, self.value = epoch, value

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            kernel = self.model.trainable_variables[0]
            kernel.assign(np.full(kernel.shape, self.value, "float32"))


@pytest.mark.any_backend
def test_the_saved_model_is_the_best_one():
    result = train(
        config("mlp", "training.epochs=6", "schedule.name=constant"),
        SELECTION,
        stem="mlp",
        reporter=With(Overwrite(5, 0.0)),
    )
    run = runs_folder.find(Path(result["run"]))
    metrics = [
        json.loads(t) for t in (run.path / "metrics.jsonl").read_text().splitlines()
    ]
    best = result["best"]
    assert best["epoch"] < 5
    dataset = assemble.dataset(run.read_config())
    model = keras.saving.load_model(run.model_file)
    logits = model.predict(dataset.validation.x, verbose=0)
    accuracy = (logits.argmax(-1) == dataset.validation.y).mean()
    assert np.isclose(accuracy, metrics[best["epoch"]]["val_accuracy"])
    assert result["test"]["accuracy"] == evaluate(run)["accuracy"]


@pytest.mark.any_backend
def test_the_monitor_decides_which_epoch_is_best():
    run, result = trained("mlp", "training.epochs=6", "training.monitor=val_accuracy")
    text = (run.path / "metrics.jsonl").read_text()
    accuracies = [json.loads(line)["val_accuracy"] for line in text.splitlines()]
    assert result["best"]["val_accuracy"] == max(accuracies) > min(accuracies)


def test_seeding_repeats_what_others_draw():
    draws = []
    for _ in range(2):
        seed_everything(3)
        draws.append((random.random(), np.random.rand(), HeNormal().seed))
    assert draws[0] == draws[1]


@pytest.mark.any_backend
def test_early_stopping():
    run, _ = trained("mlp", "training.patience=1", "optimizer.learning_rate=1.0")
    assert len((run.path / "metrics.jsonl").read_text().splitlines()) < 60


@pytest.mark.variant
def test_the_same_seed_is_the_same_run(run_of_five_epochs):
    (first, _), (again, _) = run_of_five_epochs, trained("mlp", "training.epochs=5")
    weights = [
        keras.saving.load_model(r.model_file).get_weights() for r in (first, again)
    ]
    for a, b in zip(*weights, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.variant
def test_training_is_the_same_without_acceleration():
    texts = ("training.epochs=2", "training.batch_size=256")
    runs = [
        trained("mlp", *texts, f"training.accelerate={on}")[0]
        for on in ("true", "false")
    ]
    fused, plain = (
        [
            json.loads(line)
            for line in (run.path / "metrics.jsonl").read_text().splitlines()
        ]
        for run in runs
    )
    for ours, theirs in zip(fused, plain, strict=True):
        for name in ("step", "loss", "val_loss", "learning_rate", "grad_norm"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-4), name


class Hooked(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.any_backend
def test_what_is_not_fused_is_an_event():
    settings = config("mlp", "training.epochs=1", "training.batch_size=1024")
    result = train_lean(settings, reporter=With(Hooked()))
    lines = Path(result["run"], "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    [event] = [event for event in events if event["kind"] == "not-fused"]
    assert "Hooked needs each batch" in event["message"]


@pytest.mark.variant
def test_training_visits_the_training_split_in_the_order_of_seed_and_epoch():
    """Steps taken by hand in that order end at the same weights."""
    # Unlike Adam, SGD does not enlarge differences in rounding.
    texts = "training.epochs=2", "training.seed=7", "optimizer.name=sgd"
    run, _ = trained("mlp", *texts)
    chosen = config("mlp", *texts)
    dataset = assemble.dataset(chosen)
    network = assemble.model(chosen, dataset.encoding)
    split = dataset.train
    batches = Batches(split, chosen.training.batch_size, seed=7)
    optimizer = assemble.optimizer(chosen, network, 2 * len(batches))
    network.compile(optimizer, **assemble.compile_arguments(chosen))
    for epoch in range(2):
        for index in range(len(batches)):
            network.train_on_batch(*batches.epoch(epoch)[index])
    saved = keras.saving.load_model(run.model_file).get_weights()
    for ours, by_hand in zip(saved, network.get_weights(), strict=True):
        assert np.allclose(ours, by_hand, atol=1e-4)


@pytest.mark.parametrize(
    "policy",
    [
        *variants("mixed_float16"),
        pytest.param("mixed_bfloat16", marks=pytest.mark.slow),
    ],
)
def test_mixed_precision_learns_as_well(policy: str):
    run, result = trained("mlp", "training.epochs=15", f"precision.policy={policy}")
    assert result["test"]["accuracy"] >= 0.96
    model = keras.saving.load_model(run.model_file)
    assert model.get_layer("dense_1").dtype_policy.name == policy
    assert model.get_layer("head").compute_dtype == "float32"


def test_divergence_is_an_error_and_keeps_the_run(monkeypatch):
    poisoned = assemble.dataset(config("mlp"))
    poisoned.train.x[:] = np.nan
    monkeypatch.setattr(assemble, "dataset", lambda *_: poisoned)
    with pytest.raises(
        DivergedError, match=r"steps .* from batch 1 of epoch 1 on; no model is"
    ) as caught:
        trained("mlp", "training.epochs=3")
    assert caught.value.exit_code == 8
    result = runs_folder.find(Path("mlp-1")).read_result()
    assert result is not None
    assert result["status"] == "diverged"


@pytest.mark.any_backend
def test_divergence_later_on_keeps_the_best_model():
    with pytest.raises(DivergedError, match=r"of epoch 3 .*; the best model is kept"):
        train(
            config("mlp", "training.epochs=9"),
            SELECTION,
            stem="mlp",
            reporter=With(Overwrite(2, np.nan)),
        )
    run = runs_folder.find(Path("mlp-1"))
    result = run.read_result()
    assert result is not None
    assert (result["status"], result["best"]["epoch"]) == ("diverged", 1)
    assert evaluate(run)["accuracy"] > 0.5


@pytest.mark.any_backend
def test_data_faults_leave_no_run_behind():
    with pytest.raises(DataError):
        trained("mlp", "data.name=diabetes")
    assert not Path("runs").exists()


@pytest.mark.any_backend
def test_without_validation_the_training_loss_decides():
    _, result = trained(
        "mlp",
        "training.epochs=2",
        "data.validation_fraction=0",
        "training.monitor=loss",
    )
    assert "val_loss" not in result["best"]
