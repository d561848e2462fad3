"""Learning-rate and momentum schedules that Keras lacks; pure functions of the step.

`tables` has their config keys.
"""

from typing import TYPE_CHECKING

from kerasdl import lazy

if TYPE_CHECKING:
    from kerasdl.schedules.cosine import Cosine
    from kerasdl.schedules.cosine_log import CosineLog
    from kerasdl.schedules.flat_cosine import FlatCosine
    from kerasdl.schedules.held import Held
    from kerasdl.schedules.inverse_square_root import InverseSquareRoot
    from kerasdl.schedules.one_cycle import OneCycle
    from kerasdl.schedules.one_cycle_momentum import OneCycleMomentum
    from kerasdl.schedules.step_decay import StepDecay
    from kerasdl.schedules.warmup_linear import WarmupLinear

__all__ = [
    "Cosine",
    "CosineLog",
    "FlatCosine",
    "Held",
    "InverseSquareRoot",
    "OneCycle",
    "OneCycleMomentum",
    "StepDecay",
    "WarmupLinear",
]

__getattr__ = lazy.loader(
    __name__,
    {
        "Cosine": "cosine",
        "CosineLog": "cosine_log",
        "FlatCosine": "flat_cosine",
        "Held": "held",
        "InverseSquareRoot": "inverse_square_root",
        "OneCycle": "one_cycle",
        "OneCycleMomentum": "one_cycle_momentum",
        "StepDecay": "step_decay",
        "WarmupLinear": "warmup_linear",
    },
)
