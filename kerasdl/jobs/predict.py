"""Predict new data with a trained model."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kerasdl import tasks
from kerasdl.backend import settings
from kerasdl.data.prediction_file import Columns, flattened
from kerasdl.data.preprocessing import Part
from kerasdl.data.raw import Raw
from kerasdl.errors import ConfigError, DataError
from kerasdl.jobs import assemble, calibration, encodings, latent
from kerasdl.jobs.evaluate import LARGEST_TENSOR, load_model
from kerasdl.rundir import RunDir

ROWS = 8192
"""Examples encoded and predicted at a time, at most."""
MAX_NUMBERS = 1 << 26
"""Numbers in the inputs that are encoded at a time; a batch may take more."""


def predict(
    run: RunDir,
    data: str | Raw,
    keep: Sequence[str] | None = None,
    levels: Mapping[str, float | None] | None = None,
    report: Callable[[str], Any] = warnings.warn,
    beams: int = 1,
) -> Iterator[Columns]:
    """Yield predictions for all examples of some data, in their order.

    Args:
        run: The run.
        data: The data, or their name; they need no targets.
        keep: Columns of the data to yield beside the predictions; None keeps all.
        levels: Values of `coverage` and `threshold`; see `calibration.read`.
        report: Called with a line if the run lacks what its task could have.
        beams: Texts that a beam search keeps, where a model writes texts; 1 takes the
            likeliest token each time.

    Raises:
        BackendError: If a script changed the Keras settings that runs need.
        ConfigError: If the task has no prediction for an example, or the run has no
            columns of such a level.
        DataError: If the data do not fit the model, or have no such column.
        ModelFileError: If the run has no model or calibration that can be read.
    """
    settings.check()
    config = run.read_config()
    encoding = encodings.read(run, config)
    targets = encoding.targets
    if not targets.each_predicted:
        what = f"a model of {config.data.task} has no prediction for an example"
        raise ConfigError(what, "score a text with kerasdl evaluate")
    task = tasks.find(config.data.task)
    if beams > 1 and not task.decodes:
        what = f"a model of {config.data.task} writes no texts, so that it has no beams"
        raise ConfigError(what, "leave --beams out")
    calibrated = calibration.read(run, targets, levels or {}, report)
    kind, raw = config.data, data
    if isinstance(data, str):
        kind = kind.with_name(data)
        raw = assemble.source(kind, download=True, inputs_only=True)
        kind.check_new(raw, encoding.preprocessing, inputs_only=True)
    name = data if isinstance(data, str) else data.source
    model, sizes = load_model(run, encoding)
    most = max(1, LARGEST_TENSOR // sizes.largest)
    size = min(config.training.examples_per_batch, most)
    predicted = latent.predictor(model, config.model.latent_layer, run)
    if task.decodes:
        predicted = writer(model, encoding.preprocessing, beams)
    whole = kind.new(raw)
    rows_at_a_time = max(
        size, min(ROWS, MAX_NUMBERS // math.prod(encoding.input_shape))
    )
    for start in range(0, len(whole.rows), rows_at_a_time):
        part = Part(whole.raw, whole.rows[start : start + rows_at_a_time])
        inputs = encoding.preprocessing.inputs(part)
        outputs, codes = predicted(inputs, size)
        found = targets.predictions(inputs, outputs)
        if calibrated:
            found |= targets.calibrated(inputs, outputs, *calibrated)
        found |= codes
        if targets.origin in ("inputs", "pairs"):
            found |= encoding.preprocessing.decoded(outputs.astype("float64"))
        _check_finite(found, name)
        yield _kept(kind.describe(part), found, keep, name) | found


def writer(model: Any, preprocessing: Any, beams: int = 1) -> latent.Predictor:
    """Return a function that takes inputs and returns ids of texts."""
    from kerasdl.tasks.decoding import decoded

    _, end = preprocessing.marks
    return lambda x, size: (decoded(model, x, end, size, beams), {})


def _kept(
    described: Columns, found: Columns, keep: Sequence[str] | None, data_name: str
) -> Columns:
    """Return the columns to write before the predictions."""
    kept = {*described} if keep is None else {*keep}
    if unknown := sorted(kept - described.keys()):
        what = f"{data_name} has no column {unknown[0]!r}"
        raise DataError(what, f"choose from {', '.join(described)}")
    if twice := sorted(kept & (found.keys() | flattened(found).keys())):
        what = f"{data_name} has a column {twice[0]!r}, as the predictions have"
        raise DataError(what, "choose what to write with --keep")
    return {name: column for name, column in described.items() if name in kept}


def _check_finite(found: Columns, data_name: str) -> None:
    for name, column in found.items():
        if column.dtype.kind == "f" and not np.isfinite(column).all():
            what = f"a {name} for {data_name} is not a finite number"
            raise DataError(what, "look for values too far from the training data")
