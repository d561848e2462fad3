"""Ticks are round and on the axis; numbers have their places."""

import pytest

from kerasdl.report.scale import scale, text_of, tick_of


@pytest.mark.parametrize(
    ("numbers", "ticks"),
    [
        ([0.0, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ([1, 3], [1, 2, 3]),
        ([-7.0, 23.0], [0.0, 10.0, 20.0]),
        ([5.0, 5.0], [3.0, 4.0, 5.0, 6.0, 7.0]),
        ([0.0, 0.0], [-0.4, -0.2, 0.0, 0.2, 0.4]),
    ],
)
def test_ticks(numbers: list[float], ticks: list[float]):
    assert scale(numbers, 0, 100).ticks() == pytest.approx(ticks)


def test_places_are_linear_or_logarithmic():
    linear = scale([0.0, 10.0], 100, 0)
    assert [linear.place(n) for n in (0, 2.5, 10)] == [100, 75, 0]
    decades = scale([1e-3, 1e3], 0, 60, may_be_log=True)
    assert [round(decades.place(n)) for n in (1e-3, 1.0, 10.0, 1e3)] == [0, 30, 40, 60]
    assert decades.ticks() == pytest.approx([1e-3, 1e-1, 10, 1e3])


def test_numbers_as_texts():
    assert [*map(text_of, (None, "a", 1234567, 2.0, 0.123456))] == [
        "", "a", "1,234,567", "2", "0.1235",
    ]  # fmt: skip
    assert [*map(tick_of, (0.5, 2000, 15_000, 3e6, 2.5e9))] == [
        "0.5", "2000", "15k", "3M", "2.5G",
    ]  # fmt: skip
