"""Explanations can be read without colours, and what they show is text."""

from xml.etree import ElementTree

from kerasdl.figures import Importances, ShadedTokens
from kerasdl.report.importance_bars import WIDTH, importance_bars
from kerasdl.report.shaded_text import shaded_text

HOSTILE = '<script>alert(1)</script>" onload="x'


def texts(root: ElementTree.Element, tag: str) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(tag)]


def test_importances_are_a_table_with_bars():
    figure = Importances("Importance", "fall", [HOSTILE, "b"], [0.4, -0.1], [0.2, -0.2],
                         [0.6, 0.0])  # fmt: skip
    root = ElementTree.fromstring(importance_bars(figure))
    assert not [*root.iter("script")]
    assert texts(root, "th")[4:] == [HOSTILE, "b"]
    assert texts(root, "td")[1:3] == ["0.4", "0.2 to 0.6"]
    bars = [(float(each.get("x", 0)), float(each.get("width", 0)))
            for each in root.iter("rect")]  # fmt: skip
    assert bars[0][1] == 4 * bars[1][1]
    assert bars[1][0] + bars[1][1] == bars[0][0], "both begin at zero"
    assert all(x >= 0 and x + width <= WIDTH for x, width in bars)


def test_nothing_is_no_table():
    assert importance_bars(Importances("x", "y", [], [], [], [])) == ""


def test_tokens_have_shades_and_numbers():
    figure = ShadedTokens("Tokens", ["of a"], [["a", HOSTILE, "c", "d"]],
                          [[0.1, -1.0, 0.0, 0.6]])  # fmt: skip
    root = ElementTree.fromstring(shaded_text(figure))
    assert not [*root.iter("script")]
    assert not any("onload" in each.attrib for each in root.iter())
    words = [(each.text, each.get("class")) for each in root.iter("span")]
    assert words[1:] == [("a", "for1"), (HOSTILE, "against4"), ("c", ""), ("d", "for3")]
    [details] = texts(root, "details")
    assert f"{HOSTILE} -1, d 0.6, a 0.1, c 0" in details
