"""What building a stranger's model may take."""

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
"""Numbers for one example in what a layer takes or gives."""
MAX_CALLS = 2 * MAX_OBJECTS
"""Of layers; Keras tries those again whose input it has not built yet."""
MAX_TIMES = 4
"""How often the weights of the file may be built, as Bidirectional builds its layer
twice, and how many times as large as they all a tensor may be."""
BYTES = 4


@dataclass
class Sizes:
    """What was seen of a model while it was built.

    Args:
        largest: Numbers for one example in its largest tensor.
    """

    largest: int = 1


@contextlib.contextmanager
def limits(weights: int, path: Path, largest: int = MAX_TENSOR) -> Iterator[Sizes]:
    """Refuse what takes memory or time that no bytes of the file account for.

    Args:
        weights: Numbers that the file holds.
        path: The file, for messages.
        largest: Numbers that a tensor may have for one example, if those are not more
            than `MAX_TIMES` the weights.

    Yields:
        What is seen of the model, filled in by the body.

    Raises:
        UnsafeError: If the body makes a tensor of more numbers, the scores of
            attention among them, or more than `MAX_CALLS` calls of layers.
        KerasDLError: As `mismatch`, if it builds more weights.
    """
    add_weight, call = keras.layers.Layer.add_weight, keras.layers.Layer.__call__
    init_tensor = keras.KerasTensor.__init__
    deserialize_node = DESERIALIZE_NODE.get()
    used = calls = 0
    sizes, largest = Sizes(), max(largest, MAX_TIMES * weights)
    faults: list[KerasDLError] = []

    def refuse(kind: type[KerasDLError], what: str) -> None:
        faults.append(kind(what, HINT))
        raise faults[0]

    def counted(self: Any, shape: Any = None, *args: Any, **kwargs: Any) -> Any:
        nonlocal used
        used += math.prod(shape or ())
        if used > MAX_TIMES * weights:
            what = f"{path} holds {weights:,} weights, its model has more"
            refuse(mismatch(used, weights), what)
        return add_weight(self, shape, *args, **kwargs)

    def bounded(self: Any, shape: Any, *args: Any, **kwargs: Any) -> None:
        init_tensor(self, shape, *args, **kwargs)
        measure(math.prod(length or 1 for length in self.shape), self.shape)

    def measure(size: int, shape: tuple) -> None:
        sizes.largest = max(sizes.largest, size)
        if size > largest:
            refuse(UnsafeError, f"{path} describes a tensor of shape {shape}")

    def attending(self: Any, *args: Any, **kwargs: Any) -> Any:
        shape = scores(self, keras.tree.flatten((args, kwargs)))
        measure(math.prod(shape), shape)
        return call(self, *args, **kwargs)

    def called(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > MAX_CALLS:
            refuse(UnsafeError, f"{path} lists its layers in no order")
        return deserialize_node(*args)

    keras.layers.Layer.add_weight = counted
    keras.layers.Layer.__call__ = attending
    keras.KerasTensor.__init__ = bounded
    DESERIALIZE_NODE.set(called)
    try:
        yield sizes
    except Exception:
        if not faults:
            raise
    finally:
        keras.layers.Layer.add_weight = add_weight
        keras.layers.Layer.__call__ = call
        keras.KerasTensor.__init__ = init_tensor
        DESERIALIZE_NODE.set(deserialize_node)
    if faults:  # Keras may have raised another error instead, or gone on
        raise faults[0]


def scores(layer: keras.layers.Layer, arguments: list[Any]) -> tuple[int, ...]:
    """Return the shape of what attention computes inside of a layer for one example.

    It stands in no output: a number for each pair of positions, and for each head.

    Args:
        layer: Any layer; one that does not attend gives `()`, as does a model, whose
            layers are called one by one.
        arguments: What it is called with.
    """
    parts: list[Any] = []
    if not isinstance(layer, keras.Model):
        parts = flatten_layers(layer)
    given = (getattr(each, "shape", None) for each in arguments)
    shapes: list[Any] = [shape for shape in given if shape and len(shape) > 2]
    if not shapes:
        return ()
    lengths = [math.prod(n or 1 for n in shape[1:-1]) for shape in shapes]
    heads = max((_heads(part, shapes[0][-1] or 1) for part in parts), default=0)
    return (heads, lengths[0], max(lengths)) if heads else ()


def _heads(layer: keras.layers.Layer, width: int) -> int:
    """Return how many numbers a layer computes for a pair of positions of a width."""
    match layer:
        case keras.layers.AdditiveAttention():
            return width
        case keras.layers.Attention():
            return 1
        case keras.layers.GroupQueryAttention():
            return layer.num_query_heads
    return getattr(layer, "num_heads", 0)


def mismatch(claimed: int, there: int) -> type[KerasDLError]:
    """Return the error for so many weights of another model, or for a bomb."""
    bomb = untrusted.is_bomb(BYTES * claimed, BYTES * there)
    return UnsafeError if bomb else ModelFileError
