import numpy as np
import pytest

from kerasdl import tasks
from kerasdl.data import Arrays
from kerasdl.data.kinds.arrays import ArraysKind
from kerasdl.errors import DataError

X = np.arange(24.0).reshape(6, 4)
Y = np.array([0, 1, 2, 0, 1, 2])
CLASSES = ArraysKind()
NUMBERS = ArraysKind(task="regression")


def check(arrays: Arrays, kind: ArraysKind) -> int | None:
    """Check arrays as before a training; return the outputs that a model needs."""
    task, rows = tasks.find(kind.task), np.arange(len(arrays.y))
    kind.check(arrays)
    task.check(arrays.y, kind.num_classes, arrays.source)
    targets = task.fit(arrays.y, rows, {}, kind.num_classes, arrays.source)
    test = kind.new(arrays)
    targets.encode(test.raw.y, test.rows, arrays.source, f"y{test.raw.suffix}")
    return targets.num_outputs


def changed(array: np.ndarray, place, value) -> np.ndarray:
    array = array.copy()
    array[place] = value
    return array


def test_good_arrays():
    assert check(Arrays("mine", X, Y), CLASSES) == 3
    assert check(Arrays("mine", X, Y.astype(float)), NUMBERS) == 1
    assert check(Arrays("mine", X, Y > 0), CLASSES) == 2
    assert check(Arrays("mine", X, Y), ArraysKind(num_classes=5)) == 5


@pytest.mark.parametrize(
    ("x", "y", "data", "message"),
    [
        (X, Y[:5], CLASSES, r"x has 6 rows in mine, y has shape \(5,\)"),
        (changed(X, (4, 1), np.nan), Y, CLASSES, "x is nan at row 4, column 1 in mine"),
        (changed(X, (2, 3), -np.inf), Y, CLASSES, "x is -inf at row 2, column 3"),
        (X, changed(Y * 1.0, 3, np.nan), NUMBERS, "y is nan at row 3"),
        (X, Y.astype(float), CLASSES, "y has dtype float64"),
        (X, Y.astype(str), CLASSES, "y has dtype <U"),
        (X, changed(Y, 5, -1), CLASSES, "y is -1 at row 5"),
        (X, Y - 1, CLASSES, "y is -1 at row 0 and -1 at row 3 in mine; class labels"),
        (X, changed(Y * 1.0, 3, 1e39), NUMBERS, r"y is 1e\+39 at row 3 in mine, not a"),
        (
            X,
            changed(Y, 2, 99),
            CLASSES,
            "y is 99 at row 2 in mine, but no example .* 3",
        ),
        (
            X,
            Y,
            ArraysKind(num_classes=2),
            "y is 2 at row 2 and 2 at row 5 in mine; the 2 classes are 0 … 1",
        ),
        (changed(X, (1, 2), 1e39), Y, CLASSES, "x is 1e.39 at row 1, column 2"),
        (X[:0], Y[:0], CLASSES, r"x has shape \(0, 4\)"),
        (X[:, 0], Y, CLASSES, r"x has shape \(6,\)"),
        (X.astype(str), Y, CLASSES, "x holds <U"),
        (X.astype(complex), Y, CLASSES, "x holds complex128"),
    ],
)
def test_bad_arrays(x, y, data, message):
    with pytest.raises(DataError, match=message):
        check(Arrays("mine", x, y), data)


def test_the_test_set_is_checked_too():
    with pytest.raises(DataError, match="y_test is 7 at row 1"):
        check(Arrays("mine", X, Y, X, changed(Y, 1, 7)), CLASSES)
    with pytest.raises(DataError, match=r"x_test has shape \(6, 3\)"):
        check(Arrays("mine", X, Y, X[:, :3], Y), CLASSES)
    with pytest.raises(DataError, match="x_test is nan at row 0"):
        check(Arrays("mine", X, Y, changed(X, (0, 0), np.nan), Y), CLASSES)
