"""Contract test of tasks."""

import json
from typing import Any

import keras
import numpy as np

from kerasdl.data import Dataset, Encoding, Examples
from kerasdl.data.array_preprocessing import ArrayPreprocessing
from kerasdl.data.preprocessing import Part
from kerasdl.data.signature import Input, Signature
from kerasdl.data.targets import Targets
from kerasdl.data.text_examples import TextExamples
from kerasdl.data.token_windows import DocumentWindows
from kerasdl.tasks import Task
from kerasdl.testing.require import require

SOURCE = "the data of a test"


def check_task(
    task: Task,
    raw: np.ndarray,
    outputs: np.ndarray,
    config: Any = None,
    signature: Signature | None = None,
) -> None:
    """Check that a task encodes targets, restores its fitted values, and scores.

    It is not for tasks that decode texts, which need a model that writes some.

    Args:
        task: The task.
        raw: Targets as in the data, of shape `(examples, …)`, two or more. They are the
            inputs if `task.origin` is `"inputs"`, and token ids if it is `"next"`.
        outputs: Model outputs for them.
        config: A config for the loss; None takes the defaults.
        signature: The inputs of the model. None takes three numbers, or what `raw` holds
            where the targets are the inputs or the next tokens.

    Raises:
        AssertionError: If it does not.
    """
    from kerasdl import config as configs

    config, rows = config or configs.load(), np.arange(len(raw))
    signature = signature or _signature(task, raw)
    given = task.origin == "given"
    if given:
        task.check(raw, "auto", SOURCE)
    targets = task.fit(raw if given else None, rows, signature, "auto", SOURCE)
    encoded = _check_targets(task, targets, raw)
    [only] = signature.values()
    shape = targets.output_shape(only.shape)
    require(
        outputs.shape[1:] == shape,
        f"output_shape gives {shape}, the outputs have {outputs.shape[1:]}",
    )
    weights = task.weights(config, encoded, targets, np.ones(len(raw)))
    require(
        weights.shape == (len(raw),) and bool((weights >= 0).all()),
        "weights are not one number from 0 per example",
    )
    trained = task.as_trained(config, encoded, targets)
    _check_finite(task.loss(config)(trained, outputs), "the loss")
    metrics = {metric.name: metric for metric in task.keras_metrics(config)}
    names = metrics.keys()
    require(names == {*task.metrics}, f"metrics are {names}, not {task.metrics}")
    for name, metric in metrics.items():
        metric.update_state(trained, outputs)
        _check_finite(metric.result(), name)
    dataset = _dataset(task, targets, raw, encoded, only)
    model = _Constant(outputs.astype("float32"))
    measured = task.measure(model, dataset.test, targets, config, len(raw))
    scores = measured.scores
    for name in ("loss", task.headline):
        require(name in scores, f"measure does not return {name!r}")
    for name, value in scores.items():
        _check_finite(value, name)
    missing = {*task.scores} - scores.keys() - measured.undefined.keys()
    require(not missing, f"score returns no {missing}, and undefined has no reason")
    baselines = task.baselines(config, dataset)
    require(bool(baselines), "there is no baseline")
    for name, scores in baselines.items():
        require(
            task.headline in scores, f"the baseline {name!r} has no {task.headline!r}"
        )
        _check_finite(scores[task.headline], f"{task.headline} of {name!r}")


def _check_targets(task: Task, targets: Targets, raw: np.ndarray) -> np.ndarray:
    """Check a fitted encoding; return the encoded targets."""
    rows = np.arange(len(raw))
    again = task.targets_from_json(json.loads(json.dumps(targets.to_json())))
    require(
        again == targets, "targets_from_json does not restore the targets of to_json"
    )
    encoded = targets.encode(raw, rows, SOURCE)
    require(len(encoded) == len(raw), "encode does not return one target per example")
    half = targets.encode(raw, rows[::2], SOURCE)
    require(np.array_equal(half, encoded[::2]), "encode does not select by rows")
    require(
        targets.origin == task.origin,
        "the targets have a different origin from the task",
    )
    return encoded


def _signature(task: Task, raw: np.ndarray) -> Signature:
    if task.origin == "given":
        return {"inputs": Input((3,))}
    if task.origin == "inputs":
        return {"inputs": Input(raw.shape[1:])}
    return {"inputs": Input(raw.shape[1:], "int32", int(raw.max()) + 1)}


def _dataset(
    task: Task, targets: Targets, raw: np.ndarray, encoded: np.ndarray, only: Input
) -> Dataset:
    """Return the data as a tiny training, validation and test split, all the same."""
    generator = np.random.default_rng(0)
    shape = (len(raw), *only.shape)
    if task.origin != "given":
        x = raw.astype(only.dtype)
    elif only.vocabulary_size:
        x = generator.integers(only.vocabulary_size, size=shape).astype(only.dtype)
    else:
        x = generator.normal(size=shape).astype(only.dtype)
    texts = ()
    if only.vocabulary_size:
        texts = tuple("".join(chr(0x61 + int(n)) for n in row.ravel()) for row in x)
    examples: Examples = TextExamples(x, encoded, texts)
    if task.origin == "next":
        ids, text = np.append(x.ravel(), 0), "".join([*texts, "a"])
        [length] = only.shape
        starts = np.arange(len(ids) + 1)
        examples = DocumentWindows(ids, length, length, text, starts, True)
    preprocessing = ArrayPreprocessing(only.shape, np.zeros(()), np.ones(()))
    encoding = Encoding("arrays", task.name, preprocessing, targets)
    part = Part(None, np.arange(len(raw)))
    return Dataset(SOURCE, "", encoding, examples, examples, examples, part)


def _check_finite(value: Any, name: str) -> None:
    number = np.asarray(keras.ops.convert_to_numpy(value))
    finite = number.shape == () and bool(np.isfinite(number))
    require(finite, f"{name} is not a finite number")


class _Constant(keras.Model):
    """A model with the given outputs for one batch of all examples."""

    def __init__(self, outputs: np.ndarray):
        super().__init__(name="constant")
        self.outputs_of_all = outputs

    def call(self, x: Any) -> Any:
        return keras.ops.convert_to_tensor(self.outputs_of_all)
