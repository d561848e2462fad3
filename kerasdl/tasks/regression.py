"""Regression."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.signature import Signature
from kerasdl.data.standardise import SMALLEST, mean_and_scale
from kerasdl.data.target_error import in_column
from kerasdl.errors import DataError
from kerasdl.tasks.number_columns import NumberColumns
from kerasdl.tasks.numbers import Numbers, check_finite
from kerasdl.tasks.target_columns import check_columns
from kerasdl.tasks.task import Task

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset


class Regression(Task):
    """Regression of one or several numbers, standardised for the model."""

    name = "regression"
    takes_data_of = "regression"
    metrics: ClassVar = {"r2_score": "max"}
    scores: ClassVar = {
        "r2_score": "max",
        "mean_absolute_error": "min",
        "root_mean_squared_error": "min",
        "mean_absolute_percentage_error": "min",
    }
    headline = "r2_score"
    smallest_test_set = 2
    several_targets = True

    def check(
        self, raw: np.ndarray, num_classes: int | Literal["auto"], source: str
    ) -> None:
        """Raise `DataError` unless there are as many finite numbers per example."""
        if raw.ndim == 1:
            check_finite(raw, "y", source)
            return
        check_columns(raw, "y", source)
        for place, column in enumerate(raw.T):
            with in_column(place):
                check_finite(column, "y", source)

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Numbers | NumberColumns:
        """Return the mean and the standard deviation of the training targets."""
        assert raw is not None
        if raw.ndim == 1:
            return _fitted(raw[rows], source)
        return NumberColumns(tuple(_fitted(column[rows], source) for column in raw.T))

    def targets_from_json(self, values: dict[str, Any]) -> Numbers | NumberColumns:
        """Return the statistics that `to_json` describes."""
        if "columns" in values:
            columns = tuple(Numbers(**each) for each in json_tuple(values["columns"]))
            whole = {"columns": columns, "names": json_tuple(values["names"])}
            targets = NumberColumns(**{**values, **whole})
        else:
            targets = Numbers(**values)
        targets.check()
        return targets

    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return the mean squared error."""
        from keras import losses

        return losses.MeanSquaredError()

    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the R² metric."""
        from keras import metrics

        return [metrics.R2Score(name="r2_score")]

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the mean, ridge regression and boosted trees."""
        from kerasdl.diagnostics.baseline import regressors

        targets, features = dataset.targets, dataset.preprocessing.linear_features
        assert isinstance(targets, Numbers | NumberColumns)
        train = dataset.train.plain()
        baselines = regressors(train, dataset.test, features, targets.decode)
        for baseline in baselines.values():
            baseline["outputs"] = targets.standardised(baseline["outputs"])
        return baselines


def _fitted(values: np.ndarray, source: str) -> Numbers:
    """Return the statistics of training targets of shape `(examples,)`.

    Raises:
        DataError: If they differ by less than float64 can square.
    """
    if 0 < (spread := float(np.ptp(values))) <= SMALLEST:
        what = f"the targets of {source} differ by {spread:.3g} alone"
        raise DataError(what, "give them in other units")
    mean, scale = mean_and_scale(values, (0,))
    return Numbers(*map(float, (mean, scale, values.min(), values.max())))
