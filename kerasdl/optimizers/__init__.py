"""Optimizers: what kerasdl adds to those of Keras, and around them."""

from kerasdl.optimizers.adamw import AdamW
from kerasdl.optimizers.gradient_accumulator import GradientAccumulator
from kerasdl.optimizers.gradient_monitor import GradientMonitor, gradient_monitor
from kerasdl.optimizers.sgd import SGD
from kerasdl.optimizers.weighed_loss import WeighedLoss
from kerasdl.optimizers.wrapper import find, innermost

__all__ = [
    "SGD",
    "AdamW",
    "GradientAccumulator",
    "GradientMonitor",
    "WeighedLoss",
    "find",
    "gradient_monitor",
    "innermost",
]
