"""Second derivatives and input gradients equal closed forms, on each backend."""

import keras
import numpy as np
import pytest
from scipy.special import expit

import kerasdl
from kerasdl import backend
from kerasdl.backend.float64 import float64
from tests.jobs.helpers import array

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4))
Y = RNG.integers(2, size=(30, 1)).astype("float64")


def logistic(dtype: str) -> keras.Model:
    model = keras.Sequential([keras.Input((4,), dtype=dtype), keras.layers.Dense(1)])
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model.set_weights([RNG.normal(size=(4, 1)), RNG.normal(size=1)])
    return model


def test_the_curvature_of_logistic_regression():
    """Its Hessian is Xᵀ diag(p (1 − p)) X / n, with a column of ones for the bias."""
    with float64():
        model = logistic("float64")
        shares = expit(X @ array(model.weights[0]) + array(model.weights[1]))[:, 0]
        wide = np.column_stack([X, np.ones(30)])
        hessian = wide.T @ (wide * (shares * (1 - shares))[:, None]) / 30
        found = kerasdl.curvature(model, X, Y)
        assert found == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-6)
        assert kerasdl.curvature(model, X, Y) == found


def test_the_curvature_of_a_small_network():
    """The dense Hessian is from central differences of the loss."""
    with float64():
        layers = [keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((4,), dtype="float64"), *layers])
        model.compile("sgd", "mse")
        sizes = [w.shape for w in model.trainable_variables]
        weights = 0.7 * RNG.normal(size=sum(map(np.prod, sizes)))
        model.set_weights(_arrays(weights, sizes))
        hessian = _dense(weights, lambda w: _loss(_arrays(w, sizes)))
        largest = np.linalg.eigvalsh(hessian)[-1]
        found = kerasdl.curvature(model, X, Y)
        assert found == pytest.approx(largest, rel=1e-3)
        before = [array(w) for w in model.weights]
        np.testing.assert_array_equal(
            np.concatenate([w.ravel() for w in before]), weights
        )


def _arrays(weights: np.ndarray, shapes: list) -> list[np.ndarray]:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(weights, ends)
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _loss(weights: list[np.ndarray]) -> float:
    a, b, c, d = weights
    return float(((np.tanh(X @ a + b) @ c + d - Y) ** 2).mean())


def _dense(weights: np.ndarray, loss) -> np.ndarray:
    step, eye = 1e-4, np.eye(len(weights))
    hessian = np.empty((len(weights), len(weights)))
    for i, a in enumerate(step * eye):
        for j, b in enumerate(step * eye):
            corners = [
                sign * loss(weights + p * a + q * b)
                for p, q, sign in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
            ]
            hessian[i, j] = sum(corners) / (4 * step**2)
    return hessian


def test_the_gradient_by_the_inputs():
    """Of the logistic loss it is (p − y) wᵀ / n."""
    model = logistic("float32")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    gradient = backend.current().input_gradient(
        lambda x, y: loss(y, model(x, training=False)), model.variables
    )
    x, y = X.astype("float32"), Y.astype("float32")
    w, b = map(array, model.weights)
    expected = (expit(x @ w + b) - y) @ w.T / 30
    np.testing.assert_allclose(gradient(x, y), expected, atol=1e-6)
    model.set_weights([0 * w, b])
    assert not gradient(x, y).any()  # it reads the weights of now


def test_what_has_no_curvature():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="compile it first"):
        kerasdl.curvature(model, X, Y)
    model.compile("sgd", "mse")
    model.trainable = False
    with pytest.raises(ValueError, match="no trainable weights"):
        kerasdl.curvature(model, X, Y)
    linear = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False)]
    )
    linear.compile("sgd", loss=lambda y, outputs: keras.ops.mean(outputs - y))
    assert kerasdl.curvature(linear, X[:, :1].astype("float32"), Y) == 0
