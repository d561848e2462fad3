"""Recording draws nothing from anybody's generator."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from keras import layers

from tests.backend.fused.torch_twins import Apply, net, twins


def torch_generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


KINDS = {
    "torch": (torch_generator, lambda g, s: torch.randn(s, generator=g)),
    "normal": (torch_generator, lambda g, s: torch.empty(s).normal_(generator=g)),
    "numpy": (
        lambda: np.random.default_rng(3),
        lambda g, s: torch.as_tensor(g.normal(size=tuple(s)).astype("float32")),
    ),
    "legacy": (lambda: np.random.RandomState(3), lambda g, s: float(g.normal())),
    "python": (lambda: random.Random(3), lambda g, s: g.random()),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["attribute", "closure", "list"])
def test_a_generator_draws_what_it_draws_with_keras(kind: str, place: str) -> None:
    make, draw = KINDS[kind]

    def build() -> Any:
        generator = make()

        def in_closure(layer: Any, x: Any) -> Any:
            return x + 0.3 * draw(generator, x.shape)

        def on_layer(layer: Any, x: Any) -> Any:
            return x + 0.3 * draw(layer.held[0], x.shape)

        layer = Apply(in_closure if place == "closure" else on_layer)
        layer.held = (generator,) if place == "attribute" else [generator]
        return net(layer)

    pair = twins(build)
    pair.fit()
    pair.assert_equal(reports=1)


def test_a_generator_that_moves_elsewhere_is_not_wound_back() -> None:
    class Idle(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.rng = np.random.default_rng(3)

        def call(self, x: Any) -> Any:
            return x

    def drawing(model: Any) -> Callable:
        return lambda value: model.layers[1].rng.random()

    pair = twins(lambda: net(Idle()))
    pair.fit(drawing)
    pair.fit(drawing, batch_size=5)  # other shapes, so recorded again
    pair.assert_equal(reports=0)
    states = [m.layers[1].rng.bit_generator.state for m in (pair.plain, pair.ours)]
    assert states[0] == states[1]
