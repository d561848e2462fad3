"""Dense layers of many members that share one kernel."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from kerasdl.initializers import Normal, Uniform
from kerasdl.seeds import check_seed, derive_seed


@keras.saving.register_keras_serializable(package="kerasdl")
class BatchEnsembleDense(keras.layers.Layer):
    """Return `((x · input_factors) @ kernel) · output_factors + bias` for each member.

    Members share the kernel; factors and biases are their own. Wen, Tran & Ba 2020,
    BatchEnsemble, https://arxiv.org/abs/2002.06715, equation 5. All members are one
    matrix product.

    Initial values are those of TabM, Gorishniy et al. 2025,
    https://arxiv.org/abs/2410.24210, section 3: output factors are 1, and all members
    have the same bias. If input factors are 1 as well, members differ by their inputs
    alone.

    Takes `(batch, members, features)`, or `(batch, 1, features)` if all members have
    the same inputs, and returns `(batch, members, units)`.

    Args:
        members: Number of members.
        units: Number of outputs of a member.
        factors: Initial input factors: 1 (`"ones"`), 1 or −1 at random (`"signs"`), or
            standard normal (`"normal"`).
        widths: Numbers of neighbouring features that begin with the same random factor.
            They sum to the number of features; None gives each feature its own factor.
        seed: Integer in `[0, 2**31)`. Without one, seeds come from Python's `random`.
        **kwargs: Passed to `keras.layers.Layer`.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        members: int,
        units: int,
        factors: Literal["ones", "signs", "normal"] = "ones",
        widths: Sequence[int] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        if min(members, units) < 1:
            rule = f"and `units` (={units}) must be above 0"
            raise ValueError(f"`members` (={members}) {rule}")
        if factors not in ("ones", "signs", "normal"):
            rule = "must be 'ones', 'signs' or 'normal'"
            raise ValueError(f"`factors` (={factors!r}) {rule}")
        check_seed(seed)
        super().__init__(**kwargs)
        self.members = members
        self.units = units
        self.factors = factors
        self.widths = widths
        self.seed = seed

    def build(self, input_shape: tuple) -> None:
        """Create the kernel, and the factors and biases of each member.

        Raises:
            ValueError: If the input has other members, or `widths` other features.
        """
        _, members, features = input_shape
        if members not in (1, self.members):
            rule = f"must be those of the input, {members}, which may also have 1"
            raise ValueError(f"`members` (={self.members}) {rule}")
        if self.widths is not None and sum(self.widths) != features:
            rule = f"must sum to the number of features, {features}"
            raise ValueError(f"`widths` (={self.widths}) {rule}")

        def weight(name: str, shape: tuple, initializer: Any) -> Any:
            return self.add_weight(shape=shape, initializer=initializer, name=name)

        def first_bias(shape: tuple, dtype: Any = None) -> Any:
            drawn = Uniform(bound, self._seed("bias"))((1, self.units), dtype)
            return ops.tile(drawn, (self.members, 1))

        bound = 1 / math.sqrt(features)
        uniform, each = Uniform(bound, self._seed("kernel")), (self.members, self.units)
        first = "ones" if self.factors == "ones" else self._first_factors
        self.kernel = weight("kernel", (features, self.units), uniform)
        self.input_factors = weight("input_factors", (self.members, features), first)
        self.output_factors = weight("output_factors", each, "ones")
        self.bias = weight("bias", each, first_bias)
        self.built = True

    def _seed(self, name: str) -> int | None:
        return None if self.seed is None else derive_seed(self.seed, name)

    def _first_factors(self, shape: tuple, dtype: Any = None) -> Any:
        """Return random input factors of shape `(members, features)`."""
        widths = [1] * shape[1] if self.widths is None else self.widths
        normal = Normal(seed=self._seed("input_factors"))(
            (shape[0], len(widths)), dtype
        )
        places = np.repeat(np.arange(len(widths)), widths)
        factors = ops.take(normal, ops.convert_to_tensor(places, "int32"), axis=1)
        return ops.sign(factors) if self.factors == "signs" else factors

    def call(self, inputs: Any) -> Any:
        """Return the outputs of all members."""
        scaled = inputs * self.input_factors  # (batch, members, features)
        # One product of two matrices is faster than a batch of them.
        rows = ops.reshape(scaled, (-1, scaled.shape[-1]))
        outputs = ops.matmul(rows, self.kernel)
        outputs = ops.reshape(outputs, (-1, self.members, self.units))
        return outputs * self.output_factors + self.bias

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return `(batch, members, units)`."""
        return (input_shape[0], self.members, self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        arguments = {
            "members": self.members,
            "units": self.units,
            "factors": self.factors,
            "widths": self.widths,
            "seed": self.seed,
        }
        return super().get_config() | arguments
