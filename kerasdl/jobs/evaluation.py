"""What training leaves for the report: figures, mistakes and predictions."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasdl.data import Dataset
from kerasdl.data.pictures import is_pictures, pictures
from kerasdl.data.preprocessing import Part
from kerasdl.data.targets import Errors
from kerasdl.diagnostics.slices import slices
from kerasdl.figures import Cell, Figure, Pictures, Table
from kerasdl.finding import Finding
from kerasdl.jobs.explanations import explained
from kerasdl.jobs.model_figures import model_figures
from kerasdl.report.kept import write_figures, write_predictions
from kerasdl.report.scale import text_of
from kerasdl.tasks.measured import Predicted

if TYPE_CHECKING:
    from kerasdl.jobs.results import Scored
    from kerasdl.jobs.session import Session

MISTAKES = "The largest mistakes"
MOST_MISTAKES = 24
"""Examples that are shown."""
MOST_DESCRIBED = 20_000
"""Test examples whose columns are cut into slices; of more, the first ones."""
MOST_COLUMNS = 12
"""Columns of the data in a table of mistakes."""
LONGEST = 200
"""Characters of a cell."""


def write(session: "Session", scored: "Scored", explain: bool = True) -> None:
    """Write figures of the test split and of the model, and the predictions.

    Args:
        session: The run, trained.
        scored: What its best model reaches.
        explain: Whether to write as well what predictions rest on.

    Raises:
        StorageError: If they cannot be written.
    """
    write_figures(session.run, "model", model_figures(session.model))
    test = scored.test.predicted
    if test is None:
        training = session.config.training
        given = session.dataset, training.examples_per_batch, training.seed
        if streamed := session.task.streamed_figures(session.model, *given):
            write_figures(session.run, "test", streamed)
        return
    if not test.is_finite:
        return
    targets, validation = session.dataset.targets, None
    if scored.validation and scored.validation.predicted:
        own = scored.validation.predicted
        validation = own if own.is_finite else None
    figures = targets.figures(test, validation)
    if errors := targets.errors(*test):
        figures += _slices(session, errors) + _mistakes(session, test, errors)
    write_figures(session.run, "test", figures)
    if explain:
        given = session.model, session.dataset, session.config, test
        explanations, reason = explained(*given)
        write_figures(session.run, "explanations", explanations)
        if "cannot" in reason:
            session.run.log_finding(Finding("explanation", reason, severity="info"))
    arrays = {"encoded": test.encoded, "outputs": test.outputs}
    write_predictions(session.run, "test", arrays)


def _slices(session: "Session", errors: Errors) -> list[Figure]:
    """Return how well the model does on parts of the test split."""
    part = session.dataset.test_part
    described = session.config.data.describe(Part(part.raw, part.rows[:MOST_DESCRIBED]))
    columns = {name: column for name, column in described.items() if name != "row"}
    scores = errors.scores[:MOST_DESCRIBED]
    found = slices(columns, scores, errors.name, errors.higher_is_better)
    return [found] if found else []


def _mistakes(session: "Session", test: Predicted, errors: Errors) -> list[Figure]:
    """Return the largest mistakes with their inputs, as pictures or as a table."""
    order = np.argsort(-errors.sizes, kind="stable")[:MOST_MISTAKES]
    worst = order[errors.sizes[order] > 0]
    columns = {name: column[worst] for name, column in errors.columns.items()}
    if not len(worst):
        return []
    if is_pictures(session.dataset.encoding.input_shape):
        return _pictures_of_mistakes(session, test, worst, columns)
    part = session.dataset.test_part
    ascending = Part(part.raw, part.rows[np.sort(worst)])
    described = [*session.config.data.describe(ascending).items()][:MOST_COLUMNS]
    places = np.argsort(np.argsort(worst))
    if session.dataset.targets.origin == "inputs":
        columns |= _worst_features(session.dataset, test.outputs, worst)
    for name, column in described:
        columns[f"{name} (data)" if name in columns else name] = column[places]
    rows = [[*map(_cell, values)] for values in zip(*columns.values(), strict=True)]
    return [Table(MISTAKES, [*columns], rows)]


def _worst_features(
    dataset: Dataset, outputs: np.ndarray, worst: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the feature of each example that its reconstruction misses most."""
    groups = dataset.preprocessing.feature_groups()
    if len(groups) < 2:
        return {}
    inputs, _ = dataset.test.take(worst)
    errors = np.square(outputs[worst].astype("float64") - inputs)
    means = np.stack([errors[:, mask].mean(1) for mask in groups.values()], 1)
    return {"worst feature": np.array([*groups], object)[means.argmax(1)]}


def _pictures_of_mistakes(
    session: "Session",
    test: Predicted,
    worst: np.ndarray,
    columns: dict[str, np.ndarray],
) -> list[Figure]:
    dataset = session.dataset
    captions = [
        ", ".join(
            f"{name} {text_of(_cell(value))}"
            for name, value in zip(columns, values, strict=True)
        )
        for values in zip(*columns.values(), strict=True)
    ]
    inputs, _ = dataset.test.take(worst)
    if dataset.targets.origin != "inputs":
        return [
            Pictures(
                MISTAKES, pictures(dataset.preprocessing.pictures(inputs)), captions
            )
        ]
    rebuilt = np.clip(test.outputs[worst], inputs.min(), inputs.max())
    pixels = dataset.preprocessing.pictures(np.concatenate([inputs, rebuilt]))
    png = pictures(pixels)
    note = "Each image, and its reconstruction."
    return [Pictures(MISTAKES, png[: len(worst)], captions, note, png[len(worst) :])]


def _cell(value: Any) -> Cell:
    """Return a value as JSON holds it: a finite number, or a text that is not long."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or (isinstance(value, int | float) and value is not True):
        return value
    text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
