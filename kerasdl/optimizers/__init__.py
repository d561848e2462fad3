"""Optimizers: what kerasdl adds around those of Keras."""

from kerasdl.optimizers.gradient_monitor import GradientMonitor

__all__ = ["GradientMonitor"]
