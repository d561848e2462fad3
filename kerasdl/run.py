"""Runs in Python: their results, and their predictions."""

import html
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasdl import backend, registry, runs_folder
from kerasdl.data.prediction_file import flattened
from kerasdl.data.table.frame import frame_like, from_frame
from kerasdl.errors import ConfigError
from kerasdl.rundir import RunDir, first_scores

if TYPE_CHECKING:
    import keras


class Run:
    """A trained run.

    Args:
        directory: Its run directory.
    """

    def __init__(self, directory: RunDir):
        self.directory = directory

    @property
    def path(self) -> Path:
        """The run directory."""
        return self.directory.path

    @property
    def history(self) -> list[dict[str, Any]]:
        """The metrics of each epoch, as `epoch` (0-based), `loss` and `val_loss`."""
        return self.directory.read_epochs()

    @property
    def result(self) -> dict[str, Any]:
        """The content of `result.json`; empty until the run ends."""
        return self.directory.read_result() or {}

    @property
    def model(self) -> "keras.Model":
        """The model of the best epoch, uncompiled, on the backend that Keras runs on.

        Raises:
            ModelFileError: If it is missing or damaged.
            UnsafeError: If it names classes or functions that could run code.
        """
        backend.select(trained_with=self.directory.backend())

        from kerasdl.model_file.loading import load

        model, _ = load(self.directory.model_file)
        return model

    def predict(
        self,
        data: Any,
        coverage: float | None = None,
        threshold: float | None = None,
        beams: int = 1,
    ) -> Any:
        """Predict new data with the model of the best epoch.

        Args:
            data: A data frame of pandas, polars or another library that narwhals knows,
                a built-in set, a `keras.datasets` name or a file's path. It needs no
                targets.
            coverage: How many of new numbers lie between `low` and `high`, in (0, 1);
                None takes 0.9 if the run has intervals of it.
            threshold: Quantile of errors from which `anomaly` is true, in (0, 1); None
                takes 0.99 if the run has enough validation examples for it.
            beams: Texts that a beam search keeps, where the model writes texts; 1 takes
                the likeliest token each time.

        Returns:
            A column for each name, such as `prediction`. For a data frame, one of the
            same library with the same rows, in pandas with the same index; a column
            for each number of an array. Forecasts have a row for each series, with
            its name and last time. Otherwise a dictionary of arrays of shape
            `(examples, …)`.

        Raises:
            KerasDLError: The same errors as on the command line, each with a hint.
        """
        backend.select(trained_with=self.directory.backend())

        from kerasdl.jobs.predict import predict

        is_name = isinstance(data, str | Path)
        kind: Any = self.directory.read_config().data
        table = None if is_name else from_frame(data)
        raw = str(data) if table is None else kind.from_table(table, inputs_only=True)
        keep = None if registry.find("tasks", kind.task).names_rows else ()
        levels = {"coverage": coverage, "threshold": threshold}
        chunks = [*predict(self.directory, raw, keep, levels, beams=beams)]
        columns = {
            name: np.concatenate([chunk[name] for chunk in chunks])
            for name in chunks[0]
        }
        return columns if is_name else frame_like(data, flattened(columns))

    def evaluate(self, data: str | None = None, **studies: Any) -> dict[str, Any]:
        """Score the model of the best epoch, as `kerasdl evaluate --json` does.

        Args:
            data: Other data to score, as for `kerasdl evaluate --data`.
            **studies: What else to study; see `kerasdl.jobs.study.study`.
        """
        backend.select(trained_with=self.directory.backend())

        from kerasdl.jobs.study import study

        return study(self.directory, data, **studies)[0]

    def export(
        self,
        format: str,
        output: str | Path,
        data: str | None = None,
        compression: str | None = None,
    ) -> Path:
        """Write a folder with the network, which runs without kerasdl.

        A process of its own does it, as a format is written by one backend. The network
        is compared with the model before the folder appears.

        Args:
            format: `"onnx"`, `"torch"`, `"openvino"`, `"saved-model"` or `"litert"`.
            output: The folder, which must not exist.
            data: Other data to verify it on; None takes the test split of the run.
            compression: `"int8"` or `"float16"` for ONNX; None for none.

        Returns:
            The folder.

        Raises:
            KerasDLError: The same errors as on the command line, each with a hint.
        """
        from kerasdl.exports.formats import FORMATS
        from kerasdl.jobs import worker

        if format not in FORMATS:
            what = f"unknown format {format!r}"
            raise ConfigError(what, f"choose from {', '.join(FORMATS)}")
        name, paths = FORMATS[format].backend, (self.path, Path(output))
        run, folder = (str(path.resolve()) for path in paths)
        given = {"form_name": format, "data_name": data, "compression": compression}
        with tempfile.TemporaryDirectory() as place:
            own = Path(place)
            process = worker.start(own, "export", name, run=run, output=folder, **given)
            worker.finish(process, own, name)
        return Path(output)

    def __repr__(self) -> str:
        """Return the path, the status and the test scores."""
        first = first_scores(self._scores())
        scores = ", ".join(f"{name} {value:.4g}" for name, value in first.items())
        status = self.result.get("status", "unfinished")
        return f"Run({str(self.path)!r}, {status}{', ' if scores else ''}{scores})"

    def _repr_html_(self) -> str:
        """Return the scores of the test set and of the baselines as an HTML table."""
        rows = {"test": self._scores(), **self.result.get("baseline", {})}
        names = [*self._scores()]
        head = "".join(
            f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in ["", *names]
        )
        body = "".join(
            f"<tr><th>{html.escape(row.replace('_', ' '))}</th>"
            + "".join(f"<td>{_cell(scores.get(name))}</td>" for name in names)
            + "</tr>"
            for row, scores in rows.items()
        )
        caption = html.escape(f"{self.path}: {self.result.get('status', 'unfinished')}")
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"

    def _scores(self) -> dict[str, float]:
        test = self.result.get("test", {})
        return {name: value for name, value in test.items() if value is not None}


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def load(path: str | Path) -> Run:
    """Load a run from its directory.

    Args:
        path: The run directory, or the name of a run in `./runs`.

    Raises:
        ConfigError: If there is no such run.
        UnsafeError: If it holds links that lead out of it.
    """
    return Run(runs_folder.find(Path(path)))
