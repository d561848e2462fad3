"""Learned vectors in place of the codes of categories."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasdl.initializers import Normal
from kerasdl.seeds import check_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class CategoryEmbeddings(keras.layers.Layer):
    """Replace each code by a learned vector; every column has vectors of its own.

    Vectors are drawn from a standard normal distribution, as in RealMLP: Holzmüller et
    al. 2024, https://arxiv.org/abs/2407.04491, section 3. Guo & Berkhahn 2016,
    https://arxiv.org/abs/1604.06737.

    Takes `(…, columns)`, integers or floating-point numbers that are whole, and returns
    `(…, columns · units)`. Column i holds codes from 0 to `cardinalities[i]` − 1.

    Args:
        cardinalities: Number of codes of each column.
        units: Length of a vector.
        seed: Integer in `[0, 2**31)`. Without one, it comes from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If a number is not above 0, or `seed` is out of range.
    """

    def __init__(
        self,
        cardinalities: Sequence[int],
        units: int = 8,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if not cardinalities or min(units, *cardinalities) < 1:
            rule = "must hold numbers above 0, as `units`"
            raise ValueError(f"`cardinalities` (={cardinalities}) {rule} (={units})")
        check_seed(seed)
        super().__init__(**kwargs)
        self.cardinalities = cardinalities
        self.units = units
        self.seed = seed
        self.autocast = False  # half precision would round the codes

    def build(self, input_shape: tuple) -> None:
        """Create the vectors of all columns.

        Raises:
            ValueError: If there are more or fewer columns than `cardinalities`.
        """
        if input_shape[-1] != len(self.cardinalities):
            rule = f"cardinalities for {input_shape[-1]} columns"
            raise ValueError(f"there are {len(self.cardinalities)} {rule}")
        self.embeddings = self.add_weight(
            shape=(sum(self.cardinalities), self.units),
            initializer=Normal(seed=self.seed),
            name="embeddings",
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the vectors of the codes, side by side."""
        first = np.cumsum([0, *self.cardinalities[:-1]])
        rows = ops.cast(inputs, "int32") + ops.convert_to_tensor(first, "int32")
        vectors = ops.take(self.embeddings, rows, axis=0)
        vectors = ops.cast(vectors, self.compute_dtype)  # (…, columns, units)
        width = len(self.cardinalities) * self.units
        return ops.reshape(vectors, (*ops.shape(inputs)[:-1], width))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(…, columns · units)`."""
        return (*input_shape[:-1], input_shape[-1] * self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "cardinalities": self.cardinalities,
            "units": self.units,
            "seed": self.seed,
        }
        return super().get_config() | arguments
