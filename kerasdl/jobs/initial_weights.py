"""The weights that a model begins with: random, of a run, or published ones."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras

from kerasdl import runs_folder, weight_files
from kerasdl.config import Config
from kerasdl.finding import Finding
from kerasdl.model_file.loading import load
from kerasdl.models.published.load import Loaded, load_published
from kerasdl.rundir import RunDir
from kerasdl.weight_files import StoredTensor


def begin(config: Config, model: keras.Model) -> Finding | None:
    """Give a model the weights of `transfer.weights`, if there are any.

    Args:
        config: The config of the run.
        model: Its model, as built.

    Returns:
        What was loaded; None if initial weights stay random.

    Raises:
        ModelFileError: If they cannot be read, or do not fit the model.
        UnsafeError: If they could run code, or claim what they do not hold.
    """
    if not (source := config.transfer.weights):
        return None
    with _tensors(source) as tensors:
        loaded = load_published(
            model, tensors, config.model.name, source, replace_head=True
        )
    return Finding("initial-weights", _told(source, loaded), severity="info")


def with_absolute_path(config: Config) -> Config:
    """Return the config with weights that are found from any folder."""
    if not (source := config.transfer.weights):
        return config
    path = run.path if (run := _run(source)) else Path(source)
    weights = str(path.resolve())
    return replace(config, transfer=replace(config.transfer, weights=weights))


def _told(source: str, loaded: Loaded) -> str:
    new = {path.partition("/")[0] for path in loaded.replaced}
    kept = f"; new: {', '.join(sorted(new))}" if new else ""
    return f"begins with {loaded.taken:,} tensors of {source} ({loaded.library}){kept}"


def _run(source: str) -> RunDir | None:
    """Return the run of a name or path, or None if there is none."""
    if not any(
        os.path.lexists(path / "config.toml")
        for path in (Path(source), runs_folder.RUNS / source)
    ):
        return None
    return runs_folder.find(Path(source))


@contextmanager
def _tensors(source: str) -> Iterator[Mapping[str, StoredTensor]]:
    """Open the weights of a run, or published ones."""
    if (run := _run(source)) is None:
        with weight_files.opened(Path(source)) as tensors:
            yield tensors
        return
    model, _ = load(run.model_file)
    yield {
        each.path: StoredTensor(
            tuple(each.shape), lambda each=each: keras.ops.convert_to_numpy(each)
        )
        for each in model.weights
    }
