"""What training leaves for the report: figures, mistakes and predictions."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasdl.data.pictures import is_pictures, pictures
from kerasdl.data.preprocessing import Part
from kerasdl.data.targets import Errors
from kerasdl.diagnostics.slices import slices
from kerasdl.figures import Cell, Figure, Pictures, Table
from kerasdl.finding import Finding
from kerasdl.jobs.explanations import explanations
from kerasdl.jobs.model_figures import model_figures
from kerasdl.report.kept import write_figures, write_predictions
from kerasdl.report.scale import text_of
from kerasdl.tasks.measured import Predicted

if TYPE_CHECKING:
    from kerasdl.jobs.results import Scored
    from kerasdl.jobs.session import Session

MOST_MISTAKES = 24
"""Examples that are shown."""
MOST_DESCRIBED = 20_000
"""Test examples whose columns are cut into slices; of more, the first ones."""
MOST_COLUMNS = 12
"""Columns of the data in a table of mistakes."""
LONGEST = 200
"""Characters of a cell."""


def write(session: "Session", scored: "Scored", explained: bool = True) -> None:
    """Write figures of the test split and of the model, and the predictions.

    Args:
        session: The run, trained.
        scored: What its best model reaches.
        explained: Whether to write as well what predictions rest on.

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
    if not np.isfinite(test.outputs).all():
        return
    targets, validation = session.dataset.targets, None
    if scored.validation and scored.validation.predicted:
        own = scored.validation.predicted
        validation = own if np.isfinite(own.outputs).all() else None
    figures = targets.figures(test, validation)
    if errors := targets.errors(*test):
        figures += _mistakes(session, test, errors)
    write_figures(session.run, "test", figures)
    if explained:
        write_figures(session.run, "explanations", _explanations(session, test))
    arrays = {"encoded": test.encoded, "outputs": test.outputs}
    write_predictions(session.run, "test", arrays)


def _explanations(session: "Session", test: Predicted) -> list[Figure]:
    """Return explanations; a model that has none does not end the run."""
    try:
        return explanations(session, test)
    except Exception as fault:  # noqa: BLE001  such as a layer without a gradient
        reason = " ".join(f"predictions cannot be explained: {fault}".split())[:300]
        session.run.log_finding(Finding("explanation", reason, severity="info"))
        return []


def _mistakes(session: "Session", test: Predicted, errors: Errors) -> list[Figure]:
    """Return the largest mistakes with their inputs, and slices of the data."""
    dataset, kind = session.dataset, session.config.data
    part, figures = dataset.test_part, []
    order = np.argsort(-errors.sizes, kind="stable")[:MOST_MISTAKES]
    worst = order[errors.sizes[order] > 0]
    whole = Part(part.raw, part.rows[:MOST_DESCRIBED])
    described = kind.describe(whole)
    score = errors.scores[:MOST_DESCRIBED]
    named = {name: c for name, c in described.items() if name != "row"}
    if found := slices(named, score, errors.name, errors.higher_is_better):
        figures.append(found)
    if not len(worst):
        return figures
    columns = {name: column[worst] for name, column in errors.columns.items()}
    captions = [
        ", ".join(
            f"{name} {text_of(_cell(column[n]))}" for name, column in columns.items()
        )
        for n in range(len(worst))
    ]
    if is_pictures(dataset.encoding.input_shape):
        inputs, _ = dataset.test.take(worst)
        title = "The largest mistakes"
        png = pictures(dataset.preprocessing.pictures(inputs))
        figures.append(Pictures(title, png, captions))
        if dataset.targets.origin == "inputs":
            rebuilt = dataset.preprocessing.pictures(test.outputs[worst])
            title = "Their reconstructions"
            figures.append(Pictures(title, pictures(rebuilt), captions))
        return figures
    shown = kind.describe(Part(part.raw, part.rows[np.sort(worst)]))
    places = np.argsort(np.argsort(worst))
    columns |= {name: c[places] for name, c in [*shown.items()][:MOST_COLUMNS]}
    rows = [
        [_cell(column[n]) for column in columns.values()] for n in range(len(worst))
    ]
    figures.append(Table("The largest mistakes", [*columns], rows))
    return figures


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
