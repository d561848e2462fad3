"""Array data: `.npz` files and the sets of scikit-learn and Keras."""

import operator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import storage
from kerasdl.data.arrays import Arrays, check_numbers
from kerasdl.data.builtin import LOADERS, load_builtin
from kerasdl.data.examples import ArrayExamples, Examples, is_large
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.npy_files import load_npy
from kerasdl.data.npz import load_npz
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part, Preprocessing
from kerasdl.data.row_chunks import row_chunks
from kerasdl.data.signature import Input, Signature
from kerasdl.data.standardise import (
    FARTHEST,
    mean_and_scale,
    mean_and_scale_of_rows,
    standardised,
)
from kerasdl.data.streamed import StreamedExamples
from kerasdl.data.targets import Origin, Targets
from kerasdl.errors import DataError

KERAS_DATASETS = ("mnist", "fashion-mnist", "cifar10", "cifar100")
"""Sets that `keras.datasets` downloads on first use; `kerasdl.jobs` loads them."""
CLASSIFICATION_TASKS = ("classification", "reconstruction")
REGRESSION_TASKS = ("regression", "reconstruction")


@dataclass(frozen=True)
class ArrayPreprocessing(Preprocessing):
    """Mean and scale of the inputs of a training split.

    Args:
        input_shape: Shape of one input.
        mean: Value subtracted from inputs; broadcasts against `input_shape`.
        scale: Value that inputs are divided by; same shape as `mean`.
    """

    input_shape: tuple[int, ...]
    mean: np.ndarray
    scale: np.ndarray

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Given targets, or the inputs themselves."""
        return ("given", "inputs")

    @property
    def signature(self) -> Signature:
        """One float32 input."""
        return {"inputs": Input(self.input_shape)}

    def inputs(self, part: Part) -> np.ndarray:
        """Return standardised float32 inputs.

        Raises:
            DataError: If inputs do not have the model's input shape, or if a
                standardised value is not a finite float32 or is `FARTHEST` or more
                from the mean.
        """
        raw: Arrays = part.raw
        if raw.x.shape[1:] != self.input_shape:
            what = f"inputs of {raw.source} have shape {raw.x.shape[1:]}"
            raise DataError(what, f"the model takes {self.input_shape}")
        unchanged = not self.mean.any() and (self.scale == 1).all()
        bound = np.inf if unchanged else FARTHEST
        name = f"x{raw.suffix}"
        return standardised(
            raw.x, part.rows, self.mean, self.scale, bound, name, raw.source
        )

    def decoded(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Return inputs in the units of the data, float64 of the same shape."""
        return {"reconstruction": features * self.scale + self.mean}

    def examples(
        self, part: Part, targets: Targets, learning: bool = False
    ) -> Examples:
        """Return standardised inputs and encoded targets.

        Large data are standardised here, so that all errors are known, and again when
        they are taken.
        """
        raw: Arrays = part.raw
        y = None
        if targets.origin != "inputs":
            y = targets.encode(raw.y, part.rows, raw.source, f"y{raw.suffix}")
        if not is_large(raw.x.shape):
            x = self.inputs(part)
            return ArrayExamples(x, x if y is None else y)
        for rows in row_chunks(part.rows, raw.x.shape[1:]):
            self.inputs(Part(raw, rows))
        return StreamedExamples(self, part, y)

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as JSON values."""
        values = asdict(self)
        return values | {"mean": self.mean.tolist(), "scale": self.scale.tolist()}

    def check(self) -> None:
        """Raise `TypeError` or `ValueError` unless `fit` could have returned this."""
        shape = self.input_shape
        if not all(operator.index(side) > 0 for side in shape):
            raise ValueError(f"input_shape is {shape}")
        if self.mean.shape != self.scale.shape or (
            np.broadcast_shapes(self.mean.shape, shape) != shape
        ):
            raise ValueError(f"mean of shape {self.mean.shape} for inputs of {shape}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.scale).all()):
            raise ValueError("a mean or a scale is not finite")
        if not (self.scale > 0).all():
            raise ValueError("a scale is not positive")


@dataclass(frozen=True)
class ArraysKind(Kind):
    """Arrays from an `.npz` file with `x` and `y`, from `.npy` files, or a built-in set.

    The targets of `x.npy` are in `y.npy`, in the same folder.
    """

    kind: Literal["arrays"] = "arrays"
    """Kind of the examples; inferred from `name` by default."""
    standardize: Literal["channel", "feature", "none"] = "channel"
    """Subtract the training mean and divide by the standard deviation: per channel of
    an image or feature of a row, per pixel, or not at all."""

    SETS: ClassVar = {
        **dict.fromkeys(LOADERS, CLASSIFICATION_TASKS),
        "diabetes": REGRESSION_TASKS,
        **dict.fromkeys(KERAS_DATASETS, CLASSIFICATION_TASKS),
    }
    SUFFIXES: ClassVar = dict.fromkeys(
        (".npz", ".npy"),
        ("classification", "regression", "reconstruction", "multi-label"),
    )
    ORIGINS: ClassVar = ("given", "inputs")

    def read(self) -> Arrays:
        """Return the arrays of a file or of a scikit-learn set."""
        if self.name in LOADERS:
            return load_builtin(self.name)
        return self._load(targets=self.origin == "given")

    def read_inputs(self) -> Arrays:
        """Return the inputs `x` of a file, or of a scikit-learn set."""
        raw = self.read() if self.name in LOADERS else self._inputs_of_file()
        self.check(raw)
        return raw

    def _load(self, targets: bool) -> Arrays:
        path = Path(self.name)
        load = load_npy if path.suffix.lower() == ".npy" else load_npz
        return load(path, targets)

    def _inputs_of_file(self) -> Arrays:
        raw = self._load(targets=False)
        return Arrays(raw.source, raw.x, np.zeros(len(raw.x), "int64"))

    def write(self, raw: Arrays, folder: Path) -> Self:
        """Write arrays to an `.npz` file, and return the config that reads it."""
        path = folder / "data.npz"
        with storage.replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **raw.named())  # pyright: ignore[reportArgumentType]
        return replace(self, name=str(path))

    def check(self, raw: Arrays) -> None:
        """Raise `DataError` unless inputs are finite and as many as the targets."""
        for part in raw.parts():
            x, y, name, suffix = part.x, part.y, f"x{part.suffix}", part.suffix
            if x.ndim < 2 or 0 in x.shape:
                what = f"{name} has shape {x.shape} in {raw.source}"
                hint = "give it the shape (examples, features, …), none of them 0"
                raise DataError(what, hint)
            check_numbers(x, name, raw.source)
            if x.shape[1:] != raw.x.shape[1:]:
                what = f"{name} has shape {x.shape} in {raw.source}"
                hint = "give both the same shape after the first axis"
                raise DataError(f"{what}, x has {raw.x.shape}", hint)
            if self.origin == "given" and y.shape[:1] != (len(x),):
                what = f"{name} has {len(x)} rows in {raw.source}"
                what = f"{what}, y{suffix} has shape {y.shape}"
                raise DataError(what, f"give y{suffix} the shape ({len(x)},)")

    def parts(self, raw: Arrays, stratify: bool, seed: int) -> Parts:
        """Hold out examples, stratified by class."""
        labels = raw.y if stratify else None
        test = self.new(raw) if raw.own_test_set else None
        return split_rows(self, raw, np.arange(len(raw.x)), labels, test, seed)

    def fit(self, train: Part) -> ArrayPreprocessing:
        """Return the statistics; an image without a channel axis has one channel."""
        x, axes = train.raw.x, (0,)
        if self.standardize == "none":
            return ArrayPreprocessing(x.shape[1:], np.zeros(()), np.ones(()))
        if self.standardize == "channel":
            axes = tuple(range(x.ndim - (x.ndim != 3)))
        if is_large(x.shape):
            fitted = mean_and_scale_of_rows(x, train.rows, axes)
        else:
            fitted = mean_and_scale(x[train.rows], axes)
        return ArrayPreprocessing(x.shape[1:], *fitted)

    def new(self, raw: Arrays) -> Part:
        """Return the data's own test set, or all examples if it has none."""
        part = raw.own_test_set or raw
        return Part(part, np.arange(len(part.x)))

    @classmethod
    def preprocessing_from_json(cls, values: dict[str, Any]) -> ArrayPreprocessing:
        """Return the statistics that `to_json` describes."""
        converted: dict[str, Any] = {
            "input_shape": tuple(values["input_shape"]),
            "mean": np.array(values["mean"], "float64"),
            "scale": np.array(values["scale"], "float64"),
        }
        preprocessing = ArrayPreprocessing(**{**values, **converted})
        preprocessing.check()
        return preprocessing
