"""The fused training step: many steps, or one whole step, as one call of the backend."""

from kerasdl.backend.fused.accelerate import AccelerationWarning, accelerate

__all__ = ["AccelerationWarning", "accelerate"]
