"""Watch the calls of all layers of a model, also in nested and subclassed models."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras

from kerasdl.backend.keras_internals import flatten_layers

Observe = Callable[[keras.Layer, Any, Any], None]
"""Takes a layer, its first argument, and its output."""


@contextlib.contextmanager
def observed_calls(model: keras.Model, observe: Observe) -> Iterator[None]:
    """Call a function after each call of a layer inside the context.

    The cells of recurrent layers are left out, whose calls backends compile.
    """
    layers = flatten_layers(model)[1:]
    recurrent = [each for each in layers if isinstance(each, keras.layers.RNN)]
    cells = {id(part) for each in recurrent for part in flatten_layers(each)[1:]}

    def watched(layer: keras.Layer) -> Callable[..., Any]:
        call = layer.call

        @functools.wraps(call)
        def method(*args: Any, **kwargs: Any) -> Any:
            output = call(*args, **kwargs)
            observe(layer, next(iter([*args, *kwargs.values()]), None), output)
            return output

        return method

    chosen = [layer for layer in layers if id(layer) not in cells]
    with replaced_calls({id(layer): (layer, watched(layer)) for layer in chosen}):
        yield


@contextlib.contextmanager
def replaced_calls(
    calls: dict[int, tuple[keras.Layer, Callable[..., Any]]],
) -> Iterator[None]:
    """Replace the `call` of layers inside the context."""
    previous = {key: vars(layer).get("call") for key, (layer, _) in calls.items()}
    try:
        for layer, call in calls.values():
            vars(layer)["call"] = call  # as Keras tracks what is assigned
        yield
    finally:
        for key, (layer, _) in calls.items():
            vars(layer).pop("call", None)
            if previous[key] is not None:
                vars(layer)["call"] = previous[key]
