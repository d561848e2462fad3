"""Score a trained model."""

import math
from typing import Any

import keras
import numpy as np

from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import (
    AnyPreprocessing,
    Dataset,
    Preprocessing,
    Split,
    TextPreprocessing,
    examples,
    prepare,
    preprocessing_from_json,
)
from kerasdl.diagnostics.baseline import score
from kerasdl.errors import DataError, ModelFileError
from kerasdl.jobs import assemble
from kerasdl.losses import SparseCategoricalCrossentropy
from kerasdl.model_file import loading
from kerasdl.model_file.limits import Sizes
from kerasdl.rundir import RunDir

LARGEST_TENSOR = 1 << 28
"""Numbers in a tensor of a batch, when a model from a file is scored; its run's own batch
size may be made for a smaller one."""


def evaluate(run: RunDir, data_name: str | None = None) -> dict[str, Any]:
    """Score the best model of a run.

    Args:
        run: The run.
        data_name: Other data to score: its test set if it has one, else all of it.
            Without it, the run's own test split.

    Returns:
        The run, the data, the number of examples, the loss in the units the model was
        trained in, and the metrics in the units of the targets.

    Raises:
        BackendError: If Keras does not have the settings of a run.
        DataError: If the data does not suit the model, has changed since the run, or
            makes the loss something else than a finite number.
        ModelFileError: If the run has no model that can be read.
    """
    settings.check()
    config = run.read_config()
    preprocessing = read_preprocessing(run)
    if data_name is None:
        test = _own_split(run, config, preprocessing).test
    else:
        found = assemble.source(data_name, config.data.task, download=True)
        test = examples(found, config, preprocessing)
    model, sizes = load_model(run, preprocessing)
    batch_size = min(config.training.batch_size, LARGEST_TENSOR // sizes.largest)
    metrics = measure(model, test, config, preprocessing, max(1, batch_size))
    name = data_name or config.data.name
    check_scores(metrics, name, config)
    return {"run": run.name, "data": name, "examples": len(test), **metrics}


def check_scores(metrics: dict[str, float], name: str, config: Config) -> None:
    """Check that the loss over a data set is a finite number.

    Raises:
        DataError: If it is not.
    """
    if not math.isfinite(metrics["loss"]):
        what = f"the loss over {name} is {metrics['loss']}"
        policy = config.precision.policy
        hint = f"look for values too far from the training data for {policy}"
        raise DataError(what, hint)


def read_preprocessing(run: RunDir) -> AnyPreprocessing:
    """Return how the run treats its data.

    Raises:
        ModelFileError: If that is missing or damaged.
    """
    try:
        return preprocessing_from_json(run.read_preprocessing())
    except (KeyError, TypeError, ValueError, OverflowError) as fault:
        what = f"preprocessing.json of {run.path} is damaged: {fault!r}"
        raise ModelFileError(what, "train again into a new directory") from fault


def load_model(
    run: RunDir, preprocessing: AnyPreprocessing
) -> tuple[keras.Model, Sizes]:
    """Return the best model of a run, uncompiled, and what was seen of it.

    Raises:
        ModelFileError: If it is missing, damaged, or not of this run.
        UnsafeError: As `loading.load`.
    """
    model, sizes = loading.load(run.model_file)
    shapes = preprocessing.input_shape, preprocessing.output_shape
    expected = tuple((None, *shape) for shape in shapes)
    if (model.input_shape, model.output_shape) != expected:
        what = f"{run.model_file} maps {model.input_shape} to {model.output_shape}"
        raise ModelFileError(what, "restore the model that belongs to this run")
    return model, sizes


def measure(
    model: keras.Model,
    split: Split,
    config: Config,
    preprocessing: AnyPreprocessing,
    batch_size: int,
) -> dict[str, float]:
    """Return the loss as trained, and the metrics in the units of the targets."""
    loss = keras.losses.get(assemble.compile_arguments(config)["loss"])
    if (
        isinstance(preprocessing, TextPreprocessing)
        and preprocessing.task == "language-modelling"
    ):
        measured = _measure_text(model, split, loss, batch_size)
        unknown = preprocessing.bits_of_unknown(split.y)
        measured["bits_per_character"] += unknown
        return measured
    outputs = model.predict(split.x, batch_size=batch_size, verbose=0)
    y = assemble.targets(config, split.y, preprocessing)
    value = _number(keras.ops.mean(loss(y, outputs)))
    if preprocessing.task == "classification":
        return {"loss": value} | score("classification", split.y, outputs.argmax(-1))
    assert isinstance(preprocessing, Preprocessing)
    y, predicted = map(preprocessing.original_targets, (split.y, outputs))
    return {"loss": value} | score(preprocessing.task, y, predicted)


def _measure_text(
    model: keras.Model, split: Split, loss: keras.losses.Loss, batch_size: int
) -> dict[str, float]:
    """Go batch by batch, for the logits of a whole text would not fit into memory."""
    nats = SparseCategoricalCrossentropy(from_logits=True)
    sums = np.zeros(3)
    for begin in range(0, len(split), batch_size):
        y = split.y[begin : begin + batch_size]
        logits = model.predict_on_batch(split.x[begin : begin + batch_size])
        right = (logits.argmax(-1) == y).mean()
        means = _number(loss(y, logits)), _number(nats(y, logits)), right
        sums += len(y) * np.array(means)
    value, plain, accuracy = (sums / len(split)).tolist()
    bits = plain / math.log(2)
    return {"loss": value, "accuracy": accuracy, "bits_per_character": bits}


def _number(value: Any) -> float:
    return float(keras.ops.convert_to_numpy(value))


def _own_split(run: RunDir, config: Config, preprocessing: AnyPreprocessing) -> Dataset:
    found = assemble.source(config.data.name, config.data.task)
    if found.sha256() != run.read_environment().get("data_sha256"):
        what = f"{config.data.name} has changed since {run.path} was trained"
        raise DataError(what, f"score it as new data: --data {config.data.name}")
    return prepare(found, config, preprocessing)
