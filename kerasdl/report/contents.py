"""What the report of a run says, from the files of its directory."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from kerasdl.config import to_toml
from kerasdl.errors import ModelFileError
from kerasdl.figures import Cell, Figure, Lines, Table
from kerasdl.report.kept import read_figures
from kerasdl.report.verdict import verdict
from kerasdl.rundir import RunDir

MOST_POINTS = 400
"""Epochs of a curve; of more, those at even distances, and the last."""
LEFT_OUT = ("epoch", "step", "seconds")
CURVES = {
    "Loss": ("loss", "val_loss"),
    "Learning rate": ("learning_rate",),
    "Gradient norm": ("grad_norm",),
    "Examples a second": ("examples_per_second",),
    "Peak memory in bytes": ("peak_memory_bytes",),
}
"""Curves by title, besides those of scores, each with the values that it shows."""
MOST_FINDINGS = 200


def contents(run: RunDir) -> dict[str, Any]:
    """Return the values that the template writes.

    Raises:
        ConfigError, ModelFileError: If a file of the run is damaged.
    """
    config = run.read_config()
    result = run.read_result() or {"status": "unfinished"}
    epochs = run.read_epochs()
    try:
        return {
            "run": run.name,
            "about": f"{config.model.name} · {config.data.task} · {config.data.name}",
            "status": str(result.get("status")),
            "verdict": verdict(result, epochs),
            "scores": [*_scores(result)],
            "curves": curves(epochs),
            "figures": read_figures(run, "test"),
            "explanations": read_figures(run, "explanations"),
            "model": read_figures(run, "model"),
            "findings": [*_findings(run.read_events())],
            "config": to_toml(config),
            "environment": [*_environment(run)],
        }
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        what = f"a file of {run.path} holds what no run writes: {fault}"
        raise ModelFileError(what, "restore it from a copy") from fault


def _scores(result: Mapping[str, Any]) -> Iterator[Figure]:
    """Yield tables of the scores, and of the baselines."""
    splits = {name: result[name] for name in ("validation", "test") if name in result}
    names = [*dict.fromkeys(name for scores in splits.values() for name in scores)]
    if names:
        rows: list[list[Cell]] = [
            [name, *(_number(scores.get(name)) for scores in splits.values())]
            for name in names
        ]
        yield Table("Splits", ["score", *splits], rows)
    baselines = result.get("baseline") or {}
    rows = []
    for name, baseline in baselines.items():
        margin = baseline.get("margin", {})
        for score, value in baseline.items():
            if score in result.get("test", {}) and score != "margin":
                own = _number(result["test"][score])
                bounds = [_number(margin.get(end)) for end in ("low", "high")]
                rows.append([name, score, _number(value), own, *bounds])
                break
    if rows:
        columns = ["baseline", "score", "its score", "network", "margin from", "to"]
        note = "The margin is that of the network, with a 95 % interval."
        yield Table("Baselines", columns, rows, note)


def curves(epochs: list[dict[str, Any]]) -> list[Lines]:
    """Return curves over the epochs.

    Args:
        epochs: The lines of `metrics.jsonl`.
    """
    if not epochs:
        return []
    every = -(-len(epochs) // MOST_POINTS)
    shown = epochs[::every]
    if shown[-1] is not epochs[-1]:
        shown = [*shown, epochs[-1]]
    names = [*dict.fromkeys(name for line in shown for name in line)]
    taken = {name for group in CURVES.values() for name in group}
    groups = dict(CURVES)
    for name in names:
        plain = name.removeprefix("val_")
        if name not in taken and name not in LEFT_OUT:
            groups[plain] = (plain, f"val_{plain}")
    x = [int(line["epoch"]) + 1 for line in shown]
    found = []
    for title, members in groups.items():
        present = [name for name in members if name in names]
        values = [[_number(line.get(name)) for line in shown] for name in present]
        if any(value is not None for each in values for value in each):
            found.append(
                Lines(title, "epoch", title, present, [[*x]] * len(present), values)
            )
    return found


def _number(value: Any) -> float | None:
    """Return a finite number, or None for what is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _findings(events: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield the findings, errors first; they have a severity, and other events none."""
    found = [event for event in events if "severity" in event]
    order = ("error", "warning", "info")
    found.sort(key=lambda event: order.index(event["severity"]))
    for event in found[:MOST_FINDINGS]:
        parts = ("severity", "message", "why")
        yield {part: str(event.get(part, "")) for part in parts}


def _environment(run: RunDir) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the environment; tables are flattened."""
    for name, value in run.read_environment().items():
        if isinstance(value, dict):
            for inner, part in value.items():
                yield f"{name} {inner}", str(part)
        else:
            yield name, str(value)
