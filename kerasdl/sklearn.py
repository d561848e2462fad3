"""Estimators for scikit-learn: presets in `Pipeline`, `GridSearchCV` and the like."""

import numbers
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from kerasdl import config as configs
from kerasdl.config import Config, Setting, toml_value
from kerasdl.data import Arrays, Dataset
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.split import hold_out
from kerasdl.errors import DataError, KerasDLError
from kerasdl.new_run import SHORT, select_backend

NO_SPLIT = (
    "there are too few examples to hold out a validation set; the epoch with the lowest "
    "training loss is kept"
)


OF_THE_DATA = ("data.kind", "data.name", "data.task", "data.num_classes", "data.target")
"""Keys that the estimator and its data decide."""


class KerasDLEstimator(BaseEstimator):
    """Base class of the estimators.

    Args:
        preset: A preset's name, or the path of a TOML file.
        epochs: Passes over the training split, at most.
        batch_size: Examples per batch, or `auto`.
        lr: Highest learning rate of the schedule.
        precision: Keras dtype policy, such as `"mixed_bfloat16"`.
        random_state: Seed of the validation split, the initial weights, the data order
            and the dropout masks; None draws one from NumPy's global generator.
        **keys: Any key of the config, as `**{"model.dropout": 0.1}`. A table in
            `training.class_weights` names the labels.

    An argument that is None is what the preset says.
    """

    TASK: ClassVar[str]

    def __init__(
        self,
        preset: str = "mlp-tabular",
        epochs: int | None = None,
        batch_size: int | Literal["auto"] | None = None,
        lr: float | None = None,
        precision: str | None = None,
        random_state: Any = 0,
        **keys: Any,
    ):
        self.preset = preset
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.precision = precision
        self.random_state = random_state
        self.__dict__.update(keys)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            name: value
            for name, value in vars(self).items()
            if not (name.startswith("_") or name.endswith("_"))  # as it is once fitted
        }

    def set_params(self, **params: Any) -> Self:
        """Set arguments of the constructor; `fit` checks the keys.

        Raises:
            ValueError: If a name is neither an argument nor a key of the config.
        """
        keys = {name: value for name, value in params.items() if "." in name}
        self.__dict__.update(keys)
        return super().set_params(**{n: v for n, v in params.items() if n not in keys})

    def _fit(self, x: np.ndarray, y: np.ndarray) -> Self:
        """Train on inputs of shape `(examples, features)` and raw targets.

        Raises:
            ValueError: If a key is invalid, or the data cannot be learned from.
        """
        select_backend()

        from kerasdl.jobs.build_session import build_session
        from kerasdl.jobs.head_stage import fit_in_memory

        try:
            config, dataset = self._prepared(Arrays("X", x, y))
            session = build_session(config, dataset)
            fit_in_memory(session)
        except KerasDLError as fault:
            raise ValueError(str(fault)) from fault
        self.config_ = session.config
        self.encoding_ = dataset.encoding
        self.model_ = session.model
        self.history_ = session.learner.history.history
        return self

    def _prepared(self, raw: Arrays) -> tuple[Config, Dataset]:
        """Return the config and the splits; there is no test set."""
        from kerasdl.jobs import dataset

        config = self._config()
        rows, none = np.arange(len(raw.x)), np.arange(0)
        labels = raw.y if self.TASK == "classification" else None
        fraction, seed = config.data.validation_fraction, dataset.split_seed(config)
        dataset.check(raw, config)
        try:
            train, held_out = hold_out(rows, labels, fraction, seed, "validation", "X")
        except DataError:
            warnings.warn(NO_SPLIT, stacklevel=4)
            train, held_out = rows, none
            config = self._config(monitor="loss")
        parts = Parts(Part(raw, train), Part(raw, held_out), Part(raw, none))
        return config, dataset.encode(raw, config, parts)

    def _config(self, monitor: str | None = None) -> Config:
        """Return the config; with `monitor`, for training without validation."""
        keys = self._keys()
        if monitor:
            keys |= {"data.validation_fraction": 0.0, "training.monitor": monitor}
        settings = [Setting(key, value, key) for key, value in keys.items()]
        return configs.load(self.preset, settings=settings)

    def _keys(self) -> dict[str, Any]:
        """Return the keys of the config that the arguments set."""
        seed = self.random_state
        if not isinstance(seed, numbers.Integral):
            seed = check_random_state(seed).randint(2**31 - 1)
        keys: dict[str, Any] = {
            "data.kind": "arrays",
            "data.name": "",
            "data.task": self.TASK,
            "training.seed": int(seed),
        }
        for name, value in self.get_params().items():
            if name not in ("preset", "random_state") and value is not None:
                key = SHORT.get(name, name)
                if "." not in key or key in OF_THE_DATA:
                    what = f"{type(self).__name__} has no argument {name!r}"
                    raise ValueError(f"{what}; keys are those of kerasdl keys")
                keys[key] = self._for_config(name, value)
        return keys

    def _for_config(self, name: str, value: Any) -> Any:
        """Return the value that the config has for an argument."""
        return toml_value(name, value)

    def _outputs(self, x: Any) -> np.ndarray:
        """Return the model's outputs for inputs."""
        check_is_fitted(self)
        x = validate_data(self, x, dtype=np.float64, reset=False)
        raw = Arrays("X", x, np.zeros(len(x)))
        try:
            part = Part(raw, np.arange(len(x)))
            inputs = self.encoding_.preprocessing.inputs(part)
        except DataError as fault:
            raise ValueError(str(fault)) from fault
        return self.model_.predict(inputs, verbose=0)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, with weights instead of the model."""
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = self.model_.get_weights()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the model of a fitted estimator anew, and set its weights."""
        super().__setstate__(state)
        if "model_" in state:
            select_backend()

            from kerasdl.jobs import assemble

            self.model_ = assemble.model(self.config_, self.encoding_)
            self.model_.set_weights(state["model_"])


class KerasDLClassifier(ClassifierMixin, KerasDLEstimator):
    """A preset as a scikit-learn classifier.

    ::

        search = GridSearchCV(
            KerasDLClassifier(epochs=20), {"model.dropout": [0.0, 0.3]}
        )
        search.fit(x, y)

    It holds out `data.validation_fraction` of the examples and keeps the epoch with the
    best `training.monitor`. It writes no run directory.

    Attributes:
        classes_: Labels of shape `(classes,)`.
        config_: The resolved config.
        model_: The trained Keras model; it returns logits.
        history_: The metrics of each epoch.
    """

    TASK = "classification"

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803  as scikit-learn names it
        """Train on `X` of shape `(examples, features)` and labels `(examples,)`.

        Raises:
            ValueError: If a key is invalid, or the data cannot be learned from.
        """
        x, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            what = "a classifier cannot be trained with one class only"
            raise ValueError(f"{what}; every label is {self.classes_[0]!s}")
        return self._fit(x, labels)

    def _for_config(self, name: str, value: Any) -> Any:
        """Return the value; the weights of classes are those of their numbers."""
        if name != "training.class_weights" or not isinstance(value, Mapping):
            return toml_value(name, value)
        labels = self.classes_.tolist()  # 1, 1.0 and True are the same name
        if value.keys() != {*labels}:
            given, known = (", ".join(map(repr, each)) for each in (value, labels))
            what = f"{name} has weights for {given}, and the classes are {known}"
            raise ValueError(f"{what}: name them as y does")
        numbered = {number: value[label] for number, label in enumerate(labels)}
        return toml_value(name, numbered)

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return probabilities of shape `(examples, classes)`."""
        return softmax(self._outputs(X).astype("float64"), axis=-1)

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the most probable labels, of shape `(examples,)`."""
        outputs = self._outputs(X)
        return self.classes_[outputs.argmax(-1)]


class KerasDLRegressor(RegressorMixin, KerasDLEstimator):
    """A preset as a scikit-learn regressor of one or several numbers.

    It holds out `data.validation_fraction` of the examples and keeps the epoch with the
    best `training.monitor`. It writes no run directory.

    Attributes:
        config_: The resolved config.
        model_: The trained Keras model; it returns standardised numbers.
        history_: The metrics of each epoch.
    """

    TASK = "regression"

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803
        """Train on `X` of shape `(examples, features)` and numbers.

        The numbers have the shape `(examples,)` or `(examples, targets)`.

        Raises:
            ValueError: If a key is invalid, or the data cannot be learned from.
        """
        x, y = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, multi_output=True
        )
        return self._fit(x, y.astype("float64"))

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the numbers in the units of the targets, with their shape."""
        outputs = self._outputs(X)
        return self.encoding_.targets.decode(outputs)

    def __sklearn_tags__(self) -> Tags:
        """Return the tags; targets may have several columns."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
