"""Figures that compare groups of examples."""

from collections.abc import Mapping, Sequence

from kerasdl.data.measure import Measure
from kerasdl.diagnostics.group_gaps import Gap
from kerasdl.diagnostics.group_rates import SMALLEST, Rate
from kerasdl.figures import Cell, Figure, Table

MOST_OF = 6
"""Classes or targets that have a table; those with the largest gaps."""
MOST_GAPS = 30
"""Gaps in a table; the largest ones."""


def group_figures(
    column: str,
    measures: Sequence[Measure],
    rates: Mapping[str, Sequence[Rate]],
    scores: Mapping[str, Mapping[str, float]],
    gaps: Sequence[Gap],
) -> list[Figure]:
    """Return the gaps, the rates of each class or target, and the scores of groups.

    Args:
        column: Name of the column.
        measures: The measures.
        rates: Each measure of each group.
        scores: The scores of each group that is not too small.
        gaps: The gaps.
    """
    figures: list[Figure] = []
    largest = sorted(gaps, key=lambda gap: -gap.difference)
    if gaps:
        rows: list[list[Cell]] = [
            [_named(gap.name, gap.of), gap.difference, gap.low, gap.high, gap.chance]
            for gap in largest[:MOST_GAPS]
        ]
        names = ["gap", "difference", "low", "high", "by chance"]
        note = (
            "The largest value of a group minus the least. low and high are a 95 % "
            "interval; random groups of these sizes stay below “by chance” in 95 % of cases."
        )
        figures.append(Table(f"Gaps by {column}", names, rows, note))
    shown = [*dict.fromkeys(["", *(gap.of for gap in largest)])]
    of_measures = [*dict.fromkeys(each.of for each in measures)]
    shown += [of for of in of_measures if of not in shown]
    wanted = [of for of in shown if of in of_measures][:MOST_OF]
    figures += [_rates(column, measures, rates, of) for of in wanted]
    if any(scores.values()):
        names = [*dict.fromkeys(name for each in scores.values() for name in each)]
        rows = [[group, *map(each.get, names)] for group, each in scores.items()]
        figures.append(Table(f"Scores by {column}", ["group", *names], rows))
    return figures


def _rates(
    column: str,
    measures: Sequence[Measure],
    rates: Mapping[str, Sequence[Rate]],
    of: str,
) -> Table:
    """Return the rates of one class or target, or those of all."""
    places = [n for n, measure in enumerate(measures) if measure.of == of]
    names = ["group", "examples", *(measures[n].name for n in places)]
    rows: list[list[Cell]] = [
        [group, each[0].examples, *(_shown(each[n]) for n in places)]
        for group, each in rates.items()
    ]
    note = f"95 % intervals in brackets. Fewer than {SMALLEST} examples have no value."
    return Table(_named("Groups", of) + f" by {column}", names, rows, note)


def _named(name: str, of: str) -> str:
    return f"{name} of {of}" if of else name


def _shown(rate: Rate) -> str:
    if rate.value is None:
        return f"too few ({rate.examples})"
    return f"{rate.value:.4g} ({rate.low:.3g} to {rate.high:.3g})"
