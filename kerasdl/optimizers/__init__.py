"""Optimizers: what kerasdl adds to those of Keras, and around them."""

from kerasdl.optimizers.adamw import AdamW
from kerasdl.optimizers.gradient_monitor import GradientMonitor, gradient_monitor
from kerasdl.optimizers.sgd import SGD

__all__ = ["SGD", "AdamW", "GradientMonitor", "gradient_monitor"]
