"""Charts are well-formed SVG, with every value, and names are text."""

from xml.etree import ElementTree

from kerasdl.figures import Bars, Lines, Matrix
from kerasdl.report.charts import bar_chart, line_chart, matrix_chart

HOSTILE = '<script>alert(1)</script>" onload="x'


def texts(root: ElementTree.Element, tag: str) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(tag)]


def test_curves_can_be_read_off():
    figure = Lines(
        "Loss", "epoch", "loss", ["loss", HOSTILE], [[1, 2, 3]] * 2,
        [[0.5, 0.25, 0.125], [0.5, None, 0.4]],
    )  # fmt: skip
    root = ElementTree.fromstring(line_chart(figure))
    assert not [*root.iter("script")]
    assert not any("onload" in each.attrib for each in root.iter())
    assert len([e for e in root.iter("path") if "line" in e.get("class", "")]) == 1
    assert len([*root.iter("circle")]) == 2  # both ends of the gap
    tips = texts(root, "title")
    assert tips[1].splitlines() == ["epoch 2", "loss: 0.25", f"{HOSTILE}: "]


def test_a_long_curve_keeps_its_size():
    steps = [float(n) for n in range(10_000)]
    chart = line_chart(Lines("Loss", "step", "loss", ["loss"], [steps], [steps]))
    assert len([*ElementTree.fromstring(chart).iter("title")]) <= 150


def test_bars_have_the_height_of_their_count():
    root = ElementTree.fromstring(bar_chart(Bars("Errors", "e", [0, 1, 2], [2, 4])))
    low, high = (float(each.get("height", 0)) for each in root.iter("rect"))
    assert abs(high - 2 * low) < 0.3
    assert texts(root, "title") == ["0 to 1: 2", "1 to 2: 4"]


def test_a_matrix_is_a_table():
    figure = Matrix("Confusion", "true", "predicted", ["a", HOSTILE], [[3, 1], [0, 2]])
    root = ElementTree.fromstring(matrix_chart(figure))
    assert texts(root, "td") == ["", "3", "1", "0", "2"]
    assert texts(root, "th") == ["a", HOSTILE, "a", HOSTILE]


def test_nothing_to_draw_is_no_chart():
    assert line_chart(Lines("Loss", "epoch", "loss", ["loss"], [[1]], [[None]])) == ""
