"""Linear forecasts of the change from the last value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from kerasdl.config.rules import Fraction, Range
from kerasdl.data.signature import Input
from kerasdl.models.family import Family
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

STDDEV = 0.01
"""Initial deviation of the last kernel of the network, which hardly adds anything."""


@dataclass(frozen=True)
class NLinear(Family):
    """NLinear: last value + linear layer over time + small network.

    Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?",
    https://arxiv.org/abs/2205.13504, section 4. The last value is subtracted from the
    window. One linear layer over time, shared by all that is predicted, gives the
    changes of the next steps, and the last value is added again. It begins with
    forecasts of no change.

    With `hidden_units`, a hidden layer also reads the centred window of all features,
    and adds to the changes: Dense → GELU → Dropout → Dense.

    The model takes `(batch, window, features)`, of which the first `targets` features
    are predicted. It returns float32 values of shape `(batch, horizon * targets)`, step
    by step.
    """

    takes: ClassVar[Literal["any", "images", "sequences"]] = "sequences"
    tasks: ClassVar = frozenset({"forecasting"})
    name: Literal["nlinear"] = "nlinear"
    hidden_units: Annotated[int, Range(0, 65_536)] = 64
    """Width of the hidden layer of the network; 0 leaves NLinear alone."""
    dropout: Fraction = 0.3
    """Fraction of hidden activations zeroed in training."""
    targets: Literal["auto"] | Annotated[int, Range(1, 100_000)] = "auto"
    """How many of the first features are predicted; `auto` takes those of the data, and
    1 where there are no data."""

    def for_data(
        self, model_input: Input, output_range: tuple[float, ...] | None = None
    ) -> Self:
        """Return the family, with the number of targets of the data."""
        super().for_data(model_input, output_range)
        if self.targets != "auto":
            return self
        return replace(self, targets=len(model_input.past) or 1)

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model; without outputs, it returns the centred window.

        Raises:
            ValueError: If `input_shape` is not `(window, features)`, if there are fewer
                features than `targets`, or if `num_outputs` is no multiple of them.
        """
        import keras
        from keras import layers

        from kerasdl.backend.precision import at_least_float32

        targets = 1 if self.targets == "auto" else self.targets
        if len(input_shape) != 2 or input_shape[-1] < targets:
            rule = f"must be (window, features), with features for {targets} `targets`"
            raise ValueError(f"`input_shape` (={tuple(input_shape)}) {rule}")
        exact = at_least_float32()
        inputs = keras.Input(tuple(input_shape), name="inputs")
        # Not broadcast: under TensorFlow, Keras 3.15 adds numbers of shape
        # `(batch, 1, 1)` as biases if there are as many examples as steps.
        last = layers.RepeatVector(input_shape[0], name="last_value")(inputs[:, -1])
        centred = layers.Subtract(dtype=exact, name="centred")([inputs, last])
        if num_outputs is None:
            return keras.Model(inputs, centred, name=name or self.identifier())
        if num_outputs % targets:
            rule = f"must be a multiple of `targets` (={targets})"
            raise ValueError(f"`num_outputs` (={num_outputs}) {rule}")
        steps = num_outputs // targets
        x = layers.Permute((2, 1), name="time_last")(centred[:, :, :targets])
        x = layers.Dense(steps, kernel_initializer="zeros", dtype=exact, name="linear")(
            x
        )
        last = layers.RepeatVector(steps, name="no_change")(inputs[:, -1, :targets])
        parts = [last, layers.Permute((2, 1), name="changes")(x)]
        if self.hidden_units:
            x = layers.Flatten(name="flatten")(centred)
            x = layers.Reshape((steps, targets), name="more")(
                self._network(x, num_outputs, seed)
            )
            parts.append(x)
        x = layers.Add(dtype=exact, name="values")(parts)
        x = layers.Reshape((num_outputs,), dtype=exact, name="steps")(x)
        return keras.Model(inputs, x, name=name or self.identifier())

    def _network(self, x: Any, num_outputs: int, seed: int) -> Any:
        """Return what the hidden layer adds to the changes."""
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.initializers import HeNormal, TruncatedNormal
        from kerasdl.layers import Dropout

        kernel = HeNormal("fan_in", derive_seed(seed, "hidden"))
        x = layers.Dense(
            self.hidden_units,
            activation="gelu",
            kernel_initializer=kernel,
            name="hidden",
        )(x)
        x = Dropout(self.dropout, derive_seed(seed, "dropout"), name="dropout")(x)
        return layers.Dense(
            num_outputs,
            kernel_initializer=TruncatedNormal(STDDEV, derive_seed(seed, "head")),
            dtype=at_least_float32(),
            name="head",
        )(x)
