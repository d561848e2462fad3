"""Contract test of kinds of data."""

import json
from dataclasses import replace

import numpy as np

from kerasdl.data import Encoding, Examples
from kerasdl.data.kinds.kind import Kind
from kerasdl.testing.require import require


def check_kind(kind: Kind) -> None:
    """Check that a kind reads, splits and encodes data, and restores its encoding.

    Args:
        kind: The `[data]` table of the kind, with a `name` that can be read.

    Raises:
        AssertionError: If it does not.
    """
    from kerasdl import config as configs
    from kerasdl.jobs import encodings
    from kerasdl.jobs.dataset import examples, prepare

    config = replace(configs.load(), data=kind)
    kind.check_source()
    raw = kind.read()
    require(
        raw.sha256() == kind.read().sha256(), "reading again gives a different digest"
    )
    dataset, again = prepare(raw, config), prepare(raw, config)
    for name, model_input in dataset.preprocessing.signature.items():
        has = "numbers" if model_input.vocabulary_size is None else "tokens"
        require(
            has == kind.INPUTS, f"input {name!r} has {has}, INPUTS says {kind.INPUTS!r}"
        )
    for name in ("train", "validation", "test"):
        first, second = (getattr(part, name) for part in (dataset, again))
        require(_same(first, second), f"the {name} split differs the second time")
        _check_examples(first, dataset.encoding)
    if (weights := dataset.weights) is not None:
        shape = (len(dataset.train),)
        require(weights.shape == shape, f"weights have shape {weights.shape}")
    values = json.loads(json.dumps(dataset.encoding.to_json()))
    restored = encodings.from_json(values)
    require(
        _same(examples(raw, config, restored), examples(raw, config, dataset.encoding)),
        "an encoding restored from to_json encodes new data differently",
    )


def _check_examples(examples: Examples, encoding: Encoding) -> None:
    if not len(examples):
        return
    x, y = examples.arrays()
    require(len(x) == len(y) == len(examples), "inputs and targets differ in number")
    require(
        x.shape[1:] == encoding.input_shape,
        f"inputs have shape {x.shape[1:]}, the signature says {encoding.input_shape}",
    )
    rows = np.arange(len(examples))
    for epoch in (0, 1):
        whole = examples.take(rows, epoch)
        some = examples.take(rows[::-2], epoch)
        same = all(
            np.array_equal(one, other[::-2])
            for one, other in zip(some, whole, strict=True)
        )
        require(same, f"take does not select by rows in epoch {epoch}")
        same = _equal(whole, (x, y))
        if epoch == 0 or examples.resident() is not None:
            require(same, f"take differs from arrays in epoch {epoch}")


def _same(one: Examples, other: Examples) -> bool:
    return _equal(one.arrays(), other.arrays())


def _equal(one: tuple, other: tuple) -> bool:
    return all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
