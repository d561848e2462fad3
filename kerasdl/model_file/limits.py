"""Limits on memory and time for building an untrusted model."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kerasdl import untrusted
from kerasdl.backend.keras_internals import DESERIALIZE_NODE, flatten_layers
from kerasdl.errors import KerasDLError, ModelFileError, UnsafeError
from kerasdl.model_file.allowlist import HINT, MAX_OBJECTS

MAX_TENSOR = 1 << 26
"""Largest size of a layer's input or output for one example, in numbers."""
MAX_CALLS = 2 * MAX_OBJECTS
"""Limit on layer calls; Keras retries layers whose input is not built yet."""
MAX_TIMES = 4
"""How many times the file's weights may be built, since Bidirectional builds its layer
twice. A tensor may also be this many times as large as all weights."""
BYTES = 4


@dataclass
class Sizes:
    """Sizes measured while a model is built.

    Args:
        largest: Numbers in its largest tensor, for one example.
    """

    largest: int = 1


@contextlib.contextmanager
def limits(weights: int, path: Path, largest: int = MAX_TENSOR) -> Iterator[Sizes]:
    """Refuse a model that takes more memory or time than the size of its file explains.

    Args:
        weights: Number of weights in the file.
        path: The file, for messages.
        largest: Limit on the numbers in a tensor for one example; `MAX_TIMES` the
            weights if that is more.

    Yields:
        The sizes of the model, measured while the body runs.

    Raises:
        UnsafeError: If the body makes a larger tensor, including attention scores, or
            more than `MAX_CALLS` calls of layers.
        KerasDLError: As `mismatch`, if it builds more weights.
    """
    add_weight, call = keras.layers.Layer.add_weight, keras.layers.Layer.__call__
    init_tensor = keras.KerasTensor.__init__
    deserialize_node = DESERIALIZE_NODE.get()
    used = calls = 0
    sizes, largest = Sizes(), max(largest, MAX_TIMES * weights)
    errors: list[KerasDLError] = []

    def refuse(kind: type[KerasDLError], what: str) -> None:
        errors.append(kind(what, HINT))
        raise errors[0]

    def counted_weight(self: Any, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        nonlocal used
        used += math.prod(shape or ())
        if used > MAX_TIMES * weights:
            what = f"{path} holds {weights:,} weights, its model has more"
            refuse(mismatch(used, weights), what)
        return add_weight(self, shape, *args, **kwargs)

    def bounded_tensor(self: Any, shape: Any, *args: Any, **kwargs: Any) -> None:
        init_tensor(self, shape, *args, **kwargs)
        measure(math.prod(length or 1 for length in self.shape), self.shape)

    def measure(size: int, shape: tuple) -> None:
        sizes.largest = max(sizes.largest, size)
        if size > largest:
            refuse(UnsafeError, f"{path} has too large a tensor of shape {shape}")

    def bounded_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        shape = scores(self, keras.tree.flatten((args, kwargs)))
        measure(math.prod(shape), shape)
        return call(self, *args, **kwargs)

    def counted_call(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > MAX_CALLS:
            refuse(UnsafeError, f"{path} takes more than {MAX_CALLS:,} layer calls")
        return deserialize_node(*args)

    keras.layers.Layer.add_weight = counted_weight
    keras.layers.Layer.__call__ = bounded_call
    keras.KerasTensor.__init__ = bounded_tensor
    DESERIALIZE_NODE.set(counted_call)
    try:
        yield sizes
    except Exception:
        if not errors:
            raise
    finally:
        keras.layers.Layer.add_weight = add_weight
        keras.layers.Layer.__call__ = call
        keras.KerasTensor.__init__ = init_tensor
        DESERIALIZE_NODE.set(deserialize_node)
    if errors:  # Keras may have raised another error instead, or continued
        raise errors[0]


def scores(layer: keras.layers.Layer, arguments: list[Any]) -> tuple[int, ...]:
    """Return the shape of the attention scores inside a layer, for one example.

    No output shows it: it has one number for each pair of positions and each head.

    Args:
        layer: Any layer. The result is `()` for a layer without attention, and for a
            model, whose layers are called one by one.
        arguments: The arguments of its call.
    """
    parts: list[Any] = []
    if not isinstance(layer, keras.Model):
        parts = flatten_layers(layer)
    all_shapes = (getattr(each, "shape", None) for each in arguments)
    shapes: list[Any] = [shape for shape in all_shapes if shape and len(shape) > 2]
    if not shapes:
        return ()
    lengths = [math.prod(n or 1 for n in shape[1:-1]) for shape in shapes]
    heads = max((_heads(part, shapes[0][-1] or 1) for part in parts), default=0)
    return (heads, lengths[0], max(lengths)) if heads else ()


def _heads(layer: keras.layers.Layer, width: int) -> int:
    """Return the numbers that a layer computes for each pair of positions."""
    match layer:
        case keras.layers.AdditiveAttention():
            return width
        case keras.layers.Attention():
            return 1
        case keras.layers.GroupQueryAttention():
            return layer.num_query_heads
    return getattr(layer, "num_heads", 0)


def mismatch(claimed: int, actual: int) -> type[KerasDLError]:
    """Return the error class for a wrong or a far too large number of weights."""
    bomb = untrusted.is_bomb(BYTES * claimed, BYTES * actual)
    return UnsafeError if bomb else ModelFileError
