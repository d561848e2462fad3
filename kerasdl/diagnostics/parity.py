"""Whether what several backends computed in the same first steps is the same."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

Recording = dict[str, dict[str, np.ndarray]]
"""What one backend computed in one precision.

Stage to tensor to value, in the order of computing, the stages those of `STAGES`.
"""

PRECISIONS = {"float32": 1e-4, "float64": 1e-5}
"""The largest error that counts as the same, of what is not the same to the bit.

Rounding leaves about 1e-6 in float32 and 1e-15 in float64, where it can be a millionth
all the same after a softmax that Keras computes in float32.
"""

NOISE = 1e-9
"""A gradient of at most this share of the model's largest is zero, if in float64.

What is left of it is rounding: for a bias before batch normalisation, which subtracts
it again, and for one on attention's keys, which moves all scores alike.
"""

LARGEST_ROUNDING = 0.25
"""By how much gradients or trained weights in float32 may be off that agree in float64.

A ReLU that rounding moves across its kink takes one example's share of a gradient away;
what is further off, or not finite, is a fault in float32.
"""


def _differences(value: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return how far each element is off; equal infinities are not off at all."""
    with np.errstate(invalid="ignore"):
        return np.where(value == reference, 0, np.abs(value - reference))


def _largest(value: np.ndarray, reference: np.ndarray) -> float:
    """Return how far the worst element is off."""
    return float(np.max(_differences(value, reference), initial=0))


def _share_of_largest(value: np.ndarray, reference: np.ndarray) -> float:
    """Return how far the worst element is off, as a share of the largest one."""
    error = _largest(value, reference)
    if error == 0:
        return 0.0
    scale = _magnitude(reference)
    return error / scale if scale else float("inf")


def _absolute_and_relative(value: np.ndarray, reference: np.ndarray) -> float:
    """Return how far the worst element is off, as a share of its own size plus one."""
    differences = _differences(value, reference)
    with np.errstate(invalid="ignore"):
        return float(np.max(differences / (1 + np.abs(reference)), initial=0))


def _magnitude(array: np.ndarray) -> float:
    """Return the largest finite absolute value, 0 if there is none."""
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
"""In the order of computing: how an error is measured."""

EXACT = ("first_batch", "initial_weights")
"""The stages where nothing is computed, and so nothing is rounded."""

TRAINED = ("gradients", "weights_after_1_step", "weights_after_10_steps")
"""The stages where rounding can matter, since derivatives have kinks.

Training multiplies what one ReLU more or less changes. Whether a difference is such is
seen in float64, where no ReLU is as near to its kink.
"""


def rounding_noise(recording: Recording) -> dict[str, float]:
    """Return the gradients that are zero but for rounding.

    Args:
        recording: What was computed in float64.

    Returns:
        Variable to the gradient's magnitude as a share of the model's largest.
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
    """Compare backends with the first of them, tensor by tensor.

    Args:
        recordings: Backend to precision, one of `PRECISIONS`, to what it computed.

    Returns:
        `backends`; `reference`, the first; `agree`; `first_difference` with its `layer`,
        or None; `noise`, the variables whose gradients are not compared, since they are
        zero but for rounding, each with its share of the largest; and `stages`, one
        entry for each stage and other backend: the number of `tensors`; for each
        precision the `largest_error` and its `tensor`, the `tolerance`, and the errors
        of the `differing`, in the order of computing; and those of the `rounded`, which
        are beyond the tolerance in float32 and agree in float64.
    """
    reference, *others = recordings
    noise = _noise([recording["float64"] for recording in recordings.values()])
    stages = [
        _compare_stage(stage, other, recordings[other], recordings[reference], noise)
        for stage, other in product(STAGES, others)
    ]
    differences = (
        _outline(entry, precision)
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
    """Return the gradients that are zero everywhere, but for rounding somewhere."""
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
    found, entries = {}, {}
    for precision, tolerance in PRECISIONS.items():
        errors = _errors(stage, recordings[precision], references[precision])
        if stage == "gradients":
            errors = {n: e for n, e in errors.items() if n not in noise}
        tolerance = 0.0 if stage in EXACT else tolerance
        worst = max(errors, key=lambda n: (np.isnan(errors[n]), errors[n]), default="")
        found[precision] = errors
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
        and found["float64"].get(name, np.inf) <= PRECISIONS["float64"]
    }
    for name in rounded:
        del differing[name]
    place = {"stage": stage, "backend": backend, "tensors": len(found["float32"])}
    return place | entries | {"rounded": rounded}


def _errors(stage: str, recording: Recording, reference: Recording) -> dict[str, float]:
    """Return the error of each tensor, infinite where one side has none of its shape."""
    found = {}
    for name in reference[stage] | recording[stage]:
        one, other = recording[stage].get(name), reference[stage].get(name)
        if one is None or other is None or one.shape != other.shape:
            found[name] = float("inf")
        else:
            found[name] = STAGES[stage](one.astype("float64"), other.astype("float64"))
    return found


def _outline(entry: dict[str, Any], precision: str) -> dict[str, Any]:
    """Return what differs first in a stage."""
    tensor, error = next(iter(entry[precision]["differing"].items()))
    return {
        "stage": entry["stage"],
        "backend": entry["backend"],
        "precision": precision,
        "layer": tensor.partition("/")[0],
        "tensor": tensor,
        "error": error,
    }
