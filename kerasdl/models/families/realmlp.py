"""RealMLP, a multilayer perceptron for tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from kerasdl.config.rules import Count, Fraction, Range, Width, Widths
from kerasdl.data.signature import Input
from kerasdl.models.family import Activation, Family
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

FACTORS = {"scale": 6.0, "alpha": 0.1, "bias": 0.1, "numbers": 0.1}
"""Factor of the learning rate, by a part of the path of a weight."""


@dataclass(frozen=True)
class RealMLP(Family):
    """RealMLP: embeddings → scale → (Dense → activation → Dropout) × k → Dense.

    Holzmüller, Grinsztajn & Steinwart 2024, "Better by default",
    https://arxiv.org/abs/2407.04491, section 3 and appendix A: RealMLP-TD. Numbers get
    PBLD embeddings, codes of categories get learned vectors, and other indicators stay
    as they are. Each input has a learned factor. Dense layers have the neural tangent
    parametrisation; activations are parametric.

    Two initial values differ from the paper's, which are drawn from the training data:
    kernels are standard normal but not rescaled by the activations of the data, and
    biases are standard normal, as in the paper's RealMLP-TD-S.

    The model takes `(batch, features)`: numbers, `indicators`, and last one code for
    each of `cardinalities`. Images are flattened. It returns float32 logits or values
    of shape `(batch, num_outputs)`.
    """

    name: Literal["realmlp"] = "realmlp"
    hidden_units: Widths = (256, 256, 256)
    """Width of each hidden layer."""
    dropout: Fraction = 0.15
    """Fraction of hidden activations zeroed in training. In its second half, the fraction
    falls to 0 along half a cosine."""
    activation: Literal[Activation, "selu", "mish"] = "selu"
    """Activation of which each hidden unit learns its share."""
    frequencies: Count = 16
    """Waves in the embedding of each number."""
    frequency_stddev: Annotated[float, Range(0, 1000, open_low=True)] = 0.1
    """Initial standard deviation of the frequencies of these waves."""
    number_units: Annotated[int, Range(2, 65_536)] = 4
    """Features that each number becomes, itself among them."""
    category_units: Width = 8
    """Features that each code becomes."""
    indicators: Literal["auto"] | Annotated[int, Range(0, 1_000_000)] = "auto"
    """Features that tell categories apart and are not embedded; `auto` takes the number
    of one-hot features of the data, and none where there are no data."""
    cardinalities: (
        Literal["auto"] | tuple[Annotated[int, Range(1, 10_000_000)], ...]
    ) = "auto"
    """Number of codes of each of the last features; `auto` takes those of the data."""
    output_range: Literal["auto"] | tuple[float, ...] = "auto"
    """Least and greatest value to predict, of each output in turn or the same for all;
    `auto` takes them from the training targets if they are numbers. An empty list sets no
    bounds."""

    def for_data(
        self, model_input: Input, output_range: tuple[float, ...] | None = None
    ) -> Self:
        """Return the family, with `auto` values taken from the data.

        Raises:
            ValueError: If the data has other codes than the family.
        """
        if model_input.vocabulary_size:
            raise ValueError("it reads numbers, not tokens")
        codes = model_input.cardinalities
        if self.cardinalities not in ("auto", codes):
            what = f"`cardinalities` (={self.cardinalities}) must be 'auto' or {codes}"
            raise ValueError(f"{what}, as in the data")
        given = {
            "indicators": model_input.indicators,
            "cardinalities": codes,
            "output_range": output_range or (),
        }
        return replace(
            self, **{k: v for k, v in given.items() if getattr(self, k) == "auto"}
        )

    def build(
        self,
        input_shape: Sequence[int],
        num_outputs: int | None,
        seed: int = 0,
        name: str | None = None,
    ) -> "keras.Model":
        """Return the model.

        Raises:
            ValueError: If `seed` or a key is out of range, if there are fewer features
                than indicators and codes, or if `output_range` has no range for each
                output.
        """
        import keras
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.layers import (
            Clamp,
            LayerScale,
            NTKDense,
            ParametricActivation,
            ScheduledDropout,
        )

        output_range = () if self.output_range == "auto" else self.output_range
        if len(output_range) not in (0, 2, 2 * (num_outputs or 1)):
            rule = "must hold two numbers, or two for each output"
            raise ValueError(f"`output_range` (={output_range}) {rule}")
        inputs = keras.Input(tuple(input_shape), name="inputs")
        x = inputs if len(input_shape) == 1 else layers.Flatten(name="flatten")(inputs)
        x = LayerScale(1.0, name="scale")(self._embed(x, seed))
        for number, units in enumerate(self.hidden_units, start=1):
            layer_name = f"dense_{number}"
            x = NTKDense(units, 1.0, derive_seed(seed, layer_name), name=layer_name)(x)
            layer_name = f"{self.activation}_{number}"
            x = ParametricActivation(self.activation, name=layer_name)(x)
            layer_name = f"dropout_{number}"
            own_seed = derive_seed(seed, layer_name)
            x = ScheduledDropout(self.dropout, seed=own_seed, name=layer_name)(x)
        if num_outputs is not None:
            own_seed = derive_seed(seed, "head")
            head = NTKDense(
                num_outputs, seed=own_seed, dtype=at_least_float32(), name="head"
            )
            x = head(x)
            if output_range:
                low, high = output_range[::2], output_range[1::2]
                bounds = (low[0], high[0]) if len(low) == 1 else (low, high)
                x = Clamp(*bounds, dtype=at_least_float32(), name="clamp")(x)
        return keras.Model(inputs, x, name=name or self.identifier())

    def _embed(self, x: Any, seed: int) -> Any:
        """Return features `(batch, features)`, with numbers and codes embedded."""
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.layers import CategoryEmbeddings, PBLDEmbedding

        codes = () if self.cardinalities == "auto" else self.cardinalities
        indicators = 0 if self.indicators == "auto" else self.indicators
        first_code = x.shape[-1] - len(codes)
        numbers = first_code - indicators
        if numbers < 0:
            what = f"there are {x.shape[-1]} features for {indicators} `indicators`"
            raise ValueError(f"{what} and {len(codes)} `cardinalities`")
        parts = []
        if numbers:
            own_seed = derive_seed(seed, "numbers")
            embedding = PBLDEmbedding(
                self.frequencies,
                self.number_units,
                self.frequency_stddev,
                own_seed,
                dtype=at_least_float32(),  # half precision would round angles
                name="numbers",
            )
            parts.append(embedding(x[:, :numbers]))
        if indicators:
            parts.append(x[:, numbers:first_code])
        if codes:
            own_seed = derive_seed(seed, "categories")
            embedding = CategoryEmbeddings(
                codes, self.category_units, own_seed, name="categories"
            )
            parts.append(embedding(x[:, first_code:]))
        if len(parts) == 1:
            return parts[0]
        return layers.Concatenate(dtype=at_least_float32(), name="features")(parts)

    def decays(self, variable: Any) -> bool:
        """Return whether weight decay applies to a variable: not to biases."""
        return variable.name != "bias"

    def rate_factors(self, model: "keras.Model") -> dict[str, float]:
        """Return 6 for the scale, 0.1 for biases, shares and embeddings of numbers."""
        paths = [variable.path for variable in model.trainable_variables]
        return {
            path: factor
            for path in paths
            for part, factor in FACTORS.items()
            if part in path.split("/")
        }
