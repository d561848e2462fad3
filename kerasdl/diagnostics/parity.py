"""Whether what several backends computed in the same first steps is the same."""

from collections.abc import Callable
from typing import Any

import numpy as np

Recording = dict[str, dict[str, np.ndarray]]
"""What one backend computed: stage to tensor to value, in the order of computing.

Beside the stages of `STAGES` it holds `sensitivity`: for `<stage>/<tensor>`, the error
of the same backend where the initial weights are nudged.
"""

TOLERANCE = 1e-4
"""Largest error that counts as the same; rounding alone leaves about 1e-6."""

NUDGE = 1e-5
"""By what share weights are changed to see what rounding can do: ten times as much."""

SLACK = 3
"""How many times worse than nudged weights make it, on every backend, may be rounding.

A ReLU that rounding moves across its kink changes gradients by whole shares, and
training multiplies that; nudging shows where, but not each time to the same extent.
"""

NOISE = 1e-6
"""A gradient of at most this share of the model's largest may be nothing but noise.

Sums of float32 are off by about 1e-7 of their terms, so where the true gradient is
zero, this is what is left of it: for a bias before batch normalisation, which subtracts
it again, and for one on attention's keys, which moves all scores alike.
"""

OTHER = 0.1
"""It is noise if nudging changes it by more than this share of itself."""


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


STAGES: dict[str, tuple[Callable[[np.ndarray, np.ndarray], float], float]] = {
    "first_batch": (_largest, 0.0),
    "initial_weights": (_largest, 0.0),
    "inference_outputs": (_share_of_largest, TOLERANCE),
    "training_outputs": (_share_of_largest, TOLERANCE),
    "loss": (_share_of_largest, TOLERANCE),
    "gradients": (_share_of_largest, TOLERANCE),
    "weights_after_1_step": (_absolute_and_relative, TOLERANCE),
    "weights_after_10_steps": (_absolute_and_relative, TOLERANCE),
}
"""In the order of computing: how an error is measured, and how large it may be."""

SENSITIVE = ("gradients", "weights_after_1_step", "weights_after_10_steps")
"""The stages where rounding can matter, and noise is left out."""


def errors(
    stage: str, value: dict[str, np.ndarray], reference: dict[str, np.ndarray]
) -> dict[str, float]:
    """Return the error of each tensor, infinite where one side has none of its shape."""
    measure, _ = STAGES[stage]
    found = {}
    for name in reference | value:
        one, other = value.get(name), reference.get(name)
        if one is None or other is None or one.shape != other.shape:
            found[name] = float("inf")
        else:
            found[name] = measure(one.astype("float64"), other.astype("float64"))
    return found


def rounding_noise(recording: Recording) -> dict[str, float]:
    """Return the gradients that are nothing but rounding noise on this backend.

    Returns:
        Variable to its magnitude as a share of the largest gradient. Such a gradient is
        above zero, at most `NOISE`, and another one where weights are nudged: a small
        gradient that stays what it is is no noise.
    """
    gradients = recording["gradients"]
    largest = max(map(_magnitude, gradients.values()), default=0.0)
    sensitivity = _sensitivity("gradients", recording)
    return {
        name: _magnitude(gradient) / largest
        for name, gradient in gradients.items()
        if 0 < _magnitude(gradient) <= NOISE * largest
        and not sensitivity[name] <= OTHER
    }


def compare(recordings: dict[str, Recording]) -> dict[str, Any]:
    """Compare backends with the first of them, tensor by tensor.

    Args:
        recordings: Backend to what it computed.

    Returns:
        `backends`; `reference`, the first; `agree`; `first_difference` with its `layer`,
        or None; `noise`, the variables whose gradients and weights are not compared,
        since the gradient is rounding noise everywhere, with its share of the largest;
        and `stages`, one entry for each stage and other backend: the number of
        `tensors`, the `largest_error` and its `tensor`, and the errors beyond the
        `tolerance`, in the order of computing: of the `differing`, and of the
        `sensitive`, which nudged weights put as far off on every backend.
    """
    reference, *others = recordings
    everywhere = list(recordings.values())
    noise = _noise(everywhere)
    stages = []
    for stage in STAGES:
        left_out = noise if stage in SENSITIVE else {}
        limits = _limits(stage, everywhere) if stage in SENSITIVE else {}
        for other in others:
            found = errors(
                stage, recordings[other][stage], recordings[reference][stage]
            )
            found = {name: e for name, e in found.items() if name not in left_out}
            summary = _summary(stage, found, limits)
            stages.append({"stage": stage, "backend": other, **summary})
    first = next((found for found in stages if found["differing"]), None)
    return {
        "backends": list(recordings),
        "reference": reference,
        "agree": first is None,
        "first_difference": first and _outline(first),
        "noise": noise,
        "stages": stages,
    }


def _sensitivity(stage: str, recording: Recording) -> dict[str, float]:
    """Return how far the backend alone is off where weights are nudged."""
    keys = ((key.partition("/"), e) for key, e in recording["sensitivity"].items())
    return {name: float(error) for (of, _, name), error in keys if of == stage}


def _limits(stage: str, recordings: list[Recording]) -> dict[str, float]:
    """Return how far each tensor may be off, where this is more than usual.

    Trained weights are judged by the worst of their kind, all kernels together: Adam
    makes steps of the same size of small gradients and large ones, so that it is chance
    which weights rounding turns round.
    """

    def kind(name: str) -> str:
        return name if stage == "gradients" else name.rpartition("/")[2]

    worst: list[dict[str, float]] = []
    for recording in recordings:
        worst.append({})
        for name, error in _sensitivity(stage, recording).items():
            worst[-1][kind(name)] = max(worst[-1].get(kind(name), 0.0), error)
    return {
        name: SLACK * min(errors_.get(kind(name), 0.0) for errors_ in worst)
        for name in recordings[0][stage]
    }


def _noise(recordings: list[Recording]) -> dict[str, float]:
    """Return the gradients that are noise on a backend, and noise or zero on all."""
    shares: dict[str, float] = {}
    found = [rounding_noise(recording) for recording in recordings]
    for noise in found:
        for name, share in noise.items():
            shares[name] = max(shares.get(name, 0.0), share)

    def vanishes(name: str, recording: Recording, noise: dict[str, float]) -> bool:
        gradient = recording["gradients"].get(name)
        return name in noise or (gradient is not None and not gradient.any())

    return {
        name: share
        for name, share in shares.items()
        if all(map(vanishes, [name] * len(found), recordings, found))
    }


def _summary(
    stage: str, found: dict[str, float], limits: dict[str, float]
) -> dict[str, Any]:
    _, tolerance = STAGES[stage]
    worst = max(
        found, key=lambda name: (np.isnan(found[name]), found[name]), default=""
    )
    beyond = {name: error for name, error in found.items() if not error <= tolerance}
    sensitive = {n: e for n, e in beyond.items() if e <= limits.get(n, tolerance)}
    return {
        "tensors": len(found),
        "tolerance": tolerance,
        "largest_error": found.get(worst, 0.0),
        "tensor": worst,
        "differing": {n: e for n, e in beyond.items() if n not in sensitive},
        "sensitive": sensitive,
    }


def _outline(found: dict[str, Any]) -> dict[str, Any]:
    """Return what differs first in a stage."""
    tensor, error = next(iter(found["differing"].items()))
    place = {"stage": found["stage"], "backend": found["backend"]}
    layer = tensor.partition("/")[0]
    return place | {"layer": layer, "tensor": tensor, "error": error}
