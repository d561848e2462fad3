"""Scores of reconstructions that do not fit in memory, from one pass over them."""

import numpy as np

from kerasdl.diagnostics.scores import undefined_r2


class StreamedReconstruction:
    """The scores of `reconstruction_scores`, from batches."""

    def __init__(self) -> None:
        self._errors: list[np.ndarray] = []
        self._count = 0
        self._mean: np.ndarray | None = None
        self._spread = 0.0
        self._first: np.ndarray | None = None
        self._differ = False

    def add(self, x: np.ndarray, rebuilt: np.ndarray) -> None:
        """Add a batch.

        The spread around the mean is joined to that of the batches before it (Chan,
        Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm for computing
        sample variances", equation 2.1).

        Args:
            x: Inputs of shape `(examples, …)`.
            rebuilt: Reconstructions of the same shape.
        """
        x = x.reshape(len(x), -1).astype("float64")
        self._errors.append(((rebuilt.reshape(x.shape) - x) ** 2).mean(-1))
        mean = x.mean(0)
        if self._first is None or self._mean is None:
            self._first, self._mean = x[0], mean
        self._differ = self._differ or bool((x != self._first).any())
        before, self._count = self._count, self._count + len(x)
        apart = mean - self._mean
        self._spread += float(np.square(x - mean).sum())
        self._spread += float(apart @ apart) * before * len(x) / self._count
        self._mean = self._mean + apart * (len(x) / self._count)

    def residuals(self) -> np.ndarray:
        """Return the mean squared error of each example, float64."""
        return np.concatenate(self._errors)

    def undefined(self) -> dict[str, str]:
        """Return why the variance-weighted R² is undefined, if it is."""
        seen = np.arange(self._count) if self._differ else np.zeros(self._count)
        return undefined_r2(seen)

    def scores(self) -> dict[str, float]:
        """Return the variance-weighted R², where it is defined, and the squared error.

        None of reconstructions that overflow.
        """
        errors, scores = self.residuals(), {}
        if not np.isfinite(errors).all():
            return {}
        if not self.undefined() and self._mean is not None:
            left = errors.sum() * len(self._mean)
            scores["r2_score"] = float(1 - left / self._spread)
        return scores | {"mean_squared_error": float(errors.mean())}
