"""Weights of Flax and Equinox, as trees saved by their paths, go in and come out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from kerasdl.errors import UnfitWeightsError
from kerasdl.models import mlp, resnet
from kerasdl.models.published.load import load_published
from kerasdl.models.published.write import library_of, published_arrays
from kerasdl.registry import find
from kerasdl.weight_files import opened
from tests.contract import numbers, outputs

pytestmark = pytest.mark.any_backend
jax = pytest.importorskip("jax")
linen = pytest.importorskip("flax.linen")
FILTERS = (64, 128, 256, 512)


class FlaxMLP(linen.Module):
    @linen.compact
    def __call__(self, x: Any) -> Any:
        for units in (8, 7):
            x = linen.BatchNorm(use_running_average=True, epsilon=1e-5)(
                linen.Dense(units)(x)
            )
            x = linen.relu(x)
        return linen.Dense(3)(x)


class ResNetBlock(linen.Module):
    filters: int
    strides: int

    @linen.compact
    def __call__(self, x: Any) -> Any:
        norm = lambda name=None: linen.BatchNorm(
            use_running_average=True, epsilon=1e-5, name=name
        )
        conv = lambda size, strides, name=None: linen.Conv(
            self.filters, (size, size), strides, [(size // 2,) * 2] * 2,
            use_bias=False, name=name,
        )  # fmt: skip
        y = linen.relu(norm()(conv(3, self.strides)(x)))
        y = norm()(conv(3, 1)(y))
        if x.shape != y.shape:
            x = norm("norm_proj")(conv(1, self.strides, "conv_proj")(x))
        return linen.relu(x + y)


class FlaxResNet(linen.Module):
    """ResNet-18 with the names of Flax's example, and the padding of PyTorch."""

    @linen.compact
    def __call__(self, x: Any) -> Any:
        pad = [(3, 3), (3, 3)]
        x = linen.Conv(64, (7, 7), 2, pad, use_bias=False, name="conv_init")(x)
        x = linen.BatchNorm(use_running_average=True, epsilon=1e-5, name="bn_init")(x)
        x = linen.relu(x)
        x = linen.max_pool(x, (3, 3), (2, 2), [(1, 1), (1, 1)])
        for stage, filters in enumerate(FILTERS):
            for number in range(2):
                strides = 2 if stage and not number else 1
                x = ResNetBlock(filters, strides)(x)
        return linen.Dense(3)(x.mean((1, 2)))


def drawn(network: Any, shape: tuple[int, ...]) -> tuple[dict[str, Any], np.ndarray]:
    """Return variables that are no initial ones, and inputs."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=shape).astype("float32")
    variables = network.init(jax.random.key(0), x)

    def changed(path: Any, value: Any) -> np.ndarray:
        if value.ndim > 1:
            return np.asarray(value)
        noise = draw.normal(scale=0.1, size=value.shape).astype("float32")
        name = path[-1].key
        return np.asarray(value) + (np.abs(noise) if name == "var" else noise)

    return jax.tree_util.tree_map_with_path(changed, variables), x


def by_path(tree: Any, path_of: Callable[[Any], str]) -> dict[str, np.ndarray]:
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {path_of(path): np.asarray(leaf) for path, leaf in leaves}


def with_slashes(path: Any) -> str:
    return "/".join(str(part.key) for part in path)


CASES = {
    "mlp": (FlaxMLP, (5, 4), lambda: mlp((4,), 3, (8, 7))),
    "resnet": (
        FlaxResNet,
        (2, 32, 32, 3),
        lambda: resnet((32, 32, 3), 3, stem="large"),
    ),
}


@pytest.mark.parametrize("family", CASES)
def test_flax_there_and_back(family: str):
    network, shape, made = CASES[family]
    variables, x = drawn(network(), shape)
    flat = by_path(variables, with_slashes)
    safetensors.numpy.save_file(flat, "tree.safetensors")
    ours = made()
    with opened(Path("tree.safetensors")) as tensors:
        assert load_published(ours, tensors, family, "it").library == "flax"
    expected = np.asarray(network().apply(variables, x))
    np.testing.assert_allclose(numbers(outputs(ours, x)), expected, atol=1e-4)
    table = find("families", family)(**{"stem": "large"} if family == "resnet" else {})
    again = published_arrays(ours, library_of("flax", table, ours), True)
    assert again.keys() == flat.keys()
    for name, array in flat.items():
        np.testing.assert_array_equal(again[name], array)


def test_equinox_there_and_back():
    equinox = pytest.importorskip("equinox")
    network = equinox.nn.MLP(4, 3, 8, 2, key=jax.random.key(1))
    arrays = equinox.filter(network, equinox.is_array)
    flat = by_path(arrays, jax.tree_util.keystr)
    np.savez("tree.npz", **flat)  # pyright: ignore[reportArgumentType]
    ours = mlp((4,), 3, (8, 8), norm="none")
    with opened(Path("tree.npz")) as tensors:
        assert load_published(ours, tensors, "mlp", "it").library == "equinox"
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    expected = np.asarray(jax.vmap(network)(x))
    np.testing.assert_allclose(numbers(outputs(ours, x)), expected, atol=1e-5)
    again = published_arrays(
        ours, library_of("equinox", find("families", "mlp")(norm="none"), ours), True
    )
    assert sorted(f".{name}".replace("layers.", "layers[") for name in again) == sorted(
        name.replace("].", ".") for name in flat
    )


@pytest.mark.parametrize("widths", [(8, 7, 6), (8,)])
def test_another_depth_is_told(widths: tuple[int, ...]):
    variables, _ = drawn(FlaxMLP(), (5, 4))
    flat = by_path(variables, with_slashes)
    np.savez("tree.npz", **flat)  # pyright: ignore[reportArgumentType]
    ours = mlp((4,), 3, widths)
    with opened(Path("tree.npz")) as tensors, pytest.raises(UnfitWeightsError):
        load_published(ours, tensors, "mlp", "it", replace_head=True)


def test_other_classes_get_a_last_layer_of_their_own():
    equinox = pytest.importorskip("equinox")
    network = equinox.nn.MLP(4, 3, 8, 2, key=jax.random.key(1))
    flat = by_path(equinox.filter(network, equinox.is_array), jax.tree_util.keystr)
    np.savez("tree.npz", **flat)  # pyright: ignore[reportArgumentType]
    ours = mlp((4,), 5, (8, 8), norm="none")
    with opened(Path("tree.npz")) as tensors:
        loaded = load_published(ours, tensors, "mlp", "it", replace_head=True)
    assert sorted(loaded.left) == ["layers.2.bias", "layers.2.weight"]
