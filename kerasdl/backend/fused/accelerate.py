"""`kerasdl.accelerate`: Keras's own `fit`, with the step fused."""

import importlib
import warnings
from collections.abc import Callable
from typing import Literal, cast

import keras

from kerasdl.backend.fused.protocol import Fused
from kerasdl.backend.fused.trainer import FusedTrainer
from kerasdl.backend.keras_internals import missing_for_fused_steps


class AccelerationWarning(UserWarning):
    """A warning of what is not fused, or cannot learn on this CPU, with the reason."""


def accelerate(
    model: keras.Model,
    *,
    steps_per_execution: int | Literal["auto"] = "auto",
    compiled: bool = False,
    report: Callable[[str], None] | None = None,
) -> keras.Model:
    """Make `fit` and `evaluate` of a model as fast as a hand-written loop.

    The results and what callbacks see stay the same. What cannot be fused runs as in
    Keras.

    JAX and TensorFlow run several steps in one call and gather their batches on the
    device. TensorFlow does so for arrays, not for datasets. JAX on a CPU runs
    convolutions one step at a time. PyTorch records the whole step once per batch shape
    and replays it. Under TensorFlow, a fused step sums the gradients of an embedding's
    repeated rows before it clips or squares them. JAX and PyTorch do the same; Keras
    under TensorFlow does not.

    Under PyTorch, a step is recorded again when a Python value changes that it may
    read: an attribute, a closure, a global, or an item of a dict, a list or an array.
    Keras's own step runs if the step changes such a value, reads the value of a tensor,
    draws from a private generator or prints. It also runs while PyTorch hooks are
    registered. Gradients are in `.grad` after each execution, as after a Keras step.

    Call it on any Keras model, before or after `model.compile`. A second call changes
    the settings. Copies and loaded models are not accelerated. Arrays of up to 1 GiB
    are read when `fit` begins; later changes to them have no effect.

    Args:
        model: The model, changed in place.
        steps_per_execution: Steps between two calls of the callbacks' batch hooks.
            `auto` uses the value from `model.compile`; else many steps for a small
            model and few for a large one. It uses 1 while a callback needs each batch:
            one that has batch hooks and does not set `async_safe = True`.
        compiled: Whether PyTorch's compiler makes the record faster. It needs a C++
            compiler and at least ten seconds. It pays off for small models and long
            training. JAX always compiles, TensorFlow never.
        report: Called with one line for each thing that is not fused, with the reason,
            and for each layer whose gradient is wrong on this CPU. By default, the line
            becomes an `AccelerationWarning`.

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
    """Return the backend's module; report and return None if Keras lacks a name."""
    missing = missing_for_fused_steps(model)
    try:
        if not missing:
            name = f"kerasdl.backend.fused.{keras.config.backend()}"
            return cast(Fused, importlib.import_module(name))
    except (ImportError, AttributeError) as fault:
        missing = str(fault)
    version = f"Keras {keras.__version__} lacks what fused steps use"
    report(f"{model.name} trains with Keras's own step: {version} ({missing})")
    return None


def _warn(line: str) -> None:
    warnings.warn(f"kerasdl: {line}", AccelerationWarning, stacklevel=2)
