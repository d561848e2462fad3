"""What building a stranger's model may take."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
from keras.src.models import functional

from kerasdl import untrusted
from kerasdl.errors import KerasDLError, ModelFileError, UnsafeError
from kerasdl.model_file.allowlist import HINT, MAX_OBJECTS

MAX_TENSOR = 1 << 26
"""Numbers for one example in what a layer takes or gives."""
MAX_CALLS = 2 * MAX_OBJECTS
"""Of layers; Keras tries those again whose input it has not built yet."""
MAX_TIMES = 4
"""How often the weights of the file may be built; Bidirectional builds its layer, too."""
BYTES = 4


@contextlib.contextmanager
def limits(weights: int, path: Path, largest: int = MAX_TENSOR) -> Iterator[None]:
    """Refuse what takes memory or time that no bytes of the file account for.

    Args:
        weights: Numbers that the file holds.
        path: The file, for messages.
        largest: Numbers that a tensor may have for one example.

    Raises:
        UnsafeError: If the body makes a tensor of more than `largest` numbers, or
            more than `MAX_CALLS` calls of layers.
        KerasDLError: As `mismatch`, if it builds more weights.
    """
    add_weight = keras.layers.Layer.add_weight
    init_tensor = keras.KerasTensor.__init__
    deserialize_node = functional.deserialize_node
    used = calls = 0
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
        if math.prod(length or 1 for length in self.shape) > largest:
            refuse(UnsafeError, f"{path} describes a tensor of shape {self.shape}")

    def called(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > MAX_CALLS:
            refuse(UnsafeError, f"{path} lists its layers in no order")
        return deserialize_node(*args)

    keras.layers.Layer.add_weight = counted
    keras.KerasTensor.__init__ = bounded
    functional.deserialize_node = called
    try:
        yield
    except Exception:
        if not faults:
            raise
    finally:
        keras.layers.Layer.add_weight = add_weight
        keras.KerasTensor.__init__ = init_tensor
        functional.deserialize_node = deserialize_node
    if faults:  # Keras may have raised another error instead, or gone on
        raise faults[0]


def mismatch(claimed: int, there: int) -> type[KerasDLError]:
    """Return the error for so many weights of another model, or for a bomb."""
    bomb = untrusted.is_bomb(BYTES * claimed, BYTES * there)
    return UnsafeError if bomb else ModelFileError
