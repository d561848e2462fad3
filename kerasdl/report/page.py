"""The report of a run, from its directory to one HTML file."""

from functools import cache
from pathlib import Path
from typing import Any

from kerasdl import storage
from kerasdl.errors import ModelFileError
from kerasdl.figures import Table
from kerasdl.report.charts import bar_chart, line_chart, matrix_chart
from kerasdl.report.contents import contents
from kerasdl.report.diagram import layer_diagram
from kerasdl.report.importance_bars import importance_bars
from kerasdl.report.scale import text_of
from kerasdl.report.shaded_text import shaded_text
from kerasdl.rundir import RunDir

CHARTS = {
    "lines": line_chart,
    "bars": bar_chart,
    "matrix": matrix_chart,
    "layer_graph": layer_diagram,
    "importances": importance_bars,
    "shaded_tokens": shaded_text,
}
"""What draws a figure; the template itself writes tables and pictures."""
MOST_CHARACTERS = 24
"""Characters of a text in a table next to another figure."""
CAUSED_BY_CONTENT = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What content that no run writes can raise, while it is read or drawn."""


def write_report(run: RunDir, path: Path) -> None:
    """Write the report of a run.

    The file needs no network, and holds no script: what a class or a file is called is
    text, whatever it says.

    Args:
        run: The run.
        path: The HTML file.

    Raises:
        ConfigError, ModelFileError: If a file of the run is damaged.
        StorageError: If it cannot be written.
    """
    try:
        html = _template().render(contents(run))
    except CAUSED_BY_CONTENT as fault:
        reason = " ".join(f"{type(fault).__name__}: {fault}".split())[:200]
        what = f"a file of {run.path} holds what no run writes: {reason}"
        raise ModelFileError(what, "restore it from a copy") from fault
    storage.write_text(path, html.encode(errors="replace").decode())


def _is_long(table: Table) -> bool:
    """Return whether a table has texts that half the width of a page is too narrow for."""
    cells = [cell for row in table.rows for cell in row if isinstance(cell, str)]
    return max(map(len, cells), default=0) > MOST_CHARACTERS


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("kerasdl.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["text"] = text_of
    environment.globals["charts"] = CHARTS
    environment.tests["long"] = _is_long
    return environment.get_template("template.html")
