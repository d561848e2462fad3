"""What the texts of a column mean."""

import numpy as np
import pytest

from kerasdl.data.table.table import Table
from kerasdl.data.table.values import Spelling, dates, numbers, text_values
from kerasdl.errors import DataError

USUAL = Spelling()


def table(*values: str | None) -> Table:
    column = np.empty(len(values), object)
    column[:] = values
    return Table("t.csv", {"a": column}, np.arange(len(values)) + 2)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-2.5", "+.5", "3.", "1e3"], [1, -2.5, 0.5, 3, 1000]),
        (["1,5", "2"], [1.5, 2]),
        (["1.234,5", "2,25"], [1234.5, 2.25]),
        (["1,234.5", "12,345,678"], [1234.5, 12345678]),
        (["NA", "nan", "?", "-", "None", "7"], [np.nan] * 5 + [7]),
        ([None, "0"], [np.nan, 0]),
    ],
)
def test_numbers(texts: list, expected: list):
    found = numbers(table(*texts), "a", USUAL)
    np.testing.assert_array_equal(found, np.array(expected, "float64"))


@pytest.mark.parametrize(("decimal", "expected"), [(",", 1.234), (".", 1234.0)])
def test_a_comma_that_may_be_either_is_asked_about(decimal, expected):
    column = table("1,234", "5,678")
    with pytest.raises(
        DataError, match=r"'\d,\d+' in .a. of t.csv may have .* set data"
    ):
        numbers(column, "a", USUAL)
    assert numbers(column, "a", Spelling(decimal=decimal))[0] == expected


@pytest.mark.parametrize("text", ["1_000", "0x10", "inf", "1 000", "١", "12%", "1e999"])
def test_what_is_no_number_is_named_by_line(text: str):
    with pytest.raises(DataError, match=f"'a' of t.csv holds numbers, but '{text}' at"):
        numbers(table("1", text), "a", USUAL)


def test_spellings_of_ones_own():
    spelling = Spelling(missing=("leer",))
    assert np.isnan(numbers(table("1", "leer"), "a", spelling)[1])
    assert text_values(table("NA", "leer").columns["a"], spelling).tolist() == [
        "NA",
        None,
    ]


def test_none_is_a_word_among_words():
    column = table("None", "NA", "Brick").columns["a"]
    assert text_values(column, USUAL).tolist() == ["None", None, "Brick"]


def test_numbers_as_texts():
    column = np.array([1.0, 2.5, np.nan])
    assert text_values(column, USUAL).tolist() == ["1", "2.5", None]


DAY = 86400.0


@pytest.mark.parametrize(
    "texts",
    [
        ["1970-01-02", "1970-01-15"],
        ["1970-01-02T00:00:00Z", "1970-01-15T01:00:00+01:00"],
        ["1970/01/02", "1970/01/15"],
        ["02.01.1970", "15.01.1970"],
        ["02/01/1970", "15/01/1970"],
        ["01/02/1970", "01/15/1970"],
        ["02.01.1970 00:00", "15.01.1970 00:00"],
    ],
)
def test_dates(texts: list[str]):
    found = dates(table(*texts, None), "a", USUAL)
    np.testing.assert_array_equal(found, [DAY, 14 * DAY, np.nan])


def test_days_and_months_that_may_be_swapped_are_asked_about():
    column = table("02/01/1970", "03/04/1970")
    with pytest.raises(DataError, match="the day and the month of '02/01/1970' in"):
        dates(column, "a", USUAL)
    assert dates(column, "a", Spelling(date_format="%d/%m/%Y"))[0] == DAY


def test_what_is_no_date_is_named_by_line():
    with pytest.raises(DataError, match="holds dates, but 'soon' at line 3"):
        dates(table("1970-01-02", "soon"), "a", Spelling(date_format="%Y-%m-%d"))
