"""Hooks of PyTorch run as often as with Keras, and gradients lie where it leaves them."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops

from tests.backend.fused.torch_twins import Apply, Twins, net, twins

CALLS: list = []


def seen(*arguments: Any) -> None:
    CALLS.append(1)


def accumulated(weight: torch.Tensor) -> None:
    weight.grad *= 0


@pytest.mark.parametrize(
    "register",
    [
        lambda dense: dense.register_forward_hook(seen),
        lambda dense: dense.register_forward_pre_hook(seen),
        lambda dense: dense.register_full_backward_hook(seen),
        lambda dense: dense.register_full_backward_pre_hook(seen),
        lambda dense: dense.register_forward_hook(lambda *given: given[-1] * 2),
        lambda dense: dense.kernel.value.register_hook(lambda gradient: gradient * 0),
        lambda dense: dense.kernel.value.register_post_accumulate_grad_hook(
            accumulated
        ),
        lambda dense: torch.nn.modules.module.register_module_forward_hook(seen),
    ],
    ids=[
        *("forward", "pre", "backward", "backward_pre", "doubling"),
        *("weight", "accumulated", "global"),
    ],
)
@pytest.mark.parametrize("amid", [False, True])
def test_hooks_run_as_with_keras(register: Callable, amid: bool) -> None:
    calls = []
    handles = []

    def start() -> None:
        calls.append(len(CALLS))
        CALLS.clear()
        [handle.remove() for handle in handles]
        handles.clear()

    def write(model: keras.Model) -> Callable:
        def at(epoch: float) -> None:
            if epoch == (0.25 if amid else 0.0):
                handles.append(register(model.layers[-1]))

        return at

    pair = twins(net)
    pair.fit(write, before=start)
    start()
    pair.assert_equal(reports=1)
    assert calls[1] == calls[2]


def test_a_hook_that_is_gone_is_no_obstacle() -> None:
    pair = twins(net)
    for model in (pair.plain, pair.ours):
        model.layers[0].register_forward_hook(seen).remove()
    pair.fit()
    pair.assert_equal(reports=0)


class Shared(layers.Layer):
    """Its two biases have one gradient, its last weight has none."""

    def build(self, shape: tuple) -> None:
        self.bias_1, self.bias_2, self.unused = (
            self.add_weight(shape=shape[-1:], initializer="zeros", name=name)
            for name in ("one", "two", "unused")
        )

    def call(self, x: Any) -> Any:
        return x + self.bias_1 + self.bias_2


class Summed(layers.Layer):
    """The gradient of its penalty is a constant."""

    def build(self, shape: tuple) -> None:
        self.w = self.add_weight(shape=(3,), initializer="ones", name="w")

    def call(self, x: Any) -> Any:
        self.add_loss(ops.sum(self.w))
        return x


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize(
    "middle",
    [list, lambda: [Shared()], lambda: [Summed()]],
    ids=["no", "shared", "sum"],
)
@pytest.mark.parametrize("spoil", [False, True])
def test_callbacks_find_the_gradients_that_keras_leaves(
    middle: Callable, spoil: bool
) -> None:
    left: dict[int, list] = {}

    def write(model: keras.Model) -> Callable:
        def look(epoch: float) -> None:
            grads = [weight.value.grad for weight in model.trainable_weights]
            copies = [None if g is None else g.detach().clone() for g in grads]
            left.setdefault(id(model), []).append(copies)
            for grad in grads if spoil else ():
                if grad is not None:
                    grad.zero_()

        return look

    pair = twins(lambda: net(*middle()))
    pair.fit(write)
    write(pair.plain)(1.0), write(pair.ours)(1.0)
    pair.assert_equal(reports=0)
    for theirs, ours in zip(*left.values(), strict=True):
        assert [g is None for g in theirs] == [g is None for g in ours]
        for one, other in zip(theirs, ours, strict=True):
            if one is not None:
                np.testing.assert_allclose(other, one, 1e-5, 1e-6)


def test_a_search_for_anomalies_finds_them() -> None:
    pair = twins(lambda: net(Apply(lambda layer, x: ops.sqrt(x * 0))))
    for model in (pair.plain, pair.ours):
        search = torch.autograd.set_detect_anomaly(True)
        with search, pytest.raises(RuntimeError, match="nan values"):
            fit_aloud(model)
    assert "anomaly detection" in pair.lines[0]


def fit_aloud(model: keras.Model) -> None:
    with pytest.warns(UserWarning, match="Error detected"):
        model.fit(Twins.x, Twins.y, verbose=0)
