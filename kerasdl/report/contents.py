"""What the report of a run says, from the files of its directory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kerasdl.config import to_toml
from kerasdl.figures import Cell, Figure, Lines, Table
from kerasdl.finding import SEVERITIES
from kerasdl.report.kept import read_figures
from kerasdl.report.layer_curves import is_of_a_layer, layer_curves
from kerasdl.report.verdict import verdict
from kerasdl.rundir import RunDir, number, numbers

MOST_POINTS = 400
"""Epochs of a curve; of more, those at even distances, and the last."""
LEFT_OUT = ("epoch", "step", "seconds")
CURVES = {
    "Loss": ("loss", "val_loss"),
    "Learning rate": ("learning_rate",),
    "Gradient norm": ("grad_norm",),
    "Examples a second": ("examples_per_second",),
    "Batches a second": ("batches_per_second",),
    "Memory in bytes": (
        "peak_memory_bytes",
        "host_memory_bytes",
        "device_memory_bytes",
    ),
}
"""Curves by title, besides those of scores, each with the values that it shows."""
MOST_CURVES = 60
"""Curves in a chart, and charts of curves over the epochs."""
MOST_FINDINGS = 200
STUDIES = {
    "explanations": "Explanations",
    "groups": "Groups",
    "robustness": "Robustness",
}
"""What else was studied of a run: the names of its figures, with titles."""


def contents(run: RunDir) -> dict[str, Any]:
    """Return the values that the template writes.

    Raises:
        ConfigError, ModelFileError: If a file of the run is damaged.
    """
    config = run.read_config()
    result = run.read_result() or {"status": "unfinished"}
    epochs = run.read_epochs()
    return {
        "run": run.name,
        "about": f"{config.model.name} · {config.data.task} · {config.data.name}",
        "status": str(result.get("status")),
        "verdict": verdict(result, epochs, _diagnosis(run, result)),
        "scores": [*_scores(result)],
        "curves": [*curves(epochs), *layer_curves([*map(numbers, epochs)])],
        "figures": _drawn(read_figures(run, "test")),
        "studies": [
            (title, _drawn(read_figures(run, name))) for name, title in STUDIES.items()
        ],
        "model": _drawn(read_figures(run, "model")),
        "findings": [*_findings(run.read_events())],
        "config": to_toml(config),
        "environment": [*_environment(run)],
    }


def _diagnosis(run: RunDir, result: Mapping[str, Any]) -> str:
    """Return what the doctor found, or else what seemed wrong as the run ended."""
    found = run.read_diagnosis() or {}
    return str(found.get("verdict") or result.get("diagnosis") or "")


def _scores(result: Mapping[str, Any]) -> Iterator[Figure]:
    """Yield tables of the scores, and of the baselines."""
    splits = {name: result[name] for name in ("validation", "test") if name in result}
    names = [*dict.fromkeys(name for scores in splits.values() for name in scores)]
    if names:
        rows: list[list[Cell]] = [
            [name, *(number(scores.get(name)) for scores in splits.values())]
            for name in names
        ]
        yield Table("Splits", ["score", *splits], rows)
    baselines = result.get("baseline") or {}
    rows = []
    for name, baseline in baselines.items():
        margin = baseline.get("margin", {})
        for score, value in baseline.items():
            if score in result.get("test", {}) and score != "margin":
                own = number(result["test"][score])
                bounds = [number(margin.get(end)) for end in ("low", "high")]
                rows.append([name, score, number(value), own, *bounds])
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
    x: list[float] = [int(line["epoch"]) + 1 for line in shown]
    found, left = [], 0
    for title, names in _groups(shown).items():
        values = [[number(line.get(name)) for line in shown] for name in names]
        if not any(value is not None for each in values for value in each):
            continue
        if len(found) == MOST_CURVES:
            left += 1
            continue
        places = [[*x] for _ in names]
        found.append(Lines(title, "epoch", title, names, places, values))
    if left:
        note = f"{left:,} more values of epochs are not drawn."
        found[-1] = replace(found[-1], note=note)
    return found


def _groups(epochs: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the values of epochs that a chart shows together, by its title."""
    logged = dict.fromkeys(name for line in epochs for name in line)
    titles = {name: title for title, names in CURVES.items() for name in names}
    groups: dict[str, list[str]] = {title: [] for title in CURVES}
    for name in logged:
        if name not in LEFT_OUT and not is_of_a_layer(name):
            title = titles.get(name, name.removeprefix("val_"))
            groups.setdefault(title, []).append(name)
    return {title: sorted(names, key=len) for title, names in groups.items()}


def _drawn(figures: Iterable[Figure]) -> list[Figure]:
    """Return figures with at most `MOST_CURVES` curves each."""
    return [_fewer(each) if isinstance(each, Lines) else each for each in figures]


def _fewer(figure: Lines) -> Lines:
    if (left := len(figure.names) - MOST_CURVES) <= 0:
        return figure
    names, x, y = (each[:MOST_CURVES] for each in (figure.names, figure.x, figure.y))
    note = f"{figure.note} {left:,} more curves are not drawn.".strip()
    return replace(figure, names=names, x=x, y=y, note=note)


def _findings(events: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield the findings, errors first; they have a severity, and other events none."""
    found = [event for event in events if "severity" in event]
    found.sort(key=lambda event: SEVERITIES.index(event["severity"]))
    for event in found[:MOST_FINDINGS]:
        parts = ("severity", "message", "why")
        yield {part: str(event.get(part, "")) for part in parts}
    if (left := len(found) - MOST_FINDINGS) > 0:
        line = f"{left:,} more findings are in events.jsonl"
        yield {"severity": "info", "message": line, "why": ""}


def _environment(run: RunDir) -> Iterator[tuple[str, str]]:
    """Yield the names and values of the environment; tables are flattened."""
    for name, value in run.read_environment().items():
        if isinstance(value, dict):
            for inner, part in value.items():
                yield f"{name} {inner}", str(part)
        else:
            yield name, str(value)
