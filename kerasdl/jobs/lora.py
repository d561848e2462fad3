"""Low-rank updates of frozen weights."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import save_file

from kerasdl import storage
from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.config import Config
from kerasdl.errors import ConfigError
from kerasdl.initializers import HeNormal
from kerasdl.seeds import derive_seed

TAKES = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Embedding)
"""Layers that can have them."""
UPDATE = "lora_"
"""What the names of the thin matrices begin with, in Keras."""
MOST_NAMES = 20
"""Names of layers that a message lists."""


def add(config: Config, model: keras.Model) -> None:
    """Train products of two thin matrices instead of the weights they are added to.

    A kernel `W` becomes `W + alpha / rank · A B`, where `B` begins at zero, so that the
    model begins as it is. `A`, `B` and the last layers are trained, and nothing else. Hu
    et al. 2022, https://arxiv.org/abs/2106.09685, section 4.1.

    Args:
        config: The config; its `[transfer]` table says which layers, and how.
        model: The model with its initial weights, whose frozen layers stay frozen.

    Raises:
        ConfigError: If no layer that is trained has one of the names.
    """
    transfer = config.transfer
    if not transfer.lora_rank:
        return
    names, last = {*transfer.lora_layers}, config.model.last_layers
    able = [part for part in _trained(model, last) if isinstance(part, TAKES)]
    chosen = [part for part in able if part.name in names]
    if not chosen or names - {part.name for part in chosen}:
        known = ", ".join(sorted({part.name for part in able})[:MOST_NAMES]) or "none"
        what = f"transfer.lora_layers (={[*transfer.lora_layers]}) names what is no trained layer"
        raise ConfigError(what, f"those that can have low-rank updates are: {known}")
    for layer in model.layers:
        if layer.name in last:
            continue
        for variable in layer.weights:
            variable.trainable = False
        for part in flatten_layers(layer):
            if isinstance(part, keras.layers.BatchNormalization):
                part.trainable = False  # so that its statistics stay as well
    alpha = transfer.lora_rank if transfer.lora_alpha == "auto" else transfer.lora_alpha
    for part in chosen:
        seed = derive_seed(config.training.seed, f"lora/{part.path}")
        *parents, _ = part.path.split("/")
        with ExitStack() as scopes:  # which give the new weights a path of their own
            for parent in parents:
                scopes.enter_context(keras.name_scope(parent))
            part.enable_lora(
                transfer.lora_rank, alpha, a_initializer=HeNormal("fan_in", seed)
            )


def base(model: keras.Model) -> list[keras.Variable]:
    """Return the weights of a model without its updates, in their order."""
    return [each for each in model.weights if not each.name.startswith(UPDATE)]


def merged(model: keras.Model) -> list[np.ndarray]:
    """Return the values of `base`, with the updates added."""
    updates = {}
    for part in flatten_layers(model):
        if getattr(part, "lora_enabled", False):
            name = (
                "embeddings" if isinstance(part, keras.layers.Embedding) else "kernel"
            )
            thin = (getattr(part, f"{UPDATE}{name}_{each}") for each in "ab")
            first, second = map(keras.ops.convert_to_numpy, thin)
            product = np.tensordot(first, second, 1)
            scale = part.lora_alpha / part.lora_rank
            updates[f"{part.path}/{name}"] = scale * product
    values = [(each.path, keras.ops.convert_to_numpy(each)) for each in base(model)]
    return [
        (value + updates[path]).astype(value.dtype) if path in updates else value
        for path, value in values
    ]


def write_adapters(config: Config, model: keras.Model, folder: Path) -> None:
    """Write the updates and the last layers alone, by path, if there are updates.

    Args:
        config: The config.
        model: The trained model.
        folder: The run directory, which gets `adapters.safetensors`.
    """
    if not config.transfer.lora_rank:
        return
    last = config.model.last_layers
    own = {
        each.path: keras.ops.convert_to_numpy(each)
        for each in model.weights
        if each.name.startswith(UPDATE) or each.path.partition("/")[0] in last
    }
    with storage.replacing(folder / "adapters.safetensors") as temporary:
        save_file(own, temporary, metadata=_settings(config))


def _settings(config: Config) -> dict[str, str]:
    transfer = config.transfer
    alpha = transfer.lora_rank if transfer.lora_alpha == "auto" else transfer.lora_alpha
    layers = ", ".join(transfer.lora_layers)
    return {"rank": str(transfer.lora_rank), "alpha": str(alpha), "layers": layers}


def _trained(model: keras.Model, last: tuple[str, ...]) -> Iterator[Any]:
    """Yield the parts of layers that are trained, without the last layers."""
    for layer in model.layers:
        if layer.name not in last and layer.trainable:
            yield from flatten_layers(layer)
