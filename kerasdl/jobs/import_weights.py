"""Make a run of published weights, without training."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras

from kerasdl import backend, registry, runs_folder
from kerasdl import config as configs
from kerasdl.backend import settings as keras_settings
from kerasdl.config import Config, Setting
from kerasdl.data import Encoding
from kerasdl.errors import ConfigError, ModelFileError
from kerasdl.finding import Finding
from kerasdl.jobs import assemble
from kerasdl.jobs.environment import environment
from kerasdl.model_file.saving import save
from kerasdl.models.configured import build
from kerasdl.models.family import Family
from kerasdl.models.published.image_processor import image_keys, of_timm
from kerasdl.models.published.library import OWN
from kerasdl.models.published.load import load_published
from kerasdl.models.published.sentences import is_normalized
from kerasdl.models.published.source import Published, published
from kerasdl.tasks.classes import Classes
from kerasdl.tasks.embedding import Vectors
from kerasdl.tasks.language_modelling import NextTokens

UNSEEN = (".num_heads", ".epsilon", ".activation")
"""Keys that shapes do not show, so that no default may stand for them."""
DECIDED = ("data.kind", "data.name", "data.task", "model.name")
"""Keys that the weights and their family decide."""
STATISTICS = {"data.mean", "data.deviation"}
"""Keys that stand for `data.normalize`."""
HEAD = "head/kernel"
"""The kernel of a last layer in our models."""


def import_weights(
    source: Path,
    family: str,
    selection: backend.Selection,
    *,
    name: str = "",
    settings: Sequence[Setting] = (),
    class_names: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> dict[str, Any]:
    """Write a run directory with a model of published weights.

    Its task is language modelling if the family predicts next tokens, classification if
    a last layer was published, else embedding. Everything is checked before anything is
    written.

    Args:
        source: A file or a folder of weights, as for `weight_files.opened`.
        family: Name of the model family.
        selection: The backend, already selected.
        name: Name of the run; by default that of the source, and a number.
        settings: Keys of the config that the weights do not tell.
        class_names: Names of the classes, in their order; those of `config.json` by
            default.
        arguments: The command line, for the record.

    Returns:
        The run, its task, its parameters, the library that named the tensors, how many
        were taken, and the names of those that were left.

    Raises:
        ConfigError: If the weights do not tell the sizes of the model, or a key is wrong.
        ModelFileError: If they cannot be read, or do not fit.
        UnsafeError: If they could run code, or claim what they do not hold.
    """
    keras_settings.check()
    _check_settings(settings)
    if name and (Path(name).name != name or name.startswith(".")):
        raise ConfigError(f"the name {name!r} is none of a run", "give a name alone")
    made = registry.find("families", family)
    if name and (runs_folder.RUNS / name).exists():
        raise ConfigError(f"runs/{name} exists", "choose another name")
    with published(source) as weights:
        outputs = weights.shape(HEAD, [OWN, *made.published()])
        task = _task(made, outputs is not None)
        config = _config(made, weights, task, settings)
        encoding, model = _encoding_and_model(config, weights, outputs, class_names)
        loaded = load_published(
            model, weights.tensors, family, str(source), drops_head=outputs is None
        )
    path = runs_folder.RUNS / name if name else None
    run = runs_folder.create(source.resolve().stem, path)
    with run.locked(), run.sealed():
        run.write_config(replace(config, data=config.data.with_absolute_paths()))
        run.write_environment(environment(selection, config, arguments))
        run.write_preprocessing(encoding.to_json())
        told = f"imported {loaded.taken:,} tensors of {source} ({loaded.library})"
        run.log_finding(Finding("import", told, severity="info"))
        run.save_model(partial(save, model))
        run.write_result({"status": "imported", "parameters": model.count_params()})
    return {
        "run": str(run.path),
        "task": task,
        "parameters": model.count_params(),
        "library": loaded.library,
        "taken": loaded.taken,
        "left": [*loaded.left],
    }


def _check_settings(settings: Sequence[Setting]) -> None:
    """Raise `ConfigError` for a key that the weights decide, or that has no meaning."""
    for each in settings:
        table = each.key.partition(".")[0]
        if each.key in DECIDED or table not in ("model", "data", "precision"):
            what = f"{each.origin} {each.key} has no meaning where weights are imported"
            raise ConfigError(what, "set keys of [model] and [data]")


def _task(family: type[Family], has_head: bool) -> str:
    if family.predicts_next:
        return "language-modelling"
    return "classification" if has_head else "embedding"


def _config(
    family: type[Family], weights: Published, task: str, settings: Sequence[Setting]
) -> Config:
    """Return the config of the run.

    Raises:
        ConfigError: If the sizes are not known, or the family reads rows of numbers.
    """
    is_text = family.reads == "tokens"
    if not is_text and family.takes != "images":
        what = f"model {family.name!r} reads numbers, which only your data explain"
        raise ConfigError(what, "begin a training with the weights: --init-from")
    kind = "text" if is_text else "images"
    known = family.keys_of(weights)
    if not known and not any(each.key.startswith("model.") for each in settings):
        what = f"{weights.name} does not tell the sizes of model {family.name!r}"
        hint = "give the folder with its config.json, or set them by --set model.…"
        raise ConfigError(what, hint)
    asked = {each.key for each in settings}
    for key in (key for each in family.published() for key in each.config):
        if weights.config and key.endswith(UNSEEN) and key not in {*known, *asked}:
            what = f"config.json of {weights.name} does not tell {key}"
            raise ConfigError(what, f"set it: --set {key}=…")
    for key in (f"model.{name}" for name in family.unseen):
        if key not in {*known, *asked}:
            what = f"the weights of {weights.name} do not tell {key}"
            raise ConfigError(what, f"set it: --set {key}=…")
    if is_text and weights.tokenizer:
        known["data.tokenizer"] = str(weights.tokenizer)
    if not is_text:
        processor = weights.processor or of_timm(weights.config, weights.name)
        given = image_keys(processor, weights.name)
        if "data.normalize" in asked:
            given = {key: given[key] for key in given.keys() - STATISTICS}
        elif given.keys() >= STATISTICS:
            known.pop("data.normalize", None)
        known |= given
    known |= {"data.kind": kind, "data.name": "", "data.task": task}
    known["model.name"] = family.name
    told = [Setting(key, value, weights.name) for key, value in known.items()]
    config = configs.load(settings=[*told, *settings])
    _check_sizes(config, weights)
    return config


def _check_sizes(config: Config, weights: Published) -> None:
    """Raise `ModelFileError` for a size that no tensor has, before a model is built."""
    lengths = {each for tensor in weights.tensors.values() for each in tensor.shape}
    for name in ("width", "mlp_units", "vocabulary_size", "positions"):
        size = getattr(config.model, name, None)
        if isinstance(size, int) and size not in lengths:
            what = f"no tensor of {weights.name} has the size of model.{name} (={size})"
            raise ModelFileError(what, "give the sizes of the weights by --set model.…")
    depth = getattr(config.model, "depth", 0)
    if isinstance(depth, int) and depth > len(weights.tensors):
        what = f"{weights.name} has fewer tensors than model.depth (={depth})"
        raise ModelFileError(what, "give the sizes of the weights by --set model.…")


def _encoding_and_model(
    config: Config,
    weights: Published,
    outputs: Sequence[int] | None,
    class_names: Sequence[str],
) -> tuple[Encoding, keras.Model]:
    """Return what inputs and outputs of the model mean, and the model.

    Its own width tells that of embeddings. It is built once, as it may be large.
    """
    preprocessing = config.data.without_data()
    [model_input] = preprocessing.signature.values()
    family, targets, model = config.model, None, None
    if class_names and (family.predicts_next or not outputs):
        what = (
            f"{weights.name} has no last layer of classes, and names of some are given"
        )
        raise ConfigError(what, "leave --classes out")
    if family.predicts_next:
        targets = NextTokens(family.vocabulary_size)
    elif outputs:
        _check_classes(weights, outputs[-1])
        targets = Classes(outputs[-1], _names(weights, outputs[-1], class_names))
    else:
        try:
            model = build(config, model_input, None)
        except ValueError as fault:
            what = f"model {family.name!r} does not fit {weights.name}: {fault}"
            raise ConfigError(what, "set other keys of [model] or [data]") from fault
        is_normal = is_normalized(weights.modules, weights.name)
        targets = Vectors(model.output_shape[-1], is_normal)
    encoding = Encoding(config.data.kind, config.data.task, preprocessing, targets)
    if model is None:
        model = assemble.model(config, encoding)
    return encoding, model


def _check_classes(weights: Published, count: int) -> None:
    """Raise `ModelFileError` unless outputs are one of several classes."""
    kind = weights.config.get("problem_type")
    if count > 1 and kind in (None, "single_label_classification"):
        return
    what = f"the last layer of {weights.name} has {count} outputs"
    what += f" for {kind}" if kind else ""
    hint = "import takes one class of several; train further with --init-from"
    raise ModelFileError(what, hint)


def _names(weights: Published, count: int, given: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the classes; none if nobody wrote them.

    Raises:
        ConfigError: If the given ones are too few or too many, or one stands there twice.
    """
    if not given:
        names = weights.class_names
        if names and len(names) != count:
            what = f"config.json of {weights.name} has {len(names)} names of classes"
            raise ModelFileError(what, f"its last layer has {count} outputs")
        return names
    if len(given) != count or len({*given}) != count:
        what = f"{len(given):,} names, {len({*given}):,} of them different"
        what = f"{weights.name} has {count:,} classes, and --classes has {what}"
        raise ConfigError(what, "write a name for each class, one a line")
    return tuple(given)
