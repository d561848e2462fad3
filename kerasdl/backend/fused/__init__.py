"""Fused training steps: many steps, or one whole step, in one backend call."""

from kerasdl.backend.fused.accelerate import AccelerationWarning, accelerate

__all__ = ["AccelerationWarning", "accelerate"]
