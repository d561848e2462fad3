"""Forecasting."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.json_tuple import json_tuple
from kerasdl.data.signature import Signature
from kerasdl.errors import DataError
from kerasdl.tasks.forecasts import Forecasts
from kerasdl.tasks.numbers import Numbers
from kerasdl.tasks.regression import Regression
from kerasdl.tasks.target_columns import check_columns

if TYPE_CHECKING:
    from kerasdl.config import Config
    from kerasdl.data import Dataset


class Forecasting(Regression):
    """The next steps of one or more numbers, scaled as the steps that are seen."""

    name = "forecasting"
    takes_data_of = "forecasting"
    scores: ClassVar = {
        "mean_absolute_error": "min",
        "mean_absolute_scaled_error": "min",
        **Regression.scores,
    }
    headline = "mean_absolute_error"
    names_rows = True
    smallest_test_set = 1

    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Forecasts:
        """Return the scale that each number has as an input.

        Args:
            raw: What follows each row, of shape `(rows, horizon * numbers)`, step by
                step.
            rows: Row numbers of the training split; not used.
            signature: Its input tells the numbers.
            num_classes: Not used.
            source: Name of the set or path of the file, for messages.

        Raises:
            DataError: If no feature is the past of what is predicted.
        """
        assert raw is not None
        check_columns(raw, "y", source)
        [only] = signature.values()
        if not only.past or raw.shape[1] % len(only.past):
            what = f"{source} holds no past of its targets, data.task is {self.name!r}"
            raise DataError(what, "give series, with data.kind = 'series'")
        horizon = raw.shape[1] // len(only.past)
        steps = [(each, step) for step in range(1, horizon + 1) for each in only.past]
        return Forecasts(
            tuple(Numbers(each.mean, each.scale) for each, _ in steps),
            tuple(f"{each.name} +{step}" for each, step in steps),
            tuple(each.naive_error for each, _ in steps),
            horizon,
        )

    def targets_from_json(self, values: dict[str, Any]) -> Forecasts:
        """Return the statistics that `to_json` describes."""
        columns = tuple(Numbers(**each) for each in json_tuple(values["columns"]))
        others = {name: json_tuple(values[name]) for name in ("names", "naive_errors")}
        targets = Forecasts(**{**values, **others, "columns": columns})
        targets.check()
        return targets

    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Score the last value, the last season, and ridge regression on the window."""
        from kerasdl.diagnostics.forecast_baselines import forecasters

        targets = dataset.targets
        assert isinstance(targets, Forecasts)
        season = getattr(config.data, "season", 0)
        return forecasters(dataset.train, dataset.test, targets, targets.count, season)
