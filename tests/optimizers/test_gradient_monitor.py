import keras
import numpy as np
import pytest

from kerasdl.optimizers import GradientMonitor

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")
Y = X @ np.array([[1.0], [2.0], [3.0]], "float32")


def fitted(optimizer, **arguments) -> keras.Model:
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")]
    )
    model.compile(optimizer, "mse", **arguments)
    model.fit(X, Y, batch_size=12, epochs=3, shuffle=False, verbose=0)
    return model


def gradient_norm(kernel: np.ndarray) -> float:
    error = X @ kernel - Y
    return float(np.hypot(np.linalg.norm(2 * X.T @ error / 12), 2 * error.mean()))


def test_training_is_unchanged():
    plain = fitted(keras.optimizers.AdamW(0.01, global_clipnorm=0.1))
    watched = fitted(GradientMonitor(keras.optimizers.AdamW(0.01, global_clipnorm=0.1)))
    for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_the_norm_is_that_before_clipping():
    model = fitted(GradientMonitor(keras.optimizers.SGD(1e-9, global_clipnorm=0.1)))
    mean = model.optimizer.mean_gradient_norm()
    assert np.isclose(mean, gradient_norm(np.ones((3, 1))), rtol=1e-5)
    model.optimizer.reset_gradient_norm()
    assert np.isnan(model.optimizer.mean_gradient_norm())
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 3


def test_the_gradients_of_a_repeated_row_are_summed_first():
    table = keras.layers.Embedding(3, 2, embeddings_initializer="zeros")
    head = keras.layers.Dense(1, kernel_initializer="ones", trainable=False)
    parts = [keras.Input((4,), dtype="int32"), table, keras.layers.Flatten(), head]
    model = keras.Sequential(parts)
    monitor = GradientMonitor(keras.optimizers.SGD(1.0, global_clipnorm=1.0))
    model.compile(monitor, "mse")
    model.train_on_batch(np.array([[1, 1, 1, 2]]), np.array([[10.0]]))
    # The loss falls by 20 for each look-up and unit of the table, four and two.
    assert np.isclose(monitor.mean_gradient_norm(), 20 * np.sqrt(2 * (9 + 1)))
    moved = np.array([[0, 0], [3, 3], [1, 1]]) / np.sqrt(20)
    assert np.allclose(table.get_weights()[0], moved)


def test_loss_scaling_is_undone_first():
    monitor = GradientMonitor(keras.optimizers.SGD(1e-9))
    fitted(keras.optimizers.LossScaleOptimizer(monitor, initial_scale=1024.0))
    expected = gradient_norm(np.ones((3, 1)))
    assert np.isclose(monitor.mean_gradient_norm(), expected, rtol=1e-5)


def test_a_fixed_scale_of_the_loss_is_undone_too():
    monitor = GradientMonitor(keras.optimizers.SGD(1e-9, loss_scale_factor=128.0))
    fitted(monitor)
    expected = gradient_norm(np.ones((3, 1)))
    assert np.isclose(monitor.mean_gradient_norm(), expected, rtol=1e-5)


def test_loss_scaling_belongs_around_it():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    with pytest.raises(ValueError, match="must wrap the GradientMonitor"):
        GradientMonitor(scaled)


def test_the_learning_rate_is_the_inner_one():
    monitor = GradientMonitor(keras.optimizers.SGD(0.5))
    monitor.learning_rate = 0.25
    rate = keras.ops.convert_to_numpy(monitor.inner_optimizer.learning_rate)
    assert rate == keras.ops.convert_to_numpy(monitor.learning_rate) == 0.25


def test_config_round_trip():
    monitor = GradientMonitor(keras.optimizers.AdamW(0.5, weight_decay=0.1))
    again = keras.optimizers.deserialize(keras.optimizers.serialize(monitor))
    assert isinstance(again, GradientMonitor)
    assert again.inner_optimizer.get_config() == monitor.inner_optimizer.get_config()
