"""`kerasdl.accelerate`: Keras's own `fit`, with the step fused."""

import importlib
import warnings
from collections.abc import Callable
from typing import Literal, cast

import keras

from kerasdl.backend.fused.protocol import Fused
from kerasdl.backend.fused.trainer import FusedTrainer


class AccelerationWarning(UserWarning):
    """Says what could not be fused, and why."""


def accelerate(
    model: keras.Model,
    *,
    steps_per_execution: int | Literal["auto"] = "auto",
    report: Callable[[str], None] | None = None,
) -> keras.Model:
    """Make `fit` and `evaluate` of a model as fast as a loop written by hand.

    What they compute and what callbacks see stay the same. JAX and TensorFlow take
    several steps in one call and gather their batches on the device; PyTorch records
    the whole step once and replays it. What cannot be fused runs as Keras runs it.

    Call it on any Keras model, before or after `model.compile`. A second call changes
    the settings.

    Args:
        model: The model, changed in place.
        steps_per_execution: Steps between two calls of the callbacks' batch hooks.
            `auto` takes what `model.compile` was given, else many for a small model
            and few for a large one. While a callback needs each batch it is 1: one
            with batch hooks that does not say `async_safe = True`.
        report: Takes a line for each thing that is not fused, with the reason. By
            default it becomes an `AccelerationWarning`.

    Returns:
        The same model.
    """
    trainer = getattr(model, "fused_trainer", None)
    if trainer is not None:
        trainer.steps, trainer.report = steps_per_execution, report or _warn
        return model
    name = f"kerasdl.backend.fused.{keras.config.backend()}"
    fused = cast(Fused, importlib.import_module(name))
    trainer = FusedTrainer(model, fused, steps_per_execution, report or _warn)
    trainer.install()
    return model


def _warn(line: str) -> None:
    warnings.warn(f"kerasdl: {line}", AccelerationWarning, stacklevel=2)
