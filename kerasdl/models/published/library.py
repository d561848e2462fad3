"""The names that a library gives the weights of a family."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

Templates = str | tuple[str, ...]

PYTORCH_NAMES = {
    "kernel": ("weight",),
    "bias": ("bias",),
    "embeddings": ("weight",),
    "gamma": ("weight", "gamma"),
    "beta": ("bias", "beta"),
    "moving_mean": ("running_mean",),
    "moving_variance": ("running_var",),
}
"""Keras's name of a layer's variable to the names that PyTorch has, or had."""

FLAX_NAMES = {
    "kernel": ("kernel",),
    "bias": ("bias",),
    "embeddings": ("embedding",),
    "gamma": ("scale",),
    "beta": ("bias",),
    "moving_mean": ("mean",),
    "moving_variance": ("var",),
}
"""Keras's name of a layer's variable to the name that Flax has."""
STATISTICS = ("mean", "var")
"""Flax's names of variables in the collection `batch_stats`; others are in `params`."""
PARTS = re.compile(r"[^./\[\]'\"]+")
"""The parts of a name, such as `['params']['Dense_0']['kernel']` or `.layers[0].weight`."""


def dotted(name: str) -> str:
    """Return a name with dots between its parts, without a collection of Flax."""
    first, *others = PARTS.findall(name) or [name]
    is_collection = others and first in ("params", "batch_stats")
    return ".".join(others if is_collection else (first, *others))


@dataclass(frozen=True)
class Library:
    """A library that publishes weights of a family.

    Args:
        name: Its name.
        layers: A pattern of the paths of layers or variables to one or more of its names.
            Captured groups fill the braces of a name, with numbers reduced by one; named
            groups fill those of their name as they are. `[1]` after a name selects the
            second third of the last axis.
        inputs_first: Whether its dense kernels have inputs first, as in Keras; others
            have outputs.
        channels_last: Whether kernels of convolutions have channels last, as in Keras;
            others have outputs and inputs first.
        leaves: Names of a layer's variables in Keras to those in the library.
        is_tree: Whether names are paths in a tree of Flax, which begins with collections.
        base: What names begin with, unless a model without a last layer was published.
        last: A pattern of the names of last layers, which another task may replace.
        axes: Patterns of the paths of variables to how many axes of length one it has
            before ours, and after them.
        counts_batches: Whether its batch normalisation counts batches.
        architectures: Our tasks to the classes that its `config.json` names.
        framework: What safetensors calls the framework of its tensors.
        tied: Names of tensors that must equal others, and are then left, to their names;
            in a model that has no such variable.
        holds: Keys of our `[model]` table to the values whose models it has.
        config: Keys of our config to those of the `config.json` that it writes.
        supported: Keys of that to the values that our model computes with.
    """

    name: str
    layers: Mapping[str, Templates]
    inputs_first: bool = False
    channels_last: bool = False
    leaves: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: PYTORCH_NAMES)
    is_tree: bool = False
    base: str = ""
    last: str = r"(.*\.)?(cls|classifier|fc|_fc|head|lm_head|pooler)\..*"
    axes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    counts_batches: bool = False
    architectures: Mapping[str, str] = field(default_factory=dict)
    framework: str = "pt"
    tied: Mapping[str, str] = field(default_factory=dict)
    holds: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    supported: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def names(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield possible names of a variable, each with the third to take, `""` for all.

        Args:
            path: Path of the variable in our model.
        """
        layer, _, leaf = path.rpartition("/")
        suffixes = [f".{name}" for name in self.leaves.get(leaf, (leaf,))]
        for candidate, endings in ((path, [""]), (layer, suffixes)):
            for pattern, templates in self._patterns_for(candidate):
                if not (match := re.fullmatch(pattern, candidate)):
                    continue
                named = set(match.re.groupindex.values())
                captured = [
                    str(int(part) - 1) if part.isdigit() else part
                    for place, part in enumerate(match.groups(), start=1)
                    if place not in named
                ]
                for template in (
                    (templates,) if isinstance(templates, str) else templates
                ):
                    name, _, third = template.format(
                        *captured, **match.groupdict()
                    ).partition("[")
                    names = dict.fromkeys((name, name.removeprefix(self.base)))
                    for each in names:
                        for ending in endings:
                            yield each + ending, third.removesuffix("]")

    def _patterns_for(self, path: str) -> Iterator[tuple[str, Templates]]:
        """Yield the patterns that may match a path: itself, and those that are not plain.

        A library that numbers its layers has hundreds of plain ones.
        """
        if path in self.layers:
            yield path, self.layers[path]
        yield from self._not_plain

    @cached_property
    def _not_plain(self) -> list[tuple[str, Templates]]:
        return [each for each in self.layers.items() if re.escape(each[0]) != each[0]]


FLAX: dict[str, Any] = {
    "inputs_first": True,
    "channels_last": True,
    "leaves": FLAX_NAMES,
    "is_tree": True,
    "framework": "flax",
}
"""What the libraries of Flax have in common."""

OWN = Library(
    "kerasdl",
    {"(?P<path>.+)": "{path}"},
    inputs_first=True,
    channels_last=True,
    leaves={},
    framework="keras",
    last=r"(head|logits|pooler|transform|transform_norm)/.*",
)
"""Our own names, the paths of variables."""

NUMBERED = replace(
    OWN, leaves=dict.fromkeys(("kernel", "embeddings", "positions"), ("0",))
)
"""First variables of layers in a file of `Model.save_weights`, which numbers them."""
