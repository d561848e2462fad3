"""The script for CSV files gives the features that a model was trained on."""

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasdl.data.preprocessing import Part
from kerasdl.data.table import preprocessing
from kerasdl.data.table.delimited import read_delimited
from kerasdl.data.table.infer import infer
from kerasdl.data.table.raw_table import RawTable
from kerasdl.data.table.spelling import Spelling

ROWS = 400
NUMBERS = ("{:.3f}", "{:.0f}", "{:+.2e}", "{:,.2f}", " {:.1f}", "{:08.3f}")
DATES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


def written(path: Path, seed: int) -> Path:
    """Write a table of numbers, categories and dates in many spellings."""
    drawn = np.random.default_rng(seed)
    scale = 10.0 ** drawn.integers(-2, 5)
    numbers = scale * drawn.normal(size=ROWS)
    days = np.datetime64("2019-01-01T00:00:00") + drawn.integers(0, 10**8, ROWS)
    missing = drawn.choice(["", "NA", "?", "nan"], ROWS)
    columns: dict[str, list[Any]] = {
        "plain": [NUMBERS[seed % len(NUMBERS)].format(each) for each in numbers],
        "with gaps": [
            m if d else f"{n:.4g}"
            for m, d, n in zip(missing, drawn.random(ROWS) < 0.2, numbers, strict=True)
        ],
        "percent": [f"{each:.1f} %" for each in 100 * drawn.random(ROWS)],
        "money": [f"${abs(each):,.2f}" for each in numbers],
        "comma": [f"{each:.2f}".replace(".", ",") for each in numbers],
        "constant": ["7"] * ROWS,
        "color": [*drawn.choice(["red", "blue", "é, ü", "None", ""], ROWS)],
        "yes": [*drawn.choice(["true", "FALSE", "True"], ROWS)],
        "code": [*drawn.choice(["01", "02", "1"], ROWS)],
        "rating": [*drawn.choice(["1", "1.0", "2", "3.0", "NA"], ROWS)],
        "many": [f"id{each}" for each in drawn.integers(0, 90, ROWS)],
        "day": [each.item().strftime(DATES[seed % 3]) for each in days],
        "german": [each.item().strftime("%d.%m.%Y") for each in days],
    }
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=",;\t"[seed % 3])
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
@pytest.mark.parametrize("seed", range(6))
def test_features_are_those_of_the_training(
    scaling: Any, seed: int, tmp_path: Path, standalone: Any
) -> None:
    table = read_delimited(written(tmp_path / "train.csv", seed))
    types: dict[str, Any] = {"rating": "category", "many": "category"}
    inferred = infer(table, Spelling(), types)
    fitted = preprocessing.fit(table, inferred, scaling, 20 if seed % 2 else "all")
    new = written(tmp_path / "new.csv", seed + 6)
    raw = RawTable(read_delimited(new))

    meaning = {"preprocessing": fitted.portable_json()}
    [found] = standalone("table", "inputs").inputs([str(new)], meaning)

    expected = fitted.inputs(Part(raw, np.arange(ROWS)))
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("b\n1\n", "lacks one of ['a']"),
        ("a,b\n1\n", "has not 2 values"),
        ("a\nmuch\n", "holds numbers, but 'much'"),
        ("a\n1e999\n", "holds numbers, but '1e999'"),
    ],
)
def test_what_is_wrong_is_said(
    content: str, words: str, tmp_path: Path, standalone: Any
) -> None:
    (tmp_path / "train.csv").write_text("a\n1\n2\n3\n")
    table = read_delimited(tmp_path / "train.csv")
    fitted = preprocessing.fit(table, infer(table, Spelling(), {}), "standard", "all")
    (tmp_path / "new.csv").write_text(content)
    inputs = standalone("table", "inputs").inputs
    with pytest.raises(ValueError, match=re.escape(words)):
        [*inputs([str(tmp_path / "new.csv")], {"preprocessing": fitted.to_json()})]
