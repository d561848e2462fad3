"""Which published tensor a variable of our model is, and how it is laid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasdl.models.published.library import Library, dotted
from kerasdl.weight_files import StoredTensor


@dataclass(frozen=True)
class Counterpart:
    """A published tensor that becomes a variable.

    Args:
        name: Its name.
        third: Which third of its last axis is taken; `""` for all.
        library: The library that names it.
        is_kernel: Whether it is a kernel.
    """

    name: str
    third: str
    library: Library
    is_kernel: bool

    def shape(self, published: Sequence[int]) -> tuple[int, ...]:
        """Return the shape in Keras's layout of a tensor of a published shape."""
        shape = tuple(published[axis] for axis in self._axes(len(published)))
        if self.third and shape and shape[-1] % 3 == 0:
            return (*shape[:-1], shape[-1] // 3)
        return shape

    def array(self, published: np.ndarray) -> np.ndarray:
        """Return the values in Keras's layout."""
        array = published.transpose(self._axes(published.ndim))
        return np.split(array, 3, axis=-1)[int(self.third)] if self.third else array

    def _axes(self, count: int) -> tuple[int, ...]:
        axes = tuple(range(count))
        if count == 4:  # (outputs, inputs, height, width)
            return axes if self.library.channels_last else (2, 3, 1, 0)
        is_turned = self.is_kernel and not self.library.inputs_first
        return axes[::-1] if is_turned else axes


def counterpart(
    path: str, state: Mapping[str, Any], library: Library, prefix: str
) -> Counterpart | None:
    """Return the tensor that a variable is, or None if there is none.

    Args:
        path: Path of the variable in our model.
        state: What was published, by name.
        library: The library that names it.
        prefix: What the names begin with, besides those of the library.
    """
    is_kernel = path.endswith("kernel")
    for name, third in library.names(path):
        for whole in (prefix + name, name):  # a last layer may lack the prefix
            if whole in state:
                return Counterpart(whole, third, library, is_kernel)
    return None


def fits(shape: Sequence[int], variable: keras.Variable) -> bool:
    """Return whether shapes are equal but for axes of length one."""
    squeezed = [[n for n in each if n > 1] for each in (shape, variable.shape)]
    return squeezed[0] == squeezed[1]


def shape_of(
    path: str, tensors: Mapping[str, StoredTensor], library: Library
) -> tuple[int, ...] | None:
    """Return the shape in Keras's layout of the tensor that a variable is; None if absent.

    Args:
        path: Path of the variable in our model.
        tensors: What was published, by name, which may have any prefix.
        library: The library that names it.
    """
    tensors = {dotted(name): tensor for name, tensor in tensors.items()} | {**tensors}
    for name, _ in library.names(path):
        ends = [key for key in tensors if key == name or key.endswith(f".{name}")]
        for key in sorted(ends, key=len)[:1]:
            prefix = key.removesuffix(name)
            if pair := counterpart(path, tensors, library, prefix):
                return pair.shape(tensors[pair.name].shape)
    return None


def prefix_of(
    variables: Sequence[keras.Variable], state: Mapping[str, Any], library: Library
) -> str:
    """Return what all names that some variables need begin with, or an empty string.

    It is such as `module.`, `bert.` or `backbone.`.
    """
    needed = [[name for name, _ in library.names(each.path)] for each in variables]
    needed = [names for names in needed if names]
    if not needed:
        return ""
    candidates = {
        key.removesuffix(name)
        for key in state
        for name in needed[0]
        if key.endswith(f".{name}")
    }
    counts = {
        prefix: sum(any(prefix + name in state for name in names) for names in needed)
        for prefix in ["", *sorted(candidates)]
    }
    return max(counts, key=lambda prefix: counts[prefix])
