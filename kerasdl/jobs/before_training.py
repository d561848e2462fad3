"""What is said before a run trains: facts that need no gradient."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import keras

from kerasdl.diagnostics.equal_units import equal_units
from kerasdl.diagnostics.input_findings import input_findings
from kerasdl.errors import CheckFailedError
from kerasdl.finding import Finding
from kerasdl.jobs.batch_findings import trained_kernels
from kerasdl.jobs.cautions import cautions
from kerasdl.jobs.first_batch import as_numpy, named
from kerasdl.jobs.habits import training_habits

if TYPE_CHECKING:
    from kerasdl.jobs.session import Session

SCALES = (
    keras.layers.BatchNormalization,
    keras.layers.Embedding,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Normalization,
    keras.layers.Rescaling,
    keras.layers.RMSNormalization,
)

SHOWN = 20
"""Most errors that are named."""


def before_training(session: "Session") -> Iterator[Finding]:
    """Yield findings of the data, the config, the first weights and the first batch."""
    if session.begun:
        yield session.begun
    yield from session.dataset.findings
    yield from cautions(session)
    for habit in training_habits(session.config):
        if habit.severity != "info":
            yield habit
    yield from equal_units(trained_kernels(session.model))
    in_memory = session.dataset.train.resident() is not None
    if (
        session.learner is session.model
        and in_memory
        and not _scales_itself(session.model)
    ):
        x = as_numpy(session.batches.epoch(0)[0][0])
        floats = {n: a for n, a in named(x, "inputs").items() if a.dtype.kind == "f"}
        yield from input_findings(floats)


def end_if_errors(findings: Iterable[Finding]) -> None:
    """Raise an error if there is one among the findings.

    Raises:
        CheckFailedError: With the errors.
    """
    errors = [each for each in findings if each.severity == "error"]
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        what = "; ".join(each.what for each in errors[:SHOWN])
        raise CheckFailedError(f"{count} before training: {what}", errors[0].hint)


def _scales_itself(model: keras.Model) -> bool:
    """Return whether the first layer normalises, or looks its inputs up."""
    first, *_ = [
        layer
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer | keras.layers.Flatten)
    ]
    return isinstance(first, SCALES)
