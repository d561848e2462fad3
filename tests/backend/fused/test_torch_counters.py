"""What a step itself changes in Python, no record repeats: it is left to Keras."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import torch
from keras import ops

from tests.backend.fused.torch_twins import Apply, net, twins


class Counter:
    count = 0.0


COUNTS = [0]


def count_in_global(layer: Any, x: Any) -> Any:
    COUNTS[0] += 1
    return x * (1 + COUNTS[0] % 3)


def count_in_list(layer: Any, x: Any) -> Any:
    layer.counts[0] += 1
    return x * (1 + layer.counts[0] % 3)


def count_in_class(layer: Any, x: Any) -> Any:
    Counter.count += 1
    return x * (1 + Counter.count % 3)


def count_in_array(layer: Any, x: Any) -> Any:
    layer.array += 1
    return x * (1 + float(layer.array[0]) % 3)


def count_in_tensor(layer: Any, x: Any) -> Any:
    layer.tensor += 1
    return x * (1 + layer.tensor % 3)


@pytest.mark.parametrize(
    "call",
    [count_in_global, count_in_list, count_in_class, count_in_array, count_in_tensor],
)
def test_what_a_step_counts_is_left_to_keras(call: Callable) -> None:
    def reset() -> None:
        COUNTS[0] = 0
        Counter.count = 0.0

    pair = twins(lambda: net(Apply(call)))
    pair.fit(before=reset)
    pair.assert_equal(reports=1)


def test_a_counter_of_an_optimizer_is_left_to_keras() -> None:
    class Alternating(keras.optimizers.SGD):
        def __init__(self, rate: float):
            super().__init__(rate)
            self.counts = [0]

        def apply(self, grads: Any, weights: Any = None) -> Any:
            self.counts[0] += 1
            factor = 1 + self.counts[0] % 2
            return super().apply([factor * grad for grad in grads], weights)

    pair = twins(lambda: net(optimizer=Alternating(0.1)))
    pair.fit()
    pair.assert_equal(reports=1)


SEEN: list = []


def remembering(y: Any, p: Any) -> Any:
    SEEN.append(len(SEEN))
    return ops.mean(p) + len(SEEN)


class Collecting(keras.metrics.Metric):
    """Keeps batches in a list."""

    def __init__(self) -> None:
        super().__init__(name="collected")
        self.kept: list = []

    def update_state(self, y: Any, p: Any, sample_weight: Any = None) -> None:
        self.kept.append(p.detach())

    def result(self) -> Any:
        return torch.cat(self.kept).mean() if self.kept else 0.0

    def reset_state(self) -> None:
        self.kept = []


class Last(Collecting):
    """Keeps the last batch on an attribute."""

    def update_state(self, y: Any, p: Any, sample_weight: Any = None) -> None:
        self.kept = [p.detach()]


@pytest.mark.parametrize("make", [lambda: remembering, Collecting, Last])
def test_a_metric_that_collects_is_left_to_keras(make: Callable) -> None:
    pair = twins(lambda: net(metrics=[make()]))
    pair.fit(before=SEEN.clear)
    pair.assert_equal(reports=1)
