"""The names of classes in a table."""

from pathlib import Path

import pandas as pd
import pytest

from kerasdl import config as configs
from kerasdl.data.table.frame import from_frame
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import prepare
from kerasdl.jobs.own_data import decide

SETTINGS = ["data.name=t.csv", "data.target=y"]


def write(*labels: str) -> None:
    rows = [f"{n},{labels[n % len(labels)]}" for n in range(60)]
    Path("t.csv").write_text("\n".join(["a,y", *rows]))


def names(task: str = "classification") -> tuple[str, ...]:
    chosen = configs.load(
        "mlp-tabular", settings=[*SETTINGS, f"data.task={task}", "data.split_seed=0"]
    )
    return prepare(chosen.data.read(), chosen).targets.names


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("01", "02"), ("01", "02")),
        (("01", "1", "1.0"), ("01", "1", "1.0")),
        (("1", "1.0", "2"), ("1", "2")),
        (("0", "0.5"), ("0", "0.5")),
        (("True", "false", "TRUE"), ("False", "True")),
        (("true", "false"), ("False", "True")),
        (("true", "maybe"), ("maybe", "true")),
    ],
)
def test_they_are_those_that_features_would_have(
    labels: tuple[str, ...], expected: tuple[str, ...]
):
    write(*labels)
    assert names() == expected


def test_those_of_a_frame_are_those_of_the_file():
    frame = pd.DataFrame({"a": range(60), "y": pd.Categorical(["01", "02"] * 30)})
    chosen = configs.load("mlp-tabular", settings=SETTINGS)
    dataset = prepare(chosen.data.from_table(from_frame(frame)), chosen)
    assert dataset.targets.names == ("01", "02")


def test_booleans_in_another_spelling_are_known_to_a_run():
    write("True", "False")
    chosen = configs.load("mlp-tabular", settings=SETTINGS)
    encoding = prepare(chosen.data.read(), chosen).encoding
    write("true", "FALSE")
    again = prepare(chosen.data.read(), chosen, encoding)
    assert {*again.train.targets().tolist()} == {0, 1}


@pytest.mark.parametrize("label", ["1.5", "a", ""])
def test_one_class_is_no_target(label: str):
    write(label)
    with pytest.raises(DataError, match=r"the target 'y' of t\.csv has (one|no) value"):
        decide("mlp-tabular", None, SETTINGS)
