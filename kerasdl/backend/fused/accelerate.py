"""`kerasdl.accelerate`: Keras's own `fit`, with the step fused."""

import importlib
import warnings
from collections.abc import Callable
from typing import Literal, cast

import keras

from kerasdl.backend.fused.protocol import Fused
from kerasdl.backend.fused.trainer import FusedTrainer
from kerasdl.backend.keras_internals import lost_by_fused_steps


class AccelerationWarning(UserWarning):
    """Says what could not be fused, and why; or what cannot learn on this processor."""


def accelerate(
    model: keras.Model,
    *,
    steps_per_execution: int | Literal["auto"] = "auto",
    compiled: bool = False,
    report: Callable[[str], None] | None = None,
) -> keras.Model:
    """Make `fit` and `evaluate` of a model as fast as a loop written by hand.

    What they compute and what callbacks see stay the same. JAX and TensorFlow take
    several steps in one call and gather their batches on the device (TensorFlow those
    of arrays, not of datasets; JAX on the processor takes convolutions one step at a
    time); PyTorch records the whole step once for each shape of batch and replays it.
    What cannot be fused runs as Keras runs it. Under TensorFlow, a fused step sums the
    gradients of an embedding's repeated rows before they are clipped or squared, as JAX
    and PyTorch do and Keras there does not.

    A record under PyTorch is made anew when a value changes that the step may read in
    Python: an attribute, a closure, a global, what lies in a dict, a list or an array.
    A step runs as Keras's own if it changes such a value, reads the value of a tensor,
    draws from a generator of its own, prints, or while hooks of PyTorch are registered.
    Gradients lie in `.grad` after each execution, as after a step of Keras.

    Call it on any Keras model, before or after `model.compile`. A second call changes
    the settings. Copies and loaded models are plain ones. Arrays of up to 1 GiB are
    read when `fit` begins, so what changes in them later is not seen.

    Args:
        model: The model, changed in place.
        steps_per_execution: Steps between two calls of the callbacks' batch hooks.
            `auto` takes what `model.compile` was given, else many for a small model
            and few for a large one, and 1 while a callback needs each batch: one with
            batch hooks that does not say `async_safe = True`.
        compiled: Whether PyTorch's compiler shall make the record faster. It needs a
            C++ compiler and takes from ten seconds up; it pays for small models and
            long training. JAX compiles in any case, TensorFlow not.
        report: Takes a line for each thing that is not fused, with the reason, and for
            each layer whose gradient is wrong on this processor. By default it becomes
            an `AccelerationWarning`.

    Returns:
        The same model.

    Raises:
        ValueError: If `steps_per_execution` is neither `auto` nor a number above 0.
    """
    if steps_per_execution != "auto" and (
        not isinstance(steps_per_execution, int) or steps_per_execution < 1
    ):
        raise ValueError(
            "`steps_per_execution` must be 'auto' or a whole number above 0, "
            f"got {steps_per_execution!r}"
        )
    trainer = getattr(model, "fused_trainer", None)
    if trainer is not None:
        trainer.steps, trainer.report = steps_per_execution, report or _warn
        trainer.compiled = compiled
        return model
    fused = _fused_steps(model, report or _warn)
    if fused is None:
        return model
    trainer = FusedTrainer(model, fused, steps_per_execution, compiled, report or _warn)
    trainer.install()
    return model


def _fused_steps(model: keras.Model, report: Callable[[str], None]) -> Fused | None:
    """Return the module of the backend; None, reported, if Keras lacks what it uses."""
    lacks = lost_by_fused_steps(model)
    try:
        if not lacks:
            name = f"kerasdl.backend.fused.{keras.config.backend()}"
            return cast(Fused, importlib.import_module(name))
    except (ImportError, AttributeError) as fault:
        lacks = str(fault)
    version = f"Keras {keras.__version__} lacks what fused steps use"
    report(f"{model.name} trains with Keras's own step: {version} ({lacks})")
    return None


def _warn(line: str) -> None:
    warnings.warn(f"kerasdl: {line}", AccelerationWarning, stacklevel=2)
