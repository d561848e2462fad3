"""Score a trained model."""

from typing import Any

import keras
import numpy as np

from kerasdl.config import Config
from kerasdl.data import Preprocessing, Split, check
from kerasdl.diagnostics.baseline import score
from kerasdl.errors import ModelFileError
from kerasdl.jobs import assemble
from kerasdl.rundir import RunDir


def evaluate(run: RunDir, data_name: str | None = None) -> dict[str, Any]:
    """Score the best model of a run.

    Args:
        run: The run.
        data_name: Other data to score; without it, the run's own test split.

    Returns:
        The data's name, the number of examples, and the metrics.

    Raises:
        DataError: If the data does not suit the model.
        ModelFileError: If the run has no model that can be read.
    """
    config = run.read_config()
    preprocessing = Preprocessing.from_json(run.read_preprocessing())
    if data_name is None:
        test = assemble.dataset(config).test
    else:
        test = _examples(data_name, config, preprocessing)
    model = load_model(run)
    metrics = measure(model, test, config, preprocessing)
    name = data_name or config.data.name
    return {"run": run.name, "data": name, "examples": len(test), **metrics}


def load_model(run: RunDir) -> keras.Model:
    """Return the best model of a run, uncompiled."""
    import kerasdl.layers  # noqa: F401  its classes must be registered by now

    try:
        return keras.saving.load_model(run.model_file, compile=False)
    except (OSError, ValueError, TypeError) as fault:
        what = f"cannot read {run.model_file}: {fault}"
        raise ModelFileError(what, "train again into a new directory") from fault


def measure(
    model: keras.Model, split: Split, config: Config, preprocessing: Preprocessing
) -> dict[str, float]:
    """Return the loss and the task's metrics, in the units of the targets."""
    outputs = model.predict(split.x, batch_size=config.training.batch_size, verbose=0)
    loss = keras.losses.get(assemble.compile_arguments(config)["loss"])
    value = float(keras.ops.convert_to_numpy(keras.ops.mean(loss(split.y, outputs))))
    y = preprocessing.original_targets(split.y)
    if preprocessing.task == "classification":
        predicted = np.argmax(outputs, axis=-1)
    else:
        predicted = preprocessing.original_targets(outputs)
    return {"loss": value} | score(preprocessing.task, y, predicted)


def _examples(name: str, config: Config, preprocessing: Preprocessing) -> Split:
    arrays = assemble.arrays(name)
    check(arrays, config.data)
    _, x, y = arrays.parts()[-1]
    return Split(preprocessing.inputs(x, name), preprocessing.targets(y))
