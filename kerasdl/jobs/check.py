"""Find what would keep a model from learning, before it trains."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import keras

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.optimizer_of import optimizer_of
from kerasdl.backend.wrong_gradients import wrong_gradients
from kerasdl.checkpoint import random_state
from kerasdl.checkpoint.undisturbed import undisturbed
from kerasdl.config import Config
from kerasdl.errors import reason_of
from kerasdl.finding import SEVERITIES, Finding
from kerasdl.jobs.array_findings import array_findings
from kerasdl.jobs.batch_findings import batch_findings
from kerasdl.jobs.batch_norm_of_one import batch_norm_of_one
from kerasdl.jobs.build_session import build_session
from kerasdl.jobs.cautions import cautions
from kerasdl.jobs.constant_rate import compile_constant
from kerasdl.jobs.first_batch import Batch, as_numpy, first_batch, rows
from kerasdl.jobs.first_examples import first_examples
from kerasdl.jobs.habits import habits
from kerasdl.jobs.optimizer_habits import at_constant_rate, optimizer_habits


def check(model: keras.Model, data: Any, batch_size: int = 32) -> list[Finding]:
    """Return what would keep a model from learning, the errors first.

    It learns one batch for a few steps. Afterwards the model, its optimizer, its metrics
    and all random generators are as before, to the last bit::

        for finding in kerasdl.check(model, (x, y)):
            print(finding.severity, finding)

    A model that is not built is built from the batch, as `fit` does; that stays.

    Args:
        model: Any Keras model, compiled.
        data: What `fit` takes: arrays `(x, y)` or `(x, y, weights)`, a `PyDataset`, a
            `tf.data.Dataset`, a PyTorch `DataLoader`, or an iterable of batches. Of an
            iterator, the first batch is consumed.
        batch_size: Rows of a batch, if data are arrays.

    Returns:
        Findings. One that the data or the model cannot be used is an error among them.
    """
    drawn = random_state.capture()
    try:
        batch = first_batch(data, batch_size)
    except Exception as fault:  # noqa: BLE001  any fault of a third-party loader
        return [
            _unusable("data", f"the first batch cannot be read: {reason_of(fault)}")
        ]
    finally:
        random_state.restore(*drawn)
    if batch is None:
        return [_unusable("data", "the data have no examples")]
    try:
        if not all(layer.built for layer in flatten_layers(model)):
            model(batch[0], training=False)
    except Exception as fault:  # noqa: BLE001  any fault of a third-party layer
        return [
            _unusable("build", f"the model does not take the batch: {reason_of(fault)}")
        ]
    return _errors_first(_findings(model, batch, data, batch_size))


def check_run(config: Config, download: bool = False) -> list[Finding]:
    """Return findings about a run to be, the errors first.

    It trains a few steps on one batch, and writes nothing.

    Args:
        config: The config of the run.
        download: As for `assemble.source`.

    Raises:
        ConfigError: If the data do not fit the model.
        DataError: If the data cannot be learned from.
    """
    session = build_session(config, download=download)
    config = session.config
    found = [*session.dataset.findings, *cautions(session), *habits(config, session)]
    session.config = replace(config, training=replace(config.training, accumulate=1))
    compile_constant(session)
    found += batch_findings(session.model, as_numpy(session.batches.epoch(0)[0]))
    return _errors_first(found)


def _findings(
    model: keras.Model, batch: Batch, data: Any, batch_size: int
) -> Iterator[Finding]:
    """Yield what is found of a built model."""
    if isinstance(data, tuple):
        examples = rows(as_numpy(data))
    else:
        examples = batch_size = rows(batch)
    of_examples = [*_findings_of_examples(data)]
    yield from of_examples
    told = {(each.kind, each.where) for each in of_examples}
    if of_one := batch_norm_of_one(model, examples, batch_size, "batch_size"):
        yield replace(of_one, severity="error" if batch_size == 1 else "warning")
    yield from wrong_gradients(model)
    if not model.compiled:
        yield _unusable("compile", "the model is not compiled")
        with undisturbed(model):
            yield from batch_findings(model, batch)
        return
    yield from optimizer_habits(model)
    with undisturbed(model), optimizer_of(model, at_constant_rate(model)):
        for each in batch_findings(model, batch):
            if (each.kind, each.where) not in told:
                yield each


def _findings_of_examples(data: Any) -> Iterator[Finding]:
    """Yield what is found of the first examples, and whether all can be read."""
    drawn = random_state.capture()
    try:
        found = first_examples(data)
    except Exception as fault:  # noqa: BLE001  any fault of a third-party loader
        yield _unusable("later", f"a later batch cannot be read: {reason_of(fault)}")
        return
    finally:
        random_state.restore(*drawn)
    if found:
        yield from array_findings(*found, may_repeat=not isinstance(data, tuple))


def _errors_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _unusable(kind: str, what: str) -> Finding:
    hints = {
        "data": "give batches (x, y) of one example or more",
        "later": "read all batches in a loop to see which",
        "build": "call the model on a batch to see where",
        "compile": "call model.compile with an optimizer and a loss",
    }
    why = "nothing is learned without a step"
    if kind == "later":
        return Finding(
            "data",
            what,
            hints[kind],
            severity="error",
            why="an epoch reads every batch",
        )
    return Finding(kind, what, hints[kind], severity="error", why=why)
