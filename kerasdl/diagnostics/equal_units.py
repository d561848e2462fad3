"""Kernels whose units are all equal, and stay so."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.finding import Finding

APART = 1e-3
"""Units are equal if they differ by less than this share of what they have learned."""
WHY = (
    "units with equal weights have equal gradients, so that a layer learns as one unit; "
    "Goodfellow et al. 2016, section 8.4"
)


def equal_units(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray] | None = None
) -> Iterator[Finding]:
    """Yield an error for each kernel whose units are equal and stay equal.

    Kernels of zeros that learn are no fault, as in branches that begin at zero.

    Args:
        before: Trained kernels at first, units on the last axis, by path.
        after: Those after some steps. None if no step was taken: then it is an error
            only if the units of every kernel are equal.
    """
    kernels = {n: k for n, k in before.items() if k.ndim > 1 and k.shape[-1] > 1}
    equal = [name for name, kernel in kernels.items() if not _spread(kernel)]
    if after is None and len(equal) < len(kernels):
        return
    for name in equal:
        if after is not None:
            moved = np.abs(after[name] - kernels[name]).max()
            if moved and _spread(after[name]) > APART * moved:
                continue
        value = float(kernels[name].flat[0])
        constant = (kernels[name] == value).all()
        first = f"are all {value:g}" if constant else "are the same for each unit"
        yield Finding(
            "equal-units",
            f"the weights of {name} {first}, and its units stay equal",
            "draw them at random, such as by glorot_uniform",
            name,
            value,
            "weights that differ",
            "error",
            why=WHY,
        )


def _spread(kernel: np.ndarray) -> float:
    """Return how far the units of a kernel are from the first one."""
    return float(np.abs(kernel - kernel[..., :1]).max())
