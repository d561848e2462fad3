"""The names that a config may choose, and where each choice is defined.

A choice is a frozen dataclass whose fields are the keys of its table. It is imported
when it is looked up, and imports Keras only to build something.

An installed package adds choices by entry points, such as

    [project.entry-points."kerasdl.families"]
    my-network = "my_package.networks:MyNetwork"

and `register` adds one for this process. No config, preset or model file names a
module.
"""

import importlib
import warnings
from functools import cache
from importlib import metadata

from kerasdl.errors import ConfigError

KINDS: dict[str, str | type] = {
    "arrays": "kerasdl.data.kinds.arrays:ArraysKind",
    "table": "kerasdl.data.kinds.table:TableKind",
    "text": "kerasdl.data.kinds.text:TextKind",
    "tokens": "kerasdl.data.kinds.tokens:TokensKind",
    "images": "kerasdl.data.kinds.images:ImagesKind",
    "series": "kerasdl.data.kinds.series:SeriesKind",
}
"""Kinds of data: `data.kind`."""
TASKS: dict[str, str | type] = {
    "classification": "kerasdl.tasks.classification:Classification",
    "multi-label": "kerasdl.tasks.multi_label:MultiLabel",
    "regression": "kerasdl.tasks.regression:Regression",
    "language-modelling": "kerasdl.tasks.language_modelling:LanguageModelling",
    "masked-language-modelling": (
        "kerasdl.tasks.masked_language_modelling:MaskedLanguageModelling"
    ),
    "sequence-to-sequence": "kerasdl.tasks.sequence_to_sequence:SequenceToSequence",
    "reconstruction": "kerasdl.tasks.reconstruction:Reconstruction",
    "forecasting": "kerasdl.tasks.forecasting:Forecasting",
    "embedding": "kerasdl.tasks.embedding:Embedding",
}
"""The task, which decides what is predicted: `data.task`."""
FAMILIES: dict[str, str | type] = {
    "mlp": "kerasdl.models.families.mlp:MLP",
    "cnn": "kerasdl.models.families.cnn:CNN",
    "plain-cnn": "kerasdl.models.families.plain_cnn:PlainCNN",
    "resnet": "kerasdl.models.families.resnet:ResNet",
    "convnext": "kerasdl.models.families.convnext:ConvNeXt",
    "mobilenet": "kerasdl.models.families.mobilenet:MobileNet",
    "efficientnet": "kerasdl.models.families.efficientnet:EfficientNet",
    "vit": "kerasdl.models.families.vit:ViT",
    "realmlp": "kerasdl.models.families.realmlp:RealMLP",
    "tabm": "kerasdl.models.families.tabm:TabM",
    "rnn": "kerasdl.models.families.rnn:RNN",
    "nlinear": "kerasdl.models.families.nlinear:NLinear",
    "bert": "kerasdl.models.families.bert:BERT",
    "gpt": "kerasdl.models.families.gpt:GPT",
    "llama": "kerasdl.models.families.llama:Llama",
    "encoder-decoder": "kerasdl.models.families.encoder_decoder:EncoderDecoder",
    "autoencoder": "kerasdl.models.families.autoencoder:Autoencoder",
    "conv-autoencoder": "kerasdl.models.families.conv_autoencoder:ConvAutoencoder",
}
"""Model families: `model.name`."""
OPTIMIZERS: dict[str, str | type] = {
    "adamw": "kerasdl.optimizers.tables:AdamWTable",
    "adam": "kerasdl.optimizers.tables:AdamTable",
    "sgd": "kerasdl.optimizers.tables:SGDTable",
}
"""Optimizers: `optimizer.name`."""
SCHEDULES: dict[str, str | type] = {
    "warmup-linear": "kerasdl.schedules.tables:WarmupLinearTable",
    "one-cycle": "kerasdl.schedules.tables:OneCycleTable",
    "cosine": "kerasdl.schedules.tables:CosineTable",
    "cosine-log": "kerasdl.schedules.cosine_log_table:CosineLogTable",
    "step-decay": "kerasdl.schedules.tables:StepDecayTable",
    "inverse-square-root": "kerasdl.schedules.tables:InverseSquareRootTable",
    "plateau": "kerasdl.schedules.tables:PlateauTable",
    "constant": "kerasdl.schedules.tables:ConstantTable",
}
"""Learning-rate schedules: `schedule.name`."""
LAYERS: dict[str, str | type] = {}
"""Layers of installed packages that a model file may name; those of kerasdl are always
allowed."""
REGISTRIES: dict[str, dict[str, str | type]] = {
    "kinds": KINDS,
    "tasks": TASKS,
    "families": FAMILIES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "layers": LAYERS,
}
BASES = {
    "kinds": "kerasdl.data.kinds.kind:Kind",
    "tasks": "kerasdl.tasks.task:Task",
    "families": "kerasdl.models.family:Family",
    "optimizers": "kerasdl.optimizers.optimizer_table:OptimizerTable",
    "schedules": "kerasdl.schedules.schedule_table:ScheduleTable",
    "layers": "keras.layers:Layer",
}
"""The abstract base class of the choices in a registry."""


def names(registry: str) -> list[str]:
    """Return all names: those of kerasdl, then those of installed packages."""
    return [*_choices(registry)]


def find(registry: str, name: str) -> type:
    """Return a choice.

    Args:
        registry: A key of `REGISTRIES`.
        name: One of `names(registry)`.

    Raises:
        ConfigError: If an installed package cannot be imported.
        KeyError: If there is no choice of that name.
        TypeError: If it is not a complete subclass of its base class.
    """
    choice = _choices(registry)[name]
    try:
        loaded = _loaded(choice)
    except (ImportError, AttributeError) as fault:
        what = f"{name!r} in {registry} cannot be loaded from {choice}: {fault}"
        raise ConfigError(what, "update or uninstall the package it is from") from fault
    _check(registry, name, loaded)
    return loaded


def places(registry: str) -> set[str]:
    """Return where choices are defined, as `module:Class`, without importing them."""
    return {
        choice
        if isinstance(choice, str)
        else f"{choice.__module__}:{choice.__qualname__}"
        for choice in _choices(registry).values()
    }


def register(registry: str, name: str, choice: type) -> None:
    """Add a choice for this process.

    Args:
        registry: A key of `REGISTRIES`.
        name: Its name in a config.
        choice: The class.

    Raises:
        TypeError: If it is not a complete subclass of its base class.
        ValueError: If the name is taken.
    """
    if name in _choices(registry):
        raise ValueError(f"{registry} already has a choice {name!r}")
    _check(registry, name, choice)
    REGISTRIES[registry][name] = choice


def _loaded(choice: str | type) -> type:
    if not isinstance(choice, str):
        return choice
    module, _, attribute = choice.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _check(registry: str, name: str, choice: type) -> None:
    """Raise `TypeError` unless a choice is a complete subclass of its base class."""
    what, base = f"{choice!r}, {name!r} in {registry},", BASES[registry]
    if not (isinstance(choice, type) and issubclass(choice, _loaded(base))):
        raise TypeError(f"{what} must inherit from {base.replace(':', '.')}")
    key = {"kinds": "kind", "layers": "__name__"}.get(registry, "name")
    if (own_name := getattr(choice, key, None)) != name:
        raise TypeError(f"{what} must have `{key}` {name!r}, not {own_name!r}")
    if missing := sorted(getattr(choice, "__abstractmethods__", ())):
        raise TypeError(f"{what} lacks {', '.join(missing)}")


def _choices(registry: str) -> dict[str, str | type]:
    return REGISTRIES[registry] | _installed(registry)


@cache
def _installed(registry: str) -> dict[str, str]:
    """Return the choices of installed packages, by name."""
    choices: dict[str, str] = {}
    for entry in metadata.entry_points(group=f"kerasdl.{registry}"):
        if entry.name in REGISTRIES[registry]:
            line = f"{entry.value} is ignored: kerasdl already defines {entry.name!r}"
            warnings.warn(line, stacklevel=2)
            continue
        if choices.setdefault(entry.name, entry.value) != entry.value:
            line = f"{entry.value} is ignored: {choices[entry.name]} is {entry.name!r}"
            warnings.warn(line, stacklevel=2)
    return choices
