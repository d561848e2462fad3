"""Linear warm-up before another schedule."""

from typing import Any

from keras import ops


def warmed_up(step: Any, warmup_steps: int, peak: float, after: Any) -> Any:
    """Return `peak * step / warmup_steps` during warm-up, then `after`.

    Args:
        step: Optimizer step (0-based), a float.
        warmup_steps: Steps of warm-up; 0 for none.
        peak: Learning rate at the end of warm-up.
        after: Learning rate of the step without warm-up.
    """
    return ops.where(step < warmup_steps, peak * step / max(1, warmup_steps), after)
