"""PyTorch hooks, which Keras's own step calls and a record does not."""

from operator import attrgetter

import keras
import torch
from torch.nn.modules import module as module_hooks

from kerasdl.backend.keras_internals import flatten_layers

LAYER_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
)
WEIGHT_HOOKS = ("_backward_hooks", "_post_accumulate_grad_hooks")


class Hooks:
    """The PyTorch hooks on a model's layers and weights, and on all modules.

    Args:
        model: The model, built.
    """

    def __init__(self, model: keras.Model):
        layers = flatten_layers(model)
        self.layer_hooks = [
            vars(layer)[name] for layer in layers for name in LAYER_HOOKS
        ]
        self.global_hooks = [
            vars(module_hooks)[f"_global{name}"] for name in LAYER_HOOKS
        ]
        self.weights = [variable._value for variable in model.variables]

    def registered(self) -> str | None:
        """Return what kind of hook is registered now, or None."""
        if any(self.layer_hooks) or any(self.global_hooks):
            return "a layer has a PyTorch hook"
        if any(any(map(attrgetter(name), self.weights)) for name in WEIGHT_HOOKS):
            return "a weight has a PyTorch hook"
        if torch.is_anomaly_enabled():
            return "anomaly detection of PyTorch is on"
        return None
