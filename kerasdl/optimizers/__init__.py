"""Optimizers: what kerasdl adds around those of Keras."""

from kerasdl.optimizers.gradient_monitor import GradientMonitor, gradient_monitor

__all__ = ["GradientMonitor", "gradient_monitor"]
