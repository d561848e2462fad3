"""Optimizers: what kerasdl adds around those of Keras."""

from kerasdl.optimizers.gradient_accumulator import GradientAccumulator
from kerasdl.optimizers.gradient_monitor import GradientMonitor, gradient_monitor
from kerasdl.optimizers.weighed_loss import WeighedLoss
from kerasdl.optimizers.wrapper import find, innermost

__all__ = [
    "GradientAccumulator",
    "GradientMonitor",
    "WeighedLoss",
    "find",
    "gradient_monitor",
    "innermost",
]
