"""Charts as SVG: text that can be read and searched, and values on hover."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from kerasdl.figures import Bars, Lines, Matrix
from kerasdl.report.scale import Scale, scale, text_of, tick_of

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 68, 18, 12, 44
"""Pixels around the plot, for labels."""
MOST_STRIPS = 150
"""Places that can be read on hover."""
COLORS = 6
"""Colours of curves; CSS has as many."""
SHADES = 9
"""Shades of a matrix; CSS has as many."""


def line_chart(figure: Lines) -> Markup:
    """Return curves with axes; a place under the pointer shows all values there."""
    xs = [x for each in figure.x for x in each]
    ys = [y for each in figure.y for y in each if y is not None]
    if not xs or not ys:
        return Markup("")
    if figure.diagonal:
        xs = ys = [*xs, *ys]
    across = scale(xs, LEFT, WIDTH - RIGHT)
    up = scale(ys, HEIGHT - BOTTOM, TOP, may_be_log=not figure.dots)
    parts = [_axes(across, up, figure.x_label, figure.y_label)]
    if figure.diagonal:
        ends = max(across.low, up.low), min(across.high, up.high)
        parts.append(_path([(across.place(n), up.place(n)) for n in ends], "diagonal"))
    for number, (x, y) in enumerate(zip(figure.x, figure.y, strict=True)):
        color = f"c{number % COLORS}"
        places = [
            None if b is None else (across.place(a), up.place(b))
            for a, b in zip(x, y, strict=True)
        ]
        parts.append(_dots(places, color) if figure.dots else _curve(places, color))
    if not figure.dots:
        parts.append(_strips(figure, across))
    return _svg(figure.title, figure.note, parts)


def bar_chart(figure: Bars) -> Markup:
    """Return a histogram; a bar under the pointer shows its count."""
    across = scale(figure.edges, LEFT, WIDTH - RIGHT)
    up = scale([0, *figure.counts], HEIGHT - BOTTOM, TOP)
    parts = [_axes(across, up, figure.x_label, "examples")]
    for n, count in enumerate(figure.counts):
        left, right = (across.place(each) for each in figure.edges[n : n + 2])
        top = up.place(count)
        ends = " to ".join(map(text_of, figure.edges[n : n + 2]))
        parts.append(
            Markup(
                '<rect class="bar" x="{}" y="{}" width="{}" height="{}">'
                "<title>{}: {}</title></rect>"
            ).format(
                left,
                top,
                round(max(right - left - 1, 0.5), 1),
                round(HEIGHT - BOTTOM - top, 1),
                ends,
                text_of(count),
            )
        )
    return _svg(figure.title, figure.note, parts)


def matrix_chart(figure: Matrix) -> Markup:
    """Return a table whose cells are shaded by their share of the row."""
    head = Markup("").join(
        Markup('<th scope="col">{}</th>').format(name) for name in figure.names
    )
    rows = []
    for name, values in zip(figure.names, figure.values, strict=True):
        total = max(sum(values), 1)
        cells = Markup("").join(
            Markup('<td class="s{}">{}</td>').format(
                -(-value * (SHADES - 1) // total), text_of(value)
            )
            for value in values
        )
        rows.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, cells))
    return Markup(
        '<div class="wide" tabindex="0" role="group" aria-label="{}">'
        '<table class="matrix"><caption>{} by row, {} by column</caption>'
        "<thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(
        figure.title, figure.row_label, figure.column_label, head,
        Markup("").join(rows),
    )  # fmt: skip


def _svg(title: str, note: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, f"{title}. {note}".strip(), Markup("").join(parts))


def _axes(across: Scale, up: Scale, x_label: str, y_label: str) -> Markup:
    """Return the grid, its numbers and the names of the axes."""
    bottom, parts = HEIGHT - BOTTOM, []
    for tick in up.ticks():
        y = up.place(tick)
        line = f"M{LEFT} {y}H{WIDTH - RIGHT}"
        parts.append(_tick(line, (LEFT - 6, y + 4), "end", tick))
    for tick in across.ticks():
        x = across.place(tick)
        line = f"M{x} {TOP}V{bottom}"
        parts.append(_tick(line, (x, bottom + 16), "middle", tick))
    middle = (LEFT + WIDTH - RIGHT) / 2, (TOP + bottom) / 2
    parts.append(
        Markup(
            '<text class="axis" x="{}" y="{}" text-anchor="middle">{}</text>'
            '<text class="axis" transform="translate(12 {}) rotate(-90)" '
            'text-anchor="middle">{}</text>'
        ).format(middle[0], HEIGHT - 8, x_label, middle[1], y_label)
    )
    return Markup("").join(parts)


def _tick(line: str, place: tuple[float, float], anchor: str, number: float) -> Markup:
    """Return a line of the grid and its number."""
    return Markup(
        '<path class="grid" d="{}"/>'
        '<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>'
    ).format(line, *place, anchor, tick_of(number))


def _path(places: Sequence[tuple[float, float]], kind: str) -> Markup:
    steps = "L".join(f"{x} {y}" for x, y in places)
    return Markup('<path class="{}" d="M{}"/>').format(kind, steps)


def _curve(places: Sequence[tuple[float, float] | None], color: str) -> Markup:
    """Return a line with gaps where there is no place."""
    parts: list[Markup] = []
    run: list[tuple[float, float]] = []
    for place in [*places, None]:
        if place is not None:
            run.append(place)
            continue
        if len(run) == 1:
            parts.append(_dots(run, color, radius=4))
        elif run:
            parts.append(_path(run, f"line {color}"))
        run = []
    return Markup("").join(parts)


def _dots(
    places: Sequence[tuple[float, float] | None], color: str, radius: float = 2.5
) -> Markup:
    dot = Markup('<circle class="dot {}" cx="{}" cy="{}" r="{}"/>')
    return Markup("").join(
        dot.format(color, *place, radius) for place in places if place is not None
    )


def _strips(figure: Lines, across: Scale) -> Markup:
    """Return strips that show the values at their place under the pointer."""
    values: dict[float, list[str]] = {}
    for name, x, y in zip(figure.names, figure.x, figure.y, strict=True):
        for place, value in zip(x, y, strict=True):
            values.setdefault(place, []).append(f"{name}: {text_of(value)}")
    places = sorted(values)
    every = -(-len(places) // MOST_STRIPS)
    shown = [*places[::every]]
    centers = [across.place(place) for place in shown]
    edges = [
        across.begin,
        *((a + b) / 2 for a, b in pairwise(centers)),
        across.end,
    ]
    parts = []
    for n, place in enumerate(shown):
        lines = [f"{figure.x_label} {text_of(place)}", *values[place][: COLORS * 2]]
        parts.append(
            Markup(
                '<g class="strip"><rect x="{}" y="{}" width="{}" height="{}"/>'
                '<path d="M{} {}V{}"/><title>{}</title></g>'
            ).format(
                round(edges[n], 1),
                TOP,
                round(edges[n + 1] - edges[n], 1),
                HEIGHT - TOP - BOTTOM,
                centers[n],
                TOP,
                HEIGHT - BOTTOM,
                escape("\n".join(lines)),
            )
        )
    return Markup("").join(parts)
