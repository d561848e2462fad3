import keras
import numpy as np
import pytest

from kerasdl.callbacks import EarlyStopping, MetricsLog, NaNGuard, nan_guard
from kerasdl.errors import DivergedError
from kerasdl.optimizers import GradientMonitor

X = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
Y = np.ones((10, 1), "float32")


def model(optimizer) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def test_a_line_for_each_epoch():
    lines = []
    log = MetricsLog(lines.append, len(X), lambda: None)
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 9, 0.0)
    trained = model(GradientMonitor(keras.optimizers.SGD(schedule)))
    history = trained.fit(
        X, Y, batch_size=4, epochs=3, validation_data=(X, Y), verbose=0, callbacks=[log]
    ).history
    assert lines == log.lines
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    assert [line["step"] for line in lines] == [3, 6, 9]
    assert [line["loss"] for line in lines] == history["loss"]
    assert [line["val_loss"] for line in lines] == history["val_loss"]
    rates = [line["learning_rate"] for line in lines]
    assert np.allclose(rates, [0.1 * 6 / 9, 0.1 * 3 / 9, 0], atol=1e-7)
    assert all(line["grad_norm"] > 0 for line in lines)
    assert all(line["examples_per_second"] > 0 for line in lines)
    assert lines[0]["peak_memory_bytes"] > 10_000_000


def test_without_a_monitor_there_is_no_norm():
    log = MetricsLog(lambda line: None, len(X), lambda: 123)
    model("sgd").fit(X, Y, verbose=0, callbacks=[log])
    assert "grad_norm" not in log.lines[0]
    assert log.lines[0]["peak_memory_bytes"] == 123


def test_the_norm_is_the_mean_of_its_own_epoch():
    log = MetricsLog(lambda line: None, len(X), lambda: None)
    frozen = model(GradientMonitor(keras.optimizers.SGD(1e-12)))
    frozen.fit(X, Y, batch_size=10, epochs=3, verbose=0, callbacks=[log])
    norms = [line["grad_norm"] for line in log.lines]
    assert np.allclose(norms, norms[0], rtol=1e-5)


def test_the_guard_stops_after_the_first_bad_epoch():
    bad = np.where(np.arange(10)[:, None] == 7, np.nan, Y)
    with pytest.raises(DivergedError, match="a loss is not finite in epoch 1"):
        model("sgd").fit(X, bad, batch_size=2, verbose=0, callbacks=[NaNGuard()])


@pytest.mark.variant
def test_the_guard_lets_good_runs_pass():
    history = model("sgd").fit(X, Y, epochs=2, verbose=0, callbacks=[NaNGuard()])
    assert len(history.epoch) == 2


@pytest.mark.variant
def test_the_guard_looks_at_validation_too():
    bad = np.where(np.arange(10)[:, None] == 7, np.nan, Y)
    with pytest.raises(DivergedError, match="a loss is not finite in epoch 1"):
        model("sgd").fit(
            X, Y, validation_data=(X, bad), verbose=0, callbacks=[NaNGuard()]
        )


def test_the_guard_forgives_a_skipped_step():
    monitor = GradientMonitor(keras.optimizers.SGD(0.01), max_skipped=3)
    bad = np.where(np.arange(10)[:, None] == 7, np.nan, Y)
    lines = []
    guard = NaNGuard(lines.append)
    model(monitor).fit(X, bad, batch_size=2, epochs=2, verbose=0, callbacks=[guard])
    assert int(keras.ops.convert_to_numpy(monitor.skipped)) == 2
    skipped = "1 of 5 steps of epoch {} were skipped: their gradient was not finite"
    assert lines == [skipped.format(1), skipped.format(2)]


def test_the_guard_stops_after_so_many_skipped_steps_in_a_row(monkeypatch):
    monkeypatch.setattr(nan_guard, "SECONDS", 0)
    monitor = GradientMonitor(keras.optimizers.SGD(0.01), max_skipped=3)
    bad = np.where(np.arange(10)[:, None] >= 4, np.nan, Y)
    trained = model(monitor)
    before = trained.get_weights()
    with pytest.raises(DivergedError, match="3 steps in a row had a non-finite"):
        trained.fit(
            X, bad, batch_size=1, shuffle=False, verbose=0, callbacks=[NaNGuard()]
        )
    assert int(keras.ops.convert_to_numpy(monitor.steps)) == 7
    assert np.isfinite(trained.get_weights()[0]).all()
    assert not np.array_equal(trained.get_weights()[0], before[0])


@pytest.mark.variant
def test_an_epoch_without_a_good_step_has_diverged():
    monitor = GradientMonitor(keras.optimizers.SGD(0.01))
    trained = model(monitor)
    with pytest.raises(DivergedError, match="all 5 steps of epoch 1 were skipped"):
        trained.fit(X, Y * np.nan, batch_size=2, verbose=0, callbacks=[NaNGuard()])


def half_precision(monitor: GradientMonitor, scale: float) -> keras.Model:
    optimizer = keras.optimizers.LossScaleOptimizer(monitor, initial_scale=scale)
    trained = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(1, dtype="mixed_float16")]
    )
    trained.compile(optimizer, "mse", auto_scale_loss=False)
    return trained


def test_the_guard_counts_what_loss_scaling_skips():
    """Each skipped step halves the scale, so that tells how many there were."""
    monitor, lines = GradientMonitor(keras.optimizers.SGD(0.01)), []
    trained = half_precision(monitor, 2.0**40)
    guard = NaNGuard(lines.append)
    trained.fit(X, Y, batch_size=1, epochs=6, verbose=0, callbacks=[guard])
    scale = keras.ops.convert_to_numpy(trained.optimizer.dynamic_scale)
    halved = 40 - int(np.log2(scale))
    assert 10 < halved < 40
    told = [int(line.split()[0]) for line in lines]
    assert sum(told) == halved
    assert told[0] == 10
    assert int(keras.ops.convert_to_numpy(monitor.steps)) == 60 - halved


@pytest.mark.variant
def test_what_overflows_at_every_scale_has_diverged():
    monitor = GradientMonitor(keras.optimizers.SGD(0.01))
    trained = half_precision(monitor, 16.0)
    before = trained.get_weights()
    with pytest.raises(DivergedError, match="overflow at a loss scale of"):
        trained.fit(X, Y * np.nan, batch_size=1, verbose=0, callbacks=[NaNGuard()])
    assert np.array_equal(trained.get_weights()[0], before[0])


@pytest.mark.any_backend
def test_a_diverged_epoch_is_never_the_best():
    """Its accuracy may look best all the same."""
    stopping = EarlyStopping("accuracy", mode="max", patience=9)
    stopping.set_model(model("sgd"))
    stopping.on_train_begin()
    stopping.on_epoch_end(0, {"loss": 1.0, "val_loss": 1.0, "accuracy": 0.5})
    stopping.on_epoch_end(1, {"loss": np.nan, "val_loss": 1.0, "accuracy": 0.9})
    stopping.on_epoch_end(2, {"loss": 1.0, "val_loss": np.inf, "accuracy": 0.9})
    assert (stopping.best, stopping.best_epoch) == (0.5, 0)
    stopping.monitor = "val_accuracy"  # skipped steps may leave no other trace
    stopping.on_epoch_end(3, {"loss": np.nan, "val_loss": 1.0, "val_accuracy": 0.8})
    assert (stopping.best, stopping.best_epoch) == (0.8, 3)


@pytest.mark.variant
def test_the_guard_goes_on_amid_an_epoch():
    """Skipped steps before the resumption count as those of its epoch."""
    lines = []
    monitor = GradientMonitor(keras.optimizers.SGD(0.01))
    guard = NaNGuard(lines.append)
    trained = model(monitor)
    trained.optimizer.build(trained.trainable_variables)
    guard.set_model(trained)
    guard.on_train_begin()
    monitor.steps.assign(12)
    monitor.skipped.assign(3)
    guard.set_state({"before": [10, 2]})
    guard.on_epoch_begin(2)
    monitor.steps.assign(15)
    guard.on_epoch_end(2, {"loss": np.nan})
    assert lines == [
        "1 of 5 steps of epoch 3 were skipped: their gradient was not finite"
    ]
    assert guard.get_state() == {"before": [15, 3]}
