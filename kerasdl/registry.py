"""What a config chooses by name, and where each choice is defined.

A choice is a frozen dataclass whose fields are the keys of its table. It is imported
when it is asked for, and imports no Keras before it builds something.

An installed package adds choices by entry points, such as

    [project.entry-points."kerasdl.families"]
    my-network = "my_package.networks:MyNetwork"

and `register` adds one for this process. No config, preset or model file names a module.
"""

import importlib
import warnings
from functools import cache
from importlib import metadata

KINDS: dict[str, str | type] = {
    "arrays": "kerasdl.data.kinds.arrays:ArraysKind",
    "text": "kerasdl.data.kinds.text:TextKind",
}
"""Kinds of data: `data.kind`."""
TASKS: dict[str, str | type] = {
    "classification": "kerasdl.tasks.classification:Classification",
    "regression": "kerasdl.tasks.regression:Regression",
    "language-modelling": "kerasdl.tasks.language_modelling:LanguageModelling",
    "reconstruction": "kerasdl.tasks.reconstruction:Reconstruction",
}
"""What is predicted: `data.task`."""
FAMILIES: dict[str, str | type] = {
    "mlp": "kerasdl.models.families.mlp:MLP",
    "cnn": "kerasdl.models.families.cnn:CNN",
    "plain-cnn": "kerasdl.models.families.plain_cnn:PlainCNN",
    "resnet": "kerasdl.models.families.resnet:ResNet",
    "vit": "kerasdl.models.families.vit:ViT",
    "rnn": "kerasdl.models.families.rnn:RNN",
    "bert": "kerasdl.models.families.bert:BERT",
    "gpt": "kerasdl.models.families.gpt:GPT",
    "autoencoder": "kerasdl.models.families.autoencoder:Autoencoder",
    "conv-autoencoder": "kerasdl.models.families.conv_autoencoder:ConvAutoencoder",
}
"""Model families: `model.name`."""
OPTIMIZERS: dict[str, str | type] = {
    "adamw": "kerasdl.config.optimization:AdamW",
    "sgd": "kerasdl.config.optimization:SGD",
}
"""Optimizers: `optimizer.name`."""
SCHEDULES: dict[str, str | type] = {
    "warmup-linear": "kerasdl.config.optimization:WarmupLinear",
    "one-cycle": "kerasdl.config.optimization:OneCycle",
    "cosine": "kerasdl.config.optimization:Cosine",
    "step-decay": "kerasdl.config.optimization:StepDecay",
    "inverse-square-root": "kerasdl.config.optimization:InverseSquareRoot",
    "plateau": "kerasdl.config.optimization:Plateau",
    "constant": "kerasdl.config.optimization:Constant",
}
"""Learning-rate schedules: `schedule.name`."""
LAYERS: dict[str, str | type] = {}
"""Layers of installed packages that a model file may name; ours are allowed as they
are."""
REGISTRIES: dict[str, dict[str, str | type]] = {
    "kinds": KINDS,
    "tasks": TASKS,
    "families": FAMILIES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "layers": LAYERS,
}


def names(registry: str) -> list[str]:
    """Return the names of all choices: ours, then those of installed packages."""
    return [*_choices(registry)]


def find(registry: str, name: str) -> type:
    """Return a choice.

    Args:
        registry: A key of `REGISTRIES`.
        name: One of `names(registry)`.

    Raises:
        KeyError: If there is none of that name.
    """
    choice = _choices(registry)[name]
    if isinstance(choice, str):
        module, _, attribute = choice.partition(":")
        choice = getattr(importlib.import_module(module), attribute)
    return choice


def places(registry: str) -> set[str]:
    """Return where all choices are defined, as `module:Class`; none is imported."""
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
        name: What a config calls it.
        choice: The class.

    Raises:
        ValueError: If the name is taken.
    """
    if name in _choices(registry):
        raise ValueError(f"there is a {name!r} in {registry} already")
    REGISTRIES[registry][name] = choice


def _choices(registry: str) -> dict[str, str | type]:
    return REGISTRIES[registry] | _installed(registry)


@cache
def _installed(registry: str) -> dict[str, str]:
    """Return the choices of installed packages, by name."""
    found: dict[str, str] = {}
    for entry in metadata.entry_points(group=f"kerasdl.{registry}"):
        if entry.name in REGISTRIES[registry]:
            line = f"{entry.value} is ignored: kerasdl has {entry.name!r} of its own"
            warnings.warn(line, stacklevel=2)
            continue
        found[entry.name] = entry.value
    return found
