"""What a task is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from kerasdl.data.signature import Signature
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import ConfigError

if TYPE_CHECKING:
    import keras

    from kerasdl.config import Config
    from kerasdl.data import Dataset, Examples


class Task(ABC):
    """What a model shall predict.

    A kind of data carries raw targets and does not interpret them; all that depends on
    their meaning is here.
    """

    name: ClassVar[str]
    """What a config calls it."""
    takes_data_of: ClassVar[str]
    """The task of ours whose data it takes: a set for that task serves this one, too."""
    metrics: ClassVar[dict[str, Literal["min", "max"]]]
    """The metrics followed in training beside the loss, and which way is better."""
    headline: ClassVar[str]
    """The test score that stands beside the baselines'."""
    has_classes: ClassVar[bool] = False
    """Whether targets are classes, so that labels can be smoothed."""
    stratified: ClassVar[bool] = False
    """Whether splits keep the share of each target."""
    mixes: ClassVar[bool] = False
    """Whether examples can be mixed, so that targets are shares of classes."""
    origin: ClassVar[Origin] = "given"
    """Where targets come from."""
    smallest_test_set: ClassVar[int] = 1
    """Examples that the score needs."""

    def __init_subclass__(cls) -> None:
        """Raise unless a task says what no default could.

        Raises:
            TypeError: With the first attribute that is missing.
        """
        for attribute in ("name", "takes_data_of", "metrics", "headline"):
            if getattr(cls, attribute, None) is None:
                raise TypeError(f"{cls.__name__} must say its `{attribute}`")

    def direction(self, monitor: str) -> Literal["min", "max"]:
        """Return which way a monitored metric, of validation or training, is better."""
        metric = monitor.removeprefix("val_")
        return "min" if metric == "loss" else self.metrics[metric]

    def check(  # noqa: B027  most tasks have nothing to check
        self, raw: np.ndarray, num_classes: int | Literal["auto"], source: str
    ) -> None:
        """Raise `DataError` unless the raw targets to train on are what the task needs.

        Args:
            raw: All targets, of shape `(examples, …)`.
            num_classes: As `data.num_classes`.
            source: Where they come from, for messages.
        """

    @abstractmethod
    def fit(
        self,
        raw: np.ndarray | None,
        rows: np.ndarray,
        signature: Signature,
        num_classes: int | Literal["auto"],
        source: str,
    ) -> Targets:
        """Return what raw targets teach that `check` let pass.

        Args:
            raw: All targets of the training set, of shape `(examples, …)`; None unless
                the data gives them.
            rows: Which of them are learned from.
            signature: What the model takes.
            num_classes: As `data.num_classes`.
            source: Where they come from, for messages.
        """

    @abstractmethod
    def targets_from_json(self, values: dict[str, Any]) -> Targets:
        """Return what `Targets.to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: If it is damaged.
        """

    @abstractmethod
    def loss(self, config: "Config") -> "keras.losses.Loss":
        """Return what is minimised."""

    @abstractmethod
    def keras_metrics(self, config: "Config") -> "list[keras.metrics.Metric]":
        """Return the metrics for `model.compile`, named as in `metrics`."""

    @abstractmethod
    def baselines(
        self, config: "Config", dataset: "Dataset"
    ) -> dict[str, dict[str, Any]]:
        """Return the test scores of simple models, by their names."""

    def measure(
        self,
        model: "keras.Model",
        examples: "Examples",
        targets: Targets,
        config: "Config",
        batch_size: int,
    ) -> dict[str, float]:
        """Return the loss as trained, and the scores.

        Args:
            model: The model.
            examples: What is scored.
            targets: What was learned of the training targets.
            config: The config of the run.
            batch_size: Examples in a batch.
        """
        import keras

        x, y = examples.arrays()
        outputs = model.predict(x, batch_size=batch_size, verbose=0)
        loss = keras.ops.mean(
            self.loss(config)(self.as_trained(config, y, targets), outputs)
        )
        value = float(keras.ops.convert_to_numpy(loss))
        return {"loss": value} | targets.score(y, outputs)

    def as_trained(
        self, config: "Config", encoded: np.ndarray, targets: Targets
    ) -> np.ndarray:
        """Return encoded targets as the loss of this config takes them."""
        return encoded

    def faults(self, data: Any, loss: Any, training: Any) -> list[ConfigError]:
        """Return the keys of these tables that have no meaning in this task."""
        faults, classes = [], "set it to 0, or data.task to 'classification'"
        if not self.has_classes and loss.label_smoothing > 0:
            what = f"loss.label_smoothing (={loss.label_smoothing}) needs classes"
            faults.append(ConfigError(what, classes))
        for key in ("mixup", "cutmix"):
            if not self.mixes and (alpha := getattr(training, key)) > 0:
                what = f"training.{key} (={alpha}) needs classes"
                faults.append(ConfigError(what, classes))
        if not self.mixes and data.num_classes != "auto":
            what = f"data.num_classes (={data.num_classes!r}) has no meaning in"
            hint = "remove it, or set data.task to 'classification'"
            faults.append(ConfigError(f"{what} {self.name}", hint))
        return faults
