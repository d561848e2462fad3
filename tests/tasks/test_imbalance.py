"""Classes that are told to be rare."""

import numpy as np
import pytest

from kerasdl.finding import Finding
from kerasdl.tasks.classes import Classes
from kerasdl.tasks.imbalance import imbalance


def findings(counts: list[int], setting: str = "none", names=()) -> list[Finding]:
    labels = np.repeat(np.arange(len(counts)), counts)
    return [*imbalance(setting, labels, Classes(len(counts), names))]


def test_the_figures_of_a_rare_class_and_the_hint():
    [finding] = findings([51, 949], names=("bad", "good"))
    assert str(finding) == (
        "classes are imbalanced: of 1,000 training examples, 'bad' has 51 (5.1 %) — "
        'to weigh rare classes up, set training.class_weights = "balanced"'
    )
    assert (finding.severity, finding.value) == ("warning", 0.102)


@pytest.mark.parametrize(
    ("counts", "rare"),
    [
        ([20, 80], []),
        ([19, 81], ["'0' has 19 (19 %)"]),
        ([50, 7, 3, 50], ["'2' has 3 (2.7 %)", "'1' has 7 (6.4 %)"]),
        ([30, 30, 0], []),
        ([19, 81, 0], ["'0' has 19 (19 %)"]),
        ([40, 8, 50], ["'1' has 8 (8.2 %)"]),
        ([1, 9999], ["'0' has 1 (0.01 %)"]),
    ],
)
def test_a_class_is_rare_below_four_tenths_of_its_equal_share(counts, rare):
    found = findings(counts)
    assert [f.what.partition("examples, ")[2] for f in found] == (
        [" and ".join(rare)] if rare else []
    )


def test_weighted_classes_need_no_hint():
    [finding] = findings([5, 95], "balanced")
    assert (finding.severity, finding.hint) == ("info", "")


def test_of_many_rare_classes_twenty_are_listed():
    [finding] = findings([1] * 30 + [900])
    assert finding.what.endswith("'19' has 1 (0.11 %) and 10 more")
