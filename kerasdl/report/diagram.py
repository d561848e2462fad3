"""The architecture of a model as a picture: a row a layer, from the top down."""

from collections.abc import Sequence

from markupsafe import Markup

from kerasdl.figures import LayerGraph
from kerasdl.report.scale import text_of

WIDTH, ROW, BOX = 400, 48, 38
"""Pixels of the picture, from row to row, and of the height of a layer."""
LEFT, INDENT = 6, 14
LANE, MOST_LANES = 10, 6
"""Pixels between the branches at the right, and how many stand side by side."""
LETTER = 7.4
"""Pixels of a letter, about."""
TALL = 14
"""Rows of a picture that scrolls."""


def layer_diagram(graph: LayerGraph) -> Markup:
    """Return layers as boxes; a branch that passes by others runs at their right."""
    if not graph.names:
        return Markup("")
    past = [(a, b) for a, b in graph.edges if b - a > 1]
    lanes = _lanes(past)
    right = WIDTH - 4 - LANE * (1 + max(lanes, default=-1))
    parts = [_frame(first, last, right) for first, last in _blocks(graph.depths)]
    parts += [_box(graph, row, right) for row in range(len(graph.names))]
    parts += [_arrow(a) for a, b in graph.edges if b - a == 1]
    for (a, b), lane in zip(past, lanes, strict=True):
        ends = (right - INDENT * graph.depths[n] // 2 for n in (a, b))
        parts.append(_branch(a, b, next(ends), next(ends), right + LANE * (lane + 1)))
    label = f"{graph.title}: {len(graph.names)} rows of layers, from the top down. "
    label += f"{len(past)} branches pass by other layers. The table of layers follows."
    height = ROW * len(graph.names) + 8
    picture = Markup(
        '<svg class="diagram" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, height, label, Markup("").join(parts))
    if len(graph.names) <= TALL:
        return picture
    return Markup(
        '<div class="tall" tabindex="0" role="group" aria-label="{}">{}</div>'
    ).format(graph.title, picture)


def _top(row: int) -> int:
    return 6 + ROW * row


def _lanes(edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return a lane for each branch, so that those side by side differ if they can."""
    lanes: list[int] = [0] * len(edges)
    order = sorted(range(len(edges)), key=lambda n: edges[n][1] - edges[n][0])
    for place, n in enumerate(order):
        (begin, end), done = edges[n], order[:place]
        taken = {
            lanes[m] for m in done if edges[m][0] < end and begin < edges[m][1]
        }  # fmt: skip
        free = (lane for lane in range(MOST_LANES) if lane not in taken)
        lanes[n] = next(free, MOST_LANES - 1)
    return lanes


def _blocks(depths: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last row of each layer that shows its inside."""
    heads = [row for row, depth in enumerate(depths) if not depth]
    ends = [*heads[1:], len(depths)]
    return [(a, b - 1) for a, b in zip(heads, ends, strict=True) if b - a > 1]


def _frame(first: int, last: int, right: float) -> Markup:
    height = _top(last) - _top(first) + BOX + 6
    return Markup(
        '<rect class="frame" x="{}" y="{}" width="{}" height="{}" rx="6"/>'
    ).format(LEFT - 4, _top(first) - 3, right - LEFT + 4, height)


def _box(graph: LayerGraph, row: int, right: float) -> Markup:
    """Return a layer: its name and size, and below its class and output."""
    depth, repeats = graph.depths[row], graph.repeats[row]
    x, y = LEFT + INDENT * depth, _top(row)
    width = right - INDENT * depth // 2 - x
    size = graph.parameters[row]
    texts = [f"× {repeats:,}"] if repeats > 1 else []
    texts += [] if size is None else [f"{text_of(size)} parameters"]
    output = f"→ {graph.outputs[row]}" if graph.outputs[row] else ""
    lines = (
        (graph.names[row], ", ".join(texts), "axis"),
        (graph.classes[row], output, ""),
    )
    drawn = Markup("")
    for place, (left_text, right_text, style) in enumerate(lines):
        room = int((width - 16) / LETTER) - len(right_text) - 1
        drawn += Markup(
            '<text class="{}" x="{}" y="{}">{}</text>'
            '<text x="{}" y="{}" text-anchor="end">{}</text>'
        ).format(
            style, x + 8, y + 16 + 16 * place, _cut(left_text, room),
            x + width - 8, y + 16 + 16 * place, right_text,
        )  # fmt: skip
    whole = ", ".join(
        filter(None, (graph.names[row], graph.classes[row], *texts, output))
    )
    return Markup(
        '<g><title>{}</title><rect class="node" x="{}" y="{}" width="{}" height="{}"'
        ' rx="4"/>{}</g>'
    ).format(whole, x, y, width, BOX, drawn)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= max(most, 4) else text[: max(most, 4) - 1] + "…"


def _arrow(row: int) -> Markup:
    """Return the arrow from a row to the next one."""
    x, begin, end = LEFT + INDENT + 14, _top(row) + BOX, _top(row + 1)
    return Markup(
        '<path class="flow" d="M{x} {begin}V{end}"/>'
        '<path class="head" d="M{x} {end}l-4 -6h8z"/>'
    ).format(x=x, begin=begin, end=end)


def _branch(a: int, b: int, begin: float, end: float, lane: float) -> Markup:
    """Return the arrow from a row to one farther down, along a lane at the right."""
    top, bottom = _top(a) + BOX * 2 // 3, _top(b) + BOX // 3
    return Markup(
        '<path class="flow" d="M{begin} {top}H{x}Q{lane} {top} {lane} {top_end}'
        'V{bottom_end}Q{lane} {bottom} {x} {bottom}H{end}"/>'
        '<path class="head" d="M{end} {bottom}l6 -4v8z"/>'
    ).format(
        begin=begin, end=end, lane=lane, x=lane - 5,
        top=top, top_end=top + 5, bottom=bottom, bottom_end=bottom - 5,
    )  # fmt: skip
