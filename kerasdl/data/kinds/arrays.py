"""Array data: `.npz` files and the sets of scikit-learn and Keras."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from kerasdl import storage
from kerasdl.data.array_preprocessing import ArrayPreprocessing, statistics
from kerasdl.data.arrays import Arrays, check_numbers
from kerasdl.data.builtin import LOADERS, load_builtin
from kerasdl.data.corrupted import Corrupted
from kerasdl.data.corrupted_arrays import corrupted_arrays
from kerasdl.data.duplicates import duplicates, keys_of_rows
from kerasdl.data.kinds.kind import Kind
from kerasdl.data.kinds.split_rows import split_rows
from kerasdl.data.npy_files import load_npy
from kerasdl.data.npz import load_npz
from kerasdl.data.parts import Parts
from kerasdl.data.preprocessing import Part
from kerasdl.data.source import check_file_exists
from kerasdl.data.suggested_for_arrays import suggested_for_arrays, suggested_presets
from kerasdl.errors import DataError
from kerasdl.finding import Finding

KERAS_DATASETS = ("mnist", "fashion-mnist", "cifar10", "cifar100")
"""Sets that `keras.datasets` downloads on first use; `kerasdl.jobs` loads them."""
CLASSIFICATION_TASKS = ("classification", "reconstruction")
REGRESSION_TASKS = ("regression", "reconstruction")


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
    PRESETS: ClassVar = ("cnn", "tabm", "realmlp")

    def preview(self) -> Arrays | None:
        """Return the arrays of a file; None for a set."""
        if self.file is None:
            return None
        check_file_exists(self.file)
        return self._load(targets=self.origin == "given")

    def default_presets(self, preview: Arrays) -> list[tuple[str, str]]:
        """Return presets that the shape of the inputs suggests."""
        return suggested_presets(preview)

    def infer_task(
        self, stated: str | None, preview: Arrays | None
    ) -> tuple[str, str] | None:
        """Return the task that the targets suggest, and why."""
        return None if preview is None else suggested_for_arrays(preview, stated)

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

    def findings(self, raw: Arrays, parts: Parts) -> list[Finding]:
        """Return which held-out examples copy training examples."""
        if self.origin != "given":
            return []
        dtype = np.result_type(*(part.x for part in raw.parts()))

        def keys(part: Arrays) -> np.ndarray:
            return keys_of_rows(part.x, dtype)

        return [*duplicates(parts, "example", keys, Arrays.place)]

    def fit(self, train: Part) -> ArrayPreprocessing:
        """Return the statistics; an image without a channel axis has one channel."""
        x, axes = train.raw.x, (0,)
        if self.standardize == "none":
            return ArrayPreprocessing(x.shape[1:], np.zeros(()), np.ones(()))
        if self.standardize == "channel":
            axes = tuple(range(x.ndim - (x.ndim != 3)))
        return ArrayPreprocessing(x.shape[1:], *statistics(train, axes))

    def corrupted(
        self, part: Part, preprocessing: ArrayPreprocessing, seed: int
    ) -> Iterator[Corrupted]:
        """Return corruptions of images, or of rows of numbers."""
        return corrupted_arrays(part, seed)

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
