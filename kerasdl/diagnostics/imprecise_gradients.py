"""Gradients in float32 that are not those in float64."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.finding import Finding

APART = 0.1
"""Gradients that differ by more than this share of their norm are wrong; rounding and
the kinks of rectifiers are less."""
NEGLIGIBLE = 1e-4
"""Gradients below this share of the largest one are rounding, as of a bias before a
normalisation."""
WHY = (
    "both are the derivative of the same function, so that one kernel is wrong, or the "
    "function is too steep for 24 bits; Goldberg 1991, "
    "https://doi.org/10.1145/103162.103163"
)


def imprecise_gradients(
    single: Mapping[str, np.ndarray], double: Mapping[str, np.ndarray], backend: str
) -> Iterator[Finding]:
    """Yield an error for each variable whose gradient in float32 is wrong.

    Args:
        single: Gradients in float32 by path.
        double: Gradients of the same batch in float64, by the same paths.
        backend: Name of the backend, for messages.
    """
    norms = {name: float(np.linalg.norm(array)) for name, array in double.items()}
    largest = max(norms.values(), default=0.0)
    if not np.isfinite(largest):
        return
    for name, gradient in double.items():
        apart = float(np.linalg.norm(single[name].astype("float64") - gradient))
        if not apart > max(APART * norms[name], NEGLIGIBLE * largest):
            continue
        share = apart / norms[name] if norms[name] else float("inf")
        yield Finding(
            "wrong-gradient",
            f"the float32 gradient of {name} under {backend} differs from float64 by "
            f"{100 * share:.3g} % of its norm",
            "compare with another --backend, and change the layer or report it",
            name,
            share,
            f"<= {APART:g}",
            "error",
            why=WHY,
        )
