"""Some examples of a split."""

import numpy as np

from kerasdl.data.examples import ArrayExamples, ChosenExamples


def test_they_are_the_chosen_rows_of_the_others():
    others = ArrayExamples(np.arange(20.0).reshape(10, 2), np.arange(10))
    some = ChosenExamples(others, np.array([1, 4, 7]))
    x, y = some.take(np.array([2, 0]))
    assert (x.tolist(), y.tolist()) == ([[14, 15], [2, 3]], [7, 1])
    targets, whole = some.targets(), some.resident()
    assert targets is not None
    assert whole is not None
    assert targets.tolist() == whole[1].tolist() == [1, 4, 7]
    assert len(some) == len(some.plain()) == 3
