"""Importances as a table whose rows have a bar."""

from markupsafe import Markup

from kerasdl.figures import Importances
from kerasdl.report.scale import text_of

WIDTH, HEIGHT = 200, 16


def importance_bars(figure: Importances) -> Markup:
    """Return a row for each name: its number, its interval, and both as a bar."""
    if not figure.names:
        return Markup("")
    low = min(0.0, *figure.lows)
    length = max(0.0, *figure.highs) - low or 1.0

    def place(number: float) -> float:
        return round(2 + (number - low) / length * (WIDTH - 4), 1)

    rows = Markup("").join(
        Markup(
            '<tr><th scope="row">{}</th><td>{}</td><td class="number">{}</td>'
            '<td class="number">{} to {}</td></tr>'
        ).format(
            name, _bar(place(0.0), *map(place, (value, lowest, highest))),
            text_of(value), text_of(lowest), text_of(highest),
        )
        for name, value, lowest, highest in zip(
            figure.names, figure.values, figure.lows, figure.highs, strict=True
        )
    )  # fmt: skip
    head = ("feature", "bar", figure.label, "95 % interval")
    return Markup(
        '<div class="wide" tabindex="0" role="group" aria-label="{}">'
        '<table class="bars"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(
        figure.title,
        Markup("").join(Markup('<th scope="col">{}</th>').format(h) for h in head),
        rows,
    )


def _bar(zero: float, end: float, low: float, high: float) -> Markup:
    """Return a bar from zero, with a line over its interval; the cells say the same."""
    middle = HEIGHT / 2
    return Markup(
        '<svg viewBox="0 0 {} {}" aria-hidden="true">'
        '<rect class="bar" x="{}" y="3" width="{}" height="{}"/>'
        '<path class="interval" d="M{} {}H{}M{} 5v6M{} 5v6"/></svg>'
    ).format(
        WIDTH, HEIGHT, min(zero, end), round(abs(end - zero), 1), HEIGHT - 6,
        low, middle, high, low, high,
    )  # fmt: skip
