import json
import random
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import backend, rundir
from kerasdl import config as configs
from kerasdl.config import Config, parse_setting
from kerasdl.data import load_arrays
from kerasdl.errors import DataError, DivergedError, ModelFileError
from kerasdl.initializers import HeNormal
from kerasdl.jobs import assemble
from kerasdl.jobs.evaluate import evaluate
from kerasdl.jobs.plan import plan
from kerasdl.jobs.train import seed_everything, train
from kerasdl.rundir import RunDir

SELECTION = backend.select(keras.config.backend())


def config(preset: str, *texts: str) -> Config:
    return configs.load(preset, settings=[parse_setting(text) for text in texts])


def trained(preset: str, *texts: str) -> tuple[RunDir, dict]:
    result = train(config(preset, *texts), SELECTION, stem=preset)
    return rundir.find(Path(result["run"])), result


def test_a_run_is_complete():
    run, result = trained("mlp", "training.epochs=5")
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "config.toml", "environment.json", "metrics.jsonl", "events.jsonl",
        "model.keras", "preprocessing.json", "result.json",
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
    }  # fmt: skip
    assert set(lines[0]) == expected
    stored = run.read_result()
    assert stored is not None
    assert stored["status"] == "completed"
    best = min(lines, key=lambda line: line["val_loss"])
    assert stored["best"] == best
    assert stored["test"] == result["test"]
    assert set(stored["baseline"]) == {"majority_class", "logistic_regression"}


class Overwrite(keras.callbacks.Callback):
    """Fills the first kernel with a value before an epoch."""

    def __init__(self, epoch: int, value: float):
        super().__init__()
        self.epoch, self.value = epoch, value

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            kernel = self.model.trainable_variables[0]
            kernel.assign(np.full(kernel.shape, self.value, "float32"))


def test_the_saved_model_is_the_best_one():
    result = train(
        config("mlp", "training.epochs=6", "schedule.name=constant"),
        SELECTION,
        stem="mlp",
        observe=lambda *_: [Overwrite(5, 0.0)],
    )
    run = rundir.find(Path(result["run"]))
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


def test_evaluate_repeats_the_test_score():
    run, result = trained("mlp", "training.epochs=2")
    again = evaluate(run)
    assert again["accuracy"] == result["test"]["accuracy"]
    assert np.isclose(again["loss"], result["test"]["loss"], rtol=1e-6)
    assert again["examples"] == 360


def test_evaluate_on_other_data(tmp_path: Path):
    run, _ = trained("mlp", "training.epochs=5")
    digits = load_arrays("digits")
    np.savez(tmp_path / "some.npz", x=digits.x[:50], y=digits.y[:50])
    scores = evaluate(run, str(tmp_path / "some.npz"))
    assert scores["examples"] == 50
    assert scores["accuracy"] > 0.9
    with pytest.raises(DataError, match=r"the model takes \(8, 8, 1\)"):
        evaluate(run, "iris")


def test_evaluate_takes_the_models_classes_not_those_of_the_new_data(tmp_path: Path):
    run, _ = trained("mlp", "training.epochs=3", "data.name=wine")
    wine = load_arrays("wine")
    only = wine.y == 2
    np.savez(tmp_path / "one.npz", x=wine.x[only], y=wine.y[only])
    assert evaluate(run, str(tmp_path / "one.npz"))["examples"] == only.sum()
    np.savez(tmp_path / "five.npz", x=wine.x[:5], y=np.arange(5))
    with pytest.raises(DataError, match=r"y is 3 at row 3 .*the 3 classes are 0 … 2"):
        evaluate(run, str(tmp_path / "five.npz"))


def test_evaluate_notices_that_its_data_has_changed(tmp_path: Path, monkeypatch):
    wine = load_arrays("wine")
    np.savez(tmp_path / "mine.npz", x=wine.x, y=wine.y)
    run, result = trained("mlp", "training.epochs=3", "data.name=mine.npz")
    run = RunDir(run.path.resolve())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert evaluate(run)["accuracy"] == result["test"]["accuracy"]
    np.savez(tmp_path / "mine.npz", x=wine.x * 2, y=wine.y)
    with pytest.raises(DataError, match="has changed since"):
        evaluate(run)


def test_a_run_whose_files_are_damaged():
    run, _ = trained("mlp", "training.epochs=1")
    other, _ = trained("mlp", "training.epochs=1", "data.name=wine")
    whole = run.model_file.read_bytes()
    for content, message in [
        (whole[:1000], "is damaged"),
        (other.model_file.read_bytes(), r"maps \(None, 13\) to \(None, 3\)"),
    ]:
        run.model_file.write_bytes(content)
        with pytest.raises(ModelFileError, match=message):
            evaluate(run)
    run.model_file.unlink()
    with pytest.raises(ModelFileError, match="is missing"):
        evaluate(run)
    run.model_file.write_bytes(whole)
    run.write_preprocessing({})
    with pytest.raises(ModelFileError, match=r"preprocessing\.json"):
        evaluate(run)


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


def test_regression_in_the_units_of_the_target():
    run, result = trained("mlp-regression", "training.epochs=30")
    mean, ridge = (result["baseline"][name] for name in ("mean", "ridge_regression"))
    assert result["test"]["r2_score"] > 0.2
    error = result["test"]["mean_absolute_error"]
    assert ridge["mean_absolute_error"] * 0.8 < error < mean["mean_absolute_error"]
    assert np.isclose(evaluate(run)["r2_score"], result["test"]["r2_score"])


def test_early_stopping():
    run, _ = trained("mlp", "training.patience=1", "optimizer.learning_rate=1.0")
    assert len((run.path / "metrics.jsonl").read_text().splitlines()) < 60


def test_the_same_seed_is_the_same_run():
    (first, _), (again, _) = (trained("mlp", "training.epochs=2") for _ in range(2))
    weights = [
        keras.saving.load_model(r.model_file).get_weights() for r in (first, again)
    ]
    for a, b in zip(*weights, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_learns_as_well(policy: str):
    run, result = trained("mlp", f"precision.policy={policy}")
    assert result["test"]["accuracy"] >= 0.96
    model = keras.saving.load_model(run.model_file)
    assert model.get_layer("dense_1").dtype_policy.name == policy
    assert model.get_layer("head").compute_dtype == "float32"


def test_the_loss_scaler_skips_overflows_and_halves_its_scale():
    half = config("mlp", "precision.policy=mixed_float16")
    dataset = assemble.dataset(half)
    model = assemble.model(half, dataset.preprocessing)
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


def array(variable) -> np.ndarray:
    return keras.ops.convert_to_numpy(variable).copy()


def number(variable) -> float:
    return float(array(variable))


def test_keras_sets_have_flat_labels(monkeypatch):
    x, y = np.zeros((20, 4, 4, 3), "uint8"), np.arange(20)[:, None] % 10
    loaded = (x, y), (x[:5], y[:5])
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: loaded)
    arrays = assemble.arrays("cifar10", "classification")
    assert arrays.y.shape == (20,)
    assert arrays.y_test is not None
    assert arrays.y_test.shape == (5,)


def test_weight_decay_spares_biases_and_norms():
    decaying = config("mlp", "optimizer.weight_decay=1.0", "schedule.name=constant")
    dataset = assemble.dataset(decaying)
    model = assemble.model(decaying, dataset.preprocessing)
    optimizer = assemble.optimizer(decaying, model, 100)
    optimizer.build(model.trainable_variables)
    before = [array(variable) for variable in model.trainable_variables]
    zeros = [keras.ops.zeros(v.shape) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    for old, variable in zip(before, model.trainable_variables, strict=True):
        new = array(variable)
        factor = 1 - 3e-3 if new.ndim > 1 else 1.0
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


def test_the_peak_is_reached_even_in_one_step():
    chosen = config("mlp", "schedule.warmup_fraction=0.99")
    assert float(assemble.schedule(chosen, 1)(0)) == pytest.approx(3e-3)


def test_every_key_reaches_the_loss():
    chosen = config("mlp", "loss.label_smoothing=0.3", "loss.smoothing=others")
    loss = assemble.compile_arguments(chosen)["loss"]
    assert (loss.label_smoothing, loss.smoothing) == (0.3, "others")


def test_every_key_reaches_the_model():
    chosen = config("cnn", "model.filters=[4]", "model.stem=large")
    preprocessing = assemble.dataset(chosen).preprocessing
    network = assemble.model(chosen, preprocessing)
    assert network.get_layer("stem_conv").kernel_size == (7, 7)
    assert network.get_layer("block_1").filters == 4


def test_divergence_is_an_error_and_keeps_the_run(monkeypatch):
    poisoned = assemble.dataset(config("mlp"))
    poisoned.train.x[0] = np.nan
    monkeypatch.setattr(assemble, "dataset", lambda _: poisoned)
    with pytest.raises(
        DivergedError, match=r"a loss is no longer finite in epoch 1 .* no model is"
    ) as caught:
        trained("mlp", "training.epochs=3")
    assert caught.value.exit_code == 8
    result = rundir.find(Path("mlp-1")).read_result()
    assert result is not None
    assert result["status"] == "diverged"


def test_divergence_later_on_keeps_the_best_model():
    with pytest.raises(DivergedError, match=r"epoch 3 .* the best model is kept"):
        train(
            config("mlp", "training.epochs=9"),
            SELECTION,
            stem="mlp",
            observe=lambda *_: [Overwrite(2, np.nan)],
        )
    run = rundir.find(Path("mlp-1"))
    result = run.read_result()
    assert result is not None
    assert (result["status"], result["best"]["epoch"]) == ("diverged", 1)
    assert evaluate(run)["accuracy"] > 0.5


def test_data_faults_leave_no_run_behind():
    with pytest.raises(DataError):
        trained("mlp", "data.name=diabetes")
    assert not Path("runs").exists()


def test_without_validation_the_training_loss_decides():
    _, result = trained(
        "mlp",
        "training.epochs=2",
        "data.validation_fraction=0",
        "training.monitor=loss",
    )
    assert "val_loss" not in result["best"]


def test_plan():
    planned = plan(config("mlp", "training.epochs=10"))
    assert planned["examples"] == {"train": 1221, "validation": 216, "test": 360}
    assert planned["steps"] == 10 * 20
    assert planned["learning_rate"]["first"] == 0
    assert np.isclose(planned["learning_rate"]["highest"], 3e-3)
    assert np.isclose(planned["learning_rate"]["last"], 3e-3 / 180, rtol=1e-4)
    dense = 64 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10
    assert planned["trainable_parameters"] == dense + 2 * (256 + 128)
    assert planned["parameters"] == dense + 4 * (256 + 128)
    assert not Path("runs").exists()
