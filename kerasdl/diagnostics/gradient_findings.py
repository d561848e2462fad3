"""What gradients say before training."""

from collections.abc import Iterator, Mapping

import numpy as np

from kerasdl.finding import Finding

LARGEST = 100.0
"""A larger norm of the gradient of a variable is told."""
EXPLODING = (
    "one step moves the weights far, so that the loss jumps; Pascanu et al. 2013, "
    "https://arxiv.org/abs/1211.5063"
)
NO_PATH = "what the loss does not depend on never changes"


def gradient_findings(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]
) -> Iterator[Finding]:
    """Yield findings about the gradients of one batch.

    A gradient of zero is told only if it stays zero while the batch is learned, since
    branches of residual networks may begin at zero. Of large gradients, the largest is
    told, since one cause makes many.

    Args:
        before: Gradients at the initial weights, by the path of the variable.
        after: Those after some steps.
    """
    large: dict[str, float] = {}
    for name, gradient in before.items():
        norm = float(np.linalg.norm(gradient.astype("float64")))
        if not np.isfinite(norm):
            yield Finding(
                "gradient",
                f"the gradient of {name} is not finite",
                "look for a division by zero, a logarithm of zero, or inputs too large",
                name,
                rule="finite",
                severity="error",
                why="no step can be taken",
            )
        elif norm > LARGEST:
            large[name] = norm
        elif not norm and not after[name].any():
            yield Finding(
                "gradient",
                f"the gradient of {name} is zero, and stays zero",
                "connect it to the output, look for dead units, or freeze it",
                name,
                0.0,
                "> 0",
                "error",
                why=NO_PATH,
            )
    if large:
        name = max(large, key=large.__getitem__)
        others = len(large) - 1
        more = (
            f", and {others} more {'is' if others == 1 else 'are'} large"
            if others
            else ""
        )
        yield Finding(
            "gradient",
            f"the gradient of {name} has the norm {large[name]:.3g}{more}",
            "scale inputs or initial weights, or clip: optimizer.global_clipnorm",
            name,
            large[name],
            f"<= {LARGEST:g}",
            why=EXPLODING,
        )
