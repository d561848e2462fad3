"""Hooks of PyTorch, which Keras's own step calls and a record does not."""

from operator import attrgetter

import keras
import torch
from torch.nn.modules import module as everywhere

from kerasdl.backend.keras_internals import flatten_layers

OF_LAYERS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
)
OF_WEIGHTS = ("_backward_hooks", "_post_accumulate_grad_hooks")


class Hooks:
    """The hooks on a model's layers and weights, and those on all modules.

    Args:
        model: The model, built.
    """

    def __init__(self, model: keras.Model):
        layers = flatten_layers(model)
        self.of_layers = [vars(layer)[name] for layer in layers for name in OF_LAYERS]
        self.of_all = [vars(everywhere)[f"_global{name}"] for name in OF_LAYERS]
        self.weights = [variable._value for variable in model.variables]

    def registered(self) -> str | None:
        """Return what kind of hook is registered by now, or None."""
        if any(self.of_layers) or any(self.of_all):
            return "a layer has a hook of PyTorch"
        if any(any(map(attrgetter(name), self.weights)) for name in OF_WEIGHTS):
            return "a weight has a hook of PyTorch"
        if torch.is_anomaly_enabled():
            return "PyTorch looks for anomalies"
        return None
