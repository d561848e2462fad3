"""What of a model is trained, and how fast each part of it."""

import re
from fnmatch import fnmatchcase

import keras

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.config import Config
from kerasdl.errors import ConfigError
from kerasdl.layers.zeroing import Zeroing

BLOCK = re.compile(r"(.*_)?block_\d+")
"""Names of the blocks of a family."""
MOST_NAMES = 20
"""Names of layers that an error lists."""


def freeze(config: Config, model: keras.Model) -> None:
    """Freeze what `transfer.unfreeze` leaves out.

    Frozen layers run in inference mode: their statistics stay as they are, and their dropout
    is off.

    Raises:
        ConfigError: If nothing is left to train, there are fewer blocks, or no layer has
            a name.
    """
    if config.transfer.unfreeze == "all":
        return
    frozen = {id(layer) for layer in _frozen(config, model)}
    weighty = [layer for layer in model.layers if layer.weights]
    trained = [layer for layer in weighty if id(layer) not in frozen]
    if not trained:
        what = f"model {config.model.name!r} has no last layer of its own to train"
        raise ConfigError(what, "set transfer.unfreeze to a number of blocks, or 'all'")
    before = weighty[: weighty.index(trained[0])]
    # What has no weights among the first layers, such as dropout, belongs to them.
    first = model.layers[: model.layers.index(before[-1]) + 1] if before else []
    for layer in model.layers:
        if id(layer) not in frozen and layer not in first:
            continue
        layer.trainable = False
        for part in flatten_layers(layer):
            if isinstance(part, Zeroing | keras.layers.Dropout):
                part.rate = 0.0


def _frozen(config: Config, model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers with weights that are not trained."""
    name, last = config.model.name, config.model.last_layers
    unfreeze, groups = config.transfer.unfreeze, layer_groups(model, last)
    blocks = [group for group in groups if group[0].name not in last]
    if isinstance(unfreeze, tuple):
        layers = [layer for group in blocks for layer in group]
        for pattern in unfreeze:
            if not any(fnmatchcase(layer.name, pattern) for layer in layers):
                what = f"transfer.unfreeze has {pattern!r}, which no layer of model"
                names = ", ".join(layer.name for layer in layers[:MOST_NAMES])
                raise ConfigError(f"{what} {name!r} is named", f"there are {names}")
        return [
            layer
            for layer in layers
            if not any(fnmatchcase(layer.name, pattern) for pattern in unfreeze)
        ]
    count = unfreeze if isinstance(unfreeze, int) else 0
    if count > len(blocks):
        what = f"transfer.unfreeze (={count}) is more than the {len(blocks)} blocks"
        raise ConfigError(f"{what} of model {name!r}", "lower it, or set it to 'all'")
    return [layer for group in blocks[: len(blocks) - count] for layer in group]


def rate_factors(config: Config, model: keras.Model) -> dict[str, float]:
    """Return factors of the learning rate of trained variables, by path.

    The last layers have 1. Each block has `transfer.layer_decay` times the factor of the
    block after it (Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.2).
    """
    factors, decay = config.model.rate_factors(model), config.transfer.layer_decay
    if decay != 1:
        groups = layer_groups(model, config.model.last_layers)
        for distance, group in enumerate(reversed(groups)):
            for variable in (each for layer in group for each in layer.weights):
                path = variable.path
                factors[path] = factors.get(path, 1.0) * decay**distance
    trained = {variable.path for variable in model.trainable_variables}
    return {path: factor for path, factor in factors.items() if path in trained}


def layer_groups(
    model: keras.Model, last_layers: tuple[str, ...]
) -> list[list[keras.layers.Layer]]:
    """Return the layers with weights in groups, from the first to the last layers.

    What comes before the first block is a group, and so are each block, with what follows
    it, and the last layers. Without blocks, each layer with a kernel begins a group.

    Args:
        model: The model.
        last_layers: Names of the last layers of its family.
    """
    layers = [layer for layer in model.layers if layer.weights]
    has_blocks = any(BLOCK.fullmatch(layer.name) for layer in layers)
    groups: list[list[keras.layers.Layer]] = [[]]
    last: list[keras.layers.Layer] = []
    for layer in layers:
        if layer.name in last_layers:
            last.append(layer)
            continue
        begins = BLOCK.fullmatch(layer.name) if has_blocks else _has_kernel(layer)
        if begins and groups[-1]:
            groups.append([])
        groups[-1].append(layer)
    return [group for group in (*groups, last) if group]


def _has_kernel(layer: keras.layers.Layer) -> bool:
    return any(len(each.shape) > 1 for each in layer.weights)
