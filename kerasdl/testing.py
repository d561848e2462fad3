"""Contract tests for your own layers, families, tasks and kinds.

Each function raises `AssertionError` with the rule that is broken::

    def test_my_network():
        x = np.zeros((6, 28, 28), "float32")
        kerasdl.testing.check_family(MyNetwork(depth=2), x, num_outputs=10)
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasdl import accelerate
from kerasdl.backend import installed
from kerasdl.data import Encoding, Examples
from kerasdl.data.kinds.kind import Kind
from kerasdl.jobs.other_backends import on_other_backends
from kerasdl.models.family import Family
from kerasdl.tasks import Task


def check_layer(
    make: Callable[[], keras.layers.Layer],
    x: Any,
    backends: Sequence[str] | None = None,
) -> None:
    """Check that a layer builds, learns, reloads, and is the same on every backend.

    Args:
        make: Returns a new layer, always with the same arguments.
        x: Inputs of shape `(batch, …)`, floating-point numbers.
        backends: Backends to compare with; by default, all that are installed.

    Raises:
        AssertionError: If it does not.
        KerasDLError: If it cannot be loaded on another backend.
        ValueError: If its class is defined in a function.
    """
    for policy in ("float32", "mixed_bfloat16"):
        former = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            layer = make()
            inputs = keras.Input(x.shape[1:])
            model = keras.Model(inputs, layer(inputs))
        finally:
            keras.config.set_dtype_policy(former)
        _check_forward(model, x)
        _check_learns(model, x, accelerated=False)
        _check_reloads(model, x)
        if policy == "float32":
            others = on_other_backends(_others(backends), type(layer), x, model)
            _check_equal(others, [_outputs(model, x)])
    layer = make()
    method = type(layer).compute_output_shape
    if method is keras.layers.Layer.compute_output_shape:  # not overridden
        return
    expected = tuple(layer.compute_output_shape((None, *x.shape[1:])))
    _require(
        model.output_shape == expected,
        f"compute_output_shape gives {expected}, the output has {model.output_shape}",
    )


def check_family(
    family: Family,
    x: np.ndarray,
    num_outputs: int | None,
    vocabulary_size: int = 0,
    excused: Sequence[str] = (),
    backends: Sequence[str] | None = None,
) -> None:
    """Check that a family builds, obeys its seed, learns, fuses and reloads.

    Args:
        family: The family, with keys that make it small.
        x: Inputs of shape `(batch, …)`: float32 numbers, or int32 token ids.
        num_outputs: As in `Family.build`.
        vocabulary_size: The number of token ids, for a family that reads them.
        excused: Words in the paths of weights whose gradient is zero except for
            rounding, such as a bias before a normalisation.
        backends: As in `check_layer`.

    Raises:
        AssertionError, KerasDLError, ValueError: As `check_layer`.
    """
    family = family.for_data(vocabulary_size or None)
    model, again, other = (
        family.build(x.shape[1:], num_outputs, seed=seed) for seed in (0, 0, 1)
    )
    pairs = zip(model.get_weights(), again.get_weights(), strict=True)
    _require(
        all(np.array_equal(*pair) for pair in pairs),
        "the same seed gives different weights",
    )
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    _require(
        not all(np.array_equal(*pair) for pair in pairs),
        "another seed gives the same weights",
    )
    _check_forward(model, x)
    _check_reloads(model, x)
    _check_learns(model, x, accelerated=True, excused=excused)
    others = on_other_backends(
        _others(backends), type(family), x, num_outputs=num_outputs, family=family
    )
    _check_equal(others, [_outputs(again, x), *again.get_weights()])


def check_task(
    task: Task, raw: np.ndarray, outputs: np.ndarray, config: Any = None
) -> None:
    """Check that a task encodes targets, restores its fitted values, and scores.

    Args:
        task: The task.
        raw: Targets as in the data, of shape `(examples, …)`, two or more.
        outputs: Model outputs for them.
        config: A config for the loss; None takes the defaults.

    Raises:
        AssertionError: If it does not.
    """
    from kerasdl import config as configs

    config, rows = config or configs.load(), np.arange(len(raw))
    task.check(raw, "auto", "data")
    targets = task.fit(raw, rows, {}, "auto", "data")
    again = task.targets_from_json(json.loads(json.dumps(targets.to_json())))
    _require(
        again == targets, "targets_from_json does not restore the targets of to_json"
    )
    encoded = targets.encode(raw, rows, "data")
    _require(len(encoded) == len(raw), "encode does not return one target per example")
    half = targets.encode(raw, rows[::2], "data")
    _require(np.array_equal(half, encoded[::2]), "encode does not select by rows")
    _require(
        targets.origin == task.origin,
        "the targets have a different origin from the task",
    )
    scores = targets.score(encoded, outputs)
    _require(task.headline in scores, f"score does not return {task.headline!r}")
    metrics = {metric.name for metric in task.keras_metrics(config)}
    _require(metrics == set(task.metrics), f"metrics are {metrics}, not {task.metrics}")
    loss = task.loss(config)(task.as_trained(config, encoded, targets), outputs)
    value = np.asarray(keras.ops.convert_to_numpy(loss))
    finite = value.shape == () and bool(np.isfinite(value))
    _require(finite, "the loss is not a finite number")


def check_kind(kind: Kind) -> None:
    """Check that a kind reads, splits and encodes data, and restores its encoding.

    Args:
        kind: The `[data]` table of the kind, with a `name` that can be read.

    Raises:
        AssertionError: If it does not.
    """
    from kerasdl import config as configs
    from kerasdl.config import Setting
    from kerasdl.jobs import encodings
    from kerasdl.jobs.dataset import examples, prepare

    keys = {"data.kind": kind.kind, "data.name": kind.name, "data.task": kind.task}
    settings = [Setting(key, value, "kind") for key, value in keys.items()]
    config = configs.load(settings=[*settings, Setting("training.monitor", "loss", "")])
    config = type(config)(**{**vars(config), "data": kind})
    kind.check_source()
    raw = kind.read()
    _require(
        raw.sha256() == kind.read().sha256(), "reading again gives a different digest"
    )
    dataset, again = prepare(raw, config), prepare(raw, config)
    for name in ("train", "validation", "test"):
        first, second = (getattr(part, name) for part in (dataset, again))
        _require(_same(first, second), f"the {name} split differs the second time")
        _check_examples(first, dataset.encoding)
    values = json.loads(json.dumps(dataset.encoding.to_json()))
    restored = encodings.from_json(values)
    _require(
        _same(examples(raw, config, restored), examples(raw, config, dataset.encoding)),
        "an encoding restored from to_json encodes new data differently",
    )


def _others(backends: Sequence[str] | None) -> list[str]:
    names = installed() if backends is None else backends
    return [name for name in names if name != keras.config.backend()]


def _check_equal(
    others: dict[str, list[np.ndarray]], expected: list[np.ndarray]
) -> None:
    """Check outputs up to rounding, and initial weights to the last bit."""
    for backend, (outputs, *weights) in others.items():
        pairs = zip(weights, expected[1:], strict=True)
        same = all(np.array_equal(*pair) for pair in pairs)
        _require(same, f"the same seed gives other weights under {backend}")
        error = np.abs(outputs - expected[0]).max() / max(1, np.abs(expected[0]).max())
        _require(error < 1e-4, f"outputs differ under {backend}, by {error:.1e}")


def _check_examples(examples: Examples, encoding: Encoding) -> None:
    if not len(examples):
        return
    x, y = examples.arrays()
    _require(len(x) == len(y) == len(examples), "inputs and targets differ in number")
    _require(
        x.shape[1:] == encoding.input_shape,
        f"inputs have shape {x.shape[1:]}, the signature says {encoding.input_shape}",
    )
    rows = np.arange(len(examples))[::-2]
    some = examples.take(rows)
    same = np.array_equal(some[0], x[rows]) and np.array_equal(some[1], y[rows])
    _require(same, "take does not select by rows")


def _same(one: Examples, other: Examples) -> bool:
    pairs = zip(one.arrays(), other.arrays(), strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


def _outputs(model: keras.Model, x: Any) -> np.ndarray:
    values = keras.ops.cast(model(x, training=False), "float32")
    return keras.ops.convert_to_numpy(values)


def _check_forward(model: keras.Model, x: Any) -> None:
    for count in (1, len(x)):
        outputs = _outputs(model, x[:count])
        shape = (count, *model.output_shape[1:])
        _require(outputs.shape == shape, f"outputs are {outputs.shape}, not {shape}")
        _require(bool(np.isfinite(outputs).all()), "an output is not finite")


def _check_reloads(model: keras.Model, x: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model.save(path := Path(folder, "model.keras"))
        again = keras.saving.load_model(path)
    same = np.array_equal(_outputs(model, x), _outputs(again, x))
    _require(same, "loaded from a file, it computes different outputs")


def _check_learns(
    model: keras.Model, x: Any, accelerated: bool, excused: Sequence[str] = ()
) -> None:
    """Check that one step of gradient descent moves every weight to a finite value."""
    model.compile(keras.optimizers.SGD(0.5), "mse")
    lines: list[str] = []
    if accelerated:
        accelerate(model, report=lines.append)
    before = [keras.ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    targets = np.random.default_rng(1).normal(size=(len(x), *model.output_shape[1:]))
    model.fit(x, targets.astype("float32"), len(x), shuffle=False, verbose=0)
    _require(not lines, f"its step cannot be fused: {lines}")
    for old, variable in zip(before, model.trainable_variables, strict=True):
        new = keras.ops.convert_to_numpy(variable)
        finite = bool(np.isfinite(new.astype("float32")).all())
        _require(finite, f"{variable.path} is not finite after a step")
        idle = any(word in variable.path for word in excused)
        moved = idle or not np.array_equal(old, new)
        _require(moved, f"no gradient reaches {variable.path}")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
