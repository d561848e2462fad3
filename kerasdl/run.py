"""The Python interface to runs: `train` and `load`."""

import html
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasdl import backend, registry, runs_folder
from kerasdl import config as configs
from kerasdl.config import Setting, toml_value
from kerasdl.data import Arrays
from kerasdl.data.kinds.own_test import OwnTestKind
from kerasdl.data.prediction_file import flattened
from kerasdl.data.table.frame import frame_like, from_frame
from kerasdl.data.table.tsv import as_texts
from kerasdl.errors import ConfigError, DataError, InvalidConfigError
from kerasdl.jobs.inherited import inherited
from kerasdl.jobs.own_data import decide
from kerasdl.rundir import RunDir, first_scores

if TYPE_CHECKING:
    import keras

SHORT = {
    "target": "data.target",
    "precision": "precision.policy",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "lr": "optimizer.learning_rate",
    "seed": "training.seed",
}
"""Short names for config keys."""


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
        chunks = [*predict(self.directory, raw, keep, levels)]
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


def train(
    preset: str | None = None,
    data: Any = None,
    *,
    test_data: Any = None,
    backend: str | None = None,
    run_dir: str | Path | None = None,
    quiet: bool = False,
    report: bool = True,
    **settings: Any,
) -> Run:
    """Train a preset, and return the run.

    ::

        run = kerasdl.train("mlp", data=(x, y), epochs=20, **{"model.dropout": 0.1})
        run.result["test"]
        kerasdl.train(data=frame, target="price").predict(new_frame)

    Args:
        preset: A preset's name, or the path of a TOML file. None takes the default for
            the data.
        data: Inputs `(examples, …)` and targets `(examples,)` or `(examples, targets)`
            as `(x, y)`, or with a test set as `(x, y, x_test, y_test)`; the run keeps
            them as `data.npz`. Or a data frame of pandas, polars or another library that
            narwhals knows; the run keeps it as `data.tsv`. Or a built-in set, a
            `keras.datasets` name or a file's path. None takes the preset's data.
        test_data: The test examples: a data frame if `data` is one, a path if it is a
            path. None holds some out.
        backend: `"jax"`, `"torch"` or `"tensorflow"`. The default is the one that Keras
            runs on, `KERAS_BACKEND`, or the first that is installed.
        run_dir: Where to write, instead of `runs/<preset>-<n>`.
        quiet: Whether to report no progress.
        report: Whether to write `report.html`.
        **settings: Any key of the config, as `**{"model.dropout": 0.1}`, or one of the
            short names `target`, `epochs`, `batch_size`, `lr`, `precision` and `seed`.
            `target` may be a list of columns.

    Raises:
        KerasDLError: The same errors as on the command line, each with a hint.
    """
    keys = [Setting(SHORT.get(k, k), toml_value(k, v), k) for k, v in settings.items()]
    raw = table = test = None
    if isinstance(data, tuple | list):
        raw = _arrays(data)
        keys += _in_memory("arrays")
    elif isinstance(data, str | Path):
        keys.append(Setting("data.name", str(data), "data"))
    elif data is not None:
        table = as_texts(from_frame(data))
        keys += _in_memory(_kind_of_frame(preset, keys))
    if table is None and isinstance(test_data, str | Path):
        keys.append(Setting("data.test_name", str(test_data), "test_data"))
    elif table is None and test_data is not None:
        what = "`test_data` is a data frame, and `data` is none"
        raise DataError(what, "give both as data frames, or both as paths")
    elif table is not None and test_data is not None:
        test = as_texts(from_frame(test_data, "test_data", table.categories))
    keys = [*inherited(preset, keys), *keys]
    shown = raw if table is None else table
    preset, inferred, notes, _ = decide(preset, None, keys, shown)
    if preset is None:
        what = "`preset` is not given, and no preset is the default for these data"
        raise ConfigError(what, "name a preset")
    config = configs.load(preset, settings=keys, inferred=inferred)
    if table is not None:
        config = replace(config, data=config.data.with_types_of(table))
        raw = config.data.from_table(table)
        if test is not None and not isinstance(config.data, OwnTestKind):
            what = f"data.kind {config.data.kind!r} takes no test data of its own"
            raise DataError(what, "leave `test_data` out")
        if test is not None:
            raw = replace(raw, test=config.data.from_table(test))
    if raw is None:
        config.data.check_source()
    selection = select_backend(backend)

    from kerasdl.jobs.one_line import OneLineReporter
    from kerasdl.jobs.reporter import NullReporter
    from kerasdl.jobs.train import train as job

    reporter = NullReporter() if quiet else OneLineReporter()
    for line in notes:
        reporter.note(line)
    result = job(
        config,
        selection,
        stem=Path(preset).stem,
        path=Path(run_dir) if run_dir else None,
        arguments=sys.argv,
        reporter=reporter,
        report=report,
        download=isinstance(data, str),
        raw=raw,
    )
    return Run(runs_folder.find(Path(result["run"])))


def _kind_of_frame(preset: str | None, keys: Sequence[Setting]) -> str:
    """Return the kind that a file of the rows of a data frame would have."""
    named = [*keys, Setting("data.name", "data.tsv", "data")]
    try:
        return configs.load_data(preset, None, named).data.kind
    except InvalidConfigError:
        return "table"  # whose errors are the user's


def _in_memory(kind: str) -> list[Setting]:
    return [Setting("data.kind", kind, "data"), Setting("data.name", "", "data")]


def _arrays(data: Sequence[Any]) -> Arrays:
    if len(data) not in (2, 4):
        what = f"`data` has {len(data)} arrays"
        raise DataError(what, "give (x, y), or (x, y, x_test, y_test)")
    return Arrays("data", *map(np.asarray, data))


def select_backend(name: str | None = None) -> backend.Selection:
    """Select a backend; the default is that of Keras, if it is imported."""
    running = sys.modules.get("keras")
    return backend.select(name or (running.config.backend() if running else None))


def load(path: str | Path) -> Run:
    """Load a run from its directory.

    Args:
        path: The run directory, or the name of a run in `./runs`.

    Raises:
        ConfigError: If there is no such run.
        UnsafeError: If it holds links that lead out of it.
    """
    return Run(runs_folder.find(Path(path)))
