"""The weights that a model begins with: random, of a run, or published ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras

from kerasdl import runs_folder
from kerasdl.config import Config
from kerasdl.data import Encoding
from kerasdl.errors import ConfigError
from kerasdl.finding import Finding
from kerasdl.jobs import encodings
from kerasdl.model_file.loading import load
from kerasdl.models.published.library import OWN
from kerasdl.models.published.load import Loaded, load_published
from kerasdl.models.published.source import opened, tensors_of
from kerasdl.models.published.write import lacking
from kerasdl.rundir import RunDir
from kerasdl.weight_files import StoredTensor


def begin(config: Config, model: keras.Model, encoding: Encoding) -> Finding | None:
    """Give a model the weights of `transfer.weights`, if there are any.

    Args:
        config: The config of the run.
        model: Its model, as built.
        encoding: What its inputs and outputs mean. Last layers of a run whose classes or
            task differ are re-initialised.

    Returns:
        What was loaded; None if initial weights stay random.

    Raises:
        ConfigError: If the run that it begins with read other tokens, or if published
            weights are of a library that has no such model.
        ModelFileError: If they cannot be read, or do not fit the model.
        UnsafeError: If they could run code, or claim what they do not hold.
    """
    if not (source := config.transfer.weights):
        return None
    is_other = (run := runs_folder.named(source)) is not None and _is_other_task(
        run, encoding
    )
    with _tensors(source, run) as tensors:
        loaded = load_published(
            model, tensors, config.model.name, source, True, is_other
        )
    told = _told(source, loaded)
    if run is None:
        told += _unseen(config, loaded, source)
    return Finding("initial-weights", told, severity="info")


def with_absolute_path(config: Config) -> Config:
    """Return the config with weights that are found from any folder."""
    if not (source := config.transfer.weights):
        return config
    path = run.path if (run := runs_folder.named(source)) else Path(source)
    weights = str(path.resolve())
    return replace(config, transfer=replace(config.transfer, weights=weights))


def _told(source: str, loaded: Loaded) -> str:
    new = {path.partition("/")[0] for path in loaded.replaced}
    kept = f"; new: {', '.join(sorted(new))}" if new else ""
    return f"begins with {loaded.taken:,} tensors of {source} ({loaded.library}){kept}"


def _unseen(config: Config, loaded: Loaded, source: str) -> str:
    """Return the keys that no shape of published weights tells, as the config has them.

    Raises:
        ConfigError: If the library has no weights of such a model.
    """
    family = config.model
    libraries = [each for each in family.published() if each.name == loaded.library]
    nearest = min(libraries, key=lambda each: len(lacking(each, family)), default=OWN)
    if missing := lacking(nearest, family):
        [(key, own), *_] = missing.items()
        what = f"{source} is of {loaded.library}, which has no model {family.name!r}"
        what = f"{what} with {key.replace('_', ' ')} {own!r}"
        raise ConfigError(what, f"its models have {nearest.holds[key][0]!r}")
    return "".join(f"; model.{key}={getattr(family, key)}" for key in family.unseen)


def _is_other_task(run: RunDir, encoding: Encoding) -> bool:
    """Return whether the outputs of a run mean other things.

    Raises:
        ConfigError: If its inputs do, since they are other tokens.
    """
    former = encodings.read(run, run.read_config()).to_json()
    current = encoding.to_json()
    inputs = [each["preprocessing"] for each in (former, current)]
    for key in ("vocabulary", "tokenizer"):
        saved, own = (each.get(key) for each in inputs)
        if saved and own and saved != own:
            what = f"{run.path} has other tokens than this run"
            raise ConfigError(what, "train on texts with the same data.tokenizer")
    names = [each["targets"].get("names") for each in (former, current)]
    return former["task"] != current["task"] or names[0] != names[1]


@contextmanager
def _tensors(source: str, run: RunDir | None) -> Iterator[Mapping[str, StoredTensor]]:
    """Open the weights of a run, or published ones."""
    if run is None:
        with opened(Path(source)) as tensors:
            yield tensors
        return
    yield tensors_of(load(run.model_file)[0])
