"""Schedules that Keras lacks, of rate and momentum; pure functions of the step."""

from kerasdl.schedules.cosine import Cosine
from kerasdl.schedules.held import Held
from kerasdl.schedules.inverse_square_root import InverseSquareRoot
from kerasdl.schedules.one_cycle import OneCycle
from kerasdl.schedules.one_cycle_momentum import OneCycleMomentum
from kerasdl.schedules.step_decay import StepDecay
from kerasdl.schedules.warmup_linear import WarmupLinear

__all__ = [
    "Cosine",
    "Held",
    "InverseSquareRoot",
    "OneCycle",
    "OneCycleMomentum",
    "StepDecay",
    "WarmupLinear",
]
