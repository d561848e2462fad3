"""HDF5 weights as Keras writes them, inspected and read without Keras."""

import math
import re
from collections.abc import Iterator
from functools import partial
from typing import IO

import h5py
import numpy as np

from kerasdl.errors import UnsafeError
from kerasdl.weight_files.stored_tensor import DTYPES, StoredTensor, widened

MAX_OBJECTS = 10_000
"""Limit on groups and arrays, each of which takes a fifth of a millisecond to check."""
MAX_DEPTH = 32
"""Limit on groups in groups; each part of a layer is one or two."""
LAYER_NAME = r"[^/\x00-\x1f\x7f]{1,256}"
MAX_ATTRIBUTES = 2
"""Limit for a group or array; Keras writes at most one, the name of a dtype."""
MAX_ATTRIBUTE_BYTES = 1 << 10
BFLOAT16 = np.dtype("V2")
"""The dtype by which h5py represents bfloat16, which NumPy lacks."""
OPTIMIZER = "/optimizer/"
MAGIC = b"\x89HDF\r\n\x1a\n"
"""The first bytes of a file."""
HINT = "restore the model that belongs to this run, or train again"


def count(file: IO[bytes], size: int, name: str) -> int:
    """Return the number of weights in an HDF5 file, after checking that it is safe.

    The state of an optimizer is checked but not counted.

    Args:
        file: The HDF5 file.
        size: Bytes in it.
        name: Where it is from, for messages.

    Raises:
        OSError: As h5py, if it is damaged.
        UnsafeError: If it holds links, anything but plain numeric arrays, or arrays
            that claim more bytes than it has.
    """
    numbers = claimed = 0
    with h5py.File(file, "r") as weights:
        for array in _arrays(weights, name):
            _check_array(array, f"{array.name} in {name}")
            if not array.name.startswith(OPTIMIZER):
                numbers += math.prod(array.shape)
            claimed += array.id.get_storage_size()
            if claimed > size:  # several arrays may claim the same bytes
                what = f"the arrays in {name} claim more than its {size:,} bytes"
                raise UnsafeError(what, HINT)
    return numbers


def tensors(weights: h5py.File) -> dict[str, StoredTensor]:
    """Return the weights of a file of `Model.save_weights`, which `count` has checked.

    Their names are those of layers, from the outermost to the innermost, and the place
    among the variables of the innermost one: `block_1/conv_2.0`. Arrays of integers, such
    as the state of a seed, are left out.
    """
    found: dict[str, StoredTensor] = {}
    groups: list[tuple[h5py.Group, str, int]] = [(weights, "", 0)]
    while groups:
        group, outer, depth = groups.pop()
        if depth > MAX_DEPTH:
            raise UnsafeError("it has groups in groups without end", HINT)
        if depth and isinstance(variables := group.get("vars"), h5py.Group):
            name = _layer_name(variables)
            outer = f"{outer}/{name}" if outer else name
            for place, array in variables.items():
                if f"{outer}.{place}" in found:
                    raise UnsafeError(f"it has {outer!r} twice", HINT)
                if not isinstance(array, h5py.Dataset):
                    raise TypeError(f"{array.name[:80]} is no array")
                if array.dtype.kind == "f" or array.dtype == BFLOAT16:
                    read = partial(_read, array)
                    found[f"{outer}.{place}"] = StoredTensor(array.shape, read)
        for key, part in group.items():
            if key == "vars" or (key == OPTIMIZER.strip("/") and not depth):
                continue
            if not isinstance(part, h5py.Group):
                raise TypeError(f"{part.name[:80]} is not where Keras writes weights")
            groups.append((part, outer, depth + 1))
    return found


def _layer_name(variables: h5py.Group) -> str:
    """Return the name of the layer that has these variables."""
    if "name" not in variables.attrs or variables.attrs.get_id("name").shape != ():
        raise ValueError(f"{variables.name[:80]} is of no layer")
    name = variables.attrs["name"]
    if not isinstance(name, str) or not re.fullmatch(LAYER_NAME, name):
        raise UnsafeError(f"{variables.name[:80]} has an odd name", HINT)
    return name


def _read(array: h5py.Dataset) -> np.ndarray:
    values = array[()]
    is_bfloat16 = array.dtype == BFLOAT16
    return widened(values.view(DTYPES["BF16"]) if is_bfloat16 else values)


def _arrays(root: h5py.Group, name: str) -> Iterator[h5py.Dataset]:
    """Yield the arrays below a group; refuse links and parts with two names."""
    groups = [root]
    seen = {h5py.h5o.get_info(root.id).addr}
    _check_attributes(root, name)
    while groups:
        parent = groups.pop()
        if len(seen) + len(parent) > MAX_OBJECTS:
            raise UnsafeError(f"{name} has more than {MAX_OBJECTS:,} parts", HINT)
        for key in parent:
            if not isinstance(parent.get(key, getlink=True), h5py.HardLink):
                raise UnsafeError(f"{name} has a link, {key!r:.80}", HINT)
            part = parent[key]
            address = h5py.h5o.get_info(part.id).addr
            if address in seen:  # a cycle would never end
                raise UnsafeError(f"{name} has {part.name:.80} under two names", HINT)
            seen.add(address)
            _check_attributes(part, name)
            if isinstance(part, h5py.Group):
                groups.append(part)
            elif isinstance(part, h5py.Dataset):
                yield part
            else:
                raise UnsafeError(f"{part.name:.80} in {name} is not an array", HINT)


def _check_attributes(part: h5py.Group | h5py.Dataset, name: str) -> None:
    """Refuse too many or too long attributes."""
    attributes = part.attrs
    if len(attributes) > MAX_ATTRIBUTES or any(
        attributes.get_id(key).get_storage_size() > MAX_ATTRIBUTE_BYTES
        for key in attributes
    ):
        what = f"{part.name:.80} in {name} has too many or too long attributes"
        raise UnsafeError(what, HINT)


def _check_array(array: h5py.Dataset, what: str) -> None:
    """Refuse an array that is not numeric, or that lacks bytes in the file."""
    if array.dtype.kind not in "biuf" and array.dtype != BFLOAT16:
        raise UnsafeError(f"{what} is not numeric", HINT)
    if array.is_virtual or array.external or array.chunks:
        raise UnsafeError(f"{what} is not stored as Keras does", HINT)
    needed = math.prod(array.shape) * array.id.get_type().get_size()
    if array.id.get_storage_size() != needed:
        raise UnsafeError(f"{what} lacks the bytes for its shape {array.shape}", HINT)
