"""Score a trained model."""

import math
from typing import Any, NamedTuple

import keras

from kerasdl import tasks
from kerasdl.backend import settings
from kerasdl.config import Config
from kerasdl.data import Dataset, Encoding, Examples
from kerasdl.data.preprocessing import Part
from kerasdl.errors import ConfigError, DataError, ModelFileError
from kerasdl.jobs import assemble, calibration, encodings
from kerasdl.jobs.dataset import examples, prepare
from kerasdl.jobs.imported import check_has_data
from kerasdl.model_file import loading
from kerasdl.model_file.limits import Sizes
from kerasdl.rundir import RunDir
from kerasdl.tasks.measured import Measured
from kerasdl.tasks.task import Task

LARGEST_TENSOR = 1 << 28
"""Most numbers in a tensor of a batch when a model from a file is scored. The run's own
batch size may suit only a smaller model."""


class Subject(NamedTuple):
    """A trained model and the examples that it is scored on.

    Args:
        run: The run.
        config: Its config.
        encoding: The encoding of its examples.
        model: Its best model, uncompiled.
        name: Name of the data.
        part: The examples as the data have them.
        examples: The examples, encoded.
        batch_size: Examples of a batch that fit in memory.
        own: The splits of the run; None for other data.
    """

    run: RunDir
    config: Config
    encoding: Encoding
    model: keras.Model
    name: str
    part: Part
    examples: Examples
    batch_size: int
    own: Dataset | None

    @property
    def task(self) -> Task:
        """The task of the run."""
        return tasks.find(self.encoding.task)


def evaluate(run: RunDir, data_name: str | None = None) -> dict[str, Any]:
    """Score the best model of a run.

    A run of an earlier version also gets the calibration that it lacks.

    Args:
        run: The run.
        data_name: Other data to score: its test set if it has one, else all of it.
            None scores the run's own test split.

    Returns:
        The run, the data, the number of examples, the loss in the units the model was
        trained in, and the metrics in the units of the targets. `undefined` says why
        some are left out, `partial` what some of them leave out, and `calibration` whether
        one was added.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        DataError: If the data does not fit the model, has changed since the run, or
            gives a non-finite loss.
        ModelFileError: If the run has no model that can be read.
    """
    return scores(opened(run, data_name))[0]


def opened(run: RunDir, data_name: str | None = None) -> Subject:
    """Return the best model of a run with the examples to score.

    Args:
        run: The run.
        data_name: As for `evaluate`.

    Raises:
        BackendError, DataError, ModelFileError: As `evaluate`.
    """
    settings.check()
    config = run.read_config()
    encoding = encodings.read(run, config)
    if not tasks.find(config.data.task).learns:
        what = f"{run.path} gives embeddings, which have no scores"
        raise ConfigError(what, "write them: kerasdl predict")
    own = None
    if data_name is None:
        own = _own_split(run, config, encoding)
        test, part = own.test, own.test_part
    else:
        raw = assemble.source(config.data.with_name(data_name), download=True)
        test, part = examples(raw, config, encoding), config.data.new(raw)
    model, sizes = load_model(run, encoding)
    most = LARGEST_TENSOR // sizes.largest
    batch_size = max(1, min(config.training.examples_per_batch, most))
    name = data_name or config.data.name
    return Subject(run, config, encoding, model, name, part, test, batch_size, own)


def scores(subject: Subject) -> tuple[dict[str, Any], Measured]:
    """Return the scores as `evaluate` does, and what they were computed from.

    Raises:
        DataError: If the loss is not finite.
    """
    run, encoding, own = subject.run, subject.encoding, subject.own
    task, model, test = subject.task, subject.model, subject.examples
    targets, batch_size = encoding.targets, subject.batch_size
    measured = task.measure(model, test, targets, subject.config, batch_size)
    check_scores(measured.scores, subject.name, subject.config)
    result = {"run": run.name, "data": subject.name, "examples": len(test)}
    result |= measured.scores
    if measured.undefined:
        result["undefined"] = measured.undefined
    if measured.partial:
        result["partial"] = measured.partial
    if own and len(own.validation) and calibration.is_missing(run, targets):
        validation = task.scored(model, own.validation, targets, batch_size)
        result["calibration"] = calibration.add(run, targets, validation)
    return result, measured


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


def load_model(run: RunDir, encoding: Encoding) -> tuple[keras.Model, Sizes]:
    """Return the best model of a run, uncompiled, and its sizes.

    Raises:
        ModelFileError: If it is missing, damaged, or does not fit the run.
        UnsafeError: As `loading.load`.
    """
    model, sizes = loading.load(run.model_file)
    shapes = encoding.input_shape, encoding.output_shape
    expected = tuple((None, *shape) for shape in shapes)
    if (model.input_shape, model.output_shape) != expected:
        what = f"{run.model_file} maps {model.input_shape} to {model.output_shape}"
        raise ModelFileError(what, "restore the model that belongs to this run")
    return model, sizes


def _own_split(run: RunDir, config: Config, encoding: Encoding) -> Dataset:
    check_has_data(run, config, "score yours: --data")
    raw = assemble.source(config.data)
    if raw.sha256() != run.read_environment().get("data_sha256"):
        what = f"{config.data.name} has changed since {run.path} was trained"
        raise DataError(what, f"score it as new data: --data {config.data.name}")
    return prepare(raw, config, encoding)
