"""TabM, an ensemble of multilayer perceptrons for tables in one model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np

from kerasdl.config.rules import Count, Fraction, Range, Width, Widths
from kerasdl.data.signature import Input
from kerasdl.models.family import Family
from kerasdl.seeds import derive_seed

if TYPE_CHECKING:
    import keras

    from kerasdl.data import Examples

MAX_ADAPTED = 10_000
"""Examples that the edges of bins are learned from, if not all fit in memory."""


@dataclass(frozen=True)
class TabM(Family):
    """TabM: embeddings → (BatchEnsemble dense → ReLU → Dropout) × k → dense → average.

    Gorishniy, Kotelnikov & Babenko 2025, "TabM: Advancing Tabular Deep Learning with
    Parameter-Efficient Ensembling", https://arxiv.org/abs/2410.24210, section 3.
    Members share the kernels and have factors, biases and a last layer of their own.
    Each is trained by its own loss; their predictions are averaged, for classes the
    probabilities.

    Numbers get piecewise-linear embeddings, whose bins are quantiles of the training
    data; indicators stay as they are. Members begin with random factors of the inputs:
    normal and one for each embedding, or 1 and −1 if numbers have no embeddings.

    A part of the loss is added by the last layer, which knows of no weights: training
    refuses those of classes and of rows.

    The model takes `(batch, features)`: numbers, and last `indicators`. Images are
    flattened. It returns float32 log-probabilities or values of shape
    `(batch, num_outputs)`; without a last layer, features of shape
    `(batch, members, units)`.
    """

    tasks: ClassVar = frozenset({"classification", "regression"})
    takes_weights: ClassVar = False
    name: Literal["tabm"] = "tabm"
    hidden_units: Widths = (512, 512)
    """Width of each hidden layer."""
    dropout: Fraction = 0.1
    """Fraction of hidden activations zeroed in training."""
    members: Count = 32
    """Perceptrons in the ensemble."""
    bins: Annotated[int, Range(0, 1000)] = 48
    """Most bins in the embedding of a number; 0 embeds no numbers."""
    number_units: Width = 16
    """Features that each number becomes."""
    indicators: Literal["auto"] | Annotated[int, Range(0, 1_000_000)] = "auto"
    """Features that tell categories apart and are not embedded; `auto` takes the number
    of one-hot features of the data, and none where there are no data."""
    averages: Literal["auto", "probabilities", "numbers"] = "auto"
    """What is averaged over the members: probabilities of classes, trained by
    cross-entropy, or numbers, trained by squared error. `auto` takes numbers if the
    targets of the data are numbers, else probabilities."""

    def for_data(
        self, model_input: Input, output_range: tuple[float, ...] | None = None
    ) -> Self:
        """Return the family, with `auto` values taken from the data.

        Raises:
            ValueError: If the data has tokens or codes.
        """
        super().for_data(model_input, output_range)
        given = {
            "indicators": model_input.indicators,
            "averages": "numbers" if output_range else "probabilities",
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
            ValueError: If `seed` or a key is out of range, or if there are fewer
                features than indicators.
        """
        import keras
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.layers import (
            BatchEnsembleDense,
            Dropout,
            MemberAverage,
            MemberDense,
        )

        inputs = keras.Input(tuple(input_shape), name="inputs")
        x = inputs if len(input_shape) == 1 else layers.Flatten(name="flatten")(inputs)
        x, widths = self._embed(x, seed)
        x = layers.Reshape((1, x.shape[-1]), name="for_all_members")(x)
        first: dict[str, Any] = {"factors": "normal" if widths else "signs"}
        first["widths"] = widths
        for number, units in enumerate(self.hidden_units, start=1):
            layer_name = f"dense_{number}"
            factors = first if number == 1 else {}
            own_seed = derive_seed(seed, layer_name)
            x = BatchEnsembleDense(
                self.members, units, seed=own_seed, name=layer_name, **factors
            )(x)
            x = layers.Activation("relu", name=f"relu_{number}")(x)
            layer_name = f"dropout_{number}"
            x = Dropout(self.dropout, derive_seed(seed, layer_name), name=layer_name)(x)
        if num_outputs is not None:
            dtype = at_least_float32()
            own_seed = derive_seed(seed, "head")
            x = MemberDense(num_outputs, own_seed, dtype=dtype, name="head")(x)
            of = "probabilities" if self.averages == "auto" else self.averages
            x = MemberAverage(of, dtype=dtype, name="average")(x)
        return keras.Model(inputs, x, name=name or self.identifier())

    def _embed(self, x: Any, seed: int) -> tuple[Any, list[int] | None]:
        """Return features `(batch, features)`, and how many each input has become.

        The latter is None if no number is embedded.
        """
        from keras import layers

        from kerasdl.backend.precision import at_least_float32
        from kerasdl.layers import PiecewiseLinearEmbedding

        indicators = 0 if self.indicators == "auto" else self.indicators
        numbers = x.shape[-1] - indicators
        if numbers < 0:
            what = f"there are {x.shape[-1]} features for {indicators} `indicators`"
            raise ValueError(what)
        if not (self.bins and numbers):
            return x, None
        embedded = PiecewiseLinearEmbedding(
            self.bins,
            self.number_units,
            derive_seed(seed, "numbers"),
            dtype=at_least_float32(),  # half precision would round the edges of bins
            name="numbers",
        )(x[:, :numbers])
        widths = [self.number_units] * numbers + [1] * indicators
        if not indicators:
            return embedded, widths
        concatenate = layers.Concatenate(dtype=at_least_float32(), name="features")
        return concatenate([embedded, x[:, numbers:]]), widths

    def adapt(self, model: "keras.Model", examples: "Examples") -> None:
        """Set the edges of the bins to quantiles of the training data.

        They are those of a sample where the data do not fit in memory.
        """
        embeddings = [layer for layer in model.layers if layer.name == "numbers"]
        for layer in embeddings:
            x, _ = examples.resident() or examples.take(_sample(len(examples)))
            features = layer.edges.shape[0]
            layer.adapt(x.reshape(len(x), -1)[:, :features])


def _sample(count: int) -> np.ndarray:
    if count <= MAX_ADAPTED:
        return np.arange(count)
    return np.random.default_rng(0).choice(count, MAX_ADAPTED, replace=False)
