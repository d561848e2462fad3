"""Checkpoints of the same model, built once more in one process.

Keras numbers layers without a name of their own through a whole process: what was
`dense/kernel` is `dense_2/kernel` when a notebook's cell runs again.
"""

import re
from collections import defaultdict
from dataclasses import replace
from typing import Any

import keras

from kerasdl.checkpoint import state
from kerasdl.checkpoint.snapshot import Snapshot

NUMBER = re.compile(r"_(\d+)(?=[/_#]|$)")


def renumbered(model: keras.Model, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot under the names of the model's variables.

    It is returned as it is unless its names are those of the model but for numbers, and
    the numbers rise in the same order: only then a variable's place tells which it is.
    """
    saved = list(snapshot.details["dtypes"])
    now = [n for n in state.variables(model) if not state.is_metric(n)]
    kept = [n for n in saved if not state.is_metric(n)]
    if set(kept) == set(now) or _pattern(kept) != _pattern(now):
        return snapshot
    names = dict(zip(kept, now, strict=True))
    arrays = {names.get(n, n): a for n, a in snapshot.arrays.items()}
    dtypes = {names.get(n, n): d for n, d in snapshot.details["dtypes"].items()}
    return replace(
        snapshot, arrays=arrays, details=snapshot.details | {"dtypes": dtypes}
    )


def _pattern(names: list[str]) -> list[Any]:
    """Return what is left of names if only the order of their numbers counts.

    No number is the lowest one. Each place in a name has numbers of its own.
    """
    parts = [re.split(r"([/#])", name) for name in names]
    bases = [[NUMBER.sub("", part) for part in line] for line in parts]
    used: defaultdict[str, set[tuple[int, ...]]] = defaultdict(set)
    for line, stripped in zip(parts, bases, strict=True):
        for part, base in zip(line, stripped, strict=True):
            used[base].add(_numbers(part))
    ranks = {
        base: {numbers: rank for rank, numbers in enumerate(sorted(found))}
        for base, found in used.items()
    }
    return [
        [(base, ranks[base][_numbers(part)]) for part, base in zip(*both, strict=True)]
        for both in zip(parts, bases, strict=True)
    ]


def _numbers(part: str) -> tuple[int, ...]:
    return tuple(int(number) for number in NUMBER.findall(part))
