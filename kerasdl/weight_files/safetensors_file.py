"""The safetensors format, https://huggingface.co/docs/safetensors.

The library maps files into memory, so that a tensor that is copied takes its bytes
twice, and its NumPy part reads no bfloat16.
"""

import math
import os
import struct
from collections import Counter
from pathlib import Path
from typing import IO, Any

from kerasdl import untrusted
from kerasdl.errors import UnsafeError
from kerasdl.weight_files.stored_tensor import (
    DTYPES,
    StoredTensor,
    is_shape,
    plain_tensor,
)

METADATA = "__metadata__"
HINT = "do not use it"


def safetensors(file: IO[bytes], path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of an open file, by name.

    Raises:
        OSError: If it cannot be read.
        UnsafeError: If two tensors share a name or bytes, if bytes belong to none, or if
            it claims more than it holds.
        ValueError: If it is damaged.
    """
    size = os.fstat(file.fileno()).st_size
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(size - 8, untrusted.MAX_JSON_BYTES):
        what = f"{path} claims a header of {length:,} bytes"
        raise UnsafeError(f"{what}, and holds {size:,}", HINT)
    header = untrusted.parse_json(file.read(length), str(path), hook=_unique)
    if not isinstance(header, dict):
        raise TypeError("its header is no table")
    header.pop(METADATA, None)
    begin = 8 + length
    places = {name: _place(name, entry) for name, entry in header.items()}
    end = 0
    for name, (_, _, offsets) in sorted(places.items(), key=lambda each: each[1][2]):
        if offsets[0] != end:
            what = f"{path} has bytes of {name[:80]!r} that are of another tensor"
            if offsets[0] > end:
                what = f"{path} has bytes before {name[:80]!r} that are of no tensor"
            raise UnsafeError(what, HINT)
        end = offsets[1]
    if begin + end != size:
        what = f"{path} claims {begin + end:,} bytes, and holds {size:,}"
        raise UnsafeError(what, "get it again")
    return {
        name: plain_tensor(file, begin + offsets[0], dtype, shape)
        for name, (dtype, shape, offsets) in places.items()
    }


def _place(name: str, entry: Any) -> tuple[Any, tuple[int, ...], tuple[int, int]]:
    """Return dtype, shape and the first and last place of the bytes of a tensor."""
    if not isinstance(entry, dict):
        raise TypeError(f"the entry of {name[:80]!r} is no table")
    dtype: Any = entry.get("dtype")
    shape: Any = entry.get("shape")
    offsets: Any = entry.get("data_offsets")
    if dtype not in DTYPES:
        raise ValueError(f"{name[:80]!r} has the dtype {str(dtype)[:20]!r}")
    if not is_shape(shape):
        raise ValueError(f"{name[:80]!r} has the shape {str(shape)[:80]}")
    are_places = isinstance(offsets, list) and len(offsets) == 2
    if not are_places or not all(type(each) is int and each >= 0 for each in offsets):
        raise ValueError(f"{name[:80]!r} has the places {str(offsets)[:80]}")
    needed = math.prod(shape) * DTYPES[dtype].itemsize
    if offsets[1] - offsets[0] != needed:
        what = f"{name[:80]!r} claims {needed:,} bytes by its shape"
        raise ValueError(f"{what}, and {offsets[1] - offsets[0]:,} by its places")
    return DTYPES[dtype], tuple(shape), (offsets[0], offsets[1])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a table of JSON; refuse names that come twice."""
    table = dict(pairs)
    if len(table) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = counts.most_common(1)[0][0]
        raise UnsafeError(f"a header has {twice[:80]!r} twice", HINT)
    return table
