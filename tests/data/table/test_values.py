"""What the texts of a column mean."""

import numpy as np
import pytest

from kerasdl.data.table.numbers import number, with_unit
from kerasdl.data.table.numbers import numbers as numbers_in
from kerasdl.data.table.spelling import Spelling
from kerasdl.data.table.table import Table
from kerasdl.data.table.values import (
    classes_of,
    dates_of,
    numbers_of,
    texts_of,
    with_comparison,
    with_date_format,
    with_decimal,
)
from kerasdl.errors import DataError

USUAL = Spelling()


def table(*values: str | None) -> Table:
    column = np.empty(len(values), object)
    column[:] = values
    return Table("t.csv", {"a": column}, np.arange(len(values)) + 2)


def distinct(found: Table) -> list[str]:
    return [text for text in found.columns["a"] if text is not None]


def numbers(found: Table, name: str, spelling: Spelling) -> np.ndarray:
    resolved = with_decimal(distinct(found), spelling, f"{name!r} of t.csv")
    return numbers_of(found, name, resolved)


def dates(found: Table, name: str, spelling: Spelling) -> np.ndarray:
    resolved = with_date_format(distinct(found), spelling, f"{name!r} of t.csv")
    return dates_of(found, name, resolved or spelling)


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


@pytest.mark.parametrize(
    ("texts", "unit", "expected"),
    [
        (["12 %", "7.5%", "-3 %"], "%", [12, 7.5, -3]),
        (["$3,400.50", "-$5", "$-7", "8$"], "$", [3400.5, -5, -7, 8]),
        (["€ 5", "€\xa01.234,5", "6,25 €", None], "€", [5, 1234.5, 6.25, np.nan]),
        (["₹1,00,000", "₹5"], "₹", None),
        (["$5 off", "$$6", "5 $ 6"], "$", None),
        (["5", "6"], "", [5, 6]),
        (["5 %", "6", "7"], "", None),
    ],
)
def test_numbers_with_a_unit(texts: list, unit: str, expected: list | None):
    column = table(*texts)
    spelling = with_unit(distinct(column), USUAL)
    assert spelling.unit == unit
    spelling.check()
    if expected is None:
        with pytest.raises(DataError, match=r"'a' of t.csv holds numbers"):
            numbers_of(column, "a", with_decimal(distinct(column), spelling, "a"))
    else:
        np.testing.assert_array_equal(numbers(column, "a", spelling), expected)


def test_a_number_without_the_unit_is_named_by_line():
    spelling = Spelling(decimal=".", unit="%")
    with pytest.raises(DataError, match="holds numbers in %, but '5' at line 3"):
        numbers_of(table("5%", "5"), "a", spelling)


@pytest.mark.parametrize(
    ("texts", "new", "expected"),
    [
        (["1", "1.0", "+1", "2,000"], ["2000", "1.00", "x", "None"], ["2000", "1", "x", None]),
        (["true", "FALSE"], ["True", "tRUE", "x"], ["True", "True", "x"]),
        (["007", "7"], ["7.0", "07"], ["7.0", "07"]),
        (["1", "x"], ["1.0"], ["1.0"]),
        (["1,234", "5,678"], ["1234"], ["1234"]),
        (["None", "NA"], ["None"], ["None"]),
        ([], ["True"], ["True"]),
    ],
)  # fmt: skip
def test_categories_that_are_equal(texts: list[str], new: list[str], expected: list):
    spelling = with_comparison(texts, USUAL)
    spelling.check()
    assert texts_of(table(*new).columns["a"], spelling).tolist() == expected


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
    assert texts_of(table("NA", "leer").columns["a"], spelling).tolist() == [
        "NA",
        None,
    ]


def test_spellings_besides_the_usual():
    spelling = Spelling(missing=("auto", "leer"))
    texts = texts_of(table("NA", "leer", "x").columns["a"], spelling)
    assert texts.tolist() == [None, None, "x"]


def test_a_comma_among_words_is_no_number():
    found = with_decimal(["Smith, J", "12", "Z"], USUAL, "a")
    assert found.decimal == "."


def test_identifiers_are_not_rounded():
    column = table("12345678901234567801", "12345678901234567802")
    with pytest.raises(DataError, match="holds numbers, but '12345678901234567801' at"):
        numbers_of(column, "a", Spelling(decimal="."))
    np.testing.assert_array_equal(
        numbers_of(table("-123456789012345"), "a", Spelling(decimal=".")),
        [-123456789012345],
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "1.0", "+1", "0"], ["1", "1", "1", "0"]),
        (["1", "None", "0"], ["1", None, "0"]),
        (["1", "None", "x"], ["1", "None", "x"]),
        (["0.50", "NA"], ["0.5", None]),
    ],
)
def test_equal_numbers_are_one_class(texts: list[str], expected: list):
    assert classes_of(table(*texts), "a", USUAL).tolist() == expected


def test_what_was_recognised_holds_for_new_values():
    commas = with_decimal(["1.234,5", "2,25"], USUAL, "a")
    np.testing.assert_array_equal(numbers_of(table("1.234"), "a", commas), [1234])
    with pytest.raises(DataError, match=r"but '2\.5' at line 2"):
        numbers_of(table("2.5"), "a", commas)
    days_first = with_date_format(["18/01/1970", "02/01/1970"], USUAL, "a")
    assert days_first
    np.testing.assert_array_equal(dates_of(table("02/01/1970"), "a", days_first), DAY)
    with pytest.raises(DataError, match="but '01/18/1970' at line 2"):
        dates_of(table("01/18/1970"), "a", days_first)


def test_none_is_a_word_among_words():
    column = table("None", "NA", "Brick").columns["a"]
    assert texts_of(column, USUAL).tolist() == ["None", None, "Brick"]


def test_a_number_of_any_length_is_read_in_no_time():
    column = table("1" * 100_000 + "x", "1" * 100_000 + ".5x", "1," * 50_000)
    with pytest.raises(DataError, match="holds numbers"):
        numbers_of(column, "a", Spelling(decimal="."))


def test_dates_as_texts_and_seconds():
    column = np.array(["1970-01-02", "1970-01-02T10:30", "NaT"], "datetime64[us]")
    expected = ["1970-01-02", "1970-01-02T10:30:00", None]
    assert texts_of(column, USUAL).tolist() == expected
    found = Table("t", {"a": column})
    np.testing.assert_array_equal(
        dates_of(found, "a", Spelling(date_format="%d/%m/%Y")),
        [DAY, DAY + 10.5 * 3600, np.nan],
    )
    with pytest.raises(DataError, match="holds numbers, but 1970-01-02T00:00:00"):
        numbers_of(found, "a", Spelling(decimal="."))


def test_numbers_as_texts():
    column = np.array([1.0, 2.5, np.nan, 1e15, 1e16, -np.inf])
    expected = ["1", "2.5", None, "1000000000000000", "1e+16", "-inf"]
    assert texts_of(column, USUAL).tolist() == expected


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


@pytest.mark.parametrize("date_format", ["%d%d", "%Q", "%", "%d/%m/%Y %", "auto%"])
def test_a_format_that_no_date_can_have(date_format: str):
    with pytest.raises(ValueError, match="date_format is"):
        Spelling(date_format=date_format).check()


@pytest.mark.parametrize(
    "damage",
    [
        {"missing": (["NA"],)},
        {"missing": ("x",) * 1001},
        {"decimal": ";"},
        {"unit": "x"},
        {"unit": 3},
        {"comparison": "words"},
        {"date_format": 3},
    ],
)
def test_a_damaged_spelling(damage: dict):
    with pytest.raises((TypeError, ValueError)):
        Spelling(**damage).check()


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "-2.5", "+.5", "3.", "1e3", "1.e-5", "1E+30", "12345678901234567"],
        ["1", "+-1"],
        ["1", "e5"],
        ["1", "."],
        ["1", "-"],
        ["1", "1_000"],
        ["1", "inf"],
        ["1", "1e999", "1" * 400 + ".0"],
        [],
    ],
)
def test_many_numbers_are_read_as_one(texts: list[str]):
    expected = [number(text, ".") for text in texts]
    np.testing.assert_array_equal(numbers_in(texts, ".", ""), expected)
