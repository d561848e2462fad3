"""What the loss of one batch says: at first, and while it is learned."""

from collections.abc import Iterator, Sequence

import numpy as np

from kerasdl.finding import Finding

STEPS = 30
"""Steps that one batch is learned for."""
TIMES, MANY_TIMES = 3.0, 30.0
"""A first loss of more times that of a model that knows nothing is told. It is an error
of many times, unless the loss soon falls."""
HALF = 0.5
"""A high first loss is unlearned if the loss falls to this share."""
SHARE = 0.9
"""One batch is learned if its loss falls to this share."""
WHY_FIRST = (
    "a network that knows nothing should predict the mean, or all classes alike; more "
    "than that is unlearned first; Karpathy 2019, "
    "https://karpathy.github.io/2019/04/25/recipe/"
)
WHY_ONE_BATCH = (
    "a network that cannot learn a few examples by heart has a fault of its own; "
    "Goodfellow et al. 2016, section 11.5"
)


def first_steps(losses: Sequence[float], of_nothing: float | None) -> Iterator[Finding]:
    """Yield findings about the loss of one batch.

    Args:
        losses: The loss before each step, and after the last one.
        of_nothing: The loss of outputs that are zero: ln K of K classes, and the
            variance of standardised numbers; None if it is unknown.
    """
    first, best = losses[0], min(losses)
    if not np.isfinite(losses).all():
        place = "at first" if not np.isfinite(first) else f"within {len(losses)} steps"
        yield Finding(
            "loss",
            f"the loss of one batch is not finite {place}",
            "lower --lr, scale the inputs, or check the targets",
            rule="finite",
            severity="error",
            why="no gradient follows from it",
        )
        return
    if of_nothing is not None and first > TIMES * of_nothing:
        is_lost = first > MANY_TIMES * of_nothing and best > HALF * first
        yield Finding(
            "loss",
            f"the first loss is {first:.3g}, that of outputs of zero {of_nothing:.3g}",
            "scale the inputs or the targets, or the weights of the last layer",
            "",
            first,
            f"<= {TIMES * of_nothing:.3g}",
            "error" if is_lost else "warning",
            why=WHY_FIRST,
        )
    if best > SHARE * first:
        yield Finding(
            "one-batch",
            f"the loss of one batch falls from {first:.3g} to {best:.3g} in "
            f"{len(losses) - 1} steps",
            "try kerasdl lr-find; if no rate helps, the targets do not fit the inputs",
            "",
            best,
            f"<= {SHARE * first:.3g}",
            "error" if best == first else "warning",
            why=WHY_ONE_BATCH,
        )
