"""The tensors that the pickle of a PyTorch file describes."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from kerasdl.errors import UnsafeError
from kerasdl.weight_files.pickled_data import HINT, TABLE, Call, Name, Stored
from kerasdl.weight_files.stored_tensor import DTYPES, StoredTensor, is_shape, widened

STORAGES = {
    "torch.BoolStorage": DTYPES["BOOL"],
    "torch.ByteStorage": DTYPES["U8"],
    "torch.CharStorage": DTYPES["I8"],
    "torch.ShortStorage": DTYPES["I16"],
    "torch.IntStorage": DTYPES["I32"],
    "torch.LongStorage": DTYPES["I64"],
    "torch.HalfStorage": DTYPES["F16"],
    "torch.BFloat16Storage": DTYPES["BF16"],
    "torch.FloatStorage": DTYPES["F32"],
    "torch.DoubleStorage": DTYPES["F64"],
}
TENSOR, PARAMETER = "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"
ALLOWED = frozenset({*STORAGES, TENSOR, PARAMETER, TABLE})
"""The names that may be in such a pickle."""
STATES = ("state_dict", "model_state_dict", "model", "module", "net")
"""Names under which training loops keep the weights among other things."""


class Storage(NamedTuple):
    """The numbers of one or more tensors, in a file.

    Args:
        key: What tells it from others in the file.
        dtype: Their dtype.
    """

    key: str
    dtype: np.dtype


def storages(value: Any) -> Iterator[Storage]:
    """Yield the storages of all tensors in a value."""
    waiting, seen = [value], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:  # a table may hold itself
            continue
        seen.add(id(each))
        match each:
            case dict() as table:
                waiting += table.values()
            case list() | tuple() as values:
                waiting += values
            case Call(_, arguments):
                waiting += arguments
            case Stored(key):
                yield _storage(key)


def torch_tensors(
    value: Any,
    read: Callable[[Storage, int, int], np.ndarray],
    count: Callable[[Storage], int],
) -> dict[str, StoredTensor]:
    """Return the tensors of a table, by name, or those of its table of weights.

    Args:
        value: What a pickle describes.
        read: Returns numbers of a storage, from the first one on, and as many.
        count: Returns how many there are.

    Raises:
        UnsafeError: If a tensor claims more numbers than its storage holds.
        ValueError: If it is no table of tensors.
    """
    calls = _state(value)
    tensors: dict[str, StoredTensor] = {}
    for name, call in calls.items():
        while call.path == PARAMETER:
            call = _tensor_call(call.arguments[0])
        stored, offset, shape, strides, _, _, *metadata = call.arguments
        if any(metadata):
            raise ValueError(f"{name[:80]!r} is a conjugated or negated view")
        storage = _storage(stored.key) if isinstance(stored, Stored) else None
        are_places = is_shape(shape) and is_shape(strides) and is_shape([offset])
        if storage is None or not are_places or len(shape) != len(strides):
            raise ValueError(f"{name[:80]!r} is no tensor")
        steps = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        numbers, held = math.prod(shape), count(storage)
        span = steps + 1 if numbers else 0
        if numbers > held or offset + span > held:
            what = f"{name[:80]!r} claims {numbers:,} numbers of {held:,}"
            raise UnsafeError(what, HINT)
        part = partial(read, storage, offset, span)
        tensors[name] = _tensor(part, tuple(shape), tuple(strides))
    return tensors


def _tensor(
    read: Callable[[], np.ndarray], shape: tuple[int, ...], strides: tuple[int, ...]
) -> StoredTensor:
    def view() -> np.ndarray:
        values = read()
        if not len(values):
            return widened(values.reshape(shape))
        steps = [step * values.itemsize for step in strides]
        viewed = np.lib.stride_tricks.as_strided(values, shape, steps, writeable=False)
        return widened(viewed.copy())

    return StoredTensor(shape, view)


def _state(value: Any) -> dict[str, Call]:
    """Return the table of tensors: the value, or the one that it holds."""
    tables = {"": value} | (value if isinstance(value, dict) else {})
    states = {
        id(table): _is_state(table)
        for table in {id(t): t for t in tables.values()}.values()
    }
    found = {name: table for name, table in tables.items() if states[id(table)]}
    for name in ("", *STATES):
        if name in found:
            return found[name]
    if len(found) != 1:
        names = ", ".join(name[:40] for name in sorted(found)[:4]) or "none"
        raise ValueError(f"it has no table of weights to take; tables: {names}")
    [state] = found.values()
    return state


def _is_state(table: Any) -> bool:
    return (
        isinstance(table, Mapping)
        and len(table) > 0
        and all(
            isinstance(each, Call) and len(each.arguments) for each in table.values()
        )
    )


def _tensor_call(value: Any) -> Call:
    if not isinstance(value, Call) or not value.arguments:
        raise ValueError("a parameter is no tensor")
    return value


def _storage(key: Any) -> Storage:
    """Return the storage that a pickle names, as `("storage", kind, key, …)`."""
    if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage":
        raise ValueError("it keeps what is no storage")
    if any(each is not None for each in key[5:]):
        raise ValueError("a storage is a view of another one")
    kind = key[1].path if isinstance(key[1], Name) else ""
    if kind not in STORAGES or not isinstance(key[2], str):
        raise ValueError(f"it has the storage {kind[:80]!r}")
    return Storage(key[2], STORAGES[kind])
