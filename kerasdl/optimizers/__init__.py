"""Optimizers and optimizer wrappers that Keras lacks.

`tables` has their config keys.
"""

from typing import TYPE_CHECKING

from kerasdl import lazy

if TYPE_CHECKING:
    from kerasdl.optimizers.adam import Adam
    from kerasdl.optimizers.adamw import AdamW
    from kerasdl.optimizers.gradient_accumulator import GradientAccumulator
    from kerasdl.optimizers.gradient_monitor import GradientMonitor, gradient_monitor
    from kerasdl.optimizers.sgd import SGD
    from kerasdl.optimizers.weighed_loss import WeighedLoss
    from kerasdl.optimizers.wrapper import find, innermost

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "GradientAccumulator",
    "GradientMonitor",
    "WeighedLoss",
    "find",
    "gradient_monitor",
    "innermost",
]

__getattr__ = lazy.loader(
    __name__,
    {
        "SGD": "sgd",
        "Adam": "adam",
        "AdamW": "adamw",
        "GradientAccumulator": "gradient_accumulator",
        "GradientMonitor": "gradient_monitor",
        "WeighedLoss": "weighed_loss",
        "find": "wrapper",
        "gradient_monitor": "gradient_monitor",
        "innermost": "wrapper",
    },
)
