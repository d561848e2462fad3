"""Keys of our config that the `config.json` of published weights decides."""

from typing import Any

from kerasdl.errors import ModelFileError
from kerasdl.models.published.library import Library
from kerasdl.models.published.source import Published

ACTIVATIONS = {
    "gelu": ("gelu", "gelu_python"),
    "gelu_tanh": ("gelu_new", "gelu_pytorch_tanh", "gelu_fast"),
    "relu": ("relu",),
    "silu": ("silu", "swish"),
    "tanh": ("tanh",),
}
"""Our activation to the names of the same function in `transformers`, which has no
`elu`, and whose `leaky_relu` has another slope."""


def keys_of_config(published: Published, library: Library) -> dict[str, Any]:
    """Return keys of our config, such as `model.width`; none without a `config.json`.

    Args:
        published: The weights.
        library: The library whose config it is.

    Raises:
        ModelFileError: If our model computes with another value of a key.
    """
    for key, ours in library.supported.items():
        value = published.config.get(key, ours[0])
        if value not in ours:
            what = f"config.json of {published.name} has {key} {value!r}"
            hint = f"the model of kerasdl computes with {ours[0]!r}"
            raise ModelFileError(what, hint)
    found = {
        own: published.config[key]
        for own, key in library.config.items()
        if published.config.get(key) is not None
    }
    key = "model.activation"
    if key in found:
        named = [own for own, names in ACTIVATIONS.items() if found[key] in names]
        if not named:
            what = f"config.json of {published.name} has the activation {found[key]!r}"
            raise ModelFileError(what, f"known are {', '.join(ACTIVATIONS)}")
        found[key] = named[0]
    return found
