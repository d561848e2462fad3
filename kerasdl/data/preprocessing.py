"""Base class of a fitted input encoding."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from kerasdl.data.examples import Examples
from kerasdl.data.signature import Signature
from kerasdl.data.targets import Origin, Targets


class Part(NamedTuple):
    """A subset of the examples.

    Args:
        raw: The data.
        rows: Row numbers, ascending, of shape `(rows,)`.
    """

    raw: Any
    rows: np.ndarray


class Scaling(NamedTuple):
    """How inputs follow from values of the data: `(values - mean) / scale`.

    Args:
        dtype: Dtype of the values.
        mean: What is subtracted, float32 that broadcasts against an example.
        scale: What is divided by; of the shape of `mean`.
    """

    dtype: str
    mean: np.ndarray
    scale: np.ndarray


class Portable(NamedTuple):
    """A script that prepares inputs without kerasdl.

    Args:
        folder: Where it is in `kerasdl/exports/standalone`.
        argument: What it may be called with, for its user to see.
        packages: What it needs besides NumPy.
        files: Content of the files that it reads, by name.
        note: What else its user must know, a sentence.
    """

    folder: str
    argument: str
    packages: tuple[str, ...] = ()
    files: Mapping[str, bytes] = {}
    note: str = ""


class Sample(NamedTuple):
    """Some examples as an exported folder holds them.

    Args:
        arguments: What the script is called with: names of `files`, or texts.
        files: Content of each file by its name.
        examples: How many of the examples these are; 0 for a part of one.
    """

    arguments: list[str]
    files: dict[str, bytes]
    examples: int


class Preprocessing(ABC):
    """Input encoding fitted on a training split, saved to apply to new data."""

    @property
    @abstractmethod
    def signature(self) -> Signature:
        """The inputs of the model."""

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Sources of the targets that `examples` can encode."""
        return ("given",)

    @abstractmethod
    def inputs(self, part: Part) -> Any:
        """Return encoded inputs of shape `(examples, …)`.

        Args:
            part: The examples to encode; they need no targets.

        Raises:
            DataError: If the model cannot take one of them.
        """

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return reconstructed inputs for people, in the units of the data.

        Args:
            features: float64 of shape `(examples, …)`, as `inputs` returns them.

        Returns:
            A column of shape `(examples, …)` for each name. By default, the features as
            the model sees them.
        """
        return {"reconstruction": features}

    def pictures(self, inputs: np.ndarray) -> np.ndarray:
        """Return inputs that are images as pixels, uint8 of the same shape.

        By default, the least value is black and the greatest white.
        """
        low, high = float(inputs.min()), float(inputs.max())
        return np.round((inputs - low) * (255 / max(high - low, 1e-12))).astype("uint8")

    def feature_groups(self) -> dict[str, np.ndarray]:
        """Return which features belong together, by name, to tell what matters.

        Returns:
            For each name a boolean array of the shape of an input. By default none, as
            single pixels and tokens have no meaning of their own.
        """
        return {}

    def words(self, inputs: np.ndarray) -> list[list[str]]:
        """Return the tokens of each input as texts, without padding at the end.

        By default there are none.
        """
        return []

    @abstractmethod
    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> Examples:
        """Return encoded examples.

        Args:
            part: The examples to encode.
            targets: The fitted target encoding.
            learning: Whether the examples are for training.

        Raises:
            DataError: If the model cannot take one of them.
        """

    def linear_features(
        self, train: Examples, test: Examples, rows: np.ndarray
    ) -> tuple[str, Any, Any]:
        """Return features for linear baselines.

        Args:
            train: Training examples.
            test: Test examples.
            rows: The training rows to learn from.

        Returns:
            A prefix for the name of a baseline, the features of these rows, and those
            of the test examples, both of shape `(examples, features)`. The latter may be
            the test examples themselves, if they do not fit in memory.
        """
        x = train.take(rows)[0].reshape(len(rows), -1)
        if (whole := test.resident()) is None:
            return "", x, test
        return "", x, whole[0].reshape(len(test), -1)

    @property
    def portable(self) -> Portable | None:
        """A script that does the same in exported folders, if there is one."""
        return None

    def scaling(self) -> Scaling | None:
        """Return how to scale values of the data, if that is all that is done to them."""
        return None

    def portable_json(self) -> dict[str, Any]:
        """Return what the script of `portable` reads, as JSON values."""
        return self.to_json()

    def sample(self, part: Part) -> Sample | None:
        """Return examples for the script of `portable`; None if there is none."""
        return None

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return JSON values that `Kind.preprocessing_from_json` reads."""
