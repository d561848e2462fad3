"""Checkpoints of a model that is built again in the same process.

Keras numbers unnamed layers across a process: `dense/kernel` becomes `dense_2/kernel`
when a notebook cell runs again.
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

    It is returned unchanged unless two things hold: its names differ from those of the
    model only in numbers, and the numbers increase in the same order. Only then does
    the position of a variable identify it.
    """
    saved = list(snapshot.details["dtypes"])
    current = [n for n in state.variables(model) if not state.is_metric(n)]
    saved = [n for n in saved if not state.is_metric(n)]
    if set(saved) == set(current) or _pattern(saved) != _pattern(current):
        return snapshot
    names = dict(zip(saved, current, strict=True))
    arrays = {names.get(n, n): a for n, a in snapshot.arrays.items()}
    dtypes = {names.get(n, n): d for n, d in snapshot.details["dtypes"].items()}
    return replace(
        snapshot, arrays=arrays, details=snapshot.details | {"dtypes": dtypes}
    )


def _pattern(names: list[str]) -> list[Any]:
    """Return names with their numbers replaced by ranks.

    A missing number ranks lowest. Ranks are counted for each part of a name separately.
    """
    parts = [re.split(r"([/#])", name) for name in names]
    bases = [[NUMBER.sub("", part) for part in line] for line in parts]
    used: defaultdict[str, set[tuple[int, ...]]] = defaultdict(set)
    for line, stripped in zip(parts, bases, strict=True):
        for part, base in zip(line, stripped, strict=True):
            used[base].add(_numbers(part))
    ranks = {
        base: {numbers: rank for rank, numbers in enumerate(sorted(all_numbers))}
        for base, all_numbers in used.items()
    }
    return [
        [(base, ranks[base][_numbers(part)]) for part, base in zip(*both, strict=True)]
        for both in zip(parts, bases, strict=True)
    ]


def _numbers(part: str) -> tuple[int, ...]:
    return tuple(int(number) for number in NUMBER.findall(part))
