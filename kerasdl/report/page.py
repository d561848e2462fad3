"""The report of a run, from its directory to one HTML file."""

from functools import cache
from pathlib import Path
from typing import Any

from kerasdl import storage
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
    html = _template().render(contents(run))
    storage.write_text(path, html)


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
    return environment.get_template("template.html")
