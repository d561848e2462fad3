"""Labels that each example names in a list, against scikit-learn."""

import numpy as np
import pytest
from sklearn.preprocessing import MultiLabelBinarizer

from kerasdl.errors import DataError
from kerasdl.tasks import label_lists
from kerasdl.tasks.multi_label import MultiLabel

LISTS = [["b", "a"], [], ["c"], ["a", "c"], ["b"]]
TASK = MultiLabel()


def raw(lists: list[list[str]] = LISTS) -> np.ndarray:
    return np.array([*map(frozenset, lists)], object)


def fitted():
    TASK.check(raw(), "auto", "mine")
    return TASK.fit(raw(), np.arange(3), {}, "auto", "mine")


def test_names_become_columns():
    expected = MultiLabelBinarizer()
    targets = fitted().named(("tags",))
    encoded = targets.encode(raw(), rows := np.array([0, 3, 1]), "mine")
    np.testing.assert_array_equal(encoded, expected.fit_transform(LISTS)[rows])
    assert encoded.dtype == "float32"
    assert [*targets.names] == [*expected.classes_]
    outputs = np.array([[9.0, -9.0, 0.0]])
    assert [*targets.predictions(outputs, outputs)][:2] == [
        "prediction a",
        "prediction b",
    ]


def test_a_name_that_is_unknown():
    new = raw([["z"], ["a"], ["y", "b", "z"]])
    with pytest.raises(DataError) as caught:
        fitted().encode(new, np.arange(3), "new")
    what = str(caught.value)
    assert "y is 'z' at row 0 and 'y' at row 2 in new, a label unknown" in what
    assert what.endswith("it knows 'a', 'b' and 'c'")
    assert fitted().encode(new, np.array([1]), "new").tolist() == [[1, 0, 0]]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[], []], "no list of mine names a label"),
        ([["a", "b"], ["a"]], "every list of mine names 'a', from which nothing"),
        ([["a"], ["b"], ["c"], ["d"]], "name 4 different labels"),
    ],
)
def test_lists_from_which_nothing_is_learned(lists, message: str, monkeypatch):
    monkeypatch.setattr(label_lists, "MAX_LABELS", 3)
    with pytest.raises(DataError, match=message):
        TASK.check(raw(lists), "auto", "mine")
