"""The loops written by hand train the same model as Keras does."""

import importlib
import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from tests.benchmarks.models import CASES, compiled, data

BACKEND = keras.config.backend()
native = importlib.import_module(f"tests.benchmarks.native_{BACKEND}")


@pytest.fixture
def keras_epsilon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put PyTorch's epsilon where Keras has it, before the correction of the bias."""
    if BACKEND != "torch":
        return
    adamw = native.adamw

    def corrected(model: Any) -> Any:
        optimizer, steps = adamw(model), itertools.count(1)

        def set_epsilon(optimizer: Any, *_: Any) -> None:
            correction = np.sqrt(1 - 0.999 ** next(steps))
            optimizer.param_groups[0]["eps"] = 1e-7 / correction

        optimizer.register_step_pre_hook(set_epsilon)
        return optimizer

    monkeypatch.setattr(native, "adamw", corrected)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Keep PyTorch's threads from waiting for each other when others run too."""
    if BACKEND != "torch":
        yield
        return
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.variant
@pytest.mark.usefixtures("keras_epsilon", "one_thread")
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n != "mlp" else ()) for n in CASES],
)
def test_same_losses(name: str):
    steps, batch_size = 5, 16
    x, y = data(name, steps * batch_size)
    order = np.arange(len(x)).reshape(steps, batch_size)
    model = compiled(name, dropout=0.0)
    model.set_weights(_scattered(model.get_weights()))
    _add_up_slices(model.optimizer)
    epoch = native.trainer(name, model.get_weights(), x, y, dropout=0.0)
    for rows in order:
        loss, accuracy = epoch(rows[None])
        model.reset_metrics()
        expected = model.train_on_batch(x[rows], y[rows], return_dict=True)
        assert np.isclose(loss, expected["loss"], rtol=1e-4)
        assert accuracy == pytest.approx(expected["accuracy"])


def _scattered(weights: list[np.ndarray]) -> list[np.ndarray]:
    """Return weights no two of which are alike, so that mixing any up shows."""
    random = np.random.default_rng(0)
    noise = (random.uniform(0.0, 0.1, w.shape) for w in weights)
    return [w + n.astype(w.dtype) for w, n in zip(weights, noise, strict=True)]


def _add_up_slices(optimizer: keras.Optimizer) -> None:
    """Give the optimizer whole gradients of embeddings under TensorFlow too.

    There Keras 3.15 squares the slice of each token, for the norm and the velocity,
    and not the sum of the slices; JAX and PyTorch only know the sum.
    """
    if BACKEND != "tensorflow":
        return
    import tensorflow as tf

    apply = optimizer.apply

    def apply_whole(gradients: Any, variables: Any = None) -> Any:
        return apply([tf.convert_to_tensor(g) for g in gradients], variables)

    optimizer.apply = apply_whole
