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


@pytest.mark.parametrize("may_be_log", [False, True])
@pytest.mark.parametrize(
    "numbers",
    [
        [-1.7e308, 1.7e308],
        [5e-324, 1.7e308],
        [0.0, 5e-324],
        [1e308, 10**308],
        [-(10**400), 10**400],
        [1e-320, 2e-320],
        [1.0, 1.0 + 2e-16],
        [1e300, 1e300 * (1 + 1e-11)],
    ],
)
def test_extremes_have_places_and_few_ticks(numbers: list[float], may_be_log: bool):
    axis = scale(numbers, 10, 110, may_be_log)
    low, high = (axis.place(number) for number in numbers)
    assert 10 <= low <= high <= 110
    assert len(axis.ticks()) <= 12
    assert all(10 <= axis.place(tick) <= 110 for tick in axis.ticks())


def test_opposite_extremes_stand_at_the_ends():
    axis = scale([-1.7e308, 1.7e308], 0, 100)
    assert [axis.place(number) for number in (-1.7e308, 0, 1.7e308)] == [0, 50, 100]


def test_numbers_as_texts():
    assert [*map(text_of, (None, "a", 1234567, 2.0, 0.123456))] == [
        "", "a", "1,234,567", "2", "0.1235",
    ]  # fmt: skip
    assert [*map(text_of, (1e300, float("inf"), -1e-300))] == [
        "1e+300",
        "inf",
        "-1e-300",
    ]
    assert [*map(tick_of, (1e300, -2e15))] == ["1e+300", "-2e+15"]
    assert [*map(tick_of, (0.5, 2000, 15_000, 3e6, 2.5e9))] == [
        "0.5", "2000", "15k", "3M", "2.5G",
    ]  # fmt: skip
