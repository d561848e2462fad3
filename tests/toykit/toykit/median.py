"""A task: a number, by the absolute error."""

from typing import Any

from kerasdl.tasks.regression import Regression


class Median(Regression):
    """A number, so that half of all errors are positive."""

    name = "median"
    headline = "mean_absolute_error"

    def loss(self, config: Any) -> Any:
        """Return the mean absolute error."""
        from keras import losses

        return losses.MeanAbsoluteError()
