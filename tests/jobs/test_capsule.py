"""The step at which a run diverged is kept, and can be taken again."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import runs_folder
from kerasdl.checkpoint import state
from kerasdl.data import ArrayExamples, Batches
from kerasdl.errors import DivergedError, ModelFileError
from kerasdl.jobs import assemble, capsule, encodings, results
from kerasdl.jobs.replay import replay
from kerasdl.jobs.train import train
from tests.jobs.helpers import SELECTION, With, array, config, train_lean

SETTINGS = ("training.epochs=3", "training.max_skipped=3")
OVERFLOWING = np.float32(3e38)
"""A number, so no check of the data finds it; what a layer makes of it is none."""
BAD_STEP = 7


class Watch(keras.callbacks.Callback):
    """Notes all variables as they are before a step."""

    def __init__(self, step: int):
        super().__init__()
        self.countdown = step

    def on_train_batch_begin(self, batch, logs=None):
        if self.countdown == 0:
            model = self.model
            self.seen = {f"weights/{w.path}": array(w) for w in model.weights}
            self.seen |= {f"seeds/{n}": array(seed) for n, seed in state.seeds(model)}
        self.countdown -= 1


@pytest.fixture(autouse=True)
def no_baseline(monkeypatch):
    """Linear models overflow as well."""
    monkeypatch.setattr(results, "baselines", lambda *_: {})


@pytest.fixture
def poisoned(monkeypatch):
    """The rows met from one step on are too large."""
    settings = config("mlp", *SETTINGS)
    dataset = assemble.dataset(settings)
    x, size = dataset.train.x, settings.training.batch_size
    batches = Batches(ArrayExamples(x, dataset.train.y), size, settings.training.seed)
    x[batches.epoch(0).order[BAD_STEP * size :]] = OVERFLOWING
    monkeypatch.setattr(assemble, "dataset", lambda *_: dataset)


@pytest.mark.usefixtures("poisoned")
def test_the_failing_step_is_kept_as_it_was():
    watch = Watch(BAD_STEP)
    with pytest.raises(DivergedError, match="from batch 8 of epoch 1 on"):
        train(
            config("mlp", *SETTINGS, "training.steps_per_execution=1"),
            SELECTION,
            stem="mlp",
            reporter=With(watch),
        )
    run = runs_folder.find(Path("mlp-1"))
    kept = capsule.read(run)
    assert kept.step == BAD_STEP
    for name, value in watch.seen.items():
        np.testing.assert_array_equal(kept.arrays[name], value, err_msg=name)
    [(x, _)] = capsule.batches_of(kept)
    assert (x == OVERFLOWING).all()
    assert kept.details["config"] == (run.path / "config.toml").read_text()

    found = replay(run)
    assert (found["step"], found["finite"]) == (BAD_STEP, False)
    assert not np.isfinite(found["loss"])
    chosen = run.read_config()
    model = assemble.model(chosen, encodings.read(run, chosen))
    assert found["layer"] in {layer.name for layer in model.layers[1:4]}


@pytest.mark.variant
@pytest.mark.usefixtures("poisoned")
def test_a_failing_step_of_several_batches_is_kept_whole():
    """Of 20 batches in steps of 3, the third step is the first with a bad batch."""
    watch = Watch(6)
    accumulating = "training.accumulate=3", "training.steps_per_execution=1"
    accumulating += ("training.class_weights=balanced",)
    with pytest.raises(DivergedError, match="from batch 7 of epoch 1 on"):
        train(
            config("mlp", *SETTINGS, *accumulating),
            SELECTION,
            stem="mlp",
            reporter=With(watch),
        )
    run = runs_folder.find(Path("mlp-1"))
    kept = capsule.read(run)
    assert kept.step == 2
    for name, value in watch.seen.items():
        if "moving" not in name:  # good batches of a bad step leave their statistics
            np.testing.assert_array_equal(kept.arrays[name], value, err_msg=name)
    bad = [(x == OVERFLOWING).all() for x, *_ in capsule.batches_of(kept)]
    assert bad == [False, True, True]
    chosen = config("mlp", *accumulating)
    dataset = assemble.dataset(chosen)
    expected = assemble.weights(chosen, dataset)[
        Batches(dataset.train, 64, 0).epoch(0).order
    ]
    found = np.concatenate([weights for *_, weights in capsule.batches_of(kept)])
    np.testing.assert_array_equal(found, expected[6 * 64 : 9 * 64])
    found = replay(run)
    assert (found["step"], found["batch"], found["finite"]) == (2, 6, False)


@pytest.mark.any_backend
def test_a_few_bad_rows_are_skipped_and_told(monkeypatch):
    dataset = assemble.dataset(config("mlp"))
    dataset.train.x[0] = OVERFLOWING
    monkeypatch.setattr(assemble, "dataset", lambda *_: dataset)
    reporter = With()
    settings = config("mlp", "training.epochs=3")
    result = train_lean(settings, reporter=reporter)
    assert result["status"] == "completed"
    assert result["test"]["accuracy"] > 0.5
    assert len(reporter.warnings) == 3
    assert "1 of" in reporter.warnings[0]


@pytest.mark.any_backend
@pytest.mark.parametrize("monitor", ["val_loss", "loss"])
def test_a_loss_that_is_no_number_beside_skipped_steps(monitor: str, monkeypatch):
    """Keras's own loop adds the bad batch to its loss, though the step is skipped."""
    own_loop = "training.epochs=2", "training.accelerate=false"
    settings = config("autoencoder", *own_loop, f"training.monitor={monitor}")
    dataset = assemble.dataset(settings)
    dataset.train.x[0] = OVERFLOWING
    monkeypatch.setattr(assemble, "dataset", lambda *_: dataset)
    if monitor == "val_loss":
        result = train_lean(settings, reporter=With())
        assert result["status"] == "completed"
        assert result["test"]["r2_score"] > 0.1
        return
    with pytest.raises(DivergedError, match="loss was NaN in every epoch"):
        train_lean(settings, reporter=With())


@pytest.mark.any_backend
def test_a_run_that_did_not_diverge_has_no_capsule(run_of_five_epochs):
    run, _ = run_of_five_epochs
    with pytest.raises(ModelFileError, match="has no capsule"):
        replay(run)
