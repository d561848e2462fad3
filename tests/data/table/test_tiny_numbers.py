"""Numbers so small that float64 cannot square them, and columns that do not vary."""

from pathlib import Path

import pytest

from kerasdl import config as configs
from kerasdl.errors import DataError
from kerasdl.jobs.dataset import prepare


def prepared(*lines: str, task: str = "regression", keys: tuple[str, ...] = ()):
    Path("t.csv").write_text("\n".join(lines))
    settings = ["data.name=t.csv", "data.target=y", f"data.task={task}", *keys]
    chosen = configs.load("mlp-tabular", settings=settings)
    return prepare(chosen.data.read(), chosen)


def test_a_column_of_them_is_told():
    rows = [f"{n}e-300,{n % 7},{n * 0.37}" for n in range(60)]
    [finding] = [
        each for each in prepared("a,b,y", *rows).findings if each.kind == "column"
    ]
    assert finding.what.startswith("column 'a' varies by 5.5e-299 alone")
    assert "other units" in finding.hint


def test_targets_of_them_are_refused():
    with pytest.raises(DataError, match=r"targets of t\.csv differ by .*e-299 alone"):
        prepared("a,y", *(f"{n},{n}e-300" for n in range(60)))


@pytest.mark.parametrize(
    ("lines", "keys", "words"),
    [
        (["y", *(str(n) for n in range(60))], (), "beside its target — add columns"),
        (
            ["a,y", *(f"1,{n}" for n in range(60))],
            ("data.scaling=quantile",),
            "'a' (all its values are the same) — add columns that vary",
        ),
        (
            ["a,y", *(f"{n},{n}" for n in range(60))],
            ('data.ignore=["a"]',),
            "'a' (it is in data.ignore) — add columns that vary",
        ),
    ],
)
def test_why_nothing_can_be_learned(
    lines: list[str], keys: tuple[str, ...], words: str
):
    with pytest.raises(DataError) as caught:
        prepared(*lines, keys=keys)
    assert words in str(caught.value)


def test_points_and_commas_in_one_column():
    rows = [f'"{str(n / 8).replace(".", ",")}",{n}' for n in range(30)]
    rows += [f"{n / 8},{n}" for n in range(30)]
    with pytest.raises(DataError, match=r"a decimal comma in '.*', and a point in"):
        prepared("a,y", *rows)


def test_a_class_of_one_example():
    rows = ["1,p", "2,q", "3,p", "4,p", "5,p", "6,p"]
    with pytest.raises(DataError, match="class q has 1 example left — give more"):
        prepared("a,y", *rows, task="classification")


def test_words_are_no_numbers_to_predict():
    rows = [f"{n},{'pq'[n % 2]}" for n in range(60)]
    with pytest.raises(DataError, match=r"choose another target, or set data\.task"):
        prepared("a,y", *rows)
