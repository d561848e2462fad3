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

Rounding leaves about 1e-6 in float32. It leaves 1e-15 in float64, but in some places
Keras computes in float32 all the same, and so up to 1e-6 of trained weights.
"""

NOISE = 1e-9
"""A gradient of at most this share of the model's largest is zero, if in float64.

What is left of it is rounding: for a bias before batch normalisation, which subtracts
it again, and for one on attention's keys, which moves all scores alike. In float32 Adam,
which divides by a gradient's size, makes steps of the learning rate of it.
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
"""The stages where rounding can matter.

A ReLU that rounding moves across its kink changes gradients by whole shares, and
training multiplies that. Whether a difference is such is seen in float64, where no ReLU
is as near to its kink.
"""


def compare(recordings: dict[str, dict[str, Recording]]) -> dict[str, Any]:
    """Compare backends with the first of them, tensor by tensor.

    Args:
        recordings: Backend to precision, one of `PRECISIONS`, to what it computed.

    Returns:
        `backends`; `reference`, the first; `agree`; `first_difference` with its `layer`,
        or None; `noise`, the variables whose gradients and weights are not compared,
        since the gradient is zero but for rounding, with its share of the largest; and
        `stages`, one entry for each stage, precision and other backend: the number of
        `tensors`, the `largest_error` and its `tensor`, the `tolerance`, and the errors
        beyond it, in the order of computing: of the `differing`, and of the `rounded`,
        which are off in float32 and agree in float64.
    """
    reference, *others = recordings
    noise = _noise([recording["float64"] for recording in recordings.values()])
    stages = []
    for stage, other in product(STAGES, others):
        found = {
            precision: errors(
                stage, recordings[other][precision], recordings[reference][precision]
            )
            for precision in PRECISIONS
        }
        for precision, tensors in found.items():
            if stage in TRAINED:
                tensors = {n: e for n, e in tensors.items() if n not in noise}
            place = {"stage": stage, "precision": precision, "backend": other}
            stages.append(place | _summary(stage, precision, tensors, found["float64"]))
    first = next((entry for entry in stages if entry["differing"]), None)
    return {
        "backends": list(recordings),
        "reference": reference,
        "agree": first is None,
        "first_difference": first and _outline(first),
        "noise": noise,
        "stages": stages,
    }


def errors(stage: str, recording: Recording, reference: Recording) -> dict[str, float]:
    """Return the error of each tensor, infinite where one side has none of its shape."""
    found = {}
    for name in reference[stage] | recording[stage]:
        one, other = recording[stage].get(name), reference[stage].get(name)
        if one is None or other is None or one.shape != other.shape:
            found[name] = float("inf")
        else:
            found[name] = STAGES[stage](one.astype("float64"), other.astype("float64"))
    return found


def _noise(recordings: list[Recording]) -> dict[str, float]:
    """Return the gradients that are zero everywhere, but for rounding somewhere.

    Returns:
        Variable to the gradient's magnitude, the worst of all, as a share of the largest.
    """
    shares: dict[str, list[float]] = {}
    for recording in recordings:
        sizes = {n: _magnitude(value) for n, value in recording["gradients"].items()}
        largest = max(sizes.values(), default=0) or 1.0
        for name, size in sizes.items():
            shares.setdefault(name, []).append(size / largest)
    return {name: max(of) for name, of in shares.items() if 0 < max(of) <= NOISE}


def _summary(
    stage: str, precision: str, found: dict[str, float], exact: dict[str, float]
) -> dict[str, Any]:
    tolerance = 0.0 if stage in EXACT else PRECISIONS[precision]
    worst = max(
        found, key=lambda name: (np.isnan(found[name]), found[name]), default=""
    )
    beyond = {name: error for name, error in found.items() if not error <= tolerance}
    rounded = {
        name: error
        for name, error in beyond.items()
        if stage in TRAINED and exact[name] <= PRECISIONS["float64"]
    }
    return {
        "tensors": len(found),
        "tolerance": tolerance,
        "largest_error": found.get(worst, 0.0),
        "tensor": worst,
        "differing": {n: e for n, e in beyond.items() if n not in rounded},
        "rounded": rounded,
    }


def _outline(found: dict[str, Any]) -> dict[str, Any]:
    """Return what differs first in a stage."""
    tensor, error = next(iter(found["differing"].items()))
    place = {key: found[key] for key in ("stage", "precision", "backend")}
    layer = tensor.partition("/")[0]
    return place | {"layer": layer, "tensor": tensor, "error": error}
