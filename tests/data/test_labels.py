"""Labels of two values each as targets."""

from typing import Any

import numpy as np
import pytest

from kerasdl.data.signature import Input
from kerasdl.errors import DataError
from kerasdl.tasks.labels import Labels
from kerasdl.tasks.multi_label import MultiLabel

WORDS = np.array(
    [["no", "10", "True"], ["yes", "9", "False"], ["no", "9", "True"]], object
)
BITS = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 1]])
ROWS = np.arange(3)
OUTPUTS = np.array([[-1.0, 2.0, 0.5], [3.0, -0.1, -2.0], [0.0, -4.0, 1.0]])


def fitted(raw: np.ndarray, names: tuple[str, ...] = ()) -> Labels:
    task = MultiLabel()
    task.check(raw, "auto", "a test")
    signature = {"inputs": Input((3,))}
    return task.fit(raw, ROWS, signature, "auto", "a test").named(names)


TARGETS = fitted(WORDS, ("smokes", "rooms", "loud"))


def test_the_greater_or_the_last_value_is_positive():
    assert TARGETS.values == (("no", "yes"), ("9", "10"), ("False", "True"))
    encoded = TARGETS.encode(WORDS, ROWS[1:], "a test")
    np.testing.assert_array_equal(encoded, BITS[1:])
    assert encoded.dtype == "float32"
    [said] = TARGETS.findings()
    expected = "positive where 'smokes' is 'yes', 'rooms' is '10' and 'loud' is 'True'"
    assert expected in str(said)
    for raw in (BITS, BITS.astype("float32"), BITS > 0):
        bits = fitted(raw)
        assert (bits, bits.findings()) == (Labels(3), [])
        np.testing.assert_array_equal(bits.encode(raw, ROWS, "a test"), BITS)
    assert fitted(BITS[:, 0]).encode(BITS[:, 0], ROWS, "a test").shape == (3, 1)


def test_predictions_have_the_names_of_values():
    columns = TARGETS.predictions(np.zeros((3, 1)), OUTPUTS)
    names = ["smokes", "rooms", "loud"]
    expected = [f"{what} {n}" for what in ("prediction", "probability") for n in names]
    assert [*columns] == expected
    assert columns["prediction rooms"].tolist() == ["10", "9", "9"]
    assert columns["prediction smokes"].tolist() == ["no", "yes", "no"]  # a logit of 0
    shares = 1 / (1 + np.exp(-OUTPUTS[:, 1]))
    np.testing.assert_allclose(columns["probability rooms"], shares)
    plain = fitted(BITS).predictions(np.zeros((3, 1)), OUTPUTS)
    assert plain["prediction 2"].tolist() == [1, 0, 1]


def changed(raw: np.ndarray, value: Any, row: int = 2, column: int = 1) -> np.ndarray:
    raw = raw.copy()
    raw[row, column] = value
    return raw


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (changed(WORDS, "11", row=0), r"y is '11' at row 0, column 1 in .*it knows"),
        (changed(BITS, 2), r"y is 2 at row 2, column 1"),
        (WORDS[:, :2], r"y has shape \(3, 2\) in a test — give y the shape \(3, 3\)"),
        (WORDS[:, 0], r"y has shape \(3, 1\)"),
    ],
)
def test_what_the_model_does_not_know(raw: np.ndarray, message: str):
    targets = TARGETS if raw.dtype == object else fitted(BITS)
    with pytest.raises(DataError, match=message):
        targets.encode(raw, ROWS, "a test")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            np.array(
                [["a", "x"], ["b", "y"], ["a", "z"], ["b", "y"], ["b", "x"]], object
            ),
            r"y is 'z' at row 2, column 1 in a test; a label .* 'x' and 'y', not 3 —",
        ),
        (changed(BITS, 2), r"y is 2 at row 2, column 1 in a test; labels are 0 or 1"),
        (changed(BITS * 1.0, 0.5), r"y is 0\.5 at row 2, column 1"),
        (changed(BITS * 1.0, np.nan), r"y is nan at row 2"),
        (BITS * [1, 0, 1], r"y is 0 at row 0, column 1 in a test, as in all rows"),
        (BITS[:, :, None], r"give y the shape \(3, targets\)"),
        (np.array([["a"], ["b"]], "U1"), "y holds <U1 in a test"),
    ],
)
def test_what_is_no_label(raw: np.ndarray, message: str):
    with pytest.raises(DataError, match=message):
        MultiLabel().check(raw, "auto", "a test")


@pytest.mark.parametrize(
    "damage",
    [
        {"num_labels": 0},
        {"num_labels": 2.0},
        {"num_labels": 2},
        {"names": ["a"]},
        {"names": [1, 2, 3]},
        {"values": [["a", "a"]] * 3},
        {"values": [["a", 1]] * 3},
        {"values": [["a", "b", "c"]] * 3},
        {"values": [["a", "b"]]},
        {"classes": 3},
    ],
)
def test_damage_is_refused(damage: dict[str, Any]):
    values = TARGETS.to_json()
    assert MultiLabel().targets_from_json(values) == TARGETS
    with pytest.raises((TypeError, ValueError)):
        MultiLabel().targets_from_json(values | damage)
