"""A warning about batch normalisation over a single value, which becomes 0."""

import math

import keras

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.finding import Finding


def batch_norm_of_one(
    model: keras.Model,
    examples: int,
    batch_size: int,
    key: str = "training.batch_size",
) -> Finding | None:
    """Return a finding about layers that normalise a single value, or None.

    The deviation of one value from its own mean is 0, and so is its variance. The moving
    statistics follow that variance.

    Args:
        model: A built model.
        examples: Examples in an epoch; the last batch holds the remainder.
        batch_size: Examples in a batch.
        key: Name of the batch size, for the hint.
    """
    smallest = examples % batch_size or batch_size
    if not (names := _names(model, smallest)):
        return None
    which = f"{names[0]} normalises"
    if len(names) > 1:
        which = f"{names[0]} and {len(names) - 1} more normalise"
    if smallest == min(batch_size, examples):
        where, hint = "each batch has 1 example", f"raise {key}"
        hint = hint if examples > 1 else "give more examples"
    else:
        where = f"the last batch of an epoch has 1 example of {examples}"
        sizes = (size for size in range(batch_size + 1, 2 * examples))
        better = next(size for size in sizes if examples % size != 1)
        hint = f"set {key} to {better}"
    what = (
        f"{which} 1 value, since {where}: it becomes 0 whatever it is, and "
        "nothing is learned from it"
    )
    return Finding("batch-normalization", what, hint, names[0], 1, ">= 2 values")


def _names(model: keras.Model, batch_size: int) -> list[str]:
    """Return the paths of the layers that normalise one value in a batch."""
    return [
        layer.path
        for layer in flatten_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization)
        and layer.trainable
        and layer.built
        and _values(layer) * batch_size == 1
    ]


def _values(layer: keras.layers.BatchNormalization) -> float:
    """Return the number of values per example in each mean of a layer."""
    shape = list(layer.get_build_config()["input_shape"])
    del shape[layer.axis]
    positions = shape[1:]
    return math.inf if None in positions else math.prod(positions)
