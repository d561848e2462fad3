"""Rates and gaps are those counted by hand, and those of fairlearn's definitions."""

import numpy as np
import pandas as pd
import pytest

from kerasdl.data.measure import Measure
from kerasdl.diagnostics.group_figures import group_figures
from kerasdl.diagnostics.group_gaps import group_gaps
from kerasdl.diagnostics.group_measures import (
    ODDS,
    PARITY,
    error_measures,
    mean_measure,
    share_measures,
)
from kerasdl.diagnostics.group_rates import SMALLEST, group_rates, rate
from kerasdl.figures import Table
from kerasdl.tasks.classes import Classes
from kerasdl.tasks.labels import Labels
from kerasdl.tasks.numbers import Numbers

RNG = np.random.default_rng(0)
GROUP = RNG.choice(["a", "b", "c"], 600, p=[0.5, 0.4, 0.1])
TRUE = RNG.random(600) < np.where(GROUP == "a", 0.6, 0.4)
CHOSEN = RNG.random(600) < np.where(TRUE, 0.8, np.where(GROUP == "b", 0.4, 0.1))
GROUPS = {name: name == GROUP for name in "abc"}


def test_rates_counted_by_hand():
    """Group a: 12 of class yes, of which 9 are found; 8 others, 2 of them chosen."""
    true = np.array([1] * 12 + [0] * 8 + [1] * 10 + [0] * 10, bool)
    chosen = np.array([1] * 9 + [0] * 3 + [1] * 2 + [0] * 6 + [1] * 5 + [0] * 15, bool)
    groups = {"a": np.arange(40) < 20, "b": np.arange(40) >= 20}
    found = group_rates(share_measures(true, chosen, "yes"), groups)
    assert [(each.value, each.examples) for each in found["a"]] == [
        (11 / 20, 20),
        (9 / 12, 12),
        (None, 8),  # fewer than SMALLEST
        (9 / 11, 11),
    ]
    assert [each.value for each in found["b"]] == [5 / 20, 5 / 10, 0.0, None]
    gaps = {
        gap.name: gap for gap in group_gaps(share_measures(true, chosen, ""), groups)
    }
    assert gaps[PARITY].difference == pytest.approx(11 / 20 - 5 / 20)
    assert gaps[ODDS].difference == pytest.approx(9 / 12 - 5 / 10)
    assert SMALLEST == 10
    assert len(gaps) == 2  # precision counts for one group only


def test_gaps_are_those_of_fairlearn():
    """`demographic_parity_difference` and `equalized_odds_difference` of fairlearn 0.12.

    The first is the largest selection rate minus the least. The second is the larger of
    the differences of true and of false positive rates (`agg="worst_case"`).
    """
    table = pd.DataFrame({"group": GROUP, "true": TRUE, "chosen": CHOSEN})
    by_group = table.groupby("group").chosen.mean()
    rates = table.groupby(["true", "group"]).chosen.mean().unstack()
    gaps = {
        gap.name: gap for gap in group_gaps(share_measures(TRUE, CHOSEN, ""), GROUPS)
    }
    parity, odds = gaps[PARITY], gaps[ODDS]
    assert parity.difference == pytest.approx(by_group.max() - by_group.min())
    largest = (rates.max(axis=1) - rates.min(axis=1)).max()
    assert odds.difference == pytest.approx(largest)
    for gap in (parity, odds):
        assert 0 <= gap.low < gap.difference < gap.high <= 1
    assert odds.chance < odds.low  # the difference is real
    assert group_gaps(share_measures(TRUE, CHOSEN, ""), GROUPS) == [*gaps.values()]


def test_random_groups_stay_below_chance():
    """Of 100 splits that mean nothing, about 95 have a gap below `chance`."""
    below = 0
    for seed in range(100):
        drawn = np.random.default_rng(seed)
        right = drawn.random(200) < 0.7
        groups = drawn.integers(2, size=200)
        members = {str(n): groups == n for n in range(2)}
        [gap] = group_gaps([mean_measure("accuracy", right)], members, seed)
        below += gap.difference <= gap.chance
    assert 88 <= below <= 100


def test_the_bootstrap_is_that_of_whole_resamples():
    [gap] = group_gaps([mean_measure("accuracy", TRUE)], GROUPS, seed=3)
    drawn, found = np.random.default_rng(0), []
    for _ in range(1000):
        rows = drawn.integers(600, size=600)
        means = pd.Series(TRUE[rows]).groupby(GROUP[rows]).mean()
        found.append(means.max() - means.min())
    low, high = np.percentile(found, [2.5, 97.5])
    assert (gap.low, gap.high) == pytest.approx((low, high), abs=0.02)


def test_intervals():
    """Wilson 1927: 7 of 10 is between 0.397 and 0.892 (Newcombe 1998)."""
    values = np.array([True] * 7 + [False] * 3)
    found = rate(mean_measure("accuracy", values), np.ones(10, bool))
    assert (found.low, found.high) == pytest.approx((0.397, 0.892), abs=5e-4)
    errors = RNG.normal(size=50)
    found = rate(mean_measure("error", errors), np.ones(50, bool))
    radius = 1.959964 * pd.Series(errors).sem()
    assert found.low == pytest.approx(errors.mean() - radius)


def test_one_group_has_no_gap():
    everyone = {"a": np.ones(600, bool)}
    assert group_gaps(share_measures(TRUE, CHOSEN, ""), everyone) == []
    assert group_gaps([], GROUPS) == []


def test_each_task_has_measures():
    logits = RNG.normal(size=(600, 3)).astype("float32")
    labels = RNG.integers(3, size=600)
    found = Classes(3, ("x", "y", "z")).measures(labels, logits)
    assert [m.of for m in found] == ["", *"xxxxyyyyzzzz"]
    assert found[0].values.mean() == (logits.argmax(-1) == labels).mean()
    recall = next(m for m in found if m.name == "true positive rate" and m.of == "y")
    assert rate(recall, GROUPS["a"]).value == pytest.approx(
        (logits.argmax(-1) == 1)[(labels == 1) & GROUPS["a"]].mean()
    )
    two = Classes(2, ("no", "yes")).measures(labels % 2, logits[:, :2])
    assert {m.of for m in two} == {"", "yes"}
    given = (RNG.random((600, 2)) < 0.5).astype("float32")
    of_labels = Labels(2, (), ("p", "q")).measures(given, logits[:, :2])
    assert [m.of for m in of_labels] == ["", *"ppppqqqq"]
    y, predicted = logits[:, :1], logits[:, 1:2]
    absolute, error = Numbers(3.0, 2.0).measures(y, predicted)
    assert absolute.values == pytest.approx(2 * np.abs(y - predicted)[:, 0], abs=1e-5)
    assert error.values == pytest.approx(2 * (predicted - y)[:, 0], abs=1e-5)


def test_figures_say_which_groups_are_too_small():
    groups = {**GROUPS, "few": np.arange(600) < 4}
    measures: list[Measure] = share_measures(TRUE, CHOSEN, "yes")
    rates = group_rates(measures, groups)
    gaps, of_rates, scores = group_figures("g", measures, rates, {"a": {"f1": 0.5}}, [
        *group_gaps(measures, GROUPS)
    ])  # fmt: skip
    assert isinstance(gaps, Table)
    assert isinstance(of_rates, Table)
    assert isinstance(scores, Table)
    assert of_rates.title == "Groups of yes by g"
    assert of_rates.rows[-1][1:3] == [4, "too few (4)"]
    assert scores.rows == [["a", 0.5]]
    assert gaps.rows[0][1] == max(row[1] for row in gaps.rows)


def test_errors_of_numbers_have_gaps():
    measures = error_measures(np.zeros(600), np.where(GROUP == "b", -1.0, 0.5))
    gaps = {gap.name: gap.difference for gap in group_gaps(measures, GROUPS)}
    assert gaps["mean absolute error difference"] == pytest.approx(0.5)
    assert gaps["mean error difference"] == pytest.approx(1.5)
