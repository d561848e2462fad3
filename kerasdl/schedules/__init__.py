"""Learning-rate schedules that Keras lacks, each a pure function of the step."""

from kerasdl.schedules.one_cycle import OneCycle
from kerasdl.schedules.warmup_linear import WarmupLinear

__all__ = ["OneCycle", "WarmupLinear"]
