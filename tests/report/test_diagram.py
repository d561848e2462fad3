"""The picture of a model is well-formed SVG with every layer, and names are text."""

from xml.etree import ElementTree

from kerasdl.figures import LayerGraph
from kerasdl.report.diagram import WIDTH, layer_diagram

HOSTILE = '<script>alert(1)</script>" onload="x'


def graph(names: list[str], edges: list[list[int]], depths: list[int]) -> LayerGraph:
    count = len(names)
    return LayerGraph(
        "Architecture", names, ["Dense"] * count, ["8 × 8"] * count, [1234] * count,
        [1, 3, *[1] * (count - 2)], depths, edges,
    )  # fmt: skip


def picture(of: LayerGraph) -> ElementTree.Element:
    return ElementTree.fromstring(str(layer_diagram(of)))


def boxes(root: ElementTree.Element, kind: str) -> list[dict[str, float]]:
    names = ("x", "y", "width", "height")
    return [
        {name: float(each.get(name, 0)) for name in names}
        for each in root.iter("rect")
        if each.get("class") == kind
    ]


def test_every_layer_has_a_box_below_the_one_before():
    root = picture(graph(["a", HOSTILE, "c"], [[0, 1], [1, 2]], [0, 0, 0]))
    assert not [*root.iter("script")]
    assert not any("onload" in each.attrib for each in root.iter())
    tops = [box["y"] for box in boxes(root, "node")]
    assert tops == sorted(tops)
    assert len(tops) == 3
    titles = [each.text for each in root.iter("title")]
    assert titles[1] == f"{HOSTILE}, Dense, × 3, 1,234 parameters, → 8 × 8"
    assert "2 branches" not in root.get("aria-label", "")


def test_branches_that_pass_by_stand_side_by_side_within_the_picture():
    edges = [[0, 1], [0, 3], [1, 2], [1, 3], [2, 3]]
    root = picture(graph(["a", "b", "c", "d"], edges, [0, 0, 0, 0]))
    right = max(box["x"] + box["width"] for box in boxes(root, "node"))
    flows = [
        each.get("d", "") for each in root.iter("path") if "Q" in each.get("d", "")
    ]
    lanes = {float(each.split("Q")[1].split()[0]) for each in flows}
    assert len(lanes) == len(flows) == 2
    assert all(right < lane <= WIDTH for lane in lanes)


def test_a_frame_holds_what_is_inside_of_a_layer():
    root = picture(graph(["a", "b", "c", "d"], [[0, 1], [1, 2], [2, 3]], [0, 0, 1, 0]))
    [frame] = boxes(root, "frame")
    inside = [frame["y"] < box["y"] < frame["y"] + frame["height"]
              for box in boxes(root, "node")]  # fmt: skip
    assert inside == [False, True, True, False]


def test_a_tall_picture_scrolls_by_keyboard():
    names = [f"layer {n}" for n in range(50)]
    root = picture(graph(names, [[n, n + 1] for n in range(49)], [0] * 50))
    assert (root.tag, root.get("tabindex"), root.get("role")) == ("div", "0", "group")


def test_no_layer_is_no_picture():
    empty = LayerGraph("Architecture", [], [], [], [], [], [], [])
    assert layer_diagram(empty) == ""
