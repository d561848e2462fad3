"""Runs that Python begins: by training, or of published weights."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasdl import backend, registry, runs_folder
from kerasdl import config as configs
from kerasdl.config import Setting, toml_value
from kerasdl.data import Arrays
from kerasdl.data.kinds.own_test import OwnTestKind
from kerasdl.data.table.frame import from_frame
from kerasdl.data.table.tsv import as_texts
from kerasdl.errors import ConfigError, DataError, InvalidConfigError
from kerasdl.jobs.inherited import inherited, note
from kerasdl.jobs.own_data import decide
from kerasdl.run import Run

SHORT = {
    "target": "data.target",
    "precision": "precision.policy",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "lr": "optimizer.learning_rate",
    "seed": "training.seed",
}
"""Short names for config keys."""


def train(
    preset: str | None = None,
    data: Any = None,
    *,
    test_data: Any = None,
    backend: str | None = None,
    run_dir: str | Path | None = None,
    quiet: bool = False,
    report: bool = True,
    baselines: bool = True,
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
        baselines: Whether to score simple models beside the network.
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
    of_run = inherited(preset, keys)
    keys = [*of_run, *keys]
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
    for line in (*notes, *note(of_run)):
        reporter.note(line)
    result = job(
        config,
        selection,
        stem=Path(preset).stem,
        path=Path(run_dir) if run_dir else None,
        arguments=sys.argv,
        reporter=reporter,
        report=report,
        baselines=baselines,
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


def import_weights(
    weights: str | Path,
    family: str,
    *,
    name: str = "",
    class_names: Sequence[str] = (),
    backend: str | None = None,
    **settings: Any,
) -> Run:
    """Make a run of published weights, without training, and return it.

    ::

        run = kerasdl.import_weights("resnet50.pth", "resnet", name="resnet50")
        run.predict("photos")
        kerasdl.train(data="photos", **{"transfer.weights": "resnet50"})

    Args:
        weights: A safetensors, `.npz` or PyTorch file, or a folder of Hugging Face.
        family: A model family, such as `"resnet"` or `"bert"`.
        name: The run is `runs/<name>`; by default it has the name of the file, numbered.
        class_names: Names of the classes, in their order; those of `config.json` by
            default.
        backend: As for `train`.
        **settings: Keys of the config that the weights do not tell, as
            `**{"model.num_heads": 12}`.

    Raises:
        KerasDLError: The same errors as on the command line, each with a hint.
    """
    if family not in (known := registry.names("families")):
        what = f"`family` (={family!r}) is no model family"
        raise ConfigError(what, f"choose from {', '.join(known)}")
    selection = select_backend(backend)

    from kerasdl.jobs.import_weights import import_weights as job

    result = job(
        Path(weights),
        family,
        selection,
        name=name,
        settings=[
            Setting(key, toml_value(key, value), key) for key, value in settings.items()
        ],
        class_names=class_names,
        arguments=sys.argv,
    )
    return Run(runs_folder.find(Path(result["run"])))


def select_backend(name: str | None = None) -> backend.Selection:
    """Select a backend; the default is that of Keras, if it is imported."""
    running = sys.modules.get("keras")
    return backend.select(name or (running.config.backend() if running else None))
