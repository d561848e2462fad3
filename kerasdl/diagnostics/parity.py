"""Comparison of the first training steps across backends."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

Recording = dict[str, dict[str, np.ndarray]]
"""Tensors that one backend computed in one precision.

Maps a stage of `STAGES` to tensor names to values, in the order of computation.
"""

PRECISIONS = {"float32": 1e-4, "float64": 1e-5}
"""Error tolerance of each precision, for stages that need not match bit for bit.

Rounding leaves about 1e-6 in float32 and 1e-15 in float64. In float64 it can still be
1e-6 after a softmax that Keras computes in float32.
"""

NOISE = 1e-9
"""Largest float64 gradient that counts as zero, relative to the model's largest.

Such gradients are rounding noise. Examples are a bias before batch normalisation, which
subtracts it again, and a bias of attention keys, which shifts all scores equally.
"""

LARGEST_ROUNDING = 0.25
"""Largest float32 error of gradients or trained weights that agree in float64.

A ReLU input that rounding moves across zero removes one example's part of a gradient.
A larger or non-finite error is a fault in float32.
"""


def _differences(value: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the absolute error of each element; equal infinities have error 0."""
    with np.errstate(invalid="ignore"):
        return np.where(value == reference, 0, np.abs(value - reference))


def _largest(value: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest absolute error."""
    return float(np.max(_differences(value, reference), initial=0))


def _share_of_largest(value: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest absolute error, relative to the largest element."""
    error = _largest(value, reference)
    if error == 0:
        return 0.0
    scale = _magnitude(reference)
    return error / scale if scale else float("inf")


def _absolute_and_relative(value: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest error, relative to the element's own size plus one."""
    differences = _differences(value, reference)
    with np.errstate(invalid="ignore"):
        return float(np.max(differences / (1 + np.abs(reference)), initial=0))


def _magnitude(array: np.ndarray) -> float:
    """Return the largest finite absolute value, or 0 if there is none."""
    return float(np.max(np.abs(array), initial=0, where=np.isfinite(array)))


STAGES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "first_batch": _largest,
    "initial_weights": _largest,
    "inference_outputs": _share_of_largest,
    "training_outputs": _share_of_largest,
    "loss": _share_of_largest,
    "gradients": _share_of_largest,
    "weights_after_1_step": _absolute_and_relative,
    "weights_after_10_steps": _absolute_and_relative,
}
"""Error measure of each stage, in the order of computation."""

EXACT = ("first_batch", "initial_weights")
"""Stages without computation, and hence without rounding."""

TRAINED = ("gradients", "weights_after_1_step", "weights_after_10_steps")
"""Stages where rounding can have a large effect, because derivatives have kinks.

Training amplifies the effect of one ReLU that switches. Agreement in float64 identifies
such a difference, since rounding is then too small to switch a ReLU.
"""


def rounding_noise(recording: Recording) -> dict[str, float]:
    """Return the gradients that are zero up to rounding.

    Args:
        recording: Tensors computed in float64.

    Returns:
        Variable name to gradient magnitude, relative to the model's largest gradient.
    """
    gradients = recording["gradients"]
    largest = max(map(_magnitude, gradients.values()), default=0.0)
    shares = {n: _magnitude(g) / (largest or 1.0) for n, g in gradients.items()}
    return {
        name: share
        for name, share in shares.items()
        if share <= NOISE and np.isfinite(gradients[name]).all()
    }


def compare(recordings: dict[str, dict[str, Recording]]) -> dict[str, Any]:
    """Compare each backend with the first one, tensor by tensor.

    Args:
        recordings: Backend name to precision, one of `PRECISIONS`, to its tensors.

    Returns:
        A dict of

        - `backends`, their names, and `reference`, the first of them;
        - `agree`, and `first_difference` with its `layer`, or None;
        - `noise`: variables whose gradients are zero up to rounding, and hence not
          compared, each with its magnitude relative to the largest;
        - `stages`: one entry per stage and other backend. It has the number of
          `tensors` and the errors of `rounded` tensors, which agree in float64 only.
          Per precision it has the `largest_error`, its `tensor`, the `tolerance`, and
          the errors of `differing` tensors in the order of computation.
    """
    reference, *others = recordings
    noise = _noise([recording["float64"] for recording in recordings.values()])
    stages = [
        _compare_stage(stage, other, recordings[other], recordings[reference], noise)
        for stage, other in product(STAGES, others)
    ]
    differences = (
        _first_differing(entry, precision)
        for entry, precision in product(stages, PRECISIONS)
        if entry[precision]["differing"]
    )
    first = next(differences, None)
    return {
        "backends": list(recordings),
        "reference": reference,
        "agree": first is None,
        "first_difference": first,
        "noise": noise,
        "stages": stages,
    }


def _noise(recordings: list[Recording]) -> dict[str, float]:
    """Return the near-zero gradients of all backends that are not exactly zero."""
    first, *others = [rounding_noise(recording) for recording in recordings]
    worst = {
        name: max(share, *(other[name] for other in others))
        for name, share in first.items()
        if all(name in other for other in others)
    }
    return {name: share for name, share in worst.items() if share > 0}


def _compare_stage(
    stage: str,
    backend: str,
    recordings: dict[str, Recording],
    references: dict[str, Recording],
    noise: dict[str, float],
) -> dict[str, Any]:
    errors_of, entries = {}, {}
    for precision, tolerance in PRECISIONS.items():
        errors = _errors(stage, recordings[precision], references[precision])
        if stage == "gradients":
            errors = {n: e for n, e in errors.items() if n not in noise}
        tolerance = 0.0 if stage in EXACT else tolerance
        worst = max(errors, key=lambda n: (np.isnan(errors[n]), errors[n]), default="")
        errors_of[precision] = errors
        entries[precision] = {
            "tolerance": tolerance,
            "largest_error": errors.get(worst, 0.0),
            "tensor": worst,
            "differing": {n: e for n, e in errors.items() if not e <= tolerance},
        }
    differing = entries["float32"]["differing"]
    rounded = {
        name: error
        for name, error in differing.items()
        if stage in TRAINED
        and error <= LARGEST_ROUNDING
        and errors_of["float64"].get(name, np.inf) <= PRECISIONS["float64"]
    }
    for name in rounded:
        del differing[name]
    key = {"stage": stage, "backend": backend, "tensors": len(errors_of["float32"])}
    return key | entries | {"rounded": rounded}


def _errors(stage: str, recording: Recording, reference: Recording) -> dict[str, float]:
    """Return the error of each tensor; infinite if missing or of another shape."""
    errors = {}
    for name in reference[stage] | recording[stage]:
        one, other = recording[stage].get(name), reference[stage].get(name)
        if one is None or other is None or one.shape != other.shape:
            errors[name] = float("inf")
        else:
            errors[name] = STAGES[stage](one.astype("float64"), other.astype("float64"))
    return errors


def _first_differing(entry: dict[str, Any], precision: str) -> dict[str, Any]:
    """Return the first differing tensor of a stage."""
    tensor, error = next(iter(entry[precision]["differing"].items()))
    return {
        "stage": entry["stage"],
        "backend": entry["backend"],
        "precision": precision,
        "layer": tensor.partition("/")[0],
        "tensor": tensor,
        "error": error,
    }
