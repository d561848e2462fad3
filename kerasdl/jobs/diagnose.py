"""Say what may explain a `fit` of the user's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasdl.backend.keras_internals import flatten_layers
from kerasdl.backend.optimizer_chain import optimizer_chain
from kerasdl.checkpoint import random_state
from kerasdl.diagnostics.causes import Evidence, likely
from kerasdl.finding import Finding
from kerasdl.jobs.array_findings import class_numbers
from kerasdl.jobs.check import check
from kerasdl.jobs.diagnosis import Diagnosis, without_cause
from kerasdl.jobs.evidence import read_evidence, with_findings
from kerasdl.jobs.first_examples import first_examples
from kerasdl.jobs.optimizer_habits import highest_rate
from kerasdl.rundir import numbers

CLIPS = ("global_clipnorm", "clipnorm", "clipvalue")


def diagnose(
    model: keras.Model, history: Any, data: Any = None, batch_size: int = 32
) -> Diagnosis:
    """Say what may explain what a model learned in `fit`, the most likely first.

    It reads the history, and checks the model on the data as `kerasdl.check` does.
    Nothing is trained but a copy of one batch; afterwards all is as before::

        history = model.fit(x, y, validation_split=0.2, epochs=20)
        print(kerasdl.diagnose(model, history, (x, y)))

    `kerasdl doctor` tests what it says of a run of kerasdl's own by experiments.

    Args:
        model: The model, compiled and trained.
        history: What `fit` returned, its `history`, or a `kerasdl.Run`.
        data: The training data, as for `kerasdl.check`; None looks at the history alone.
        batch_size: Rows of a batch, if data are arrays.

    Returns:
        The diagnosis. Printed, it is the verdict, and what speaks for each cause.

    Raises:
        ConfigError: If a run has not ended.
        ModelFileError: If a run is damaged.
        TypeError: If `history` is none, or `model` is no model.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"model is {type(model).__name__}, not a keras.Model")
    findings = [] if data is None else _checked(model, data, batch_size)
    if directory := getattr(history, "directory", None):
        evidence = with_findings(read_evidence(directory), findings)
    else:
        curves = getattr(history, "history", history)
        if not isinstance(curves, Mapping):
            raise TypeError(
                f"history is {type(history).__name__}, not what fit returns"
            )
        evidence = _evidence(model, curves, findings, _targets(data), batch_size)
    hypotheses = likely(evidence)
    verdict = without_cause(evidence)
    if hypotheses:
        first = hypotheses[0]
        perhaps = "" if first.certain else "perhaps "
        verdict = f"{perhaps}{first.cause}: {first.seen}; {first.advice}"
    return Diagnosis(verdict, "", hypotheses, (), evidence.headline)


def _checked(model: keras.Model, data: Any, batch_size: int) -> list[Finding]:
    """Return what a check says of a model that has been trained."""
    return [
        replace(each, kind=f"trained-{each.kind}")
        if each.kind in ("dead-units", "saturated")
        else each
        for each in check(model, data, batch_size)
    ]


def _evidence(
    model: keras.Model,
    curves: Mapping[str, Sequence[Any]],
    findings: Sequence[Finding],
    y: np.ndarray | None,
    batch_size: int,
) -> Evidence:
    """Return what the history and a check show."""
    if any(not isinstance(each, Sequence) for each in curves.values()):
        raise TypeError("a curve of the history is no list")
    count = max(map(len, curves.values()), default=0)
    lines: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, each in curves.items():
        every = count // max(len(each), 1)  # `validation_freq` epochs
        for number, value in enumerate(each, start=1):
            lines[number * every - 1][name] = float(value)
    lines = [numbers(line) for line in lines]
    whole = all("loss" in line for line in lines)
    reached, baselines = _score(model, lines, y)
    return Evidence(
        _keys(model, count, batch_size),
        "completed" if whole else "diverged",
        lines,
        {} if reached is None else {"score": reached},
        baselines,
        "score",
        True,
        findings,
        examples=None if y is None else len(y),
        parameters=model.count_params() if model.built else None,
    )


def _keys(model: keras.Model, epochs: int, batch_size: int) -> dict[str, Any]:
    """Return what is known of a model, under the keys of a config."""
    dropout = [
        float(layer.rate)
        for layer in flatten_layers(model)
        if isinstance(layer, keras.layers.Dropout)
    ]
    keys: dict[str, Any] = {
        "training.epochs": epochs,
        "training.batch_size": batch_size,
        "precision.policy": keras.config.dtype_policy().name,
    }
    if dropout:
        keys["model.dropout"] = max(dropout)
    if model.compiled:
        *_, optimizer = optimizer_chain(model.optimizer)
        clips = [getattr(optimizer, name, None) for name in CLIPS]
        keys |= {
            "optimizer.name": type(optimizer).__name__.lower(),
            "optimizer.learning_rate": highest_rate(optimizer),
            "optimizer.weight_decay": float(optimizer.weight_decay or 0.0),
            "optimizer.global_clipnorm": next((c for c in clips if c), 0.0),
        }
    return keys


def _targets(data: Any) -> np.ndarray | None:
    """Return the targets of the data, or of the first ones of a loader."""
    drawn = random_state.capture()
    try:
        found = None if data is None else first_examples(data)
    except Exception:  # noqa: BLE001  the check says so
        return None
    finally:
        random_state.restore(*drawn)
    return None if found is None else found[1]


def _score(
    model: keras.Model, lines: Sequence[Mapping[str, float]], y: np.ndarray | None
) -> tuple[float | None, dict[str, float]]:
    """Return the best score of the last curve that is one, and what a constant reaches.

    The score is the accuracy, or the share of the variance that is explained.
    """
    is_array = isinstance(y, np.ndarray) and y.dtype.kind in "biuf"
    if y is None or not is_array or not y.size or not np.isfinite(y).all():
        return None, {}
    labels = class_numbers(y)
    for name in ("val_accuracy", "accuracy"):
        reached = [line[name] for line in lines if name in line]
        if reached and labels is not None and labels.min() >= 0:
            share = float(np.bincount(labels).max() / len(labels))
            return max(reached), {"most frequent class": share}
    losses = [line.get("val_loss", line.get("loss", np.nan)) for line in lines]
    is_squared = model.compiled and "mean_squared_error" in _names(model.loss)
    spread = float(y.astype("float64").var(0).mean())
    if not is_squared or not losses or not np.isfinite(losses).any() or not spread:
        return None, {}
    return 1 - float(np.nanmin(losses)) / spread, {"mean": 0.0}


def _names(loss: Any) -> list[str]:
    """Return the names of the losses of a model, as functions are named."""
    return [
        getattr(found, "name", getattr(found, "__name__", "")) or ""
        for each in keras.tree.flatten(loss)
        if (found := keras.losses.get(each)) is not None
    ]
