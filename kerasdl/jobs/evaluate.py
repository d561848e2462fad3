"""Score a trained model."""

import zipfile
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasdl.config import Config
from kerasdl.data import Dataset, Preprocessing, Split, check, prepare
from kerasdl.diagnostics.baseline import score
from kerasdl.errors import DataError, ModelFileError
from kerasdl.jobs import assemble
from kerasdl.rundir import RunDir


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
        DataError: If the data does not suit the model, or has changed since the run.
        ModelFileError: If the run has no model that can be read.
    """
    config = run.read_config()
    preprocessing = read_preprocessing(run)
    if data_name is None:
        test = _own_split(run, config, preprocessing).test
    else:
        test = _examples(data_name, config, preprocessing)
    model = load_model(run, preprocessing)
    metrics = measure(model, test, config, preprocessing)
    name = data_name or config.data.name
    return {"run": run.name, "data": name, "examples": len(test), **metrics}


def read_preprocessing(run: RunDir) -> Preprocessing:
    """Return how the run treats its data."""
    try:
        return Preprocessing.from_json(run.read_preprocessing())
    except (KeyError, TypeError, ValueError) as fault:
        what = f"preprocessing.json of {run.path} is damaged: {fault!r}"
        raise ModelFileError(what, "train again into a new directory") from fault


def load_model(run: RunDir, preprocessing: Preprocessing) -> keras.Model:
    """Return the best model of a run, uncompiled.

    Raises:
        ModelFileError: If it is missing, damaged, or not of this run.
    """
    import kerasdl.layers  # noqa: F401  its classes must be registered by now

    mend = "train again into a new directory"
    if not zipfile.is_zipfile(run.model_file):
        damage = "is damaged" if run.model_file.is_file() else "is missing"
        raise ModelFileError(f"{run.model_file} {damage}", mend)
    try:
        model = keras.saving.load_model(run.model_file, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as fault:
        raise ModelFileError(f"cannot read {run.model_file}: {fault}", mend) from fault
    expected = (None, *preprocessing.input_shape), (None, preprocessing.num_outputs)
    if (model.input_shape, model.output_shape) != expected:
        what = f"{run.model_file} maps {model.input_shape} to {model.output_shape}"
        raise ModelFileError(what, "restore the model that belongs to this run")
    return model


def measure(
    model: keras.Model, split: Split, config: Config, preprocessing: Preprocessing
) -> dict[str, float]:
    """Return the loss as trained, and the metrics in the units of the targets."""
    outputs = model.predict(split.x, batch_size=config.training.batch_size, verbose=0)
    loss = keras.losses.get(assemble.compile_arguments(config)["loss"])
    value = float(keras.ops.convert_to_numpy(keras.ops.mean(loss(split.y, outputs))))
    y = preprocessing.original_targets(split.y)
    if preprocessing.task == "classification":
        predicted = np.argmax(outputs, axis=-1)
    else:
        predicted = preprocessing.original_targets(outputs)
    return {"loss": value} | score(preprocessing.task, y, predicted)


def _own_split(run: RunDir, config: Config, preprocessing: Preprocessing) -> Dataset:
    arrays = assemble.arrays(config.data.name, config.data.task)
    if arrays.sha256() != run.read_environment().get("data_sha256"):
        what = f"{config.data.name} has changed since {run.path} was trained"
        raise DataError(what, f"score it as new data: --data {config.data.name}")
    return prepare(arrays, config, preprocessing)


def _examples(name: str, config: Config, preprocessing: Preprocessing) -> Split:
    arrays = assemble.arrays(name, config.data.task)
    classes = preprocessing.num_outputs
    regression = preprocessing.task == "regression"
    check(arrays, replace(config.data, num_classes="auto" if regression else classes))
    _, x, y = arrays.parts()[-1]
    return Split(preprocessing.inputs(x, name), preprocessing.targets(y))
