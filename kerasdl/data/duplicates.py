"""Examples that are in two parts of a split."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.raw import Raw
from kerasdl.data.row_chunks import array_chunks
from kerasdl.finding import Finding

AnyRaw = TypeVar("AnyRaw", bound=Raw)


def keys_of_texts(texts: Sequence[str]) -> np.ndarray:
    """Return a number for each text that tells it from others, uint64 of `(texts,)`."""
    return _keys(text.encode("utf-8", "surrogatepass") for text in texts)


def keys_of_rows(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return a number for each row that tells it from others, uint64 of `(rows,)`.

    Args:
        values: Numbers of shape `(rows, …)`.
        dtype: The dtype in which they are compared.
    """
    chunks = (chunk.astype(dtype, copy=False) for chunk in array_chunks(values))
    return _keys(row.tobytes() for chunk in chunks for row in chunk)


def _keys(contents: Iterable[bytes]) -> np.ndarray:
    digests = (hashlib.blake2b(content, digest_size=8) for content in contents)
    return np.array([int.from_bytes(each.digest()) for each in digests], "uint64")


def duplicates(
    parts: Parts,
    noun: str,
    keys: Callable[[AnyRaw], np.ndarray],
    place: Callable[[AnyRaw, int], str],
) -> Iterator[Finding]:
    """Yield a finding for each held-out part that has examples in common with training.

    Args:
        parts: The parts.
        noun: What an example is, such as `"text"`.
        keys: Returns a number for each row that tells its content from others, `(rows,)`.
        place: Returns where a row is, for people.
    """
    train = parts.train
    known = keys(train.raw)
    in_training = known[train.rows]
    for name in ("validation", "test"):
        part: Part = getattr(parts, name)
        own = known if part.raw is train.raw else keys(part.raw)
        held_out = own[part.rows]
        copies = np.flatnonzero(np.isin(held_out, in_training))
        if not len(copies):
            continue
        what = f"{len(copies):,} of {len(part.rows):,} {name} {noun}s copy training {noun}s"
        copied = np.flatnonzero(np.isin(in_training, held_out[copies]))
        theirs, ours = part.raw.targets, train.raw.targets
        if theirs is not None and ours is not None:
            originals = _pairs(in_training[copied], ours[train.rows[copied]])
            pairs = _pairs(held_out[copies], theirs[part.rows[copies]])
            in_both = {*originals}
            same = sum(pair in in_both for pair in pairs)
            sort = "class" if isinstance(ours.flat[0], str) else "target"
            what += f", {same:,} with the same {sort}"
        [original, *_] = copied[in_training[copied] == held_out[copies[0]]]
        what += f", such as {place(train.raw, int(train.rows[original]))}"
        what += f" and {place(part.raw, int(part.rows[copies[0]]))}"
        what += f" of {part.raw.source}" if part.raw is not train.raw else ""
        hint, kind = "remove the copies", f"duplicate-{noun}s"
        yield Finding(kind, what, hint, name, len(copies))


def _pairs(keys: np.ndarray, targets: np.ndarray) -> list[tuple[Any, ...]]:
    """Return each key with its target, or its several targets."""
    columns = targets.reshape(len(targets), -1).T.tolist()
    return [*zip(keys.tolist(), *columns, strict=True)]
