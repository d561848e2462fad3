"""A comparison of runs, as lines of text."""

from collections.abc import Iterator
from typing import Any

from kerasdl.cli.cost_table import aligned
from kerasdl.cli.text_plot import text_curves
from kerasdl.rundir import first_scores


def comparison_table(result: dict[str, Any], reach: str | None) -> Iterator[str]:
    """Yield the lines of what `kerasdl.jobs.compare.compare` returns."""
    runs = result["runs"]
    names = [run["run"] for run in runs]
    rows = [("", *names)]
    rows += [
        (key, *map(_shown, values)) for key, values in result["differences"].items()
    ]
    if not result["differences"]:
        yield "the configs are equal"
    else:
        yield from aligned(rows, left=1 + len(names))
    yield ""
    if any(value is not None for curve in result["curves"].values() for value in curve):
        yield f"{result['metric']} by epoch"
        yield from text_curves(result["curves"])
        yield ""
    yield from aligned([("", *names), *_scores(runs, reach)], left=1)
    for group in result["groups"]:
        yield ""
        yield f"{len(group['runs'])} seeds: {', '.join(group['runs'])}"
        for name, spread in first_scores(group["test"]).items():
            yield f"  {name} {spread['mean']:.4f} ± {spread['deviation']:.4f}"
    if result["group_margins"] or result["margins"] or result["notes"]:
        yield ""
    for row in result["group_margins"]:
        pair = f"{', '.join(row['runs'])} minus {', '.join(row['minus'])}"
        yield _margin(pair, row, "of their means")
    for row in result["margins"]:
        yield _margin(f"{row['run']} minus {row['minus']}", row, "on the same examples")
    yield from result["notes"]


def _scores(runs: list[dict[str, Any]], reach: str | None) -> Iterator[tuple]:
    """Yield the rows of what each run reaches."""
    yield "status", *(run["status"] for run in runs)
    yield "backend", *(run["backend"] for run in runs)
    for name in ("epochs", "seconds"):
        yield name, *(_shown(run[name]) for run in runs)
    for name in dict.fromkeys(name for run in runs for name in run["test"]):
        values = (run["test"].get(name) for run in runs)
        yield f"test {name}", *map(_shown, values)
    if reach:
        reached = [run["reached"] or {} for run in runs]
        yield f"epochs to {reach}", *(_shown(each.get("epoch")) for each in reached)
        yield f"seconds to {reach}", *(_shown(each.get("seconds")) for each in reached)


def _margin(pair: str, row: dict[str, Any], how: str) -> str:
    inside = row["low"] <= 0 <= row["high"]
    verdict = "chance may explain it" if inside else "more than chance explains"
    interval = f"95 % from {row['low']:+.4f} to {row['high']:+.4f}"
    return (
        f"{pair}: {row['score']} {row['estimate']:+.4f} ({interval}, {how}): {verdict}"
    )


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
